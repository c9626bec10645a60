"""Voxmind as its documentation describes it: usage, no money; the page count in a header."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from hashlib import sha256

from invoicetui.demo.data import Calendar, Lazy, Record, chance, first_day, grown, midnight, month_of
from invoicetui.demo.documents import Item, Letter, amount, plain, printed
from invoicetui.demo.exchange import Call, Reply, Server, cut, json_reply, pdf_reply

COUNT = 60
_INCLUDED = 10_000
#: Voxmind's ids count every organisation's invoices, a sequence one organisation's.
_BEFORE = 17


class Voxmind(Server):
    """`GET /organisations/{orgId}/invoices[/{id}]` with `filter`, `sort`, `page` and `per_page`.

    `GET /organisations/{orgId}/files/{file_ref}` is documented nowhere; the account's document_url knows it.
    """

    def __init__(self, today: date, seed: str, token: str, organisation: str) -> None:
        # An invoice is made in a month's last second, so none is made today.
        calendar = Calendar(today - timedelta(days=1), (31,))
        self._calendar = calendar
        super().__init__(Lazy(COUNT, lambda index: _record(calendar, seed, int(organisation), index)), token)
        self._organisation = organisation
        reset = int(midnight(first_day(month_of(today) + 1)).timestamp())
        self._headers = (
            ("X-RateLimit-Limit", str(_INCLUDED)),
            ("X-RateLimit-Remaining", "6214"),
            ("X-RateLimit-Reset", str(reset)),
        )

    def route(self, call: Call) -> Reply:
        file = re.fullmatch(r"/organisations/([^/]+)/files/([0-9a-f]{64})", call.path)
        if file and file[1] == self._organisation:
            record = next((record for record in self.records if record["file_ref"] == file[2]), None)
            return pdf_reply(document(record)) if record else self.error(call, 404, "File not found")
        found = file or re.fullmatch(r"/organisations/([^/]+)/invoices(?:/(\d{1,9}))?", call.path)
        if not found:
            return self.error(call, 404, "Resource not found")
        if found[1] != self._organisation:
            return self.error(call, 403, "This token belongs to another organisation")
        if found[2]:
            index = self._calendar.index(int(found[2]))
            if not 0 <= index < COUNT:
                return self.error(call, 404, "Invoice not found")
            return json_reply(self.records[index], headers=self._headers)
        return self._list(call)

    def error(self, call: Call, status: int, message: str, field: str = "") -> Reply:
        body: Record = {"code": status, "message": message}
        if field:
            body["errors"] = [{"field": field, "message": message}]
        return json_reply(body, status, self._headers)

    def refuse(self, call: Call) -> Reply:
        return self.error(call, 401, "Invalid or expired authentication credentials")

    def _list(self, call: Call) -> Reply:
        page = call.number("page", 1, 1, 10**9)
        size = call.number("per_page", 100, 1, 300)
        if page is None or size is None:
            return self.error(
                call, 400, "Must be a positive number, at most 300", "page" if page is None else "per_page"
            )
        indexes = list(range(COUNT))
        for text in filter(None, (call.value("filter") or "").split(",")):
            is_match = _condition(text)
            if is_match is None:
                return self.error(call, 400, f"Cannot read the condition {text}", "filter")
            indexes = [index for index in indexes if is_match(self.records[index])]
        for text in reversed([part for part in (call.value("sort") or "").split(",") if part]):
            name, _, direction = text.partition(":")
            if name not in _SORTABLE or direction not in ("asc", "desc", ""):
                return self.error(call, 400, f"Cannot sort by {text}", "sort")
            indexes.sort(key=lambda index: str(self.records[index][name]).zfill(30), reverse=direction == "desc")
        pages = -(-len(indexes) // size)
        results = [self.records[index] for index in cut(indexes, page - 1, size)]
        return json_reply({"results": results}, headers=(("X-Total-Pages", str(pages)), *self._headers))


_NUMBERS = frozenset(("id", "org_id", "sub_id", "invoice_sequence"))
_TEXTS = frozenset(("file_ref", "created_at", "updated_at"))
_SORTABLE = _NUMBERS | _TEXTS
_CONDITION = re.compile(r"(\w+)(!?=)(?:(gte|gt|lte|lt|like|ilike):)?(.*)")


def _condition(text: str) -> Callable[[Record], bool] | None:
    """`field=value`, `field!=value` or `field=comparator:value`; None when it is none of these."""
    found = _CONDITION.fullmatch(text)
    if not found or found[1] not in _SORTABLE:
        return None
    name, sign, comparator, value = found.groups()
    if comparator in ("like", "ilike"):
        pattern = re.escape(value).replace("%", ".*").replace("_", ".")
        like = re.compile(pattern, re.IGNORECASE if comparator == "ilike" else 0)
        return lambda record: (like.fullmatch(str(record[name])) is not None) == (sign == "=")
    if name in _NUMBERS and not (value.isascii() and value.isdigit()):
        return None
    # Equal lengths make numbers compare as text; ISO 8601 times in UTC do so anyway.
    wanted = value.zfill(30)
    compare: Callable[[str], bool] = {
        "gt": lambda has: has > wanted,
        "gte": lambda has: has >= wanted,
        "lt": lambda has: has < wanted,
        "lte": lambda has: has <= wanted,
    }.get(comparator or "", lambda has: has == wanted)
    return lambda record: compare(str(record[name]).zfill(30)) == (sign == "=")


def _record(calendar: Calendar, seed: str, organisation: int, index: int) -> Record:
    slot = calendar[index]
    rng = chance(seed, "voxmind", slot.month)
    calls = grown(1_800, 13_500, index, COUNT) * rng.randrange(80, 121) // 100
    included = _INCLUDED if index < 30 else 2_500
    quotas: dict[str, int] = {
        "monthly_verifications": calls,
        "monthly_enrolments": calls // rng.randrange(9, 16),
        "overage_calls": max(0, calls - included),
    }
    if index < 18:
        quotas["liveness_checks"] = calls * rng.randrange(20, 45) // 100
    record: Record = {
        "id": slot.serial,
        "org_id": organisation,
        "sub_id": 7 if index < 30 else 3,
        "invoice_sequence": slot.serial - _BEFORE,
        "quotas": quotas,
        "file_ref": "",
        "created_at": f"{slot.day}T23:59:59Z",
        "updated_at": f"{slot.day + timedelta(days=1)}T00:00:0{rng.randrange(1, 9)}Z",
    }
    record["file_ref"] = sha256(document(record)).hexdigest()
    return record


def document(record: Record) -> bytes:
    """The PDF of a record; only there does an amount stand."""
    calls, overage = record["quotas"]["monthly_verifications"], record["quotas"]["overage_calls"]
    is_growth = record["sub_id"] == 7
    fee = 24_900 if is_growth else 9_900
    items = [Item(f"Voxmind {'Growth' if is_growth else 'Starter'}, monthly plan", "1", plain(fee), plain(fee))]
    included = calls - overage
    items.append(Item("Verifications within the plan", f"{included:,}", "0.00", "0.00"))
    if overage:
        items.append(Item("Verifications beyond the plan", f"{overage:,}", "0.04", plain(overage * 4)))
    net = fee + overage * 4
    return printed(
        Letter(
            sender=("Voxmind Ltd", "5 Wharf Road, London N1 7GR", "VAT GB 318 2290 44"),
            recipient=("Halden Robotics GmbH", "Hafenstrasse 41", "70327 Stuttgart", "Germany"),
            title="INVOICE",
            facts=(
                ("Invoice no.", f"VM-{record['org_id']}-{record['invoice_sequence']:04d}"),
                ("Date", record["created_at"][:10]),
                ("Subscription", str(record["sub_id"])),
            ),
            items=items,
            sums=(("VAT, reverse charge", amount(0, "GBP")), ("Total", amount(net, "GBP"))),
            notes=("Paid by card. Reverse charge: the recipient accounts for the VAT.",),
            stamp="PAID",
        )
    )
