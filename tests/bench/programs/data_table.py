"""The newest rows of a ledger in Textual's own DataTable: `python -m tests.bench.programs.data_table ROWS`.

The ledger and the accounts are those of the environment, the columns and cells those of our list.
"""

from __future__ import annotations

import os
import sys
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.widgets import DataTable

from invoicetui.config import load
from invoicetui.ledger.order import Sort
from invoicetui.ledger.query import parse
from invoicetui.ledger.store import Row, Store
from invoicetui.paths import config_path, ledger_path
from invoicetui.session import vendor_facts
from invoicetui.ui.columns import layout
from invoicetui.ui.present import cells
from tests.bench.houses import NOW
from tests.bench.timed_terminal import SIZE

#: As many cells as our list has on the same screen, for a scroll bar.
_WIDTH = SIZE[0] - 1


class DataTableProgram(App[None]):
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count

    def compose(self) -> ComposeResult:
        yield DataTable(cursor_type="row")

    def on_mount(self) -> None:
        accounts = load(config_path(None, os.environ), vendor_facts()).accounts
        labels = {account.id: account.label for account in accounts}
        columns = layout(_WIDTH)
        table: DataTable[str] = self.query_one(DataTable)
        for column, width in columns:
            table.add_column(column.title, width=width)
        today = NOW.date()
        store = Store.open(ledger_path(os.environ), clock=lambda: NOW)
        try:
            ids = store.view(parse("", accounts), Sort(), list(labels), today, limit=self._count)
            rows = [row for row in store.rows(ids) if isinstance(row, Row)]
        finally:
            store.close()
        table.add_rows(cells(row, columns, today, labels) for row in rows)


if __name__ == "__main__":
    DataTableProgram(int(sys.argv[1])).run(mouse=False)
