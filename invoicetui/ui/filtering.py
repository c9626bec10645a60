"""The query of a list, and the line in which it is typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static

from invoicetui.errors import QueryError
from invoicetui.ledger.query import Query, parse
from invoicetui.model import Account
from invoicetui.ui.bindings import bindings
from invoicetui.ui.screen import LedgerScreen
from invoicetui.ui.table import InvoiceTable

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


class FilteredScreen(LedgerScreen):
    """A list that shows what matches a query. `query_now` is that query, read for `accounts`."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("invoices", "filter")]
    accounts: Sequence[Account]
    query_now: Query
    _before_typing = ""

    def query_changed(self) -> None:
        """There is another query in `query_now`."""

    def look(self) -> None:
        """See whether a page is wanted now."""

    def _parsed(self, text: str, *, is_typing: bool = False) -> Query:
        return parse(text, self.accounts, is_typing=is_typing)

    @property
    def is_typing(self) -> bool:
        """A filter is being typed: it acts on what is loaded."""
        return bool(self.query("#filter"))

    async def action_filter(self) -> None:
        """Type a query; it acts on loaded rows at once, enter keeps it, esc brings the last one back."""
        self._before_typing = self.query_now.text
        line = FilterLine(self.query_now.text)
        self.query_one("#under").display = False
        await self.mount(line, after="#under")
        self.set_focus(line.input)

    async def cancel_filter(self) -> None:
        """Leave the line, back to the query before it."""
        await self._leave_filter()
        self.apply_filter(self._before_typing)

    def apply_filter(self, text: str) -> None:
        """Filter by a query's text. Raises QueryError."""
        self._apply(self._parsed(text))

    @on(Input.Changed, "#filter")
    def _typing(self, event: Input.Changed) -> None:
        try:
            self._apply(self._parsed(event.value, is_typing=True))
            self.said = ""
        except QueryError as error:
            self.say(mistake(error))

    @on(Input.Submitted, "#filter")
    async def _typed(self, event: Input.Submitted) -> None:
        try:
            query = self._parsed(event.value)
        except QueryError as error:
            self.say(mistake(error))
            return
        await self._leave_filter()
        self._apply(query)
        self.look()

    async def _leave_filter(self) -> None:
        self.set_focus(self.query_one(InvoiceTable))
        await self.query("#filtering").remove()
        self.query_one("#under").display = True

    def _apply(self, query: Query) -> None:
        if query.text != self.query_now.text:
            self.query_now = query
            self.query_changed()
