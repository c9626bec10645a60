"""How a list is looked at, its filter and its order, and the way back to how it was looked at before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from invoicetui.ledger.order import Sort
from invoicetui.ledger.query import Query, parse
from invoicetui.tuples import NamedTuple
from invoicetui.ui.bindings import bindings
from invoicetui.ui.screen import Part

if TYPE_CHECKING:
    from invoicetui.account import Account

#: Looks that are kept.
_KEPT = 100


class Look(NamedTuple):
    """A filter's text, an order, and the row that the cursor was on."""

    text: str
    sort: Sort
    row: int | None = None

    @property
    def words(self) -> str:
        return f"{f'/ {self.text}' if self.text else 'no filter'} · by {self.sort.field}"


class LookScreen(Part):
    """A list with a filter and an order. `query_now` is its query, read for `accounts`."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("invoices", "undo", "redo")]
    accounts: Sequence[Account]
    query_now: Query
    sort = Sort()
    #: The row that the cursor goes to in the next view if its own is not there.
    fallback: int | None = None
    _before: tuple[Look, ...] = ()
    _after: tuple[Look, ...] = ()

    def query_changed(self) -> None:
        """There is another query in `query_now`: make the view again."""

    def review(self) -> None:
        """Make the view again."""

    def row_now(self) -> int | None:
        """The row that the cursor is on."""
        return None

    @property
    def look_now(self) -> Look:
        return Look(self.query_now.text, self.sort, self.row_now())

    def parsed(self, text: str, *, is_typing: bool = False) -> Query:
        """A query about the accounts of this list. Raises QueryError."""
        return parse(text, self.accounts, is_typing=is_typing)

    def changes(self, look: Look) -> None:
        """The list will be looked at otherwise than so."""
        self._before, self._after = (*self._before, look)[-_KEPT:], ()

    def _return(self, look: Look, said: str) -> None:
        self.sort, self.fallback = look.sort, look.row
        if look.text != self.query_now.text:
            self.query_now = self.parsed(look.text)
            self.query_changed()
        else:
            self.review()
        self.say(f"{said}: {look.words}")

    def action_undo(self) -> None:
        """Back to the filter and the order before."""
        if not self._before:
            self.say("there is no filter or order to bring back")
            return
        *before, look = self._before
        self._before, self._after = tuple(before), (*self._after, self.look_now)
        self._return(look, "back to")

    def action_redo(self) -> None:
        """Forward again."""
        if not self._after:
            self.say("nothing was taken back")
            return
        *after, look = self._after
        self._before, self._after = (*self._before, self.look_now), tuple(after)
        self._return(look, "again")
