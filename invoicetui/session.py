"""Wiring: account → vendor → client → feed, opened and closed in one place, on the engine thread.

Whoever paints only posts wishes, to the engine thread or the reader thread, and takes futures.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from invoicetui.connection import Connection, Line
from invoicetui.courtesy import Courtesy
from invoicetui.errors import TokenRefused, UsageError
from invoicetui.text import clean
from invoicetui.threads import Engine, Reader

if TYPE_CHECKING:
    from invoicetui.account import Account, Secret
    from invoicetui.config import VendorFacts
    from invoicetui.credentials import Credentials, Found
    from invoicetui.ledger.feed import Condition, Feed, Stand
    from invoicetui.ledger.query import Query
    from invoicetui.ledger.store import Store
    from invoicetui.transport import Answer, Client, Download, Network, Wait
    from invoicetui.vendors.base import Page, Request, Vendor

T = TypeVar("T")

#: Changes reach the listener at most this often; the first after a pause at once.
CHANGES_PER_SECOND = 10


class Session:
    """Everything behind a screen or a command: accounts, ledger, feed and the threads they live on.

    `credentials` may be what makes them when a token is first looked for.
    `http` hands in an HTTP transport for an account (the demo does), None for the real one; `client` makes the clients,
    transport.Client unless another is passed in. `on_change` is called on the engine thread with the ids of accounts
    whose rows or condition changed. `courtesy` makes the event loop of whoever paints.
    """

    def __init__(
        self,
        accounts: Sequence[Account],
        store: Store,
        credentials: Credentials | Callable[[], Credentials],
        *,
        clock: Callable[[], datetime],
        http: Callable[[Account], Network | None] = lambda account: None,
        client: Callable[..., Client] | None = None,
        is_offline: bool = False,
        on_change: Callable[[frozenset[str]], None] = lambda accounts: None,
    ) -> None:
        self.accounts: Mapping[str, Account] = {account.id: account for account in accounts}
        self.store = store
        self._credentials = credentials
        self._finding = threading.Lock()
        self.clock = clock
        self.is_offline = is_offline
        self.on_change = on_change
        self.courtesy = Courtesy()
        self.engine = Engine(self.courtesy)
        self.reader = Reader(store)
        self._http, self._client = http, client
        self._listening: asyncio.Task[None] | None = None
        self._feed: Feed | None = None
        self._lines: dict[str, Line] = {}
        #: Clients for other origins; closed with the session.
        self._visitors: list[Client] = []
        self._changed: set[str] = set()
        #: Accounts of which more is known than that they are asked.
        self._known: set[str] = set()
        self._is_posting = False
        for account in accounts:
            store.bind(account.id, identity(account))

    @property
    def credentials(self) -> Credentials:
        """Where tokens come from."""
        with self._finding:
            if callable(self._credentials):
                self._credentials = self._credentials()
            return self._credentials

    def today(self) -> date:
        """The user's day: what is overdue depends on it."""
        return self.clock().astimezone().date()

    def account(self, name: str) -> Account:
        """The account of an id. Raises UsageError, with the nearest right one."""
        if name not in self.accounts:
            from difflib import get_close_matches

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
        return self._feed.condition(account) if self._feed is not None else self._unasked()

    def _unasked(self) -> Condition:
        from invoicetui.ledger.stand import Condition

        return Condition(is_loading=not self.is_offline)

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
            line = self._lines.get(account)
            if line is not None:
                line.found = None
                await self._retire(line)

        return self.engine.submit(renew())

    def close(self) -> None:
        """End what runs, close connections and the ledger; less than two seconds, whatever is stuck."""
        is_over = self.engine.close(self._disconnect)
        if self.reader.close() and is_over:
            self.store.close()
        # Else somebody still holds the ledger: closing it would mean waiting, and SQLite's file survives anything.

    # ---- on the engine thread

    def feed(self) -> Feed:
        """The feed, made on first use: vendors and their decoder are not needed for the first frame."""
        if self._feed is None:
            from invoicetui.ledger.feed import Feed

            feed = Feed({}, {}, self.store, clock=self.clock, on_change=self._change, courtesy=self.courtesy)
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
        _leave_out_httpx_cli()
        from invoicetui.transport import Client, tls_context

        owner = self.accounts[account]
        transport, tls = self._http(owner), lambda: tls_context(owner.ca_file)
        client = (self._client or Client)(base_url, token=lambda: None, transport=transport, tls=tls)
        self._visitors.append(client)
        return client

    def _connect(self, feed: Feed, account: Account) -> None:
        from invoicetui.vendors import vendor_class

        vendor = vendor_class(account.vendor)(account, self.today)
        line = self._lines[account.id] = Line(vendor)
        feed.put(vendor, self._fetch(line))

    async def _put(self, account: Account) -> None:
        await self._end(account.id)
        self.store.bind(account.id, identity(account))
        if self._feed is not None:
            self._connect(self._feed, account)
        self.accounts = {**self.accounts, account.id: account}
        self._change(account.id)

    async def _end(self, account: str) -> None:
        """A page that is under way would be stored among the rows of what the account is from now on."""
        line = self._lines.get(account)
        if line is not None:
            line.is_over = True
            await self._retire(line)
        if self._feed is not None:
            await self._feed.drop(account)  # last: nothing may begin between this and what comes next

    async def _retire(self, line: Line) -> None:
        connection, line.connection = line.connection, None
        if connection is not None:
            connection.is_retired = True
            await connection.close_unused()

    async def _disconnect(self) -> None:
        connections = [line.connection for line in self._lines.values()]
        for client in [*self._visitors, *(connection.client for connection in connections if connection is not None)]:
            with suppress(Exception):  # the others are to be closed, too
                await client.aclose()

    async def _verify(self, account: Account, secret: Secret, on_wait: Callable[[str], None]) -> Page:
        from invoicetui.vendors import vendor_class
        from invoicetui.vendors.base import EVERYTHING

        vendor = vendor_class(account.vendor)(account, self.today)
        listing = next(listing for listing in vendor.split(EVERYTHING) if not listing.is_optional)
        token = vendor.first(listing)
        request = vendor.request(listing, token)
        client = self._opened(vendor, secret, lambda wait: on_wait(_sentence(wait)))
        try:
            answer = await client.get(request.path, request.params)
        finally:
            await client.aclose()
        return vendor.page(listing, token, answer.body, answer.headers)

    def _fetch(self, line: Line) -> Callable[[Request], Coroutine[Any, Any, Answer]]:
        return lambda request: self._asked(line, lambda client: client.get(request.path, request.params))

    async def _asked(self, line: Line, work: Callable[[Client], Awaitable[T]]) -> T:
        connection = await self._connection(line)
        connection.requests += 1
        try:
            return await work(connection.client)
        except TokenRefused as error:
            # The next wish looks for the token again: it may have been replaced meanwhile.
            if line.connection is connection:
                await self._retire(line)
            what = f"{error.what} (token from {connection.source})" if connection.source else error.what
            raise TokenRefused(what, error.remedy) from None
        finally:
            self._waited(line, asyncio.current_task())
            connection.requests -= 1
            await connection.close_unused()

    async def _connection(self, line: Line) -> Connection:
        async with line.lock:
            if line.connection is None and not line.is_over:
                account = line.vendor.account
                line.found = found = await self.credentials.find(account)
                line.has_listened &= found.is_pending
                if found.secret is None:
                    self._listen()
                    raise found.error(account)
                if line.is_over:  # another took its place meanwhile: nobody would close what is opened now
                    raise asyncio.CancelledError
                client = self._opened(line.vendor, found.secret, lambda wait: self._waits(line, wait))
                line.connection = Connection(client, found.source)
            if line.connection is None or line.is_over:
                raise asyncio.CancelledError
            return line.connection

    def _listen(self) -> None:
        """A keyring that is late may have its own window open: who types into it needs no further key here."""
        if self._listening is None and self._unheard():
            self._listening = asyncio.create_task(self._go_on())

    def _unheard(self) -> list[tuple[str, Line]]:
        """Accounts whose token the keyring may still hand out. Once each: a keyring that is always late stays so."""
        lines = self._lines.items()
        return [(name, line) for name, line in lines if line.found and line.found.is_pending and not line.has_listened]

    async def _go_on(self) -> None:
        await self.credentials.answered()
        self._listening, unheard = None, self._unheard()
        for _, line in unheard:
            line.has_listened = True
        await self.feed().refresh([name for name, line in unheard if not line.is_over])

    def _waits(self, line: Line, wait: Wait) -> None:
        asking, sentence = asyncio.current_task(), _sentence(wait)
        line.waits[asking] = sentence
        self._tell_waits(line)
        self.engine.loop.call_later(wait.seconds, self._waited, line, asking, sentence)

    def _waited(self, line: Line, asking: object, sentence: str = "") -> None:
        """A request waits no more: its retry is under way (after the wait of that sentence), or it has ended."""
        if asking in line.waits and sentence in ("", line.waits[asking]):
            del line.waits[asking]
            self._tell_waits(line)

    def _tell_waits(self, line: Line) -> None:
        if not line.is_over:
            self.feed().waits(line.vendor.account.id, next(reversed(line.waits.values()), ""))

    def _opened(self, vendor: Vendor, secret: Secret, on_wait: Callable[[Wait], None]) -> Client:
        _leave_out_httpx_cli()
        from invoicetui.transport import Client, tls_context

        account = vendor.account
        return (self._client or Client)(
            account.base_url,
            token=lambda: secret,
            auth_scheme=vendor.auth_scheme,
            transport=self._http(account),
            tls=lambda: tls_context(account.ca_file, account.client_cert, account.client_key),
            on_wait=on_wait,
        )

    def _change(self, account: str) -> None:
        if account not in self._known and self.condition(account) == self._unasked():
            return  # it is shown as loading already, and telling it would hold up the news of its first page
        self._known.add(account)
        self._changed.add(account)
        if not self._is_posting:
            self._is_posting = True
            self.engine.loop.call_soon(self._post)

    def _post(self) -> None:
        if not self._changed:
            self._is_posting = False
            self.store.tidy()
            return
        changed, self._changed = frozenset(self._changed), set()
        self.engine.loop.call_later(1 / CHANGES_PER_SECOND, self._post)
        self.on_change(changed)


def _leave_out_httpx_cli() -> None:
    """httpx imports a command line of its own where click is installed, and with it half as much again."""
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None: it cannot be imported


def _sentence(wait: Wait) -> str:
    return f"{wait.reason}, again in {wait.seconds:.0f} s ({wait.attempt} of {wait.of})"


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
