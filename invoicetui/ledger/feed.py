"""The feed: which pages a view needs, asked for once, and how certain what is known is.

Lives on the engine's event loop. The UI and the command line say what they look at; the feed fetches for every account
by itself, so that one account's failure is one line and never hides, delays or empties another's invoices.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from invoicetui.courtesy import Courtesy
from invoicetui.errors import InvoicetuiError, Malformed, NotFound, Rejected, VendorDown
from invoicetui.ledger.allowance import Allowance, Fetch
from invoicetui.ledger.arrivals import Arrivals
from invoicetui.ledger.passes import Progress
from invoicetui.ledger.query import Query, parse
from invoicetui.ledger.sharing import mistake
from invoicetui.ledger.stand import NEWEST_FIRST, Condition, Stand, certain_rows, frontier
from invoicetui.ledger.store import Interrupted, Row, Store, WalkState, encoded
from invoicetui.ledger.walk import CONCURRENCY, Walk
from invoicetui.model import Invoice, Kind, Status
from invoicetui.vendors.base import EVERYTHING, Listing, Request, Vendor, Wanted

__all__ = ["NEWEST_FIRST", "Condition", "Feed", "Stand", "certain_rows", "frontier"]

#: Invoices somebody still waits for money on.
OPEN = frozenset((Status.OPEN, Status.OVERDUE, Status.PARTIAL))
#: How many open invoices a refresh asks for one by one.
SINGLES = 20


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
        courtesy: Courtesy | None = None,
    ) -> None:
        self.vendors = vendors
        self._fetch: Mapping[str, Fetch] = {account: Allowance(one) for account, one in fetch.items()}
        self._store = store
        self._clock = clock
        self._on_change = on_change
        self._courtesy = courtesy
        self._walks: dict[tuple[str, Listing], Walk] = {}
        self._arrivals: dict[str, Arrivals] = {}
        self._waiting: dict[str, str] = {}
        #: What went wrong for an account outside its walks.
        self._troubles: dict[str, InvoicetuiError] = {}
        #: Open invoices that the vendor would not show by themselves in this session; asking again would not help.
        self._unseen: set[tuple[str, str]] = set()

    # ---- whose invoices

    def put(self, vendor: Vendor, fetch: Fetch) -> None:
        """Take an account in. One that is known is dropped first."""
        name = vendor.account.id
        # Replaced, not changed: other threads read them meanwhile.
        self.vendors, self._fetch = {**self.vendors, name: vendor}, {**self._fetch, name: Allowance(fetch)}

    async def drop(self, account: str) -> None:
        """End what runs for an account and forget its walks; its rows stay in the store.

        Its `fetch` is to refuse already: a wish may come while the walks end.
        """
        await asyncio.gather(*(walk.stop() for walk in self._forget(account)))
        self._forget(account)  # what was wished for meanwhile would belong to what the account was
        self._waiting.pop(account, None)
        self._troubles.pop(account, None)
        self._arrivals.pop(account, None)

    def _forget(self, account: str) -> list[Walk]:
        return [self._walks.pop(key) for key in list(self._walks) if key[0] == account]

    # ---- what is known

    def walks(self, query: Query) -> list[Walk]:
        """What a view of the query runs on, for the accounts it names."""
        return [walk for account in query.accounts() for walk in self._planned(account, query)]

    def _planned(self, account: str, query: Query) -> list[Walk]:
        return [self._walk(account, listing) for listing in self._plan(account, query)]

    def _plan(self, account: str, query: Query) -> tuple[Listing, ...]:
        """The listings that the vendor filters, unless all of its invoices are known anyway."""
        vendor = self.vendors[account]
        everything, wanted = vendor.split(EVERYTHING), vendor.split(query.wanted())
        known = [self._walks.get((account, listing)) for listing in everything]
        return everything if wanted and all(walk and not walk.has_more for walk in known) else wanted

    def _walk(self, account: str, listing: Listing) -> Walk:
        walk = self._walks.get((account, listing))
        if walk is None:
            walk = Walk(
                self.vendors[account],
                listing,
                self._fetch[account],
                self._store,
                self._clock,
                arrivals=self._arrivals_of(account),
                courtesy=self._courtesy,
                on_change=lambda: self._on_change(account),
            )
            self._walks[account, listing] = walk
        return walk

    def _arrivals_of(self, account: str) -> Arrivals:
        return self._arrivals.setdefault(account, Arrivals())

    def stands(self, query: Query) -> tuple[Stand, ...]:
        """How far each walk of a view is; from any thread.

        A walk that the vendor filters is fetched by looking; one that only we filter is not: a filter that matches
        nothing would load everything.
        """
        stands = []
        for account in query.accounts():
            for listing in self._plan(account, query):
                is_auto = not query.has_row_terms or (bool(listing.params) and not query.has_words)
                walk = self._walks.get((account, listing))
                progress = walk.progress if walk is not None else Progress(WalkState(account, listing.name))
                order = self.vendors[account].capabilities.order
                stands.append(Stand.of(progress, order, is_auto=is_auto, is_upcoming=listing.is_upcoming))
        return tuple(stands)

    def condition(self, account: str) -> Condition:
        """What is to be said of an account; from any thread."""
        # A list at once: the engine adds walks while other threads read.
        walks = [walk for (owner, _), walk in list(self._walks.items()) if owner == account]
        all_progress = [walk.progress for walk in walks]
        main = next((progress for walk, progress in zip(walks, all_progress, strict=True) if walk.is_main), None)
        problems = [self._troubles.get(account), *(progress.problem for progress in all_progress)]
        notes = {key: note for progress in all_progress for key, note in progress.unreadable.items()}
        return Condition(
            is_loading=any(progress.is_loading for progress in all_progress),
            waiting=self._waiting.get(account, ""),
            problem=next((problem for problem in problems if problem is not None), None),
            notes=tuple(notes.values()),
            fetched_at=main.state.fetched_at if main else None,
            total=main.state.total if main else None,
            has_more=main.has_more if main else True,
        )

    def waits(self, account: str, sentence: str) -> None:
        """A retry waits (or no longer does, with an empty sentence)."""
        if self._waiting.get(account, "") != sentence:
            self._waiting[account] = sentence
            self._on_change(account)

    # ---- fetching

    async def know(self, query: Query) -> None:
        """Learn how far the query's walks came in earlier sessions; asks no vendor."""
        self.walks(query)

    async def open(self, query: Query) -> None:
        """The first page of whatever the query needs; those at hand are not asked for again."""
        await self._each(query.accounts(), lambda account: _settle(self._planned(account, query), Walk.open))

    async def more(self, query: Query, stand: Stand) -> None:
        """The next page after those that `stand` knew of; nothing when one came since, for the wish is older."""
        for walk in self._planned(stand.account, query):
            if walk.listing.name == stand.listing and walk.progress.arrived == stand.arrived and walk.problem is None:
                await _settle([walk], Walk.more)

    async def refresh(self, accounts: Iterable[str]) -> None:
        """The first page again, of every walk that these accounts have open, and the open invoices beyond it."""
        await self._each(dict.fromkeys(accounts), self._refresh)

    async def load_all(self, query: Query) -> None:
        """Every page of the query's walks; cancelling keeps what came."""
        await self._each(query.accounts(), lambda account: _settle(self._planned(account, query), Walk.rest))

    async def _each(self, accounts: Iterable[str], work: Callable[[str], Coroutine[Any, Any, None]]) -> None:
        """Let accounts work at the same time: the trouble of one stays with it."""

        async def one(account: str) -> None:
            try:
                await work(account)
            except InvoicetuiError as error:
                self._trouble(account, error)
            except Exception as error:
                self._trouble(account, mistake(error))

        async with asyncio.TaskGroup() as group:
            for account in accounts:
                group.create_task(one(account))

    def _trouble(self, account: str, error: InvoicetuiError) -> None:
        self._troubles[account] = error
        self._on_change(account)

    # ---- open invoices

    async def _refresh(self, account: str) -> None:
        self._troubles.pop(account, None)
        everything = [self._walk(account, listing) for listing in self.vendors[account].split(EVERYTHING)]
        # One that failed at its first page as well: its trouble would stand for ever, though nobody looks at it.
        walks = [walk for (owner, _), walk in self._walks.items() if owner == account]
        others = [walk for walk in walks if walk.is_open or walk.problem is not None]
        await _settle(dict.fromkeys([*everything, *others]), Walk.refresh)
        main = next(walk for walk in everything if walk.is_main)
        if self._is_current(main) and main.problem is None:
            await self._refresh_open(account, main)

    def _is_current(self, walk: Walk) -> bool:
        """Whether the account was not dropped since; it may be another by now."""
        return self._walks.get((walk.account.id, walk.listing)) is walk

    def _main(self, account: str) -> Walk:
        """The walk over all of an account's invoices."""
        walks = (self._walk(account, listing) for listing in self.vendors[account].split(EVERYTHING))
        return next(walk for walk in walks if walk.is_main)

    async def _refresh_open(self, account: str, main: Walk) -> None:
        """Ask again about invoices that were open when last seen and are older than the first page.

        Where the vendor lists what is open, all of it is read; what is open no longer, and where it does not, the
        SINGLES seen longest ago are asked for singly. The rest show their age.
        """
        vendor = self.vendors[account]
        if not vendor.capabilities.statuses & OPEN:
            return
        rows = [row for row in await self._open_rows(account) if row.key not in main.newest]
        if rows and vendor.capabilities.has_open_filter:
            walks = [self._walk(account, listing) for listing in vendor.split(Wanted(statuses=OPEN))]
            await _settle(walks, Walk.rest)
            if any(walk.has_more or walk.problem is not None for walk in walks):
                return
            rows = [row for row in rows if not any(row.key in walk.read.keys for walk in walks)]
        requests = [(row.key, vendor.single(row.key)) for row in sorted(rows, key=lambda row: row.seen_at)]
        known = [(key, request) for key, request in requests if request and (account, key) not in self._unseen]
        left = deque(known[:SINGLES])

        async def ask() -> None:
            while left:
                key, request = left.popleft()
                try:
                    await self._see(main, key, request)
                except (NotFound, Rejected, VendorDown, Malformed):
                    # Vendors answer 500, too, for an invoice that they no longer know.
                    self._unseen.add((account, key))
                except InvoicetuiError as error:
                    left.clear()
                    self._trouble(account, error)

        async with asyncio.TaskGroup() as group:
            for _ in range(CONCURRENCY):
                group.create_task(ask())

    async def _open_rows(self, account: str) -> list[Row]:
        """Rows that are open as far as we know; on a thread of its own, for there may be many."""
        vendor = self.vendors[account]
        query = parse(f"status:{','.join(OPEN)}", [vendor.account])
        is_over = threading.Event()

        def read() -> list[Row]:
            while not is_over.is_set():
                # Whoever looks at the list interrupts any view that runs, this one too.
                with suppress(Interrupted):
                    ids = self._store.view(query, NEWEST_FIRST, [account], vendor.today())
                    return [row for row in self._store.rows(ids) if row is not None]
            return []

        try:
            return await asyncio.to_thread(read)
        finally:
            is_over.set()

    async def _see(self, main: Walk, key: str, request: Request) -> bool:
        """Ask for one invoice and store it; False when the answer is another or cannot be read."""
        account, vendor, arrivals = main.account.id, main.vendor, self._arrivals_of(main.account.id)
        question = arrivals.ask()
        answer = await self._fetch[account](request)
        found = vendor.entries([vendor.unwrap(answer.body)])
        if any(entry.problem is not None or entry.invoice.key != key for entry in found):
            return False
        if self._is_current(main) and arrivals.admit(key, question):
            self._store.put_page(account, [encoded(entry) for entry in found], main.state, walked=False)
            self._on_change(account)
        return True

    # ---- one invoice

    def invoice(self, account: str, key: str) -> Invoice | None:
        """The invoice as the ledger holds it; None when it holds none.

        Of one whose parts cannot be read what the list shows, of one that the list cannot read only its key; `problem`
        says why.
        """
        raws = self._store.raw(account, key)
        row = self._store.find(account, key)
        if raws is None or row is None:
            return None
        vendor, is_upcoming = self.vendors[account], row.kind is Kind.UPCOMING
        try:
            invoice = vendor.read(*raws, is_upcoming=is_upcoming)
        except Malformed as error:
            try:
                invoice = vendor.listed(raws[0], is_upcoming=is_upcoming)
            except Malformed:
                invoice = Invoice(account=account, vendor=row.vendor, key=key)
            invoice = replace(invoice, problem=str(error))
        return invoice.with_key(key)

    async def detail(self, account: str, key: str, *, is_again: bool = False) -> Invoice | None:
        """The invoice with what the vendor's single endpoint adds, asked for once unless `is_again`. VendorError.

        What cannot be read of the answer is not kept: the invoice is the ledger's, and `problem` says why. An answer
        about a record that has changed meanwhile is out of date: it is dropped, and asked for once more.
        """
        vendor = self.vendors[account]
        invoice = self.invoice(account, key)
        for _ in range(2):
            raws = self._store.raw(account, key)
            if invoice is None or raws is None or not invoice.is_readable:
                break
            if raws[1] is not None and invoice.problem is None and not is_again:
                break
            request = vendor.detail(invoice)
            if request is None:
                break
            arrivals = self._arrivals_of(account)
            question = arrivals.ask()
            answer = await self._fetch[account](request)
            if self._store.raw(account, key) == raws and vendor is self.vendors.get(account):
                try:
                    body = vendor.unwrap(answer.body)
                    merged = vendor.read(raws[0], body, is_upcoming=invoice.kind is Kind.UPCOMING).with_key(key)
                except Malformed as error:
                    return replace(invoice, problem=invoice.problem or f"in the vendor's detail, {error}")
                arrivals.admit(key, question)
                self._store.put_detail(account, key, body, merged)
                self._on_change(account)
                return merged
            invoice = self.invoice(account, key)
        return invoice

    async def locate(self, account: str, key: str) -> Invoice | None:
        """Find an invoice that the ledger may not know: by the single endpoint, else page by page. VendorError."""
        if self._store.find(account, key) is not None:
            return await self.detail(account, key)
        vendor = self.vendors[account]
        request = vendor.single(key)
        if request is not None:
            # Anything but "not found" may mean other things, too: a server that answers 500, a key of another form.
            with suppress(Rejected, VendorDown, Malformed):
                try:
                    if await self._see(self._main(account), key, request):
                        return self.invoice(account, key)
                except NotFound:
                    return None
        for walk in [self._walk(account, listing) for listing in vendor.split(EVERYTHING)]:
            while self._store.find(account, key) is None and walk.has_more:
                if walk.is_open and walk.state.next is None and walk.problem is not None:
                    raise walk.problem
                await walk.more()
        return self.invoice(account, key)


async def _settle(walks: Iterable[Walk], work: Callable[[Walk], Coroutine[Any, Any, None]]) -> None:
    """Let walks work at the same time. Their troubles stay with them: `Walk.progress` tells them."""

    async def one(walk: Walk) -> None:
        with suppress(InvoicetuiError):
            await work(walk)

    async with asyncio.TaskGroup() as group:
        for walk in walks:
            group.create_task(one(walk))
