"""The catalogue's actions as Textual bindings."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from invoicetui.ui.actions import BY_ID


def bindings(scope: str, *names: str) -> list[BindingType]:
    """The bindings of a scope's actions, or only of those named; each calls `action_<name>` of where it is bound.

    ValueError for a name the scope does not have: a binding that silently is not there would be a dead key.

    All have priority, so that the app runs them in the order of the keys. Without it each key goes into the queue of
    the widget that has the focus when it arrives, and of keys that come together over a line (`j j enter`, a pasted
    `/status:open`) the later ones would go to where the focus was before the earlier ones moved it.
    """
    if missing := [name for name in names if f"{scope}.{name}" not in BY_ID]:
        raise ValueError(f"no action of {scope}: {', '.join(sorted(missing))}")
    wanted = [f"{scope}.{name}" for name in names] or [id for id in BY_ID if id.startswith(f"{scope}.")]
    return [
        Binding(
            action.keys,
            action.method,
            action.label,
            tooltip=action.help,
            show=action.in_footer,
            id=action.id,
            priority=True,
        )
        for action in map(BY_ID.__getitem__, wanted)
    ]


#: What a key may do while somebody types into a line; every other key is a character or moves in the line.
WHILE_TYPING = frozenset(("cancel", "quit", "suspend", "redraw", "copy_or_quit"))
