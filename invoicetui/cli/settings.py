"""What config.toml says and only the browser or the documents can judge: keys, theme, names of files; with its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoicetui.config import DOCUMENT_NAME, decode, read
from invoicetui.errors import ConfigError

if TYPE_CHECKING:
    from invoicetui.config import Config


def wrong_keys(config: Config) -> ConfigError | None:
    """The first mistake in [keys]: an action or a key that there is not, or a key given twice."""
    from invoicetui.ui.actions import problems

    wrong = problems(config.keys)
    if not wrong:
        return None
    # A clash names two actions, of which the file need not name both.
    named = next((action for action in config.keys if f'"{action}"' in wrong[0]), "")
    line = _line(config, ("keys", named)) or _line(config, ("keys", *named.split(".")))
    return ConfigError(f"[keys]: {wrong[0]}", "invoicetui keys lists the actions", line=line)


def wrong_name(config: Config) -> ConfigError | None:
    """A field in document_name that no invoice has."""
    if config.document_name == DOCUMENT_NAME:
        return None
    from invoicetui.account import Account, Side
    from invoicetui.documents.naming import relative_path
    from invoicetui.model import Invoice

    account = Account("a", "v", "a", Side.RECEIVED, "")
    try:
        relative_path(config.document_name, Invoice("a", "v", "key"), account)
    except ConfigError as error:
        return ConfigError(error.what, error.remedy, line=_line(config, ("document_name",)))
    return None


def wrong_theme(config: Config) -> ConfigError | None:
    """A theme that there is not."""
    from invoicetui.config.table import nearest
    from invoicetui.ui.theme import names

    if config.theme in names():
        return None
    what = f"there is no theme {config.theme}; the colours are the terminal's own"
    return ConfigError(what, nearest(config.theme, names(), "themes:"), line=_line(config, ("theme",)))


def _line(config: Config, path: tuple[str, ...]) -> int:
    from invoicetui.config.lines import line_of

    content = read(config.path)
    return line_of(decode(content.data)[0], path) if content is not None else 0
