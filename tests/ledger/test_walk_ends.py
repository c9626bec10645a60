"""Every walk ends, and none leaves a gap in silence."""

from __future__ import annotations

import asyncio

import pytest

from invoicetui.errors import WalkStopped
from invoicetui.ledger.store import Store
from invoicetui.ledger.walk import CONCURRENCY, TOGETHER
from tests.ledger.scripted import (
    Envelope,
    Server,
    pages,
    stored,
    walk,
)

# Every walk ends


async def test_a_cursor_that_comes_again_ends_the_walk(store: Store) -> None:
    server = Server(100, is_numbered=False, has_totals=False)

    async def same(asked: str, envelope: Envelope) -> Envelope:
        return {**envelope, "next": "91"}

    server.change = same
    mine = walk(server, store)
    await asyncio.wait_for(mine.rest(), 5)
    assert server.asked == ["", "91"]
    assert isinstance(mine.problem, WalkStopped)
    assert "same cursor" in str(mine.problem)
    assert (mine.has_more, mine.state.next) == (True, None)
    assert len(stored(store)) == 20


@pytest.mark.parametrize("is_stamped", [False, True], ids=["to the byte", "with another time stamp"])
@pytest.mark.parametrize("has_totals", [False, True])
async def test_a_server_that_ignores_the_page_ends_the_walk(store: Store, is_stamped: bool, has_totals: bool) -> None:
    server = Server(1_000, has_totals=has_totals)

    async def first(asked: str, envelope: Envelope) -> Envelope:
        stamp = {"stamp": len(server.asked)} if is_stamped else {}
        rows = [row | stamp for row in server.rows[:10]]
        return {**envelope, "rows": rows, "next": str(int(asked) + 1)}

    server.change = first
    mine = walk(server, store)
    await asyncio.wait_for(mine.rest(), 5)
    assert len(server.asked) <= 1 + CONCURRENCY + TOGETHER
    assert "same page" in str(mine.problem)
    assert len(stored(store)) == 10
    asked = len(server.asked)
    await mine.more()
    assert len(server.asked) == asked, "a stopped walk asks for nothing"
    server.change = None
    await mine.refresh()
    await mine.rest()
    assert (mine.problem, len(stored(store))) == (None, 1_000)


async def test_a_list_without_end_ends(store: Store) -> None:
    server = Server(is_numbered=False, has_totals=False)

    async def endless(asked: str, envelope: Envelope) -> Envelope:
        server.add()
        return {"rows": [], "next": str(len(server.asked))}

    server.change = endless
    server._page = lambda params: {}  # type: ignore[method-assign]  # a cursor of any name
    mine = walk(server, store, max_pages=50)
    await asyncio.wait_for(mine.rest(), 5)
    assert len(server.asked) in (50, 51)  # the next request may have left
    assert "did not end after 50 pages" in str(mine.problem)


async def test_an_absurd_number_of_pages_is_no_work(store: Store) -> None:
    server = Server(30)

    async def boast(asked: str, envelope: Envelope) -> Envelope:
        return {**envelope, "pages": 10**15}

    server.change = boast
    mine = walk(server, store)
    await asyncio.wait_for(mine.rest(), 5)
    assert stored(store) == server.keys
    assert len(server.asked) <= 3 + CONCURRENCY


# No gap in silence


@pytest.mark.parametrize("is_all", [False, True])
@pytest.mark.parametrize("after", ["1", "2"])
async def test_a_row_that_goes_while_pages_are_read_takes_no_other_with_it(
    store: Store, after: str, is_all: bool
) -> None:
    server = Server(35)
    mine = walk(server, store)

    async def shrink(asked: str, envelope: Envelope) -> Envelope:
        if asked == after and server.asked.count(after) == 1:
            server.remove(33, 34)
        return envelope

    server.change = shrink
    await mine.open()
    while mine.state.next is not None:
        await (mine.rest() if is_all else mine.more())
    assert stored(store) >= server.keys
    assert (mine.problem, mine.has_more) == (None, False)


async def test_rows_that_come_while_pages_are_read_are_found_at_the_end(store: Store) -> None:
    server = Server(35)
    mine = walk(server, store)
    await mine.open()
    server.add(3)
    await mine.rest()
    assert stored(store) == server.keys
    assert mine.problem is None


async def test_fewer_invoices_than_the_vendor_counts_is_one_line_and_the_next_refresh_reads_all(store: Store) -> None:
    server = Server(35)

    async def hide(asked: str, envelope: Envelope) -> Envelope:
        return {**envelope, "rows": [row for row in envelope["rows"] if row["id"] != 20]}

    server.change = hide
    mine = walk(server, store)
    await mine.rest()
    assert "says there are 35 invoices but its pages held 34" in str(mine.problem)
    again = walk(server, store)
    server.change = None
    server.asked.clear()
    await again.rest()
    assert server.asked == pages(1, 4), "nothing of the list with a gap counts as known"
    assert (again.problem, stored(store)) == (None, server.keys)


async def test_a_total_that_is_never_the_same_ends(store: Store) -> None:
    server = Server(100)

    async def dwindle(asked: str, envelope: Envelope) -> Envelope:
        return {**envelope, "total": 100 - len(server.asked), "pages": None}

    server.change = dwindle
    mine = walk(server, store)
    await asyncio.wait_for(mine.rest(), 5)
    assert stored(store) == server.keys
    assert len(server.asked) <= 10 + 3, "it goes back three times at most"


async def test_more_new_rows_than_a_page_holds_are_no_repeated_page(store: Store) -> None:
    server = Server(50)
    mine = walk(server, store)
    await mine.open()
    await mine.more()
    for _ in range(3):
        server.add(6)
        await mine.refresh()
    await mine.rest()
    assert (mine.problem, stored(store)) == (None, server.keys)
