"""The line in which a query is typed."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Static

from invoicetui.errors import QueryError

EXAMPLE = "words  status:open,overdue  issued:2026-03  customer:…"


class FilterLine(Horizontal):
    """Mounted while somebody types. Its input's changes and its submission are for the screen."""

    def __init__(self, text: str) -> None:
        super().__init__(id="filtering")
        self.input = Input(text, id="filter", placeholder=EXAMPLE, compact=True)
        self.input.cursor_blink = False

    def compose(self) -> ComposeResult:
        yield Static(" / ", markup=False)
        yield self.input


def mistake(error: QueryError) -> str:
    """What is wrong with a query, and the query with the place marked."""
    at = min(error.at, len(error.text))
    return f"{error}: {error.text[:at]}»{error.text[at:]}"
