"""The feed: which pages a view needs, asked for once, and how certain what is known is.

Lives on the engine's event loop. The UI and the command line say what they look at; the feed fetches for every account
by itself, so that one account's failure is one line and never hides, delays or empties another's invoices.
"""

from __future__ import annotations

import asyncio
from array import array
from bisect import bisect_left
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from invoicetui.errors import InvoicetuiError, Malformed, NotFound
from invoicetui.ledger.order import Sort
from invoicetui.ledger.query import Query
from invoicetui.ledger.store import Store, day_of
from invoicetui.ledger.walk import Fetch, Walk
from invoicetui.model import Invoice, Kind
from invoicetui.vendors.base import EVERYTHING, Entry, Listing, Vendor

#: The only order in which what is not loaded lies below what is: pages come newest first.
NEWEST_FIRST = Sort()


@dataclass(frozen=True, slots=True)
class Stand:
    """How far one walk of a view is; a snapshot, safe to read from any thread.

    `horizon`: the oldest issue date known without gaps, None before the first row. `is_auto`: looking near the end may
    fetch; otherwise only an explicit wish does. `total` counts the vendor's rows for what is sent to it, `arrived` the
    pages that came in this session.
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

    @property
    def can_go_on(self) -> bool:
        """There is a next page and nothing stands in its way."""
        return self.has_more and self.problem is None


@dataclass(frozen=True, slots=True)
class Condition:
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


class Feed:
    """The walks of all accounts over one store. `fetch` and `vendors` are by account id."""

    def __init__(
        self,
        vendors: Mapping[str, Vendor],
        fetch: Mapping[str, Fetch],
        store: Store,
        *,
        clock: Callable[[], datetime],
        on_change: Callable[[str], None] = lambda account: None,
    ) -> None:
        self.vendors = vendors
        self._fetch = fetch
        self._store = store
        self._clock = clock
        self._on_change = on_change
        self._walks: dict[tuple[str, Listing], Walk] = {}
        self._waiting: dict[str, str] = {}

    # ---- whose invoices

    def put(self, vendor: Vendor, fetch: Fetch) -> None:
        """Take an account in. One that is known is dropped first."""
        name = vendor.account.id
        # Replaced, not changed: other threads read them meanwhile.
        self.vendors, self._fetch = {**self.vendors, name: vendor}, {**self._fetch, name: fetch}

    async def drop(self, account: str) -> None:
        """End what runs for an account and forget its walks; its rows stay in the store."""
        walks = [self._walks.pop(key) for key in list(self._walks) if key[0] == account]
        self._waiting.pop(account, None)
        await asyncio.gather(*(walk.stop() for walk in walks))

    # ---- what is known

    def walks(self, query: Query) -> list[Walk]:
        """What a view of the query runs on, for the accounts it names."""
        return [self._walk(account, listing) for account in query.accounts() for listing in self._plan(account, query)]

    def _plan(self, account: str, query: Query) -> tuple[Listing, ...]:
        """The listings that the vendor filters, unless all of its invoices are known anyway."""
        vendor = self.vendors[account]
        everything, wanted = vendor.split(EVERYTHING), vendor.split(query.wanted())
        known = [self._walks.get((account, listing)) for listing in everything]
        return everything if wanted and all(walk and not walk.has_more for walk in known) else wanted

    def _walk(self, account: str, listing: Listing) -> Walk:
        walk = self._walks.get((account, listing))
        if walk is None:
            walk = Walk(self.vendors[account], listing, self._fetch[account], self._store, self._clock)
            self._walks[account, listing] = walk
        return walk

    def stands(self, query: Query) -> tuple[Stand, ...]:
        """How far each walk of a view is; from any thread.

        A walk that the vendor filters is fetched by looking; one that only we filter is not: a filter that matches
        nothing would load everything.
        """
        stands = []
        for account in query.accounts():
            for listing in self._plan(account, query):
                is_auto = not query.has_row_terms or (bool(listing.params) and not query.has_words)
                stands.append(_stand(account, listing, self._walks.get((account, listing)), is_auto=is_auto))
        return tuple(stands)

    def condition(self, account: str) -> Condition:
        # A list at once: the engine adds walks while other threads read.
        walks = [walk for (owner, _), walk in list(self._walks.items()) if owner == account]
        main = next((walk for walk in walks if walk.is_main), None)
        notes = {key: note for walk in walks for key, note in walk.unreadable.items()}
        return Condition(
            is_loading=any(walk.is_loading for walk in walks),
            waiting=self._waiting.get(account, ""),
            problem=next((walk.problem for walk in walks if walk.problem is not None), None),
            notes=tuple(notes.values()),
            fetched_at=main.state.fetched_at if main else None,
            total=main.state.total if main else None,
            has_more=main.has_more if main else True,
        )

    def waits(self, account: str, sentence: str) -> None:
        """A retry waits (or no longer does, with an empty sentence)."""
        self._waiting[account] = sentence
        self._on_change(account)

    # ---- fetching

    async def open(self, query: Query) -> None:
        """The first page of whatever the query needs; those at hand are not asked for again."""
        await self._settle(self.walks(query), Walk.open)

    async def more(self, query: Query, stand: Stand) -> None:
        """The next page after those that `stand` knew of; nothing when one came since, for the wish is older."""
        for listing in self._plan(stand.account, query):
            walk = self._walk(stand.account, listing)
            if listing.name == stand.listing and walk.arrived == stand.arrived and walk.problem is None:
                await self._settle([walk], Walk.more)

    async def refresh(self, accounts: Iterable[str]) -> None:
        """The first page again, of every walk that these accounts have open."""
        names = set(accounts)
        walks = {
            walk: None
            for account in names
            for walk in [
                *(self._walk(account, listing) for listing in self.vendors[account].split(EVERYTHING)),
                *(walk for (owner, _), walk in self._walks.items() if owner == account and walk.is_open),
            ]
        }
        await self._settle(walks, Walk.refresh)

    async def load_all(self, query: Query) -> None:
        """Every page of the query's walks; cancelling keeps what came."""
        await self._settle(self.walks(query), lambda walk: walk.rest(lambda: self._on_change(walk.account.id)))

    async def _settle(self, walks: Iterable[Walk], work: Callable[[Walk], Coroutine[Any, Any, None]]) -> None:
        """Let walks work at the same time. Their troubles stay with them and are told through `on_change`."""

        async def one(walk: Walk) -> None:
            account = walk.account.id
            try:
                task = work(walk)
                self._on_change(account)
                await task
            except InvoicetuiError as error:
                walk.problem = error
            finally:
                self._waiting.pop(account, None)
                self._on_change(account)

        async with asyncio.TaskGroup() as group:
            for walk in walks:
                group.create_task(one(walk))

    # ---- one invoice

    def invoice(self, account: str, key: str) -> Invoice | None:
        """The invoice as the ledger holds it; None when it holds none. An unreadable one has only its key."""
        raws = self._store.raw(account, key)
        row = self._store.find(account, key)
        if raws is None or row is None:
            return None
        raw, detail = raws
        try:
            invoice = self.vendors[account].read(raw, detail, is_upcoming=row.kind is Kind.UPCOMING)
        except Malformed:
            invoice = Invoice(account=account, vendor=row.vendor, key=key)
        return invoice.with_key(key)

    async def detail(self, account: str, key: str, *, is_again: bool = False) -> Invoice | None:
        """The invoice with what the vendor's single endpoint adds, asked for once unless `is_again`. VendorError."""
        vendor = self.vendors[account]
        invoice = self.invoice(account, key)
        raws = self._store.raw(account, key)
        if invoice is None or raws is None or not invoice.is_readable or (raws[1] is not None and not is_again):
            return invoice
        request = vendor.detail(invoice)
        if request is None:
            return invoice
        answer = await self._fetch[account](request)
        body = vendor.unwrap(answer.body)
        merged = vendor.read(raws[0], body, is_upcoming=invoice.kind is Kind.UPCOMING).with_key(key)
        self._store.put_detail(account, key, body, merged)
        self._on_change(account)
        return merged

    async def locate(self, account: str, key: str) -> Invoice | None:
        """Find an invoice that the ledger may not know: by the single endpoint, else page by page."""
        if self._store.find(account, key) is not None:
            return await self.detail(account, key)
        vendor = self.vendors[account]
        walks = [self._walk(account, listing) for listing in vendor.split(EVERYTHING)]
        request = vendor.single(key)
        if request is not None:
            try:
                answer = await self._fetch[account](request)
            except NotFound:
                return None
            entries = vendor.entries([vendor.unwrap(answer.body)])
            self._keep(entries, walks[0])
            return self.invoice(account, entries[0].invoice.key)
        for walk in walks:
            while self._store.find(account, key) is None and walk.has_more and walk.problem is None:
                await walk.more()
        return await self.detail(account, key)

    def _keep(self, entries: Sequence[Entry], walk: Walk) -> None:
        self._store.put_page(walk.account.id, entries, walk.state, walked=False)


def _stand(account: str, listing: Listing, walk: Walk | None, *, is_auto: bool) -> Stand:
    if walk is None:
        return Stand(account, listing.name, False, True, False, is_auto, False, None, None, 0, None)
    state = walk.state
    return Stand(
        account=account,
        listing=listing.name,
        is_open=walk.is_open,
        has_more=walk.has_more,
        is_certain=walk.is_certain,
        is_auto=is_auto,
        is_loading=walk.is_loading,
        horizon=state.horizon if walk.is_open else None,
        total=state.total,
        arrived=walk.arrived,
        problem=walk.problem,
    )


def frontier(stands: Sequence[Stand], *, is_explicit: bool = False) -> Stand | None:
    """The walk whose next page a merged list needs first: the one known least far back among those with more.

    Unless the wish is explicit, only walks that looking near the end may fetch.
    """
    ready = [stand for stand in stands if stand.can_go_on and (is_explicit or stand.is_auto)]
    return max(ready, key=lambda stand: stand.horizon or date.max, default=None)


def certain_rows(ids: array[int], horizon: date | None) -> int:
    """How many rows of a newest-first view lie on or above a horizon; none before the first page."""
    if horizon is None:
        return 0
    return bisect_left(ids, -day_of(horizon) + 1, key=lambda rowid: -(rowid >> 24))
