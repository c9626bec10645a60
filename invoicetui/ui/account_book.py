"""Accounts and tokens that change: proved by the vendor first, then kept, then written down, then in the session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from invoicetui.address import host_of
from invoicetui.config import VendorFacts
from invoicetui.credentials import Found, State
from invoicetui.errors import InvoicetuiError
from invoicetui.model import Account, Secret
from invoicetui.session import Session
from invoicetui.ui.account_draft import changes, entries


class AccountBook:
    """The accounts of config.toml and of the session as one. `path` None: there is no config, as in the demo.

    Every method is for the thread that paints, and none holds it up.
    """

    def __init__(self, session: Session, path: Path | None, vendors: Mapping[str, VendorFacts]) -> None:
        self.session, self.path, self.vendors = session, path, vendors

    @property
    def is_fixed(self) -> bool:
        """There is nothing to change."""
        return self.path is None

    async def verify(self, account: Account, secret: Secret, on_wait: Callable[[str], None]) -> str:
        """Ask the vendor for a page with this token; a sentence about the answer. Raises InvoicetuiError.

        `on_wait` is called on another thread.
        """
        page = await asyncio.wrap_future(self.session.verify(account, secret, on_wait))
        count = page.total if page.total is not None else len(page.records)
        more = "" if page.total is not None or page.next is None else " and more"
        return f"{host_of(account.base_url)} takes the token: {count:,} invoices{more}"

    async def check(self, account: Account, doing: Callable[[str], None], on_wait: Callable[[str], None]) -> str:
        """Find the account's token and ask the vendor about it; a sentence. Raises InvoicetuiError.

        `doing` is told what is being done. An account in trouble whose token is taken is loaded again.
        """
        doing(f"{account.label}: looking for the token")
        found = await self.session.credentials.find(account)
        if found.secret is None:
            return f"! {explained(account, found)}"
        doing(f"asking {host_of(account.base_url)}")
        answer = await self.verify(account, found.secret, on_wait)
        if self.session.condition(account.id).problem is not None:
            await self.renew(account.id)
        return f"{answer}; token: {found.source}"

    async def go_on(self, account: Account, unlocked: Secret) -> str:
        """After the token_command printed a token on the terminal: see whether it does so quietly now."""
        quiet = await self.session.credentials.find(account)
        if quiet.secret is None:
            # A command that asks each time: what it printed now is all there is.
            self.session.credentials.use_for_session(account, unlocked)
        await self.renew(account.id)
        return f"{account.label} is unlocked; token: {self.session.credentials.describe(account)}"

    async def keep(self, account: Account, secret: Secret) -> Found:
        """Keep a proven token where the account's tokens are kept: in the keyring, else until the program ends."""
        credentials = self.session.credentials
        if account.token != "keyring":
            credentials.use_for_session(account, secret)
            return Found(State.OK, secret, credentials.describe(account))
        stored = await credentials.store(account, secret)
        if stored.state is State.OK and credentials.describe(account).startswith("environment"):
            # The variable comes before the keyring, and holds another token.
            credentials.use_for_session(account, secret)
        return stored

    async def add(self, account: Account) -> None:
        """Write a new account into config.toml and begin with its first page. Raises ConfigError."""
        path, written = self._path, entries(account, self.vendors[account.vendor])

        def write() -> Account:
            from invoicetui.config.edit import add_account

            return add_account(path, account.id, written, self.vendors).account(account.id)

        await self._begin(await asyncio.to_thread(write))

    async def change(self, old: Account, new: Account) -> None:
        """Write what differs into config.toml, and go on with the account as it is now. Raises ConfigError."""
        path, written = self._path, changes(old, new, self.vendors[old.vendor])
        if not written:
            await self.renew(old.id)
            return

        def write() -> Account:
            from invoicetui.config.edit import change_account

            return change_account(path, old.id, written, self.vendors).account(old.id)

        await self._begin(await asyncio.to_thread(write))

    async def remove(self, account: Account, *, with_token: bool) -> str:
        """Take an account out of config.toml and the session; a sentence about what happened. Raises ConfigError."""
        path = self._path

        def write() -> None:
            from invoicetui.config.edit import remove_account

            remove_account(path, account.id, self.vendors)

        await asyncio.to_thread(write)
        await asyncio.wrap_future(self.session.remove_account(account.id))
        done = f"{account.label} is removed and its rows are set aside"
        if not with_token:
            self.session.credentials.forget_session(account)
            return f"{done}; its token stays: {self.session.credentials.describe(account)}"
        gone = await self.session.credentials.delete(account)
        if gone.state is State.OK:
            return f"{done}; its token is deleted from the {gone.source}"
        if gone.state is State.MISSING:
            kept = (
                f"; its token comes from {gone.source}: take it out there"
                if account.token in ("env", "command")
                else ""
            )
            return f"{done}{kept}"
        return f"{done}; its token could not be deleted: {gone.sentence(account.label)}"

    async def renew(self, account: str) -> None:
        """Look for the account's token again, and ask for its first page."""
        await asyncio.wrap_future(self.session.renew(account))
        if not self.session.is_offline:
            self.session.submit(lambda feed: feed.refresh([account]))

    async def _begin(self, account: Account) -> None:
        await asyncio.wrap_future(self.session.put_account(account))
        if not self.session.is_offline:
            self.session.submit(lambda feed: feed.refresh([account.id]))

    @property
    def _path(self) -> Path:
        if self.path is None:
            raise InvoicetuiError("there is no config to change", "leave the demo first")
        return self.path


def explained(account: Account, found: Found) -> str:
    """Why there is no token and which key helps."""
    # A command that says no may be waiting for a passphrase.
    is_locked = account.token == "command" and found.state in (State.FAILED, State.TIMEOUT)
    return found.sentence(account.label) + (" Press u to run it in the terminal." if is_locked else "")
