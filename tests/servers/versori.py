"""Versori's organisations API: a date window instead of pages, split money, no id, an upcoming invoice.

Sources: the OpenAPI document of the organisations API and the authentication pages, current and legacy.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import ClassVar, Literal

from tests.servers.fake import Fake, month
from tests.servers.rows import Row, decimal_text
from tests.servers.serving import Query, Reply

_MESSAGES = {400: "invalid argument", 401: "unauthenticated", 403: "permission denied", 404: "not found"}
_CODES = {
    400: "invalid_argument",
    401: "unauthenticated",
    403: "permission_denied",
    404: "not_found",
    429: "resource_exhausted",
    503: "unavailable",
}
_CURRENCIES = ("GBP", "USD", "EUR")
# Two invoices of one period and currency, neighbours in every answer that holds one of them.
_TWIN = 13


@dataclass(frozen=True, slots=True)
class _Truth:
    """`minor` in hundredths; `is_minus_zero` sends a negative sign with nothing behind it."""

    start: date
    end: date
    currency: str
    minor: int
    reference: str
    is_minus_zero: bool = False


class FakeVersori(Fake):
    """`compares`: which of an invoice's dates `from` and `to` are compared with. `is_to_inclusive`: whether an
    invoice on the day of `to` is in. `single`: how one invoice comes. `empty`: how none comes. `newest_first`: the
    order. `has_upcoming`: whether there is an upcoming invoice. `files`: the address of the host `invoiceURL` names.
    `scheme`: the word before the token, Bearer or JWT.
    """

    vendor: ClassVar[str] = "versori"
    text_field: ClassVar[str] = "invoiceStartDate"

    def __init__(
        self,
        count: int = 250,
        *,
        organisation: str = "01HGW2N7EHJVJ4CJ999RRS2E97",
        compares: Literal["start", "end", "overlap"] = "end",
        is_to_inclusive: bool = True,
        single: Literal["array", "object"] = "array",
        empty: Literal["array", "null"] = "array",
        newest_first: bool = True,
        has_upcoming: bool = True,
        files: str = "https://files.example.com",
        scheme: Literal["Bearer", "JWT"] = "Bearer",
        token: str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ2In0.c2ln_x-y",
        today: date | None = None,
    ) -> None:
        super().__init__(token=token, today=today, scheme=scheme)
        self.organisation = organisation
        self.compares = compares
        self.is_to_inclusive = is_to_inclusive
        self.single = single
        self.empty = empty
        self.newest_first = newest_first
        self.files = files
        self._is_daily = count > 600
        self.truths = [self._truth(age) for age in range(count)]
        first = self.today.replace(day=1)
        last = first.replace(day=monthrange(first.year, first.month)[1])
        self.upcoming = _Truth(first, last, "GBP", 4210, "upcoming") if has_upcoming else None

    def _truth(self, age: int) -> _Truth:
        back, place = divmod(age, len(_CURRENCIES))
        start, end = month(self.today, back)
        if self._is_daily:
            start = end = month(self.today, 0)[1] - timedelta(days=back)
        minor = {0: 1205, 4: -350, 7: 0}.get(age, (age % 89 + 1) * 1013 + age % 10)
        currency = _CURRENCIES[0 if age == _TWIN else place]
        return _Truth(start, end, currency, minor, f"ref{age:05d}", is_minus_zero=age == 7)

    def add(self) -> None:
        """A one-day invoice after the newest; the calendar leaves room for two before `today`."""
        day = max(truth.end for truth in self.truths) + timedelta(days=1)
        self.truths.insert(0, replace(self.truths[0], start=day, end=day, minor=705, reference=f"new{day:%m%d}"))

    def options(self) -> dict[str, str]:
        return {"organisation": self.organisation, "auth_scheme": self.scheme}

    def refusal(self, status: int, message: str = "", *, wants_json: bool = True) -> Reply:
        text = message or _MESSAGES.get(status, "error")
        return self.json({"code": _CODES.get(status, "internal"), "message": text}, status)

    def get(self, path: str, query: Query, *, wants_json: bool) -> Reply:
        parts = path.strip("/").split("/")
        if len(parts) != 4 or parts[0] != "organisations" or parts[2:] != ["billing", "invoices"]:
            return self.refusal(404)
        if parts[1] != self.organisation:
            return self.refusal(403)
        asked = dict(query)
        if "from" not in asked and "to" not in asked:
            return self._send([self.upcoming] if self.upcoming else [])
        try:
            end = date.fromisoformat(asked["to"]) if "to" in asked else self.today
            start = date.fromisoformat(asked["from"]) if "from" in asked else _month_before(end)
        except ValueError:
            return self.refusal(400, "from and to must be dates (YYYY-MM-DD)")
        found = [truth for truth in self.truths if self._is_within(truth, start, end)]
        return self._send(found if self.newest_first else found[::-1])

    def _is_within(self, truth: _Truth, start: date, end: date) -> bool:
        last = end if self.is_to_inclusive else end - timedelta(days=1)
        if self.compares == "overlap":
            return truth.start <= last and start <= truth.end
        return start <= (truth.start if self.compares == "start" else truth.end) <= last

    def _send(self, found: list[_Truth]) -> Reply:
        if not found and self.empty == "null":
            return self.json(None)
        shown = [self.wire(truth) for truth in found]
        return self.json(shown[0] if len(shown) == 1 and self.single == "object" else shown)

    def wire(self, truth: _Truth) -> dict[str, object]:
        money = _money(truth.minor, truth.currency)
        if truth.is_minus_zero:
            money["isNegative"] = True
        return {
            "invoiceStartDate": truth.start.isoformat(),
            "invoiceEndDate": truth.end.isoformat(),
            "totalAmount": money,
            "invoiceURL": f"{self.files}/i/{truth.reference}?s=ap",
            "productBreakdowns": [{"productName": "Platform", "quantity": 1, "total": money}],
            "usageStatistics": {"executions": truth.minor * 3 % 9000 + 1},
            "metaData": {"plan": "growth"},
        }

    def expected(self, account: str, today: date | None = None) -> list[Row]:
        seen: dict[str, int] = {}
        order = self.truths if self.newest_first else self.truths[::-1]
        rows = [self._row(account, truth, seen) for truth in order]
        if self.upcoming:
            row = self._row(account, self.upcoming, {})
            del row["issued"], row["document"]
            rows.append({**row, "kind": "upcoming", "status": "upcoming"})
        return rows

    def _row(self, account: str, truth: _Truth, seen: dict[str, int]) -> Row:
        key = _key(truth)
        seen[key] = seen.get(key, 0) + 1
        nothing = ("number", "customer", "vendor_status", "due", "paid_at", "subtotal", "tax", "amount_due")
        row: Row = {
            "account": account,
            "vendor": "versori",
            "key": key if seen[key] == 1 else f"{key}.{seen[key]}",
            "kind": "invoice",
            "payment": "unknown",
            "status": "unknown",
            "issued": truth.end.isoformat(),
            "period_start": truth.start.isoformat(),
            "period_end": truth.end.isoformat(),
            "currency": truth.currency,
            "total": decimal_text(truth.minor, 2),
            "overdue": False,
            "document": "url",
            **dict.fromkeys(nothing),
        }
        if truth.minor < 0:
            del row["kind"]
        return row


def _key(truth: _Truth) -> str:
    return f"{truth.start}..{truth.end}.{truth.currency}"


def _money(minor: int, currency: str) -> dict[str, object]:
    whole, rest = divmod(abs(minor), 100)
    return {"isNegative": minor < 0, "currencyCode": currency, "integral": whole, "fractional": rest}


def _month_before(day: date) -> date:
    year, zero_based = divmod(day.year * 12 + day.month - 2, 12)
    return date(year, zero_based + 1, min(day.day, monthrange(year, zero_based + 1)[1]))
