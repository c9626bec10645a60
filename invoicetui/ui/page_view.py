"""A PDF page as text at its place, on the whole terminal: pages, zoom, search, selection."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, ScrollableContainer
from textual.content import Content
from textual.widgets import Input, Static

from invoicetui.errors import InvoicetuiError
from invoicetui.session import Session
from invoicetui.ui import paper, present, status
from invoicetui.ui.actions import DETAIL
from invoicetui.ui.bindings import bindings
from invoicetui.ui.book import Leaf
from invoicetui.ui.desk import Desk
from invoicetui.ui.invoice_screen import InvoiceScreen
from invoicetui.ui.reading import Reading
from invoicetui.ui.screen import LedgerScreen, latest_of

if TYPE_CHECKING:
    from invoicetui.documents.sheet import Match
    from invoicetui.ledger.store import Row

ZOOMS = (0.5, 0.65, 0.8, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0)
_FIT = ZOOMS.index(1.0)
_LEAST = 20


class PageView(ScrollableContainer, can_focus=True, inherit_bindings=False):
    """Where a page stands: it scrolls both ways, and its text can be selected."""

    def __init__(self) -> None:
        super().__init__(Static(id="page", markup=False))

    def write(self, text: Content) -> None:
        self.query_one("#page", Static).update(text)


class PageScreen(InvoiceScreen, LedgerScreen):
    """The document of one invoice, a page at a time."""

    KIND = "page"
    AUTO_FOCUS = "PageView"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("page")]

    def __init__(self, session: Session, desk: Desk, row: Row, problem: InvoicetuiError | None = None) -> None:
        super().__init__(session, desk)
        self._row = row
        self._reading = Reading(desk, row, problem)
        self._leaf: Leaf | None = None
        self._zoom = _FIT
        self._words = ""
        self._current: Match | None = None
        self._is_searching = False

    def compose(self) -> ComposeResult:
        yield Static(id="top", classes="line", markup=False)
        yield Static(id="under", classes="line", markup=False)
        yield PageView()
        yield Static(id="bottom", classes="line", markup=False)
        yield Static(id="hints", classes="line", markup=False)

    @property
    def view(self) -> PageView:
        return self.query_one(PageView)

    def selected(self) -> Row | None:
        return self._row

    def page_text(self) -> str | None:
        return str(self._leaf.sheet) if self._leaf is not None and self._leaf.sheet.rows else None

    def on_mount(self) -> None:
        if self._reading.problem is None:
            self._load()
        self._write_page()

    def on_unmount(self) -> None:
        self._reading.close()

    def on_resize(self) -> None:
        if self._leaf is not None:
            self._show_leaf(self._leaf.index, keeps_place=True)
        self._write_page()

    # ---- having the document

    def _load(self, *, is_again: bool = False) -> None:
        latest_of(self, "load", partial(self._loaded, is_again=is_again))

    async def _loaded(self, *, is_again: bool) -> None:
        self._leaf = None
        self._write_page()
        try:
            await self._reading.load(is_again=is_again)
            if self._reading.book is not None:
                self._leaf = await self._fitted(0)
        except InvoicetuiError as error:
            self._reading.problem = error
        self._write_page()

    async def _fitted(self, index: int) -> Leaf:
        """A page as it looks at this width and zoom. Raises NotPdf."""
        # The view's own size is an older one when both change, and none before the first frame.
        book, size = self._reading.book, self.app.size
        assert book is not None
        return await book.leaf(index, max(_LEAST, size.width - 3), max(4, size.height - 6), ZOOMS[self._zoom])

    @property
    def _count(self) -> int:
        return self._reading.facts.pages if self._reading.facts is not None else 0

    @property
    def is_busy(self) -> bool:
        return self._reading.is_loading or self._is_searching or self.is_fetching

    # ---- what is shown

    def _show_leaf(self, index: int, *, keeps_place: bool = False, goes_to_end: bool = False) -> None:
        """Show a page, from its top unless it is the same one in another size."""
        latest_of(self, "page", partial(self._turned, index, keeps_place=keeps_place, goes_to_end=goes_to_end))

    async def _turned(self, index: int, *, keeps_place: bool, goes_to_end: bool) -> None:
        if self._reading.book is None or not 0 <= index < self._count:
            return
        try:
            self._leaf = await self._fitted(index)
        except InvoicetuiError as error:
            self.say(str(error))
            return
        if self._current is not None and self._current not in self._matches():
            self._current = None
        self._write_page()
        if goes_to_end:
            self.view.scroll_end(animate=False)
        elif not keeps_place:
            self.view.scroll_to(0, 0, animate=False)

    def _write_page(self) -> None:
        if self._leaf is not None:
            self.view.write(paper.page(self._leaf, self._matches(), self._current))
        else:
            self.view.write(self._state())
        self.update_lines()

    def _state(self) -> Content:
        if self._reading.wish is not None:
            return Content(f"{self._reading.wish.words} …")
        return (
            present.no_document(*self._reading.trouble(), self.size.width - 4) if self._reading.problem else Content()
        )

    @property
    def crumb(self) -> str:
        return "PDF" if self.below == DETAIL else f"{self._row.number or self._row.key} PDF"

    def update_lines(self) -> None:
        row, leaf, width = self._row, self._leaf, self.size.width
        where = [f"page {leaf.index + 1} of {self._count}", f"{ZOOMS[self._zoom]:.0%}"] if leaf is not None else []
        label = self.session.accounts[row.account].label if row.account in self.session.accounts else row.account
        self.write_title(label, where, gives_way=True)
        facts = self._reading.facts
        about = paper.facts(facts) if facts is not None else ""
        self._write("#under", " " + status.cut(about, width - 2), [])
        self.write_bottom(self._bottom())
        self.write_hints()

    def _bottom(self) -> str:
        if self._reading.wish is not None:
            return f"{self.spinner} {self._reading.wish.words} · esc stops"
        if self._is_searching:
            return f"{self.spinner} searching for {self._words} · esc stops"
        if doing := self.doing():
            return doing
        if self.said:
            return self.said
        matches = self._matches()
        if self._words and matches:
            at = matches.index(self._current) + 1 if self._current in matches else 0
            place = f"{at} of {len(matches)}" if at else f"{len(matches)}"
            return f"/{self._words}: {place} on this page · n N next and previous"
        return ""

    # ---- search

    def _matches(self) -> tuple[Match, ...]:
        return self._leaf.sheet.find(self._words) if self._leaf is not None and self._words else ()

    async def action_search(self) -> None:
        if self._leaf is None or self.query("#search"):
            return
        box = Input(self._words, placeholder="words on any page", compact=True, id="search")
        box.cursor_blink = False
        await self.mount(Horizontal(Static(" /", markup=False), box, id="typed"), before="#bottom")
        self.set_focus(box)

    @on(Input.Submitted, "#search")
    async def _search(self, event: Input.Submitted) -> None:
        self._words = " ".join(event.value.split())
        self._current = None
        await self._leave_search()
        if self._words:
            self._seek(1)
        else:
            self._write_page()

    async def _leave_search(self) -> None:
        self.set_focus(self.view)
        await self.query("#typed").remove()

    def action_next_match(self) -> None:
        self._seek(1)

    def action_previous_match(self) -> None:
        self._seek(-1)

    def _seek(self, by: int) -> None:
        if not self._words:
            self.say("/ searches")
        elif self._leaf is not None:
            latest_of(self, "search", partial(self._sought, by))

    async def _sought(self, by: int) -> None:
        """The next place on this page, else on the pages after it, once around."""
        assert self._leaf is not None
        matches, start, count = self._matches(), self._leaf.index, self._count
        at = matches.index(self._current) + by if self._current in matches else (0 if by > 0 else len(matches) - 1)
        if 0 <= at < len(matches):
            self._go_to(matches[at])
            return
        self._is_searching = True
        self.update_lines()
        try:
            for step in range(1, count + 1):
                leaf = await self._fitted((start + by * step) % count)
                if found := leaf.sheet.find(self._words):
                    self._leaf = leaf
                    self._go_to(found[0 if by > 0 else -1])
                    return
        except InvoicetuiError as error:
            self.say(str(error))
            return
        finally:
            self._is_searching = False
        self.say(f"{self._words} stands nowhere in the {'page' if count == 1 else f'{count} pages'}")

    def _go_to(self, match: Match) -> None:
        self._current, self.said = match, ""
        self._write_page()
        height = self.view.size.height
        if not self.view.scroll_y <= match.row < self.view.scroll_y + height:
            self.call_after_refresh(self.view.scroll_to, y=max(0, match.row - height // 2), animate=False)

    # ---- keys

    def action_next(self) -> None:
        self._step(1)

    def action_previous(self) -> None:
        self._step(-1)

    def _step(self, by: int, *, goes_to_end: bool = False) -> None:
        if self._leaf is None:
            return
        index = self._leaf.index + by
        if 0 <= index < self._count:
            self._show_leaf(index, goes_to_end=goes_to_end)
        else:
            self.say("this is the last page" if by > 0 else "this is the first page")

    def action_first(self) -> None:
        self._show_leaf(0)

    def action_last(self) -> None:
        self._show_leaf(self._count - 1)

    def action_zoom_in(self) -> None:
        self._zoom_to(min(self._zoom + 1, len(ZOOMS) - 1))

    def action_zoom_out(self) -> None:
        self._zoom_to(max(self._zoom - 1, 0))

    def action_fit(self) -> None:
        self._zoom_to(_FIT)

    def _zoom_to(self, zoom: int) -> None:
        self._zoom = zoom
        if self._leaf is not None:
            self._show_leaf(self._leaf.index, keeps_place=True)

    def action_line_down(self) -> None:
        self.view.scroll_down(animate=False)

    def action_line_up(self) -> None:
        self.view.scroll_up(animate=False)

    def action_half_down(self) -> None:
        self.view.scroll_relative(y=self.view.size.height // 2, animate=False)

    def action_half_up(self) -> None:
        self.view.scroll_relative(y=-(self.view.size.height // 2), animate=False)

    def action_screen_down(self) -> None:
        if self.view.scroll_y >= self.view.max_scroll_y:
            self._step(1)
        else:
            self.view.scroll_page_down(animate=False)

    def action_screen_up(self) -> None:
        if self.view.scroll_y <= 0:
            self._step(-1, goes_to_end=True)
        else:
            self.view.scroll_page_up(animate=False)

    def action_left(self) -> None:
        self.view.scroll_relative(x=-(self.view.size.width // 2), animate=False)

    def action_right(self) -> None:
        self.view.scroll_relative(x=self.view.size.width // 2, animate=False)

    def action_open(self) -> None:
        latest_of(self, "document", self._open_elsewhere)

    async def _open_elsewhere(self) -> None:
        from invoicetui.ui.apart import apart
        from invoicetui.ui.outside import taken

        rung = taken(await apart(self.desk.outside.ladder))
        if rung.is_page_view:
            self.say("this is the page view; O shows the other ways, Y the line that fetches the file over SSH")
        else:
            await self._show(self._row, rung)

    def show_page(self, row: Row, problem: InvoicetuiError | None = None) -> None:
        """It is here already."""
        if problem is not None:
            self.tell("the PDF was not shown", str(problem))

    def action_refresh(self) -> None:
        if self.session.is_offline:
            self.say("offline: nothing is fetched")
        else:
            self._load(is_again=True)

    async def action_cancel(self) -> None:
        """esc: leave the input, stop what is under way, forget the search, go back."""
        if self.query("#search"):
            await self._leave_search()
        elif self._reading.is_loading:
            self.workers.cancel_group(self, "load")
            self.dismiss()
        elif self._is_searching:
            self.workers.cancel_group(self, "search")
        elif self.stop_fetching():
            pass
        elif self._words:
            self._words, self._current = "", None
            self._write_page()
        else:
            self.dismiss()
