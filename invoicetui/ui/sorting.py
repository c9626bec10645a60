"""Sorting: the moment between the sort key and its letter, how a column is sorted first, and a list that is sorted."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Click
from textual.screen import ModalScreen
from textual.widgets import Static

from invoicetui.ledger.order import FIELDS, Field, Sort
from invoicetui.ui import status
from invoicetui.ui.actions import CATALOGUE, keys_of
from invoicetui.ui.bindings import bindings
from invoicetui.ui.key_names import shown
from invoicetui.ui.looks import LookScreen
from invoicetui.ui.table import InvoiceTable

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


def default_order(field: Field) -> Sort:
    """How a column is first sorted: dates and amounts from the top, words from A."""
    return Sort(field, field in ("date", "due", "total", "period"))


def opening_order(name: str) -> Sort:
    """The order in which lists open, by its name in the settings."""
    return next((default_order(field) for field in FIELDS if field == name), Sort())


class SortedScreen(LookScreen):
    """A list in an order of the user's."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("invoices", "sort", "reverse")]

    def order(self, sort: Sort) -> None:
        """Show the list in this order."""
        if sort != self.sort:
            self.changes(self.look_now)
            self.sort = sort
        self.review()

    def sort_by(self, field: Field) -> None:
        self.order(default_order(field))

    async def action_sort(self) -> None:
        # Awaited: the letter may have come with this key.
        await self.app.push_screen(SortMenu(), self._sorted)

    def _sorted(self, field: Field | None) -> None:
        if field is not None:
            self.sort_by(field)

    def action_reverse(self) -> None:
        self.order(self.sort.reversed())

    @on(InvoiceTable.HeaderClicked)
    def _header(self, event: InvoiceTable.HeaderClicked) -> None:
        field = next(field for field in FIELDS if field == event.sort)
        self.order(self.sort.reversed() if field == self.sort.field else default_order(field))
