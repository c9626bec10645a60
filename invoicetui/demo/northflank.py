"""Northflank as its 2026 documentation describes it: a list of invoices with ids, cents, an opaque cursor."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date, timedelta

from invoicetui.demo.data import Calendar, Lazy, Record, about, chance, grown, midnight, percent_of, shares
from invoicetui.demo.exchange import Call, Reply, Server, json_reply

COUNT = 132
_MONTHS = COUNT // 3
#: The list says no more of an invoice than these.
_LISTED = ("id", "period", "currency", "paasUsage", "total", "subTotal", "paid")
_LIMIT = (("x-ratelimit-limit", "1000"), ("x-ratelimit-remaining", "987"), ("x-ratelimit-reset", "2711"))
_VAT = 190
_BEFORE = 14_310


class Northflank(Server):
    """`GET /v1/billing/invoices[/{id}]` with `cursor` and `per_page`. There is no team here that the token may see."""

    def __init__(self, today: date, seed: str, token: str) -> None:
        # Usage past a threshold is invoiced at once: three invoices a month, none for a day that is not over.
        calendar = Calendar(today - timedelta(days=1), (31, 20, 10))
        self._calendar = calendar
        super().__init__(Lazy(COUNT, lambda index: _record(calendar, seed, index)), token)

    def route(self, call: Call) -> Reply:
        found = re.fullmatch(r"/v1/billing/invoices(?:/[0-9A-F]{8}-(\d{5}))?", call.path)
        if not found:
            return self.error(call, 404, "Not found")
        if not found[1]:
            return self._list(call)
        index = self._calendar.index(int(found[1]) - _BEFORE)
        record = self.records[index] if 0 <= index < COUNT else None
        if record is None or not call.path.endswith(f"/{record['id']}"):
            return self.error(call, 404, "Invoice not found")
        return json_reply({"data": record, "pagination": {"hasNextPage": False, "count": 1}}, headers=_LIMIT)

    def error(self, call: Call, status: int, message: str) -> Reply:
        name = message.lower().replace(" ", "-")
        return json_reply({"error": {"status": status, "message": message, "id": name, "details": {}}}, status, _LIMIT)

    def refuse(self, call: Call) -> Reply:
        return self.error(call, 401, "API token is invalid or has expired")

    def _list(self, call: Call) -> Reply:
        size = call.number("per_page", 50, 1, 100)
        start = _place(call.value("cursor"))
        if size is None or start is None:
            return self.error(call, 400, "Invalid per_page" if size is None else "Invalid cursor")
        rows = [{name: record[name] for name in _LISTED} for record in self.records[start : start + size]]
        has_next = start + size < COUNT
        pagination: Record = {"hasNextPage": has_next, "count": len(rows)}
        if has_next:
            pagination["cursor"] = urlsafe_b64encode(f"after:{start + size}".encode()).decode()
        return json_reply({"data": {"invoices": rows}, "pagination": pagination}, headers=_LIMIT)


def _place(cursor: str | None) -> int | None:
    if cursor is None:
        return 0
    try:
        found = re.fullmatch(r"after:(\d{1,9})", urlsafe_b64decode(cursor).decode())
    except ValueError:
        return None
    return int(found[1]) if found else None


def _record(calendar: Calendar, seed: str, index: int) -> Record:
    slot = calendar[index]
    rng = chance(seed, "northflank", slot.month, slot.number)
    start = slot.first + timedelta(days=(20, 10, 0)[slot.number])
    used = about(rng, grown(3_000, 78_000, index // 3, _MONTHS))
    gpu_weight = 55 if index < 48 else 0
    cpu, memory, storage, gpu = shares(used, (38, 29, 9, gpu_weight))
    lines: list[Record] = [
        {"title": title, "total": total, "base": total, "proration": 0}
        for title, total in (
            ("Compute: vCPU", cpu),
            ("Compute: memory", memory),
            ("Storage and snapshots", storage),
            ("GPU: model serving", gpu),
        )
        if total
    ]
    credit = used * 30 // 100 if index >= COUNT - 18 else 0
    net = used - credit
    tax = percent_of(net, _VAT)
    return {
        "id": f"835994C3-{_BEFORE + slot.serial:05d}",
        "period": {
            "start": int(midnight(start).timestamp()),
            "end": int(midnight(slot.day + timedelta(days=1)).timestamp()) - 1,
        },
        "currency": "usd",
        "paasUsage": {"price": {"total": used, "cpu": cpu, "memory": memory, "storage": storage, "gpu": gpu}},
        "lineItems": lines,
        "discounts": {"total": credit},
        "subTotal": net,
        "tax": {"percent": 19, "amount": tax},
        "total": net + tax,
        "paid": index not in (0, 5),
    }
