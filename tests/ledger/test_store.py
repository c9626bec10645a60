from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from invoicetui.errors import LedgerError
from invoicetui.ledger.query import parse
from invoicetui.ledger.rows import digest
from invoicetui.ledger.store import Put, Row, Sort, Store, WalkState, day_of, encoded
from invoicetui.model import Document, DocumentKind, Kind, Lifecycle, Payment
from invoicetui.money import Money
from tests.ledger.ledgers import TODAY, Clock, account, entry, invoice, listed, put, usd

STATE = WalkState("acme", "")


def test_a_row_comes_back_as_it_went_in(store: Store, clock: Clock) -> None:
    item = invoice(
        "a1",
        number="INV-1",
        customer="Müller",
        customer_id="cus_1",
        subscription="sub_1",
        kind=Kind.CREDIT_NOTE,
        vendor_status="Finalized / Paid",
        due=date(2026, 10, 31),
        paid_at=datetime(2026, 10, 5, 7, 8, 9, 123456, tzinfo=timezone(timedelta(hours=9))),
        period_start=date(2026, 9, 1),
        period_end=date(2026, 9, 30),
        currency="USD",
        subtotal=usd(1000),
        tax=Money(205, "EUR", 2),
        total=usd(123456789012345678901234567890, 4),
        amount_due=usd(-5),
        document=Document(DocumentKind.URL, "https://x.invalid/secret"),
    )
    put(store, [item])
    row = store.find("acme", "a1")
    assert row is not None
    assert row.seen_at == clock.now
    assert row.document is DocumentKind.URL
    for name in set(Row._fields) - {"id", "seen_at", "document"}:
        assert getattr(row, name) == getattr(item, name), name
    assert row.status(TODAY) is item.status(TODAY)
    assert row.is_overdue(TODAY) is item.is_overdue(TODAY)
    assert row.id >> 24 == day_of(date(2026, 10, 1))
    assert store.rows([row.id, 17, row.id]) == [row, None, row]
    assert store.id_of("acme", "a1") == row.id


def test_unknown_stays_unknown(store: Store) -> None:
    put(store, [invoice("a1", issued=None, lifecycle=Lifecycle.UNKNOWN, payment=Payment.UNKNOWN)])
    row = store.find("acme", "a1")
    assert row is not None
    known = {name for name in Row._fields if getattr(row, name) is not None}
    assert known == {"id", "account", "vendor", "key", "kind", "lifecycle", "payment", "seen_at"}


def test_what_is_not_there_is_none(store: Store) -> None:
    assert store.find("acme", "x") is None
    assert store.raw("acme", "x") is None
    assert store.id_of("acme", "x") is None
    assert store.walk("acme", "") is None
    assert store.newest("acme") is None
    assert store.oldest("acme") is None
    assert store.counts(["acme"]) == {"acme": 0}
    assert store.rows([]) == []
    assert listed(store) == []


def test_an_unchanged_row_is_not_rewritten(store: Store, clock: Clock) -> None:
    first = put(store, [invoice("a1"), invoice("a2")])
    assert first == Put(new=2, changed=0, met=0)
    before = store.find("acme", "a1")
    clock.now += timedelta(seconds=30)
    assert put(store, [invoice("a1"), invoice("a2")]) == Put(new=0, changed=0, met=2)
    assert store.find("acme", "a1") == before
    clock.now += timedelta(minutes=2)
    put(store, [invoice("a1")])
    seen = store.find("acme", "a1")
    assert seen is not None
    assert seen.seen_at == clock.now
    assert seen == before._replace(seen_at=clock.now) if before else False


def test_a_changed_row_moves_with_its_issue_date_and_keeps_one_record(store: Store) -> None:
    put(store, [invoice("a1"), invoice("a2")])
    old = store.id_of("acme", "a1")
    moved = store.put_page("acme", [encoded(entry(invoice("a1", issued=date(2026, 11, 2)), "new"))], STATE, walked=True)
    assert moved == Put(new=0, changed=1, met=1)
    row_id = store.id_of("acme", "a1")
    assert row_id is not None
    assert old is not None
    assert row_id >> 24 == day_of(date(2026, 11, 2))
    assert store.rows([old]) == [None]
    assert store.raw("acme", "a1") == (b'{"id": "a1", "mark": "new"}', None)
    assert listed(store) == ["a1", "a2"]
    assert store.counts(["acme"]) == {"acme": 2}


def test_a_better_reading_of_the_same_record_is_a_change(store: Store) -> None:
    put(store, [invoice("a1")])
    assert put(store, [invoice("a1", number="INV-1")]) == Put(new=0, changed=1, met=1)
    row = store.find("acme", "a1")
    assert row is not None
    assert row.number == "INV-1"


def test_a_change_anywhere_in_a_long_record_is_one() -> None:
    record = bytes(range(256)) * 50
    columns = ("a1", None, 3, -(2**40))
    marks = {digest(record, columns), digest(record, ("a1", None, 3, 2**40)), digest(record, ("a1", None, 4, -(2**40)))}
    for at in (0, 5_119, 5_120, 7_000, 12_799):
        marks.add(digest(record[:at] + b"?" + record[at + 1 :], columns))
    marks |= {digest(record[:-1], columns), digest(record + b"?", columns), digest(b"", columns)}
    assert len(marks) == 11
    assert digest(bytes(bytearray(record)), tuple(iter(columns))) in marks


def test_two_entries_of_one_key_are_one_row_and_the_last_stands(store: Store) -> None:
    assert put(store, [invoice("a1", number="1"), invoice("a1", number="2")]) == Put(1, 0, 0)
    row = store.find("acme", "a1")
    assert row is not None
    assert row.number == "2"


def test_only_rows_the_unfiltered_walk_saw_count_as_met(store: Store) -> None:
    put(store, [invoice("a1")], walked=False)
    assert put(store, [invoice("a1"), invoice("a2")]) == Put(1, 0, 0)
    put(store, [invoice("a1")], walked=False)
    assert put(store, [invoice("a1"), invoice("a2")]) == Put(0, 0, 2)
    store.restart("acme", "status=paid")
    assert put(store, [invoice("a1")], walked=False) == Put(0, 0, 1)
    store.restart("acme", "")
    assert put(store, [invoice("a1")]) == Put(0, 0, 0)
    assert put(store, [invoice("a1"), invoice("a2")]) == Put(0, 0, 1)


def test_the_detail_stays_until_the_record_changes(store: Store) -> None:
    put(store, [invoice("a1")])
    merged = invoice("other key", number="INV-1", issued=date(2026, 9, 30), total=usd(100))
    store.put_detail("acme", "a1", b"{detail}", merged)
    store.put_detail("acme", "gone", b"{}", merged)
    row = store.find("acme", "a1")
    assert row is not None
    assert (row.number, row.issued, row.total) == ("INV-1", date(2026, 9, 30), usd(100))
    assert row.id >> 24 == day_of(date(2026, 9, 30))
    record = entry(invoice("a1")).raw
    assert store.raw("acme", "a1") == (record, b"{detail}")
    assert put(store, [invoice("a1")]) == Put(0, 0, 1)
    assert store.raw("acme", "a1") == (record, b"{detail}")
    assert store.find("acme", "a1") == row
    store.put_page("acme", [encoded(entry(invoice("a1"), "paid"))], STATE, walked=True)
    assert store.raw("acme", "a1") == (entry(invoice("a1"), "paid").raw, None)
    row = store.find("acme", "a1")
    assert row is not None
    assert (row.number, row.issued, row.total) == (None, date(2026, 10, 1), None)


def test_upcoming_rows_are_replaced_and_never_hide_a_real_invoice(store: Store) -> None:
    put(store, [invoice("real"), invoice("oct", kind=Kind.UPCOMING), invoice("nov", kind=Kind.UPCOMING)])
    expected = [entry(invoice("nov", kind=Kind.UPCOMING)), entry(invoice("real", kind=Kind.UPCOMING), "next")]
    store.put_page(
        "acme", list(map(encoded, expected)), WalkState("acme", "upcoming"), walked=False, replaces_upcoming=True
    )
    assert sorted(listed(store)) == ["nov", "real"]
    real = store.find("acme", "real")
    assert real is not None
    assert real.kind is Kind.INVOICE
    put(store, [invoice("nov")])
    store.put_page("acme", [], WalkState("acme", "upcoming"), walked=False, replaces_upcoming=True)
    assert sorted(listed(store)) == ["nov", "real"]
    assert store.counts(["acme"]) == {"acme": 2}
    assert store.raw("acme", "oct") is None


def test_a_walk_is_kept_with_everything_it_knows(store: Store) -> None:
    full = WalkState(
        "acme", "", "2026#1", False, 10_000, date(2020, 2, 29), 7, datetime(2026, 1, 2, 3, 4, 5, 6, UTC), "stopped"
    )
    store.put_state(full)
    assert store.walk("acme", "") == full
    assert store.walk("acme", "status=paid") is None
    end = WalkState("acme", "status=paid", is_exhausted=True)
    store.put_page("acme", [], end, walked=False)
    assert store.walk("acme", "status=paid") == end
    assert store.walk("acme", "") == full
    store.restart("acme", "")
    assert store.walk("acme", "") is None
    assert store.walk("acme", "status=paid") == end


def test_a_page_and_its_walk_are_stored_together_or_not_at_all(store: Store) -> None:
    put(store, [invoice("a1")])
    bad = STATE._replace(next="2", note=object())  # type: ignore[arg-type]  # what SQLite cannot hold
    with pytest.raises(LedgerError):
        store.put_page("acme", [encoded(entry(invoice("a2"))), encoded(entry(invoice("a1"), "new"))], bad, walked=True)
    assert listed(store) == ["a1"]
    assert store.counts(["acme"]) == {"acme": 1}
    assert store.walk("acme", "") == STATE
    assert put(store, [invoice("a2")]) == Put(1, 0, 0)


@pytest.mark.parametrize("absurd", [{"next": "\ud800"}, {"total": 10**30}])
def test_an_absurd_walk_is_an_error_of_the_ledger_and_leaves_it_whole(absurd: dict[str, Any], store: Store) -> None:
    with pytest.raises(LedgerError):
        store.put_page("acme", [encoded(entry(invoice("a1")))], STATE._replace(**absurd), walked=True)
    assert listed(store) == []
    assert put(store, [invoice("a1")]) == Put(1, 0, 0)


def test_rows_of_another_identity_are_set_aside_and_come_back(store: Store) -> None:
    assert store.bind("acme", "https://a.invalid 42") == 0
    put(store, [invoice("a1"), invoice("a2")])
    old = store.id_of("acme", "a1")
    assert old is not None
    assert store.bind("acme", "https://b.invalid 42") == 0
    assert listed(store) == []
    assert store.rows([old]) == [None]
    assert store.find("acme", "a1") is None
    assert store.walk("acme", "") is None
    assert store.newest("acme") is None
    put(store, [invoice("a1", number="other")])
    assert store.bind("acme", "https://b.invalid 42") == 1
    assert store.bind("acme", "https://a.invalid 42") == 2
    assert listed(store) == ["a1", "a2"]
    assert store.walk("acme", "") == STATE
    row = store.find("acme", "a1")
    assert row is not None
    assert row.number is None
    store.forget("acme")
    assert listed(store) == []
    assert store.counts(["acme"]) == {"acme": 0}
    assert store.totals(["acme"], TODAY)["acme"].sums == {}
    assert store.bind("acme", "https://a.invalid 42") == 2


def test_accounts_are_apart(store: Store) -> None:
    put(store, [invoice("same", "acme", issued=date(2026, 1, 1)), invoice("a2", issued=None)])
    put(store, [invoice("same", "beta", issued=date(2026, 2, 2))], account_id="beta")
    assert store.counts(["beta", "acme", "none"]) == {"beta": 1, "acme": 2, "none": 0}
    assert (store.newest("acme"), store.oldest("beta")) == (date(2026, 1, 1), date(2026, 2, 2))
    known = [account("acme"), account("beta")]
    ids = store.view(parse("", known), Sort(), ["beta", "none"], TODAY)
    assert [(row.account, row.key) for row in store.rows(ids) if row] == [("beta", "same")]
    assert len(store.view(parse("", known), Sort(), [], TODAY)) == 0
    assert listed(store, accounts=known) == ["same", "same", "a2"]


def test_keys_may_be_many_and_strange(store: Store) -> None:
    keys = [f"{number}' OR 1=1 --\N{SNOWMAN}" for number in range(1201)]
    assert put(store, [invoice(key) for key in keys]) == Put(1201, 0, 0)
    assert put(store, [invoice(key) for key in keys]) == Put(0, 0, 1201)
    assert sorted(listed(store)) == sorted(keys)


def test_a_closed_ledger_says_so(clock: Clock) -> None:
    store = Store.open(None, clock=clock)
    store.close()
    store.close()
    store.interrupt()
    with pytest.raises(LedgerError) as raised:
        store.find("acme", "a1")
    assert isinstance(raised.value.__cause__, sqlite3.Error)
