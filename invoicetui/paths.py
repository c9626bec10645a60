"""Where invoicetui's files live: config, cache, data and documents."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

_APP = "invoicetui"


def config_path(option: str | None, environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """config.toml: `--config`, else $INVOICETUI_CONFIG, else the user's config folder.

    macOS takes ~/.config like Linux: people keep terminal programs' settings there and share them between machines.
    """
    if named := option or environ.get("INVOICETUI_CONFIG"):
        return _expanded(named, environ)
    if platform == "win32":
        folder = _folder(environ, "APPDATA", "AppData/Roaming")
    else:
        folder = _folder(environ, "XDG_CONFIG_HOME", ".config")
    return folder / _APP / "config.toml"


def cache_folder(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """What can be fetched again; `invoicetui cache clear` empties it."""
    if platform == "win32":
        return _folder(environ, "LOCALAPPDATA", "AppData/Local") / _APP / "Cache"
    default = "Library/Caches" if platform == "darwin" else ".cache"
    return _folder(environ, "XDG_CACHE_HOME", default) / _APP


def ledger_path(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """The ledger's SQLite file."""
    return cache_folder(environ, platform) / "ledger.sqlite"


def documents_cache(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """PDFs that were looked at, for looking at them again."""
    return cache_folder(environ, platform) / "documents"


def data_folder(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """What cannot be fetched again and is no setting."""
    if platform == "win32":
        return _folder(environ, "LOCALAPPDATA", "AppData/Local") / _APP
    default = "Library/Application Support" if platform == "darwin" else ".local/share"
    return _folder(environ, "XDG_DATA_HOME", default) / _APP


def tokens_path(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """For which accounts and hosts the keyring was given a token; it holds no token."""
    return data_folder(environ, platform) / "tokens.json"


def log_path(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Where INVOICETUI_DEBUG=1 writes what happened; without it there is no log."""
    return data_folder(environ, platform) / "invoicetui.log"


def documents_folder() -> Path:
    """Where PDFs are saved unless the config says otherwise: below the user's own documents folder."""
    from platformdirs import user_documents_path

    return user_documents_path() / "invoices"


def _folder(environ: Mapping[str, str], variable: str, default: str) -> Path:
    """The XDG specification: a relative path in one of its variables is invalid and to be ignored."""
    value = environ.get(variable, "")
    return Path(value) if value and Path(value).is_absolute() else _home(environ) / default


def _home(environ: Mapping[str, str]) -> Path:
    value = environ.get("HOME") or environ.get("USERPROFILE") or ""
    return Path(value) if value else Path.home()


def _expanded(text: str, environ: Mapping[str, str]) -> Path:
    return _home(environ) / text[2:] if text.startswith(("~/", "~\\")) else Path(text).absolute()
