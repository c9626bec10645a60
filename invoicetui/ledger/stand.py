"""What the screens and commands are told of a feed: how far its walks are, how an account is, what is certain."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from invoicetui.errors import InvoicetuiError
from invoicetui.ledger.order import Sort
from invoicetui.ledger.rows import day_of
from invoicetui.tuples import NamedTuple

if TYPE_CHECKING:
    from invoicetui.ledger.passes import Progress
    from invoicetui.vendors.base import Order

#: The only order in which what is not loaded lies below what is: pages come newest first.
NEWEST_FIRST = Sort()


class Stand(NamedTuple):
    """How far one walk of a view is; a snapshot, safe to read from any thread.

    `horizon`: the oldest issue date known without gaps, None before the first page. `is_auto`: looking near the end may
    fetch; otherwise only an explicit wish does. `total` counts the vendor's rows for what is sent to it, `arrived` the
    pages that came in this session. `was_whole`: every page had been read when the last one came, in whatever session.
    """

    account: str
    listing: str
    is_open: bool
    has_more: bool
    is_certain: bool
    is_auto: bool
    is_loading: bool
    horizon: date | None
    total: int | None
    arrived: int
    problem: InvoicetuiError | None
    was_whole: bool

    @classmethod
    def of(cls, progress: Progress, order: Order, *, is_auto: bool, is_upcoming: bool = False) -> Stand:
        """The stand of a walk over a list whose pages come in this order; one of upcoming invoices leaves none out."""
        state = progress.state
        return cls(
            account=state.account,
            listing=state.listing,
            is_open=progress.is_open,
            has_more=progress.has_more,
            is_certain=order == "issued" or not progress.has_more,
            is_auto=is_auto,
            is_loading=progress.is_loading,
            # Rows without a date stand below all others: a page of nothing else leaves nothing above them unknown.
            horizon=(state.horizon or date.min) if progress.is_open else None,
            total=state.total,
            arrived=progress.arrived,
            problem=progress.problem,
            was_whole=state.is_exhausted or is_upcoming,
        )

    @property
    def is_partial(self) -> bool:
        """There are rows that are not loaded, as far as the vendor was asked: in this session, or else before."""
        return self.has_more if self.is_open else not self.was_whole

    @property
    def can_go_on(self) -> bool:
        """There is a next page and nothing stands in its way."""
        return self.has_more and self.problem is None


class Condition(NamedTuple):
    """What the accounts screen says of one account; a snapshot, safe to read from any thread.

    `waiting` is a sentence while a retry waits; `notes` are one sentence for each unreadable record.
    """

    is_loading: bool = False
    waiting: str = ""
    problem: InvoicetuiError | None = None
    notes: tuple[str, ...] = ()
    fetched_at: datetime | None = None
    total: int | None = None
    has_more: bool = True


def frontier(stands: Sequence[Stand], *, is_explicit: bool = False) -> Stand | None:
    """The walk whose next page a merged list needs first: the one known least far back among those with more.

    Unless the wish is explicit, only walks that looking near the end may fetch.
    """
    ready = [stand for stand in stands if stand.can_go_on and (is_explicit or stand.is_auto)]
    return max(ready, key=lambda stand: stand.horizon or date.max, default=None)


def certain_rows(ids: Sequence[int], horizon: date | None) -> int:
    """How many rows of a newest-first view lie on or above a horizon; none before the first page."""
    if horizon is None:
        return 0
    return bisect_left(ids, -day_of(horizon) + 1, key=lambda rowid: -(rowid >> 24))
