"""Five vendors and a bystander on loopback, each behind a switch, and one session over them that waits for nothing."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import Future
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from invoicetui.config import load
from invoicetui.credentials import Credentials
from invoicetui.ledger.feed import NEWEST_FIRST, Condition, Feed, Stand
from invoicetui.ledger.query import Query, parse
from invoicetui.ledger.store import Store
from invoicetui.output import fields
from invoicetui.session import Session, vendor_facts
from invoicetui.transport import Client
from tests.conftest import ConfigFor, Configured, Running, Serve
from tests.servers import serving
from tests.servers.fake import Fake
from tests.servers.faults import Switch, sized
from tests.servers.meteroid import FakeMeteroid
from tests.servers.northflank import FakeNorthflank
from tests.servers.opterius import FakeOpterius
from tests.servers.rows import differences
from tests.servers.versori import FakeVersori
from tests.servers.voxmind import FakeVoxmind

T = TypeVar("T")

KINDS: Mapping[str, Callable[..., Fake]] = {
    "voxmind": FakeVoxmind,
    "northflank": FakeNorthflank,
    "meteroid": FakeMeteroid,
    "opterius": FakeOpterius,
    "versori": FakeVersori,
}
VENDORS = tuple(KINDS)
BYSTANDER = "bystander"
#: Invoices in all and on a page: two pages, and for Versori, which has none, two windows of a year.
COUNTS = {"voxmind": 7, "northflank": 7, "meteroid": 7, "opterius": 7, "versori": 60}
SIZE = 4
FIRST_PAGES = {"voxmind": "1", "meteroid": "0", "opterius": "1"}


def now() -> datetime:
    return datetime.now(UTC)


async def at_once(seconds: float) -> None:
    """Waits of the transport, as far as its tests are not about them."""
    await asyncio.sleep(0)


def impatient(**options: Any) -> Callable[..., Client]:
    """Makes clients like the real one whose waits before a retry take no time."""
    return partial(Client, environ={}, sleep=at_once, jitter=lambda: 0.5, **options)


def is_main(query: serving.Query) -> bool:
    """Whether a request belongs to the list of all invoices, and not to Versori's upcoming one or to a filter."""
    names = {name for name, _ in query}
    return bool(names & {"page", "per_page", "perPage", "from"}) and not names & {"status", "statuses"}


class Bench:
    """One session over running fakes, by account: `switches` turn their faults on, `env` holds their tokens."""

    def __init__(
        self, running: Mapping[str, Running], switches: Mapping[str, Switch], session: Session, configured: Configured
    ) -> None:
        self.running, self.switches, self.session = running, switches, session
        self.config, self.env = configured

    # ---- what is asked for

    def query(self, text: str = "", accounts: Iterable[str] | None = None) -> Query:
        names = tuple(accounts) if accounts is not None else tuple(self.session.accounts)
        return parse(text, [self.session.accounts[name] for name in names])

    def open(self) -> None:
        self.session.submit(lambda feed: feed.open(self.query())).result(20)

    def more(self, account: str) -> None:
        async def one(feed: Feed) -> None:
            query = self.query(accounts=[account])
            await feed.more(query, next(stand for stand in feed.stands(query) if not stand.listing))

        self.session.submit(one).result(20)

    def load_all(self, text: str = "") -> None:
        self.session.submit(lambda feed: feed.load_all(self.query(text))).result(20)

    def begin(self, work: Callable[[Feed], Coroutine[Any, Any, T]]) -> Future[T]:
        """A wish that nobody waits for yet."""
        return self.session.submit(work)

    def refresh(self) -> None:
        self.session.submit(lambda feed: feed.refresh(self.session.accounts)).result(20)

    def on(
        self, change: Callable[[str], Callable[[serving.Reply], serving.Reply]], moment: str, **options: Any
    ) -> None:
        """Turn a vendor's fault on for every request ("all"), or for those beyond the first page ("later")."""
        for vendor in VENDORS:
            is_meant = partial(self.is_later, vendor) if moment == "later" else is_main if moment == "main" else _any
            self.switches[vendor].on(change(vendor), is_meant, **options)

    def off(self) -> None:
        for switch in self.switches.values():
            switch.off()

    def is_later(self, vendor: str, query: serving.Query) -> bool:
        """Whether a request is for another page than the first of the list of all invoices."""
        asked = dict(query)
        if vendor == "northflank":
            return "cursor" in asked
        if vendor == "versori":
            return "to" in asked and asked["to"] != self.session.today().isoformat()
        return is_main(query) and asked.get("page") != FIRST_PAGES[vendor]

    # ---- what there is

    def condition(self, account: str) -> Condition:
        return self.session.condition(account)

    def stand(self, account: str) -> Stand:
        """How far the list of all invoices is."""
        stands = self.session.stands(self.query(accounts=[account]))
        return next(stand for stand in stands if not stand.listing)

    def rows(self, account: str) -> list[dict[str, Any]]:
        store, today = self.session.store, self.session.today()
        ids = store.view(self.query(accounts=[account]), NEWEST_FIRST, [account], today)
        return [fields(row, today) for row in store.rows(ids) if row is not None]

    def held(self, account: str) -> int:
        return self.session.store.counts([account])[account]

    def wrong(self, account: str) -> list[str]:
        """How the ledger differs from what the vendor holds."""
        return differences(self.rows(account), self.running[account].fake.expected(account, self.session.today()))

    def tries(self, account: str) -> int:
        """How many requests of the list of all invoices met the fault."""
        return sum(is_main(query) for query in self.switches[account].struck)


def until(holds: Callable[[], object], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        threading.Event().wait(0.002)


def _any(query: serving.Query) -> bool:
    return True


def bench_over(
    fakes: Mapping[str, Fake],
    serve: Serve,
    config_for: ConfigFor,
    *,
    size: int = SIZE,
    path: Path | None = None,
    client: Callable[..., Client] | None = None,
) -> Bench:
    """A bench with pages of `size` invoices, whose session the caller closes."""
    switches = {name: Switch(sized(fake.answer, size)) for name, fake in fakes.items()}
    running = {name: serve(fake, switches[name]) for name, fake in fakes.items()}
    configured = config_for(running)
    return Bench(running, switches, session_over(configured, path=path, client=client or impatient()), configured)


def session_over(configured: Configured, *, path: Path | None = None, client: Callable[..., Client]) -> Session:
    accounts = load(configured.path, vendor_facts()).accounts
    credentials = Credentials(environ=configured.env)
    return Session(accounts, Store.open(path, clock=now), credentials, clock=now, client=client)
