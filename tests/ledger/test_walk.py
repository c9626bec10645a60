"""Walks: what is asked for and how often, who waits for what, and what failures leave behind."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from invoicetui.errors import InvoicetuiError, LedgerError, Rejected, Unreachable
from invoicetui.ledger.arrivals import Arrivals
from invoicetui.ledger.store import Store
from invoicetui.ledger.walk import CONCURRENCY
from invoicetui.vendors.base import Listing
from tests.ledger.scripted import (
    BEGIN,
    OPEN,
    Envelope,
    Gate,
    Server,
    Watched,
    failing,
    pages,
    settle,
    stored,
    walk,
)

# One page after another


async def test_a_page_is_asked_for_once_and_only_when_wanted(store: Store) -> None:
    server = Server(25)
    mine = walk(server, store)
    await mine.open()
    await mine.open()
    assert server.asked == ["1"]
    assert (mine.has_more, mine.state.total, mine.state.horizon) == (True, 25, BEGIN + timedelta(days=16))
    await mine.more()
    await mine.more()
    await mine.more()
    assert server.asked == ["1", "2", "3"]
    assert stored(store) == server.keys
    assert (mine.has_more, mine.problem) == (False, None)


async def test_who_wants_the_same_page_waits_for_the_same_request(store: Store) -> None:
    server = Server(25)
    mine = walk(server, store)
    await asyncio.gather(mine.open(), mine.open(), mine.more(), mine.refresh())
    assert server.asked == ["1"]
    await asyncio.gather(mine.more(), mine.more())
    assert server.asked == ["1", "2"]


async def test_a_refresh_joins_a_first_page_that_is_under_way(store: Store) -> None:
    server = Server(25)
    server.change = gate = Gate("1")
    mine = walk(server, store)
    opened = asyncio.create_task(mine.open())
    await gate.reached.wait()
    refreshed = asyncio.create_task(mine.refresh())
    await settle()
    gate.open()
    await asyncio.gather(opened, refreshed)
    assert server.asked == ["1"]


async def test_a_fetch_goes_on_while_anybody_waits_for_it(store: Store) -> None:
    server = Server(25)
    mine = walk(server, store)
    server.change = gate = Gate("1")
    one, other = asyncio.create_task(mine.open()), asyncio.create_task(mine.open())
    await gate.reached.wait()
    one.cancel()
    await settle()
    assert mine.progress.is_loading
    gate.open()
    await other
    assert mine.is_open


async def test_a_fetch_that_nobody_waits_for_ends(store: Store) -> None:
    server = Server(25)
    mine = walk(server, store)
    server.change = gate = Gate("1")
    only = asyncio.create_task(mine.more())
    await gate.reached.wait()
    only.cancel()
    await settle()
    assert not mine.progress.is_loading
    gate.open()
    await settle()
    assert (mine.progress.arrived, mine.problem) == (0, None)
    assert stored(store) == set()


async def test_a_fetch_cancelled_before_it_begins_leaves_the_walk_alive(store: Store) -> None:
    server = Server(5)
    mine = walk(server, store)
    wish = asyncio.create_task(mine.open())
    await asyncio.sleep(0)
    wish.cancel()
    await asyncio.sleep(0)
    newcomer = asyncio.create_task(mine.open())
    await newcomer
    assert mine.is_open
    assert not mine.progress.is_loading


async def test_who_comes_while_a_fetch_is_being_cancelled_gets_one_of_its_own(store: Store) -> None:
    server = Server(5)
    mine = walk(server, store)
    ending = asyncio.Event()

    async def slow_to_end(asked: str, envelope: Envelope) -> Envelope:
        if len(server.asked) == 1:
            try:
                await asyncio.Event().wait()
            finally:
                await ending.wait()
        return envelope

    server.change = slow_to_end
    wish = asyncio.create_task(mine.open())
    await settle()
    wish.cancel()
    await settle()
    newcomer = asyncio.create_task(mine.open())
    await settle()
    assert server.asked == ["1"], "never two at once"
    ending.set()
    await newcomer
    assert server.asked == ["1", "1"]
    assert mine.is_open


async def test_a_failure_that_nobody_waits_for_is_told_and_not_reported_as_lost(store: Store) -> None:
    server = Server(5)
    mine = walk(server, store)
    lost: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: lost.append(context))

    async def stubborn(asked: str, envelope: Envelope) -> Envelope:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise Unreachable("gone") from None
        return envelope

    server.change = stubborn
    wish = asyncio.create_task(mine.open())
    await settle()
    wish.cancel()
    await settle()
    del wish
    import gc

    gc.collect()
    assert lost == []
    assert isinstance(mine.problem, Unreachable)


async def test_a_failed_page_leaves_the_walk_where_it_was(store: Store) -> None:
    server = Server(25)
    mine = walk(server, store)
    await mine.open()
    server.change = failing(Unreachable("no answer"), "2")
    with pytest.raises(Unreachable):
        await mine.more()
    assert (str(mine.problem), mine.state.next) == ("no answer", "2")
    server.change = None
    await mine.more()
    assert (mine.problem, mine.state.next) == (None, "3")
    server.change = failing(Unreachable("no answer"), "1")
    with pytest.raises(Unreachable):
        await mine.refresh()
    server.change = None
    await mine.rest()
    assert (stored(store), mine.problem, mine.has_more) == (server.keys, None, False)


@pytest.mark.timeout(5)
async def test_a_refresh_in_the_very_moment_a_page_fails_asks_anew(store: Store) -> None:
    server = Server(25)
    mine = walk(server, store)
    late: list[asyncio.Task[None]] = []

    async def fail(asked: str, envelope: Envelope) -> Envelope:
        server.change = None
        late.append(asyncio.create_task(mine.refresh()))  # runs before anybody is told of the failure
        raise Unreachable("no answer")

    server.change = fail
    with pytest.raises(Unreachable):
        await mine.open()
    await late[0]
    assert server.asked == ["1", "1"]
    assert (mine.is_open, mine.problem) == (True, None)


async def test_a_mistake_of_ours_is_a_line_without_what_it_holds(store: Store) -> None:
    server = Server(5)
    mine = walk(server, store)
    server.change = failing(RuntimeError("Authorization: Bearer hush"), "1")
    with pytest.raises(InvoicetuiError) as told:
        await mine.open()
    assert "RuntimeError at scripted.py:" in str(told.value)
    assert "hush" not in str(told.value)
    assert mine.problem is told.value


async def test_a_page_that_cannot_be_stored_is_asked_for_again(store: Store) -> None:
    server = Server(25)
    watched = Watched(store, [])
    mine = walk(server, watched)  # type: ignore[arg-type]  # stands in for the store
    await mine.open()
    watched.refusal = LedgerError("the disk is full")
    with pytest.raises(LedgerError):
        await mine.more()
    watched.refusal = None
    await mine.rest()
    assert server.asked == ["1", "2", "2", "3"]
    assert (stored(store), mine.problem) == (server.keys, None)


# Listings


async def test_a_list_that_a_server_may_not_have_is_empty_when_refused(store: Store) -> None:
    server = Server(20)
    server.change = failing(Rejected("no such status"), "open:1")
    mine = walk(server, store, Listing(OPEN.params, is_optional=True))
    await mine.rest()
    assert (mine.has_more, mine.problem) == (False, None)


async def test_a_later_page_of_it_is_not(store: Store) -> None:
    server = Server()
    server.add(20, state="open")
    server.change = failing(Rejected("no"), "open:2")
    mine = walk(server, store, Listing(OPEN.params, is_optional=True))
    with pytest.raises(Rejected):
        await mine.rest()


async def test_a_vendor_may_learn_from_a_refusal(store: Store) -> None:
    server = Server(5)

    async def moody(asked: str, envelope: Envelope) -> Envelope:
        if len(server.asked) == 1:
            raise Rejected("other words, please")
        return envelope

    server.change = moody
    mine = walk(server, store)
    mine.vendor.lessons = 1  # type: ignore[attr-defined]  # the scripted vendor's
    await mine.open()
    assert server.asked == ["1", "1"]


async def test_records_that_cannot_be_read_are_noted_until_the_list_is_read_anew(store: Store) -> None:
    server = Server(12)
    server.rows[11] = {"day": None, "state": "?"}
    mine = walk(server, store, OPEN)
    server.rows = [row | {"state": "open"} for row in server.rows]
    await mine.rest()
    ((key, note),) = mine.progress.unreadable.items()
    assert key.startswith("unreadable-")
    assert note == f"{key}: no id"
    server.rows.pop()
    await mine.refresh()
    assert mine.progress.unreadable == {}


# Everything


async def test_numbered_pages_come_eight_at_a_time_and_are_stored_in_their_order(store: Store) -> None:
    server = Server(200)
    events: list[str] = []
    holding = asyncio.Event()

    async def backwards(asked: str, envelope: Envelope) -> Envelope:
        if asked == "2":
            await holding.wait()
        elif asked == "9":
            holding.set()
        return envelope

    server.change = backwards
    mine = walk(server, Watched(store, events))  # type: ignore[arg-type]  # stands in for the store
    await mine.rest()
    assert server.most_at_once == CONCURRENCY
    assert server.asked == pages(1, 20)
    assert events == [f"put {page}" for page in range(1, 21)]
    assert stored(store) == server.keys


async def test_the_next_request_leaves_before_the_page_at_hand_is_stored(store: Store) -> None:
    server = Server(40, is_numbered=False)
    events: list[str] = []
    mine = walk(server, Watched(store, events))  # type: ignore[arg-type]  # stands in for the store

    async def note(asked: str, envelope: Envelope) -> Envelope:
        events.append(f"asked {asked}")
        return envelope

    server.change = note
    await mine.rest()
    assert events == ["asked ", "put 1", "asked 31", "asked 21", "put 2", "asked 11", "put 3", "put 4"]
    assert server.most_at_once == 1


async def test_what_came_stays_when_loading_everything_is_stopped(store: Store) -> None:
    server = Server(200)
    server.change = gate = Gate("5")
    mine = walk(server, store)
    wish = asyncio.create_task(mine.rest())
    await gate.reached.wait()
    await settle(50)
    wish.cancel()
    await settle()
    assert not mine.progress.is_loading
    assert len(stored(store)) == 40
    gate.open()
    await mine.rest()
    assert (stored(store), mine.problem) == (server.keys, None)


async def test_one_page_more_does_not_keep_a_stopped_load_going(store: Store) -> None:
    server = Server(200)
    server.change = gate = Gate("3")
    mine = walk(server, store)
    everything = asyncio.create_task(mine.rest())
    await gate.reached.wait()
    one = asyncio.create_task(mine.more())
    await settle()
    everything.cancel()
    await settle()
    gate.open()
    await one
    assert mine.state.pages == 3


async def test_a_refresh_does_not_wait_for_everything(store: Store) -> None:
    server = Server(300)
    mine = walk(server, store)
    server.change = gate = Gate("3")
    everything = asyncio.create_task(mine.rest())
    await gate.reached.wait()
    await settle(50)
    server.add()
    refreshed = asyncio.create_task(mine.refresh())
    await settle()
    assert server.asked.count("1") == 1
    gate.open()
    await refreshed
    assert server.asked.count("1") == 2
    assert mine.state.pages < 30, "the first page came before the last"
    await everything
    assert (stored(store), mine.problem) == (server.keys, None)


async def test_nothing_begins_in_a_walk_that_was_stopped(store: Store) -> None:
    server = Server(30)
    server.change = gate = Gate("1")
    mine = walk(server, store)
    wish = asyncio.create_task(mine.rest())
    await gate.reached.wait()
    await mine.stop()
    gate.open()
    with pytest.raises(asyncio.CancelledError):
        await wish
    with pytest.raises(asyncio.CancelledError):
        await mine.open()
    assert (server.asked, stored(store)) == (["1"], set())


async def test_a_late_page_does_not_overwrite_a_newer_one(store: Store) -> None:
    server = Server()
    server.add(5, state="open")
    arrivals = Arrivals()
    main, other = walk(server, store, arrivals=arrivals), walk(server, store, OPEN, arrivals=arrivals)
    old = [dict(row) for row in server.rows]
    server.change = gate = Gate("1")
    late = asyncio.create_task(main.open())
    await gate.reached.wait()
    server._page = lambda params: {"rows": [row | {"state": "paid"} for row in old], "next": None}  # type: ignore[method-assign]  # the vendor's answer from now on
    await other.open()
    gate.open()
    await late
    assert main.is_open
    row = store.find("acme", "5")
    assert row is not None
    assert row.payment == "paid"
