import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from invoicetui.errors import Rejected
from invoicetui.model import DocumentKind, Kind, Lifecycle, Payment, Side, Status
from invoicetui.vendors.base import EVERYTHING, Listing, Wanted
from tests.vendors.contract import TODAY, Contract

INSTANT = "2023-11-07T05:31:56Z"
RECORD: dict[str, Any] = {
    "amount_due": 123,
    "applied_credits": 123,
    "coupons": [{"coupon_id": "cou_1", "name": "Spring", "total": 123}],
    "created_at": INSTANT,
    "currency": "AED",
    "customer_details": {
        "id": "cus_1",
        "name": "Globex",
        "snapshot_at": INSTANT,
        "alias": "globex-eu",
        "billing_address": {
            "city": "Springfield",
            "country": "US",
            "line1": "1 Main St",
            "line2": "Floor 2",
            "state": "OR",
            "zip_code": "97477",
        },
        "email": "billing@globex.example",
        "vat_number": "US123",
    },
    "customer_id": "cus_1",
    "id": "inv_1",
    "invoice_date": "2023-12-25",
    "invoice_number": "INV-1",
    "invoice_type": "Recurring",
    "line_items": [
        {
            "amount_total": 123,
            "end_date": "2023-12-25",
            "name": "Seats",
            "start_date": "2023-11-25",
            "sub_line_items": [
                {"id": "sli_1", "name": "Tier 1", "quantity": "2.5", "total": 123, "unit_price": "0.123456789"}
            ],
            "tax_rate": "0.05",
            "description": "per seat",
            "quantity": "3",
            "unit_price": "<string>",
        }
    ],
    "net_terms": 30,
    "payment_status": "Unpaid",
    "status": "Finalized",
    "subtotal": 117,
    "subtotal_recurring": 110,
    "tax_amount": 6,
    "tax_breakdown": [
        {"name": "VAT", "tax_amount": 6, "tax_rate": "0.05", "taxable_amount": 117, "exemption_type": "ReverseCharge"}
    ],
    "total": 123,
    "transactions": [
        {
            "amount": 1,
            "currency": "aed",
            "id": "pay_1",
            "payment_type": "Payment",
            "status": "Failed",
            "error": "card declined",
            "payment_method_id": "pm_7n42DGM5Tflk9n8mt7Fhc7",
            "payment_method_info": {
                "payment_method_type": "Card",
                "account_number_hint": "hint",
                "card_brand": "visa",
                "card_last4": "4242",
            },
            "processed_at": INSTANT,
            "provider_transaction_id": "pi_1",
        }
    ],
    "due_date": "2026-12-25",
    "finalized_at": INSTANT,
    "marked_as_uncollectible_at": INSTANT,
    "memo": "Thank you.\nSee you.",
    "paid_at": INSTANT,
    "purchase_order": "PO-7",
    "reference": "REF-9",
    "subscription_id": "sub_7n42DGM5Tflk9n8mt7Fhc7",
    "updated_at": INSTANT,
    "voided_at": INSTANT,
}
AT = datetime(2023, 11, 7, 5, 31, 56, tzinfo=UTC)
OPTIONAL = (
    "subscription_id due_date memo paid_at reference purchase_order updated_at finalized_at voided_at "
    "marked_as_uncollectible_at"
).split()


class TestMeteroid(Contract):
    name = "meteroid"
    sample = RECORD
    wrong = ("total", "123", "$.total: expected integer, got string")
    wrong_part = ("transactions", [{"amount": "1"}], "$.transactions[0].amount: expected integer, got string")
    statuses = frozenset(Status) - {Status.UPCOMING}

    def page_body(self, *records: str) -> bytes:
        return f'{{"data": [{", ".join(records)}], "pagination_meta": {{"page": 0}}}}'.encode()

    def paged(self, count: int, *, status: str = "Finalized", **meta: Any) -> bytes:
        records = [{**RECORD, "id": f"inv_{at}", "status": status} for at in range(count)]
        return json.dumps({"data": records, "pagination_meta": meta}).encode()

    def test_everything_of_the_documented_record_lands(self) -> None:
        invoice = self.read()
        assert (invoice.key, invoice.number, invoice.subscription) == ("inv_1", "INV-1", RECORD["subscription_id"])
        assert (invoice.customer, invoice.customer_id) == ("Globex", "cus_1")
        amounts = (invoice.subtotal, invoice.tax, invoice.total, invoice.amount_due)
        assert [str(amount) for amount in amounts] == ["AED 1.17", "AED 0.06", "AED 1.23", "AED 1.23"]
        assert (invoice.issued, invoice.due) == (date(2023, 12, 25), date(2026, 12, 25))
        assert (invoice.period_start, invoice.period_end) == (date(2023, 11, 25), date(2023, 12, 25))
        assert (invoice.lifecycle, invoice.payment) == (Lifecycle.ISSUED, Payment.UNPAID)
        assert (invoice.vendor_status, invoice.status(TODAY)) == ("Finalized / Unpaid", Status.OPEN)
        assert invoice.paid_at == AT
        assert invoice.memo == "Thank you.\nSee you."
        names = ("created", "updated", "finalized", "voided", "marked uncollectible", "customer snapshot")
        assert invoice.instants == dict.fromkeys(names, AT)
        assert invoice.metadata == {
            "subtotal_recurring": "AED 1.10",
            "applied_credits": "AED 1.23",
            "invoice_type": "Recurring",
            "net_terms": "30",
            "reference": "REF-9",
            "purchase_order": "PO-7",
            "customer alias": "globex-eu",
            "customer e-mail": "billing@globex.example",
            "customer VAT number": "US123",
            "customer address": "1 Main St, Floor 2, 97477, Springfield, OR, US",
        }

    def test_the_lines_of_the_documented_record_land(self) -> None:
        (line,) = self.read().lines
        assert (line.name, line.quantity, line.tax_rate, str(line.total)) == ("Seats", Decimal(3), "0.05", "AED 1.23")
        assert (line.unit_price, line.description) == (None, "per seat, unit price <string>")
        (sub,) = line.sublines
        assert (sub.name, sub.description, sub.quantity) == ("Tier 1", "sli_1", Decimal("2.5"))
        assert (sub.unit_price, str(sub.total)) == (Decimal("0.123456789"), "AED 1.23")

    def test_the_taxes_coupons_and_payments_of_the_documented_record_land(self) -> None:
        invoice = self.read()
        (tax,) = invoice.taxes
        assert (tax.name, tax.rate, tax.exemption) == ("VAT", "0.05", "ReverseCharge")
        assert (str(tax.base), str(tax.amount)) == ("AED 1.17", "AED 0.06")
        (coupon,) = invoice.discounts
        assert (coupon.name, str(coupon.amount), coupon.reference) == ("Spring", "AED 1.23", "cou_1")
        (payment,) = invoice.payments
        assert (payment.id, payment.kind, payment.status, payment.error) == (
            "pay_1",
            "payment",
            "Failed",
            "card declined",
        )
        assert (str(payment.amount), payment.at, payment.reference) == ("AED 0.01", AT, "pi_1")
        assert payment.method == "Card visa 4242 hint (pm_7n42DGM5Tflk9n8mt7Fhc7)"

    def test_null_and_missing_are_the_same(self) -> None:
        nothing = self.read(dict.fromkeys(OPTIONAL))
        assert nothing == self.read(dict.fromkeys(OPTIONAL, ...))
        assert (nothing.due, nothing.paid_at, nothing.memo, nothing.subscription) == (None,) * 4
        line = {**RECORD["line_items"][0], "quantity": None, "unit_price": None, "sub_line_items": None}
        (read,) = self.read({"line_items": [line]}).lines
        assert (read.quantity, read.unit_price, read.description) == (None, None, "per seat")
        method = {**RECORD["transactions"][0], "payment_method_info": None}
        assert self.read({"transactions": [method]}).payments[0].method == "(pm_7n42DGM5Tflk9n8mt7Fhc7)"

    def test_an_address_may_have_any_part(self) -> None:
        details = {"name": "Globex", "billing_address": {"country": "US", "line1": None, "county": "Lane"}, "tier": 3}
        found = self.read({"customer_details": details}).metadata
        assert (found["customer address"], found["customer tier"]) == ("US, Lane", "3")

    @pytest.mark.parametrize(
        ("status", "payment_status", "lifecycle", "payment"),
        [
            ("Draft", "Unpaid", Lifecycle.DRAFT, Payment.UNPAID),
            ("DRAFT", "UNPAID", Lifecycle.DRAFT, Payment.UNPAID),
            ("Finalized", "PartiallyPaid", Lifecycle.ISSUED, Payment.PARTIAL),
            ("FINALIZED", "PARTIALLY_PAID", Lifecycle.ISSUED, Payment.PARTIAL),
            ("FINALIZED", "PAID", Lifecycle.ISSUED, Payment.PAID),
            ("FINALIZED", "ERRORED", Lifecycle.ISSUED, Payment.FAILED),
            ("FINALIZED", "PROCESSING", Lifecycle.ISSUED, Payment.UNPAID),
            ("UNCOLLECTIBLE", "UNPAID", Lifecycle.UNCOLLECTIBLE, Payment.UNPAID),
            ("Void", "Unpaid", Lifecycle.VOID, Payment.UNPAID),
            ("ARCHIVED", "DISPUTED", Lifecycle.UNKNOWN, Payment.UNKNOWN),
        ],
    )
    def test_both_casings_and_words_not_known_yet(
        self, status: str, payment_status: str, lifecycle: Lifecycle, payment: Payment
    ) -> None:
        invoice = self.read({"status": status, "payment_status": payment_status})
        assert (invoice.lifecycle, invoice.payment) == (lifecycle, payment)
        assert invoice.vendor_status == f"{status} / {payment_status}"

    def test_an_older_exemption_is_an_object(self) -> None:
        part = {**RECORD["tax_breakdown"][0], "exemption_type": {"Other": "diplomat"}}
        assert self.read({"tax_breakdown": [part]}).taxes[0].exemption == '{"Other":"diplomat"}'

    @pytest.mark.parametrize(
        ("currency", "shown"),
        [
            ("usd", "USD 1,234.56"),
            ("JPY", "JPY 123,456"),
            ("KWD", "KWD 123.456"),
            ("ISK", "ISK 1,234.56"),
            ("IQD", "IQD 1,234.56"),
            ("LYD", "LYD 1,234.56"),
            ("MGA", "MGA 123,456"),
        ],
    )
    def test_exponents_are_the_servers(self, currency: str, shown: str) -> None:
        assert str(self.read({"currency": currency, "total": 123456}).total) == shown

    def test_an_unknown_currency_is_no_guess(self) -> None:
        invoice = self.read({"currency": "CNH"})
        assert invoice.total is None
        assert invoice.currency == "CNH"
        assert invoice.metadata["total (minor units)"] == "123 CNH"
        assert invoice.metadata["line 1 amount_total (minor units)"] == "123 CNH"

    def test_negative_totals_are_credit_notes(self) -> None:
        invoice = self.read({"total": -(2**53) - 1})
        assert (str(invoice.total), invoice.kind) == ("AED -90,071,992,547,409.93", Kind.CREDIT_NOTE)

    def test_a_transactions_wrapped_negative(self) -> None:
        wrapped = {**RECORD["transactions"][0], "amount": 2**64 - 500}
        assert str(self.read({"transactions": [wrapped]}).payments[0].amount) == "AED -5.00"

    def test_a_naive_instant_is_utc(self) -> None:
        created = self.read({"created_at": "2026-01-15T10:22:33.123456"}).instants["created"]
        assert created == datetime(2026, 1, 15, 10, 22, 33, 123456, tzinfo=UTC)

    def test_a_date_that_is_none_is_malformed(self) -> None:
        line = {**RECORD["line_items"][0], "end_date": "2023-13-01"}
        (entry,) = self.vendor().entries([json.dumps({**RECORD, "line_items": [line]}).encode()])
        assert entry.problem is not None
        assert str(entry.problem).endswith('$.line_items[0].end_date: expected date, got "2023-13-01"')

    def test_many_drafts_are_called_draft(self) -> None:
        records = [json.dumps({**RECORD, "id": f"inv_{at}", "invoice_number": "draft"}).encode() for at in range(2)]
        entries = self.vendor().entries(records)
        assert [(entry.invoice.key, entry.invoice.number) for entry in entries] == [
            ("inv_0", "draft"),
            ("inv_1", "draft"),
        ]

    def test_pages_count_from_zero(self) -> None:
        vendor = self.vendor()
        assert vendor.first(Listing()) == "0"
        request = vendor.request(Listing(), "0")
        assert (request.path, request.params) == ("/api/v1/invoices", (("page", "0"), ("per_page", "100")))
        assert vendor.nth(Listing(), 2) == "2"
        body = self.paged(2, page=0, per_page=2, total_items=5, total_pages=3)
        page = self.ask(vendor, body)
        assert (page.next, page.total, page.total_pages) == ("1", 5, 3)
        assert vendor.page(Listing(), "2", body, {}).next is None

    def test_a_page_past_the_end_says_nothing_of_the_total(self) -> None:
        vendor = self.vendor()
        empty = self.paged(0, page=3, total_items=0, total_pages=0)
        assert vendor.page(Listing(), "3", empty, {}) == vendor.page(Listing(), "1", empty, {})
        page = vendor.page(Listing(), "3", empty, {})
        assert (page.next, page.total, page.total_pages) == (None, None, None)
        assert vendor.page(Listing(), "0", empty, {}).total == 0

    def test_without_totals_a_short_page_is_the_last(self) -> None:
        assert self.ask(self.vendor(), self.paged(99)).next is None
        assert self.ask(self.vendor(), self.paged(100)).next == "1"

    @pytest.mark.parametrize(
        ("statuses", "sent"),
        [
            ((), ()),
            ((Status.UNKNOWN, Status.DRAFT), ()),
            ((Status.OVERDUE,), ("Finalized",)),
            ((Status.OPEN, Status.PARTIAL, Status.PAID), ("Finalized",)),
            ((Status.DRAFT, Status.VOID), ("Draft", "Void")),
            ((Status.UNCOLLECTIBLE,), ("Uncollectible",)),
        ],
    )
    def test_statuses_repeat(self, statuses: tuple[Status, ...], sent: tuple[str, ...]) -> None:
        (listing,) = self.vendor().split(Wanted(statuses=frozenset(statuses)))
        assert listing.params == tuple(("statuses", word) for word in sent)

    def test_the_casing_is_that_of_the_servers_records(self) -> None:
        vendor = self.vendor()
        (listing,) = vendor.split(Wanted(statuses=frozenset((Status.DRAFT,))))
        assert vendor.request(listing, "0").params[0] == ("statuses", "Draft")
        self.ask(vendor, self.paged(1, status="FINALIZED"))
        assert vendor.request(listing, "0").params[0] == ("statuses", "DRAFT")
        assert vendor.split(Wanted(statuses=frozenset((Status.DRAFT,)))) == (listing,)
        self.ask(vendor, self.paged(1, status="Finalized"))
        assert vendor.request(listing, "0").params[0] == ("statuses", "Draft")

    def test_a_word_not_known_yet_teaches_nothing(self) -> None:
        vendor = self.vendor()
        (listing,) = vendor.split(Wanted(statuses=frozenset((Status.VOID,))))
        self.ask(vendor, self.page_body('{"status": "X"}', '{"status": 3}', "[]"))
        assert vendor.request(listing, "0").params[0] == ("statuses", "Void")

    def test_a_plain_refusal_means_the_other_casing_once(self) -> None:
        vendor = self.vendor()
        (listing,) = vendor.split(Wanted(statuses=frozenset((Status.VOID,))))
        plain = Rejected("Failed to deserialize query string", is_plain=True)
        vendor.request(listing, "0")
        assert not vendor.learns(Rejected("bad request"))
        assert vendor.learns(plain)
        assert vendor.request(listing, "0").params[0] == ("statuses", "VOID")
        assert not vendor.learns(plain)

    def test_a_plain_refusal_without_statuses_is_about_something_else(self) -> None:
        vendor = self.vendor()
        vendor.request(Listing(), "0")
        assert not vendor.learns(Rejected("no", is_plain=True))

    @pytest.mark.parametrize(
        ("customer", "subscription", "sent"),
        [
            ("cus_7n42DGM5Tflk9n8mt7Fhc7", "", ("customer_id",)),
            ("0190b0d4-6a5e-7cc3-9d2b-1f0d7a3f1c11", "", ("customer_id",)),
            ("Globex", "gold", ()),
            ("cus_1", "sub_1", ()),
            ("cus_", "", ()),
            ("", "sub_7n42DGM5Tflk9n8mt7Fhc7", ("subscription_id",)),
        ],
    )
    def test_only_exact_ids_are_sent(self, customer: str, subscription: str, sent: tuple[str, ...]) -> None:
        (listing,) = self.vendor().split(Wanted(customer=customer, subscription=subscription))
        assert tuple(name for name, _ in listing.params) == sent

    def test_the_pdf_is_an_endpoint(self) -> None:
        document = self.vendor().document(self.read({"id": "inv/1"}))
        assert document is not None
        assert (document.kind, document.location) == (DocumentKind.ENDPOINT, "/api/v1/invoices/inv%2F1/download")
        assert self.vendor().document(self.read({"id": ".."})) is None

    def test_the_list_carries_everything_and_a_single_is_bare(self) -> None:
        vendor = self.vendor()
        assert vendor.detail(self.read()) is None
        request = vendor.single("inv_1")
        assert request is not None
        assert request.path == "/api/v1/invoices/inv_1"
        assert vendor.single("unreadable-0123456789ab") is None
        assert vendor.unwrap(b'{"id":1}') == b'{"id":1}'

    def test_it_lists_what_was_issued(self) -> None:
        assert self.vendor().side is Side.ISSUED
        assert self.vendor().split(EVERYTHING) == (Listing(),)
