"""One invoice: Summary · Lines · Tax & payments · Usage · PDF · Raw, beside the list or on a screen of its own."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Iterator
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Click
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widgets import Static

from invoicetui.errors import InvoicetuiError
from invoicetui.session import Session
from invoicetui.ui import present
from invoicetui.ui.bindings import bindings
from invoicetui.ui.desk import Desk
from invoicetui.ui.screen import alike, latest_of

if TYPE_CHECKING:
    from invoicetui.ledger.feed import Feed
    from invoicetui.ledger.store import Row
    from invoicetui.model import Invoice
    from invoicetui.ui.book import Leaf
    from invoicetui.ui.reading import Reading
    from invoicetui.ui.reading_pane import ReadingPane

    Found = tuple[Invoice | None, tuple[bytes, bytes | None] | None]

TABS = ("Summary", "Lines", "Tax & payments", "Usage", "PDF", "Raw")
PDF, RAW = TABS.index("PDF"), TABS.index("Raw")
#: Where the tabs' names do not fit.
SHORT = {"Tax & payments": "Tax"}
#: How long the cursor rests on a row before the pane beside the list shows it, in seconds.
REST = 0.15
#: The tab shows this many pages of a document; the page view shows them all.
TAB_PAGES = 5


class DetailPane(Vertical):
    """Shows an invoice as the ledger holds it at once, and again when the vendor has said more."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("detail")]
    tab: reactive[int] = reactive(0, init=False)

    class Stepped(Message):
        """The next (1) or the previous (-1) invoice of the list is wanted."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    def __init__(self, session: Session, desk: Desk, *, is_late: bool = False) -> None:
        """`is_late`: what stands in it comes with the first invoice; no first frame waits for it."""
        super().__init__()
        self.session, self._desk, self._is_late = session, desk, is_late
        self._row: Row | None = None
        #: The row whose invoice is there to be read; another one than `_row` while the cursor runs.
        self._shown: Row | None = None
        #: The row whose details, and on the PDF's tab whose document, were asked for.
        self._opened: Row | None = None
        self._reading: Reading | None = None
        self._leaves: tuple[Leaf, ...] = ()
        self._invoice: Invoice | None = None
        self._raw: tuple[bytes, bytes | None] | None = None
        self._problem: InvoicetuiError | None = None
        self._is_asking = False

    def compose(self) -> ComposeResult:
        if not self._is_late:
            yield from self._content()

    def render_lines(self, crop: Region) -> list[Strip]:
        if self.children or not crop.height:
            return super().render_lines(crop)
        # The first line may be the border.
        first, rest = crop.split_horizontal(1)
        return super().render_lines(first) + alike(super().render_lines, rest)

    def _content(self) -> ComposeResult:
        from invoicetui.ui.reading_pane import ReadingPane

        yield Static(id="tabs", classes="line", markup=False)
        yield ReadingPane()

    def on_mount(self) -> None:
        self._write_tabs()

    def _fill(self) -> None:
        if not self.children and self.is_attached:
            self.mount_all(self._content())
            self.call_next(self.write)

    def _panes(self) -> Iterator[ReadingPane]:
        """The pane of the text, once it is there."""
        from invoicetui.ui.reading_pane import ReadingPane

        yield from self.query(ReadingPane)

    def focus_content(self) -> None:
        self._fill()
        for pane in self._panes():
            self.screen.set_focus(pane)

    @property
    def is_on_pdf(self) -> bool:
        """The document's tab is in front."""
        return self.tab == PDF

    @property
    def is_fetching(self) -> bool:
        """The document is on its way."""
        return self._reading is not None and self._reading.is_loading

    def stop_fetching(self) -> bool:
        """End the fetch of the document; whether there was one."""
        if not self.is_fetching:
            return False
        self.workers.cancel_group(self, "pdf")
        self._reading = None
        self.write()
        return True

    @property
    def text_width(self) -> int:
        """The cells a line of text has; from our own size, for the text's is an older one when both change."""
        return max(30, self.size.width - 4)

    # ---- which invoice

    def preview(self, row: Row | None) -> None:
        """Show what the ledger holds of a row, once the cursor rests on it. Asks no vendor."""
        if row is None:
            self._row = self._shown = self._invoice = self._raw = self._problem = None
            self.write()
        elif self._row is None or (row.account, row.key) != (self._row.account, self._row.key):
            self._row = row
            latest_of(self, "detail", partial(self._show, row, rest=REST))
        elif row.seen_at != self._row.seen_at:
            self._row = row
            latest_of(self, "detail", partial(self._show, row, rest=0))

    def make_way(self) -> None:
        """The list beside it scrolls. Under a held key nothing is shown until the cursor rests: terminals scroll whole
        lines, and with each step every line of the text would have to be sent again."""
        if self._row is not self._shown and self._invoice is not None:
            self._invoice = self._raw = None
            for pane in self._panes():
                pane.clear()

    def open(self, row: Row, *, is_again: bool = False) -> None:
        """Show a row's invoice and ask the vendor's single endpoint for the rest of it."""
        self._row = self._opened = row
        latest_of(self, "detail", partial(self._open, row, is_again=is_again))
        self._want_pdf(is_again=is_again)

    async def _show(self, row: Row, *, rest: float) -> None:
        await asyncio.sleep(rest)

        async def read(feed: Feed) -> Found:
            return feed.invoice(row.account, row.key), self.session.store.raw(row.account, row.key)

        self._invoice, self._raw = await asyncio.wrap_future(self.session.submit(read))
        self._problem, self._shown = None, row
        self._fill()
        self.write()

    async def _open(self, row: Row, *, is_again: bool) -> None:
        await self._show(row, rest=0)
        if self.session.is_offline:
            return
        self._is_asking = True
        self._write_tabs()

        async def ask(feed: Feed) -> Found:
            invoice = await feed.detail(row.account, row.key, is_again=is_again)
            return invoice, self.session.store.raw(row.account, row.key)

        try:
            self._invoice, self._raw = await asyncio.wrap_future(self.session.submit(ask))
        except InvoicetuiError as error:
            self._problem = error
        finally:
            self._is_asking = False
        self.write()

    # ---- what is shown of it

    def watch_tab(self) -> None:
        for pane in self._panes():
            pane.scroll_home(animate=False)
        self._want_pdf()
        self.write()

    def on_resize(self) -> None:
        if self._leaves:
            latest_of(self, "leaves", self._fit)
        self.write()

    def on_unmount(self) -> None:
        if self._reading is not None:
            self._reading.close()

    # ---- the document

    def _want_pdf(self, *, is_again: bool = False) -> None:
        """Fetch the opened row's document if its tab is in front and it is not here; resting on a row does not."""
        row = self._opened
        if self.tab != PDF or row is None or not (is_again or self._reading is None or not self._reading.is_of(row)):
            return
        from invoicetui.ui.reading import Reading

        if self._reading is not None:
            self._reading.close()
        self._reading, self._leaves = Reading(self._desk, row), ()
        latest_of(self, "pdf", partial(self._read, self._reading, is_again=is_again))

    async def _read(self, reading: Reading, *, is_again: bool) -> None:
        turning = self.set_interval(0.25, self.write)
        try:
            await reading.load(is_again=is_again)
        finally:
            turning.stop()
        if reading is self._reading:
            await self._fit()
        else:
            reading.close()

    async def _fit(self) -> None:
        """The first pages at this width."""
        reading, width = self._reading, self.text_width
        if reading is not None and reading.book is not None and reading.facts is not None:
            try:
                count = min(reading.facts.pages, TAB_PAGES)
                self._leaves = tuple([await reading.book.leaf(at, width, width // 2) for at in range(count)])
            except InvoicetuiError as error:
                reading.problem = error
        self.write()

    def _pdf(self, width: int) -> Content:
        reading = self._reading
        if reading is None or not reading.is_of(self._row):
            return Content("enter fetches the PDF")
        if reading.wish is not None:
            return Content(f"{reading.wish.words} … esc stops")
        if reading.problem is not None:
            return present.no_document(*reading.trouble(), width)
        if reading.facts is None:
            return Content("")
        from invoicetui.ui import paper

        about = present.fields(paper.details(reading.facts), width)
        return Content("\n\n").join([about, paper.pages(self._leaves, reading.facts.pages, width)])

    def write(self) -> None:
        self._write_tabs()
        for pane in self._panes():
            if pane.children:
                pane.write(self._text())

    def _text(self) -> Content:
        row, invoice = self._row, self._invoice
        if row is None or invoice is None:
            return Content("")
        account = self.session.accounts[row.account]
        width = self.text_width
        raw, detail = self._raw or (b"", None)
        is_all_unknown = invoice.problem is not None and not invoice.is_readable
        match TABS[self.tab]:
            case "Summary" | "Lines" | "Tax & payments" | "Usage" if is_all_unknown:
                text = present.unreadable(invoice, account, raw, detail, width)
            case "Summary":
                text = present.summary(invoice, account, self.session.today(), width)
            case "Lines":
                text = present.lines(invoice, width)
            case "Tax & payments":
                text = present.taxes_and_payments(invoice, width)
            case "Usage":
                text = present.usage(invoice, width)
            case "PDF":
                return self._pdf(width)
            case _:
                text = present.raw(raw, detail)
        if self._problem is not None:
            return Content.assemble(Content(f"The vendor's detail could not be had: {self._problem}\n\n"), text)
        return text

    def _write_tabs(self) -> None:
        parts: list[Content | tuple[str, str]] = [Content(" ")]
        for index, name in enumerate(self._names()):
            parts.append((f"[{name}]", "bold reverse") if index == self.tab else Content(f" {name} "))
        if self._is_asking:
            parts.append(Content(" …"))
        for tabs in self.query("#tabs").results(Static):
            tabs.update(Content.assemble(*parts))

    def _names(self) -> list[str]:
        room = self.size.width - 2
        return [SHORT.get(name, name) if sum(map(len, TABS)) + 2 * len(TABS) > room else name for name in TABS]

    def tab_places(self) -> list[int]:
        """The cell of the tabs' line at which each tab begins."""
        return list(accumulate((len(name) + 2 for name in self._names()[:-1]), initial=1))

    def on_click(self, event: Click) -> None:
        """A click on a tab's name shows it."""
        if event.widget is not None and event.widget.id == "tabs":
            self.tab = max(0, bisect_right(self.tab_places(), event.x) - 1)

    def action_next_tab(self) -> None:
        self.tab = (self.tab + 1) % len(TABS)

    def action_previous_tab(self) -> None:
        self.tab = (self.tab - 1) % len(TABS)

    def action_next_invoice(self) -> None:
        self.post_message(self.Stepped(1))

    def action_previous_invoice(self) -> None:
        self.post_message(self.Stepped(-1))

    def show_raw(self) -> None:
        self.tab = 0 if self.tab == RAW else RAW


def no_further(by: int) -> str:
    """Why there is no next (1) or previous (-1) invoice."""
    return "this is the last invoice" if by > 0 else "this is the first invoice"
