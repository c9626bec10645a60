"""Voxmind's billing API: pages from 1, their number in a header, no money, a filter and sort grammar.

Sources: the invoices list page, and the guides on filtering, sorting, pagination, error codes and rate limits.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import ClassVar, TypeVar

from tests.servers.fake import Fake, OverCap, month, number, page_count
from tests.servers.pdf import pdf, pdf_reply
from tests.servers.rows import Row
from tests.servers.serving import Query, Reply, pairs

_MAX = 300
_MESSAGES = {
    400: "The request is invalid",
    401: "Invalid or expired authentication credentials",
    403: "You do not have access to this organisation",
    404: "The requested resource was not found",
    405: "Method not allowed",
    429: "Monthly call limit exceeded. Upgrade your plan or wait for the next billing period.",
    503: "Service temporarily unavailable",
}
_CONDITION = re.compile(r"(?P<field>[a-z_]+)(?P<sign>!?=)(?:(?P<comparator>gte?|lte?|i?like):)?(?P<value>.*)")


_Value = TypeVar("_Value", int, str)


class _BadQueryError(Exception):
    """A filter or sort that is against the grammar: the parameter and what is wrong."""


@dataclass(frozen=True, slots=True)
class _Truth:
    id: int
    sub_id: int
    sequence: int
    created: datetime
    org_id: int

    @property
    def pdf(self) -> bytes:
        return pdf("Voxmind invoice", f"No {self.sequence} of subscription {self.sub_id}", self.created.isoformat())


@cache
def _wire(truth: _Truth) -> dict[str, object]:
    quotas: dict[str, int] = {"monthly_verifications": truth.id * 7919 % 20_000, "overage_calls": truth.id % 5}
    if truth.id % 3 == 0:
        quotas["liveness.checks"] = truth.id * 31 % 900
    return {
        "id": truth.id,
        "org_id": truth.org_id,
        "sub_id": truth.sub_id,
        "invoice_sequence": truth.sequence,
        "quotas": quotas,
        "file_ref": hashlib.sha256(truth.pdf).hexdigest(),
        "created_at": f"{truth.created:%Y-%m-%dT%H:%M:%SZ}",
        "updated_at": f"{truth.created + timedelta(seconds=2):%Y-%m-%dT%H:%M:%SZ}",
    }


class FakeVoxmind(Fake):
    """`file_ref` is the SHA-256 of the file that `/organisations/{o}/files/{file_ref}` answers with.

    `has_total_pages`: whether X-Total-Pages is sent; `empty_pages` is its value for an empty list. `over_cap`: what
    happens above 300 a page. `filter` goes into the account's config and bounds what is expected of it.
    """

    vendor: ClassVar[str] = "voxmind"
    text_field: ClassVar[str] = "created_at"

    def __init__(
        self,
        count: int = 250,
        *,
        organisation: str = "42",
        has_total_pages: bool = True,
        empty_pages: int = 0,
        over_cap: OverCap = "clamp",
        filter: str = "",
        token: str = "vm_test_2f9/c1.e_8",
        today: date | None = None,
    ) -> None:
        super().__init__(token=token, today=today)
        self.organisation = organisation
        self.has_total_pages = has_total_pages
        self.empty_pages = empty_pages
        self.over_cap = over_cap
        self.filter = filter
        self._subscriptions = max(3, count // 80)
        self._count = count
        self.truths = [self._truth(age) for age in range(count)]

    def _truth(self, age: int) -> _Truth:
        back, place = divmod(age, self._subscriptions)
        _, last = month(self.today, back)
        # A second apart, a month apart in UTC, and either side of both in Tokyo or Juneau.
        end = datetime.combine(last, time(23, 59, 59), UTC)
        created = end + timedelta(seconds=1) if age % 4 == 1 else end
        sequence = self._count // self._subscriptions + 1 - back
        return _Truth(1000 + self._count - age, 3 + place, sequence, created, int(self.organisation))

    def add(self) -> None:
        newest = max(self.truths, key=lambda truth: truth.id)
        created = newest.created + timedelta(hours=1)
        self.truths.insert(0, _Truth(newest.id + 1, newest.sub_id, newest.sequence + 1, created, newest.org_id))

    def options(self) -> dict[str, str]:
        template = "/organisations/{organisation}/files/{file_ref}"
        options = {"organisation": self.organisation, "document_url": template}
        return {**options, "filter": self.filter} if self.filter else options

    def refusal(self, status: int, message: str = "", *, wants_json: bool = True, field: str = "") -> Reply:
        error: dict[str, object] = {"code": status, "message": message or _MESSAGES.get(status, "Error")}
        if status == 400:
            error["errors"] = [{"field": field, "message": message}]
        return self.json(error, status, self._rate())

    def _rate(self) -> tuple[tuple[str, str], ...]:
        # The moment the monthly calls are counted anew: weeks away, and no invitation to wait for it.
        reset = int(datetime.combine(self.today + timedelta(days=25), time(), UTC).timestamp())
        return (
            ("X-RateLimit-Limit", "2500"),
            ("X-RateLimit-Remaining", "1847"),
            ("X-RateLimit-Reset", str(reset)),
        )

    def get(self, path: str, query: Query, *, wants_json: bool) -> Reply:
        parts = path.strip("/").split("/")
        if parts[0] != "organisations" or len(parts) < 3:
            return self.refusal(404)
        if parts[1] != self.organisation:
            return self.refusal(403)
        match parts[2:]:
            case ["invoices"]:
                return self._list(query)
            case ["invoices", name]:
                found = next((truth for truth in self.truths if str(truth.id) == name), None)
                return self.json(_wire(found), headers=self._rate()) if found else self.refusal(404)
            case ["files", reference]:
                file = next((truth.pdf for truth in self.truths if _wire(truth)["file_ref"] == reference), None)
                return pdf_reply(file) if file else self.refusal(404)
        return self.refusal(404)

    def _list(self, query: Query) -> Reply:
        page, size = number(query, "page", 1), number(query, "per_page", 100)
        if page is None or page < 1:
            return self.refusal(400, "must be an integer of at least 1", field="page")
        if size is None or size < 1 or (size > _MAX and self.over_cap == "refuse"):
            return self.refusal(400, f"must be an integer from 1 to {_MAX}", field="per_page")
        size = min(size, _MAX)
        # Without `sort` the order is not documented: the order in which they were made is the least helpful one.
        rows = [_wire(truth) for truth in sorted(self.truths, key=lambda truth: truth.id)]
        try:
            for text in pairs(query, "filter"):
                rows = [row for row in rows if _matches(row, text)]
            for text in pairs(query, "sort"):
                for field, is_descending in reversed(_sort(text)):
                    rows.sort(key=_by(field), reverse=is_descending)
        except _BadQueryError as error:
            return self.refusal(400, error.args[1], field=error.args[0])
        pages = page_count(rows, size) or self.empty_pages
        headers = (("X-Total-Pages", str(pages)),) if self.has_total_pages else ()
        return self.json({"results": rows[(page - 1) * size : page * size]}, headers=(*headers, *self._rate()))

    def expected(self, account: str, today: date | None = None) -> list[Row]:
        wanted = [truth for truth in self.truths if not self.filter or _matches(_wire(truth), self.filter)]
        nothing = ("customer", "vendor_status", "due", "paid_at", "currency", "subtotal", "tax", "total", "amount_due")
        return [
            {
                "account": account,
                "vendor": "voxmind",
                "key": str(truth.id),
                "number": str(truth.sequence),
                "kind": "invoice",
                "payment": "unknown",
                "status": "unknown",
                "issued": truth.created.date().isoformat(),
                "overdue": False,
                "document": "reference",
                **dict.fromkeys(nothing),
            }
            for truth in wanted
        ]


_FIELDS = ("id", "org_id", "sub_id", "invoice_sequence", "file_ref", "created_at", "updated_at")


def _matches(row: dict[str, object], text: str) -> bool:
    return all(_holds(row, condition) for condition in text.split(","))


def _holds(row: dict[str, object], condition: str) -> bool:
    match = _CONDITION.fullmatch(condition)
    if match is None or match["field"] not in _FIELDS or (match["sign"] == "!=" and match["comparator"]):
        raise _BadQueryError("filter", f"Invalid filter: {condition}")
    have, wanted, comparator = row[match["field"]], match["value"], match["comparator"]
    if comparator in ("like", "ilike"):
        pattern = "".join(".*" if part == "%" else "." if part == "_" else re.escape(part) for part in wanted)
        return bool(re.fullmatch(pattern, str(have), re.IGNORECASE if comparator == "ilike" else 0))
    if not isinstance(have, int):
        return _compare(str(have), wanted, comparator or match["sign"])
    try:
        return _compare(have, int(wanted), comparator or match["sign"])
    except ValueError:
        raise _BadQueryError("filter", f"Invalid value for {match['field']}") from None


def _compare(have: _Value, wanted: _Value, how: str) -> bool:
    results = {"=": have == wanted, "!=": have != wanted, "gt": have > wanted, "lt": have < wanted}
    return {**results, "gte": have >= wanted, "lte": have <= wanted}[how]


def _by(field: str) -> Callable[[dict[str, object]], tuple[int, str]]:
    def key(row: dict[str, object]) -> tuple[int, str]:
        value = row[field]
        return (value, "") if isinstance(value, int) else (0, str(value))

    return key


def _sort(text: str) -> list[tuple[str, bool]]:
    out = []
    for item in text.split(","):
        field, _, direction = item.partition(":")
        if field not in _FIELDS or direction not in ("asc", "desc"):
            raise _BadQueryError("sort", f"Invalid sort: {item}")
        out.append((field, direction == "desc"))
    return out
