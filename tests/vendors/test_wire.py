import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoicetui.errors import Malformed
from invoicetui.vendors import figures, wire
from invoicetui.vendors.facts import is_segment
from invoicetui.vendors.wire import Number


class Inner(msgspec.Struct):
    amount: Number | None = None


class Outer(msgspec.Struct):
    id: int
    name: str | None = None
    is_paid: bool | None = None
    inner: Inner | None = None
    many: list[Inner] | None = None
    by_name: dict[str, Number] | None = None


@pytest.mark.parametrize(
    ("sent", "path", "words"),
    [
        ([], "$", "$: expected object, got array"),
        ({}, "$.id", "$.id: expected a value, got nothing"),
        ({"id": "1"}, "$.id", "$.id: expected integer, got string"),
        ({"id": True}, "$.id", "$.id: expected integer, got boolean"),
        ({"id": Decimal("1.5")}, "$.id", "$.id: expected integer, got number"),
        ({"id": 1, "name": 2}, "$.name", "$.name: expected string, got integer"),
        ({"id": 1, "name": {}}, "$.name", "$.name: expected string, got object"),
        ({"id": 1, "is_paid": "yes"}, "$.is_paid", "$.is_paid: expected boolean, got string"),
        ({"id": 1, "inner": {"amount": "1"}}, "$.inner.amount", "$.inner.amount: expected number, got string"),
        ({"id": 1, "inner": {"amount": True}}, "$.inner.amount", "$.inner.amount: expected number, got boolean"),
        ({"id": 1, "many": [{}, {"amount": []}]}, "$.many[1].amount", "$.many[1].amount: expected number, got array"),
        ({"id": 1, "many": {}}, "$.many", "$.many: expected array, got object"),
        ({"id": 1, "many": [None]}, "$.many[0]", "$.many[0]: expected object, got null"),
        ({"id": 1, "by_name": {"a": None}}, "$.by_name[...]", "$.by_name[...]: expected number, got null"),
    ],
)
def test_a_complaint_names_place_promise_and_what_came(sent: Any, path: str, words: str) -> None:
    with pytest.raises(Malformed) as caught:
        wire.typed(sent, Outer)
    assert (caught.value.path, str(caught.value)) == (path, words)


def test_a_place_is_told_from_where_the_value_stands() -> None:
    with pytest.raises(Malformed) as caught:
        wire.typed({"id": "x"}, Outer, "$.meta")
    assert caught.value.path == "$.meta.id"
    assert caught.value.expected == "integer"


def test_numbers_are_exact() -> None:
    read = wire.typed(wire.value(b'{"id": 1, "inner": {"amount": 0.1000000000000000055511151231257827}}'), Outer)
    assert read.inner is not None
    assert str(read.inner.amount) == "0.1000000000000000055511151231257827"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@settings(max_examples=150, deadline=None, database=None)
@given(json_values)
def test_what_is_dumped_reads_the_same(sent: Any) -> None:
    raw = wire.dumped(sent)
    assert raw.isascii()
    assert wire.value(raw) == sent
    assert wire.dumped(wire.value(raw)) == raw
    assert wire.value(wire.dumped(sent, is_ascii=False)) == sent


@settings(max_examples=100, deadline=None, database=None)
@given(st.dictionaries(st.text(), json_values, max_size=4), st.lists(json_values, max_size=4))
def test_parts_are_as_received(members: dict[str, Any], elements: list[Any]) -> None:
    assert {name: wire.value(raw) for name, raw in wire.members(wire.dumped(members)).items()} == members
    assert [wire.value(raw) for raw in wire.elements(wire.dumped(elements))] == elements


def test_what_msgspec_refuses_is_dumped_part_by_part() -> None:
    assert wire.elements(b'[ {"a" : 1.10}, "\\ud800" ]') == (b'{"a":1.10}', b'"\\ud800"')
    assert wire.members(b'{"a" : [1.10, "\\ud800"], "b": 1E+2}') == {"a": b'[1.10,"\\ud800"]', "b": b"1E+2"}
    assert wire.elements(b'[ {"a" : 1.10} ]') == (b'{"a" : 1.10}',)


# Python 3.13 reads a nesting of 9,000 and more.
@pytest.mark.parametrize(
    "raw", [b"[" * 100_000, b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", b"\xff\xfe", b"\x00"]
)
def test_bytes_without_sense_are_malformed(raw: bytes) -> None:
    for reader in (wire.value, wire.members, wire.elements, lambda body: wire.record(body, Inner), wire.skimmer(Inner)):
        with pytest.raises(Malformed):
            reader(raw)


def test_a_detail_stands_before_the_list_but_null_does_not() -> None:
    found = wire.record(b'{"a": 1, "b": 2, "c": 3}', Inner, b'{"a": 9, "b": null, "d": 4}')
    assert found == {"a": 9, "b": 2, "c": 3, "d": 4}


def test_what_nobody_promised_makes_no_record_unreadable() -> None:
    absurd = "1e99999999999999999999"
    assert wire.record(f'{{"amount": 1, "new": {absurd}}}'.encode(), Inner) == {"amount": 1, "new": absurd}
    with pytest.raises(Malformed, match="the answer is not JSON"):
        wire.record(f'{{"amount": {absurd}, "new": 1}}'.encode(), Inner)
    deep: Any = None
    for _ in range(2000):
        deep = [deep]
    assert wire.shown(deep) == "(nested too deeply)"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-15T10:22:33.123456", datetime(2026, 1, 15, 10, 22, 33, 123456, tzinfo=UTC)),
        ("2026-01-15T10:22:33.1", datetime(2026, 1, 15, 10, 22, 33, 100000, tzinfo=UTC)),
        ("2026-01-15T10:22:33.123456789Z", datetime(2026, 1, 15, 10, 22, 33, 123456, tzinfo=UTC)),
        ("2026-01-15T10:22:33+05:30", datetime(2026, 1, 15, 4, 52, 33, tzinfo=UTC)),
        ("2026-01-15", datetime(2026, 1, 15, tzinfo=UTC)),
        ("", None),
        (None, None),
    ],
)
def test_instants_are_utc(text: str | None, instant: datetime | None) -> None:
    found = wire.instant(text, "$.at")
    assert found == instant
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize("text", ["now", "2026-02-30", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_an_instant_outside_the_calendar_is_malformed(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        wire.instant(text, "$.at")
    assert (caught.value.path, caught.value.expected) == ("$.at", "date and time")


def test_a_day_is_that_of_the_instant_in_utc() -> None:
    assert wire.day("2026-04-01", "$") == date(2026, 4, 1)
    assert wire.day("2026-04-01T01:00:00+02:00", "$") == date(2026, 3, 31)
    assert wire.day(None, "$") is None
    with pytest.raises(Malformed):
        wire.day("soon", "$")


@pytest.mark.parametrize(
    ("seconds", "instant"),
    [
        ("1655823815", datetime(2022, 6, 21, 15, 3, 35, tzinfo=UTC)),
        ("1655823815.000001", datetime(2022, 6, 21, 15, 3, 35, 1, tzinfo=UTC)),
        ("1655823815123", datetime(2022, 6, 21, 15, 3, 35, 123000, tzinfo=UTC)),
        ("1.655823815E9", datetime(2022, 6, 21, 15, 3, 35, tzinfo=UTC)),
        ("-1", datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_unix_times(seconds: str, instant: datetime) -> None:
    assert wire.unix(Decimal(seconds), "$") == instant


@pytest.mark.parametrize("seconds", ["1e30", "-99999999999", "1e400", "9e99999", "1e-99999", "NaN"])
def test_a_unix_time_outside_the_calendar_is_malformed(seconds: str) -> None:
    with pytest.raises(Malformed):
        wire.unix(Decimal(seconds), "$")


@pytest.mark.parametrize(
    ("text", "number"),
    [("12.50", "12.50"), ("-3", "-3"), ("", None), ("1e5", None), ("NaN", None), ("<string>", None), ("9" * 41, None)],
)
def test_decimal_strings(text: str, number: str | None) -> None:
    assert figures.decimal(text) == (None if number is None else Decimal(number))


def test_a_quantity_that_is_none_is_said_in_words() -> None:
    assert figures.quantity("a few") == (None, "quantity a few")
    assert figures.quantity({"a": 1}) == (None, 'quantity {"a":1}')
    assert figures.quantity(None) == (None, "")
    assert figures.quantity(Decimal("1.50")) == (Decimal("1.50"), "")
    assert figures.quantity(True) == (None, "quantity true")
    assert figures.quantity(0) == (Decimal(0), "")


def amounts(currency: str = "USD", exponent: int | None = 2) -> tuple[figures.Amounts, dict[str, str]]:
    notes: dict[str, str] = {}
    return figures.Amounts(currency, exponent, notes), notes


@settings(max_examples=100, deadline=None, database=None)
@given(st.integers(-(10**39), 10**39), st.integers(0, 4))
def test_minor_units_lose_nothing(minor: int, exponent: int) -> None:
    reader, notes = amounts("USD", exponent)
    for sent in (minor, Decimal(minor)):
        money = reader.minor("total", sent)
        assert money is not None
        assert (money.minor, money.exponent) == (minor, exponent)
    assert not notes


@pytest.mark.parametrize("sent", [10**42, -(10**42), Decimal("1e60"), Decimal("1e-60"), Decimal("9e999999")])
def test_what_is_no_amount_is_noted(sent: int | Decimal) -> None:
    reader, notes = amounts()
    assert reader.minor("total", sent) is None
    assert notes == {"total (minor units)": f"{sent} USD"}
    for read in (reader.hundredths, reader.major):
        assert read("total", Decimal(sent)) is None


def test_nothing_is_nothing() -> None:
    reader, notes = amounts()
    assert (reader.minor("a", None), reader.major("a", None), reader.hundredths("a", None)) == (None, None, None)
    assert not notes


def test_hundredths_are_minor_units_over_a_hundred_in_every_currency() -> None:
    assert str(amounts("JPY", 0)[0].hundredths("total", Decimal(50))) == "JPY 5,000"
    assert str(amounts("KWD", 3)[0].hundredths("total", Decimal("22.5"))) == "KWD 2.250"
    assert str(amounts("USD", 2)[0].hundredths("total", Decimal("0.005"))) == "USD 0.005"


def test_split_money() -> None:
    reader, notes = amounts("GBP")
    assert str(reader.split("total", 12, 5, is_negative=True)) == "GBP -12.05"
    assert str(reader.split("total", 0, 0, is_negative=True)) == "GBP 0.00"
    assert not notes
    assert reader.split("total", 12, 100, is_negative=False) is None
    assert notes == {"total (as sent)": "12 and 100 GBP"}


def test_overrides_stand_before_iso() -> None:
    assert figures.exponent_of("isk", {"ISK": 2}) == 2
    assert figures.exponent_of("isk", {}) == 0
    assert figures.exponent_of("xyz", {}) is None
    assert figures.exponent_of(None, {}) is None


def test_notes_do_not_overwrite_one_another() -> None:
    notes: dict[str, str] = {}
    for found in ("x", 2, None, {"a": "\N{EURO SIGN}"}):
        wire.note(notes, "name", found)
    assert notes == {"name": "x", "name (2)": "2", "name (3)": '{"a":"\N{EURO SIGN}"}'}


def test_figures_that_are_none_are_text() -> None:
    sent = {"a": 1, "b": Decimal("1.5"), "c": True, "d": 10**50, "e": Decimal("1e99999"), "f": None}
    found = figures.usage(sent)
    assert found == {"a": 1, "b": Decimal("1.5"), "c": "true", "d": str(10**50), "e": "1E+99999", "f": "null"}
    assert figures.usage(None) == {}


@settings(max_examples=100, deadline=None, database=None)
@given(st.text())
def test_a_segment_is_one_segment(text: str) -> None:
    found = wire.segment(text)
    assert found.isascii()
    assert not set(found) & set("/?#%") - {"%"}


def test_dots_are_no_segment() -> None:
    assert not any(map(is_segment, ("", ".", "..")))
    assert is_segment("...")


def test_json_is_never_read_with_floats() -> None:
    seen = wire.value(b'{"a": [0.1, 1e5, -0.0, {"b": 2.50}]}')
    assert "float" not in {type(item).__name__ for item in json_leaves(seen)}


def json_leaves(found: Any) -> list[Any]:
    if isinstance(found, dict):
        return [leaf for item in found.values() for leaf in json_leaves(item)]
    if isinstance(found, list):
        return [leaf for item in found for leaf in json_leaves(item)]
    return [found]


def test_the_sample_is_what_json_says() -> None:
    sent = {"a": [1, "x", None, True]}
    assert wire.value(json.dumps(sent).encode()) == sent
