"""Wiring: account → vendor → client → feed, opened and closed in one place, on the engine thread.

Two daemon threads stand behind a session. The *engine* runs an event loop for network, decoding and writing; the
*reader* makes views and is interrupted by the next wish. Whoever paints only posts wishes and takes futures.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from invoicetui.errors import TokenRefused
from invoicetui.ledger.store import Interrupted, Store
from invoicetui.model import Account

if TYPE_CHECKING:
    from invoicetui.config import VendorFacts
    from invoicetui.credentials import Credentials, Found
    from invoicetui.ledger.feed import Condition, Feed, Stand
    from invoicetui.ledger.query import Query
    from invoicetui.transport import Answer, Client, Network, Wait
    from invoicetui.vendors.base import Request

T = TypeVar("T")

#: Changes reach the listener at most this often; the first after a pause at once.
CHANGES_PER_SECOND = 10


class Engine:
    """A daemon thread with its own event loop. Futures are concurrent ones; cancelling one cancels its task."""

    def __init__(self, name: str = "invoicetui-engine") -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the engine's loop, from any thread."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def close(self, timeout: float = 1.0) -> None:
        """Cancel what runs and end the thread; what does not end in time is left to the process's end."""
        if self._thread.is_alive():
            self.loop.call_soon_threadsafe(self._stop)
            self._thread.join(timeout)
        if not self._thread.is_alive() and not self.loop.is_closed():
            self.loop.close()

    def _stop(self) -> None:
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()

        async def finish() -> None:
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.loop.shutdown_asyncgens()
            self.loop.stop()

        self.loop.create_task(finish())


class Reader:
    """One daemon thread for reading the ledger. A newer wish of the same kind replaces and interrupts an older one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._queue: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._latest: dict[str, Future[Any]] = {}
        self._running: Future[Any] | None = None
        self._thread = threading.Thread(target=self._run, name="invoicetui-reader", daemon=True)
        self._thread.start()

    def submit(self, kind: str, work: Callable[[], T]) -> Future[T]:
        """Read on the reader thread. The future of a wish that was overtaken is cancelled."""
        future: Future[T] = Future()
        older = self._latest.get(kind)
        self._latest[kind] = future
        self._queue.put((future, work))
        if older is not None and not older.done() and not older.cancel() and older is self._running:
            self._store.interrupt()
        return future

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            future, work = item
            if not future.set_running_or_notify_cancel():
                continue
            self._running = future
            try:
                future.set_result(work())
            except Interrupted:
                future.set_exception(CancelledError())
            except BaseException as error:
                future.set_exception(error)
            finally:
                self._running = None

    def close(self) -> None:
        self._queue.put(None)
        self._store.interrupt()
        self._thread.join(1.0)


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
        self._changed: set[str] = set()
        self._is_posting = False
        for account in accounts:
            store.bind(account.id, identity(account))

    def today(self) -> date:
        """The user's day: what is overdue depends on it."""
        return self.clock().astimezone().date()

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

    def close(self) -> None:
        """End what runs, close connections and the ledger. Never waits long for anything."""

        async def end() -> None:
            for line in self._lines.values():
                if line.client is not None:
                    await line.client.aclose()

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
            from invoicetui.vendors import vendor_class

            self._lines = {name: _Line(account) for name, account in self.accounts.items()}
            self._feed = Feed(
                {
                    name: vendor_class(line.account.vendor)(line.account, self.today)
                    for name, line in self._lines.items()
                },
                {name: self._fetch(line) for name, line in self._lines.items()},
                self.store,
                clock=self.clock,
                on_change=self._change,
            )
        return self._feed

    def _fetch(self, line: _Line) -> Callable[[Request], Coroutine[Any, Any, Answer]]:
        async def fetch(request: Request) -> Answer:
            client = await self._client(line)
            try:
                return await client.get(request.path, request.params)
            except TokenRefused as error:
                # The next wish looks for the token again: it may have been replaced meanwhile.
                if line.client is client:
                    line.client = None
                    await client.aclose()
                source = line.found.source if line.found is not None else ""
                raise TokenRefused(
                    f"{error.what} (token from {source})" if source else error.what, error.remedy
                ) from None

        return fetch

    async def _client(self, line: _Line) -> Client:
        from invoicetui.transport import Client, tls_context

        async with line.lock:
            if line.client is None:
                found = await self.credentials.find(line.account)
                line.found = found
                secret = found.secret
                if secret is None:
                    raise found.error(line.account)
                vendor = self.feed().vendors[line.account.id]
                account = line.account
                line.client = Client(
                    account.base_url,
                    token=lambda: secret,
                    auth_scheme=vendor.auth_scheme,
                    transport=self._http(account),
                    tls=lambda: tls_context(account.ca_file, account.client_cert, account.client_key),
                    on_wait=lambda wait: self._wait(account.id, wait),
                )
            return line.client

    def _wait(self, account: str, wait: Wait) -> None:
        self.feed().waits(account, f"{wait.reason}, again in {wait.seconds:.0f} s ({wait.attempt} of {wait.of})")

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
    from invoicetui.vendors import NAMES, vendor_class

    return {
        vendor.name: VendorFacts(vendor.name, vendor.label, vendor.base_url, vendor.side, vendor.options)
        for vendor in map(vendor_class, NAMES)
    }


def identity(account: Account) -> str:
    """What rows are bound to: when one of these changes, stored rows belong to something else and are set aside."""
    from invoicetui.address import host_of

    bound = {name: value for name, value in account.options.items() if name not in _NOT_IDENTITY}
    parts = [account.vendor, host_of(account.base_url), *(f"{name}={bound[name]}" for name in sorted(bound))]
    return " ".join(parts)


#: Options that change how an account is asked, not whose invoices it holds.
_NOT_IDENTITY = frozenset({"auth_scheme", "document_url"})
