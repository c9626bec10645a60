"""Northflank's billing API in its four generations: one path, no version mark, cursor pages.

Sources: the list-invoices pages of 2024 (G1), 2026-04 (G2), 2026-06 (G3) and the current one (G4), the vendor's
JavaScript client for rate limits and errors.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import ClassVar, Literal

from tests.servers.fake import Fake, OverCap, half_month, number
from tests.servers.rows import Row, decimal_text, status_word
from tests.servers.serving import Query, Reply, pairs

Generation = Literal["G1", "G2", "G3", "G4"]
_MAX = 100
_MESSAGES = {400: "Bad request", 401: "Unauthorized", 403: "Forbidden", 404: "Not found", 429: "Too many requests"}
_CURRENCIES = (("usd", 2), ("eur", 2), ("gbp", 2))
# The collision is inside the first page whatever its size, as the second of two equal keys is only told there.
_TWIN = 21
_SPARSE, _UNPAID_UNKNOWN, _NO_CURRENCY = 6, 8, 10
_STATUSES = {
    "paid": ("issued", "paid"),
    "open": ("issued", "unpaid"),
    "void": ("void", "unpaid"),
    "uncollectible": ("uncollectible", "unpaid"),
    "payment_failed": ("issued", "failed"),
}


@dataclass(frozen=True, slots=True)
class _Truth:
    """`total` and `subtotal` in hundredths of a cent or, for a currency without cents, of its unit."""

    id: str
    start: date
    end: date
    currency: str | None
    digits: int
    total: int | None
    subtotal: int | None
    paid: bool | None
    status: str
    is_sparse: bool = False


class FakeNorthflank(Fake):
    """`generation`: G1 object when there is one, list when more; G2 without currency; G3 a list, all optional; G4.

    `amounts`: the unit on the wire, by default minor for G1-G3 and major for G4. `empty`: what `data.invoices` is
    when there are none. `last`: how the last page ends; "cursor" still sends one, with hasNextPage false, and "bare"
    leaves out both. `team`: the account is a team. `over_cap`: above 100 a page.
    """

    vendor: ClassVar[str] = "northflank"
    text_field: ClassVar[str] = "currency"

    def __init__(
        self,
        count: int = 250,
        *,
        generation: Generation = "G3",
        amounts: Literal["minor", "major"] | None = None,
        empty: Literal["list", "null", "missing"] = "list",
        last: Literal["flag", "cursor", "bare"] = "flag",
        team: str = "",
        over_cap: OverCap = "clamp",
        token: str = "nf-eyJhbGciOi.J9/x_y",
        today: date | None = None,
    ) -> None:
        super().__init__(token=token, today=today)
        self.generation = generation
        self.amounts: Literal["minor", "major"] = amounts or ("major" if generation == "G4" else "minor")
        self.empty = empty
        self.last = last
        self.team = team
        self.over_cap = over_cap
        self._is_daily = count > 1000
        self._added = 0
        self.truths = [self._truth(age, *self._period(age)) for age in range(count)]

    @property
    def _has_id(self) -> bool:
        return self.generation in ("G3", "G4")

    def _period(self, age: int) -> tuple[date, date]:
        if self._is_daily:
            day = half_month(self.today, 0)[1] - timedelta(days=age)
            return day, day
        return half_month(self.today, age)

    def _truth(self, age: int, start: date, end: date) -> _Truth:
        if age == _TWIN:  # two invoices of one period, as threshold billing makes them
            start, end = self._period(_TWIN - 1)
        currency, digits = _CURRENCIES[0 if self.generation == "G2" else age % 3]
        if self.generation == "G4" and age == 5:
            currency, digits = "jpy", 0
        # Hundredths of a cent: most are whole cents, some half, as the wire format is a float of cents.
        total = ((age % 97 + 1) * 12345 + 67 * age) * 100 + (50 if age % 7 == 3 else 0)
        if digits == 0:
            total -= total % 10_000
        subtotal = total // 600 * 500
        if digits == 0:
            subtotal -= subtotal % 10_000
        paid = None if age == _UNPAID_UNKNOWN else age % 5 != 0
        return _Truth(
            id=f"{0x835994C3:X}-{20_000 - age:05d}",
            start=start,
            end=end,
            currency=None if self.generation == "G2" or (self.generation == "G3" and age == _NO_CURRENCY) else currency,
            digits=digits,
            total=total,
            subtotal=None if self.generation == "G2" else subtotal,
            paid=paid,
            status=list(_STATUSES)[0 if paid else age // 5 % 5],
            is_sparse=self.generation == "G3" and age == _SPARSE,
        )

    def add(self) -> None:
        """A one-day invoice after the newest; the calendar leaves room for two before `today`."""
        self._added += 1
        day = max(truth.end for truth in self.truths) + timedelta(days=1)
        self.truths.insert(0, self._truth(-self._added, day, day))

    def options(self) -> dict[str, str]:
        options: dict[str, str] = {"amounts": self.amounts}
        return {**options, "team": self.team} if self.team else options

    def refusal(self, status: int, message: str = "", *, wants_json: bool = True) -> Reply:
        error = {"status": status, "message": message or _MESSAGES.get(status, "Error"), "id": "", "details": {}}
        return self.json({"error": error}, status, self._rate())

    def _rate(self) -> tuple[tuple[str, str], ...]:
        return (("x-ratelimit-limit", "1000"), ("x-ratelimit-remaining", "871"), ("x-ratelimit-reset", "1843"))

    def get(self, path: str, query: Query, *, wants_json: bool) -> Reply:
        base = f"/v1/teams/{self.team}/billing/invoices" if self.team else "/v1/billing/invoices"
        if path == base:
            return self._list(query)
        if not path.startswith(base + "/"):
            return self.refusal(404)
        name = path.removeprefix(base + "/")
        if self._has_id:
            found = next((truth for truth in self.truths if truth.id == name), None)
        elif name == "details":
            stamp = number(query, "timestamp", int(_start(self.truths[0]))) if self.truths else None
            found = next((t for t in self.truths if stamp is not None and _start(t) <= stamp <= _end(t)), None)
        else:
            found = None
        return self.json({"data": self._detail(found)}, headers=self._rate()) if found else self.refusal(404)

    def _list(self, query: Query) -> Reply:
        size = number(query, "perPage" if self.generation == "G4" else "per_page", 50)
        if size is None or size < 1 or (size > _MAX and self.over_cap == "refuse"):
            return self.refusal(400, f"per_page must be from 1 to {_MAX}")
        size, start = min(size, _MAX), 0
        cursor = next(iter(pairs(query, "cursor")), "")
        if cursor:
            # The cursor names the last invoice sent, so that new ones do not move the pages.
            names = [self._cursor(truth) for truth in self.truths]
            if cursor not in names:
                return self.refusal(400, "Invalid cursor")
            start = names.index(cursor) + 1
        elif self.generation in ("G1", "G2"):
            page = number(query, "page", 1)
            if page is None or page < 1:
                return self.refusal(400, "page must be at least 1")
            start = (page - 1) * size
        shown = self.truths[start : start + size]
        has_next = start + size < len(self.truths)
        pagination: dict[str, object] = {"hasNextPage": has_next, "count": len(shown)}
        if shown and (has_next or self.last == "cursor"):
            pagination["cursor"] = self._cursor(shown[-1])
        if not has_next and self.last == "bare":
            del pagination["hasNextPage"]
        data = self._envelope([self.wire(truth) for truth in shown])
        return self.json({"data": data, "pagination": pagination}, headers=self._rate())

    def _cursor(self, truth: _Truth) -> str:
        return base64.b64encode(f"billing:{truth.id}".encode()).decode()

    def _envelope(self, shown: list[dict[str, object]]) -> dict[str, object]:
        if shown:
            return {"invoices": shown[0] if len(shown) == 1 and self.generation in ("G1", "G2") else shown}
        if self.empty == "missing":
            return {}
        return {"invoices": [] if self.empty == "list" else None}

    def wire(self, truth: _Truth) -> dict[str, object]:
        if truth.is_sparse:
            return {"id": truth.id, "currency": truth.currency}
        # Unix seconds are typed as floats: some come with a point.
        stamps: tuple[float, float] = (_start(truth), _end(truth))
        if truth.total is not None and truth.total % 11 == 5:
            stamps = (float(stamps[0]), stamps[1] + 0.5)
        record: dict[str, object] = {"period": {"start": stamps[0], "end": stamps[1]}}
        if self._has_id:
            record = {"id": truth.id, **record}
        if truth.currency:
            record["currency"] = truth.currency
        record["total"] = self._number(truth.total, truth.digits)
        if truth.subtotal is not None:
            record["subTotal"] = self._number(truth.subtotal, truth.digits)
        if self.generation == "G4":
            return {**record, "status": truth.status}
        return record if truth.paid is None else {**record, "paid": truth.paid}

    def _number(self, amount: int | None, digits: int) -> float | int:
        """The amount as the JSON number the vendor sends; repr() of a float prints the digits it was made from."""
        assert amount is not None
        exact = Decimal(amount).scaleb(-2 - digits if self.amounts == "major" else -2)
        return int(exact) if exact == exact.to_integral_value() else float(exact)

    def _detail(self, truth: _Truth) -> dict[str, object]:
        record = self.wire(truth)
        if truth.is_sparse:
            return record
        lines = [{"title": "Compute", "total": record["total"]}]
        return {**record, "lineItems": lines, "tax": {"percent": 20, "amount": 0}}

    def expected(self, account: str, today: date | None = None) -> list[Row]:
        seen: dict[str, int] = {}
        return [self._row(account, truth, seen) for truth in self.truths]

    def _row(self, account: str, truth: _Truth, seen: dict[str, int]) -> Row:
        key = truth.id if self._has_id else f"{truth.start}..{truth.end}"
        seen[key] = seen.get(key, 0) + 1
        word = truth.status if self.generation == "G4" else {True: "paid", False: "not paid", None: None}[truth.paid]
        if self.generation == "G4":
            lifecycle, payment = _STATUSES[truth.status]
        else:
            lifecycle, payment = "issued", {True: "paid", False: "unpaid", None: "unknown"}[truth.paid]
        row: Row = {
            "account": account,
            "vendor": "northflank",
            "key": key if seen[key] == 1 else f"{key}.{seen[key]}",
            "customer": None,
            "kind": "invoice",
            "status": status_word(lifecycle, payment, overdue=False),
            "vendor_status": word,
            "issued": truth.end.isoformat(),
            "due": None,
            "paid_at": None,
            "period_start": truth.start.isoformat(),
            "period_end": truth.end.isoformat(),
            "currency": truth.currency.upper() if truth.currency else None,
            "subtotal": _text(truth.subtotal, truth.digits),
            "total": _text(truth.total, truth.digits),
            "overdue": False,
            "document": None,
        }
        if lifecycle == "issued" and payment != "unknown":
            row |= {"lifecycle": lifecycle, "payment": payment}
        if not self._has_id:
            row["number"] = None
        if truth.is_sparse:
            unknown = ("vendor_status", "issued", "period_start", "period_end", "subtotal", "total")
            row |= {"status": "unknown", **dict.fromkeys(unknown)}
            row.pop("lifecycle", None)
            row.pop("payment", None)
        return row


def _start(truth: _Truth) -> int:
    return int(datetime.combine(truth.start, time(), UTC).timestamp())


def _end(truth: _Truth) -> int:
    return int(datetime.combine(truth.end, time(23, 59, 59), UTC).timestamp())


def _text(amount: int | None, digits: int) -> str | None:
    """Hundredths of a minor unit as a decimal string, with the half cents where there are any."""
    if amount is None:
        return None
    text = decimal_text(amount, digits + 2)
    return decimal_text(amount // 100, digits) if amount % 100 == 0 else text.rstrip("0")
