"""A walk: one listing of one account, page by page, and how far back it is known."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from invoicetui.courtesy import Courtesy
from invoicetui.errors import InvoicetuiError, Malformed, NotFound, Rejected, WalkStopped
from invoicetui.ledger.allowance import Fetch
from invoicetui.ledger.arrivals import Arrivals
from invoicetui.ledger.keys import Keys
from invoicetui.ledger.passes import Arrival, Pass, Progress, advanced, change
from invoicetui.ledger.sharing import Shared
from invoicetui.ledger.store import Put, Store, WalkState
from invoicetui.model import Account
from invoicetui.vendors.base import Entry, Listing, Page, Vendor

MAX_PAGES = 10_000
#: Pages of one walk under way at once; more does not help httpx and is unkind to vendors.
CONCURRENCY = 8
#: Turns of the event loop that a request is given to leave before the page at hand is stored; httpx takes three.
_TURNS = 8
#: Seconds that a request which nothing else waits beside has before the page at hand is stored: what it passes on this
#: machine (a proxy, a VPN) gets the processor first.
_HEAD_START = 0.005


class Walk:
    """Fetches a listing's pages one after another into the store.

    At most one fetch is under way; whoever wants it shares it, and it is cancelled when the last of them leaves. Every
    walk ends: a repeated cursor, a page that brings nothing new, or `max_pages` stop it with a WalkStopped in
    `progress.problem`. The unfiltered walk of an account is kept between sessions; filtered ones begin anew.
    `on_change` is called when `progress` has changed.
    """

    def __init__(
        self,
        vendor: Vendor,
        listing: Listing,
        fetch: Fetch,
        store: Store,
        clock: Callable[[], datetime],
        *,
        arrivals: Arrivals | None = None,
        courtesy: Courtesy | None = None,
        on_change: Callable[[], None] = lambda: None,
        max_pages: int = MAX_PAGES,
    ) -> None:
        self.vendor = vendor
        self.listing = listing
        self.account: Account = vendor.account
        self.is_main = not listing.name
        self._fetch = fetch
        self._store = store
        self._clock = clock
        self._arrivals = arrivals or Arrivals()
        self._paced = (courtesy or Courtesy()).paced
        self._on_change = on_change
        self._max_pages = max_pages
        kept = store.walk(self.account.id, "") if self.is_main else None
        self.progress = Progress(kept or WalkState(self.account.id, listing.name))
        #: The keys of the first page as it came last.
        self.newest: frozenset[str] = frozenset()
        #: What was seen since the walk last began anew.
        self.read = Pass()
        #: What the store holds of this walk.
        self._saved: WalkState | None = kept
        self._older: WalkState | None = None
        self._must_rewind = False
        self._restarts = 0
        self._total_pages: int | None = None
        self._shared = Shared(self._worked)
        self._is_stale = False
        self._is_asking_first = False
        self._wishes_for_all = 0

    @property
    def state(self) -> WalkState:
        return self.progress.state

    @property
    def is_open(self) -> bool:
        return self.progress.is_open

    @property
    def problem(self) -> InvoicetuiError | None:
        return self.progress.problem

    @property
    def has_more(self) -> bool:
        return self.progress.has_more

    @property
    def _is_numbered(self) -> bool:
        return self.vendor.nth(self.listing, 0) is not None

    # ---- wishes

    async def open(self) -> None:
        """Fetch the first page unless this session has it already."""
        if not self.is_open:
            await self._shared.join(self._first)

    async def refresh(self) -> None:
        """Fetch the first page again, after what is under way; a filtered walk begins anew."""
        self._restarts = 0
        self._is_stale = not self._is_asking_first
        if not self._is_stale:
            await self._shared.join(self._first)
        while self._is_stale:
            try:
                await self._shared.join(self._first)
            except InvoicetuiError:
                if not self._is_stale:
                    raise

    async def more(self) -> None:
        """Fetch the next page (the first, in a walk not yet open). Nothing to do at the end."""
        if not self.is_open:
            await self.open()
        elif self.state.next is not None:
            await self._shared.join(self._go_on)

    async def rest(self) -> None:
        """Fetch every page that is left; numbered pages several at a time, stored in their order."""
        self._wishes_for_all += 1
        try:
            await self.open()
            while self._is_stale or self.state.next is not None:
                await self._shared.join(self._first if self._is_stale else self._go_on)
        finally:
            self._wishes_for_all -= 1

    async def stop(self) -> None:
        """End the fetch that is under way, for good; whoever waits for it is cancelled."""
        await self._shared.stop()

    def _worked(self, problem: InvoicetuiError | None) -> None:
        self._tell(is_loading=self._shared.is_running, problem=problem or self.problem)

    def _tell(self, **changes: Any) -> None:
        self.progress = replace(self.progress, **changes)
        self._on_change()

    # ---- pages

    async def _first(self) -> None:
        self._is_stale = False
        self._is_asking_first = True
        try:
            arrival = await self._ask(self.vendor.first(self.listing))
        finally:
            self._is_asking_first = False
        self._begin(arrival)

    async def _go_on(self) -> None:
        """The next page; all that are left while somebody wants them, each stored in its turn so that no gap opens."""
        if self._must_rewind:
            await self._rewind()
        if self.state.next is not None:
            await self._read_on(self.state.next)
        await self._recount()

    async def _read_on(self, token: str) -> None:
        running: deque[asyncio.Task[Arrival]] = deque([asyncio.create_task(self._ask(token))])
        self._ask_ahead(running, self.state.pages)
        try:
            while running:
                try:
                    arrival = await running[0]
                except (Rejected, NotFound):
                    if self._is_numbered or self._restarts:
                        raise
                    # Cursors expire: the walk begins anew, the rows it brought stay.
                    self._restarts += 1
                    self._tell(state=self.state._replace(note="the vendor no longer knows the place in its list"))
                    await self._first()
                    return
                running.popleft()
                if self._ask_ahead(running, self.state.pages + 1):
                    for _ in range(_TURNS):
                        await asyncio.sleep(0)
                elif self._ask_after(arrival, running):
                    await asyncio.sleep(_HEAD_START)
                if self._keep(arrival):
                    await self._look_back(self.state.pages - 2)
                if not self._wishes_for_all or self.state.next is None or self._must_rewind or self._is_stale:
                    break
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def _ask_ahead(self, running: deque[asyncio.Task[Arrival]], pages: int) -> bool:
        """Numbered pages whose count is known do not wait for one another; `pages` of them are here."""
        before = len(running)
        while self._wishes_for_all and len(running) < CONCURRENCY:
            index = pages + len(running)
            token = self.vendor.nth(self.listing, index)
            if token is None or index >= min(self._total_pages or 0, self._max_pages):
                break
            running.append(asyncio.create_task(self._ask(token)))
        return len(running) > before

    def _ask_after(self, arrival: Arrival, running: deque[asyncio.Task[Arrival]]) -> bool:
        """Other pages are asked for one after another, each before the one before it is stored."""
        token = arrival.page.next
        if not self._wishes_for_all or running or token is None or self.read.was_read(token, arrival):
            return False
        running.append(asyncio.create_task(self._ask(token)))
        return True

    async def _ask(self, token: str) -> Arrival:
        question = self._arrivals.ask()
        try:
            answer = await self._fetch(self.vendor.request(self.listing, token))
        except (Rejected, NotFound) as refusal:
            if isinstance(refusal, Rejected) and self.vendor.learns(refusal):
                answer = await self._fetch(self.vendor.request(self.listing, token))
            elif self.listing.is_optional and token == self.vendor.first(self.listing):
                return Arrival(token, question, Page((), None))
            else:
                raise
        try:
            page = self.vendor.page(self.listing, token, answer.body, answer.headers)
        except Malformed as error:
            remedy = error.remedy or "check base_url; a proxy or a sign-in may have answered instead"
            raise Malformed(error.what, remedy, path=error.path, expected=error.expected) from None
        return Arrival(token, question, page)

    def _begin(self, arrival: Arrival) -> None:
        """Store the first page, and see whether it meets what was known before."""
        page, before = arrival.page, self.state
        entries = self._read(page)
        keys = {entry.invoice.key for entry in entries}
        is_known = self.is_main and before.pages > 0
        if is_known and before.note:
            # What was read before may have gaps: none of it counts as known any more.
            self._store.restart(self.account.id, self.listing.name)
            self._saved = None
        is_known = is_known and not before.note
        state = advanced(WalkState(self.account.id, self.listing.name), page, entries, pages=1)
        state = state._replace(fetched_at=self._clock())
        put = self._put(entries, arrival.question, state)
        self.newest = frozenset(keys)
        self._total_pages = page.total_pages
        if is_known and (put.met or _is_window_known(before, page)):
            # What came before this page is known without a gap, so the walk goes on where it stood.
            total = state.total if state.total is not None else before.total
            self._must_rewind |= put.new > 0 or page.total is None or total != before.total
            self.read.pushed += put.new
            self.read.keys.add(keys)
            state = before._replace(
                total=total,
                fetched_at=state.fetched_at,
                is_exhausted=before.is_exhausted or state.is_exhausted,
                next=None if state.is_exhausted else before.next,
            )
        else:
            self._older = before if is_known else None
            self._must_rewind = False
            self.read = Pass(Keys(keys), is_whole=True)
            self.progress = replace(self.progress, unreadable={})
        self._arrived(arrival, entries, state)
        self._judge_count()

    def _keep(self, arrival: Arrival) -> bool:
        """Store the page after the last one, and see whether the walk has met what was known before.

        True when the vendor's list has become shorter since the page before: a row may have moved there unseen.
        """
        page, before = arrival.page, self.state
        entries = self._read(page)
        known = self.read.keys.known(entry.invoice.key for entry in entries)
        fresh = [entry for entry in entries if entry.invoice.key not in known]
        again = [entry for entry in entries if entry.invoice.key in known]
        state = advanced(before, page, entries, pages=before.pages + 1)
        if again:
            self._put(again, arrival.question, before)
        # Rows that this pass has brought itself are not what was known before it: a shifted page repeats them.
        put = self._put(fresh, arrival.question, state)
        changed = change(before.total, page.total) or change(self._total_pages, page.total_pages) * len(entries)
        self._total_pages = page.total_pages if page.total_pages is not None else self._total_pages
        self.read.pushed += max(changed, 0)
        stopped = self.read.stopped(arrival, len(fresh), len(again), self._max_pages)
        self.read.keys.add(entry.invoice.key for entry in fresh)
        if stopped:
            state = state._replace(next=None, is_exhausted=False, note=stopped)
        elif self._older is not None and put.met:
            older, self._older = self._older, None
            if not state.is_exhausted:
                # The pages read so far stand in front of those known before: numbers have moved by as many.
                count = older.pages + state.pages - 1
                following = self.vendor.nth(self.listing, count) if older.next is not None else None
                state = older._replace(
                    next=following or older.next,
                    pages=count,
                    total=state.total,
                    fetched_at=state.fetched_at,
                )
                self._must_rewind, self.read.is_whole = not older.is_exhausted, False
        self._arrived(arrival, entries, state)
        if stopped:
            self._tell(problem=WalkStopped(stopped, "what came is shown; there may be more invoices"))
            return False
        return changed < 0 and self._is_numbered and not self._must_rewind and self.read.may_shift()

    async def _rewind(self) -> None:
        """Numbered pages shift when invoices come or go: go on from where the known rows end now."""
        pages = min(self.state.pages, self._total_pages or self.state.pages)
        last = await self._look_back(pages - 1, is_resuming=True) if pages > 1 else None
        self._must_rewind = False
        if last is not None:
            self._save(self.state._replace(pages=pages, next=last.next, is_exhausted=last.next is None))

    async def _look_back(self, index: int, *, is_resuming: bool = False) -> Page | None:
        """Read numbered pages from `index` on backwards until one has a row we know; the first of them, if any."""
        last: Page | None = None
        for at in range(index, -1, -1):
            token = self.vendor.nth(self.listing, at)
            if token is None:
                break
            arrival = await self._ask(token)
            entries = self._read(arrival.page)
            put = self._put(entries, arrival.question, self.state)
            keys = [entry.invoice.key for entry in entries]
            is_met = bool(self.read.keys.known(keys)) or (is_resuming and put.met > 0)
            self.read.keys.add(keys)
            last = last or arrival.page
            self._note(entries)
            if is_met:
                break
        return last

    async def _recount(self) -> None:
        """At the end of a list that seems too short: what came while it was read stands on its first page."""
        if self._missing() and self._is_numbered and self.read.may_shift():
            await self._look_back(0)
        self._judge_count()

    def _judge_count(self) -> None:
        held = self._missing()
        if held:
            problem = WalkStopped(held, "refresh the account; the list may have changed while it was read")
            # The note makes the next refresh read the list from its beginning.
            self._save(self.state._replace(note=problem.what))
            self._tell(problem=problem)

    def _missing(self) -> str:
        """What is wrong with the number of invoices when every page was read; "" when nothing is."""
        total = self.state.total
        if not self.state.is_exhausted or total is None or not (self.read.is_whole or self.is_main):
            return ""
        held = len(self.read.keys) if self.read.is_whole else self._store.counts([self.account.id])[self.account.id]
        return f"the vendor says there are {total:,} invoices but its pages held {held:,}" if held < total else ""

    def _read(self, page: Page) -> list[Entry]:
        return self.vendor.entries(self._paced(page.records), is_upcoming=self.listing.is_upcoming)

    def _note(self, entries: Sequence[Entry]) -> None:
        problems = {
            entry.invoice.key: f"{entry.invoice.key}: {entry.problem}" for entry in entries if entry.problem is not None
        }
        if problems:
            self._tell(unreadable={**self.progress.unreadable, **problems})

    def _put(self, entries: Sequence[Entry], question: int, state: WalkState) -> Put:
        kept = [entry for entry in entries if self._arrivals.admit(entry.invoice.key, question)]
        put = self._store.put_page(
            self.account.id, self._paced(kept), state, walked=self.is_main, replaces_upcoming=self.listing.is_upcoming
        )
        self._saved = state
        return put

    def _arrived(self, arrival: Arrival, entries: Sequence[Entry], state: WalkState) -> None:
        """The page is safe in the store: only now does the walk stand behind it."""
        self.read.tokens.add(arrival.token)
        self._save(state)
        self._note(entries)
        self._tell(is_open=True, problem=None, arrived=self.progress.arrived + 1)

    def _save(self, state: WalkState) -> None:
        if state != self._saved:
            self._store.put_state(state)
            self._saved = state
        self._tell(state=state)


def _is_window_known(before: WalkState, page: Page) -> bool:
    """A first window that reaches back to when the last one was read leaves no gap, even if both hold nothing."""
    return page.reaches is not None and before.fetched_at is not None and before.fetched_at.date() >= page.reaches
