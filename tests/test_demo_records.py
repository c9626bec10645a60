"""Each vendor's list in the demo, walked as its paging says, holds what the vendor promises, on awkward days too."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest

from invoicetui.demo.customers import COUNT as CUSTOMERS
from invoicetui.demo.world import World
from tests.demo_walks import COUNTS, DAYS, TODAY, Row, get, meteroid, opterius, read, rows


@pytest.fixture(scope="module")
def world() -> World:
    return World(TODAY)


@pytest.fixture(scope="module")
def issued(world: World) -> list[Row]:
    return rows(world, "customers")


class TestRecords:
    @pytest.mark.parametrize("today", DAYS)
    @pytest.mark.parametrize("name", [name for name in COUNTS if name not in ("customers", "integrations")])
    def test_counts(self, name: str, today: date) -> None:
        world = World(today)
        found = rows(world, name)
        assert len(found) == COUNTS[name]
        assert len({row["id"] for row in found}) == COUNTS[name]

    def test_meteroid_counts(self, issued: list[Row]) -> None:
        assert len(issued) == len({row["id"] for row in issued}) == COUNTS["customers"]
        assert len({row["customer_id"] for row in issued}) == CUSTOMERS == 120

    def test_voxmind(self, world: World) -> None:
        found = rows(world, "voice-id")
        for row in found:
            assert list(row) == "id org_id sub_id invoice_sequence quotas file_ref created_at updated_at".split()
            assert all(isinstance(value, int) and value >= 0 for value in row["quotas"].values())
            assert {"monthly_verifications", "overage_calls"} <= row["quotas"].keys()
            assert re.fullmatch(r"[0-9a-f]{64}", row["file_ref"])
            assert datetime.fromisoformat(row["created_at"]) < datetime.fromisoformat(row["updated_at"])
            assert row["created_at"][:10] < str(TODAY)
        assert [row["invoice_sequence"] for row in found] == list(range(found[0]["invoice_sequence"], 65, -1))
        assert any(row["quotas"]["overage_calls"] for row in found)
        assert read(get(world, "voice-id", f"/organisations/42/invoices/{found[7]['id']}")) == found[7]

    def test_voxmind_filters_and_sorts(self, world: World) -> None:
        found = rows(world, "voice-id")
        by = {
            "sub_id=3": [row for row in found if row["sub_id"] == 3],
            "sub_id!=3": [row for row in found if row["sub_id"] != 3],
            "created_at=gte:2026-01-01T00:00:00Z": [row for row in found if row["created_at"] >= "2026"],
            "id=lt:100,sub_id=3": [row for row in found if row["id"] < 100],
            "created_at=like:2025-%": [row for row in found if row["created_at"].startswith("2025-")],
            "file_ref=ilike:NO%": [],
        }
        for text, expected in by.items():
            reply = get(world, "voice-id", filter=text, per_page=300)
            assert read(reply)["results"] == expected, text
            assert dict(reply.headers)["X-Total-Pages"] == str(min(1, len(expected)))
        up = read(get(world, "voice-id", sort="sub_id:asc,created_at:asc"))["results"]
        assert up == found[::-1]

    def test_northflank(self, world: World) -> None:
        found = rows(world, "cloud")
        for row in found:
            assert row["period"]["start"] < row["period"]["end"]
            assert (row["period"]["end"] + 1 - row["period"]["start"]) % 86_400 == 0
            assert row["currency"] == "usd"
            assert 0 < row["subTotal"] < row["total"]
            price = row["paasUsage"]["price"]
            assert price["total"] == sum(price[part] for part in ("cpu", "memory", "storage", "gpu"))
        ends = [row["period"]["end"] for row in found]
        assert ends == sorted(ends, reverse=True)
        starts = [row["period"]["start"] for row in found]
        assert all(end + 1 == start for end, start in zip(ends[1:], starts, strict=False))
        assert Counter(row["paid"] for row in found) == {True: 130, False: 2}
        for row in (found[0], found[-1]):
            detail = read(get(world, "cloud", f"/v1/billing/invoices/{row['id']}"))["data"]
            assert {name: detail[name] for name in row} == row
            assert (
                detail["subTotal"] == sum(line["total"] for line in detail["lineItems"]) - detail["discounts"]["total"]
            )
            assert detail["total"] == detail["subTotal"] + detail["tax"]["amount"]

    def test_meteroid_amounts_add_up(self, issued: list[Row]) -> None:
        for row in issued:
            lines = row["line_items"]
            assert row["subtotal"] == sum(line["amount_total"] for line in lines)
            off = sum(coupon["total"] for coupon in row["coupons"])
            assert row["total"] == row["subtotal"] - off + row["tax_amount"]
            assert abs(row["tax_amount"]) == sum(tax["tax_amount"] for tax in row["tax_breakdown"])
            settled = sum(item["amount"] for item in row["transactions"] if item["status"] == "SETTLED")
            assert row["amount_due"] == max(0, row["total"] - row["applied_credits"]) - settled
            assert all(item["amount"] >= 0 for item in row["transactions"])
            exponent = {"JPY": 0, "KWD": 3}.get(row["currency"], 2)
            for line in lines:
                parts = line["sub_line_items"] or [line]
                for part in parts:
                    exact = (Decimal(part["quantity"]) * Decimal(part["unit_price"])).scaleb(exponent)
                    assert abs(exact - part.get("total", part.get("amount_total"))) <= Decimal("0.5")
                if line["sub_line_items"]:
                    assert line["amount_total"] == sum(part["total"] for part in parts)

    def test_meteroid_fields(self, issued: list[Row]) -> None:
        required = """id invoice_number status customer_id currency invoice_date subtotal subtotal_recurring tax_amount
            total amount_due line_items tax_breakdown transactions payment_status customer_details applied_credits
            coupons invoice_type net_terms created_at""".split()
        for row in issued:
            assert all(row[name] is not None for name in required)
            assert row["status"] in ("DRAFT", "FINALIZED", "UNCOLLECTIBLE", "VOID")
            assert row["payment_status"] in ("UNPAID", "PARTIALLY_PAID", "PAID", "ERRORED", "PROCESSING")
            assert row["invoice_type"] in ("RECURRING", "ONE_OFF", "ADJUSTMENT", "USAGE_THRESHOLD")
            assert (row["invoice_number"] == "draft") == (row["status"] == "DRAFT") == (row["due_date"] is None)
            assert (row["paid_at"] is not None) == (row["payment_status"] == "PAID")
            assert (row["voided_at"] is not None) == (row["status"] == "VOID")
            assert (row["marked_as_uncollectible_at"] is not None) == (row["status"] == "UNCOLLECTIBLE")
            assert datetime.fromisoformat(row["created_at"]).tzinfo is None
            assert date.fromisoformat(row["invoice_date"]) <= TODAY
            assert None not in row["customer_details"]["billing_address"].values()
        made = [row["created_at"] for row in issued]
        assert made == sorted(made, reverse=True)
        numbers = [row["invoice_number"] for row in issued if row["status"] != "DRAFT"]
        assert len(set(numbers)) == len(numbers)

    def test_meteroid_variety(self, issued: list[Row]) -> None:
        assert {row["currency"] for row in issued} == {"EUR", "USD", "GBP", "JPY", "KWD"}
        assert {row["status"] for row in issued} == {"DRAFT", "FINALIZED", "UNCOLLECTIBLE", "VOID"}
        assert {row["payment_status"] for row in issued} >= {"UNPAID", "PARTIALLY_PAID", "PAID", "ERRORED"}
        assert {row["invoice_type"] for row in issued} == {"RECURRING", "ONE_OFF", "ADJUSTMENT", "USAGE_THRESHOLD"}
        exempt = {tax["exemption_type"] for row in issued for tax in row["tax_breakdown"]}
        assert exempt == {None, "REVERSE_CHARGE", "TAX_EXEMPT", "NOT_REGISTERED"}
        assert all(row["total"] < 0 for row in issued if row["invoice_type"] == "ADJUSTMENT")
        assert any(row["coupons"] for row in issued)
        assert any(row["applied_credits"] for row in issued)
        assert any(line["quantity"] is None for row in issued for line in row["line_items"])
        late = [
            row
            for row in issued
            if row["status"] == "FINALIZED" and row["amount_due"] and row["due_date"] < "2026-11-21"
        ]
        assert 3 <= len(late) <= 30

    @pytest.mark.parametrize("today", DAYS)
    def test_meteroid_first_pages_on_other_days(self, today: date) -> None:
        world = World(today)
        found = read(get(world, "customers", per_page=100))["data"]
        found += read(get(world, "customers", per_page=100, page=1))["data"]
        assert all(row["invoice_date"] <= str(today) for row in found)
        assert found[0]["invoice_date"] >= str(today - timedelta(days=4))
        words = {(row["status"], row["payment_status"]) for row in found}
        assert words >= {("FINALIZED", "PAID"), ("FINALIZED", "UNPAID"), ("FINALIZED", "PARTIALLY_PAID")}

    def test_meteroid_filters(self, world: World, issued: list[Row]) -> None:
        drafts = list(meteroid(world, statuses="DRAFT"))
        assert drafts == [row for row in issued if row["status"] == "DRAFT"]
        both = list(meteroid(world, statuses=["DRAFT", "VOID"]))
        assert both == [row for row in issued if row["status"] in ("DRAFT", "VOID")]
        one = issued[3]
        who = one["customer_details"]
        for value in (who["id"], who["alias"]):
            assert list(meteroid(world, customer_id=value)) == [r for r in issued if r["customer_id"] == who["id"]]
        wanted = [row for row in issued if row["subscription_id"] == one["subscription_id"]]
        assert list(meteroid(world, subscription_id=one["subscription_id"])) == wanted
        assert list(meteroid(world, customer_id="nobody")) == []

    def test_meteroid_orders(self, world: World, issued: list[Row]) -> None:
        assert list(meteroid(world, order_by="created_at.asc")) == issued[::-1]
        amounts = [row["total"] for row in meteroid(world, order_by="amount.desc")]
        assert amounts == sorted((row["total"] for row in issued), reverse=True)

    def test_meteroid_counts_lie_where_the_servers_do(self, world: World) -> None:
        beyond = read(get(world, "customers", page=999, per_page=100))
        assert beyond == {
            "data": [],
            "pagination_meta": {"page": 999, "per_page": 100, "total_items": 0, "total_pages": 0},
        }
        plain = read(get(world, "customers"))
        assert (len(plain["data"]), plain["pagination_meta"]["per_page"]) == (25, 10)
        assert plain["pagination_meta"]["total_items"] == 3000

    def test_meteroid_single_and_document(self, world: World, issued: list[Row]) -> None:
        row = issued[1234]
        assert read(get(world, "customers", f"/api/v1/invoices/{row['id']}")) == row
        reply = get(world, "customers", f"/api/v1/invoices/{row['id']}/download")
        assert (reply.status, reply.body[:5]) == (200, b"%PDF-")
        draft = next(row for row in issued if row["status"] == "DRAFT")
        reply = get(world, "customers", f"/api/v1/invoices/{draft['id']}/download")
        assert reply.status == 404
        assert json.loads(reply.body) == {"code": "NOT_FOUND", "message": "No attached PDF. Generation may be pending"}

    @pytest.mark.parametrize("today", DAYS)
    def test_opterius(self, today: date) -> None:
        world = World(today)
        found = rows(world, "hosting")
        fields = (
            "id invoice_number status subtotal tax_amount total amount_due currency_code due_date paid_at created_at"
        )
        for row in found:
            assert list(row) == fields.split()
            assert all(type(row[name]) is int for name in ("subtotal", "tax_amount", "total", "amount_due"))
            assert row["total"] == row["subtotal"] + row["tax_amount"]
            assert row["amount_due"] == (row["total"] if row["status"] in ("unpaid", "overdue") else 0)
            assert (row["paid_at"] is not None) == (row["status"] == "paid")
            assert row["paid_at"] is None or row["created_at"][:10] <= row["paid_at"][:10] <= str(today)
            assert row["created_at"][:10] <= str(today)
        made = [row["created_at"] for row in found]
        assert made == sorted(made, reverse=True)
        assert {row["currency_code"] for row in found} == {"USD", "CHF"}
        by = {status: [row for row in found if row["status"] == status] for status in _OPTERIUS}
        assert all(by.values())
        assert any(row["due_date"] < str(today) for row in by["unpaid"])
        assert all(row["due_date"] < str(today) for row in by["overdue"])
        assert sum(map(len, by.values())) == len(found)
        assert any(row["subtotal"] == 480_000 for row in found)
        for status, expected in by.items():
            assert list(opterius(world, status=status)) == expected
        for row in (found[0], found[-1]):
            detail = read(get(world, "hosting", f"/api/v1/invoices/{row['id']}"))["data"]
            assert sum(item["amount"] for item in detail.pop("items")) == row["total"]
            assert detail == row

    def test_opterius_defaults_to_fifteen(self, world: World) -> None:
        body = read(get(world, "hosting"))
        assert len(body["data"]) == 15
        assert body["meta"] == {"current_page": 1, "last_page": 12, "per_page": 15, "total": 180}

    def test_opterius_as_its_source_has_it(self, world: World) -> None:
        found = rows(world, "domains")
        assert {row["status"] for row in found} == {"unpaid", "paid", "refunded"}
        for row in found:
            detail = read(get(world, "domains", f"/api/v1/invoices/{row['id']}"))
            assert {name: detail[name] for name in row} == row
            assert detail["subtotal"] == detail["items"][0]["quantity"] * Decimal("14.90")
            assert detail["total"] == detail["subtotal"] + detail["tax"] == detail["items"][0]["amount"]
            assert Decimal(detail["total"]).as_tuple().exponent >= -2  # type: ignore[operator]  # it is finite
        assert read(get(world, "domains", status="unpaid"))["data"] == found[:1]
        assert read(get(world, "domains", status="late"))["data"] == []

    def test_versori(self, world: World) -> None:
        found = rows(world, "integrations")
        assert len(found) == COUNTS["integrations"]
        places = {(row["invoiceStartDate"], row["totalAmount"]["currencyCode"]) for row in found}
        assert len(places) == len(found)
        assert len({start for start, _ in places}) == len(found) - 1
        assert {currency for _, currency in places} == {"GBP", "EUR"}
        for row in found:
            start, end = (date.fromisoformat(row[name]) for name in ("invoiceStartDate", "invoiceEndDate"))
            assert start.day == 1
            assert (end + timedelta(days=1)).day == 1
            assert 28 <= (end - start).days + 1 <= 31
            assert urlsplit(row["invoiceURL"]).hostname != "platform.versori.demo"
            assert minor(row["totalAmount"]) == sum(minor(item["total"]) for item in row["productBreakdowns"])
            assert all(type(value) is int for value in row["usageStatistics"].values())
            assert row["metaData"]["purchaseOrder"]
        assert sum(row["totalAmount"]["isNegative"] for row in found) == 1

    def test_versori_windows(self, world: World) -> None:
        def ends(**query: Any) -> list[str]:
            return [row["invoiceEndDate"] for row in read(get(world, "integrations", None, **query)) or []]

        assert ends(start="2026-07-31", to="2026-09-30") == ["2026-09-30", "2026-08-31", "2026-07-31"]
        assert ends(start="2026-08-01", to="2026-09-29") == ["2026-08-31"]
        assert ends(start="2026-09-01") == ["2026-10-31", "2026-09-30"]
        assert ends(to="2026-10-30") == ["2026-09-30"]
        assert get(world, "integrations", start="1999-01-01", to="1999-12-31").body == b"null"

    def test_versori_upcoming(self, world: World) -> None:
        (row,) = read(get(world, "integrations"))
        assert (row["invoiceStartDate"], row["invoiceEndDate"]) == ("2026-11-01", "2026-11-30")
        assert minor(row["totalAmount"]) == sum(minor(item["total"]) for item in row["productBreakdowns"]) > 0


_OPTERIUS = ("unpaid", "paid", "overdue", "cancelled")


def minor(money: Row) -> int:
    assert money.keys() == {"isNegative", "currencyCode", "integral", "fractional"}
    assert money["integral"] >= 0
    assert 0 <= money["fractional"] <= 99
    value = int(money["integral"] * 100 + money["fractional"])
    return -value if money["isNegative"] else value
