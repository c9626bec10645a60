"""The invoice list alone on the terminal: `python -m tests.ui.table_program ROWS [THEME]`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from typing import ClassVar, Self

from textual.app import ComposeResult
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import Static

from invoicetui.ledger.order import Sort
from invoicetui.ui.scrolling import ScrollingApp
from invoicetui.ui.table import InvoiceTable
from tests.ui.rows import ACCOUNTS, TODAY, Rows


class CountingTable(InvoiceTable):
    """Counts the single lines it is asked to paint again."""

    repainted = 0

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        self.repainted += sum(region.height for region in regions)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)


class TableProgram(ScrollingApp):
    """A list of synthetic rows between two status lines, as the invoice screen has it."""

    CSS = "Static { height: 1; }"
    BINDINGS: ClassVar = [("q", "quit", "quit"), ("a", "arrive", "100 more rows")]

    def __init__(self, source: Rows, theme: str = "ansi-dark", today: Callable[[], date] = lambda: TODAY) -> None:
        super().__init__(ansi_color=theme.startswith("ansi") or None)
        self.theme = theme
        self.rows = source
        self.today = today
        self.heard: list[object] = []

    def compose(self) -> ComposeResult:
        yield Static("the line above", markup=False)
        yield CountingTable(ACCOUNTS, self.today)
        yield Static("the line below", markup=False)

    def on_mount(self) -> None:
        self.table.focus()
        self.table.show(self.rows, sort=Sort())

    def action_arrive(self) -> None:
        self.rows.ids = range(len(self.rows) + 100)
        self.table.refresh_rows()

    @property
    def table(self) -> CountingTable:
        return self.query_one(CountingTable)

    def on_invoice_table_cursor_moved(self, message: InvoiceTable.CursorMoved) -> None:
        self.heard.append(("cursor", message.index))

    def on_invoice_table_window_moved(self, message: InvoiceTable.WindowMoved) -> None:
        self.heard.append(("window", message.index))

    def on_invoice_table_activated(self, message: InvoiceTable.Activated) -> None:
        self.heard.append(("activated", message.index))

    def on_invoice_table_header_clicked(self, message: InvoiceTable.HeaderClicked) -> None:
        self.heard.append(("sort", message.sort))


def painted(table: InvoiceTable) -> list[Strip]:
    return table.render_lines(Region(0, 0, table.scrollable_content_region.width, table.size.height))


def texts(table: InvoiceTable) -> list[str]:
    return [strip.text.rstrip() for strip in painted(table)]


if __name__ == "__main__":
    TableProgram(Rows(range(int(sys.argv[1]))), *sys.argv[2:3]).run(mouse=False)
