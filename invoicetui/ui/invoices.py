"""The invoice list: owns the query, the order and the selection, and asks the feed for pages as they come near."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Static

from invoicetui.ledger.stand import NEWEST_FIRST, Stand, certain_rows, frontier
from invoicetui.ledger.view import View
from invoicetui.session import Session
from invoicetui.tuples import NamedTuple
from invoicetui.ui import status
from invoicetui.ui.bindings import bindings
from invoicetui.ui.desk import Desk
from invoicetui.ui.detail import DetailPane
from invoicetui.ui.filtering import FilteredScreen
from invoicetui.ui.habits import Habits
from invoicetui.ui.pager import Pager
from invoicetui.ui.previewing import PreviewingScreen
from invoicetui.ui.reviews import Reviews
from invoicetui.ui.screen import LedgerScreen, latest_of
from invoicetui.ui.sorting import SortedScreen, default_order, opening_order
from invoicetui.ui.source import LedgerSource
from invoicetui.ui.table import InvoiceTable
from invoicetui.ui.tagging import TaggingScreen

if TYPE_CHECKING:
    from invoicetui.account import Account
    from invoicetui.ledger.query import Query
    from invoicetui.ledger.store import Row

#: The next page is asked for when the end of what is known is closer than this many screens.
SCREENS_AHEAD = 2
#: Where `G` goes in a list without rows.
NOWHERE = -1
#: Seconds for which the first frame waits for the first rows.
FIRST_VIEW = 1.0


class Viewed(NamedTuple):
    """A view's row ids, how far its walks were when it was wished for, and the sums of the screen's accounts."""

    ids: View
    stands: tuple[Stand, ...]
    sums: list[str]
    loaded: int
    is_partial: bool


class InvoicesScreen(FilteredScreen, SortedScreen, TaggingScreen, PreviewingScreen, LedgerScreen):
    """The invoices of some accounts: one, or all of them (the inbox, without `account`). It opens on the row it was
    left on."""

    KIND, BELOW = "invoices", "accounts"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("list", "last", "back")]
    AUTO_FOCUS = "InvoiceTable"

    def __init__(self, session: Session, desk: Desk, habits: Habits, account: Account | None = None) -> None:
        super().__init__(session, desk)
        self.habits, self.account = habits, account
        self.accounts = (account,) if account is not None else tuple(session.accounts.values())
        self.query_now = self.parsed("")
        self.sort = self._opened_by = opening_order(habits.layout.sort)
        self._place = habits.places.get(account.id if account is not None else "")
        self._table = InvoiceTable({one.id: one for one in self.accounts}, session.today)
        self._source = LedgerSource(View(), session.store.rows_now)
        self._pager, self._reviews = Pager(session), Reviews(self, self.review)
        #: The row that the last `G` went to.
        self._went_last: int | None = None
        self._sums: list[str] = []
        self._known: tuple[Stand, ...] = ()
        #: Rows of the accounts that the query names, whether or not they match.
        self._loaded = 0
        self._is_first_view = self._is_partial = True
        #: While first pages still come and nobody has chosen a row, the cursor stays on the newest.
        self._is_settled = False

    def compose(self) -> ComposeResult:
        self.choose_places()
        yield Static(id="top", classes="line", markup=False)
        yield Static(id="under", classes="line", markup=False)
        with Horizontal(id="panes"):
            yield self._table
            yield DetailPane(self.session, self.desk, is_late=True)
        yield Static(id="bottom", classes="line", markup=False)
        yield Static(id="hints", classes="line", markup=False)

    @property
    def shown_ids(self) -> View:
        return self._source.ids

    @property
    def table(self) -> InvoiceTable:
        return self._table

    @property
    def crumb(self) -> str:
        return self.account.label if self.account is not None else "inbox"

    def row_now(self) -> int | None:
        return self.table.cursor_id

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While the detail is read, its text has an end of its own to go to."""
        is_reading = action == "last" and any(pane.has_focus_within for pane in self.query(DetailPane))
        return not is_reading and super().check_action(action, parameters)

    def on_mount(self) -> None:
        self.lay_out()
        # At once, not by a message: what is painted next has scrolled.
        self.watch(self.table, "scroll_y", self._make_way, init=False)
        self.review()

    def on_unmount(self) -> None:
        """Leaving ends what this screen asked for, and the list will open where it was left."""
        self._pager.stop()
        here = self.table.cursor_id
        if here is not None:
            self.habits.places[self.account.id if self.account is not None else ""] = here

    def layout_changed(self) -> None:
        super().layout_changed()
        wanted = opening_order(self.habits.layout.sort)
        if wanted != self._opened_by:
            self._opened_by = wanted
            self.order(wanted)

    # ---- the view

    @property
    def shown_accounts(self) -> Sequence[Account]:
        return self.accounts

    def ledger_changed(self, accounts: frozenset[str]) -> None:
        if accounts & {account.id for account in self.accounts}:
            self._reviews.rows_came()

    def review(self) -> None:
        """Make the view again, on the reader thread; a newer wish overtakes an older one."""
        if self._is_first_view:
            self._is_first_view = False
            self._review_first()
        else:
            latest_of(self, "view", partial(self._review, self.query_now, self._reading(None)))

    def _review_first(self) -> None:
        """What the screen has room for, in the first frame if it is at hand at once; all else comes after it.

        Waiting holds nobody up: nothing is on the screen yet.
        """
        query, view = self.query_now, self._reading(self.app.size.height)
        try:
            self._take_view(self.session.reader.submit("view", view).result(FIRST_VIEW))
        except TimeoutError:
            latest_of(self, "view", partial(self._review, query, view))

    def _reading(self, first: int | None) -> Callable[[], Viewed]:
        """What reads the view as it is wished for now: its first rows without any sums, or all of it."""
        query, sort, today = self.query_now, self.sort, self.session.today()
        everyone, accounts = [account.id for account in self.accounts], self.accounts
        # Taken before the rows are read: a page that comes meanwhile is in the rows but must not yet count as known.
        stands = self.stands()

        def read() -> Viewed:
            store, names = self.session.store, query.accounts()
            # By then another view may stand than now; one that this closure held would outlive its screen's.
            ids = store.view(query, sort, names, today, limit=first, after=self._source.ids)
            loaded = sum(store.counts(names).values())
            if first is not None:
                return Viewed(ids, stands, [], loaded, is_partial=True)
            from invoicetui.ledger.totals import by_side

            sums = status.sums(by_side(accounts, store.totals(everyone, today)))
            return Viewed(ids, stands, sums, loaded, is_partial=False)

        return read

    async def _review(self, query: Query, read: Callable[[], Viewed]) -> None:
        try:
            # Futures that wrap one another live until garbage is collected, and must not hold the view so long.
            taken = self.session.reader.submit("view", lambda: [read()])
            viewed = (await self._reviews.read(asyncio.wrap_future(taken))).pop()
        except asyncio.CancelledError:
            return
        if query is self.query_now:
            self._take_view(viewed)

    def _take_view(self, viewed: Viewed) -> None:
        self._sums, self._known, self._is_partial = viewed.sums, viewed.stands, viewed.is_partial
        self._loaded = viewed.loaded
        is_later = viewed.ids.shows_as(self._source.ids)
        if viewed.ids.stamp is not None and not is_later:
            self._reviews.next_is_quick()
        self._source = LedgerSource(viewed.ids, self.session.store.rows_now)
        keep = self._kept(self.table.cursor_id if self._is_settled or self.table.cursor else None)
        self._is_settled |= bool(self._known) and all(stand.is_open or stand.problem for stand in self._known)
        self.table.show(self._source, keep=keep, sort=self.sort)
        self.show_selected()
        if viewed.is_partial:
            self.call_after_refresh(self.review)
        else:
            self.add_up_tags(is_later=is_later)
            self.look()
        self.update_lines()

    def _kept(self, here: int | None) -> int | None:
        """The row for the cursor: where the list was left, unless it has moved since; else its own; else the one that
        an earlier filter was left on."""
        place, fallback, find = self._place, self.fallback, self._source.find
        if not self._is_partial:
            self._place = self.fallback = None
        if place is not None and not self.table.cursor and find(place) is not None:
            return place
        if fallback is not None and (here is None or find(here) is None) and find(fallback) is not None:
            return fallback
        return here

    # ---- pages on demand

    def stands(self) -> tuple[Stand, ...]:
        return self.session.stands(self.query_now)

    def look(self) -> None:
        """Ask for the next page when the end of what is known without gaps is near, and say where that is."""
        nearest = frontier(self._known) if self.sort == NEWEST_FIRST else None
        self.table.tail = self._tail(nearest)
        if (
            nearest is None
            or self.session.is_offline
            or self.is_typing
            or self._pager.is_loading_all
            or self._is_partial
        ):
            return
        if self.query_now.has_row_terms and self._pager.is_fruitless(nearest, len(self._source)):
            return  # its last page brought nothing that matches; going on by itself would load everything
        certain = certain_rows(self._source.ids, nearest.horizon)
        if certain - self.table.last_visible < SCREENS_AHEAD * self.table.page_rows:
            self._fetch(nearest)

    def _fetch(self, stand: Stand) -> None:
        self._pager.next_page(self.query_now, stand, len(self._source))

    def _tail(self, nearest: Stand | None) -> tuple[str, ...]:
        if not self._is_partial and not len(self._source) and not self.query_now.is_empty:
            more = ", G G loads all there is" if any(stand.can_go_on for stand in self.stands()) else ""
            return ("Nothing that is loaded matches.", f"esc takes the filter away{more}")
        if nearest is None:
            return ()
        label = self.session.accounts[nearest.account].label
        line = f"older invoices of {label} not loaded"
        return (line,) if nearest.is_certain else (line, "(its pages are not by issue date: newer ones may be missing)")

    def load_all(self) -> None:
        """Every page of this view; `esc` stops and keeps what came."""
        if self.session.is_offline:
            self.say("offline: nothing is fetched")
        elif not any(stand.can_go_on for stand in self.stands()):
            self.say("everything is loaded" if not any(stand.has_more for stand in self.stands()) else "see ! for why")
        else:
            self._pager.all_pages(self.query_now)
            self.update_lines()

    # ---- lines

    def update_lines(self) -> None:
        """Everything the lines say is taken from snapshots, so that they are never older than the rows."""
        if not self.size.width:
            return  # the size comes, and then the lines are written
        conditions = {account.id: self.session.condition(account.id) for account in self.accounts}
        stands = self.stands()
        is_filtered = not self.query_now.is_empty
        words = status.loaded(len(self._source), stands, is_filtered=is_filtered)
        if len(self.accounts) > 1:
            in_trouble = status.trouble(conditions.values())
            words += f" · {len(self.accounts)} accounts" + (f" ({in_trouble}!)" if in_trouble else "")
        age = min((c.fetched_at for c in conditions.values() if c.fetched_at), default=None)
        order = f"by {self.sort.field}" + (", reversed" if self.sort != default_order(self.sort.field) else "")
        data = "offline" if self.session.is_offline else f"data {status.ago(age, self.session.clock())}"
        self.write_title(words, [data, order] if self.size.width >= 100 else [data])
        self._write(
            "#under", f" / {self.query_now.text}" if is_filtered else " / filter", self.tag_words() or self._sums
        )
        self.write_bottom(self._doing(stands) or self.said or self._standing(stands))
        self.write_hints()

    def _doing(self, stands: Sequence[Stand]) -> str:
        """What somebody asked for and is under way."""
        if self._pager.is_loading_all:
            known = [stand.total for stand in stands if stand.total is not None]
            of = f" of {sum(known):,}" if len(known) == len(stands) else ""
            waits = status.waits({one.label: self.session.condition(one.id) for one in self.accounts})
            return f"{self.spinner} loading all: {len(self._source):,}{of} · esc stops and keeps what came{waits}"
        return self.doing()

    def _standing(self, stands: Sequence[Stand]) -> str:
        """What there is to say while nobody asks: what is loading, who is in trouble, what is left."""
        if self.tags.anchor is not None:
            return "a range begins here: move, then v tags all between · esc forgets it"
        conditions = {account.label: self.session.condition(account.id) for account in self.accounts}
        parts = status.activity(conditions, lambda: self.spinner)
        if any(stand.can_go_on for stand in stands) and (self.sort != NEWEST_FIRST or frontier(stands) is None):
            parts.insert(0, f"{status.loaded(self._loaded, stands)} · G G loads all")
        return status.whole(parts, self.size.width - 2, " · ")

    @property
    def is_busy(self) -> bool:
        return (
            self._pager.is_loading_all
            or self.is_fetching
            or any(self.session.condition(account.id).is_loading for account in self.accounts)
        )

    # ---- selection and detail

    def query_changed(self) -> None:
        self._pager.start_anew()
        self._went_last = None
        self._known = ()  # of the query before; nothing is asked for until the rows of this one are there
        self.review()

    def selected(self) -> Row | None:
        return self._source.row(self.table.cursor) if len(self._source) else None

    @on(InvoiceTable.CursorMoved)
    def _moved(self) -> None:
        self.show_selected()
        self.look()

    def _make_way(self) -> None:
        if self.has_preview:
            self.pane.make_way()

    @on(InvoiceTable.WindowMoved)
    def _scrolled(self) -> None:
        self.look()

    def step(self, by: int) -> Row | None:
        """Move the selection; the invoice it is on then, or None at either end."""
        at = self.table.cursor + by
        if not 0 <= at < len(self._source):
            return None
        self.table.move_to(at)
        return self._source.row(at)

    # ---- keys

    def action_last(self) -> None:
        """To the last loaded row and on to the next page; pressed again without a move between, load all."""
        here = self.table.cursor_id if len(self._source) else NOWHERE
        if here == self._went_last and not self._pager.is_loading_all:
            self.load_all()
            return
        self.table.move_to_end()
        self._went_last = self.table.cursor_id if len(self._source) else NOWHERE
        stand = frontier(self.stands(), is_explicit=True)
        if stand is not None and not self.session.is_offline:
            self._fetch(stand)

    def action_refresh(self) -> None:
        row = self.selected()
        if row is not None and self.pane.has_focus_within and not self.session.is_offline:
            self.pane.open(row, is_again=True)
            return
        self.refresh_accounts([account.id for account in self.accounts])

    async def action_cancel(self) -> None:
        """esc: leave the input, stop what is under way, leave the detail, clear tags, clear the filter, climb."""
        if self.is_typing:
            await self.cancel_filter()
        elif self._pager.is_loading_all:
            self._pager.stop()
            self.say("stopped; what came is kept")
        elif self.stop_fetching() or self.pane.stop_fetching():
            self.update_lines()
        elif self.pane.has_focus_within:
            self.set_focus(self.table)
        elif self.tags.clear():
            self.tags_changed()
        elif not self.query_now.is_empty:
            self.apply_filter("")
        else:
            self.dismiss()

    def action_back(self) -> None:
        if self.pane.has_focus_within:
            self.set_focus(self.table)
        else:
            self.dismiss()
