"""Answers that come when nobody wants them any more, or after newer ones: they change nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from invoicetui.errors import NotAllowed
from invoicetui.ledger.feed import Feed
from tests.faults.bench import Bench, until
from tests.faults.conftest import Start
from tests.servers import serving
from tests.servers.meteroid import FakeMeteroid
from tests.servers.opterius import FakeOpterius

Meant = Callable[[serving.Query], bool]


class Held:
    """Answers of one account that are made when they are asked for and come when `let_go` is called."""

    def __init__(self, bench: Bench, account: str, is_meant: Meant) -> None:
        self._event, self._switch = threading.Event(), bench.switches[account]
        self._switch.on(lambda reply: replace(reply, hold=self._event), is_meant, times=1)
        self._server = bench.running[account].server

    def asked(self) -> None:
        """Wait until the request has come and its answer is made."""
        until(lambda: self._switch.struck)

    def let_go(self) -> None:
        """Let the answer come, and wait until a client that still listens has it."""
        self._switch.off()
        self._event.set()


def page(number: str) -> Meant:
    return lambda query: dict(query).get("page") == number and "status" not in dict(query)


def with_status(query: serving.Query) -> bool:
    return "status" in dict(query)


def one_invoice(query: serving.Query) -> bool:
    return not query


@pytest.fixture
def bench(start: Start) -> Bench:
    return start({"a": FakeOpterius(15), "b": FakeOpterius(6, token="another-Token/2")})


def settled(bench: Bench) -> None:
    """Everything that was under way on the engine has come to an end: what comes now would have come before."""
    until(lambda: not any(bench.condition(name).is_loading for name in bench.session.accounts))
    bench.begin(lambda feed: _nothing()).result(5)


async def _nothing() -> None:
    return None


def pay(bench: Bench, at: int) -> str:
    """The vendor now has this invoice as paid; its key."""
    fake: Any = bench.running["a"].fake
    fake.truths[at] = replace(fake.truths[at], status="paid", amount_due=0)
    return str(fake.truths[at].id)


def unpaid(bench: Bench, first: int, last: int) -> int:
    fake: Any = bench.running["a"].fake
    return next(at for at in range(first, last) if fake.truths[at].status in ("unpaid", "overdue"))


def status(bench: Bench, key: str) -> str:
    row = bench.session.store.find("a", key)
    assert row is not None
    return str(row.vendor_status)


def test_a_page_does_not_overwrite_what_a_filtered_list_said_later(bench: Bench) -> None:
    bench.open()
    at = unpaid(bench, 4, 8)
    late = Held(bench, "a", page("2"))
    wish = bench.begin(lambda feed: feed.more(bench.query(accounts=["a"]), feed.stands(bench.query(accounts=["a"]))[0]))
    late.asked()
    key = pay(bench, at)
    bench.load_all("account:a status:paid")
    assert status(bench, key) == "paid"
    late.let_go()
    wish.result(10)
    assert bench.held("a") >= 8, "the page came"
    assert status(bench, key) == "paid"


def test_a_first_page_does_not_overwrite_what_a_single_invoice_said_later(bench: Bench) -> None:
    bench.open()
    at = unpaid(bench, 0, 4)
    fake: Any = bench.running["a"].fake
    fake.truths[at] = replace(fake.truths[at], amount_due=7)
    late = Held(bench, "a", page("1"))
    wish = bench.begin(lambda feed: feed.refresh(["a"]))
    late.asked()
    key = pay(bench, at)
    bench.begin(lambda feed: feed.detail("a", key)).result(10)
    assert status(bench, key) == "paid"
    late.let_go()
    wish.result(10)
    assert status(bench, key) == "paid"


def test_a_single_invoice_does_not_overwrite_what_the_list_said_later(bench: Bench) -> None:
    bench.open()
    at = unpaid(bench, 0, 4)
    key = str(bench.running["a"].fake.expected("a")[at]["key"])
    late = Held(bench, "a", one_invoice)
    wish = bench.begin(lambda feed: feed.detail("a", key))
    late.asked()
    pay(bench, at)
    bench.begin(lambda feed: feed.refresh(["a"])).result(10)
    assert status(bench, key) == "paid"
    late.let_go()
    wish.result(10)
    assert status(bench, key) == "paid"


def test_a_page_of_an_account_that_moved_is_not_stored_in_what_it_is_now(bench: Bench) -> None:
    late = Held(bench, "a", page("1"))
    wish = bench.begin(lambda feed: feed.open(bench.query(accounts=["a"])))
    late.asked()
    account, there = bench.session.accounts["a"], bench.running["b"]
    bench.env["INVOICETUI_TOKEN_A"] = there.fake.token
    bench.session.put_account(replace(account, base_url=there.server.url)).result(10)
    late.let_go()
    wish.result(10)
    settled(bench)
    assert bench.held("a") == 0
    bench.load_all("account:a")
    assert {row["key"] for row in bench.rows("a")} == {str(row["key"]) for row in there.fake.expected("a")}
    assert {one.authorization for one in there.server.asked} == {"expected"}


def test_a_wish_in_the_moment_an_account_changes_is_asked_of_what_it_becomes(bench: Bench) -> None:
    bench.open()
    account, there = bench.session.accounts["a"], bench.running["b"]
    changed = replace(account, base_url=there.server.url)
    bench.env["INVOICETUI_TOKEN_A"] = there.fake.token
    late = Held(bench, "a", page("1"))
    refreshed = bench.begin(lambda feed: feed.refresh(["a"]))
    late.asked()

    async def both(feed: Feed) -> None:
        put = asyncio.create_task(bench.session._put(changed))
        wishes = []
        while not put.done():
            wishes.append(asyncio.create_task(feed.open(bench.query("status:void", ["a"]))))
            wishes.append(asyncio.create_task(feed.refresh(["a"])))
            await asyncio.sleep(0)
        await asyncio.gather(*wishes)

    bench.begin(both).result(10)
    late.let_go()
    refreshed.result(10)
    bench.refresh()
    bench.load_all()
    assert bench.condition("a").problem is None
    assert {row["key"] for row in bench.rows("a")} == {str(row["key"]) for row in there.fake.expected("a")}


def test_a_page_of_an_account_that_was_removed_is_stored_nowhere(bench: Bench) -> None:
    late = Held(bench, "a", page("1"))
    wish = bench.begin(lambda feed: feed.open(bench.query()))
    late.asked()
    removed = bench.session.remove_account("a")
    removed.result(10)
    late.let_go()
    settled(bench)
    assert wish.done() or wish.cancel()
    assert bench.session.store.counts(["a"]) == {"a": 0}
    assert list(bench.session.accounts) == ["b"]
    bench.load_all()
    assert bench.wrong("b") == []


def test_a_filter_that_is_no_longer_wanted_changes_nothing(bench: Bench) -> None:
    bench.open()
    late = Held(bench, "a", with_status)
    before = bench.rows("a")
    wish = bench.begin(lambda feed: feed.load_all(bench.query("account:a status:void")))
    late.asked()
    wish.cancel()
    until(lambda: not bench.condition("a").is_loading)
    late.let_go()
    settled(bench)
    assert bench.rows("a") == before
    assert bench.condition("a").problem is None
    bench.load_all()
    assert bench.wrong("a") == []


def test_a_filter_that_failed_and_was_left_is_no_trouble_once_the_vendor_is_well(bench: Bench) -> None:
    bench.open()
    refused = bench.running["a"].fake.refusal(403)
    bench.switches["a"].on(lambda reply: refused, with_status)
    bench.load_all("account:a status:void")
    assert isinstance(bench.condition("a").problem, NotAllowed)
    bench.off()
    bench.refresh()
    assert bench.condition("a").problem is None


def test_a_refresh_that_was_given_up_does_not_answer_the_next_one(start: Start) -> None:
    bench = start({"a": FakeMeteroid(7)})
    bench.open()
    late = Held(bench, "a", lambda query: True)
    wish = bench.begin(lambda feed: feed.refresh(["a"]))
    late.asked()
    wish.cancel()
    until(lambda: not bench.condition("a").is_loading)
    bench.running["a"].fake.add()
    late.let_go()
    bench.refresh()
    bench.load_all()
    assert bench.wrong("a") == []
