"""Meteroid's REST API: pages from 0, totals that vanish, enums in one of two casings, dates without an offset.

Sources: the server's OpenAPI document and its own code (routers, query extraction, pagination, currency table).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar, Literal

from tests.servers.fake import Fake, due_after, number, page_count
from tests.servers.pdf import pdf, pdf_reply
from tests.servers.rows import Row, decimal_text, is_overdue, iso, status_word
from tests.servers.serving import Query, Reply, pairs

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_STATUSES = ("DRAFT", "FINALIZED", "UNCOLLECTIBLE", "VOID")
_LIFECYCLE = {"DRAFT": "draft", "FINALIZED": "issued", "UNCOLLECTIBLE": "uncollectible", "VOID": "void"}
_PAYMENT = {"UNPAID": "unpaid", "PARTIALLY_PAID": "partial", "PAID": "paid", "ERRORED": "failed"}
# The server's own table, which places the point: it has two digits for ISK and none for MGA, unlike ISO 4217.
_DIGITS = {"EUR": 2, "USD": 2, "AED": 2, "JPY": 0, "KWD": 3, "ISK": 2, "MGA": 0, "VND": 0}
_CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    409: "CONFLICT",
    429: "TOO_MANY_REQUESTS",
}
_MESSAGES = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "Resource not found",
    429: "Too many requests",
    500: "Internal server error. Please refer to logs or support.",
}
_CUSTOMERS = ("Aster Labs", "Björk & Söhne GmbH", "東京商事", "O'Neill Freight", "Café Lumière", "Zed [bold] Corp")


@dataclass(frozen=True, slots=True)
class _Truth:
    """Amounts in subunits of `currency` as the server's table counts them."""

    id: str
    number: str
    status: str
    payment: str
    kind: str
    customer: int
    subscription: str | None
    currency: str
    subtotal: int
    tax: int
    amount_due: int
    issued: date
    due: date | None
    created: datetime
    paid: datetime | None
    lines: tuple[tuple[date, date], ...]
    is_child: bool = False

    @property
    def total(self) -> int:
        return self.subtotal + self.tax


# What every account holds, by age: a credit, a currency without subunits, one with thousandths, two whose table
# differs from ISO 4217, an amount beyond 2**53, words that no document knows yet, an invoice without lines.
_CHANGES: dict[int, dict[str, object]] = {
    3: {"currency": "AED", "subtotal": -4500, "tax": 0, "amount_due": -4500, "kind": "ADJUSTMENT"},
    5: {"currency": "JPY", "subtotal": 5000, "tax": 500, "amount_due": 5500},
    7: {"currency": "KWD", "subtotal": 12000, "tax": 345, "amount_due": 12345},
    11: {"currency": "ISK", "subtotal": 12345, "tax": 0, "amount_due": 12345},
    13: {"currency": "MGA", "subtotal": 700, "tax": 0, "amount_due": 700},
    15: {"currency": "VND", "subtotal": 2**53 + 1, "tax": 0, "amount_due": 2**53 + 1},
    16: {"status": "IN_REVIEW", "payment": "UNPAID", "kind": "LOYALTY_GRANT"},
    17: {"status": "FINALIZED", "payment": "CHARGED_BACK"},
    19: {"lines": ()},
}


class FakeMeteroid(Fake):
    """`casing`: of every enum sent and of the `statuses` understood. `is_naive`: datetimes without an offset.

    `children`: consolidated invoices that only the list of their subscription shows. `pdf_after`: how often
    `/download` answers 404 before a PDF is there. `voids`: every how manieth invoice is void.
    """

    vendor: ClassVar[str] = "meteroid"
    text_field: ClassVar[str] = "currency"

    def __init__(
        self,
        count: int = 250,
        *,
        casing: Literal["snake", "pascal"] = "snake",
        is_naive: bool = True,
        children: int = 0,
        pdf_after: int = 0,
        voids: int = 50,
        token: str = "pv_prd_4kQ9wLmZ0sXyTb7RcNfHuJeVaG3d/7n42DGM5Tflk9n8mt7Fhc7",
        today: date | None = None,
    ) -> None:
        super().__init__(token=token, today=today)
        self.casing = casing
        self.is_naive = is_naive
        self.pdf_after = pdf_after
        self._pdf_asked: dict[str, int] = {}
        self._count = count
        self._voids = voids
        self.truths = [self._truth(age) for age in range(count)]
        for age in range(children):
            child = replace(self._truth(2 * age + 1), id=_id("inv", f"child{age}"), number=f"CHILD-{age:04d}")
            self.truths.append(replace(child, subscription=_id("sub", "0"), is_child=True))

    def _truth(self, age: int) -> _Truth:
        issued = self.today - timedelta(days=4 + age * 1100 // max(self._count, 1100))
        at = (time(0, 0, 0, 120), time(23, 59, 59, 999_000), time(10, 22, 33))[age % 3]
        status = "DRAFT" if age % 9 == 8 else "VOID" if age % self._voids == 4 else "FINALIZED"
        if age % 40 == 21:
            status = "UNCOLLECTIBLE"
        payment = ("PAID", "PAID", "UNPAID", "PAID", "PARTIALLY_PAID", "ERRORED")[age % 6]
        if status != "FINALIZED":
            payment = "UNPAID"
        if age % 30 == 14 and status == "FINALIZED" and self.casing == "snake":
            payment = "PROCESSING"  # newer than the other casing
        subtotal = (age % 101 + 1) * 1999 + age % 13
        tax = subtotal // 5 if age % 3 else 0
        before = issued.replace(day=1) - timedelta(days=1)
        lines: tuple[tuple[date, date], ...] = ((before.replace(day=1), before),)
        if age % 4 == 1:
            lines = ((before.replace(day=10), before), (before.replace(day=1), before.replace(day=20)))
        truth = _Truth(
            id=_id("inv", str(age)),
            number="draft" if status == "DRAFT" else f"INV-{issued.year}-{self._count - age:04d}",
            status=status,
            payment=payment,
            kind=("RECURRING", "ONE_OFF", "USAGE_THRESHOLD")[age % 3],
            customer=age % len(_CUSTOMERS),
            subscription=_id("sub", str(age % 12)) if age % 3 == 0 else None,
            currency=("EUR", "USD")[age % 2],
            subtotal=subtotal,
            tax=tax,
            amount_due=subtotal + tax,
            issued=issued,
            due=None if status == "DRAFT" else due_after(issued, (30, 14, 0, 45)[age % 4], self.today),
            created=datetime.combine(issued, at, UTC),
            paid=None,
            lines=lines,
        )
        truth = replace(truth, **_CHANGES.get(age, {}))  # type: ignore[arg-type]  # the values fit their fields
        if truth.status == "FINALIZED" and truth.number == "draft":
            truth = replace(truth, number=f"INV-{issued.year}-{self._count - age:04d}")
        if truth.payment == "PAID":
            return replace(truth, amount_due=0, paid=truth.created + timedelta(hours=7, microseconds=123_456))
        return replace(truth, amount_due=truth.amount_due // 2) if truth.payment == "PARTIALLY_PAID" else truth

    def add(self) -> None:
        newest = max(self.truths, key=lambda truth: truth.created)
        name = f"added{len(self.truths)}"
        self.truths.insert(
            0,
            replace(
                self._truth(2),
                id=_id("inv", name),
                number=name,
                issued=newest.issued,
                created=newest.created + timedelta(seconds=1),
                is_child=False,
            ),
        )

    def options(self) -> dict[str, str]:
        return {}

    def refusal(self, status: int, message: str = "", *, wants_json: bool = True) -> Reply:
        code = _CODES.get(status, "INTERNAL_SERVER_ERROR")
        return self.json({"code": code, "message": message or _MESSAGES.get(status, "Error")}, status)

    def _undeserialized(self, why: str) -> Reply:
        text = f"Failed to deserialize query string: {why}"
        return Reply(400, (("Content-Type", "text/plain; charset=utf-8"),), text.encode())

    def cased(self, word: str) -> str:
        """An enum's word as this server writes it."""
        return word if self.casing == "snake" else "".join(part.capitalize() for part in word.split("_"))

    def get(self, path: str, query: Query, *, wants_json: bool) -> Reply:
        if path == "/api/v1/invoices":
            return self._list(query)
        parts = path.removeprefix("/api/v1/invoices/").split("/")
        if not path.startswith("/api/v1/invoices/") or len(parts) > 2 or parts[1:] not in ([], ["download"]):
            return self.refusal(404)
        found = next((truth for truth in self.truths if truth.id == parts[0]), None)
        if found is None:  # documented as 404; the server's code turns every failed look-up into this
            return self.refusal(500)
        return self._download(found) if parts[1:] else self.json(self.wire(found))

    def _download(self, truth: _Truth) -> Reply:
        self._pdf_asked[truth.id] = asked = self._pdf_asked.get(truth.id, 0) + 1
        if truth.status == "DRAFT" or asked <= self.pdf_after:
            return self.refusal(404, "No attached PDF. Generation may be pending")
        return pdf_reply(pdf("Meteroid invoice", truth.number, f"Total {truth.total} {truth.currency}"), "inline")

    def _list(self, query: Query) -> Reply:
        page, size = number(query, "page", 0), number(query, "per_page", 25)
        if page is None or size is None:
            return self._undeserialized("invalid digit found in string")
        if page < 0 or not 1 <= size <= 100:
            return self._undeserialized("validation error")
        known = [self.cased(word) for word in _STATUSES]
        statuses = pairs(query, "statuses")
        for word in statuses:
            if word not in known:
                expected = ", ".join(f"`{name}`" for name in known)
                return self._undeserialized(f"unknown variant `{word}`, expected one of {expected}")
        rows = self._chosen(query)
        if statuses:
            rows = [truth for truth in rows if self.cased(truth.status) in statuses]
        order = _order(next(iter(pairs(query, "order_by")), "created_at.desc"))
        if order is None:
            return self.refusal(400, "Invalid order_by")
        key, is_descending = order
        rows.sort(key=key, reverse=is_descending)
        shown = rows[page * size : (page + 1) * size]
        # The count comes with the first row of the page: a page without rows has none.
        total = len(rows) if shown else 0
        meta = {
            "page": page,
            "per_page": size if pairs(query, "per_page") else 10,
            "total_items": total,
            "total_pages": page_count(rows, size) if shown else 0,
        }
        return self.json({"data": [self.wire(truth) for truth in shown], "pagination_meta": meta})

    def _chosen(self, query: Query) -> list[_Truth]:
        customer = next(iter(pairs(query, "customer_id")), None)
        subscription = next(iter(pairs(query, "subscription_id")), None)
        return [
            truth
            for truth in self.truths
            if (customer is None or customer in (_id("cus", str(truth.customer)), f"alias-{truth.customer}"))
            and (not truth.is_child if subscription is None else truth.subscription == subscription)
        ]

    def _moment(self, at: datetime | None) -> str | None:
        if at is None:
            return None
        return at.replace(tzinfo=None).isoformat() + ("" if self.is_naive else "Z")

    def wire(self, truth: _Truth) -> dict[str, object]:
        is_draft = truth.status == "DRAFT"
        customer = _id("cus", str(truth.customer))
        tax_line = {"name": "VAT", "tax_rate": "0.20000000", "taxable_amount": max(0, truth.subtotal)}
        payment = {
            "id": _id("pay", truth.id),
            "amount": max(0, truth.total - truth.amount_due),
            "currency": truth.currency,
            "payment_type": self.cased("PAYMENT"),
            "status": self.cased("SETTLED"),
            "error": None,
            "payment_method_id": None,
            "payment_method_info": None,
            "processed_at": self._moment(truth.paid),
            "provider_transaction_id": None,
        }
        return {
            "id": truth.id,
            "invoice_number": truth.number,
            "status": self.cased(truth.status),
            "payment_status": self.cased(truth.payment),
            "invoice_type": self.cased(truth.kind),
            "customer_id": customer,
            "customer_details": {
                "id": customer,
                "name": _CUSTOMERS[truth.customer],
                "snapshot_at": self._moment(truth.created),
                "alias": f"alias-{truth.customer}",
                "billing_address": {"city": "Paris", "country": "FR"},
                "email": None,
                "vat_number": None,
            },
            "subscription_id": truth.subscription,
            "currency": truth.currency,
            "invoice_date": truth.issued.isoformat(),
            "due_date": iso(truth.due),
            "subtotal": truth.subtotal,
            "subtotal_recurring": truth.subtotal,
            "tax_amount": truth.tax,
            "total": truth.total,
            "amount_due": truth.amount_due,
            "applied_credits": 0,
            "coupons": [],
            "line_items": [
                {
                    "name": "Seats",
                    "description": None,
                    "quantity": "3.00000000" if index == 0 else None,
                    "unit_price": "0.123456789012345678" if index == 0 else None,
                    "amount_total": truth.subtotal if index == 0 else 0,
                    "tax_rate": "0.2",
                    "start_date": start.isoformat(),
                    "end_date": end.isoformat(),
                    "sub_line_items": [],
                }
                for index, (start, end) in enumerate(truth.lines)
            ],
            "tax_breakdown": [{**tax_line, "tax_amount": truth.tax, "exemption_type": None}] if truth.tax else [],
            "transactions": [payment] if truth.paid else [],
            "net_terms": 30,
            "memo": None,
            "reference": None,
            "purchase_order": None,
            "created_at": self._moment(truth.created),
            "updated_at": None,
            "finalized_at": None if is_draft else self._moment(truth.created),
            "voided_at": self._moment(truth.created) if truth.status == "VOID" else None,
            "marked_as_uncollectible_at": None,
            "paid_at": self._moment(truth.paid),
        }

    def expected(self, account: str, today: date | None = None) -> list[Row]:
        return [self._row(account, truth, today or self.today) for truth in self.truths if not truth.is_child]

    def _row(self, account: str, truth: _Truth, today: date) -> Row:
        lifecycle, payment = _LIFECYCLE.get(truth.status, "unknown"), _PAYMENT.get(truth.payment, "unknown")
        overdue = is_overdue(lifecycle, payment, truth.due, truth.amount_due, today)
        digits = _DIGITS[truth.currency]
        row: Row = {
            "account": account,
            "vendor": "meteroid",
            "key": truth.id,
            "customer": _CUSTOMERS[truth.customer],
            "lifecycle": lifecycle,
            "vendor_status": f"{self.cased(truth.status)} / {self.cased(truth.payment)}",
            "issued": truth.issued.isoformat(),
            "due": iso(truth.due),
            "paid_at": truth.paid.isoformat() if truth.paid else None,
            "period_start": iso(min((start for start, _ in truth.lines), default=None)),
            "period_end": iso(max((end for _, end in truth.lines), default=None)),
            "currency": truth.currency,
            "subtotal": decimal_text(truth.subtotal, digits),
            "tax": decimal_text(truth.tax, digits),
            "total": decimal_text(truth.total, digits),
            "amount_due": decimal_text(truth.amount_due, digits),
            "overdue": overdue,
        }
        if truth.status != "DRAFT":
            row["number"] = truth.number
        if truth.total >= 0:
            row["kind"] = "invoice"
        if truth.payment != "PROCESSING":  # money on its way: no document says which of our words that is
            row |= {"payment": payment, "status": status_word(lifecycle, payment, overdue=overdue)}
        if truth.status == "FINALIZED":
            row["document"] = "endpoint"
        return row


_Key = Callable[[_Truth], tuple[object, ...]]
_ORDERS: dict[str, _Key] = {
    "created_at": lambda truth: (truth.created, truth.id),
    "invoice_number": lambda truth: (truth.number, truth.id),
    "customer_name": lambda truth: (_CUSTOMERS[truth.customer], truth.id),
    "amount": lambda truth: (truth.total, truth.id),
    "invoice_date": lambda truth: (truth.issued, truth.id),
    "status": lambda truth: (truth.status, truth.id),
    "payment_status": lambda truth: (truth.payment, truth.id),
}


def _order(text: str) -> tuple[_Key, bool] | None:
    field, _, direction = text.partition(".")
    return (_ORDERS[field], direction == "desc") if field in _ORDERS and direction in ("asc", "desc") else None


def _id(prefix: str, name: str) -> str:
    value = int.from_bytes(hashlib.sha256(f"{prefix}:{name}".encode()).digest()[:16])
    text = ""
    while value:
        value, rest = divmod(value, 62)
        text += _BASE62[rest]
    return f"{prefix}_{text}"
