"""What every screen about an invoice does with its document and its facts: show, save, copy."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import SuspendNotSupported
from textual.binding import BindingType

from invoicetui.errors import InvoicetuiError
from invoicetui.session import Session
from invoicetui.ui.apart import apart
from invoicetui.ui.bindings import bindings
from invoicetui.ui.desk import Desk
from invoicetui.ui.screen import Part, latest_of

if TYPE_CHECKING:
    from invoicetui.documents.saving import Folder
    from invoicetui.ledger.feed import Feed
    from invoicetui.ledger.store import Row
    from invoicetui.model import Account, Invoice
    from invoicetui.ui.outside import Rung
    from invoicetui.ui.wishes import Got, Wish

NOTHING = "there is no invoice here"


class InvoiceScreen(Part):
    """A screen with an invoice selected on it, or several tagged."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("invoice", "open", "open-with", "download", "download-with", "copy", "copy-menu")
    ]
    #: Columns that a page has in a pager.
    PAGER_COLUMNS = 100

    def __init__(self, session: Session, desk: Desk) -> None:
        super().__init__(session, desk)
        self._wish: Wish | None = None

    def selected(self) -> Row | None:
        """The invoice that the next key is about."""
        raise NotImplementedError

    def tagged(self) -> tuple[int, ...]:
        """The row ids of tagged invoices: saving is about them, when there are any."""
        return ()

    def acts_on(self) -> str:
        tagged, row = self.tagged(), self.selected()
        if tagged:
            return f"{len(tagged):,} tagged invoices (d, D) · {self._named(row)}"
        return self._named(row)

    def _named(self, row: Row | None) -> str:
        account = self.session.accounts.get(row.account) if row is not None else None
        return f"{row.number or row.key} ({account.label})" if row is not None and account is not None else ""

    @property
    def shown_accounts(self) -> Sequence[Account]:
        """The accounts whose invoices are on this screen."""
        return tuple(self.session.accounts.values())

    # ---- what is under way

    @property
    def is_fetching(self) -> bool:
        """One document, or many, are under way."""
        return self._wish is not None or self.desk.is_running

    def doing(self) -> str:
        """What is under way, in a line; "" for nothing."""
        if self._wish is not None:
            return f"{self.spinner} {self._wish.words} · esc stops"
        if self.desk.is_running and self.desk.run is not None:
            return f"{self.spinner} {self.desk.run.words}"
        return ""

    def stop_fetching(self) -> bool:
        """End what is under way; whether there was anything."""
        if self._wish is not None:
            self.workers.cancel_group(self, "document")
            self.say("stopped")
            return True
        if self.desk.is_running:
            self.desk.stop()
            return True
        return False

    async def _got(self, wish: Wish) -> Got:
        """What a wish brings. Raises InvoicetuiError; cancelling it ends the fetch."""
        self._wish, self.said = wish, ""
        self.update_lines()
        try:
            return await asyncio.wrap_future(wish.future)
        finally:
            # One that was overtaken ends after the next has begun.
            if self._wish is wish:
                self._wish = None
                self.update_lines()

    # ---- showing

    def action_open(self) -> None:
        if row := self._selected():
            latest_of(self, "document", partial(self._open, row))

    def action_open_with(self) -> None:
        if row := self._selected():
            latest_of(self, "document", partial(self._choose_rung, row))

    def show_page(self, row: Row, problem: InvoicetuiError | None = None) -> None:
        """Read the document here; `problem` says why it cannot be had, if that is known already."""
        from invoicetui.ui.page_view import PageScreen

        self.app.push_screen(PageScreen(self.session, self.desk, row, problem))

    def _selected(self) -> Row | None:
        row = self.selected()
        if row is None:
            self.say(NOTHING)
        return row

    async def _open(self, row: Row) -> None:
        from invoicetui.ui.outside import taken

        await self._show(row, taken(await apart(self.desk.outside.ladder)))

    async def _choose_rung(self, row: Row) -> None:
        from invoicetui.ui.menu import Item, Menu
        from invoicetui.ui.outside import taken

        rungs = await apart(self.desk.outside.ladder)
        items = [Item(rung.name, rung.reason, rung.is_possible) for rung in rungs]

        def chosen(at: int | None) -> None:
            if at is not None:
                latest_of(self, "document", partial(self._show, row, rungs[at]))

        start = rungs.index(taken(rungs))
        self.app.push_screen(Menu("show the PDF with", items, start), chosen)

    async def _show(self, row: Row, rung: Rung) -> None:
        if rung.is_page_view:
            self.show_page(row)
            return
        try:
            got = await self._got(self.desk.fetch(row))
            path = await asyncio.wrap_future(self.desk.hand_out(got))
        except InvoicetuiError as error:
            self.show_page(row, error)
            return
        if rung.is_terminal:
            self.run_outside(rung.command(str(path)))
            return
        try:
            await apart(partial(self.desk.outside.start, rung, path))
        except OSError as error:
            self.tell("the PDF was not shown", f"{rung.name}: {error}; O shows the other ways")
        else:
            from invoicetui.ui.wishes import homely

            self.say(f"shown with {rung.name}, {rung.reason}: {homely(path)}")

    def run_outside(self, argv: Sequence[str], text: str | None = None) -> None:
        """Give the terminal to a program until it ends."""
        try:
            with self.app.suspend():
                status = self.desk.outside.run(argv, text)
        except SuspendNotSupported:
            self.say("this terminal cannot be given to another program")
        except OSError as error:
            self.say(f"{argv[0]} could not be started: {error.strerror or error}")
        else:
            self.say(f"{Path(argv[0]).name} ended with status {status}" if status else "")

    def view_outside(self) -> None:
        """`:view`: in the viewer that the user has, on this terminal if it draws there."""
        if row := self._selected():
            latest_of(self, "document", partial(self._view, row))

    async def _view(self, row: Row) -> None:
        rung = await apart(self.desk.outside.viewer)
        if rung is None or not rung.is_possible:
            reason = f"{rung.reason}; " if rung is not None else ""
            self.say(f"{reason}there is no viewer: name one in config.toml, or install tdf")
        else:
            await self._show(row, rung)

    def page_outside(self) -> None:
        """`:pager`: the text of all pages in $PAGER."""
        if row := self._selected():
            latest_of(self, "document", partial(self._page, row))

    async def _page(self, row: Row) -> None:
        from invoicetui.ui import paper
        from invoicetui.ui.book import Book

        argv = await apart(self.desk.outside.pager)
        if argv is None:
            self.say("there is no pager: set PAGER")
            return
        try:
            book = Book(await self._got(self.desk.fetch(row)))
            try:
                count = (await book.facts()).pages
                leaves = [await book.leaf(at, self.PAGER_COLUMNS, 1) for at in range(count)]
            finally:
                book.close()
        except InvoicetuiError as error:
            self.show_page(row, error)
            return
        self.run_outside(argv, paper.text(leaves) + "\n")

    # ---- saving

    def action_download(self) -> None:
        if ids := self.tagged():
            self.save_all(ids)
        elif row := self._selected():
            latest_of(self, "document", partial(self._save, row))

    async def _save(self, row: Row) -> None:
        try:
            saved = (await self._got(self.desk.save(row))).saved
        except InvoicetuiError as error:
            self.tell("the PDF was not saved", str(error))
            return
        if saved is not None:
            from invoicetui.ui.wishes import homely

            word = "saved" if saved.is_new else "saved before"
            self.say(f"{word}: {saved.path.name} in {homely(saved.path.parent)} (Y copies the whole path)")

    def save_all(self, ids: Sequence[int], folder: Folder | None = None) -> None:
        """Save the documents of these rows, where documents are saved or into another folder."""
        if self.desk.is_running:
            self.say("PDFs are being saved; esc stops that")
        elif ids:
            self.said = ""
            self.desk.save_all(ids, folder)
            self.update_lines()

    def action_download_with(self) -> None:
        from invoicetui.ui.save_form import SaveForm

        if self.desk.is_running:
            self.say("PDFs are being saved; esc stops that")
            return
        form = SaveForm(self.session, self.desk, self.shown_accounts, self.selected(), self.tagged())
        self.app.push_screen(form, lambda said: self.update_lines() if said == "" else self.say(said or ""))

    # ---- copying

    def action_copy(self) -> None:
        """The selected text, else the number."""
        selected = self.get_selected_text()
        if selected:
            self.copy(selected)
        elif row := self._selected():
            self.copy(row.number or row.key)

    def action_copy_menu(self) -> None:
        if row := self._selected():
            latest_of(self, "copy", partial(self._choose_text, row))

    def page_text(self) -> str | None:
        """The text of the page on this screen, if there is one."""
        return None

    async def _choose_text(self, row: Row) -> None:
        from invoicetui.ui.copying import Copyable, copyables
        from invoicetui.ui.menu import Item, Menu

        async def read(feed: Feed) -> Invoice | None:
            return feed.invoice(row.account, row.key)

        invoice = await asyncio.wrap_future(self.session.submit(read))
        saved = self.desk.saved.get((row.account, row.key))
        document = invoice.document if invoice is not None else None
        lines = copyables(row, document, saved, self.desk.outside.scp_line, self.session.today())
        if text := self.page_text():
            lines.append(Copyable(Item("page", "the text of this page"), text))

        def chosen(at: int | None) -> None:
            text = lines[at].text if at is not None else None
            if text is not None:
                self.copy(text)

        self.app.push_screen(Menu("copy", [line.item for line in lines]), chosen)
