from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta

from invoicetui.ledger.rows import SUMMABLE
from invoicetui.ledger.store import Store
from invoicetui.ledger.totals import Sum, Totals, by_side
from invoicetui.model import Kind, Lifecycle, Payment, Side, Status
from invoicetui.money import Money
from tests.ledger.ledgers import TODAY, account, invoice, put, usd

LATE = TODAY - timedelta(days=1)
_NOTHING = usd(0)


def test_open_and_overdue_per_account_and_currency(store: Store) -> None:
    put(
        store,
        [
            invoice("open", amount_due=usd(1000), due=TODAY),
            invoice("late", amount_due=usd(250), due=LATE),
            invoice("finer", amount_due=usd(12345, 4)),
            invoice("credit", amount_due=usd(-100), kind=Kind.CREDIT_NOTE),
            invoice("positive-credit", amount_due=usd(50), kind=Kind.CREDIT_NOTE),
            invoice("part", amount_due=Money(7, "JPY", 0), payment=Payment.PARTIAL),
            invoice("unknown-payment", amount_due=Money(8, "JPY", 0), payment=Payment.UNKNOWN, due=LATE),
            invoice("not-yet-late", amount_due=Money(16, "JPY", 0), payment=Payment.UNKNOWN, due=TODAY),
            invoice("no-amount"),
            invoice("paid", amount_due=usd(1), payment=Payment.PAID),
            invoice("void", amount_due=usd(1), lifecycle=Lifecycle.VOID, due=LATE),
            invoice("next", amount_due=usd(1), kind=Kind.UPCOMING),
        ],
    )
    put(store, [invoice("b", "beta", amount_due=Money(5, "EUR", 2))], account_id="beta")
    found = store.totals(["beta", "acme", "none"], TODAY)
    assert list(found) == ["beta", "acme", "none"]
    assert found["acme"].sums == {
        "JPY": Sum(Money(15, "JPY", 0), Money(8, "JPY", 0), 2, 1),
        "USD": Sum(usd(110000 + 12345, 4), usd(25000, 4), 5, 1),
    }
    assert found["acme"].unknown == 1
    assert (found["acme"].open_count, found["acme"].overdue_count) == (7, 2)
    assert found["beta"] == Totals({"EUR": Sum(Money(5, "EUR", 2), Money(0, "EUR", 2), 1, 0)})
    assert found["none"] == Totals({})
    tomorrow = store.totals(["acme"], TODAY + timedelta(days=1))["acme"]
    assert (tomorrow.overdue_count, tomorrow.sums["JPY"].open) == (4, Money(31, "JPY", 0))


def test_amounts_beyond_64_bits_are_summed_exactly(store: Store) -> None:
    minors = [SUMMABLE - 1, SUMMABLE, 2**63, 10**30, -(10**29), 3]
    put(store, [invoice(f"{minor}", amount_due=usd(minor), due=LATE) for minor in minors])
    put(store, [invoice("credit", amount_due=usd(10**28), kind=Kind.CREDIT_NOTE)])
    found = store.totals(["acme"], TODAY)["acme"]
    late = sum(minor for minor in minors if minor > 0)
    assert found == Totals({"USD": Sum(usd(sum(minors) - 10**28), usd(late), 7, 5)})


def test_totals_are_what_the_rows_say(store: Store) -> None:
    dice = random.Random(9)
    items = [
        invoice(
            f"{number}",
            lifecycle=dice.choice(list(Lifecycle)),
            payment=dice.choice(list(Payment)),
            due=dice.choice([None, LATE, TODAY]),
            amount_due=dice.choice([None, Money(dice.randrange(-50, 500), dice.choice(["USD", "EUR"]), 2)]),
        )
        for number in range(400)
    ]
    put(store, items[:300])
    put(store, items[100:])
    expected: Counter[tuple[str, str]] = Counter()
    unknown = 0
    for item in items:
        if item.status(TODAY) in (Status.OPEN, Status.PARTIAL, Status.OVERDUE):
            unknown += item.amount_due is None
            if item.amount_due is not None:
                expected[item.amount_due.currency, "open"] += item.amount_due.minor
                if item.is_overdue(TODAY):
                    expected[item.amount_due.currency, "overdue"] += item.amount_due.minor
    found = store.totals(["acme"], TODAY)["acme"]
    assert found.unknown == unknown
    assert {(code, "open"): each.open.minor for code, each in found.sums.items()} | {
        (code, "overdue"): each.overdue.minor for code, each in found.sums.items()
    } == expected


def test_a_paid_invoice_leaves_the_sums(store: Store) -> None:
    put(store, [invoice("a", amount_due=usd(10), due=date(2026, 1, 1))])
    assert store.totals(["acme"], TODAY)["acme"].sums["USD"] == Sum(usd(10), usd(10), 1, 1)
    put(store, [invoice("a", amount_due=usd(0), due=date(2026, 1, 1), payment=Payment.PAID)])
    assert store.totals(["acme"], TODAY)["acme"] == Totals({})


def test_sides_never_mix() -> None:
    one = Sum(usd(10), _NOTHING, 1, 0)
    accounts = [account("a"), account("b"), account("c", side=Side.ISSUED), account("not loaded")]
    totals = {
        "a": Totals({"USD": one}, 1),
        "b": Totals({"USD": one}, 2),
        "c": Totals({"USD": one}),
    }
    assert by_side(accounts, totals) == {
        Side.ISSUED: Totals({"USD": one}),
        Side.RECEIVED: Totals({"USD": Sum(usd(20), _NOTHING, 2, 0)}, 3),
    }


def test_amounts_of_no_named_currency_are_counted_and_not_added() -> None:
    unnamed = Sum(Money(136_465, "", 2), Money(0, "", 2), 1, 0)
    euros = Sum(Money(500, "EUR", 2), Money(0, "EUR", 2), 1, 0)
    totals = Totals.of([unnamed, euros, unnamed])
    assert list(totals.sums) == ["EUR"]
    assert totals.unknown == 2
