"""One invoice: Summary · Lines · Tax & payments · Usage · Raw, beside the list or on a screen of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Static

from invoicetui.errors import InvoicetuiError
from invoicetui.model import Invoice
from invoicetui.session import Session
from invoicetui.ui import present, status
from invoicetui.ui.bindings import bindings
from invoicetui.ui.pages import ReadingPane
from invoicetui.ui.screen import LedgerScreen, latest_of

if TYPE_CHECKING:
    from invoicetui.ledger.feed import Feed
    from invoicetui.ledger.store import Row

TABS = ("Summary", "Lines", "Tax & payments", "Usage", "Raw")
RAW = TABS.index("Raw")
#: Where the tabs' names do not fit.
SHORT = {"Tax & payments": "Tax"}
#: How long the cursor rests on a row before the pane beside the list shows it, in seconds.
REST = 0.15

Found = tuple[Invoice | None, tuple[bytes, bytes | None] | None]


class DetailPane(Vertical):
    """Shows an invoice as the ledger holds it at once, and again when the vendor has said more."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("detail")]
    tab: reactive[int] = reactive(0, init=False)

    class Stepped(Message):
        """The next (1) or the previous (-1) invoice of the list is wanted."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._row: Row | None = None
        self._invoice: Invoice | None = None
        self._raw: tuple[bytes, bytes | None] | None = None
        self._problem: InvoicetuiError | None = None
        self._is_asking = False

    def compose(self) -> ComposeResult:
        yield Static(id="tabs", classes="line", markup=False)
        yield ReadingPane()

    def on_mount(self) -> None:
        self._write_tabs()

    def focus_content(self) -> None:
        self.screen.set_focus(self.query_one(ReadingPane))

    # ---- which invoice

    def preview(self, row: Row | None) -> None:
        """Show what the ledger holds of a row, once the cursor rests on it. Asks no vendor."""
        if row is None:
            self._row = self._invoice = self._raw = self._problem = None
            self.write()
        elif self._row is None or (row.account, row.key) != (self._row.account, self._row.key):
            self._row = row
            latest_of(self, "detail", partial(self._show, row, rest=REST))
        elif row.seen_at != self._row.seen_at:
            self._row = row
            latest_of(self, "detail", partial(self._show, row, rest=0))

    def open(self, row: Row, *, is_again: bool = False) -> None:
        """Show a row's invoice and ask the vendor's single endpoint for the rest of it."""
        self._row = row
        latest_of(self, "detail", partial(self._open, row, is_again=is_again))

    async def _show(self, row: Row, *, rest: float) -> None:
        await asyncio.sleep(rest)

        async def read(feed: Feed) -> Found:
            return feed.invoice(row.account, row.key), self.session.store.raw(row.account, row.key)

        self._invoice, self._raw = await asyncio.wrap_future(self.session.submit(read))
        self._problem = None
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
        self.query_one(ReadingPane).scroll_home(animate=False)
        self.write()

    def on_resize(self) -> None:
        self.write()

    def write(self) -> None:
        self._write_tabs()
        self.query_one(ReadingPane).write(self._text())

    def _text(self) -> Content:
        row, invoice = self._row, self._invoice
        if row is None or invoice is None:
            return Content("")
        account = self.session.accounts[row.account]
        width = self.query_one(ReadingPane).width
        raw, detail = self._raw or (b"", None)
        match TABS[self.tab]:
            case "Summary":
                text = present.summary(invoice, account, self.session.today(), width)
            case "Lines":
                text = present.lines(invoice, width)
            case "Tax & payments":
                text = present.taxes_and_payments(invoice, width)
            case "Usage":
                text = present.usage(invoice, width)
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
        self.query_one("#tabs", Static).update(Content.assemble(*parts))

    def _names(self) -> list[str]:
        room = self.size.width - 2
        return [SHORT.get(name, name) if sum(map(len, TABS)) + 2 * len(TABS) > room else name for name in TABS]

    def on_click(self, event: Click) -> None:
        """A click on a tab's name shows it."""
        if event.widget is not None and event.widget.id == "tabs":
            place = event.x - 1
            for index, name in enumerate(self._names()):
                place -= len(name) + 2
                if place < 0:
                    self.tab = index
                    return

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


class DetailScreen(LedgerScreen):
    """One invoice on the whole terminal, for widths at which list and detail do not fit side by side."""

    KIND = "detail"
    AUTO_FOCUS = "ReadingPane"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("list", "back"), *bindings("invoice")]

    def __init__(self, session: Session, row: Row, step: Callable[[int], Row | None], *, tab: int = 0) -> None:
        super().__init__(session)
        self.row = row
        self._tab = tab
        self._step = step

    def compose(self) -> ComposeResult:
        yield Static(id="top", classes="line", markup=False)
        yield DetailPane(self.session)
        yield Static(id="bottom", classes="line", markup=False)
        yield Static(id="hints", classes="line", markup=False)

    @property
    def pane(self) -> DetailPane:
        return self.query_one(DetailPane)

    def on_mount(self) -> None:
        self.pane.tab = self._tab
        self.pane.open(self.row)
        self.update_lines()

    def on_resize(self) -> None:
        self.update_lines()

    def update_lines(self) -> None:
        row = self.row
        label = self.session.accounts[row.account].label
        word = row.status(self.session.today())
        self._write("#top", f" {label} · {row.number or row.key}", [str(row.total or "n/a"), str(word)])
        self._write("#bottom", status.cut(f" {self.said}", self.size.width), [])
        self._write("#hints", " " + self.hints(), [])

    def on_detail_pane_stepped(self, event: DetailPane.Stepped) -> None:
        row = self._step(event.by)
        if row is None:
            self.say(no_further(event.by))
            return
        self.row = row
        self.said = ""
        self.pane.open(row)
        self.update_lines()

    def action_raw(self) -> None:
        self.pane.show_raw()

    def action_refresh(self) -> None:
        if self.session.is_offline:
            self.say("offline: nothing is fetched")
        else:
            self.pane.open(self.row, is_again=True)


def no_further(by: int) -> str:
    """Why there is no next (1) or previous (-1) invoice."""
    return "this is the last invoice" if by > 0 else "this is the first invoice"
