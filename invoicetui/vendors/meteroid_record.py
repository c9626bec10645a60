"""The parts of a Meteroid invoice: what the server promises of each, and how it reads.

Totals are integers of minor units, quantities, prices and rates decimal strings; a unit price is in the currency's
unit. Instants without an offset are UTC (chrono's NaiveDateTime).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from invoicetui.model import Line, PaymentRecord, Tax
from invoicetui.vendors import figures, wire

# The server's own table (static/currencies.json) where it differs from ISO 4217.
_EXPONENTS = {"ISK": 2, "IQD": 2, "LYD": 2, "MGA": 0}
# A transaction's amount is a signed integer that the server sends as an unsigned one.
_WRAPPED, _WRAP = 2**63, 2**64
_ADDRESS = ("line1", "line2", "zip_code", "city", "state", "country")


class Named(msgspec.Struct, gc=False):
    """A customer as the list needs it."""

    id: str | None = None
    name: str | None = None


class Customer(Named, gc=False):
    alias: str | None = None
    email: str | None = None
    vat_number: str | None = None
    snapshot_at: str | None = None
    billing_address: dict[str, Any] | None = None


class SubItem(msgspec.Struct, gc=False):
    id: str | None = None
    name: str | None = None
    quantity: str | None = None
    unit_price: str | None = None
    total: int | None = None


class Span(msgspec.Struct, gc=False):
    """A line as the list needs it."""

    start_date: str | None = None
    end_date: str | None = None


class Item(Span, gc=False):
    name: str | None = None
    description: str | None = None
    quantity: str | None = None
    unit_price: str | None = None
    amount_total: int | None = None
    tax_rate: str | None = None
    sub_line_items: list[SubItem] | None = None


class TaxPart(msgspec.Struct, gc=False):
    name: str | None = None
    tax_rate: str | None = None
    taxable_amount: int | None = None
    tax_amount: int | None = None
    # A word, and {"Other": "…"} before 2025-12-17.
    exemption_type: Any = None


class Coupon(msgspec.Struct, gc=False):
    coupon_id: str | None = None
    name: str | None = None
    total: int | None = None


class Method(msgspec.Struct, gc=False):
    payment_method_type: str | None = None
    card_brand: str | None = None
    card_last4: str | None = None
    account_number_hint: str | None = None


class Transaction(msgspec.Struct, gc=False):
    id: str | None = None
    amount: int | None = None
    currency: str | None = None
    payment_type: str | None = None
    status: str | None = None
    error: str | None = None
    payment_method_id: str | None = None
    payment_method_info: Method | None = None
    processed_at: str | None = None
    provider_transaction_id: str | None = None


class Listed(msgspec.Struct, gc=False):
    """What the list needs of a record."""

    id: str
    invoice_number: str | None = None
    status: str | None = None
    payment_status: str | None = None
    currency: str | None = None
    customer_id: str | None = None
    customer_details: Named | None = None
    subscription_id: str | None = None
    invoice_date: str | None = None
    due_date: str | None = None
    subtotal: int | None = None
    tax_amount: int | None = None
    total: int | None = None
    amount_due: int | None = None
    line_items: Sequence[Span] | None = None
    paid_at: str | None = None


class Record(Listed, gc=False):
    customer_details: Customer | None = None
    line_items: Sequence[Item] | None = None
    invoice_type: str | None = None
    net_terms: int | None = None
    subtotal_recurring: int | None = None
    applied_credits: int | None = None
    tax_breakdown: list[TaxPart] | None = None
    coupons: list[Coupon] | None = None
    transactions: list[Transaction] | None = None
    memo: str | None = None
    reference: str | None = None
    purchase_order: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    finalized_at: str | None = None
    voided_at: str | None = None
    marked_as_uncollectible_at: str | None = None


NOBODY = Named()


def amounts_in(currency: str | None, notes: dict[str, str]) -> figures.Amounts:
    return figures.Amounts(currency, figures.exponent_of(currency, _EXPONENTS), notes)


def instants(record: Record) -> dict[str, datetime]:
    """The exact moments by name, those that happened; that of payment has a field of its own."""
    details = record.customer_details or Customer()
    named = {
        "created": wire.instant(record.created_at, "$.created_at"),
        "updated": wire.instant(record.updated_at, "$.updated_at"),
        "finalized": wire.instant(record.finalized_at, "$.finalized_at"),
        "voided": wire.instant(record.voided_at, "$.voided_at"),
        "marked uncollectible": wire.instant(record.marked_as_uncollectible_at, "$.marked_as_uncollectible_at"),
        "customer snapshot": wire.instant(details.snapshot_at, "$.customer_details.snapshot_at"),
    }
    return {name: at for name, at in named.items() if at is not None}


def period(items: Sequence[Span]) -> tuple[date | None, date | None]:
    """The first and last day of all lines. Raises Malformed."""
    # By text: the lines of an invoice mostly share their dates.
    starts = {item.start_date: at for at, item in enumerate(items)}
    ends = {item.end_date: at for at, item in enumerate(items)}
    first = [wire.day(text, f"$.line_items[{at}].start_date") for text, at in starts.items()]
    last = [wire.day(text, f"$.line_items[{at}].end_date") for text, at in ends.items()]
    return min(filter(None, first), default=None), max(filter(None, last), default=None)


def note_customer(record: Record, found: Mapping[str, Any], metadata: dict[str, str]) -> None:
    """What the model has no field for of the customer as it was when the invoice was made."""
    details = record.customer_details
    if details is None:
        return
    if record.customer_id and details.id != record.customer_id:
        wire.note(metadata, "customer_details id", details.id)
    wire.note(metadata, "customer alias", details.alias)
    wire.note(metadata, "customer e-mail", details.email)
    wire.note(metadata, "customer VAT number", details.vat_number)
    address = {name: part for name, part in (details.billing_address or {}).items() if part not in (None, "")}
    order = [name for name in _ADDRESS if name in address] + [name for name in address if name not in _ADDRESS]
    wire.note(metadata, "customer address", ", ".join(wire.shown(address[name]) for name in order) or None)
    wire.extras(found["customer_details"], Customer, metadata, "customer ")


def line(item: Item, at: int, amounts: figures.Amounts) -> Line:
    path = f"$.line_items[{at}]"
    quantity, odd_quantity = figures.quantity(item.quantity)
    price, odd_price = figures.quantity(item.unit_price, "unit price")
    return Line(
        name=item.name or "",
        description=", ".join(part for part in (item.description, odd_quantity, odd_price) if part),
        quantity=quantity,
        unit_price=price,
        total=amounts.minor(f"line {at + 1} amount_total", item.amount_total),
        tax_rate=item.tax_rate or "",
        start=wire.day(item.start_date, f"{path}.start_date"),
        end=wire.day(item.end_date, f"{path}.end_date"),
        sublines=tuple(
            _subline(sub, f"line {at + 1}.{place + 1}", amounts) for place, sub in enumerate(item.sub_line_items or ())
        ),
    )


def _subline(sub: SubItem, where: str, amounts: figures.Amounts) -> Line:
    quantity, odd_quantity = figures.quantity(sub.quantity)
    price, odd_price = figures.quantity(sub.unit_price, "unit price")
    return Line(
        name=sub.name or "",
        description=", ".join(part for part in (sub.id, odd_quantity, odd_price) if part),
        quantity=quantity,
        unit_price=price,
        total=amounts.minor(f"{where} total", sub.total),
    )


def tax(part: TaxPart, at: int, amounts: figures.Amounts) -> Tax:
    return Tax(
        name=part.name or "",
        rate=part.tax_rate or "",
        base=amounts.minor(f"tax {at + 1} taxable_amount", part.taxable_amount),
        amount=amounts.minor(f"tax {at + 1} tax_amount", part.tax_amount),
        exemption="" if part.exemption_type is None else wire.shown(part.exemption_type),
    )


def payment(part: Transaction, at: int, currency: str | None, metadata: dict[str, str]) -> PaymentRecord:
    amount = part.amount
    if amount is not None and _WRAPPED <= amount < _WRAP:
        amount -= _WRAP
    return PaymentRecord(
        id=part.id or "",
        kind=(part.payment_type or "").lower(),
        status=part.status or "",
        amount=amounts_in(part.currency or currency, metadata).minor(f"transaction {at + 1} amount", amount),
        at=wire.instant(part.processed_at, f"$.transactions[{at}].processed_at"),
        method=_method(part),
        reference=part.provider_transaction_id or "",
        error=part.error or "",
    )


def _method(part: Transaction) -> str:
    info = part.payment_method_info or Method()
    words = (info.payment_method_type, info.card_brand, info.card_last4, info.account_number_hint)
    return " ".join(word for word in (*words, f"({part.payment_method_id})" if part.payment_method_id else "") if word)
