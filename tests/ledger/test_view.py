from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicetui.ledger.order import FIELDS
from invoicetui.ledger.query import parse
from invoicetui.ledger.rows import STATUSES, magnitude, natural
from invoicetui.ledger.store import Row, Sort, Store
from invoicetui.model import Account, Kind, Lifecycle, Payment, Status
from invoicetui.money import Money
from tests.ledger.ledgers import TODAY, Clock, account, invoice, listed, put, usd

# Bound out of their order, so that an account's number says nothing of its place.
ACCOUNTS = [account("m", "voxmind"), account("b", "versori"), account("z", "meteroid"), account("a", "voxmind")]


def _filled(store: Store, count: int = 300) -> list[Row]:
    """Invoices with many ties and gaps, in all accounts; `z` holds only a few."""
    dice = random.Random(4)
    days = [None, *(date(2026, 1, 1) + timedelta(days=number) for number in range(12))]
    amounts = [None, usd(0), usd(-5), usd(-120), usd(12, 1), usd(123, 3), usd(10**30), usd(-(10**30)), usd(99)]
    amounts += [Money(5, "EUR", 2), Money(40, "JPY", 0), Money(7, "", 0)]
    for _ in range(count):
        owner = dice.choices(ACCOUNTS, (5, 3, 0.1, 4))[0]
        fields: dict[str, Any] = {
            "vendor": owner.vendor,
            "issued": dice.choice(days),
            "due": dice.choice([None, TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=1)]),
            "period_end": dice.choice(days),
            "number": dice.choice([None, "INV-9", "INV-10", "inv-010", "INV-9a", "7", "10", "A", ""]),
            "total": dice.choice(amounts),
            "amount_due": dice.choice(amounts),
            "kind": dice.choices(list(Kind), (8, 1, 1))[0],
            "lifecycle": dice.choices(list(Lifecycle), (1, 8, 1, 1, 1))[0],
            "payment": dice.choice(list(Payment)),
        }
        put(store, [invoice(f"k{dice.random():.6f}", owner.id, **fields)], account_id=owner.id)
    ids = store.view(parse("", ACCOUNTS), Sort(), [one.id for one in ACCOUNTS], TODAY)
    rows = [row for row in store.rows(ids) if row is not None]
    assert len(rows) == count
    return rows


_SORTED_BY: dict[str, Callable[[Row], Any]] = {
    "date": lambda row: row.issued,
    "due": lambda row: row.due,
    "number": lambda row: None if row.number is None else natural(row.number),
    "vendor": lambda row: (row.vendor, row.account),
    "total": lambda row: None if row.total is None else (row.total.currency, row.total.amount),
    "status": lambda row: STATUSES.index(row.status(TODAY)),
    "period": lambda row: row.period_end or row.issued,
}


def _in_order(rows: list[Row], sort: Sort) -> list[Row]:
    """The specification of every order: the field, then newest issued, account, key; what is unknown comes last."""
    of = _SORTED_BY[sort.field]
    rows = sorted(rows, key=lambda row: (row.account, row.key))
    rows.sort(key=lambda row: row.issued or date.min, reverse=True)
    known = [row for row in rows if of(row) is not None]
    known.sort(key=of, reverse=sort.descending)
    return known + [row for row in rows if of(row) is None]


@pytest.mark.parametrize("field", FIELDS)
def test_every_order_is_what_it_says_in_both_directions(field: Any, store: Store) -> None:
    rows = _filled(store)
    for sort in (Sort(field, True), Sort(field, True).reversed()):
        for accounts in (["a", "b", "m", "z"], ["a", "z", "b"], ["z"], ["m"], ["b", "z"]):
            expected = [row.id for row in _in_order([row for row in rows if row.account in accounts], sort)]
            for text in ("", "-number-that-is-not-there"):
                query = parse(text, ACCOUNTS)
                assert list(store.view(query, sort, accounts, TODAY)) == expected
                assert list(store.view(query, sort, accounts, TODAY, limit=7)) == expected[:7]
                assert list(store.view(query, sort, accounts, TODAY, limit=0)) == []


def test_the_default_is_newest_first() -> None:
    assert Sort() == Sort("date", True)
    assert Sort().reversed() == Sort("date", False)
    assert Sort("due", False).reversed().reversed() == Sort("due", False)


def test_numbers_order_as_people_count(store: Store) -> None:
    numbers = ["INV-10", "INV-9", "inv-9b", "INV-100", "INV-2026-2", "INV-2026-11", "9" * 30, "1" + "0" * 30, "A"]
    put(store, [invoice(number, number=number) for number in numbers])
    assert listed(store, sort=Sort("number", False)) == [
        "9" * 30, "1" + "0" * 30, "A", "INV-9", "inv-9b", "INV-10", "INV-100", "INV-2026-2", "INV-2026-11",
    ]  # fmt: skip


@given(st.lists(st.tuples(st.integers(-(10**45), 10**45), st.integers(0, 12)), min_size=2))
def test_amounts_order_exactly_whatever_their_size(pairs: list[tuple[int, int]]) -> None:
    amounts = [usd(minor, exponent) for minor, exponent in pairs]
    by_text = [amount.amount for amount in sorted(amounts, key=magnitude)]
    assert by_text == sorted(by_text)
    assert len({magnitude(amount) for amount in amounts}) == len({amount.amount for amount in amounts})


@pytest.mark.parametrize("today", [date.min, TODAY, TODAY + timedelta(days=1), date.max])
def test_sql_and_python_agree_on_every_status(today: date, clock: Clock) -> None:
    dues = [None, TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=1), date.min, date.max]
    amounts = [None, usd(-1), usd(0), usd(1), usd(10**25)]
    items = [
        invoice(f"{number}", kind=kind, lifecycle=lifecycle, payment=payment, due=due, amount_due=amount)
        for number, (kind, lifecycle, payment, due, amount) in enumerate(
            product(Kind, Lifecycle, Payment, dues, amounts)
        )
    ]
    store = Store.open(None, clock=clock)
    put(store, items)
    known: list[Account] = [account("acme")]
    seen: set[Status] = set()
    for status in Status:
        ids = store.view(parse(f"status:{status}", known), Sort(), ["acme"], today)
        found = {row.key for row in store.rows(ids) if row}
        assert found == {item.key for item in items if item.status(today) is status}
        assert all(row.status(today) is status for row in store.rows(ids) if row)
        seen.update([status] if found else [])
    assert seen == set(Status) - ({Status.OVERDUE} if today is date.min else set())
    store.close()
