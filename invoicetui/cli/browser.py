"""The browser: a terminal, a session, the app, and everything closed again."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

from invoicetui.cli.opening import OK, load_config, open_session
from invoicetui.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from invoicetui.config import Config

_LINEAR = "`invoicetui list` and `invoicetui show`"


def run(arguments: argparse.Namespace) -> int:
    """Run until the user leaves; the exit status."""
    _need_terminal()
    # Textual reads these when it is imported: frames as they come, no animation over a line.
    os.environ.setdefault("TEXTUAL_FPS", "250")
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    settings = None if arguments.demo else load_config(arguments)
    if settings is not None:
        _judge(settings)
    session = open_session(arguments, settings)
    try:
        from invoicetui.config import Layout
        from invoicetui.paths import config_path
        from invoicetui.session import vendor_facts
        from invoicetui.ui.app import InvoicetuiApp
        from invoicetui.ui.desk import Desk

        keys = dict(settings.keys) if settings else {}
        is_mouse_on = not arguments.no_mouse and (settings is None or settings.mouse)
        theme = arguments.theme or (settings.theme if settings else "ansi")
        app = InvoicetuiApp(
            session,
            theme=theme,
            is_colourless=bool(os.environ.get("NO_COLOR")),
            keys=keys,
            config=config_path(arguments.config, os.environ) if settings else None,
            vendors=vendor_facts() if settings else {},
            layout=settings.layout if settings else Layout(),
            is_mouse_on=is_mouse_on,
            desk=Desk(session, settings, os.environ, is_cached=settings is not None and not arguments.no_cache),
        )
        with asyncio.Runner(loop_factory=session.courtesy.leading_loop) as runner:
            wished = runner.run(app.run_async(mouse=is_mouse_on))
    finally:
        session.close()
    if wished == "demo":
        return run(type(arguments)(**{**vars(arguments), "demo": True}))
    return app.return_code or OK


def _judge(settings: Config) -> None:
    """Raises ConfigError for keys and names of files that cannot be meant."""
    from invoicetui.cli.settings import wrong_keys, wrong_name

    if settings.keys and (wrong := wrong_keys(settings)):
        raise wrong
    if wrong := wrong_name(settings):
        raise wrong


def _need_terminal() -> None:
    """Textual draws on stderr and reads stdin; without a terminal on both it would wait for ever."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("the browser needs a terminal", f"for programs and pipes there are {_LINEAR}")
    if os.environ.get("TERM", "") in ("", "dumb", "unknown") and os.name == "posix":
        raise UsageError("this terminal cannot move its cursor (TERM)", f"line by line there are {_LINEAR}")
