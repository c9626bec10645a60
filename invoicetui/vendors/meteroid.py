"""Meteroid: the invoices a tenant issued to its customers (meteroid-oss/meteroid, spec/api/v1/openapi.json)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

import msgspec

from invoicetui.errors import Rejected
from invoicetui.model import Account, Discount, Document, DocumentKind, Invoice, Kind, Lifecycle, Payment, Status
from invoicetui.text import clean
from invoicetui.vendors import meteroid_record as parts
from invoicetui.vendors import wire
from invoicetui.vendors.base import Capabilities, Listing, Page, Params, Request, Vendor, Wanted
from invoicetui.vendors.facts import METEROID, is_segment
from invoicetui.vendors.paging import PageNumber

_PATH = "/api/v1/invoices"
_PAGES = PageNumber(base=0)
_UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_CUSTOMER = re.compile(rf"cus_[0-9A-Za-z]{{8,}}|{_UUID}")
_SUBSCRIPTION = re.compile(rf"sub_[0-9A-Za-z]{{8,}}|{_UUID}")

_LIFECYCLES = {
    "draft": Lifecycle.DRAFT,
    "finalized": Lifecycle.ISSUED,
    "uncollectible": Lifecycle.UNCOLLECTIBLE,
    "void": Lifecycle.VOID,
}
_PAYMENTS = {
    "unpaid": Payment.UNPAID,
    "partiallypaid": Payment.PARTIAL,
    "paid": Payment.PAID,
    "errored": Payment.FAILED,
    "processing": Payment.UNPAID,
}
_STATUSES: Mapping[Status, str] = {
    Status.DRAFT: "Draft",
    Status.OPEN: "Finalized",
    Status.OVERDUE: "Finalized",
    Status.PARTIAL: "Finalized",
    Status.PAID: "Finalized",
    Status.UNCOLLECTIBLE: "Uncollectible",
    Status.VOID: "Void",
}


class _Totals(msgspec.Struct):
    total_items: int | None = None
    total_pages: int | None = None


class _Answer(msgspec.Struct):
    data: list[msgspec.Raw]
    pagination_meta: _Totals | None = None


class _Peek(msgspec.Struct):
    status: str


_answer = wire.answer(_Answer)


class Meteroid(Vendor, facts=METEROID):
    """Numbered pages from 0, newest created first, with totals.

    Servers before 2026-03-31 write and take `Finalized`, later ones `FINALIZED`, and each answers the other's word
    with a plain-text 400: the casing is learned from the server's own records, or from that refusal.
    """

    skim = staticmethod(wire.skimmer(parts.Listed))
    capabilities = Capabilities(
        order="created",
        statuses=frozenset(_STATUSES) | {Status.UNKNOWN},
        has_totals=True,
        is_random_access=True,
        filters=frozenset(("status", "customer", "sub")),
    )

    def __init__(self, account: Account, today: Callable[[], date] = date.today) -> None:
        super().__init__(account, today)
        self._is_upper = False
        self._sent_statuses = False
        self._has_flipped = False

    def listings(self, wanted: Wanted) -> tuple[Listing, ...]:
        params: Params = ()
        # A finalized invoice whose payment word is not known yet is of unknown status, in whatever lifecycle.
        if wanted.statuses and Status.UNKNOWN not in wanted.statuses:
            words = dict.fromkeys(word for status, word in _STATUSES.items() if status in wanted.statuses)
            params += tuple(("statuses", word) for word in words)
        if _CUSTOMER.fullmatch(wanted.customer):
            params += (("customer_id", wanted.customer),)
        if _SUBSCRIPTION.fullmatch(wanted.subscription):
            params += (("subscription_id", wanted.subscription),)
        return (Listing(params),)

    def first(self, listing: Listing) -> str:
        return _PAGES.first()

    def nth(self, listing: Listing, index: int) -> str | None:
        return _PAGES.nth(index)

    def request(self, listing: Listing, token: str) -> Request:
        sent = tuple(
            (name, value.upper() if name == "statuses" and self._is_upper else value) for name, value in listing.params
        )
        self._sent_statuses = any(name == "statuses" for name, _ in sent)
        return Request(_PATH, (*sent, *_PAGES.params(token)))

    def learns(self, refusal: Rejected) -> bool:
        """Try the other casing, once: a second refusal is about something else."""
        if not refusal.is_plain or not self._sent_statuses or self._has_flipped:
            return False
        self._has_flipped = True
        self._is_upper = not self._is_upper
        return True

    def page(self, listing: Listing, token: str, body: bytes, headers: Mapping[str, str]) -> Page:
        records, said = _read(body)
        self._learn(records)
        if not records:
            # The server counts on the rows it returns: past the end it says 0 of 0.
            is_start = token == _PAGES.first()
            return Page((), None, total=said.total_items if is_start else None)
        pages = said.total_pages if said.total_pages and said.total_pages > 0 else None
        return Page(records, _PAGES.after(token, len(records), pages), total=said.total_items, total_pages=pages)

    def _learn(self, records: tuple[bytes, ...]) -> None:
        for raw in records:
            try:
                word = msgspec.json.decode(raw, type=_Peek).status
            except (msgspec.MsgspecError, ValueError, RecursionError):
                continue
            if word.lower() in _LIFECYCLES:
                self._is_upper = word.isupper()
                return

    def read(self, raw: bytes, detail: bytes | None = None, *, is_upcoming: bool = False) -> Invoice:
        found = wire.record(raw, parts.Record, detail)
        metadata: dict[str, str] = {}
        invoice = self._listed(wire.typed(found, parts.Listed), metadata)
        record = wire.typed(found, parts.Record)
        amounts = parts.amounts_in(record.currency, metadata)
        lines = tuple(parts.line(item, at, amounts) for at, item in enumerate(record.line_items or ()))
        payments = tuple(
            parts.payment(part, at, record.currency, metadata) for at, part in enumerate(record.transactions or ())
        )
        discounts = tuple(
            Discount(coupon.name or "", amounts.minor(f"coupon {at + 1}", coupon.total), coupon.coupon_id or "")
            for at, coupon in enumerate(record.coupons or ())
        )
        taxes = tuple(parts.tax(part, at, amounts) for at, part in enumerate(record.tax_breakdown or ()))
        for name in ("subtotal_recurring", "applied_credits"):
            money = amounts.minor(name, getattr(record, name))
            wire.note(metadata, name, str(money) if money else None)
        for name in ("invoice_type", "net_terms", "reference", "purchase_order"):
            wire.note(metadata, name, getattr(record, name))
        parts.note_customer(record, found, metadata)
        wire.extras(found, parts.Record, metadata)
        return replace(
            invoice,
            lines=lines,
            taxes=taxes,
            discounts=discounts,
            payments=payments,
            memo=record.memo or None,
            instants=parts.instants(record),
            metadata=metadata,
        )

    def listed(self, raw: bytes, *, is_upcoming: bool = False) -> Invoice:
        return self._listed(self.skim(raw), {})

    def _listed(self, record: parts.Listed, notes: dict[str, str]) -> Invoice:
        if not clean(record.id):
            raise wire.malformed("$.id", "an id", "nothing to see")
        amounts = parts.amounts_in(record.currency, notes)
        total = amounts.minor("total", record.total)
        status, payment_status = record.status or "", record.payment_status or ""
        customer = record.customer_details or parts.NOBODY
        start, end = parts.period(record.line_items or ())
        return Invoice(
            account=self.account.id,
            vendor=self.name,
            key=record.id,
            number=record.invoice_number or None,
            customer=customer.name or None,
            customer_id=record.customer_id or customer.id or None,
            subscription=record.subscription_id or None,
            kind=Kind.CREDIT_NOTE if total is not None and total.minor < 0 else Kind.INVOICE,
            lifecycle=_LIFECYCLES.get(_plain(status), Lifecycle.UNKNOWN),
            payment=_PAYMENTS.get(_plain(payment_status), Payment.UNKNOWN),
            vendor_status=" / ".join(word for word in (status, payment_status) if word) or None,
            issued=wire.day(record.invoice_date, "$.invoice_date"),
            due=wire.day(record.due_date, "$.due_date"),
            paid_at=wire.instant(record.paid_at, "$.paid_at"),
            period_start=start,
            period_end=end,
            currency=record.currency.upper() if record.currency else None,
            subtotal=amounts.minor("subtotal", record.subtotal),
            tax=amounts.minor("tax_amount", record.tax_amount),
            total=total,
            amount_due=amounts.minor("amount_due", record.amount_due),
            document=self._document(record.id),
        )

    def single(self, key: str) -> Request | None:
        is_id = is_segment(key) and not key.startswith("unreadable-")
        return Request(f"{_PATH}/{wire.segment(key)}") if is_id else None

    def document(self, invoice: Invoice) -> Document | None:
        return invoice.document

    @staticmethod
    def _document(key: str) -> Document | None:
        """A 404 from there means that the PDF is not made yet."""
        if not is_segment(key):
            return None
        return Document(DocumentKind.ENDPOINT, f"{_PATH}/{wire.segment(key)}/download")


def _read(body: bytes) -> tuple[tuple[bytes, ...], _Totals]:
    """The records, and how many there are in all. Raises Malformed."""
    if (answer := _answer(body)) is not None:
        return tuple(map(bytes, answer.data)), answer.pagination_meta or _Totals()
    envelope = wire.members(body)
    if "data" not in envelope:
        raise wire.malformed("$.data", "array", "nothing")
    records = wire.elements(envelope["data"], "$.data")
    sent = wire.value(envelope.get("pagination_meta", b"null"), "$.pagination_meta")
    return records, wire.typed({} if sent is None else sent, _Totals, "$.pagination_meta")


def _plain(word: str) -> str:
    """`PartiallyPaid` and `PARTIALLY_PAID` are one word."""
    return word.replace("_", "").lower()
