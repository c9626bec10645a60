"""Loading everything over real sockets: what is under way at once, when requests leave, what stays in memory."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from invoicetui.ledger.allowance import Allowance
from invoicetui.ledger.feed import Feed
from invoicetui.ledger.query import parse
from invoicetui.ledger.store import Store, WalkState
from invoicetui.ledger.walk import CONCURRENCY
from invoicetui.model import Account, Invoice, Secret, Side
from invoicetui.transport import Client
from invoicetui.vendors import vendor_class
from invoicetui.vendors.base import Request
from tests.conftest import Running, Serve
from tests.ledger.ledgers import TODAY, Clock
from tests.ledger.scripted import Answer as Page
from tests.ledger.scripted import settle
from tests.servers.meteroid import FakeMeteroid
from tests.servers.northflank import FakeNorthflank
from tests.servers.opterius import FakeOpterius
from tests.servers.serving import Answer, Query, Reply


def counted(answer: Answer, remaining: str) -> Answer:
    """The answers of a server that says how many requests are left."""

    def saying(method: str, path: str, query: Query, headers: Mapping[str, str], body: bytes) -> Reply:
        reply = answer(method, path, query, headers, body)
        return replace(reply.with_header("X-RateLimit-Remaining", remaining), delay=0.01)

    return saying


async def load_all(running: Running, store: Any) -> Feed:
    """Everything the server has, by the client that the program uses."""
    fake, server = running
    account = Account("acme", fake.vendor, "Acme", Side.RECEIVED, server.url, fake.options())
    client = Client(server.url, token=lambda: Secret(fake.token), environ={})
    feed = Feed({}, {}, store, clock=Clock())
    feed.put(
        vendor_class(fake.vendor)(account, lambda: TODAY), lambda request: client.get(request.path, request.params)
    )
    try:
        await feed.load_all(parse("", [account]))
    finally:
        await client.aclose()
    assert feed.condition("acme").problem is None
    assert store.counts(["acme"]) == {"acme": len(fake.expected("acme"))}
    return feed


@pytest.mark.parametrize(("remaining", "most"), [("3", 3), ("0", 1), ("1847", CONCURRENCY), ("soon", CONCURRENCY)])
async def test_no_more_requests_are_under_way_than_the_vendor_says_are_left(
    serve: Serve, remaining: str, most: int
) -> None:
    fake = FakeOpterius(1_100, today=TODAY)
    running = serve(fake, counted(fake.answer, remaining))
    store = Store.open(None, clock=Clock())
    await load_all(running, store)
    store.close()
    # A client opens another connection when all it has are in use.
    assert running.server.connections == most
    assert len(running.server.asked) == 11


class _Allowed:
    """A vendor that answers when it is told to; `most` of its requests were under way at once."""

    def __init__(self) -> None:
        self.answers: list[asyncio.Future[Page]] = []
        self.fetch = Allowance(self._fetch)

    async def _fetch(self, request: Request) -> Page:
        self.answers.append(asyncio.get_running_loop().create_future())
        return await self.answers[-1]

    def ask(self, count: int) -> list[asyncio.Task[Any]]:
        return [asyncio.ensure_future(self.fetch(Request("/"))) for _ in range(count)]

    async def answer(self, number: int, left: int | None) -> int:
        """Answer a request; how many more are under way then."""
        self.answers[number].set_result(Page(b"", {} if left is None else {"x-ratelimit-remaining": str(left)}))
        await settle()
        return sum(not one.done() for one in self.answers)


async def test_what_is_left_counts_those_that_are_under_way() -> None:
    vendor = _Allowed()
    vendor.ask(1)
    await settle()
    assert await vendor.answer(0, 3) == 0
    asked = vendor.ask(6)
    await settle()
    assert len(vendor.answers) == 1 + 3
    assert await vendor.answer(1, 2) == 2
    assert await vendor.answer(3, 0) == 1, "none but those that have left"
    assert await vendor.answer(2, 5) == 1, "an answer to an earlier question says nothing new, and one may always ask"
    assert await vendor.answer(4, None) == 2, "nothing is said any more: all that wait may go"
    for number in (5, 6):
        await vendor.answer(number, None)
    await asyncio.gather(*asked)


async def test_who_does_not_wait_any_more_takes_no_turn() -> None:
    vendor = _Allowed()
    (first,) = vendor.ask(1)
    await settle()
    await vendor.answer(0, 1)
    held, gone, next_one = vendor.ask(3)
    await settle()
    gone.cancel()
    await settle()
    assert await vendor.answer(1, 1) == 1
    await vendor.answer(2, 1)
    await asyncio.gather(first, held, next_one)
    assert len(vendor.answers) == 3


class Waiting:
    """A store that keeps no page before the server was asked for the one that should be under way by then."""

    def __init__(self, store: Store, pages: int, ahead: int) -> None:
        self._store, self._pages, self._ahead = store, pages, ahead
        self._asked = 0
        self._change = threading.Condition()
        self.late: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def watched(self, answer: Answer) -> Answer:
        def noted(method: str, path: str, query: Query, headers: Mapping[str, str], body: bytes) -> Reply:
            with self._change:
                self._asked += 1
                self._change.notify_all()
            return answer(method, path, query, headers, body)

        return noted

    def put_page(self, owner: str, entries: Any, state: WalkState, **options: Any) -> Any:
        if state.pages > 1:
            due = min(state.pages + self._ahead, self._pages)
            with self._change:
                if not self._change.wait_for(lambda: self._asked >= due, 1):
                    self.late.append(state.pages)
        return self._store.put_page(owner, entries, state, **options)


@pytest.mark.parametrize(
    ("fake", "ahead"), [(FakeNorthflank(420, today=TODAY), 1), (FakeMeteroid(1_320, today=TODAY), CONCURRENCY)]
)
async def test_the_next_request_is_at_the_vendor_before_a_page_is_stored(
    serve: Serve, fake: FakeNorthflank | FakeMeteroid, ahead: int
) -> None:
    count = -(-len(fake.expected("acme")) // 100)
    store = Store.open(None, clock=Clock())
    waiting = Waiting(store, count, ahead)
    await load_all(serve(fake, waiting.watched(fake.answer)), waiting)
    store.close()
    assert len(waiting.late) <= 2, "first connections take their time on a busy machine"


async def test_what_was_loaded_stays_in_the_ledger_alone(serve: Serve) -> None:
    store = Store.open(None, clock=Clock())
    before = _held()
    feed = await load_all(serve(FakeMeteroid(1_320, today=TODAY)), store)
    # What an earlier test left behind may be gone by now.
    assert all(now <= then for now, then in zip(_held(), before, strict=True))
    assert not feed.condition("acme").has_more
    store.close()


def _held() -> tuple[int, int]:
    """How many invoices there are in memory, and records as received."""
    gc.collect()
    objects = gc.get_objects()
    records = {id(one) for item in objects for one in gc.get_referents(item) if _is_record(one)}
    return sum(type(item) is Invoice for item in objects), len(records)


def _is_record(item: object) -> bool:
    return type(item) is bytes and item.startswith(b'{"id":"inv_')
