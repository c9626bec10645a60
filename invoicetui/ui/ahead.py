"""What a first key may need, imported while nobody waits for it."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from invoicetui import ui


def import_rest() -> None:
    """Import every module of this room, and what they import for the list's own keys. For a thread."""
    for module in iter_modules(ui.__path__, f"{ui.__name__}."):
        import_module(module.name)
    import_module("invoicetui.ledger.terms")
