"""Lists that change while they are read, or that lie about themselves, at every vendor that can send them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from invoicetui.errors import TokenRefused, WalkStopped
from tests.faults.bench import KINDS, VENDORS, Bench, is_main, until
from tests.faults.conftest import Start
from tests.servers.fake import Fake, dumps
from tests.servers.faults import records
from tests.servers.serving import Query, Reply

#: Pages of four: four of them, and for Versori several windows.
COUNTS = {"voxmind": 15, "northflank": 15, "meteroid": 15, "opterius": 15, "versori": 130}
NUMBERED = ("voxmind", "meteroid", "opterius")
PAGED = (*NUMBERED, "northflank")
COUNTING = ("meteroid", "opterius")


@pytest.fixture
def bench(start: Start) -> Bench:
    return start({name: kind(COUNTS[name]) for name, kind in KINDS.items()})


def keys(fake: Fake) -> set[str]:
    return {str(row["key"]) for row in fake.expected("")}


def held(bench: Bench, vendor: str) -> set[str]:
    return {row["key"] for row in bench.rows(vendor)}


def at_peace(bench: Bench, vendor: str) -> None:
    """The ledger is what the vendor holds, all of it is known, and nothing is the matter."""
    assert bench.condition(vendor).problem is None
    assert bench.wrong(vendor) == []
    assert not bench.stand(vendor).has_more


# ---- lists that change

#: Whether an invoice that comes while the list is read is there at its end. Who has no total cannot miss it: then the
#: next refresh brings it.
FINDS_NEWCOMERS = {"voxmind": False, "northflank": False, "meteroid": True, "opterius": True, "versori": False}


@pytest.mark.parametrize("at_page", [1, 2])
def test_an_invoice_that_comes_while_pages_are_read(bench: Bench, at_page: int) -> None:
    bench.open()
    for vendor in VENDORS:
        if at_page == 2:
            bench.more(vendor)
        bench.running[vendor].fake.add()
    bench.load_all()
    for vendor, finds in FINDS_NEWCOMERS.items():
        missing = keys(bench.running[vendor].fake) - held(bench, vendor)
        assert (vendor, len(missing)) == (vendor, 0 if finds else 1)
        assert bench.condition(vendor).problem is None
    bench.refresh()
    bench.load_all()
    for vendor in VENDORS:
        at_peace(bench, vendor)


#: What a user has of a page that moved up because an invoice before it was withdrawn. Voxmind names no total: as
#: long as its number of pages stays the same nothing shows that a row has slipped through.
SLIPS = {"voxmind": 1, "northflank": 0, "meteroid": 0, "opterius": 0, "versori": 0}


@pytest.mark.parametrize("at_page", [1, 2])
def test_an_invoice_that_goes_while_pages_are_read(bench: Bench, at_page: int) -> None:
    bench.open()
    gone: dict[str, str] = {}
    for vendor in VENDORS:
        if at_page == 2:
            bench.more(vendor)
        fake: Any = bench.running[vendor].fake
        before = keys(fake)
        del fake.truths[1]
        gone[vendor] = (before - keys(fake)).pop()
    bench.load_all()
    for vendor, slips in SLIPS.items():
        missing = keys(bench.running[vendor].fake) - held(bench, vendor)
        assert (vendor, len(missing)) == (vendor, slips)
        assert bench.condition(vendor).problem is None
        assert gone[vendor] in held(bench, vendor), "what was there once stays"
    bench.refresh()
    bench.load_all()
    for vendor in VENDORS:
        if at_page == 1 or vendor != "voxmind":
            assert keys(bench.running[vendor].fake) <= held(bench, vendor)


def _held(let_go: threading.Event, reply: Reply) -> Reply:
    return replace(reply, hold=let_go)


def _is_page(number: str, query: Query) -> bool:
    return dict(query).get("page") == number


def _was_asked(bench: Bench, vendor: str, number: str) -> bool:
    return any(_is_page(number, one.query) for one in bench.running[vendor].server.asked)


def test_answers_that_come_in_another_order_are_stored_in_theirs(start: Start) -> None:
    bench = start({name: KINDS[name](31) for name in NUMBERED})
    bench.open()
    let_go = threading.Event()
    last = {"voxmind": "8", "meteroid": "7", "opterius": "8"}
    for vendor in NUMBERED:
        second = "1" if vendor == "meteroid" else "2"
        bench.switches[vendor].on(partial(_held, let_go), partial(_is_page, second))
    wish = bench.begin(lambda feed: feed.load_all(bench.query()))
    for vendor in NUMBERED:
        until(partial(_was_asked, bench, vendor, last[vendor]))
        assert bench.held(vendor) == 4, "later pages wait for theirs"
    let_go.set()
    wish.result(10)
    for vendor in NUMBERED:
        at_peace(bench, vendor)


def test_answers_that_come_twice_are_not_taken_for_those_to_the_next_questions(bench: Bench) -> None:
    for vendor in VENDORS:
        bench.switches[vendor].on(lambda reply: replace(reply, fault="twice"))
    bench.open()
    bench.load_all()
    for vendor in VENDORS:
        at_peace(bench, vendor)


# ---- lists that lie


def _shown_again(vendor: str, bench: Bench) -> Callable[[Reply], Reply]:
    """Every later page holds what the first one did, stamped anew."""
    first = next(one.reply for one in bench.running[vendor].server.asked if is_main(one.query))
    stamps = iter(range(1_000))

    def change(reply: Reply) -> Reply:
        document, again = json.loads(reply.body), json.loads(first.body)
        for record in records(again):
            record["stamp"] = next(stamps)
        if isinstance(document.get("data"), dict):
            document["data"] = again["data"]
        else:
            name = "results" if "results" in document else "data"
            document[name] = again[name]
        return replace(reply, body=dumps(document))

    return change


def _same_cursor(vendor: str, bench: Bench) -> Callable[[Reply], Reply]:
    cursor = json.loads(bench.running[vendor].server.asked[0].reply.body)["pagination"]["cursor"]

    def change(reply: Reply) -> Reply:
        document = json.loads(reply.body)
        document["pagination"] |= {"cursor": cursor, "hasNextPage": True}
        return replace(reply, body=dumps(document))

    return change


def _counts(by: int) -> Callable[[str, Bench], Callable[[Reply], Reply]]:
    """The vendor's own count is off by so many."""

    def lie(vendor: str, bench: Bench) -> Callable[[Reply], Reply]:
        def change(reply: Reply) -> Reply:
            document = json.loads(reply.body)
            meta = document["pagination_meta"] if vendor == "meteroid" else document["meta"]
            meta["total_items" if vendor == "meteroid" else "total"] += by
            return replace(reply, body=dumps(document))

        return change

    return lie


Lie = Callable[[str, Bench], Callable[[Reply], Reply]]
LIES: Mapping[str, tuple[Lie, tuple[str, ...], str, int]] = {
    "the first page again": (_shown_again, PAGED, "sent the same page again", 4),
    "the same cursor": (_same_cursor, ("northflank",), "sent the same cursor again", 8),
    "one more than there are": (_counts(+1), COUNTING, "says there are 16 invoices but its pages held 15", 15),
    "one fewer than there are": (_counts(-1), COUNTING, "", 15),
}  # fmt: skip


@pytest.mark.parametrize("name", LIES)
def test_a_list_that_lies_is_one_line_and_its_rows_stay(bench: Bench, name: str) -> None:
    lie, vendors, says, count = LIES[name]
    bench.open()
    is_counting = "there are" in name
    for vendor in vendors:
        is_meant = is_main if is_counting else partial(bench.is_later, vendor)
        bench.switches[vendor].on(lie(vendor, bench), is_meant)
    if is_counting:
        bench.refresh()
    bench.load_all()
    for vendor in vendors:
        problem = bench.condition(vendor).problem
        assert (vendor, bench.held(vendor), problem is None) == (vendor, count, not says)
        if says:
            assert isinstance(problem, WalkStopped)
            assert says in str(problem)
            assert problem.remedy
        assert len(bench.running[vendor].server.asked) < 20
    bench.off()
    bench.refresh()
    bench.load_all()
    for vendor in VENDORS:
        at_peace(bench, vendor)


# ---- tokens that end in the middle


def test_a_token_that_expires_after_two_pages_keeps_them_and_the_next_one_goes_on(bench: Bench) -> None:
    bench.open()
    for vendor in VENDORS:
        bench.more(vendor)
        bench.running[vendor].fake.token = "renewed/Token_1"
    before = {vendor: (bench.held(vendor), bench.stand(vendor).horizon) for vendor in VENDORS}
    bench.load_all()
    for vendor in VENDORS:
        problem = bench.condition(vendor).problem
        assert isinstance(problem, TokenRefused)
        assert f"(token from environment INVOICETUI_TOKEN_{vendor.upper()})" in str(problem)
        assert (bench.held(vendor), bench.stand(vendor).horizon) == before[vendor]
        assert bench.stand(vendor).has_more
        bench.env[f"INVOICETUI_TOKEN_{vendor.upper()}"] = "renewed/Token_1"
        bench.running[vendor].server.asked.clear()
    bench.load_all()
    for vendor in VENDORS:
        at_peace(bench, vendor)
        if vendor in NUMBERED:
            asked = [dict(one.query)["page"] for one in bench.running[vendor].server.asked]
            assert asked == (["2", "3"] if vendor == "meteroid" else ["3", "4"]), "only what never came"
