"""The moment between the sort key and its letter."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Click
from textual.screen import ModalScreen
from textual.widgets import Static

from invoicetui.ledger.order import Field
from invoicetui.ui import status
from invoicetui.ui.actions import CATALOGUE, keys_of
from invoicetui.ui.bindings import bindings
from invoicetui.ui.key_names import shown

_TITLE = " sort by  "


class SortMenu(ModalScreen[Field | None]):
    """Answers with the field to sort by; None when the user thought better of it."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("sort"), *bindings("app", "cancel", "back-or-quit")]

    def compose(self) -> ComposeResult:
        yield Static(_TITLE + "  ".join(words for words, _ in self._letters()), classes="line", markup=False)

    def _letters(self) -> list[tuple[str, str]]:
        """The words of the line, each with the action that its letter and a click run."""
        keys = {live.binding.id: key for key, live in reversed(self.active_bindings.items())}
        fields = [action for action in CATALOGUE if action.scope.name == "sort"]
        letters = [(f"{shown(keys.get(one.id) or keys_of(one)[0])} {one.label}", one.method) for one in fields]
        return [*letters, ("esc", "cancel")]

    async def on_click(self, event: Click) -> None:
        """A click on a field chooses it, one beside the line closes it."""
        is_line = event.widget is not None and event.widget is not self
        found = status.at_cell(self._letters(), event.x - len(_TITLE), 2) if is_line else "cancel"
        if found is not None:
            await self.run_action(found)

    def action_date(self) -> None:
        self.dismiss("date")

    def action_due(self) -> None:
        self.dismiss("due")

    def action_number(self) -> None:
        self.dismiss("number")

    def action_vendor(self) -> None:
        self.dismiss("vendor")

    def action_total(self) -> None:
        self.dismiss("total")

    def action_status(self) -> None:
        self.dismiss("status")

    def action_period(self) -> None:
        self.dismiss("period")

    def action_cancel(self) -> None:
        self.dismiss(None)

    def action_back_or_quit(self) -> None:
        self.dismiss(None)
