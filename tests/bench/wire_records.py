"""Invoices in the vendors' wire forms: as many as wanted, the same ones for the same seed.

The forms are those of the vendors' documents: Voxmind and Versori as documented, Northflank as of 2026, Meteroid as its
server's code sends them, Opterius in the documented form. `rich` ones carry lines, taxes and payments as large
customers have them, about 2.5 kB each.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from random import Random

#: The newest invoice's day; all due dates have passed long since, so that a list looks the same on every later day.
NEWEST = date(2026, 6, 30)
#: The days over which the invoices are spread.
DAYS = 4000
#: Invoices without money, with ids and cents, issued ones with customers, client numbers, split money.
VENDORS = ("voxmind", "northflank", "meteroid", "opterius", "versori")

_CUSTOMERS = (
    "Halden Robotics GmbH",
    "O'Neill Packaging Inc.",
    "Åkerlund & Söner AB",
    "株式会社ミナト精機",
    "Fjordlys Havbruk AS",
    "Castellón Cerámica S.L.",
    "Brightwater Analytics Ltd",
    "Ødegård Elektro",
)
_PAYMENTS = ("PAID", "PAID", "PAID", "PAID", "UNPAID", "PARTIALLY_PAID", "ERRORED", "PAID")
_WORDS = ("paid", "paid", "paid", "unpaid", "paid", "overdue", "cancelled", "paid")


def days(count: int) -> Iterator[tuple[date, int]]:
    """For each of `count` invoices, newest first, its day and how many of that day came before it."""
    day, place = NEWEST, 0
    for index in range(count):
        following = NEWEST - timedelta(days=index * DAYS // count)
        day, place = (following, 0) if following != day else (day, place)
        yield day, place
        place += 1


def records(vendor: str, count: int, seed: int, *, is_rich: bool = False) -> Iterator[bytes]:
    """`count` records, newest first. Amounts are minor units."""
    rng = Random(f"{seed}|{vendor}")  # the same invoices every time are the point
    make = {
        "voxmind": _voxmind,
        "northflank": _northflank,
        "meteroid": _meteroid,
        "opterius": _opterius,
        "versori": _versori,
    }[vendor]
    for index, (day, place) in enumerate(days(count)):
        record = make(count - index, day, place, rng.randrange(1_00, 9_999_00), is_rich=is_rich)
        yield json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode()


def batches(vendor: str, count: int, seed: int, size: int, *, is_rich: bool = False) -> Iterator[list[bytes]]:
    """The same, `size` at a time."""
    every = records(vendor, count, seed, is_rich=is_rich)
    while batch := list(islice(every, size)):
        yield batch


def _at(day: date, place: int) -> str:
    moment = datetime.combine(day, time(23, 59, 59), UTC) - timedelta(seconds=place * 7)
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


def _mark(prefix: str, serial: int) -> str:
    return f"{prefix}_{hashlib.blake2b(str(serial).encode(), digest_size=11).hexdigest()}"


def _voxmind(serial: int, day: date, place: int, amount: int, *, is_rich: bool) -> dict[str, object]:
    quotas = {"monthly_verifications": amount, "monthly_enrolments": amount // 11, "overage_calls": amount % 5}
    if is_rich:
        quotas |= {f"region_{number:02}.liveness_checks": amount * number for number in range(60)}
    return {
        "id": serial,
        "org_id": 42,
        "sub_id": 3 + serial % 2 * 4,
        "invoice_sequence": serial,
        "quotas": quotas,
        "file_ref": hashlib.sha256(str(serial).encode()).hexdigest(),
        "created_at": f"{_at(day, place)}Z",
        "updated_at": f"{_at(day, place)}Z",
    }


def _northflank(serial: int, day: date, place: int, amount: int, *, is_rich: bool) -> dict[str, object]:
    end = int(datetime.combine(day, time(23, 59, 59), UTC).timestamp())
    parts = {"cpu": amount // 2, "memory": amount // 4, "storage": amount - amount // 2 - amount // 4}
    record: dict[str, object] = {
        "id": f"835994C3-{serial:07}",
        "period": {"start": end - 30 * 86_400, "end": end},
        "currency": "usd",
        "paasUsage": {"price": {**parts, "total": amount}},
        "total": amount + amount // 5,
        "subTotal": amount,
        "paid": bool(serial % 7),
    }
    if is_rich:
        record["lineItems"] = [
            {
                "title": f"Compute plan nf-compute-{number * 50}, service {_mark('svc', serial + number)}",
                "total": amount // 18,
                "base": amount // 18,
                "proration": 0,
            }
            for number in range(18)
        ]
        record |= {"discounts": {"total": amount // 100}, "tax": {"percent": 20, "amount": amount // 5}}
    return record


def _meteroid(serial: int, day: date, place: int, amount: int, *, is_rich: bool) -> dict[str, object]:
    payment = _PAYMENTS[serial % len(_PAYMENTS)]
    customer, at, total = _mark("cus", serial % 400), _at(day, place), amount + amount // 5
    is_paid = payment == "PAID"
    return {
        "id": _mark("inv", serial),
        "invoice_number": f"HR-{day.year}-{serial:07}",
        "status": "VOID" if serial % 50 == 4 else "FINALIZED",
        "payment_status": payment,
        "invoice_type": "RECURRING",
        "customer_id": customer,
        "customer_details": {
            "id": customer,
            "name": _CUSTOMERS[serial % len(_CUSTOMERS)],
            "snapshot_at": at,
            "alias": None,
            "billing_address": {"city": "Pittsburgh", "country": "US"},
            "email": None,
            "vat_number": None,
        },
        "subscription_id": _mark("sub", serial % 400),
        "currency": ("EUR", "USD")[serial % 2],
        "invoice_date": day.isoformat(),
        "due_date": (day + timedelta(days=30)).isoformat(),
        "subtotal": amount,
        "subtotal_recurring": amount,
        "tax_amount": amount // 5,
        "total": total,
        "amount_due": 0 if is_paid else total // 2 if payment == "PARTIALLY_PAID" else total,
        "applied_credits": 0,
        "coupons": [],
        "line_items": [_item(number, amount, day) for number in range(5 if is_rich else 1)],
        "tax_breakdown": [
            {"name": "VAT", "tax_rate": "0.2", "taxable_amount": amount, "tax_amount": amount // 5}
            | {"exemption_type": None}
        ],
        "transactions": [_transaction(serial, total, at)] if is_paid and is_rich else [],
        "net_terms": 30,
        "memo": "Thank you.\nPlease quote the invoice number." if is_rich else None,
        "reference": None,
        "purchase_order": f"PO-{serial:07}" if is_rich else None,
        "created_at": at,
        "updated_at": None,
        "finalized_at": at,
        "voided_at": None,
        "marked_as_uncollectible_at": None,
        "paid_at": at if is_paid else None,
    }


def _item(number: int, amount: int, day: date) -> dict[str, object]:
    return {
        "name": f"Fleet growth, per robot, site {number + 1}",
        "description": "Monthly, in advance",
        "quantity": "56.00000000",
        "unit_price": "52.920000000000000000",
        "amount_total": amount,
        "tax_rate": "0.2",
        "start_date": day.replace(day=1).isoformat(),
        "end_date": day.isoformat(),
        "sub_line_items": [],
    }


def _transaction(serial: int, total: int, at: str) -> dict[str, object]:
    return {
        "id": _mark("pay", serial),
        "amount": total,
        "currency": ("EUR", "USD")[serial % 2],
        "payment_type": "PAYMENT",
        "status": "SETTLED",
        "error": None,
        "payment_method_id": _mark("pm", serial),
        "payment_method_info": None,
        "processed_at": at,
        "provider_transaction_id": _mark("pi", serial),
    }


def _opterius(serial: int, day: date, place: int, amount: int, *, is_rich: bool) -> dict[str, object]:
    word, total = _WORDS[serial % len(_WORDS)], amount + amount // 5
    record: dict[str, object] = {
        "id": serial,
        "invoice_number": f"INV-{serial:07}",
        "status": word,
        "subtotal": amount,
        "tax_amount": amount // 5,
        "total": total,
        "amount_due": total if word in ("unpaid", "overdue") else 0,
        "currency_code": ("USD", "EUR", "JPY")[serial % 3],
        "due_date": (day + timedelta(days=14)).isoformat(),
        "paid_at": f"{_at(day, place)}Z" if word == "paid" else None,
        "created_at": f"{_at(day, place)}Z",
    }
    if is_rich:
        record["items"] = [
            {
                "description": f"Managed server vps-{serial % 97}-{number}, monthly",
                "quantity": 1,
                "amount": amount // 30,
            }
            for number in range(30)
        ]
    return record


def _versori(serial: int, day: date, place: int, amount: int, *, is_rich: bool) -> dict[str, object]:
    money = {"isNegative": False, "currencyCode": "GBP", "integral": amount // 100, "fractional": amount % 100}
    return {
        # No id: the period and the currency make the key, so every invoice of a day has a period of its own.
        "invoiceStartDate": (day - timedelta(days=place)).isoformat(),
        "invoiceEndDate": day.isoformat(),
        "totalAmount": money,
        "invoiceURL": f"https://pay.stripline.example/i/{_mark('in', serial)}?s=ap",
        "productBreakdowns": [
            {"productName": f"Platform, environment {number + 1}", "quantity": 1, "total": money}
            for number in range(17 if is_rich else 1)
        ],
        "usageStatistics": {"workflowExecutions": amount * 3},
        "metaData": {"purchaseOrder": f"PO-{day.year}-014"},
    }
