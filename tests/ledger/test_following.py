"""A view that follows another is the one that would be read anew, and reads only what was written to since."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoicetui.ledger.query import parse
from invoicetui.ledger.store import Interrupted, Sort, Store, View, WalkState, encoded
from invoicetui.ledger.totals import Totals
from invoicetui.model import Invoice, Kind, Payment
from tests.ledger.ledgers import TODAY, Clock, account, entry, invoice, put, usd

# Bound out of their order, so that an account's number says nothing of its place.
ACCOUNTS = [account("m"), account("b"), account("a")]
NAMES = [one.id for one in ACCOUNTS]
FIRST = date(2026, 3, 1)
TEXTS = ("", "status:overdue", "-nine", "-ten", "account:b issued:2026-03-05..", "m")
QUERIES = [parse(text, ACCOUNTS) for text in TEXTS]
VIEWS = [
    *product(QUERIES, (Sort(), Sort().reversed()), (NAMES, ["b"], ["a", "m"])),
    *product(QUERIES[:3], (Sort("number"), Sort("vendor")), (NAMES,)),
]


def _bill(account_id: str, key: str, day: int | None, **fields: Any) -> Invoice:
    return invoice(key, account_id, issued=None if day is None else FIRST + timedelta(days=day), **fields)


def _filled() -> Store:
    """Sixty invoices of three accounts over twenty days and none, and what is expected next."""
    store = Store.open(None, clock=Clock())
    for at, name in enumerate(NAMES):
        store.bind(name, "first")
        numbers = ("nine", "ten", None)
        bills = [
            _bill(name, f"k{(day * 7 + at) % 20}", day or None, number=numbers[(day + at) % 3]) for day in range(20)
        ]
        put(store, [*bills, _bill(name, "next", 12 + at, kind=Kind.UPCOMING)], account_id=name)
    return store


class Page(NamedTuple):
    """Invoices as a page brings them: key, day, number, whether overdue, whether upcoming."""

    account: str
    rows: list[tuple[str, int | None, str, bool, bool]]
    replaces_upcoming: bool

    def do(self, store: Store) -> None:
        items = [
            _bill(
                self.account,
                key,
                day,
                number=number,
                due=TODAY - timedelta(days=1) if is_late else None,
                amount_due=usd(100),
                kind=Kind.UPCOMING if is_upcoming else Kind.INVOICE,
            )
            for key, day, number, is_late, is_upcoming in self.rows
        ]
        entries = [entry(item, (item.number, item.due, item.issued)) for item in items]
        state = WalkState(self.account, "")
        store.put_page(
            self.account, list(map(encoded, entries)), state, walked=True, replaces_upcoming=self.replaces_upcoming
        )


class Single(NamedTuple):
    """What the single endpoint says of an invoice."""

    account: str
    key: str
    day: int | None
    payment: Payment

    def do(self, store: Store) -> None:
        item = _bill(self.account, self.key, self.day, payment=self.payment, due=TODAY - timedelta(days=1))
        store.put_detail(self.account, self.key, b"{}", item)


class Identity(NamedTuple):
    """The account's rows come from elsewhere now; from nowhere when it is forgotten."""

    account: str
    identity: str

    def do(self, store: Store) -> None:
        if self.identity:
            store.bind(self.account, self.identity)
        else:
            store.forget(self.account)


names, days = st.sampled_from(NAMES), st.none() | st.integers(0, 19)
keys = st.integers(0, 29).map("k{}".format)
rows = st.lists(st.tuples(keys, days, st.sampled_from(["nine", "ten"]), st.booleans(), st.booleans()), max_size=4)
steps = (
    st.builds(Page, names, rows, st.booleans())
    | st.builds(Single, names, keys, days, st.sampled_from([Payment.PAID, Payment.UNPAID]))
    | st.builds(Identity, names, st.sampled_from(["first", "second", ""]))
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(steps, st.sets(st.sampled_from(range(len(VIEWS))), max_size=6)), min_size=1, max_size=8))
def test_a_followed_view_is_the_one_read_anew(story: list[tuple[Any, set[int]]]) -> None:
    store = _filled()
    seen = [store.view(*VIEWS[at], TODAY) for at in range(len(VIEWS))]
    story[-1][1].update(range(len(VIEWS)))
    for step, looked_at in story:
        step.do(store)
        for at in looked_at:
            before = list(seen[at])
            found = store.view(*VIEWS[at], TODAY, after=seen[at])
            assert list(found) == list(store.view(*VIEWS[at], TODAY))
            assert list(seen[at]) == before, "the one that was followed stays as it was"
            seen[at] = found
    store.close()


def test_an_earlier_view_of_something_else_is_not_followed() -> None:
    store = _filled()
    views = [store.view(*one, TODAY) for one in VIEWS]
    later = TODAY + timedelta(days=400)
    Page("b", [("k1", 3, "nine", True, False), ("new", 7, "ten", False, False)], replaces_upcoming=False).do(store)
    for after, (wanted, today) in product(views, product(VIEWS, (TODAY, later))):
        assert list(store.view(*wanted, today, after=after)) == list(store.view(*wanted, today))
    first = store.view(*VIEWS[0], TODAY, limit=5)
    assert len(first) == 5
    assert len(store.view(*VIEWS[0], TODAY, after=first)) == len(views[0]) + 1
    assert list(store.view(*VIEWS[0], TODAY, limit=5, after=views[0])) == list(first)
    store.close()


@contextmanager
def _counted(path: Path) -> Iterator[tuple[Store, list[sqlite3.Connection]]]:
    """A ledger in a file, and its connections: the one that writes, then the one that reads."""
    made: list[sqlite3.Connection] = []

    def connect(*args: Any, **options: Any) -> sqlite3.Connection:
        made.append(sqlite3.connect(*args, **options))
        return made[-1]

    store = Store.open(path, clock=Clock(), connect=connect)
    yield store, made
    store.close()


def test_a_page_costs_what_it_touched_however_long_the_list_is(tmp_path: Path) -> None:
    with _counted(tmp_path / "ledger.db") as (store, (_, reader, _)):
        many = [_bill("a", f"k{number}", number // 20, amount_due=usd(1)) for number in range(6000)]
        put(store, many, account_id="a")
        put(store, [_bill("b", f"k{number}", number // 4) for number in range(1000)], account_id="b")
        steps: list[int] = []
        reader.set_progress_handler(lambda: steps.append(10) or 0, 10)  # type: ignore[func-returns-value]  # appends

        def counted(query: str = "", after: View | None = None) -> tuple[int, View]:
            steps.clear()
            view = store.view(parse(query, ACCOUNTS), Sort(), NAMES, TODAY, after=after)
            return sum(steps), view

        for query in ("", "-nine"):
            whole, view = counted(query)
            assert whole > 7000
            put(store, [_bill("b", f"{query}{number}", 100 + number % 3) for number in range(100)], account_id="b")
            some, view = counted(query, view)
            assert some < whole / 15
            assert list(view) == list(counted(query)[1])
            assert counted(query, view)[0] < 200
        steps.clear()
        store.totals(NAMES, TODAY)
        whole = sum(steps)
        put(store, [_bill("b", "one more", 100)], account_id="b")
        steps.clear()
        store.totals(NAMES, TODAY)
        assert sum(steps) < whole / 4, "the sums of account a stand"


def test_much_that_changed_is_read_as_a_whole(tmp_path: Path) -> None:
    with _counted(tmp_path / "ledger.db") as (store, (_, reader, _)):
        put(store, [_bill("a", f"k{number}", number) for number in range(30)], account_id="a")
        view = store.view(*VIEWS[0], TODAY)
        said: list[str] = []
        reader.set_trace_callback(said.append)
        put(store, [_bill("a", f"k{number}", number, number="new") for number in range(20)], account_id="a")
        view = store.view(*VIEWS[0], TODAY, after=view)
        assert len(view) == 30
        assert not any("issued IN" in sql for sql in said)
        put(store, [_bill("a", f"k{number}", number, number="newer") for number in range(10)], account_id="a")
        store.view(*VIEWS[0], TODAY, after=view)
        assert any("issued IN" in sql for sql in said)


def test_what_is_written_while_a_view_is_read_is_read_by_the_next_one(tmp_path: Path) -> None:
    with _counted(tmp_path / "ledger.db") as (store, (_, reader, _)):
        put(store, [_bill("a", f"k{number}", number) for number in range(30)], account_id="a")
        view = store.view(*VIEWS[0], TODAY)

        def interfere(sql: str) -> None:
            if "FROM bindings" in sql and len(late) < 2:
                late.append(sql)
                put(store, [_bill("a", f"late{len(late)}", 40 + len(late))], account_id="a")

        late: list[str] = []
        put(store, [_bill("a", "k1", 1, number="new")], account_id="a")
        reader.set_trace_callback(interfere)
        during = store.view(*VIEWS[0], TODAY, after=view)
        reader.set_trace_callback(None)
        assert late
        assert len(during) <= 32
        assert list(store.view(*VIEWS[0], TODAY, after=during)) == list(store.view(*VIEWS[0], TODAY))
        assert len(store.view(*VIEWS[0], TODAY, after=during)) == 32


def test_other_programs_are_followed_too(tmp_path: Path, clock: Clock) -> None:
    """Two programs on one file: each sees the views and the sums that a third one reads anew."""
    path = tmp_path / "ledger.db"
    ours, theirs = Store.open(path, clock=clock), Store.open(path, clock=clock)
    for name in NAMES:
        put(ours, [_bill(name, f"k{number}", number) for number in range(20)], account_id=name)
    view: dict[Store, View] = {}
    sums: list[Totals] = []
    for step in range(12):
        writer = (ours, theirs, ours)[step % 3]
        name = NAMES[step % 2]
        bill = _bill(name, f"k{step % 5}", step, number=f"{step}", amount_due=usd(step + 1), due=TODAY - timedelta(1))
        if step % 4 == 3:
            writer.put_detail(name, f"k{step % 5}", b"{}", bill)
        else:
            writer.put_page(name, [encoded(entry(bill, step))], WalkState(name, ""), walked=True)
        fresh = Store.open(path, clock=clock)
        for store in (ours, theirs):
            view[store] = store.view(*VIEWS[0], TODAY, after=view.get(store))
            assert list(view[store]) == list(fresh.view(*VIEWS[0], TODAY))
            assert store.totals(NAMES, TODAY) == fresh.totals(NAMES, TODAY)
        sums.append(ours.totals(NAMES, TODAY)[name])
        fresh.close()
    assert len({repr(one) for one in sums}) == len(sums), "each step changed them"
    assert ours.totals(NAMES, date.min) != ours.totals(NAMES, TODAY)
    ours.close()
    theirs.close()


def test_a_view_that_follows_is_interrupted(tmp_path: Path) -> None:
    with _counted(tmp_path / "ledger.db") as (store, (_, reader, _)):
        put(store, [_bill("a", f"k{number}", number) for number in range(30)], account_id="a")
        view = store.view(*VIEWS[0], TODAY)
        put(store, [_bill("a", "new", 3)], account_id="a")
        reader.set_trace_callback(lambda sql: store.interrupt() if "issued IN" in sql else None)
        with pytest.raises(Interrupted):
            store.view(*VIEWS[0], TODAY, after=view)
        reader.set_trace_callback(None)
        assert len(store.view(*VIEWS[0], TODAY, after=view)) == 31


def test_a_view_that_is_not_wanted_any_more_before_it_begins_is_not_read(tmp_path: Path) -> None:
    with _counted(tmp_path / "ledger.db") as (store, (writer, reader, _)):
        put(store, [_bill("a", f"k{number}", number // 200) for number in range(6000)], account_id="a")
        steps: list[int] = []
        reader.set_progress_handler(lambda: steps.append(10) or 0, 10)  # type: ignore[func-returns-value]  # appends
        store.view(*VIEWS[0], TODAY)
        whole = sum(steps)
        steps.clear()
        writer.set_trace_callback(lambda sql: store.interrupt())
        with pytest.raises(Interrupted):
            store.view(*VIEWS[0], TODAY)
        assert sum(steps) < whole / 10


def test_pages_of_about_as_many_days_are_read_with_one_statement(tmp_path: Path) -> None:
    with _counted(tmp_path / "ledger.db") as (store, (_, reader, _)):
        put(store, [_bill("a", f"k{number}", number) for number in range(30)], account_id="a")
        view, prepared = store.view(*VIEWS[0], TODAY), Counter[int]()

        def allow(action: int, *_: object) -> int:
            prepared[action] += 1
            return sqlite3.SQLITE_OK

        for at, count in enumerate((6, 6, 4, 5, 7)):
            put(store, [_bill("a", f"k{number}", number, number=f"{at}") for number in range(count)], account_id="a")
            view = store.view(*VIEWS[0], TODAY, after=view)
            if at == 0:
                reader.set_authorizer(allow)  # after which SQLite prepares everything once more
            if at == 1:
                prepared.clear()
        assert not prepared, prepared
