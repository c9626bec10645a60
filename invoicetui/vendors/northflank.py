"""Northflank: an account's or a team's billing (northflank.com/docs/v1/api, npm @northflank/js-client 0.9.5).

The same path has answered in four forms: one invoice as an object with `period`, or a list; cents or major units;
`paid` or `status`; with and without `id` and `currency`. All are read. Only the unit cannot be seen in the JSON, so it
is an option of the account.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from invoicetui.model import Discount, Document, Invoice, Kind, Lifecycle, Line, Payment, Status, Tax
from invoicetui.money import Money
from invoicetui.text import clean
from invoicetui.vendors import figures, wire
from invoicetui.vendors.base import Capabilities, Listing, Page, Request, Vendor, Wanted
from invoicetui.vendors.facts import NORTHFLANK, is_segment
from invoicetui.vendors.paging import Cursor
from invoicetui.vendors.wire import Number

_CURSOR = Cursor()
_RECORD = "record-"
_NO_ID = re.compile(rf"\d{{4}}-\d\d-\d\d\.\.\d{{4}}-\d\d-\d\d(\.\d+)?|{_RECORD}[0-9a-f]{{12}}(\.\d+)?|unreadable-.*")
# "The invoice payment status, as reported by Stripe."
_STATUSES = {
    "open": (Lifecycle.ISSUED, Payment.UNPAID),
    "paid": (Lifecycle.ISSUED, Payment.PAID),
    "payment_failed": (Lifecycle.ISSUED, Payment.FAILED),
    "void": (Lifecycle.VOID, None),
    "uncollectible": (Lifecycle.UNCOLLECTIBLE, None),
    "draft": (Lifecycle.DRAFT, None),
}
#: How one amount is read: its name and value to Money.
_Read = Callable[[str, int | Decimal | None], Money | None]


class _Pagination(msgspec.Struct, rename="camel"):
    cursor: str | None = None
    has_next_page: bool | None = None


class _Period(msgspec.Struct, gc=False):
    # Whatever came, in what the list needs: judged when it is read, which takes less than a hook for each.
    start: Any = None
    end: Any = None


class _Charged(msgspec.Struct, gc=False):
    """A tax as the list needs it."""

    amount: Number | None = None
    value: Number | None = None


class _Tax(_Charged, gc=False):
    percent: Number | None = None


class _Listed(msgspec.Struct, rename="camel", gc=False):
    """What the list needs of a record."""

    id: str | None = None
    period: _Period | None = None
    currency: str | None = None
    total: Any = None
    sub_total: Any = None
    paid: bool | None = None
    status: str | None = None
    tax: Any = None


class _Usage(msgspec.Struct, gc=False):
    price: dict[str, Number | None] | None = None


class _Item(msgspec.Struct, gc=False):
    title: str | None = None
    total: Number | None = None
    base: Any = None
    proration: Any = None


class _Discounts(msgspec.Struct, gc=False):
    total: Number | None = None


class _Record(_Listed, rename="camel", gc=False):
    paas_usage: _Usage | None = None
    byoc_usage: _Usage | None = None
    line_items: list[_Item] | None = None
    discount: Any = None
    discounts: Any = None


class _Invoices(msgspec.Struct):
    invoices: list[msgspec.Raw]


class _Answer(msgspec.Struct):
    data: _Invoices
    pagination: _Pagination | None = None


_answer = wire.answer(_Answer)


class Northflank(Vendor, facts=NORTHFLANK):
    """A cursor to the next page and nothing else: no totals, no page numbers, no filters."""

    no_document = "Northflank offers PDFs only in its web application: https://app.northflank.com/s/account/billing"
    skim = staticmethod(wire.skimmer(_Listed))
    # "Finalized invoices, newest first" is said of the newest of the four forms only.
    capabilities = Capabilities(
        order="unknown",
        statuses=frozenset((Status.DRAFT, Status.VOID, Status.UNCOLLECTIBLE, Status.PAID, Status.OPEN, Status.UNKNOWN)),
    )

    def listings(self, wanted: Wanted) -> tuple[Listing, ...]:
        return (Listing(),)

    def first(self, listing: Listing) -> str:
        return _CURSOR.first()

    def request(self, listing: Listing, token: str) -> Request:
        return Request(self._path(), _CURSOR.params(token))

    def page(self, listing: Listing, token: str, body: bytes, headers: Mapping[str, str]) -> Page:
        records, said = _read(body)
        return Page(records, _CURSOR.after(said.cursor, has_next=said.has_next_page is not False))

    def read(self, raw: bytes, detail: bytes | None = None, *, is_upcoming: bool = False) -> Invoice:
        found = wire.record(raw, _Record, detail)
        metadata: dict[str, str] = {}
        invoice = self._listed(wire.typed(found, _Listed), raw, metadata)
        record = wire.typed(found, _Record)
        amount = self._amount(record, metadata)
        discounts = _discounts(record, amount, metadata)
        lines = _lines(record, found, amount, metadata)
        for name, sent, kind in (
            ("discount", record.discount, _Discounts),
            ("discounts", record.discounts, _Discounts),
            ("tax", record.tax, _Tax),
        ):
            if isinstance(sent, dict):
                wire.extras(sent, kind, metadata, f"{name} ")
        wire.extras(found, _Record, metadata)
        return replace(
            invoice,
            lines=lines,
            taxes=_taxes(record.tax, invoice.tax),
            discounts=discounts,
            discount=discounts[0].amount if len(discounts) == 1 else None,
            metadata=metadata,
        )

    def listed(self, raw: bytes, *, is_upcoming: bool = False) -> Invoice:
        return self._listed(self.skim(raw), raw, {})

    def _amount(self, record: _Listed, notes: dict[str, str]) -> _Read:
        # "in cents": without a currency the cents are still hundredths.
        exponent = figures.exponent_of(record.currency, {}) if record.currency else 2
        amounts = figures.Amounts(record.currency, exponent, notes)
        return amounts.major if self.option("amounts") == "major" else amounts.minor

    def _listed(self, record: _Listed, raw: bytes, metadata: dict[str, str]) -> Invoice:
        number = clean(record.id)
        amount = self._amount(record, metadata)
        start, end, instants = _period(record.period)
        total = amount("total", wire.number(record.total, "$.total"))
        lifecycle, payment = _state(record)
        return Invoice(
            account=self.account.id,
            vendor=self.name,
            key=number or _key(start, end, raw),
            number=number or None,
            kind=Kind.CREDIT_NOTE if total is not None and total.minor < 0 else Kind.INVOICE,
            lifecycle=lifecycle,
            payment=payment,
            vendor_status=record.status or (None if record.paid is None else "paid" if record.paid else "not paid"),
            issued=end,
            period_start=start,
            period_end=end,
            currency=record.currency.upper() if record.currency else None,
            subtotal=amount("subTotal", wire.number(record.sub_total, "$.subTotal")),
            tax=_charged(record.tax, amount, metadata),
            total=total,
            amount_due=_due(payment, total),
            instants=instants,
        )

    def detail(self, invoice: Invoice) -> Request | None:
        return self.single(invoice.key)

    def single(self, key: str) -> Request | None:
        has_id = is_segment(key) and not _NO_ID.fullmatch(key)
        return Request(f"{self._path()}/{wire.segment(key)}") if has_id else None

    def unwrap(self, body: bytes) -> bytes:
        return wire.members(body).get("data", body)

    def document(self, invoice: Invoice) -> Document | None:
        return None

    def _path(self) -> str:
        team = self.option("team")
        return f"/v1/teams/{wire.segment(team)}/billing/invoices" if team else "/v1/billing/invoices"


def _period(period: _Period | None) -> tuple[date | None, date | None, dict[str, datetime]]:
    """First and last day in UTC, both inclusive, and the instants themselves."""
    if period is None:
        return None, None, {}
    start = wire.unix(wire.number(period.start, "$.period.start"), "$.period.start")
    end = wire.unix(wire.number(period.end, "$.period.end"), "$.period.end")
    last = end.date() if end else None
    if start and end and end > start and end.timetz() == time(tzinfo=UTC):
        last = end.date() - timedelta(days=1)  # midnight is where the next period begins
    instants = {name: at for name, at in (("period start", start), ("period end", end)) if at}
    return start.date() if start else None, last, instants


def _key(start: date | None, end: date | None, raw: bytes) -> str:
    return f"{start}..{end}" if start and end else _RECORD + hashlib.sha256(raw).hexdigest()[:12]


def _state(record: _Listed) -> tuple[Lifecycle, Payment]:
    by_flag = Payment.UNKNOWN if record.paid is None else Payment.PAID if record.paid else Payment.UNPAID
    lifecycle, payment = _STATUSES.get((record.status or "").lower(), (Lifecycle.ISSUED, None))
    return lifecycle, payment or by_flag


def _due(payment: Payment, total: Money | None) -> Money | None:
    if total is None:
        return None
    if payment is Payment.PAID:
        return Money(0, total.currency, total.exponent)
    return total if payment in (Payment.UNPAID, Payment.FAILED) else None


def _lines(record: _Record, found: Mapping[str, Any], amount: _Read, metadata: dict[str, str]) -> tuple[Line, ...]:
    """The invoice's items; without them (they come with the detail) the usage prices, each with its parts."""
    lines = [_item(item, at, amount) for at, item in enumerate(record.line_items or ())]
    for name, label, usage in (
        ("paasUsage", "PaaS usage", record.paas_usage),
        ("byocUsage", "BYOC usage", record.byoc_usage),
    ):
        if usage is None:
            continue
        wire.extras(found[name], _Usage, metadata, f"{name} ")
        parts = {part: amount(f"{name} price {part}", price) for part, price in (usage.price or {}).items()}
        if record.line_items:  # the items already hold the usage: as lines it would be there twice
            metadata |= {f"{name} price {part}": str(price) for part, price in parts.items() if price}
        elif parts:
            sublines = tuple(Line(part, total=price) for part, price in parts.items() if part != "total")
            lines.append(Line(label, total=parts.get("total"), sublines=sublines))
    return tuple(lines)


def _item(item: _Item, at: int, amount: _Read) -> Line:
    notes: list[str] = []
    sublines: list[Line] = []
    for name, part in (("base", item.base), ("proration", item.proration)):
        if type(part) in (int, Decimal):
            sublines.append(Line(name, total=amount(f"line {at + 1} {name}", Decimal(part))))
        elif part is not None:
            notes.append(f"{name} {wire.shown(part)}")
    total = amount(f"line {at + 1} total", item.total)
    return Line(item.title or "", description=", ".join(notes), total=total, sublines=tuple(sublines))


def _discounts(record: _Record, amount: _Read, metadata: dict[str, str]) -> tuple[Discount, ...]:
    """`discount` in the older detail, `discounts` in the newer: a number, or an object with a total."""
    out = []
    for name, sent in (("discount", record.discount), ("discounts", record.discounts)):
        if isinstance(sent, dict):
            total = wire.typed(sent, _Discounts, f"$.{name}").total
        elif type(sent) in (int, Decimal):
            total = Number(sent)
        else:
            wire.note(metadata, name, sent)
            continue
        if total is not None:
            out.append(Discount(name, amount(name, total)))
    return tuple(out)


def _charged(sent: Any, amount: _Read, metadata: dict[str, str]) -> Money | None:
    """`{percent, value}` in the older detail, `{percent, amount}` in the newer."""
    if type(sent) in (int, Decimal):
        return amount("tax", sent)
    if not isinstance(sent, dict):
        wire.note(metadata, "tax", sent)
        return None
    tax = wire.typed(sent, _Charged, "$.tax")
    return amount("tax", tax.value if tax.amount is None else tax.amount)


def _taxes(sent: Any, charged: Money | None) -> tuple[Tax, ...]:
    if isinstance(sent, dict):
        percent = wire.typed(sent, _Tax, "$.tax").percent
        return (Tax("tax", rate="" if percent is None else f"{percent}%", amount=charged),)
    return (Tax("tax", amount=charged),) if type(sent) in (int, Decimal) else ()


def _read(body: bytes) -> tuple[tuple[bytes, ...], _Pagination]:
    """The records, and what is said of the next page. Raises Malformed."""
    if (answer := _answer(body)) is not None:
        return tuple(map(bytes, answer.data.invoices)), answer.pagination or _Pagination()
    envelope = wire.members(body)
    if "data" not in envelope:
        raise wire.malformed("$.data", "object", "nothing")
    invoices = wire.members(envelope["data"], "$.data").get("invoices", b"null").strip()
    paging = wire.value(envelope.get("pagination", b"null"), "$.pagination")
    return _records(invoices), wire.typed({} if paging is None else paging, _Pagination, "$.pagination")


def _records(invoices: bytes) -> tuple[bytes, ...]:
    """A list, null for none, or one invoice as an object (an empty object is none)."""
    if invoices == b"null":
        return ()
    if invoices.startswith(b"{"):
        return (invoices,) if wire.members(invoices, "$.data.invoices") else ()
    return wire.elements(invoices, "$.data.invoices")
