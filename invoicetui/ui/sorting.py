"""Sorting: how a column is sorted first, and a list that is sorted."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from invoicetui.ledger.order import FIELDS, Field, Sort
from invoicetui.ui.bindings import bindings
from invoicetui.ui.looks import LookScreen
from invoicetui.ui.table import InvoiceTable


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
        from invoicetui.ui.sort_menu import SortMenu

        # Awaited: the letter may have come with this key.
        await self.app.push_screen(SortMenu(), self._sorted)

    def _sorted(self, field: Field | None) -> None:
        if field is not None:
            self.sort_by(field)

    def action_reverse(self) -> None:
        self.order(self.sort.reversed())

    def on_invoice_table_header_clicked(self, event: InvoiceTable.HeaderClicked) -> None:
        field = next(field for field in FIELDS if field == event.sort)
        self.order(self.sort.reversed() if field == self.sort.field else default_order(field))
