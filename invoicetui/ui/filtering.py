"""The query of a list, and the line in which it is typed."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.widgets import Input

from invoicetui.errors import QueryError
from invoicetui.ledger.query import Query
from invoicetui.ui.bindings import bindings
from invoicetui.ui.habits import Habits
from invoicetui.ui.looks import Look, LookScreen
from invoicetui.ui.table import InvoiceTable

EXAMPLE = "words  status:open,overdue  issued:2026-03  customer:…"


def mistake(error: QueryError) -> str:
    """What is wrong with a query, and the query with the place marked."""
    at = min(error.at, len(error.text))
    return f"{error}: {error.text[:at]}»{error.text[at:]}"


class FilteredScreen(LookScreen):
    """A list that shows what matches a query. While one is typed, what may follow stands in the line of the hints."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("invoices", "filter")]
    habits: Habits
    _before_typing: Look
    _offered = ""

    def look(self) -> None:
        """See whether a page is wanted now."""

    @property
    def is_typing(self) -> bool:
        """A filter is being typed: it acts on what is loaded."""
        return bool(self.query("#filter"))

    async def action_filter(self) -> None:
        """Type a query; it acts on loaded rows at once, enter keeps it, esc brings the last one back."""
        from invoicetui.ui.completing import of_query
        from invoicetui.ui.prompt import Prompt

        self._before_typing = self.look_now
        box = Input(self.query_now.text, id="filter", placeholder=EXAMPLE, compact=True)
        box.cursor_blink = False
        line = Prompt(" / ", box, self.habits.filters, of_query(self.accounts), self._offer, id="filtering")
        self.query_one("#under").display = False
        await self.mount(line, after="#under")
        self.set_focus(box)

    def _offer(self, words: str) -> None:
        self._offered = words
        self.write_hints()

    def hints(self) -> str:
        return self._offered if self.is_typing else super().hints()

    async def cancel_filter(self) -> None:
        """Leave the line, back to the query before it."""
        await self._leave_filter()
        self._apply(self.parsed(self._before_typing.text))

    def apply_filter(self, text: str) -> None:
        """Filter by a query's text. Raises QueryError."""
        query = self.parsed(text)
        if query.text != self.query_now.text:
            self.changes(self.look_now)
            self._apply(query)

    def on_input_changed(self, event: Input.Changed) -> None:
        try:
            self._apply(self.parsed(event.value, is_typing=True))
            self.said = ""
        except QueryError as error:
            self.say(mistake(error))

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        from invoicetui.ui.prompt import keep

        try:
            query = self.parsed(event.value)
        except QueryError as error:
            self.say(mistake(error))
            return
        keep(self.habits.filters, query.text)
        await self._leave_filter()
        if query.text != self._before_typing.text:
            self.changes(self._before_typing)
        self._apply(query)
        self.look()

    async def _leave_filter(self) -> None:
        self.set_focus(self.query_one(InvoiceTable))
        await self.query("#filtering").remove()
        self.query_one("#under").display = True
        self.said = ""
        self.update_lines()

    def _apply(self, query: Query) -> None:
        if query.text != self.query_now.text:
            self.query_now = query
            self.query_changed()
