"""Open invoices beyond the first page: asked about again by a refresh, and only then."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from invoicetui.errors import (
    RateLimited,
    Unreachable,
)
from invoicetui.ledger.feed import SINGLES, Feed
from invoicetui.ledger.store import Store
from tests.ledger.ledgers import Clock
from tests.ledger.scripted import (
    Envelope,
    Filtering,
    Gate,
    Scripted,
    Server,
    failing,
    feed,
    paid,
    query,
)


async def known(store: Store, server: Server, count: int, kind: type[Scripted] = Scripted) -> Feed:
    """A new session after an earlier one that saw `count` open invoices below ten paid ones."""
    server.add(count, state="open")
    server.add(10)
    await feed(store, server, kind=kind).load_all(query())
    server.asked.clear()
    return feed(store, server, kind=kind)


async def test_open_invoices_are_asked_for_singly_by_a_refresh_only(store: Store) -> None:
    server = Server()
    mine = await known(store, server, 12)
    server.row(5)["state"] = "paid"
    await mine.open(query())
    assert server.asked == ["1"]
    assert not paid(store, "5")
    await mine.refresh(["a"])
    assert sorted(server.asked[2:]) == sorted(f"one {number}" for number in range(1, 13))
    assert paid(store, "5")
    assert not paid(store, "6")
    assert mine.condition("a").problem is None


async def test_only_those_seen_longest_ago_are_asked_for(store: Store, clock: Clock) -> None:
    server = Server()
    mine = await known(store, server, 45)
    for number in range(1, 46):
        clock.now += timedelta(minutes=5)
        key = str(number)
        await mine._see(mine.walks(query())[0], key, mine.vendors["a"].single(key))  # type: ignore[arg-type]  # digits
    server.asked.clear()
    await mine.refresh(["a"])
    assert server.asked[0] == "1"
    assert sorted(server.asked[1:]) == sorted(f"one {number}" for number in range(1, 21))
    assert len(server.asked) == 1 + SINGLES
    assert server.most_at_once <= 8


async def test_open_invoices_on_the_first_page_are_not_asked_for_again(store: Store) -> None:
    server = Server()
    server.add(10, state="open")
    mine = feed(store, server)
    await mine.refresh(["a"])
    assert server.asked == ["1"]


async def test_where_the_vendor_lists_what_is_open_that_list_is_read(store: Store) -> None:
    server = Server()
    mine = await known(store, server, 25, Filtering)
    server.row(3)["state"] = server.row(21)["state"] = "paid"
    server.remove(4)
    await mine.refresh(["a"])
    assert server.asked[:4] == ["1", "open:1", "open:2", "open:3"]
    assert sorted(server.asked[4:]) == ["one 21", "one 3", "one 4"]
    assert [paid(store, key) for key in ("3", "21", "4", "5")] == [True, True, False, False]
    server.asked.clear()
    await mine.refresh(["a"])
    assert "one 4" not in server.asked, "it is gone, and was told so"


async def test_what_is_open_no_longer_is_only_known_from_a_whole_list(store: Store) -> None:
    server = Server()
    mine = await known(store, server, 25, Filtering)
    server.change = failing(Unreachable("no answer"), "open:2")
    await mine.refresh(["a"])
    assert not any(asked.startswith("one") for asked in server.asked)
    assert str(mine.condition("a").problem) == "no answer"


async def test_a_rate_limit_ends_the_single_requests_and_is_told(store: Store) -> None:
    server = Server()
    mine = await known(store, server, 20)

    async def limited(asked: str, envelope: Envelope) -> Envelope:
        if asked.startswith("one"):
            raise RateLimited("enough")
        return envelope

    server.change = limited
    await mine.refresh(["a"])
    assert len(server.asked) <= 1 + 8
    assert str(mine.condition("a").problem) == "enough"
    server.change = None
    await mine.refresh(["a"])
    assert mine.condition("a").problem is None


async def test_nothing_more_is_asked_of_an_account_whose_first_page_failed(store: Store) -> None:
    server = Server()
    mine = await known(store, server, 5)
    server.change = failing(Unreachable("no answer"), "1")
    await mine.refresh(["a"])
    assert server.asked == ["1"]


async def test_a_late_single_answer_does_not_overwrite_a_newer_page(store: Store) -> None:
    server = Server()
    mine = await known(store, server, 3)
    server.change = gate = Gate("one 1", "one 2", "one 3")
    refreshed = asyncio.create_task(mine.refresh(["a"]))
    await gate.reached.wait()
    server.remove(*range(4, 14))
    server.rows = [row | {"state": "paid"} for row in server.rows]
    await mine.walks(query())[0].refresh()
    assert paid(store, "2")
    gate.open()
    await refreshed
    assert paid(store, "2")
