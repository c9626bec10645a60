"""A walk: one listing of one account, page by page, and how far back it is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from invoicetui.courtesy import Courtesy
from invoicetui.errors import InvoicetuiError, LedgerError, Malformed, NotFound, Rejected, WalkStopped
from invoicetui.ledger.allowance import Fetch
from invoicetui.ledger.arrivals import Arrivals
from invoicetui.ledger.keys import Keys
from invoicetui.ledger.passes import Arrival, Pass, Progress, Taken, advanced, change, is_window_known
from invoicetui.ledger.sharing import Shared
from invoicetui.ledger.store import Put, Store, WalkState, encoded
from invoicetui.ledger.underway import UnderWay
from invoicetui.model import Account
from invoicetui.vendors.base import Listing, Page, Vendor

MAX_PAGES = 10_000
#: Pages of one walk under way at once; more does not help httpx and is unkind to vendors.
CONCURRENCY = 8
#: So many pages that have arrived are stored together: much of the file that one changes, the next one changes, too.
TOGETHER = 2


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
        under_way = UnderWay(self._ask)
        under_way.ask(token)
        self._ask_ahead(under_way)
        try:
            while under_way:
                try:
                    arrival = await under_way.first()
                except (Rejected, NotFound):
                    if self._is_numbered or self._restarts:
                        raise
                    # Cursors expire: the walk begins anew, the rows it brought stay.
                    self._restarts += 1
                    self._tell(state=self.state._replace(note="the vendor no longer knows the place in its list"))
                    await self._first()
                    return
                here = under_way.here(TOGETHER)
                if self._ask_ahead(under_way, len(here)) or self._ask_after(arrival, under_way):
                    await under_way.leave()
                if self._keep([self._take(one) for one in here], under_way):
                    await self._look_back(self.state.pages - 2)
                if self._is_enough():
                    break
        finally:
            await under_way.stop()

    def _is_enough(self) -> bool:
        return not self._wishes_for_all or self.state.next is None or self._must_rewind or self._is_stale

    def _ask_ahead(self, under_way: UnderWay, here: int = 0) -> bool:
        """Numbered pages whose count is known do not wait for one another; `here` of them have arrived."""
        before = len(under_way)
        while self._wishes_for_all and len(under_way) < CONCURRENCY + here:
            index = self.state.pages + len(under_way)
            token = self.vendor.nth(self.listing, index)
            if token is None or index >= min(self._total_pages or 0, self._max_pages):
                break
            under_way.ask(token)
        return len(under_way) > before

    def _ask_after(self, arrival: Arrival, under_way: UnderWay) -> bool:
        """Other pages are asked for one after another, each before the one before it is stored."""
        token = arrival.page.next
        if not self._wishes_for_all or len(under_way) > 1 or token is None or self.read.was_read(token, arrival):
            return False
        under_way.ask(token)
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
        taken = self._take(arrival)
        page, keys, before = arrival.page, taken.keys, self.state
        is_known = self.is_main and before.pages > 0
        if is_known and before.note:
            # What was read before may have gaps: none of it counts as known any more.
            self._store.restart(self.account.id, self.listing.name)
            self._saved = None
        is_known = is_known and not before.note
        state = advanced(WalkState(self.account.id, self.listing.name), page, taken.entries, pages=1)
        state = state._replace(fetched_at=self._clock())
        put = self._put(taken, keys, state)
        self.newest = frozenset(keys)
        self._total_pages = page.total_pages
        if is_known and (put.met or is_window_known(before, page)):
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
        self._arrived(taken, state)
        self._judge_count()

    def _keep(self, pages: Sequence[Taken], under_way: UnderWay) -> bool:
        """Store the first of those under way, all of `pages` or nothing, as far as the walk wants them.

        True when the vendor's list has become shorter since the page before: a row may have moved there unseen.
        """
        before = self.progress, self.read.copy(), self._saved, self._older, self._must_rewind, self._total_pages
        is_shorter = False
        try:
            with self._store.together():
                for taken in pages:
                    under_way.taken()
                    is_shorter = self._keep_one(taken)
                    if is_shorter or self._is_enough():
                        break
        except LedgerError:
            self.progress, self.read, self._saved, self._older, self._must_rewind, self._total_pages = before
            raise
        return is_shorter

    def _keep_one(self, taken: Taken) -> bool:
        """Store the page after the last one, and see whether the walk has met what was known before."""
        arrival, page, keys, before = taken.arrival, taken.arrival.page, taken.keys, self.state
        again = self.read.keys.known(keys)
        fresh = [key for key in keys if key not in again]
        state = advanced(before, page, taken.entries, pages=before.pages + 1)
        if again:
            self._put(taken, [key for key in keys if key in again], before)
        # Rows that this pass has brought itself are not what was known before it: a shifted page repeats them.
        put = self._put(taken, fresh, state)
        changed = change(before.total, page.total) or change(self._total_pages, page.total_pages) * len(keys)
        self._total_pages = page.total_pages if page.total_pages is not None else self._total_pages
        self.read.pushed += max(changed, 0)
        stopped = self.read.stopped(arrival, len(fresh), len(again), self._max_pages)
        self.read.keys.add(fresh)
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
        self._arrived(taken, state)
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
            taken = self._take(arrival)
            put = self._put(taken, keys := taken.keys, self.state)
            is_met = bool(self.read.keys.known(keys)) or (is_resuming and put.met > 0)
            self.read.keys.add(keys)
            last = last or arrival.page
            self._note(taken)
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

    def _take(self, arrival: Arrival) -> Taken:
        """Read a page. Whoever wants the ledger need not wait for it."""
        records = self._paced(arrival.page.records)
        entries = self.vendor.entries(records, is_upcoming=self.listing.is_upcoming)
        return Taken(arrival, entries, {entry.invoice.key: encoded(entry) for entry in self._paced(entries)})

    def _note(self, taken: Taken) -> None:
        if problems := taken.problems:
            self._tell(unreadable={**self.progress.unreadable, **problems})

    def _put(self, taken: Taken, keys: Sequence[str], state: WalkState) -> Put:
        kept = [taken.rows[key] for key in keys if self._arrivals.admit(key, taken.arrival.question)]
        put = self._store.put_page(
            self.account.id, kept, state, walked=self.is_main, replaces_upcoming=self.listing.is_upcoming
        )
        self._saved = state
        return put

    def _arrived(self, taken: Taken, state: WalkState) -> None:
        """The page is in the store: only now does the walk stand behind it."""
        self.read.tokens.add(taken.arrival.token)
        self._save(state)
        self._note(taken)
        self._tell(is_open=True, problem=None, arrived=self.progress.arrived + 1)

    def _save(self, state: WalkState) -> None:
        if state != self._saved:
            self._store.put_state(state)
            self._saved = state
        self._tell(state=state)
