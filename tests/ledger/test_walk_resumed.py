"""Walks that go on where an earlier session, another cursor or an older window left them."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from invoicetui.errors import Rejected
from invoicetui.ledger.store import Store
from invoicetui.ledger.walk import Walk
from invoicetui.model import Account, Side
from invoicetui.vendors.base import Listing, Request
from invoicetui.vendors.versori import Versori
from tests.ledger.ledgers import TODAY, Clock
from tests.ledger.scripted import (
    BEGIN,
    OPEN,
    Answer,
    Envelope,
    Server,
    failing,
    stored,
    walk,
)

# What earlier sessions knew


async def test_a_walk_goes_on_where_an_earlier_session_left_it(store: Store) -> None:
    server = Server(60)
    mine = walk(server, store)
    for _ in range(3):
        await mine.more()
    server.asked.clear()
    again = walk(server, store)
    await again.open()
    assert (again.state.horizon, again.state.pages) == (mine.state.horizon, 3)
    await again.more()
    assert server.asked == ["1", "4"], "nothing changed: no page is asked for twice"


async def test_new_rows_make_a_resumed_walk_look_one_page_back(store: Store) -> None:
    server = Server(60)
    mine = walk(server, store)
    for _ in range(3):
        await mine.more()
    server.add(4)
    server.asked.clear()
    again = walk(server, store)
    await again.rest()
    assert server.asked == ["1", "3", "4", "5", "6", "7"]
    assert stored(store) == server.keys
    assert again.problem is None


async def test_rows_that_went_make_a_resumed_walk_look_back_until_it_meets_a_known_one(store: Store) -> None:
    server = Server(100)
    mine = walk(server, store)
    for _ in range(6):
        await mine.more()
    server.remove(*range(45, 85))  # of the sixty known; the rest of the list moves up
    server.asked.clear()
    again = walk(server, store)
    await again.rest()
    assert server.asked[:6] == ["1", "6", "5", "4", "3", "2"], server.asked
    assert stored(store) >= server.keys
    assert again.problem is None


async def test_rows_of_a_list_with_a_gap_are_no_known_ones(store: Store) -> None:
    server = Server(100)

    async def hide(asked: str, envelope: Envelope) -> Envelope:
        return {**envelope, "rows": [row for row in envelope["rows"] if row["id"] != 60]}

    server.change = hide
    await walk(server, store).rest()
    server.change = None
    anew = walk(server, store)
    for _ in range(3):
        await anew.more()
    server.remove(*range(73, 100))
    again = walk(server, store)
    await again.rest()
    assert "60" in stored(store)
    assert again.problem is None


async def test_a_list_that_became_much_shorter_is_read_from_its_new_end(store: Store) -> None:
    server = Server(100)
    mine = walk(server, store)
    for _ in range(6):
        await mine.more()
    server.remove(*range(25, 89))
    server.asked.clear()
    again = walk(server, store)
    await again.rest()
    assert server.asked == ["1", "4", "3", "2"]
    assert stored(store) >= server.keys
    assert (again.problem, again.has_more) == (None, False)


@pytest.mark.parametrize("is_numbered", [True, False])
async def test_a_gap_between_sessions_is_read_and_then_the_old_horizon_stands(store: Store, is_numbered: bool) -> None:
    server = Server(60, is_numbered=is_numbered)
    mine = walk(server, store)
    for _ in range(4):
        await mine.more()
    old = mine.state.horizon
    server.add(25)
    again = walk(server, store)
    await again.open()
    newest = BEGIN + timedelta(days=76)
    assert again.state.horizon == newest, "below it there is a gap"
    await again.more()
    assert again.state.horizon is not None
    assert old is not None
    assert old < again.state.horizon < newest
    await again.more()
    assert again.state.horizon == old
    await again.rest()
    assert (stored(store), again.problem) == (server.keys, None)


async def test_rows_of_the_new_part_do_not_pass_for_the_old_one_after_a_refresh(store: Store) -> None:
    server = Server(60)
    mine = walk(server, store)
    await mine.more()
    server.add(50)
    again = walk(server, store)
    await again.open()
    await again.more()
    server.add(5)  # what was on page two is now half on page three
    await again.refresh()
    await again.more()
    assert again.state.horizon is not None
    assert again.state.horizon > BEGIN + timedelta(days=60), "the gap is not closed yet"
    await again.rest()
    assert (stored(store), again.problem) == (server.keys, None)


async def test_everything_known_stays_known(store: Store) -> None:
    server = Server(30)
    await walk(server, store).rest()
    server.asked.clear()
    again = walk(server, store)
    assert again.has_more, "not before the first page has been seen"
    server.add(2)
    await again.rest()
    assert (server.asked, again.has_more, stored(store)) == (["1"], False, server.keys)


async def test_a_filtered_walk_begins_anew_and_never_moves_the_main_one(store: Store) -> None:
    server = Server(40)
    server.add(40, state="open")
    main, mine = walk(server, store), walk(server, store, OPEN)
    await main.open()
    horizon = main.state.horizon
    await mine.rest()
    assert main.state.horizon == horizon
    later = walk(server, store, OPEN)
    assert later.state.pages == 0
    resumed = walk(server, store)
    await resumed.open()
    assert resumed.state.horizon == horizon
    await resumed.rest()
    assert stored(store) == server.keys


# Cursors


async def test_a_cursor_of_an_earlier_session_is_used_again(store: Store) -> None:
    server = Server(45, is_numbered=False)
    mine = walk(server, store)
    await mine.more()
    await mine.more()
    server.asked.clear()
    await walk(server, store).rest()
    assert server.asked == ["", "26", "16", "6"]


@pytest.mark.parametrize("is_all", [False, True])
async def test_a_refused_cursor_begins_the_walk_anew_once(store: Store, is_all: bool) -> None:
    server = Server(45, is_numbered=False)
    mine = walk(server, store)
    await mine.more()
    await mine.more()
    server.remove(26)
    server.asked.clear()
    await (mine.rest() if is_all else mine.more())
    assert server.asked[:2] == ["26", ""]
    assert mine.problem is None
    await mine.rest()
    assert stored(store) >= server.keys
    assert not mine.has_more


async def test_a_cursor_refused_every_time_is_a_problem(store: Store) -> None:
    server = Server(45, is_numbered=False)
    mine = walk(server, store)
    await mine.open()
    server.change = failing(Rejected("no"), "36")
    with pytest.raises(Rejected):
        await mine.rest()
    assert server.asked == ["", "36", "", "36"]
    with pytest.raises(Rejected):
        await mine.more()
    server.change = None
    await mine.refresh()
    await mine.rest()
    assert (stored(store), mine.problem) == (server.keys, None)


async def test_a_refused_page_number_is_a_problem(store: Store) -> None:
    server = Server(45)
    server.change = failing(Rejected("no"), "2")
    mine = walk(server, store)
    with pytest.raises(Rejected):
        await mine.rest()
    assert server.asked.count("1") == 1


# Windows


def versori(store: Store, answer: dict[str, list[Any]], asked: list[str], today: date = TODAY) -> Walk:
    """A walk over Versori's windows; `answer` holds the records of windows by the first day asked for."""
    where = Account("acme", "versori", "acme", Side.RECEIVED, "https://v.invalid", {"organisation": "o"})

    async def fetch(request: Request) -> Answer:
        asked.append(dict(request.params)["from"])
        return Answer(json.dumps(answer.get(asked[-1], [])).encode())

    return Walk(Versori(where, lambda: today), Listing(), fetch, store, Clock())


async def test_the_horizon_is_where_the_oldest_window_ends_though_windows_are_empty(store: Store) -> None:
    record = {"invoiceStartDate": "2024-10-01", "invoiceEndDate": "2024-10-31"}
    asked: list[str] = []
    mine = versori(store, {"2024-10-21": [record]}, asked)
    await mine.open()
    assert asked == ["2025-10-21"]
    # A period that straddles the first day asked for may stand in the window before alone.
    assert mine.state.horizon == date(2025, 11, 21)
    await mine.more()
    assert mine.state.horizon == date(2024, 11, 21)
    assert stored(store) == {"2024-10-01..2024-10-31"}


async def test_an_empty_first_window_loses_nothing_that_was_known(store: Store) -> None:
    asked: list[str] = []
    await versori(store, {}, asked).rest()
    assert len(asked) == 3
    again = versori(store, {}, asked)
    await again.rest()
    assert (len(asked), again.has_more) == (4, False)
    years_later = versori(store, {}, asked, date(2030, 1, 1))
    await years_later.open()
    assert years_later.has_more, "between the two there is a gap"
