"""The invoice list alone on the terminal: `python -m tests.ui.table_program ROWS [THEME]`."""

from __future__ import annotations

import sys
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.widgets import Static

from invoicetui.ledger.order import Sort
from invoicetui.ui.table import InvoiceTable
from tests.ui.rows import ACCOUNTS, TODAY, Rows


class TableProgram(App[None]):
    """A list of synthetic rows between two status lines, as the invoice screen has it."""

    CSS = "Static { height: 1; }"
    BINDINGS: ClassVar = [("q", "quit", "quit")]

    def __init__(self, source: Rows, theme: str = "ansi-dark") -> None:
        super().__init__(ansi_color=theme.startswith("ansi") or None)
        self.theme = theme
        self.rows = source
        self.heard: list[object] = []

    def compose(self) -> ComposeResult:
        yield Static("the line above", markup=False)
        yield InvoiceTable(ACCOUNTS, lambda: TODAY)
        yield Static("the line below", markup=False)

    def on_mount(self) -> None:
        self.table.focus()
        self.table.show(self.rows, sort=Sort())

    @property
    def table(self) -> InvoiceTable:
        return self.query_one(InvoiceTable)

    def on_invoice_table_cursor_moved(self, message: InvoiceTable.CursorMoved) -> None:
        self.heard.append(("cursor", message.index))

    def on_invoice_table_window_moved(self, message: InvoiceTable.WindowMoved) -> None:
        self.heard.append(("window", message.index))

    def on_invoice_table_activated(self, message: InvoiceTable.Activated) -> None:
        self.heard.append(("activated", message.index))

    def on_invoice_table_header_clicked(self, message: InvoiceTable.HeaderClicked) -> None:
        self.heard.append(("sort", message.sort))


if __name__ == "__main__":
    TableProgram(Rows(range(int(sys.argv[1]))), *sys.argv[2:3]).run(mouse=False)
