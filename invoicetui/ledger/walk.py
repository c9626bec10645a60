"""A walk: one listing of one account, page by page, and how far back it is known."""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from typing import Protocol

from invoicetui.errors import InvoicetuiError, NotFound, Rejected, WalkStopped
from invoicetui.ledger.store import Put, Store, WalkState
from invoicetui.vendors.base import Entry, Listing, Page, Request, Vendor

MAX_PAGES = 10_000
#: Pages of one walk under way at once; more does not help httpx and is unkind to vendors.
CONCURRENCY = 8


class Answered(Protocol):
    """The two parts of an HTTP answer that a walk reads; header names are lower-case."""

    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> bytes: ...


Fetch = Callable[[Request], Awaitable[Answered]]


class Walk:
    """Fetches a listing's pages one after another into the store.

    At most one fetch is under way; whoever wants it shares it, and it is cancelled when the last of them leaves. Every
    walk ends: a repeated cursor, a page that came before, or 10,000 pages stop it with a WalkStopped in `problem`.
    The unfiltered walk of an account is kept between sessions; filtered ones begin anew.
    """

    def __init__(
        self, vendor: Vendor, listing: Listing, fetch: Fetch, store: Store, clock: Callable[[], datetime]
    ) -> None:
        self.vendor = vendor
        self.listing = listing
        self.account = vendor.account
        self._fetch = fetch
        self._store = store
        self._clock = clock
        self.is_main = not listing.name
        kept = store.walk(self.account.id, "") if self.is_main else None
        self.state = kept or WalkState(self.account.id, listing.name)
        #: Why the walk cannot go on by itself; cleared when a page arrives.
        self.problem: InvoicetuiError | None = None
        #: One sentence for each record that could not be read, by key.
        self.unreadable: dict[str, str] = {}
        self.is_open = False
        #: How many pages came in this session.
        self.arrived = 0
        self._task: asyncio.Task[None] | None = None
        self._waiters = 0
        self._older: WalkState | None = None
        self._must_rewind = False
        self._restarts = 0
        self._total_pages: int | None = None
        self._begin_pass()

    def _begin_pass(self) -> None:
        self._keys: set[str] = set()
        self._tokens: set[str] = set()
        self._pages: set[bytes] = set()

    @property
    def is_loading(self) -> bool:
        return self._task is not None

    @property
    def has_more(self) -> bool:
        """There are pages that were not read, whether or not they can be had now."""
        return not (self.is_open and self.state.is_exhausted)

    @property
    def is_certain(self) -> bool:
        """Whether everything down to the horizon is known: only when pages come by issue date, or all have come."""
        return self.vendor.capabilities.order == "issued" or not self.has_more

    async def open(self) -> None:
        """Fetch the first page unless this session has it already."""
        if not self.is_open:
            await self._share(self._first)

    async def refresh(self) -> None:
        """Fetch the first page again; a filtered walk begins anew. What is under way ends first."""
        if self._task is not None:
            with suppress(InvoicetuiError):
                await self._share(self._first)
        await self._share(self._first)

    async def more(self) -> None:
        """Fetch the next page (the first, in a walk not yet open). Nothing to do at the end."""
        if not self.is_open:
            await self.open()
        elif self.state.next is not None:
            await self._share(self._next)

    async def rest(self, on_page: Callable[[], None] = lambda: None) -> None:
        """Fetch every page that is left; numbered pages several at a time, stored in their order."""
        await self.open()
        while self.state.next is not None and self.problem is None:
            if self._must_rewind or self._total_pages is None:
                await self.more()
            else:
                await self._share(lambda: self._many(on_page))
            on_page()

    async def stop(self) -> None:
        """End the fetch that is under way; whoever waits for it is cancelled."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    async def _share(self, work: Callable[[], Coroutine[None, None, None]]) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._run(work))
        task = self._task
        self._waiters += 1
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            if self._waiters == 1 and not task.done():
                task.cancel()
            raise
        finally:
            self._waiters -= 1

    async def _run(self, work: Callable[[], Coroutine[None, None, None]]) -> None:
        try:
            await work()
        except InvoicetuiError as error:
            self.problem = error
            raise
        finally:
            self._task = None

    async def _first(self) -> None:
        before = self.state
        self._begin_pass()
        token = self.vendor.first(self.listing)
        page, entries = await self._ask(token)
        state = WalkState(self.account.id, self.listing.name)
        self.state = self._after(state, page, entries, pages=1)
        put = self._put(entries)
        self.is_open = True
        if self.is_main and before.pages and not before.note:
            if put.met:
                # What came before this page is known without a gap, so the walk goes on where it stood.
                self.state = replace(
                    before,
                    total=self.state.total if self.state.total is not None else before.total,
                    fetched_at=self.state.fetched_at,
                    is_exhausted=before.is_exhausted or self.state.is_exhausted,
                    next=None if self.state.is_exhausted else before.next,
                )
                self._must_rewind = not self.state.is_exhausted
            else:
                self._older = before
        self._finish(token, page)

    async def _next(self) -> None:
        token = self.state.next
        assert token is not None
        if self._must_rewind:
            rewound = await self._rewind(token)
            if rewound is None:
                return
            token = rewound
        try:
            page, entries = await self._ask(token)
        except (Rejected, NotFound):
            if self.vendor.nth(self.listing, 0) is not None or self._restarts:
                raise
            # Cursors expire: the walk begins anew, the rows it brought stay.
            self._restarts += 1
            self.state = WalkState(self.account.id, self.listing.name)
            await self._first()
            return
        self._keep(token, page, entries)

    async def _many(self, on_page: Callable[[], None]) -> None:
        """The known rest of numbered pages, `CONCURRENCY` under way, each stored in its turn so that no gap opens."""
        tokens = [self.vendor.nth(self.listing, index) for index in range(self.state.pages, self._total_pages or 0)]
        left = deque(token for token in tokens if token is not None) or deque([self.state.next or ""])
        running: deque[tuple[str, asyncio.Task[tuple[Page, list[Entry]]]]] = deque()
        try:
            while left or running:
                while left and len(running) < CONCURRENCY:
                    token = left.popleft()
                    running.append((token, asyncio.create_task(self._ask(token))))
                token, task = running[0]
                page, entries = await task
                running.popleft()
                self._keep(token, page, entries)
                on_page()
                if self.state.next is None or self._must_rewind:
                    return
        finally:
            for _, task in running:
                task.cancel()
            await asyncio.gather(*(task for _, task in running), return_exceptions=True)

    def _keep(self, token: str, page: Page, entries: Sequence[Entry]) -> None:
        """Store the page after the last one, and see whether the walk has met what was known before."""
        self.state = self._after(self.state, page, entries, pages=self.state.pages + 1)
        put = self._put(entries)
        if self._older is not None and put.met:
            older, self._older = self._older, None
            if not self.state.is_exhausted:
                self.state = replace(
                    older, total=self.state.total, fetched_at=self.state.fetched_at, note=self.state.note
                )
                self._must_rewind = not older.is_exhausted
        self._finish(token, page)

    async def _rewind(self, token: str) -> str | None:
        """Numbered pages shift when invoices come or go: read backwards until a page has a known row."""
        self._must_rewind = False
        for index in range(self.state.pages - 1, 0, -1):
            earlier = self.vendor.nth(self.listing, index)
            if earlier is None:
                return token
            page, entries = await self._ask(earlier)
            put = self._put(entries)
            if put.met or not entries:
                self.state = self._after(self.state, page, entries, pages=index + 1)
                self._finish(earlier, page)
                return self.state.next
        return token

    async def _ask(self, token: str) -> tuple[Page, list[Entry]]:
        try:
            answer = await self._fetch(self.vendor.request(self.listing, token))
        except (Rejected, NotFound) as refusal:
            if isinstance(refusal, Rejected) and self.vendor.learns(refusal):
                answer = await self._fetch(self.vendor.request(self.listing, token))
            elif self.listing.is_optional:
                return Page((), None), []
            else:
                raise
        page = self.vendor.page(self.listing, token, answer.body, answer.headers)
        self._total_pages = page.total_pages if page.total_pages is not None else self._total_pages
        entries = self.vendor.entries(page.records, is_upcoming=self.listing.is_upcoming)
        for entry in entries:
            if entry.problem is not None:
                self.unreadable[entry.invoice.key] = str(entry.problem)
        return page, entries

    def _after(self, state: WalkState, page: Page, entries: Sequence[Entry], *, pages: int) -> WalkState:
        return replace(
            state,
            next=page.next,
            is_exhausted=page.next is None,
            total=page.total if page.total is not None else state.total,
            horizon=_oldest(state.horizon, entries),
            pages=pages,
            fetched_at=self._clock(),
        )

    def _put(self, entries: Sequence[Entry]) -> Put:
        """Store a page. Rows that this pass has already seen do not count as met: a shifted page repeats them."""
        fresh = [entry for entry in entries if entry.invoice.key not in self._keys]
        again = [entry for entry in entries if entry.invoice.key in self._keys]
        self._keys.update(entry.invoice.key for entry in fresh)
        upcoming = self.listing.is_upcoming
        put = self._store.put_page(self.account.id, fresh, self.state, walked=self.is_main, replaces_upcoming=upcoming)
        if again:
            self._store.put_page(self.account.id, again, self.state, walked=self.is_main)
        return put

    def _finish(self, token: str, page: Page) -> None:
        """Guards, after the page is safe in the store; then the walk's own state."""
        self.problem = None
        self.arrived += 1
        self._tokens.add(token)
        stopped = self._loop(page)
        if stopped:
            self.problem = WalkStopped(stopped, "what came is shown; there may be more invoices")
            self.state = replace(self.state, next=None, is_exhausted=False, note=self.problem.what)
        elif self.state.is_exhausted and self._is_short():
            self.problem = WalkStopped(
                f"the vendor says there are {self.state.total} invoices but its pages held {len(self._keys)}",
                "refresh the account; the list may have changed while it was read",
            )
        self._store.put_state(self.state)

    def _is_short(self) -> bool:
        """A pass that read every page from the first on, yet fewer invoices than the vendor counts."""
        total = self.state.total
        return total is not None and len(self._tokens) == self.state.pages and len(self._keys) < total

    def _loop(self, page: Page) -> str:
        if page.next is not None and page.next in self._tokens:
            return "the vendor sent the same cursor again, so its pages would never end"
        if page.records and not page.may_repeat:
            digest = hashlib.sha256(b"\0".join(page.records)).digest()
            if digest in self._pages:
                return "the vendor sent the same page again, so the pages after it cannot be read"
            self._pages.add(digest)
        if len(self._tokens) >= MAX_PAGES and page.next is not None:
            return f"the vendor's list did not end after {MAX_PAGES:,} pages"
        return ""


def _oldest(known: date | None, entries: Sequence[Entry]) -> date | None:
    days = [entry.invoice.issued for entry in entries if entry.invoice.issued is not None]
    return min([*days, known] if known else days, default=None)
