import itertools
import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest

from invoicetui.model import DocumentKind, Kind, Lifecycle, Payment, Status
from invoicetui.vendors.base import EVERYTHING, Listing, Wanted
from tests.vendors.contract import TODAY, Contract

RECORD: dict[str, Any] = {
    "invoiceStartDate": "2026-10-01",
    "invoiceEndDate": "2026-10-31",
    "totalAmount": {"isNegative": False, "currencyCode": "GBP", "integral": 12, "fractional": 50},
    "invoiceURL": "https://pay.example.com/i/secret?s=ap",
    "productBreakdowns": [
        {
            "productName": "Scale",
            "quantity": 3,
            "total": {"isNegative": False, "currencyCode": "USD", "integral": 15, "fractional": 5},
        }
    ],
    "usageStatistics": {"executions": 1200},
    "metaData": {"plan": "scale", "seats": 4},
}


def money(integral: int, fractional: int, *, is_negative: bool | None = False, currency: str = "GBP") -> dict[str, Any]:
    return {"isNegative": is_negative, "currencyCode": currency, "integral": integral, "fractional": fractional}


class TestVersori(Contract):
    name = "versori"
    options: ClassVar = {"organisation": "01HX"}
    sample = RECORD
    wrong = ("invoiceURL", 3, "$.invoiceURL: expected string, got integer")
    wrong_part = ("usageStatistics", [], "$.usageStatistics: expected object, got array")
    statuses = frozenset((Status.UPCOMING, Status.UNKNOWN))

    def page_body(self, *records: str) -> bytes:
        return f"[{', '.join(records)}]".encode()

    def test_everything_of_the_documented_record_lands(self) -> None:
        invoice = self.read()
        assert invoice.key == "2026-10-01..2026-10-31.GBP"
        assert (invoice.period_start, invoice.period_end) == (date(2026, 10, 1), date(2026, 10, 31))
        assert (invoice.issued, invoice.number) == (date(2026, 10, 31), None)
        assert (str(invoice.total), invoice.currency) == ("GBP 12.50", "GBP")
        assert [(line.name, line.quantity, str(line.total)) for line in invoice.lines] == [
            ("Scale", Decimal(3), "USD 15.05")
        ]
        assert invoice.usage == {"executions": 1200}
        assert invoice.metadata == {"plan": "scale", "seats": "4"}
        assert (invoice.lifecycle, invoice.payment, invoice.vendor_status) == (
            Lifecycle.UNKNOWN,
            Payment.UNKNOWN,
            None,
        )
        document = self.vendor().document(invoice)
        assert document is not None
        assert (document.kind, document.location) == (DocumentKind.URL, RECORD["invoiceURL"])

    def test_the_address_is_not_in_the_invoices_repr(self) -> None:
        assert "secret" not in repr(self.read())

    @pytest.mark.parametrize("url", ["", None])
    def test_no_address_is_no_document(self, url: str | None) -> None:
        assert self.vendor().document(self.read({"invoiceURL": url})) is None

    @pytest.mark.parametrize(
        ("sent", "shown"),
        [
            (money(12, 5), "GBP 12.05"),
            (money(12, 50, is_negative=True), "GBP -12.50"),
            (money(-12, 50), "GBP -12.50"),
            (money(-12, -50, is_negative=True), "GBP -12.50"),
            (money(0, -50), "GBP -0.50"),
            (money(0, 0, is_negative=True), "GBP 0.00"),
            (money(12, 50, is_negative=None), "GBP 12.50"),
            (money(2**63, 99), "GBP 9,223,372,036,854,775,808.99"),
            (money(12, 0, currency="JPY"), "JPY 12"),
            (money(12, 123, currency="KWD"), "KWD 12.123"),
        ],
    )
    def test_money_is_put_together(self, sent: dict[str, Any], shown: str) -> None:
        assert str(self.read({"totalAmount": sent}).total) == shown

    @pytest.mark.parametrize(
        ("sent", "raw"),
        [
            (money(123, 123, is_negative=True), "-123 and 123 GBP"),
            (money(12, 100), "12 and 100 GBP"),
            (money(12, 1, currency="JPY"), "12 and 1 JPY"),
            (money(12, 50, currency="XYZ"), "12 and 50 XYZ"),
        ],
    )
    def test_parts_that_do_not_fit_are_shown_raw(self, sent: dict[str, Any], raw: str) -> None:
        invoice = self.read({"totalAmount": sent})
        assert (invoice.total, invoice.metadata["totalAmount (as sent)"]) == (None, raw)

    def test_a_missing_part_is_no_zero(self) -> None:
        invoice = self.read({"totalAmount": {"currencyCode": "GBP", "integral": 12}})
        assert invoice.total is None
        assert '"integral":12' in invoice.metadata["totalAmount (as sent)"]

    def test_metadata_and_lines_do_not_overwrite_one_another(self) -> None:
        sent = {"totalAmount": money(1, 100), "metaData": {"totalAmount (as sent)": "x"}}
        found = self.read(sent).metadata
        assert found["totalAmount (as sent)"] == "1 and 100 GBP"
        assert found["totalAmount (as sent) (2)"] == "x"

    def test_kinds(self) -> None:
        assert self.read({"totalAmount": money(1, 0, is_negative=True)}).kind is Kind.CREDIT_NOTE
        raw = json.dumps(RECORD).encode()
        assert self.vendor().read(raw, is_upcoming=True).kind is Kind.UPCOMING
        assert self.vendor().entries([raw], is_upcoming=True)[0].invoice.status(TODAY) is Status.UPCOMING

    def test_a_record_without_its_dates_is_unreadable(self) -> None:
        for field in ("invoiceStartDate", "invoiceEndDate"):
            for value in ("", None, ...):
                record = {name: item for name, item in {**RECORD, field: value}.items() if item is not ...}
                (entry,) = self.vendor().entries([json.dumps(record).encode()])
                assert entry.problem is not None
                assert entry.problem.path == f"$.{field}"

    def test_currencies_of_one_period_are_two_invoices(self) -> None:
        other = {**RECORD, "totalAmount": money(1, 0, currency="EUR")}
        entries = self.vendor().entries([json.dumps(each).encode() for each in (RECORD, other)])
        assert [entry.invoice.key[-4:] for entry in entries] == [".GBP", ".EUR"]

    @pytest.mark.parametrize(
        ("body", "count"),
        [(b"[]", 0), (b" null ", 0), (b"{}", 0), (json.dumps(RECORD).encode(), 1), (json.dumps([RECORD]).encode(), 1)],
    )
    def test_an_array_an_object_or_null(self, body: bytes, count: int) -> None:
        vendor = self.vendor()
        for listing in vendor.split(EVERYTHING):
            assert len(vendor.page(listing, vendor.first(listing), body, {}).records) == count

    def test_windows_go_back_and_end_after_two_empty_ones(self) -> None:
        vendor = self.vendor()
        listing = Listing()
        token: str | None = vendor.first(listing)
        asked = []
        while token is not None:
            asked.append(dict(vendor.request(listing, token).params))
            body = b"[{}]" if len(asked) == 2 else b"[]"
            page = vendor.page(listing, token, body, {})
            assert page.may_repeat
            token = page.next
        # The first is empty and does not count, the second is not, then two are.
        assert len(asked) == 4
        assert asked[0]["to"] == TODAY.isoformat()
        for newer, older in itertools.pairwise(asked):
            assert older["to"] > newer["from"] > older["from"]

    def test_the_first_window_is_the_first_on_another_day_too(self) -> None:
        vendor = self.vendor()
        token = vendor.first(Listing())
        later = type(vendor)(vendor.account, lambda: TODAY + timedelta(days=40))
        for each in (vendor, later):
            after = each.page(Listing(), token, b"[]", {}).next
            assert after is not None
            assert after.endswith("#0")

    def test_upcoming_is_one_call_without_dates(self) -> None:
        vendor = self.vendor()
        listing = Listing(is_upcoming=True)
        request = vendor.request(listing, vendor.first(listing))
        assert (request.path, request.params) == ("/organisations/01HX/billing/invoices", ())
        page = vendor.page(listing, "", b"[]", {})
        assert (page.next, page.may_repeat) == (None, False)

    @pytest.mark.parametrize(
        ("statuses", "listings"),
        [
            ((), (Listing(), Listing(is_upcoming=True))),
            ((Status.UPCOMING,), (Listing(is_upcoming=True),)),
            ((Status.UNKNOWN,), (Listing(),)),
            ((Status.UPCOMING, Status.UNKNOWN), (Listing(), Listing(is_upcoming=True))),
            ((Status.UPCOMING, Status.PAID), (Listing(is_upcoming=True),)),
            ((Status.PAID, Status.OVERDUE), ()),
        ],
    )
    def test_what_is_asked_for_which_status(self, statuses: tuple[Status, ...], listings: tuple[Listing, ...]) -> None:
        assert self.vendor().split(Wanted(statuses=frozenset(statuses))) == listings

    def test_days_bound_the_windows(self) -> None:
        vendor = self.vendor()
        listing = vendor.split(Wanted(issued_from=date(2024, 3, 1), issued_to=date(2024, 3, 31)))[0]
        assert listing.params == (("from", "2023-03-01"), ("to", "2025-04-01"))
        assert listing.name == "from=2023-03-01&to=2025-04-01"
        token: str | None = vendor.first(listing)
        asked = []
        while token is not None:
            asked.append(vendor.request(listing, token).params)
            token = vendor.page(listing, token, b"[{}]", {}).next
        assert asked[0][1] == ("to", "2025-04-01")
        assert asked[-1][0] == ("from", "2023-03-01")
        assert all(len(params) == 2 for params in asked)

    @pytest.mark.parametrize(
        ("issued_from", "issued_to", "params"),
        [
            (None, date(2026, 10, 31), ()),
            (None, date.max, ()),
            (date(2026, 12, 1), None, (("from", "2025-11-30"),)),
            (date.min, None, (("from", "1970-01-01"),)),
            (date.max, None, None),
            (None, date.min, None),
            (date(2024, 1, 1), date(2020, 1, 1), None),
        ],
    )
    def test_bounds_stay_within_the_calendar(
        self, issued_from: date | None, issued_to: date | None, params: Any
    ) -> None:
        wanted = Wanted(issued_from=issued_from, issued_to=issued_to, statuses=frozenset((Status.UNKNOWN,)))
        assert [listing.params for listing in self.vendor().split(wanted)] == ([] if params is None else [params])

    def test_the_word_before_the_token(self) -> None:
        assert self.vendor().auth_scheme == "Bearer"
        assert self.vendor(auth_scheme="JWT").auth_scheme == "JWT"
