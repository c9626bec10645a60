"""Opterius Commerce: a client's invoices at one installation (opterius.com/docs/en/commerce/api, opterius/commerce).

The documentation and the server's own code of the same day differ in nearly everything, so both forms are read:
pages with `meta` or everything at once without it, `currency_code` or `currency`, `tax_amount` or `tax`, `paid_at` or
`paid_date`, four statuses or six. Only the unit cannot be seen in the JSON, so it is an option of the account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from invoicetui.model import Account, Document, Invoice, Kind, Lifecycle, Line, Payment, Status
from invoicetui.money import Money
from invoicetui.vendors import figures, wire
from invoicetui.vendors.base import Capabilities, Listing, Page, Request, Vendor, Wanted
from invoicetui.vendors.facts import OPTERIUS
from invoicetui.vendors.paging import PageNumber
from invoicetui.vendors.wire import Number

_PATH = "/api/v1/invoices"
_PAGES = PageNumber(base=1)
_WORDS = {
    "unpaid": (Lifecycle.ISSUED, Payment.UNPAID),
    "overdue": (Lifecycle.ISSUED, Payment.UNPAID),
    "paid": (Lifecycle.ISSUED, Payment.PAID),
    "refunded": (Lifecycle.ISSUED, Payment.PAID),
    "cancelled": (Lifecycle.VOID, Payment.UNKNOWN),
    "draft": (Lifecycle.DRAFT, Payment.UNKNOWN),
}
# The daily job marks overdue late, so what is due can be in either word; the documentation knows no draft or refunded.
_UNPAID = ("unpaid", "overdue")
_LISTINGS: Mapping[Status, tuple[str, ...]] = {
    Status.OPEN: _UNPAID,
    Status.OVERDUE: _UNPAID,
    Status.PARTIAL: _UNPAID,
    Status.PAID: ("paid", "refunded"),
    Status.VOID: ("cancelled",),
    Status.DRAFT: ("draft",),
}
_UNDOCUMENTED = frozenset(("draft", "refunded"))


#: How one amount is read: its name and value to Money.
_Read = Callable[[str, Decimal | None], Money | None]


class _Meta(msgspec.Struct):
    current_page: int | None = None
    last_page: int | None = None
    per_page: int | None = None
    total: int | None = None


class _Item(msgspec.Struct, gc=False):
    description: str | None = None
    quantity: Any = None
    amount: Number | None = None


class _Listed(msgspec.Struct, gc=False):
    """What the list needs of a record."""

    id: int
    invoice_number: str | None = None
    status: str | None = None
    subtotal: Number | None = None
    tax_amount: Number | None = None
    tax: Number | None = None
    total: Number | None = None
    amount_due: Number | None = None
    currency_code: str | None = None
    currency: str | None = None
    due_date: str | None = None
    paid_at: str | None = None
    paid_date: str | None = None
    created_at: str | None = None


class _Record(_Listed, gc=False):
    credit_applied: Number | None = None
    items: list[_Item] | None = None


class _Answer(msgspec.Struct):
    data: list[msgspec.Raw]
    meta: _Meta | None = None


_answer = wire.answer(_Answer)


class Opterius(Vendor, facts=OPTERIUS):
    """Numbered pages from 1, newest created first, 15 each unless asked otherwise; or everything in one answer."""

    no_document = "Opterius offers PDFs only in its client portal, behind the portal's own sign-in"
    skim = staticmethod(wire.skimmer(_Listed))
    capabilities = Capabilities(
        order="created",
        statuses=frozenset(_LISTINGS) | {Status.UNKNOWN},
        has_totals=True,
        is_random_access=True,
        has_open_filter=True,
        filters=frozenset(("status",)),
    )

    def __init__(self, account: Account, today: Callable[[], date] = date.today) -> None:
        super().__init__(account, today)
        self._has_pages = False

    def listings(self, wanted: Wanted) -> tuple[Listing, ...]:
        """One word a request is all the server takes."""
        if not wanted.statuses or Status.UNKNOWN in wanted.statuses:
            return (Listing(),)
        words = dict.fromkeys(
            word for status, words in _LISTINGS.items() if status in wanted.statuses for word in words
        )
        return tuple(Listing((("status", word),), is_optional=word in _UNDOCUMENTED) for word in words)

    def first(self, listing: Listing) -> str:
        return _PAGES.first()

    def nth(self, listing: Listing, index: int) -> str | None:
        """None until an answer had `meta`: a server without it ignores page numbers."""
        return _PAGES.nth(index) if self._has_pages else None

    def request(self, listing: Listing, token: str) -> Request:
        return Request(_PATH, (*listing.params, *_PAGES.params(token)))

    def page(self, listing: Listing, token: str, body: bytes, headers: Mapping[str, str]) -> Page:
        records, meta = _read(body)
        if meta is None:
            return Page(records, None)
        self._has_pages = True
        size = meta.per_page if meta.per_page and meta.per_page > 0 else _PAGES.size
        after = PageNumber(_PAGES.base, size).after(token, len(records), meta.last_page)
        return Page(records, after, total=meta.total, total_pages=meta.last_page)

    def read(self, raw: bytes, detail: bytes | None = None, *, is_upcoming: bool = False) -> Invoice:
        found = wire.record(raw, _Record, detail)
        metadata: dict[str, str] = {}
        invoice = self._listed(wire.typed(found, _Listed), metadata)
        record = wire.typed(found, _Record)
        amount = self._amount(record, metadata)
        credit = amount("credit_applied", record.credit_applied)
        wire.note(metadata, "credit_applied", str(credit) if credit else None)
        lines = tuple(
            _line(item, amount(f"items[{at}].amount", item.amount)) for at, item in enumerate(record.items or ())
        )
        wire.note(metadata, "items", "amounts include tax" if lines else None)
        wire.extras(found, _Record, metadata)
        return replace(invoice, lines=lines, metadata=metadata)

    def listed(self, raw: bytes, *, is_upcoming: bool = False) -> Invoice:
        return self._listed(self.skim(raw), {})

    def _amount(self, record: _Listed, notes: dict[str, str]) -> _Read:
        currency = record.currency_code or record.currency
        amounts = figures.Amounts(currency, figures.exponent_of(currency, {}), notes)
        # The server divides its minor units by 100 whatever the currency, so "major" is not the currency's unit.
        return amounts.hundredths if self.option("amounts") == "major" else amounts.minor

    def _listed(self, record: _Listed, notes: dict[str, str]) -> Invoice:
        currency, amount = record.currency_code or record.currency, self._amount(record, notes)
        total, due = amount("total", record.total), amount("amount_due", record.amount_due)
        lifecycle, payment = _WORDS.get((record.status or "").lower(), (Lifecycle.UNKNOWN, Payment.UNKNOWN))
        if payment is Payment.UNPAID and total is not None and due is not None and 0 < due.amount < total.amount:
            payment = Payment.PARTIAL
        created = wire.instant(record.created_at, "$.created_at")
        paid_at = wire.instant(record.paid_at, "$.paid_at") or wire.instant(record.paid_date, "$.paid_date")
        return Invoice(
            account=self.account.id,
            vendor=self.name,
            key=str(record.id),
            number=record.invoice_number or None,
            kind=Kind.CREDIT_NOTE if total is not None and total.minor < 0 else Kind.INVOICE,
            lifecycle=lifecycle,
            payment=payment,
            vendor_status=record.status or None,
            issued=created.date() if created else None,
            due=wire.day(record.due_date, "$.due_date"),
            paid_at=paid_at,
            currency=currency.upper() if currency else None,
            subtotal=amount("subtotal", record.subtotal),
            tax=amount("tax", record.tax if record.tax_amount is None else record.tax_amount),
            total=total,
            amount_due=due,
            instants={"created": created} if created else {},
        )

    def detail(self, invoice: Invoice) -> Request | None:
        return self.single(invoice.key)

    def single(self, key: str) -> Request | None:
        return Request(f"{_PATH}/{key}") if key.isascii() and key.isdigit() else None

    def unwrap(self, body: bytes) -> bytes:
        """The documentation wraps a single invoice in `data`, the server does not."""
        return wire.members(body).get("data", body)

    def document(self, invoice: Invoice) -> Document | None:
        return None


def _line(item: _Item, total: Money | None) -> Line:
    quantity, rest = figures.quantity(item.quantity)
    return Line(item.description or "", description=rest, quantity=quantity, total=total)


def _read(body: bytes) -> tuple[tuple[bytes, ...], _Meta | None]:
    """The records, and what is said of pages, if anything. Raises Malformed."""
    if (answer := _answer(body)) is not None:
        return tuple(map(bytes, answer.data)), answer.meta
    envelope = wire.members(body)
    if "data" not in envelope:
        raise wire.malformed("$.data", "array", "nothing")
    records = wire.elements(envelope["data"], "$.data")
    sent = wire.value(envelope.get("meta", b"null"), "$.meta")
    return records, None if sent is None else wire.typed(sent, _Meta, "$.meta")
