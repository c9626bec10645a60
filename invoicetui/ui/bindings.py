"""The catalogue's actions as Textual bindings."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from invoicetui.ui.actions import CATALOGUE


def bindings(scope: str, *names: str) -> list[BindingType]:
    """The bindings of a scope's actions, or only of those named; each calls `action_<name>` of where it is bound.

    ValueError for a name the scope does not have: a binding that silently is not there would be a dead key.
    """
    actions = [action for action in CATALOGUE if action.scope.name == scope and (not names or action.name in names)]
    if missing := set(names) - {action.name for action in actions}:
        raise ValueError(f"no action of {scope}: {', '.join(sorted(missing))}")
    return [
        Binding(action.keys, action.method, action.label, tooltip=action.help, show=action.in_footer, id=action.id)
        for action in actions
    ]
