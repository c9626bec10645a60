"""What every vendor must hold to, whatever its wire format. A vendor's tests inherit `Contract` and fill its sample."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoicetui.errors import Malformed
from invoicetui.ledger.rows import encode
from invoicetui.model import Account, Invoice, Side, Status
from invoicetui.vendors import NAMES, vendor_class
from invoicetui.vendors.base import EVERYTHING, Listing, Page, Vendor, Wanted

TODAY = date(2026, 11, 21)

#: Literals put in the place of every value of the sample: all JSON types, and each type's worst.
LITERALS = (
    "null true false 0 -0 -1 1 0.5 -0.5 1e2 1e400 -1e-400 1e9999999 1e-9999999 1e99999999999999999999 "
    "9223372036854775808 18446744073709551615 123456789012345678901234567890 253402300800 -99999999999 99999999999999 "
    'NaN -Infinity "" "x" "12.50" "1e5" "NaN" "2026-13-01" "2026-01-01" '
    '"0001-01-01T00:00:00+23:59" "9999-12-31T23:59:59-23:59" '
    '"XYZ" "JPY" "KWD" "\\ud800" "\\u200b" "\\u0000\\u001b[31m" ".." [] {} [[]] [null] [1] ["x"] [{}] [{"a":1}] '
    '{"a":null} {"a":1e9999999} {"\\ud800":"\\udfff"} {"total":1e9999999} {"total":"x"} {"percent":1e400,"amount":1}'
).split(" ")
LITERALS = [*LITERALS, "1" * 5000, "1" * 4200, f'"{"9" * 5000}"', "0." + "0" * 90 + "1", "[" * 3000 + "]" * 3000]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
quick = settings(max_examples=40, deadline=None, database=None)


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value inside a decoded JSON value, and its own."""
    yield at
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*at, key))


def with_literal(record: Any, place: tuple[Any, ...], literal: str) -> bytes:
    """The record as JSON with `literal`, as it is, at one place."""
    marker = "\N{SNOWMAN}"
    copy = json.loads(json.dumps([record]))
    target, last = copy, 0
    for key in place:
        target, last = target[last], key
    target[last] = marker
    return json.dumps(copy)[1:-1].replace(json.dumps(marker), literal).encode()


def assert_listed_as_read(vendor: Vendor, raw: bytes, sound: bytes | None = None) -> None:
    """The list's reading of a record comes to the row that the whole record's does, or fails with its words.

    Where only the whole fails, what is wrong is nothing that the list shows: its row is that of the `sound` record.
    """
    for is_upcoming in (False, True):
        listed, read = (_row(one, raw, is_upcoming) for one in (vendor.listed, vendor.read))
        if listed != read:
            assert len(read) == _MALFORMED, (listed, read, raw[:2000])
            expected = listed if sound is None else _row(vendor.listed, sound, is_upcoming)
            assert len(listed) != _MALFORMED, (listed, read, raw[:2000])
            assert listed == expected, (read, raw[:2000])


#: The words and the path of what could not be read.
_MALFORMED = 2


def _row(read: Callable[..., Invoice], raw: bytes, is_upcoming: bool) -> tuple[Any, ...]:
    try:
        return encode(read(raw, is_upcoming=is_upcoming))
    except Malformed as error:
        return str(error), error.path


class Contract:
    """`sample` is the vendor's own documented record; `page_body` puts records into a list's envelope."""

    name: ClassVar[str]
    options: ClassVar[Mapping[str, str]] = {}
    sample: ClassVar[dict[str, Any]]
    #: A documented field that the list shows, a value of another type, the words of the complaint.
    wrong: ClassVar[tuple[str, Any, str]]
    #: The same of a field that it does not show.
    wrong_part: ClassVar[tuple[str, Any, str]]
    statuses: ClassVar[frozenset[Status]]

    def page_body(self, *records: str) -> bytes:
        raise NotImplementedError

    def vendor(self, **options: str) -> Vendor:
        base_url = vendor_class(self.name).base_url or "https://billing.example.com"
        account = Account("acme", self.name, "Acme", Side.RECEIVED, base_url, {**self.options, **options})
        return vendor_class(self.name)(account, lambda: TODAY)

    def read(self, changes: Mapping[str, Any] | None = None, detail: Any = None, **options: str) -> Invoice:
        """The sample with `changes` (None removes a member), read."""
        record = {name: value for name, value in {**self.sample, **(changes or {})}.items() if value is not ...}
        return self.vendor(**options).read(
            json.dumps(record).encode(), None if detail is None else json.dumps(detail).encode()
        )

    def ask(self, vendor: Vendor, body: bytes, headers: Mapping[str, str] | None = None) -> Page:
        listing = vendor.split(EVERYTHING)[0]
        return vendor.page(listing, vendor.first(listing), body, headers or {})

    def test_is_registered_under_its_name(self) -> None:
        assert self.name in NAMES
        vendor = self.vendor()
        assert vendor.name == self.name
        assert vendor.label

    def test_options_take_their_own_defaults_and_samples(self) -> None:
        for option in vendor_class(self.name).options:
            value = self.options.get(option.name, option.default)
            assert option.check(value) is None, option.name
            assert option.label
            assert option.help
            if option.choices:
                assert option.check("neither") is not None

    def test_requests_stay_below_the_base_url(self) -> None:
        vendor = self.vendor()
        for listing in vendor.split(EVERYTHING):
            request = vendor.request(listing, vendor.first(listing))
            assert request.path.startswith("/")
            assert "//" not in request.path
            assert all(isinstance(name, str) and isinstance(value, str) for name, value in request.params)

    def test_listings_have_names_of_their_own(self) -> None:
        vendor = self.vendor()
        wanted = (EVERYTHING, *(Wanted(statuses=frozenset((status,))) for status in Status))
        for each in wanted:
            names = [listing.name for listing in vendor.split(each)]
            assert len(set(names)) == len(names)
        assert vendor.split(EVERYTHING)[0].name == ""

    def test_only_its_own_statuses_are_asked_for(self) -> None:
        vendor = self.vendor()
        assert vendor.capabilities.statuses == self.statuses
        for status in Status:
            asks = bool(vendor.split(Wanted(statuses=frozenset((status,)))))
            assert asks == (status in self.statuses or status is Status.UNKNOWN), status

    def test_status_is_one_of_its_own(self) -> None:
        assert self.read().status(TODAY) in self.statuses

    def test_a_page_holds_its_records_as_received(self) -> None:
        record = json.dumps(self.sample)
        page = self.ask(self.vendor(), self.page_body(record, '{"new":  1.10}'))
        assert page.records == (record.encode(), b'{"new":  1.10}')

    def test_an_empty_page_ends_the_walk(self) -> None:
        vendor = self.vendor()
        listing = vendor.split(EVERYTHING)[-1]
        page = vendor.page(listing, vendor.first(listing), self.page_body(), {})
        assert (page.records, page.next) == ((), None)

    def test_a_lone_surrogate_costs_no_record(self) -> None:
        record = json.dumps(self.sample)
        vendor = self.vendor()
        body = self.page_body(
            record, '{"odd": "\\ud800", "amount": 1.10, "big": 1e400}', record.replace("{", '{"z": "\\udfff", ', 1)
        )
        page = self.ask(vendor, body)
        assert len(page.records) == 3
        assert page.records[1] == b'{"odd":"\\ud800","amount":1.10,"big":1E+400}'
        entries = vendor.entries(page.records)
        assert [entry.problem is None for entry in entries][0::2] == [True, True]
        assert vendor.read(page.records[2]).metadata["z"] == "\N{REPLACEMENT CHARACTER}"

    def test_bytes_that_are_no_utf_8_cost_no_record(self) -> None:
        record = json.dumps(self.sample)
        body = self.page_body(record, '{"odd": "?"}').replace(b'"?"', b'"\xff"')
        vendor = self.vendor()
        assert vendor.entries(self.ask(vendor, body).records)[0].problem is None

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (b"<!DOCTYPE html><html></html>", "the answer is HTML, not JSON"),
            (b"\n <html>", "the answer is HTML, not JSON"),
            (b"Service unavailable", "the answer is not JSON"),
            (b"", "the answer is empty, not JSON"),
            (b'{"data": [', "the answer is not JSON"),
            (b"7", "$: expected"),
            (b'"x"', "$: expected"),
        ],
    )
    def test_an_answer_that_is_no_list_is_named(self, body: bytes, words: str) -> None:
        with pytest.raises(Malformed) as caught:
            self.ask(self.vendor(), body)
        assert str(caught.value).startswith(words)

    def test_any_json_is_a_page_or_malformed(self) -> None:
        vendor = self.vendor()
        envelope = json.loads(self.page_body(json.dumps(self.sample)))

        for place in places(envelope):
            for literal in LITERALS:
                self._page_or_malformed(vendor, with_literal(envelope, place, literal))

        @quick
        @given(st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
        def check(body: bytes) -> None:
            self._page_or_malformed(vendor, body)

        check()

    def _page_or_malformed(self, vendor: Vendor, body: bytes) -> None:
        try:
            page = self.ask(vendor, body)
        except Malformed:
            return
        vendor.entries(page.records)
        assert page.total is None or isinstance(page.total, int)

    def test_any_value_of_any_field_is_read_or_malformed(self) -> None:
        sample = {**self.sample, "not known yet": None}
        for options in self.variants():
            vendor = self.vendor(**options)
            sound = json.dumps(sample).encode()
            for place in places(sample):
                for literal in LITERALS:
                    raw = with_literal(sample, place, literal)
                    assert_listed_as_read(vendor, raw, sound)
                    self._read_or_malformed(vendor, raw)

    def variants(self) -> tuple[dict[str, str], ...]:
        choices = [(option.name, option.choices) for option in vendor_class(self.name).options if option.choices]
        return ({}, *({name: choice} for name, words in choices for choice in words))

    def test_any_bytes_are_read_or_malformed(self) -> None:
        vendor = self.vendor()
        names = st.sampled_from(sorted(self.sample))

        @quick
        @given(
            st.binary()
            | st.dictionaries(names, json_values).map(lambda some: json.dumps({**self.sample, **some}).encode()),
            st.none() | st.binary() | st.dictionaries(names, json_values).map(lambda some: json.dumps(some).encode()),
        )
        def check(raw: bytes, detail: bytes | None) -> None:
            assert_listed_as_read(vendor, raw)
            self._read_or_malformed(vendor, raw, detail)

        check()

    @staticmethod
    def _read_or_malformed(vendor: Vendor, raw: bytes, detail: bytes | None = None) -> None:
        try:
            invoice = vendor.read(raw, detail)
        except Malformed:
            return
        assert isinstance(invoice.key, str)
        assert invoice.key
        assert repr(invoice)
        str(invoice.total)
        invoice.status(TODAY)
        vendor.detail(invoice)
        vendor.document(invoice)

    def test_a_wrong_type_makes_that_one_record_unreadable(self) -> None:
        field, value, words = self.wrong
        vendor = self.vendor()
        good, bad = json.dumps(self.sample).encode(), json.dumps({**self.sample, field: value}).encode()
        entries = vendor.entries([good, bad])
        assert [entry.invoice.is_readable for entry in entries] == [True, False]
        problem = entries[1].problem
        assert problem is not None
        assert str(problem) == words
        assert problem.path == words.split(":")[0]
        assert entries[1].invoice.status(TODAY) is Status.UNKNOWN
        assert entries[1].invoice.total is None
        assert entries[1].raw == bad
        assert vendor.detail(entries[1].invoice) is None
        assert vendor.document(entries[1].invoice) is None

    def test_a_wrong_part_hides_nothing_from_the_list(self) -> None:
        field, value, words = self.wrong_part
        vendor = self.vendor()
        good, bad = json.dumps(self.sample).encode(), json.dumps({**self.sample, field: value}).encode()
        (sound,), (entry,) = vendor.entries([good]), vendor.entries([bad])
        assert entry.problem is None
        assert encode(entry.invoice) == encode(sound.invoice)
        with pytest.raises(Malformed) as caught:
            vendor.read(bad)
        assert str(caught.value) == words

    def test_one_key_twice_gets_an_ordinal_and_a_repeat_does_not(self) -> None:
        first = json.dumps(self.sample).encode()
        other = json.dumps({**self.sample, "extra": 1}).encode()
        keys = [entry.invoice.key for entry in self.vendor().entries([first, first, other])]
        assert keys == [keys[0], f"{keys[0]}.2"]

    def test_unknown_members_are_kept(self) -> None:
        sent = {"brand_new": "word", "n": 12, "yes": True, "no": None, "nested": {"a": [1, None]}}
        found = self.read(sent).metadata
        expected = {"brand_new": "word", "n": "12", "yes": "true", "nested": '{"a":[1,null]}'}
        assert {name: found.get(name) for name in sent if name != "no"} == expected
        assert "no" not in found

    def test_no_text_keeps_a_control_character(self) -> None:
        hostile = "\x1b]0;x\x07\u202e[bold]\x9b31m"

        def poisoned(value: Any) -> Any:
            if isinstance(value, dict):
                return {name: poisoned(inner) for name, inner in value.items()}
            if isinstance(value, list):
                return [poisoned(inner) for inner in value]
            return value + hostile if isinstance(value, str) and not value[:4].isdigit() else value

        invoice = self.vendor().read(json.dumps({**poisoned(self.sample), hostile: hostile}).encode())
        for bad in ("\\x1b", "\\x07", "\\x9b", "\\u202e"):
            assert bad not in repr(invoice)

    def test_a_detail_that_is_no_object_is_malformed(self) -> None:
        with pytest.raises(Malformed):
            self.vendor().read(json.dumps(self.sample).encode(), b"[]")

    def test_the_upcoming_list_is_marked(self) -> None:
        upcoming = [listing for listing in self.vendor().split(EVERYTHING) if listing.is_upcoming]
        assert upcoming == ([Listing(is_upcoming=True)] if Status.UPCOMING in self.statuses else [])
