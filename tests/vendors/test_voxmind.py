import json
from datetime import UTC, date, datetime
from typing import ClassVar

import pytest

from invoicetui.model import DocumentKind, Status
from invoicetui.vendors.base import EVERYTHING, Listing, Wanted
from tests.vendors.contract import Contract

RECORD = {
    "id": 11,
    "org_id": 42,
    "sub_id": 3,
    "invoice_sequence": 3,
    "quotas": {"monthly_verifications": 9847, "overage_calls": 0},
    "file_ref": "4d61d50295d55da651aa534a049fc2f159414b89d8d29a56160a266539acfcfc",
    "created_at": "2025-03-31T23:59:59Z",
    "updated_at": "2025-04-01T00:00:01Z",
}


class TestVoxmind(Contract):
    name = "voxmind"
    options: ClassVar = {"organisation": "42"}
    sample = RECORD
    wrong = ("file_ref", 12, "$.file_ref: expected string, got integer")
    wrong_part = ("quotas", "none", "$.quotas: expected object, got string")
    statuses = frozenset((Status.UNKNOWN,))

    def page_body(self, *records: str) -> bytes:
        return f'{{"results": [{", ".join(records)}]}}'.encode()

    def test_everything_of_the_documented_record_lands(self) -> None:
        invoice = self.read()
        assert (invoice.key, invoice.number, invoice.subscription) == ("11", "3", "3")
        assert invoice.issued == date(2025, 3, 31)
        assert invoice.usage == {"monthly_verifications": 9847, "overage_calls": 0}
        assert invoice.instants == {
            "created": datetime(2025, 3, 31, 23, 59, 59, tzinfo=UTC),
            "updated": datetime(2025, 4, 1, 0, 0, 1, tzinfo=UTC),
        }
        assert invoice.metadata == {"organisation": "42", "file_ref": RECORD["file_ref"]}

    def test_no_money_is_not_zero(self) -> None:
        invoice = self.read()
        assert (invoice.total, invoice.amount_due, invoice.currency, invoice.vendor_status) == (None,) * 4

    def test_quotas_of_any_name_and_type_are_kept(self) -> None:
        quotas = {"minutes": 1.5, "plan": "gold", "parts": {"a": 1}, "none": None}
        usage = self.read({"quotas": quotas}).usage
        assert {name: str(value) for name, value in usage.items()} == {
            "minutes": "1.5",
            "plan": "gold",
            "parts": '{"a":1}',
            "none": "null",
        }

    def test_lists_are_sorted_and_the_filters_joined(self) -> None:
        vendor = self.vendor(filter="sub_id=3")
        assert vendor.request(Listing(), "1").params == (
            ("filter", "sub_id=3"),
            ("sort", "created_at:desc"),
            ("page", "1"),
            ("per_page", "100"),
        )
        wanted = Wanted(subscription="7", issued_from=date(2026, 1, 1), issued_to=date(2026, 1, 31))
        (listing,) = vendor.split(wanted)
        assert listing.params == (
            ("filter", "sub_id=7,created_at=gte:2026-01-01T00:00:00Z,created_at=lt:2026-02-01T00:00:00Z"),
        )
        assert vendor.request(listing, "2").params[0] == ("filter", f"sub_id=3,{listing.params[0][1]}")

    def test_only_a_number_is_sent_as_subscription(self) -> None:
        for text in ("gold", "3x", "\N{SUPERSCRIPT TWO}", "\N{ARABIC-INDIC DIGIT ONE}"):
            assert self.vendor().split(Wanted(subscription=text)) == (Listing(),)

    def test_the_last_day_of_the_calendar_has_no_next(self) -> None:
        assert self.vendor().split(Wanted(issued_to=date.max)) == (Listing(),)

    def test_the_header_says_how_many_pages(self) -> None:
        body = self.page_body(json.dumps(RECORD))
        page = self.ask(self.vendor(), body, {"x-total-pages": "3"})
        assert (page.next, page.total_pages, page.total) == ("2", 3, None)
        assert self.vendor().page(Listing(), "3", body, {"x-total-pages": "3"}).next is None

    @pytest.mark.parametrize("said", ["", "0", "-1", "two", "1e9", "\N{SUPERSCRIPT TWO}", "9" * 5000])
    def test_without_a_usable_header_a_short_page_is_the_last(self, said: str) -> None:
        assert self.ask(self.vendor(), self.page_body(json.dumps(RECORD)), {"x-total-pages": said}).next is None
        full = self.page_body(*[json.dumps({**RECORD, "id": at}) for at in range(100)])
        page = self.ask(self.vendor(), full, {"x-total-pages": said})
        assert (page.next, page.total_pages) == ("2", None)

    def test_paths_hold_the_organisation_as_one_segment(self) -> None:
        vendor = self.vendor(organisation="a/b?c")
        assert vendor.request(Listing(), "1").path == "/organisations/a%2Fb%3Fc/invoices"

    def test_detail_is_the_single_endpoint(self) -> None:
        vendor = self.vendor()
        request = vendor.detail(self.read())
        assert request is not None
        assert request.path == "/organisations/42/invoices/11"
        assert vendor.single("nope") is None

    def test_a_single_is_bare_or_enveloped(self) -> None:
        vendor = self.vendor()
        bare = json.dumps(RECORD).encode()
        assert vendor.unwrap(bare) == bare
        assert vendor.unwrap(self.page_body(json.dumps(RECORD))) == bare
        assert vendor.unwrap(b'{"results": {"id": 1}}') == b'{"id": 1}'

    def test_the_file_reference_is_the_document(self) -> None:
        vendor = self.vendor()
        document = vendor.document(self.read())
        assert document is not None
        assert (document.kind, document.location) == (DocumentKind.REFERENCE, RECORD["file_ref"])
        assert vendor.document(self.read({"file_ref": None})) is None
        assert "document_url" in vendor.no_document

    @pytest.mark.parametrize(
        ("option", "value", "is_right"),
        [
            ("organisation", "42", True),
            ("organisation", "", False),
            ("organisation", "..", False),
            ("filter", "", True),
            ("filter", "external_id=like:user_%,is_active!=true", True),
            ("filter", "sub_id", False),
            ("document_url", "", True),
            ("document_url", "/organisations/{organisation}/files/{file_ref}", True),
            ("document_url", "https://files.example.com/{id}.pdf", True),
            ("document_url", "/files/{organisation}", False),
            ("document_url", "/files/{file_ref}/{token}", False),
        ],
    )
    def test_options_are_checked(self, option: str, value: str, is_right: bool) -> None:
        (found,) = [each for each in self.vendor().options if each.name == option]
        assert (found.check(value) is None) == is_right

    def test_what_binds_rows_to_the_account(self) -> None:
        assert [option.name for option in self.vendor().options if option.is_identity] == ["organisation", "filter"]

    def test_pages_can_be_fetched_out_of_order(self) -> None:
        vendor = self.vendor()
        assert [vendor.nth(listing, 4) for listing in vendor.split(EVERYTHING)] == ["5"]
