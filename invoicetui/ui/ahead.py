"""What a first key may need, imported while nobody waits for it."""

from __future__ import annotations

import threading
from importlib import import_module

from invoicetui import ui


def import_ahead() -> None:
    """Import the rest on a thread of its own."""
    threading.Thread(target=import_rest, name="invoicetui-ahead", daemon=True).start()


def import_rest() -> None:
    """Import every module of this room, and what they import for the list's own keys."""
    from pkgutil import iter_modules

    for module in iter_modules(ui.__path__, f"{ui.__name__}."):
        import_module(module.name)
    import_module("invoicetui.ledger.terms")
