from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoicetui.errors import QueryError
from invoicetui.ledger.query import parse
from invoicetui.ledger.store import Sort, Store
from invoicetui.ledger.terms import KEYS
from invoicetui.model import Payment, Status
from invoicetui.vendors.base import EVERYTHING, Wanted
from tests.ledger.ledgers import TODAY, Clock, account, invoice, put, usd

ACCOUNTS = [
    account("acme-voice", "voxmind", "Acme Voice"),
    account("acme", "opterius", "Acme hosting"),
    account("cloud", "northflank", "Straße 7"),
]
LATE = TODAY - timedelta(days=1)


@pytest.fixture
def filled(store: Store) -> Store:
    rows = [
        invoice("k1", "acme", number="INV-305", customer="Müller & Söhne", customer_id="cus_1", subscription="sub_1",
                issued=date(2026, 3, 15), vendor_status="PastDue", currency="USD",
                total=usd(123450), amount_due=usd(5000), due=LATE),
        invoice("k2", "acme", number="INV-306", customer="Globex, Inc", customer_id="cus_12", subscription="sub_12",
                issued=date(2026, 3, 31), payment=Payment.PAID, total=usd(99)),
        invoice("k3", "acme", issued=None, due=TODAY, amount_due=usd(1)),
    ]  # fmt: skip
    put(store, rows)
    put(store, [invoice("v1", "acme-voice", issued=date(2025, 12, 31), number="cus_1")], account_id="acme-voice")
    put(store, [invoice("c1", "cloud", issued=date(2026, 4, 1), number="sub_1 100%_")], account_id="cloud")
    return store


def _found(store: Store, text: str) -> str:
    ids = store.view(parse(text, ACCOUNTS), Sort(), [one.id for one in ACCOUNTS], TODAY)
    return " ".join(sorted(row.key for row in store.rows(ids) if row))


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("", "c1 k1 k2 k3 v1"),
        ("  ", "c1 k1 k2 k3 v1"),
        ("305", "k1"),
        ("inv-30", "k1 k2"),
        ("inv -305", "k2"),
        ("MÜLLER", "k1"),
        ('"globex, inc"', "k2"),
        ("globex, inc", "k2"),
        ('-"globex, inc"', "c1 k1 k3 v1"),
        ("pastdue", "k1"),
        ("1,234.50", "k1"),
        ("1234.5", "k1"),
        ("50.00", "k1"),
        ("usd", "k1"),
        ("%_", "c1"),
        ("STRASSE", "c1"),
        ("voxmind", "v1"),
        ("acme", "k1 k2 k3 v1"),
        ("-acme", "c1"),
        ("acme 306", "k2"),
        ("cus_1", "k1 k2 v1"),
        ("status:open", "c1 k3 v1"),
        ("status:late", "k1"),
        ("status:OVERDUE,paid", "k1 k2"),
        ("-status:open,paid", "k1"),
        ("status:open,late status:late", "k1"),
        ("status:paid status:late", ""),
        ("account:acme", "k1 k2 k3"),
        ("account:acm", "k1 k2 k3 v1"),
        ('account:"acme VOICE"', "v1"),
        ("account:straße", "c1"),
        ("-account:acme", "c1 v1"),
        ("account:acme,cloud -account:cloud", "k1 k2 k3"),
        ("vendor:voxmind", "v1"),
        ("vendor:NORTH,vox", "c1 v1"),
        ("-vendor:opterius", "c1 v1"),
        ("vendor:meteroid", ""),
        ("-vendor:meteroid", "c1 k1 k2 k3 v1"),
        ("vendor:opterius account:cloud", ""),
        ("customer:cus_1", "k1"),
        ("customer:söhne", "k1"),
        ("customer:cus", ""),
        ("customer:inv", ""),
        ('customer:"Globex, Inc",cus_1', "k1 k2"),
        ("-customer:cus_1", "c1 k2 k3 v1"),
        ("sub:sub_1", "k1"),
        ("sub:SUB_1", ""),
        ("-sub:sub_1", "c1 k2 k3 v1"),
        ("issued:2026", "c1 k1 k2"),
        ("issued:2026-03", "k1 k2"),
        ("issued:2026-3-15", "k1"),
        ("-issued:2026-03", "c1 k3 v1"),
        ("issued:>2026-03", "c1"),
        ("issued:>=2026-03-31", "c1 k2"),
        ("issued:<2026", "v1"),
        ("issued:<=2026-03-15", "k1 v1"),
        ("issued:2026-03-15..2026-03", "k1 k2"),
        ("issued:2026-04..", "c1"),
        ("issued:..2025", "v1"),
        ("issued:2025,2026-04", "c1 v1"),
        ("ISSUED:2026-03 Status:Paid -zzz", "k2"),
    ],
)  # fmt: skip
def test_what_a_query_finds(text: str, keys: str, filled: Store) -> None:
    assert _found(filled, text) == keys


def test_a_term_and_its_negation_part_all_rows(filled: Store) -> None:
    for term in ("305", "status:open", "account:acme", "vendor:vox", "customer:cus_1", "sub:sub_1", "issued:..2026-03"):
        both = _found(filled, term).split() + _found(filled, f"-{term}").split()
        assert sorted(both) == ["c1", "k1", "k2", "k3", "v1"], term
    assert set(KEYS) == {"status", "account", "vendor", "customer", "sub", "issued"}


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("stauts:open", 0, "status"),
        ("x  -zzz:open", 4, "status, account, vendor, customer, sub, issued"),
        ("status:", 7, "open, overdue, paid"),
        ("status:open,", 12, "open, overdue, paid"),
        ("305 status:opne", 11, "open"),
        ("status:open,paied", 12, "paid"),
        ("account:acme-voise", 8, "acme-voice"),
        ("vendor:opterious", 7, "opterius"),
        ("issued:soon", 7, "2026-03-15"),
        ("issued:2026-02-30", 7, "2026-03-15"),
        ("issued:20260101", 7, "2026-03-15"),
        ("issued:٢٠٢٦", 7, "2026-03-15"),
        ("issued:>9999", 7, "2026-03-15"),
        ("issued:<0001", 7, "2026-03-15"),
        ("issued:..", 7, "2026-03-15"),
        ("issued:2026-05..2026-04", 7, "2026-04..2026-05"),
        ('a "b c', 2, '"'),
        ("-", 0, "a word"),
        ("a - b", 2, "a word"),
        ('""', 0, "a word"),
        (" ".join(["a"] * 101), 200, "at most 100"),
        ("customer:" + ",".join(["a"] * 101), 209, "at most 100"),
    ],
)
def test_a_mistake_says_where_and_what_was_expected(text: str, at: int, expected: str) -> None:
    with pytest.raises(QueryError) as raised:
        parse(text, ACCOUNTS)
    assert (raised.value.text, raised.value.at) == (text, at)
    assert expected in raised.value.expected
    assert expected in str(raised.value)


@pytest.mark.parametrize(
    ("text", "finished"),
    [
        ("305 status:", "305"),
        ("305 status:ope", "305"),
        ("status:late,", "status:late"),
        ("status:late,pa", "status:late"),
        ("305 -", "305"),
        ("account:acm", "account:acm"),
        ("issued:2026-0", ""),
        ("issued:2026-03.", ""),
        ("issued:>", ""),
        ("issued:2026-05..2026-0", ""),
        ('customer:"Globex, I', 'customer:"Globex, I"'),
        ('"', ""),
    ],
)
def test_what_is_unfinished_at_the_end_is_left_out_while_typing(text: str, finished: str) -> None:
    typed = parse(text, ACCOUNTS, is_typing=True)
    assert typed.text == text
    assert typed.terms == parse(finished, ACCOUNTS).terms
    assert typed.is_empty is (finished == "")


def test_the_longest_query_is_found_with_and_a_longer_one_is_a_mistake(filled: Store) -> None:
    assert _found(filled, "customer:" + ",".join(["cus_1"] * 100)) == "k1"
    assert _found(filled, " ".join(["305"] * 100)) == "k1"
    with pytest.raises(QueryError):
        parse("a" * 6000, ACCOUNTS)


@pytest.mark.parametrize("text", ["status:xyz", "status: 305", "stauts:open", "issued:soon", "- a", "account:zzz"])
def test_what_no_more_letters_can_mend_is_a_mistake_while_typing_too(text: str) -> None:
    with pytest.raises(QueryError):
        parse(text, ACCOUNTS, is_typing=True)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", EVERYTHING),
        ("words -status:paid -issued:2026 -customer:a -sub:b account:acme", EVERYTHING),
        ("status:late", Wanted(statuses=frozenset({Status.OVERDUE}))),
        ("status:late,open status:open,paid", Wanted(statuses=frozenset({Status.OPEN}))),
        ("status:paid status:open", EVERYTHING),
        ("customer:cus_1 sub:sub_1", Wanted(customer="cus_1", subscription="sub_1")),
        ("customer:a,b sub:a sub:b", EVERYTHING),
        ("issued:2026-03", Wanted(issued_from=date(2026, 3, 1), issued_to=date(2026, 3, 31))),
        ("issued:2024-02", Wanted(issued_from=date(2024, 2, 1), issued_to=date(2024, 2, 29))),
        ("issued:>2026-03 issued:<=2026-06-02", Wanted(issued_from=date(2026, 4, 1), issued_to=date(2026, 6, 2))),
        ("issued:2024,2026-05", Wanted(issued_from=date(2024, 1, 1), issued_to=date(2026, 5, 31))),
        ("issued:2026..,2024", Wanted(issued_from=date(2024, 1, 1))),
        ("issued:2026 issued:2024", Wanted(issued_from=date(2026, 1, 1))),
    ],
)  # fmt: skip
def test_what_a_vendor_may_be_asked_for(text: str, wanted: Wanted) -> None:
    assert parse(text, ACCOUNTS).wanted() == wanted


_VALUES = {"status": ["open", "late", "paid"], "customer": ["cus_1", "globex"], "sub": ["sub_1", "sub_12"],
           "issued": ["2026", "2026-03", ">2026-03", "..2026-03-20", "2025-12-31"]}  # fmt: skip
_TERMS = st.sampled_from(sorted(_VALUES)).flatmap(
    lambda key: st.builds(
        lambda minus, values: f"{minus}{key}:{','.join(values)}",
        st.sampled_from(["", "-"]),
        st.lists(st.sampled_from(_VALUES[key]), min_size=1, max_size=3),
    )
)


@settings(deadline=None)
@given(st.lists(_TERMS, max_size=4))
def test_a_vendor_is_never_asked_for_less_than_the_query_finds(terms: list[str]) -> None:
    store = Store.open(None, clock=Clock())
    days = [None, date(2025, 12, 31), date(2026, 3, 15), date(2026, 3, 31), date(2026, 4, 1)]
    put(store, [
        invoice(f"{number}", issued=days[number % 5], customer_id=["cus_1", None][number % 2],
                customer=["Globex", "x"][number % 3 % 2], subscription=[None, "sub_1", "sub_12"][number % 3],
                payment=[Payment.PAID, Payment.UNPAID][number // 7 % 2], due=[LATE, None][number // 14 % 2],
                amount_due=usd(1))
        for number in range(60)
    ])  # fmt: skip
    query = parse(" ".join(terms), ACCOUNTS)
    wanted = query.wanted()
    for row in store.rows(store.view(query, Sort(), ["acme"], TODAY)):
        assert row is not None
        assert not wanted.statuses or row.status(TODAY) in wanted.statuses
        assert not wanted.subscription or row.subscription == wanted.subscription
        assert wanted.customer in ("", row.customer_id) or wanted.customer in str(row.customer).casefold()
        assert wanted.issued_from is None or (row.issued is not None and row.issued >= wanted.issued_from)
        assert wanted.issued_to is None or (row.issued is not None and row.issued <= wanted.issued_to)
    store.close()


@settings(deadline=None)
@given(st.text(st.sampled_from('ab:-,"> .0123\N{SNOWMAN}\x1b') | st.characters()), st.booleans())
def test_any_text_is_a_query_or_a_mistake_in_it(text: str, is_typing: bool) -> None:
    store = Store.open(None, clock=Clock())
    mistake: QueryError | None = None
    try:
        store.view(parse(text, ACCOUNTS, is_typing=is_typing), Sort(), ["acme"], TODAY)
    except QueryError as error:
        mistake = error
    store.close()
    assert mistake is None or 0 <= mistake.at <= len(mistake.text)


def test_the_accounts_that_can_match_and_what_kind_of_terms_there_are() -> None:
    def accounts(text: str) -> list[str]:
        return list(parse(text, ACCOUNTS).accounts())

    assert accounts("x status:open") == ["acme-voice", "acme", "cloud"]
    assert accounts("vendor:opterius,northflank") == ["acme", "cloud"]
    assert accounts("-account:acme vendor:opterius,northflank") == ["cloud"]
    assert accounts("vendor:meteroid") == []
    kinds = [parse(text, ACCOUNTS) for text in ("", "account:acme -vendor:vox", "status:open", "-x")]
    assert [(query.has_row_terms, query.has_words) for query in kinds] == [
        (False, False), (False, False), (True, False), (True, True),
    ]  # fmt: skip
