"""Taking an account out: its label is to be typed, so that no stray key does it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from invoicetui.model import Account
from invoicetui.ui.account_book import AccountBook
from invoicetui.ui.fields import Choice, Field, text_input
from invoicetui.ui.form import Form


class RemovalForm(Form):
    """Answers with a sentence about what happened."""

    def __init__(self, book: AccountBook, account: Account) -> None:
        super().__init__()
        self._book, self._account = book, account

    def compose(self) -> ComposeResult:
        account = self._account
        with Vertical(classes="sheet"):
            yield Static(f" remove {account.label}: nothing changes at the vendor", classes="line title", markup=False)
            yield Field("label", "Its label", text_input(), f"type {account.label} to remove it")
            source = self._book.session.source(account.id)
            yield Field("delete", "Delete token", Choice(("yes", "no")), f"token: {source}")
            yield Static(id="form-bottom", markup=False)
            yield Static(" enter next, then remove  left right choose  esc cancel", classes="line hints", markup=False)

    async def attempt(self) -> str | None:
        account = self._account
        if self.field("label").value != account.label:
            self.fail("label", f"that is not its label: {account.label}")
            return None
        self.trying.must_finish("removing")
        return await self._book.remove(account, with_token=self.field("delete").value == "yes")
