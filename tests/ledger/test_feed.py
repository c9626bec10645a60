"""The feed: what accounts do to one another (nothing), how far views are known, and one invoice at a time."""

from __future__ import annotations

import asyncio
import threading
from array import array
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from invoicetui.errors import (
    InvoicetuiError,
    LedgerError,
    NotFound,
    Rejected,
    Unreachable,
    VendorDown,
    WalkStopped,
)
from invoicetui.ledger.feed import Feed, Stand, certain_rows, frontier
from invoicetui.ledger.store import Store, day_of
from invoicetui.vendors.base import Listing
from tests.ledger.ledgers import account
from tests.ledger.scripted import (
    BEGIN,
    Envelope,
    Filtering,
    Gate,
    Scripted,
    Server,
    failing,
    feed,
    pages,
    paid,
    query,
    settle,
    stored,
)


def stand(mine: Feed, text: str = "") -> Stand:
    (found,) = mine.stands(query(text))
    return found


# Accounts


async def test_the_trouble_of_one_account_is_its_own(store: Store) -> None:
    servers = [Server(25), Server(25), Server(25)]
    servers[0].change = failing(Unreachable("no answer"), "1")
    servers[1].change = failing(ZeroDivisionError("hush"), "1")
    mine = feed(store, *servers)
    await mine.load_all(query(names="abc"))
    assert [str(mine.condition(name).problem) for name in "ac"] == ["no answer", "None"]
    assert "ZeroDivisionError at scripted.py" in str(mine.condition("b").problem)
    assert "hush" not in str(mine.condition("b").problem)
    assert stored(store, "c") == servers[2].keys
    assert not any(mine.condition(name).is_loading for name in "abc")


async def test_one_slow_account_delays_no_other(store: Store) -> None:
    servers = [Server(25), Server(25)]
    servers[0].change = gate = Gate("1")
    mine = feed(store, *servers)
    wish = asyncio.create_task(mine.open(query(names="ab")))
    await gate.reached.wait()
    await settle()
    assert [mine.condition(name).is_loading for name in "ab"] == [True, False]
    assert len(stored(store, "b")) == 10
    gate.open()
    await wish


async def test_a_walk_that_cannot_even_begin_is_a_line_of_its_account(store: Store) -> None:
    class Broken(Scripted):
        def split(self, wanted: Any) -> tuple[Listing, ...]:
            raise LedgerError("the ledger cannot be used")

    server = Server(5)
    mine = feed(store, server, Server(5))
    mine.put(Broken(account("a", "scripted")), server.fetch)
    await mine.open(query(names="ab"))
    assert str(mine.condition("a").problem) == "the ledger cannot be used"
    assert len(stored(store, "b")) == 5


async def test_every_change_is_told(store: Store) -> None:
    told: list[bool] = []
    server = Server(25)
    mine: Feed = feed(store, server, on_change=lambda name: told.append(mine.condition(name).is_loading))
    await mine.open(query())
    assert told[0] is True, "loading begins"
    assert told[-1] is False, "and ends"
    told.clear()
    await mine.load_all(query())
    assert len(told) >= 4


async def test_a_wish_that_is_older_than_the_last_page_asks_for_nothing(store: Store) -> None:
    server = Server(40)
    mine = feed(store, server)
    await mine.open(query())
    seen = stand(mine)
    await mine.more(query(), seen)
    await mine.more(query(), seen)
    assert server.asked == ["1", "2"]
    await mine.more(query(), stand(mine))
    assert server.asked == ["1", "2", "3"]


async def test_looking_does_not_ask_again_for_what_failed(store: Store) -> None:
    server = Server(40)
    server.change = failing(Unreachable("no answer"), "2")
    mine = feed(store, server)
    await mine.open(query())
    await mine.more(query(), stand(mine))
    assert not stand(mine).can_go_on
    await mine.more(query(), stand(mine))
    assert server.asked == ["1", "2"]
    server.change = None
    await mine.refresh(["a"])
    assert stand(mine).can_go_on


async def test_an_account_that_was_dropped_writes_nothing_any_more(store: Store) -> None:
    server, other = Server(40), Server(3)
    server.change = gate = Gate("1", "one 7")
    mine = feed(store, server)
    wishes = [asyncio.create_task(mine.refresh(["a"])), asyncio.create_task(mine.locate("a", "7"))]
    await gate.reached.wait()
    await settle()
    await mine.drop("a")
    mine.put(Scripted(account("a", "scripted")), other.fetch)
    gate.open()
    await asyncio.gather(*wishes, return_exceptions=True)
    assert "7" not in stored(store, "a")
    await mine.refresh(["a"])
    assert stored(store, "a") == other.keys


async def test_snapshots_can_be_taken_from_any_thread(store: Store) -> None:
    server = Server(100)
    server.rows = [row if row["id"] % 2 else {"day": None, "state": str(row["id"])} for row in server.rows]
    mine = feed(store, server)
    wrong: list[Exception] = []
    is_over = threading.Event()

    def look() -> None:
        try:
            while not is_over.is_set():
                condition = mine.condition("a")
                assert len(condition.notes) <= 50
                for found in mine.stands(query()):
                    assert found.arrived == 0 or found.horizon is not None
                    assert found.has_more or found.arrived > 0
        except Exception as error:
            wrong.append(error)

    thread = threading.Thread(target=look)
    thread.start()
    await mine.load_all(query())
    is_over.set()
    thread.join()
    assert wrong == []
    assert len(mine.condition("a").notes) == 50


# Views


async def test_the_account_known_least_far_back_is_next(store: Store) -> None:
    servers = [Server(100), Server(40)]
    mine = feed(store, *servers)
    both = query(names="ab")
    assert frontier(mine.stands(both)) is not None, "before the first page"
    await mine.open(both)
    first = frontier(mine.stands(both))
    assert first is not None
    assert first.account == "a"
    await mine.load_all(query(names="a"))
    left = frontier(mine.stands(both))
    assert left is not None
    assert left.account == "b"


async def test_rows_without_a_date_do_not_make_everything_uncertain(store: Store) -> None:
    server = Server(30)
    server.rows = [row | {"day": None} for row in server.rows]
    mine = feed(store, server)
    await mine.open(query())
    ids = array("q", [5 << 24 | 1, 4 << 24 | 1, 2, 1])
    assert certain_rows(ids, stand(mine).horizon) == 2


def test_certain_is_what_lies_on_or_above_the_horizon() -> None:
    days = [date(2026, 3, 3), date(2026, 3, 2), date(2026, 3, 2), date(2026, 3, 1)]
    ids = array("q", [day_of(day) << 24 | 1 for day in days])
    assert [certain_rows(ids, day) for day in (None, date(2026, 3, 4), days[0], days[1], days[3])] == [0, 0, 1, 3, 4]


async def test_a_filter_of_ours_is_not_fetched_by_looking(store: Store) -> None:
    mine = feed(store, Server(40))
    await mine.open(query())
    assert stand(mine, "customer:acme").is_auto is False
    assert frontier(mine.stands(query("customer:acme"))) is None
    assert frontier(mine.stands(query("customer:acme")), is_explicit=True) is not None


async def test_a_filter_of_the_vendors_has_a_walk_of_its_own_until_all_is_known(store: Store) -> None:
    server = Server(40)
    server.add(15, state="open")
    mine = feed(store, server, kind=Filtering)
    await mine.open(query("status:open"))
    assert server.asked == ["open:1"]
    assert stand(mine, "status:open").is_auto
    await mine.load_all(query())
    server.asked.clear()
    await mine.load_all(query("status:open"))
    assert server.asked == []
    assert stand(mine, "status:open").listing == ""


# One invoice


async def test_a_detail_is_asked_for_once(store: Store) -> None:
    server = Server(5)
    mine = feed(store, server)
    await mine.open(query())
    for is_again, count in ((False, 1), (False, 1), (True, 2)):
        found = await mine.detail("a", "3", is_again=is_again)
        assert found is not None
        assert found.memo == "detail"
        assert server.asked.count("one 3") == count


async def test_what_cannot_be_read_of_a_detail_hides_nothing_of_the_invoice(store: Store) -> None:
    server = Server(5)
    mine = feed(store, server)
    await mine.open(query())
    whole = mine.invoice("a", "3")
    assert whole is not None

    async def broken(asked: str, envelope: Envelope) -> Envelope:
        return {"row": {**envelope["row"], "note": 7}} if asked.startswith("one") else envelope

    server.change = broken
    for count in (1, 2):
        found = await mine.detail("a", "3")
        assert found == replace(whole, problem="in the vendor's detail, $.note: expected string, got integer")
        assert server.asked.count("one 3") == count, "what cannot be read is no answer"
    assert mine.invoice("a", "3") == whole
    # As another version, that could read it, would have left it.
    store.put_detail("a", "3", b'{"note": 7}', whole)
    kept = mine.invoice("a", "3")
    assert kept == replace(whole, problem="$.note: expected string, got integer")
    assert await mine.detail("a", "3") == kept, "it said so before it asked"
    server.change = None
    found = await mine.detail("a", "3")
    assert found is not None
    assert (found.memo, found.problem) == ("detail", None)


async def test_a_record_that_not_even_the_list_can_read_is_its_key_and_why(store: Store) -> None:
    server = Server(5)
    server.rows[2]["day"] = "never"
    mine = feed(store, server)
    await mine.open(query())
    (key,) = [key for key in stored(store, "a") if key.startswith("unreadable-")]
    found = mine.invoice("a", key)
    assert found is not None
    assert (found.key, found.issued, found.problem) == (key, None, "$.day: expected date, got string")
    assert await mine.detail("a", key) == found


async def test_a_late_detail_does_not_overwrite_a_newer_record(store: Store) -> None:
    server = Server()
    server.add(5, state="open")
    mine = feed(store, server)
    await mine.open(query())
    gate = Gate("one 3")

    async def once(asked: str, envelope: Envelope) -> Envelope:
        return await gate(asked, envelope) if server.asked.count("one 3") == 1 else envelope

    server.change = once
    asked = asyncio.create_task(mine.detail("a", "3"))
    await gate.reached.wait()
    server.rows = [row | {"state": "paid"} for row in server.rows]
    await mine.refresh(["a"])
    gate.open()
    found = await asked
    assert found is not None
    assert (found.payment, found.memo) == ("paid", "detail")
    assert paid(store, "3")
    assert server.asked.count("one 3") == 2, "about the record as it is now"


async def test_an_invoice_is_located_by_its_own_endpoint(store: Store) -> None:
    server = Server(40)
    mine = feed(store, server)
    found = await mine.locate("a", "7")
    assert found is not None
    assert (found.key, server.asked) == ("7", ["one 7"])
    assert await mine.locate("a", "99") is None
    assert server.asked == ["one 7", "one 99"]
    await mine.load_all(query())
    assert len(stored(store, "a")) == 40, "a row that was located is no page that was read"


@pytest.mark.parametrize("error", [VendorDown("500"), Rejected("what id?")])
async def test_a_server_that_does_not_know_the_endpoint_is_walked(store: Store, error: InvoicetuiError) -> None:
    server = Server(40)
    server.change = failing(error, "one 27", "one 99")
    mine = feed(store, server)
    found = await mine.locate("a", "27")
    assert found is not None
    assert [asked for asked in server.asked if not asked.startswith("one")] == pages(1, 2)
    assert await mine.locate("a", "99") is None
    assert [asked for asked in server.asked if not asked.startswith("one")] == pages(1, 4)


async def test_another_invoice_than_the_one_asked_for_is_not_kept(store: Store) -> None:
    server = Server(15)

    async def other(asked: str, envelope: Envelope) -> Envelope:
        return {"row": {**server.row(9), "id": 777}} if asked.startswith("one") else envelope

    server.change = other
    mine = feed(store, server)
    found = await mine.locate("a", "12")
    assert found is not None
    assert found.key == "12"
    assert "777" not in stored(store, "a")


async def test_a_list_that_was_not_read_to_its_end_does_not_say_there_is_none(store: Store) -> None:
    server = Server(40)

    async def same(asked: str, envelope: Envelope) -> Envelope:
        return envelope | {"rows": server.rows[:10], "next": str(int(asked) + 1)}

    mine = feed(store, server)
    server.change = same
    with pytest.raises(WalkStopped):
        await mine.locate("a", "not-a-number")
    with pytest.raises(WalkStopped):
        await mine.locate("a", "not-a-number")


async def test_a_detail_that_the_vendor_does_not_have_is_its_error(store: Store) -> None:
    server = Server(5)
    mine = feed(store, server)
    await mine.open(query())
    server.remove(3)
    with pytest.raises(NotFound):
        await mine.detail("a", "3")
    found = mine.invoice("a", "3")
    assert found is not None
    assert found.issued == BEGIN + timedelta(days=3)
