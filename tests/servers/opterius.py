"""Opterius Commerce in its two forms: as its documentation says, and as its own code of the same day answers.

Sources: the API's documentation pages; the controller, middleware and model of the open-source server; Laravel.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import ClassVar, Literal

from tests.servers.fake import Fake, OverCap, due_after, number, page_count
from tests.servers.rows import Row, decimal_text, is_overdue, iso, status_word
from tests.servers.serving import Query, Reply, pairs

_MAX = 100
_DOCUMENTED = ("unpaid", "paid", "overdue", "cancelled")
_MESSAGES = {
    401: "Unauthenticated.",
    403: "This action is unauthorized.",
    404: "Not Found",
    405: "The method is not supported for this route.",
    422: "The given data was invalid.",
    429: "Too Many Attempts.",
    500: "Server Error",
    503: "Service Unavailable",
}
_MEANING = {
    "draft": ("draft", "unpaid"),
    "unpaid": ("issued", "unpaid"),
    "overdue": ("issued", "unpaid"),
    "paid": ("issued", "paid"),
    "refunded": ("issued", "paid"),
    "cancelled": ("void", "unpaid"),
}
_DIGITS = {"USD": 2, "EUR": 2, "JPY": 0, "KWD": 3}


@dataclass(frozen=True, slots=True)
class _Truth:
    """Amounts in the currency's minor unit."""

    id: int
    status: str
    currency: str
    subtotal: int
    tax: int
    amount_due: int
    created: datetime
    due: date
    paid: datetime | None

    @property
    def total(self) -> int:
        return self.subtotal + self.tax

    @property
    def number(self) -> str:
        return f"INV-{self.created.year}-{self.id:05d}"


class FakeOpterius(Fake):
    """`form` "documented": meta, integers, pages, four statuses. "source": everything at once, other names, six.

    `amounts`: the unit on the wire, by default minor as documented and major in the source form. `over_cap`: above
    100 a page (documented form only; the server's code does not page).
    """

    vendor: ClassVar[str] = "opterius"
    text_field: ClassVar[str] = "created_at"

    def __init__(
        self,
        count: int = 250,
        *,
        form: Literal["documented", "source"] = "documented",
        amounts: Literal["minor", "major"] | None = None,
        over_cap: OverCap = "clamp",
        token: str = "Qm3kV9xT7bLz2HsYcW8dRfGjNpKa4uEo1iXv6wZt",
        today: date | None = None,
    ) -> None:
        super().__init__(token=token, today=today)
        self.form = form
        self.amounts: Literal["minor", "major"] = amounts or ("minor" if form == "documented" else "major")
        self.over_cap = over_cap
        self._count = count
        self.truths = [self._truth(age) for age in range(count)]

    def _truth(self, age: int) -> _Truth:
        issued = self.today - timedelta(days=4 + age * 1500 // max(self._count, 1500))
        # Either side of midnight UTC: another day, and at month ends another month, in Tokyo and in Juneau.
        at = (time(0, 0, 0), time(23, 59, 59), time(9, 30, 0))[age % 3]
        currency = {5: "JPY", 7: "KWD"}.get(age, "EUR" if age % 4 == 2 else "USD")
        subtotal = (age % 83 + 1) * 1735 + age % 7
        tax = 0 if age % 6 == 0 or currency == "JPY" else subtotal // 5
        due = due_after(issued, 14, self.today)
        cycle = ("paid", "paid", "unpaid", "paid", "cancelled", "paid", "overdue", "paid", "draft", "refunded")
        status = cycle[age % 10]
        if self.form == "documented" and status not in _DOCUMENTED:
            status = "paid"
        if status == "overdue" and due >= self.today and age != 6:
            status = "unpaid"  # the daily command runs later; number 6 says overdue before it is
        if age == 6:
            due = self.today + timedelta(days=30)
        is_settled = status in ("paid", "refunded", "cancelled")
        return _Truth(
            id=300 + self._count - age,
            status=status,
            currency=currency,
            subtotal=subtotal,
            tax=tax,
            amount_due=0 if is_settled else subtotal + tax,
            created=datetime.combine(issued, at, UTC),
            due=due,
            paid=datetime.combine(issued + timedelta(days=2), time(23, 30), UTC) if status == "paid" else None,
        )

    def add(self) -> None:
        newest = max(self.truths, key=lambda truth: truth.created)
        created = newest.created + timedelta(hours=1)
        due = due_after(created.date(), 14, self.today)
        next_id = max(truth.id for truth in self.truths) + 1
        self.truths.insert(0, _Truth(next_id, "unpaid", "USD", 1500, 300, 1800, created, due, None))

    def options(self) -> dict[str, str]:
        return {"amounts": self.amounts}

    def refusal(self, status: int, message: str = "", *, wants_json: bool = True, field: str = "") -> Reply:
        if status == 401 and self.form == "source":
            return self.json({"error": message or "Invalid or expired token."}, 401)
        text = message or _MESSAGES.get(status, "Error")
        if wants_json:
            return self.json({"message": text, **({"errors": {field: [text]}} if field else {})}, status)
        page = f'<!DOCTYPE html><html lang="en"><head><title>{text}</title></head><body>{text}</body></html>'
        html = (("Content-Type", "text/html; charset=UTF-8"),)
        if status in (401, 422):  # Laravel sends a browser to the login, or back to the form
            return Reply(302, (*html, ("Location", "/login" if status == 401 else "/")), page.encode())
        return Reply(status, html, page.encode())

    def get(self, path: str, query: Query, *, wants_json: bool) -> Reply:
        if path == "/api/v1/invoices":
            return self._list(query, wants_json=wants_json)
        name = path.removeprefix("/api/v1/invoices/")
        found = next((truth for truth in self.truths if str(truth.id) == name), None)
        if found is None:
            return self.refusal(404, wants_json=wants_json)
        lines = [{"description": "Hosting", "quantity": 1, "amount": self._number(found.total)}]
        if self.form == "documented":
            return self.json({"data": self.wire(found)})
        extra = {"subtotal": self._number(found.subtotal), "tax": self._number(found.tax), "credit_applied": 0}
        return self.json({**self.wire(found), **extra, "items": lines})

    def _list(self, query: Query, *, wants_json: bool) -> Reply:
        status = next(iter(reversed(pairs(query, "status"))), None)  # PHP keeps the last of equal names
        rows = sorted(self.truths, key=lambda truth: (truth.created, truth.id), reverse=True)
        if self.form == "source":
            return self.json({"data": [self.wire(truth) for truth in rows if status in (None, "", truth.status)]})
        if status is not None and status not in _DOCUMENTED:
            return self.refusal(422, "The selected status is invalid.", wants_json=wants_json, field="status")
        rows = [truth for truth in rows if status in (None, truth.status)]
        page, size = number(query, "page", 1), number(query, "per_page", 15)
        if page is None or page < 1:
            return self.refusal(422, "The page must be at least 1.", wants_json=wants_json, field="page")
        if size is None or size < 1 or (size > _MAX and self.over_cap == "refuse"):
            return self.refusal(422, f"The per page must be from 1 to {_MAX}.", wants_json=wants_json, field="per_page")
        size = min(size, _MAX)
        last = max(1, page_count(rows, size))
        meta = {"current_page": page, "last_page": last, "per_page": size, "total": len(rows)}
        return self.json({"data": [self.wire(t) for t in rows[(page - 1) * size : page * size]], "meta": meta})

    def wire(self, truth: _Truth) -> dict[str, object]:
        head = {"id": truth.id, "invoice_number": truth.number, "status": truth.status}
        total, amount_due = self._number(truth.total), self._number(truth.amount_due)
        if self.form == "source":
            return {
                **head,
                "total": total,
                "amount_due": amount_due,
                "currency": truth.currency,
                "due_date": truth.due.isoformat(),
                "paid_date": iso(truth.paid.date()) if truth.paid else None,
                "created_at": f"{truth.created:%Y-%m-%dT%H:%M:%S+00:00}",
            }
        return {
            **head,
            "subtotal": self._number(truth.subtotal),
            "tax_amount": self._number(truth.tax),
            "total": total,
            "amount_due": amount_due,
            "currency_code": truth.currency,
            "due_date": truth.due.isoformat(),
            "paid_at": f"{truth.paid:%Y-%m-%dT%H:%M:%SZ}" if truth.paid else None,
            "created_at": f"{truth.created:%Y-%m-%dT%H:%M:%SZ}",
        }

    def _number(self, minor: int) -> int | float:
        """The server divides subunits by 100 whatever the currency (1,250 yen are sent as 12.5, and 1.250 dinars, too);
        PHP prints a whole result without a point.
        """
        if self.amounts == "minor":
            return minor
        whole, rest = divmod(minor, 100)
        return float(Decimal(minor).scaleb(-2)) if rest else whole

    def expected(self, account: str, today: date | None = None) -> list[Row]:
        return [self._row(account, truth, today or self.today) for truth in self.truths]

    def _row(self, account: str, truth: _Truth, today: date) -> Row:
        lifecycle, payment = _MEANING[truth.status]
        overdue = is_overdue(lifecycle, payment, truth.due, truth.amount_due, today)
        has_parts, digits = self.form == "documented", _DIGITS[truth.currency]
        row: Row = {
            "account": account,
            "vendor": "opterius",
            "key": str(truth.id),
            "number": truth.number,
            "customer": None,
            "kind": "invoice",
            "lifecycle": lifecycle,
            "status": status_word(lifecycle, payment, overdue=overdue),
            "vendor_status": truth.status,
            "issued": truth.created.date().isoformat(),
            "due": truth.due.isoformat(),
            "currency": truth.currency,
            "subtotal": decimal_text(truth.subtotal, digits) if has_parts else None,
            "tax": decimal_text(truth.tax, digits) if has_parts else None,
            "total": decimal_text(truth.total, digits),
            "amount_due": decimal_text(truth.amount_due, digits),
            "overdue": overdue,
            "document": None,
        }
        if lifecycle == "issued":
            row["payment"] = payment
        if truth.paid is None or has_parts:
            row["paid_at"] = truth.paid.isoformat() if truth.paid else None
        return row
