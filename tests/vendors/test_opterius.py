import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from invoicetui.model import Kind, Lifecycle, Payment, Status
from invoicetui.vendors.base import EVERYTHING, Listing, Wanted
from tests.vendors.contract import TODAY, Contract

PAID = {
    "id": 305,
    "invoice_number": "INV-0305",
    "status": "paid",
    "subtotal": 2000,
    "tax_amount": 200,
    "total": 2200,
    "amount_due": 0,
    "currency_code": "USD",
    "due_date": "2026-04-10",
    "paid_at": "2026-04-08T14:33:10Z",
    "created_at": "2026-04-01T00:00:00Z",
}
UNPAID = {**PAID, "id": 306, "status": "unpaid", "amount_due": 2200, "due_date": "2026-12-24", "paid_at": None}
SERVER = {
    "id": 7,
    "invoice_number": "INV-2026-00007",
    "status": "refunded",
    "total": 22.5,
    "amount_due": 0,
    "currency": "eur",
    "due_date": "2026-04-10",
    "paid_date": "2026-04-08",
    "created_at": "2026-04-01T01:00:00+02:00",
}
SINGLE = {
    **SERVER,
    "subtotal": 20,
    "tax": 2.5,
    "credit_applied": 1.25,
    "items": [
        {"description": "Hosting", "quantity": 2, "amount": 11.25},
        {"description": "Domain", "quantity": "1.50", "amount": 11.25},
        {"description": "Odd", "quantity": "a few", "amount": None},
    ],
}


class TestOpterius(Contract):
    name = "opterius"
    sample = UNPAID
    wrong = ("invoice_number", 306, "$.invoice_number: expected string, got integer")
    wrong_part = ("items", [{"amount": "12"}], "$.items[0].amount: expected number, got string")
    statuses = frozenset(Status) - {Status.UNCOLLECTIBLE, Status.UPCOMING}

    def page_body(self, *records: str) -> bytes:
        return f'{{"data": [{", ".join(records)}]}}'.encode()

    def paged(self, count: int, **meta: Any) -> bytes:
        records = [{**UNPAID, "id": at} for at in range(count)]
        return json.dumps({"data": records, "meta": meta}).encode()

    def test_everything_of_the_documented_record_lands(self) -> None:
        invoice = self.read(PAID)
        assert (invoice.key, invoice.number, invoice.vendor_status) == ("305", "INV-0305", "paid")
        amounts = (invoice.subtotal, invoice.tax, invoice.total, invoice.amount_due)
        assert [str(amount) for amount in amounts] == ["USD 20.00", "USD 2.00", "USD 22.00", "USD 0.00"]
        assert (invoice.issued, invoice.due) == (date(2026, 4, 1), date(2026, 4, 10))
        assert invoice.paid_at == datetime(2026, 4, 8, 14, 33, 10, tzinfo=UTC)
        assert invoice.status(TODAY) is Status.PAID
        assert invoice.metadata == {}

    def test_everything_of_the_servers_own_record_lands(self) -> None:
        vendor = self.vendor(amounts="major")
        invoice = vendor.read(json.dumps(SERVER).encode(), json.dumps(SINGLE).encode())
        amounts = (invoice.subtotal, invoice.tax, invoice.total, invoice.amount_due)
        assert [str(amount) for amount in amounts] == ["EUR 20.00", "EUR 2.50", "EUR 22.50", "EUR 0.00"]
        assert invoice.issued == date(2026, 3, 31)
        assert invoice.paid_at == datetime(2026, 4, 8, tzinfo=UTC)
        assert [(line.name, line.quantity, str(line.total)) for line in invoice.lines] == [
            ("Hosting", Decimal(2), "EUR 11.25"),
            ("Domain", Decimal("1.50"), "EUR 11.25"),
            ("Odd", None, "None"),
        ]
        assert invoice.lines[2].description == "quantity a few"
        assert invoice.metadata == {"credit_applied": "EUR 1.25", "items": "amounts include tax"}
        assert (invoice.status(TODAY), invoice.vendor_status) == (Status.PAID, "refunded")

    @pytest.mark.parametrize(
        ("amounts", "total", "currency", "shown"),
        [
            ("minor", 2200, "USD", "USD 22.00"),
            ("minor", 2200, "JPY", "JPY 2,200"),
            ("minor", 2200, "KWD", "KWD 2.200"),
            ("major", 22, "USD", "USD 22.00"),
            ("major", 22.5, "USD", "USD 22.50"),
            ("major", 22.555, "USD", "USD 22.555"),
            ("major", 50, "JPY", "JPY 5,000"),
            ("major", 22.5, "KWD", "KWD 2.250"),
            ("minor", 12345678901234567890123, "USD", "USD 123,456,789,012,345,678,901.23"),
        ],
    )
    def test_the_unit_is_the_accounts(self, amounts: str, total: Any, currency: str, shown: str) -> None:
        assert str(self.read({"total": total, "currency_code": currency}, amounts=amounts).total) == shown

    def test_an_unknown_currency_is_no_guess(self) -> None:
        invoice = self.read({"currency_code": "XYZ"})
        assert (invoice.total, invoice.metadata["total (minor units)"]) == (None, "2200 XYZ")
        invoice = self.read({"currency_code": None}, amounts="major")
        assert (invoice.total, invoice.metadata["total (as sent)"]) == (None, "2200")

    @pytest.mark.parametrize(
        ("word", "lifecycle", "payment", "status"),
        [
            ("unpaid", Lifecycle.ISSUED, Payment.UNPAID, Status.OPEN),
            ("overdue", Lifecycle.ISSUED, Payment.UNPAID, Status.OPEN),
            ("paid", Lifecycle.ISSUED, Payment.PAID, Status.PAID),
            ("refunded", Lifecycle.ISSUED, Payment.PAID, Status.PAID),
            ("cancelled", Lifecycle.VOID, Payment.UNKNOWN, Status.VOID),
            ("draft", Lifecycle.DRAFT, Payment.UNKNOWN, Status.DRAFT),
            ("disputed", Lifecycle.UNKNOWN, Payment.UNKNOWN, Status.UNKNOWN),
        ],
    )
    def test_the_word(self, word: str, lifecycle: Lifecycle, payment: Payment, status: Status) -> None:
        invoice = self.read({"status": word})
        assert (invoice.lifecycle, invoice.payment, invoice.vendor_status) == (lifecycle, payment, word)
        assert invoice.status(TODAY) is status

    def test_overdue_is_derived_although_the_server_is_late(self) -> None:
        assert self.read({"due_date": "2026-11-20"}).status(TODAY) is Status.OVERDUE

    @pytest.mark.parametrize(
        ("due", "payment"), [(1, Payment.PARTIAL), (2199, Payment.PARTIAL), (2200, Payment.UNPAID), (0, Payment.UNPAID)]
    )
    def test_less_due_than_the_total_is_partly_paid(self, due: int, payment: Payment) -> None:
        assert self.read({"amount_due": due}).payment is payment

    def test_a_negative_total_is_a_credit_note(self) -> None:
        assert self.read({"total": -2200}).kind is Kind.CREDIT_NOTE

    def test_no_meta_means_that_everything_has_arrived(self) -> None:
        vendor = self.vendor()
        body = self.page_body(*[json.dumps({**UNPAID, "id": at}) for at in range(250)])
        page = self.ask(vendor, body)
        assert (len(page.records), page.next, page.total) == (250, None, None)
        assert vendor.nth(Listing(), 1) is None

    def test_meta_leads_on(self) -> None:
        vendor = self.vendor()
        page = self.ask(vendor, self.paged(15, current_page=1, last_page=3, per_page=15, total=38))
        assert (page.next, page.total, page.total_pages) == ("2", 38, 3)
        assert vendor.nth(Listing(), 2) == "3"
        last = vendor.page(Listing(), "3", self.paged(8, last_page=3, per_page=15, total=38), {})
        assert last.next is None

    def test_without_a_last_page_a_short_page_is_the_last(self) -> None:
        assert self.ask(self.vendor(), self.paged(15, per_page=15)).next == "2"
        assert self.ask(self.vendor(), self.paged(14, per_page=15)).next is None
        assert self.ask(self.vendor(), self.paged(15)).next is None

    @pytest.mark.parametrize(
        ("statuses", "words"),
        [
            ((), [("", False)]),
            ((Status.UNKNOWN, Status.PAID), [("", False)]),
            ((Status.OPEN,), [("unpaid", False), ("overdue", False)]),
            ((Status.OVERDUE, Status.PARTIAL), [("unpaid", False), ("overdue", False)]),
            ((Status.PAID,), [("paid", False), ("refunded", True)]),
            ((Status.VOID,), [("cancelled", False)]),
            ((Status.DRAFT,), [("draft", True)]),
            ((Status.UPCOMING,), []),
        ],
    )
    def test_one_word_a_request(self, statuses: tuple[Status, ...], words: list[tuple[str, bool]]) -> None:
        listings = self.vendor().split(Wanted(statuses=frozenset(statuses)))
        assert [(dict(each.params).get("status", ""), each.is_optional) for each in listings] == words

    def test_requests_carry_the_word_and_the_page(self) -> None:
        request = self.vendor().request(Listing((("status", "unpaid"),)), "2")
        assert request.path == "/api/v1/invoices"
        assert request.params == (("status", "unpaid"), ("page", "2"), ("per_page", "100"))
        assert self.vendor().first(self.vendor().split(EVERYTHING)[0]) == "1"

    def test_the_detail_is_wrapped_or_bare(self) -> None:
        vendor = self.vendor()
        request = vendor.detail(self.read())
        assert request is not None
        assert request.path == "/api/v1/invoices/306"
        assert vendor.unwrap(b'{"data": {"id": 1}}') == b'{"id": 1}'
        assert vendor.unwrap(b'{"id": 1}') == b'{"id": 1}'
        assert vendor.single("INV-0305") is None

    def test_there_is_no_pdf_and_it_is_said(self) -> None:
        assert self.vendor().document(self.read()) is None
        assert "portal" in self.vendor().no_document
