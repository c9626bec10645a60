"""Wiring: account → vendor → client → feed, opened and closed in one place, on the engine thread.

Whoever paints only posts wishes, to the engine thread or the reader thread, and takes futures.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar

from invoicetui.errors import TokenRefused, UsageError
from invoicetui.ledger.store import Store
from invoicetui.model import Account, Secret
from invoicetui.text import clean
from invoicetui.threads import Engine, Reader

if TYPE_CHECKING:
    from invoicetui.config import VendorFacts
    from invoicetui.credentials import Credentials, Found
    from invoicetui.ledger.feed import Condition, Feed, Stand
    from invoicetui.ledger.query import Query
    from invoicetui.transport import Answer, Client, Download, Network
    from invoicetui.vendors.base import Page, Request, Vendor

T = TypeVar("T")

#: Changes reach the listener at most this often; the first after a pause at once.
CHANGES_PER_SECOND = 10


@dataclass(slots=True)
class _Line:
    """One account's connection: its client once the token is known, and where that token came from."""

    account: Account
    client: Client | None = None
    found: Found | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Session:
    """Everything behind a screen or a command: accounts, ledger, feed and the threads they live on.

    `http` hands in an HTTP transport for an account (the demo does), None for the real one. `on_change` is called on
    the engine thread with the ids of accounts whose rows or condition changed.
    """

    def __init__(
        self,
        accounts: Sequence[Account],
        store: Store,
        credentials: Credentials,
        *,
        clock: Callable[[], datetime],
        http: Callable[[Account], Network | None] = lambda account: None,
        is_offline: bool = False,
        on_change: Callable[[frozenset[str]], None] = lambda accounts: None,
    ) -> None:
        self.accounts: Mapping[str, Account] = {account.id: account for account in accounts}
        self.store = store
        self.credentials = credentials
        self.clock = clock
        self.is_offline = is_offline
        self.on_change = on_change
        self.engine = Engine()
        self.reader = Reader(store)
        self._http = http
        self._feed: Feed | None = None
        self._lines: dict[str, _Line] = {}
        #: Clients that were replaced while requests of theirs may still run, and visitors; closed with the session.
        self._retired: list[Client] = []
        self._changed: set[str] = set()
        self._is_posting = False
        for account in accounts:
            store.bind(account.id, identity(account))

    def today(self) -> date:
        """The user's day: what is overdue depends on it."""
        return self.clock().astimezone().date()

    def account(self, name: str) -> Account:
        """The account of an id. Raises UsageError, with the nearest right one."""
        if name not in self.accounts:
            near = get_close_matches(name, self.accounts, 1, 0.5)
            remedy = f"did you mean {near[0]}?" if near else f"accounts: {', '.join(self.accounts) or 'none'}"
            raise UsageError(f"there is no account {clean(name)}", remedy)
        return self.accounts[name]

    # ---- wishes, from any thread

    def submit(self, work: Callable[[Feed], Coroutine[Any, Any, T]]) -> Future[T]:
        """Let the feed work on the engine thread."""

        async def run() -> T:
            return await work(self.feed())

        return self.engine.submit(run())

    def stands(self, query: Query) -> tuple[Stand, ...]:
        """How far a view is known; nothing before the feed stands."""
        return self._feed.stands(query) if self._feed is not None else ()

    def condition(self, account: str) -> Condition:
        from invoicetui.ledger.feed import Condition

        return self._feed.condition(account) if self._feed is not None else Condition(is_loading=not self.is_offline)

    def source(self, account: str) -> str:
        """Where the account's token came from, or would come from."""
        line = self._lines.get(account)
        if line is not None and line.found is not None and line.found.source:
            return line.found.source
        return self.credentials.describe(self.accounts[account])

    def found(self, account: str) -> Found | None:
        """What came of the last look for the account's token; None before the first."""
        line = self._lines.get(account)
        return line.found if line is not None else None

    # ---- accounts and tokens that change

    def verify(
        self, account: Account, secret: Secret, on_wait: Callable[[str], None] = lambda sentence: None
    ) -> Future[Page]:
        """The first page that the vendor answers to this token, from any thread; nothing of it is kept.

        The account need not be one of the session's. Raises VendorError, ConfigError and CredentialError. `on_wait` is
        called on the engine thread with a sentence while a retry waits.
        """
        return self.engine.submit(self._verify(account, secret, on_wait))

    def put_account(self, account: Account) -> Future[None]:
        """Take an account in, or a changed one in the place of the one with its id; what runs for that one ends first.

        Rows belong to it as far as its identity is the same.
        """
        return self.engine.submit(self._put(account))

    def remove_account(self, account: str) -> Future[None]:
        """End what runs for an account and set its rows aside. From the thread that paints: it is gone at once."""
        self.accounts = {name: kept for name, kept in self.accounts.items() if name != account}

        async def remove() -> None:
            await self._end(account)
            self.store.forget(account)
            self._change(account)

        return self.engine.submit(remove())

    def renew(self, account: str) -> Future[None]:
        """Let the account's next request look for its token again."""

        async def renew() -> None:
            self._retire(account)

        return self.engine.submit(renew())

    def close(self) -> None:
        """End what runs, close connections and the ledger. Never waits long for anything."""

        async def end() -> None:
            for client in [*self._retired, *(line.client for line in self._lines.values())]:
                if client is not None:
                    await client.aclose()

        with suppress(TimeoutError, CancelledError):
            self.engine.submit(end()).result(1.0)
        self.engine.close()
        self.reader.close()
        self.store.close()

    # ---- on the engine thread

    def feed(self) -> Feed:
        """The feed, made on first use: vendors and their decoder are not needed for the first frame."""
        if self._feed is None:
            from invoicetui.ledger.feed import Feed

            feed = Feed({}, {}, self.store, clock=self.clock, on_change=self._change)
            for account in self.accounts.values():
                self._connect(feed, account)
            self._feed = feed
        return self._feed

    async def download(
        self, account: str, url: str, *, limit: int, on_progress: Callable[[int, int | None], None]
    ) -> Download:
        """A document from the account's own origin, with its token. Raises what Client.download and the token's
        look-up do."""
        line = self._lines[account]
        return await self._asked(line, lambda client: client.download(url, limit=limit, on_progress=on_progress))

    def visitor(self, account: str, base_url: str) -> Client:
        """A client for another origin, without the account's token and client certificate; closed with the session."""
        from invoicetui.transport import Client, tls_context

        owner = self.accounts[account]
        transport, tls = self._http(owner), lambda: tls_context(owner.ca_file)
        client = Client(base_url, token=lambda: None, transport=transport, tls=tls)
        self._retired.append(client)
        return client

    def _connect(self, feed: Feed, account: Account) -> None:
        from invoicetui.vendors import vendor_class

        line = self._lines[account.id] = _Line(account)
        feed.put(vendor_class(account.vendor)(account, self.today), self._fetch(line))

    async def _put(self, account: Account) -> None:
        await self._end(account.id)
        self.store.bind(account.id, identity(account))
        if self._feed is not None:
            self._connect(self._feed, account)
        self.accounts = {**self.accounts, account.id: account}
        self._change(account.id)

    async def _end(self, account: str) -> None:
        """A page that is under way would be stored among the rows of what the account is from now on."""
        if self._feed is not None:
            await self._feed.drop(account)
        self._retire(account)

    def _retire(self, account: str) -> None:
        line = self._lines.get(account)
        if line is not None:
            self._retired += [line.client] if line.client is not None else []
            line.client = line.found = None

    async def _verify(self, account: Account, secret: Secret, on_wait: Callable[[str], None]) -> Page:
        from invoicetui.vendors import vendor_class
        from invoicetui.vendors.base import EVERYTHING

        vendor = vendor_class(account.vendor)(account, self.today)
        listing = next(listing for listing in vendor.split(EVERYTHING) if not listing.is_optional)
        token = vendor.first(listing)
        request = vendor.request(listing, token)
        client = self._opened(vendor, secret, on_wait)
        try:
            answer = await client.get(request.path, request.params)
        finally:
            await client.aclose()
        return vendor.page(listing, token, answer.body, answer.headers)

    def _fetch(self, line: _Line) -> Callable[[Request], Coroutine[Any, Any, Answer]]:
        return lambda request: self._asked(line, lambda client: client.get(request.path, request.params))

    async def _asked(self, line: _Line, work: Callable[[Client], Awaitable[T]]) -> T:
        client = await self._client(line)
        try:
            return await work(client)
        except TokenRefused as error:
            # The next wish looks for the token again: it may have been replaced meanwhile.
            if line.client is client:
                line.client = None
                await client.aclose()
            source = line.found.source if line.found is not None else ""
            raise TokenRefused(f"{error.what} (token from {source})" if source else error.what, error.remedy) from None

    async def _client(self, line: _Line) -> Client:
        async with line.lock:
            if line.client is None:
                found = await self.credentials.find(line.account)
                line.found = found
                if found.secret is None:
                    raise found.error(line.account)
                name = line.account.id
                line.client = self._opened(
                    self.feed().vendors[name], found.secret, lambda sentence: self.feed().waits(name, sentence)
                )
            return line.client

    def _opened(self, vendor: Vendor, secret: Secret, on_wait: Callable[[str], None]) -> Client:
        from invoicetui.transport import Client, tls_context

        account = vendor.account
        return Client(
            account.base_url,
            token=lambda: secret,
            auth_scheme=vendor.auth_scheme,
            transport=self._http(account),
            tls=lambda: tls_context(account.ca_file, account.client_cert, account.client_key),
            on_wait=lambda wait: on_wait(f"{wait.reason}, again in {wait.seconds:.0f} s ({wait.attempt} of {wait.of})"),
        )

    def _change(self, account: str) -> None:
        self._changed.add(account)
        if not self._is_posting:
            self._is_posting = True
            self.engine.loop.call_soon(self._post)

    def _post(self) -> None:
        if not self._changed:
            self._is_posting = False
            return
        changed, self._changed = frozenset(self._changed), set()
        self.engine.loop.call_later(1 / CHANGES_PER_SECOND, self._post)
        self.on_change(changed)


def vendor_facts() -> dict[str, VendorFacts]:
    """What the config is handed of every vendor."""
    from invoicetui.config import VendorFacts
    from invoicetui.vendors.facts import FACTS

    return {
        name: VendorFacts(name, facts.label, facts.base_url, facts.side, facts.options) for name, facts in FACTS.items()
    }


def identity(account: Account) -> str:
    """What rows are bound to: when one of these changes, stored rows belong to something else and are set aside."""
    from invoicetui.address import host_of
    from invoicetui.vendors.facts import FACTS

    options = sorted(option.name for option in FACTS[account.vendor].options if option.is_identity)
    defaults = {option.name: option.default for option in FACTS[account.vendor].options}
    bound = (f"{name}={account.options.get(name) or defaults[name]}" for name in options)
    parts = [account.vendor, host_of(account.base_url), *bound]
    return " ".join(parts)
