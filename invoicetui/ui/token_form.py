"""A new token for an account: the old one stays until the vendor has taken the new one."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from invoicetui.address import host_of
from invoicetui.credentials import State
from invoicetui.errors import VendorError
from invoicetui.model import Account
from invoicetui.ui.account_book import AccountBook
from invoicetui.ui.fields import Field
from invoicetui.ui.form import Form
from invoicetui.ui.token_input import TokenInput


class TokenForm(Form):
    """Answers with a sentence about where the token is kept."""

    def __init__(self, book: AccountBook, account: Account) -> None:
        super().__init__()
        self._book, self._account = book, account

    def compose(self) -> ComposeResult:
        account = self._account
        with Vertical(classes="sheet"):
            title = f" token for {account.label}, {host_of(account.base_url)}"
            yield Static(title, classes="line title", markup=False)
            now = f"now: {self._book.session.source(account.id)}; it stays until the vendor has taken the new one"
            yield Field("secret", "Token", TokenInput(), now)
            yield Static(id="form-bottom", markup=False)
            yield Static(" enter verify and keep  esc cancel", classes="line hints", markup=False)

    async def attempt(self) -> str | None:
        account, entered = self._account, self.field("secret").control
        assert isinstance(entered, TokenInput)
        secret = entered.take()
        if secret is None:
            self.fail("secret", "this is not a token (empty, spaces or control characters)")
            return None
        self.trying.doing(f"asking {host_of(account.base_url)}")
        try:
            answer = await self._book.verify(account, secret, self.trying.from_elsewhere)
        except VendorError as error:
            self.fail("secret", f"{error.what}; the token before stays")
            return None
        self.trying.must_finish("keeping the token")
        kept = await self._book.keep(account, secret)
        if kept.state is not State.OK:
            self._book.session.credentials.use_for_session(account, secret)
        await self._book.renew(account.id)
        if kept.state is not State.OK:
            return f"{answer}. {kept.sentence(account.label)} It is used until the program ends."
        return f"{answer}; token: {self._book.session.source(account.id)}"
