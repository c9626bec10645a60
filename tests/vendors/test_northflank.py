import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from invoicetui.errors import Malformed
from invoicetui.model import Invoice, Kind, Lifecycle, Payment, Status
from invoicetui.vendors.base import Listing
from tests.vendors.contract import LITERALS, TODAY, Contract, assert_listed_as_read, places, with_literal

RECORD = {
    "period": {"start": 1655823815, "end": 1655910214},
    "currency": "usd",
    "total": 1200,
    "subTotal": 1000,
}
NEWER = {
    "id": "835994C3-14310",
    "period": {"start": 1790812800, "end": 1793491200},
    "currency": "usd",
    "paasUsage": {"price": {"total": 69.22, "cpu": 40, "memory": 29.22}, "teams": [{"id": "a"}]},
    "byocUsage": {"price": {"total": 0.5, "vcpu": 0.5}},
    "total": 69.72,
    "status": "open",
}
DETAIL = {
    "lineItems": [{"title": "Usage", "total": 69.72, "base": 70, "proration": -0.28}, {"title": "Plan", "base": "x"}],
    "discounts": {"total": 1.5, "code": "SPRING"},
    "tax": {"percent": 20, "amount": 11.62},
}


class TestNorthflank(Contract):
    name = "northflank"
    sample = RECORD
    wrong = ("total", "1200", "$.total: expected number, got string")
    wrong_part = ("lineItems", [{"total": "12"}], "$.lineItems[0].total: expected number, got string")
    statuses = frozenset((Status.DRAFT, Status.VOID, Status.UNCOLLECTIBLE, Status.PAID, Status.OPEN, Status.UNKNOWN))

    def page_body(self, *records: str) -> bytes:
        return f'{{"data": {{"invoices": [{", ".join(records)}]}}, "pagination": {{"hasNextPage": false}}}}'.encode()

    def test_a_record_with_lines_is_listed_as_it_is_read(self) -> None:
        record = {**RECORD, **DETAIL}
        sound = json.dumps(record).encode()
        for place in places(record):
            for literal in LITERALS:
                assert_listed_as_read(self.vendor(), with_literal(record, place, literal), sound)

    def newer(self, changes: dict[str, Any] | None = None, detail: Any = None, amounts: str = "major") -> Invoice:
        raw = json.dumps({**NEWER, **(changes or {})}).encode()
        return self.vendor(amounts=amounts).read(raw, json.dumps(detail).encode() if detail else None)

    def test_everything_of_the_documented_record_lands(self) -> None:
        invoice = self.read()
        assert invoice.key == "2022-06-21..2022-06-22"
        assert (invoice.period_start, invoice.period_end) == (date(2022, 6, 21), date(2022, 6, 22))
        assert invoice.issued == date(2022, 6, 22)
        assert str(invoice.total) == "USD 12.00"
        assert str(invoice.subtotal) == "USD 10.00"
        assert invoice.currency == "USD"
        assert (invoice.kind, invoice.lifecycle, invoice.payment) == (
            Kind.INVOICE,
            Lifecycle.ISSUED,
            Payment.UNKNOWN,
        )
        assert (invoice.vendor_status, invoice.amount_due, invoice.number) == (None, None, None)
        assert invoice.instants == {
            "period start": datetime(2022, 6, 21, 15, 3, 35, tzinfo=UTC),
            "period end": datetime(2022, 6, 22, 15, 3, 34, tzinfo=UTC),
        }

    def test_everything_of_the_newer_record_lands(self) -> None:
        invoice = self.newer()
        assert (invoice.key, invoice.number) == ("835994C3-14310", "835994C3-14310")
        assert [(line.name, str(line.total)) for line in invoice.lines] == [
            ("PaaS usage", "USD 69.22"),
            ("BYOC usage", "USD 0.50"),
        ]
        assert [(part.name, str(part.total)) for part in invoice.lines[0].sublines] == [
            ("cpu", "USD 40.00"),
            ("memory", "USD 29.22"),
        ]
        assert invoice.metadata == {"paasUsage teams": '[{"id":"a"}]'}
        assert (invoice.lifecycle, invoice.payment, invoice.vendor_status) == (
            Lifecycle.ISSUED,
            Payment.UNPAID,
            "open",
        )

    def test_an_end_at_midnight_is_the_day_before(self) -> None:
        invoice = self.newer()
        assert (invoice.period_start, invoice.period_end) == (date(2026, 10, 1), date(2026, 10, 31))
        moment = self.read({"period": {"start": 1790812800, "end": 1790812800}})
        assert (moment.period_start, moment.period_end) == (date(2026, 10, 1), date(2026, 10, 1))

    def test_times_may_be_fractions_or_milliseconds(self) -> None:
        times = {"start": 1655823815000, "end": 1655910214.25}
        instants = self.read({"period": times}).instants
        assert instants["period start"] == datetime(2022, 6, 21, 15, 3, 35, tzinfo=UTC)
        assert instants["period end"] == datetime(2022, 6, 22, 15, 3, 34, 250_000, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("amounts", "total", "currency", "shown"),
        [
            ("minor", 1200, "usd", "USD 12.00"),
            ("major", 1200, "usd", "USD 1,200.00"),
            ("major", 69.22, "usd", "USD 69.22"),
            ("minor", 1200.5, "usd", "USD 12.005"),
            ("minor", 1200, "jpy", "JPY 1,200"),
            ("minor", 1200, "kwd", "KWD 1.200"),
            ("minor", 1200, None, "12.00"),
            ("major", 1.5, None, "1.50"),
            ("major", 1.5, "xyz", "XYZ 1.5"),
            ("minor", 123456789012345678901, "eur", "EUR 1,234,567,890,123,456,789.01"),
            ("minor", -0.0, "usd", "USD 0.00"),
        ],
    )
    def test_the_unit_is_the_accounts(self, amounts: str, total: Any, currency: str | None, shown: str) -> None:
        assert str(self.read({"total": total, "currency": currency}, amounts=amounts).total) == shown

    def test_minor_units_of_an_unknown_currency_are_no_amount(self) -> None:
        invoice = self.read({"currency": "xyz"})
        assert invoice.total is None
        assert invoice.metadata["total (minor units)"] == "1200 XYZ"

    @pytest.mark.parametrize(
        ("sent", "lifecycle", "payment", "words", "due"),
        [
            ({"paid": True}, Lifecycle.ISSUED, Payment.PAID, "paid", "USD 0.00"),
            ({"paid": False}, Lifecycle.ISSUED, Payment.UNPAID, "not paid", "USD 12.00"),
            ({"paid": None}, Lifecycle.ISSUED, Payment.UNKNOWN, None, "None"),
            ({"status": "open"}, Lifecycle.ISSUED, Payment.UNPAID, "open", "USD 12.00"),
            ({"status": "paid"}, Lifecycle.ISSUED, Payment.PAID, "paid", "USD 0.00"),
            ({"status": "payment_failed"}, Lifecycle.ISSUED, Payment.FAILED, "payment_failed", "USD 12.00"),
            ({"status": "void"}, Lifecycle.VOID, Payment.UNKNOWN, "void", "None"),
            ({"status": "uncollectible"}, Lifecycle.UNCOLLECTIBLE, Payment.UNKNOWN, "uncollectible", "None"),
            ({"status": "draft"}, Lifecycle.DRAFT, Payment.UNKNOWN, "draft", "None"),
            ({"status": "carried", "paid": False}, Lifecycle.ISSUED, Payment.UNPAID, "carried", "USD 12.00"),
            ({"status": "carried"}, Lifecycle.ISSUED, Payment.UNKNOWN, "carried", "None"),
        ],
    )
    def test_paid_and_status(
        self, sent: dict[str, Any], lifecycle: Lifecycle, payment: Payment, words: str | None, due: str
    ) -> None:
        invoice = self.read(sent)
        assert (invoice.lifecycle, invoice.payment, invoice.vendor_status) == (lifecycle, payment, words)
        assert str(invoice.amount_due) == due

    def test_a_negative_total_is_a_credit_note(self) -> None:
        assert self.read({"total": -1}).kind is Kind.CREDIT_NOTE

    def test_without_id_and_period_the_record_names_itself(self) -> None:
        vendor = self.vendor()
        keys = [entry.invoice.key for entry in vendor.entries([b'{"currency":"usd"}', b'{"currency":"eur"}'])]
        assert [key[:7] for key in keys] == ["record-"] * 2
        assert {len(key) for key in keys} == {19}
        assert keys[0] != keys[1]

    def test_the_detail_brings_items_tax_and_discounts(self) -> None:
        invoice = self.newer(detail=DETAIL)
        assert [(line.name, str(line.total)) for line in invoice.lines] == [("Usage", "USD 69.72"), ("Plan", "None")]
        assert [(part.name, str(part.total)) for part in invoice.lines[0].sublines] == [
            ("base", "USD 70.00"),
            ("proration", "USD -0.28"),
        ]
        assert invoice.lines[1].description == "base x"
        assert str(invoice.discount) == "USD 1.50"
        assert (invoice.taxes[0].rate, str(invoice.tax)) == ("20%", "USD 11.62")
        assert invoice.metadata["paasUsage price cpu"] == "USD 40.00"
        assert invoice.metadata["discounts code"] == "SPRING"

    def test_the_older_detail_is_read_too(self) -> None:
        invoice = self.read(detail={"discount": 100, "tax": {"percent": 20, "value": 200}})
        assert (str(invoice.discount), str(invoice.tax)) == ("USD 1.00", "USD 2.00")

    @pytest.mark.parametrize(
        ("invoices", "count"),
        [
            (json.dumps(RECORD), 1),
            (f"[{json.dumps(RECORD)}]", 1),
            ("[]", 0),
            ("{}", 0),
            ("null", 0),
            (None, 0),
        ],
    )
    def test_an_object_a_list_null_or_nothing(self, invoices: str | None, count: int) -> None:
        data = "{}" if invoices is None else f'{{"invoices": {invoices}}}'
        page = self.ask(self.vendor(), f'{{"data": {data}, "pagination": {{}}}}'.encode())
        assert (len(page.records), page.next, page.total) == (count, None, None)

    @pytest.mark.parametrize("body", [b"{}", b'{"data": null}', b'{"data": {"invoices": 3}}'])
    def test_another_envelope_is_malformed(self, body: bytes) -> None:
        with pytest.raises(Malformed) as caught:
            self.ask(self.vendor(), body)
        assert caught.value.path.startswith("$.data")

    @pytest.mark.parametrize(
        ("pagination", "after"),
        [
            ('{"hasNextPage": true, "cursor": "abc", "count": 1}', "abc"),
            ('{"cursor": "abc"}', "abc"),
            ('{"hasNextPage": false, "cursor": "abc"}', None),
            ('{"hasNextPage": true, "cursor": ""}', None),
            ('{"hasNextPage": true}', None),
            ("null", None),
        ],
    )
    def test_the_cursor_leads_on(self, pagination: str, after: str | None) -> None:
        body = f'{{"data": {{"invoices": [{{}}]}}, "pagination": {pagination}}}'.encode()
        assert self.ask(self.vendor(), body).next == after

    def test_requests_follow_the_cursor_and_the_team(self) -> None:
        vendor = self.vendor(team="my team")
        assert vendor.request(Listing(), "").path == "/v1/teams/my%20team/billing/invoices"
        assert vendor.request(Listing(), "").params == (("per_page", "100"),)
        assert vendor.request(Listing(), "a/b").params == (("per_page", "100"), ("cursor", "a/b"))
        assert self.vendor().request(Listing(), "").path == "/v1/billing/invoices"

    def test_only_an_id_has_a_detail(self) -> None:
        vendor = self.vendor()
        request = vendor.detail(self.newer())
        assert request is not None
        assert request.path == "/v1/billing/invoices/835994C3-14310"
        assert vendor.detail(self.read()) is None
        for key in (
            "2026-10-01..2026-10-31.2",
            "record-0123456789ab",
            "record-0123456789ab.2",
            "unreadable-0",
            "..",
            "",
        ):
            assert vendor.single(key) is None

    def test_the_detail_is_wrapped_in_data(self) -> None:
        assert self.vendor().unwrap(b'{"data": {"id": 1}, "pagination": {}}') == b'{"id": 1}'

    def test_there_is_no_pdf_and_it_is_said(self) -> None:
        vendor = self.vendor()
        assert vendor.document(self.newer()) is None
        assert "app.northflank.com" in vendor.no_document

    def test_nothing_due_is_overdue(self) -> None:
        assert self.read({"paid": False}).status(TODAY) is Status.OPEN
