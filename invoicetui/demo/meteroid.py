"""Meteroid as its source of 2026 answers: pages from 0, totals that vanish, plain text for a wrong query."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from invoicetui.demo.data import Lazy, Record, number_of
from invoicetui.demo.exchange import Call, Reply, Server, cut, json_reply, pdf_reply, text_reply
from invoicetui.demo.meteroid_document import document
from invoicetui.demo.meteroid_records import COUNT, calendar, outline, record

_LIST = "/api/v1/invoices"
_STATUSES = ("DRAFT", "FINALIZED", "UNCOLLECTIBLE", "VOID")


class Meteroid(Server):
    """`GET /api/v1/invoices[/{id}[/download]]` with `statuses`, `customer_id`, `subscription_id` and `order_by`."""

    slowness = (60, 120)

    def __init__(self, today: date, seed: str, token: str) -> None:
        self._calendar, self._today = calendar(today), today
        self._outlines = Lazy(COUNT, lambda index: outline(self._calendar[index], seed, today))
        super().__init__(Lazy(COUNT, lambda index: record(self._outlines[index], seed, today)), token)
        self._orders: dict[str, Callable[[int], Any]] = {
            "created_at": lambda index: -index,
            "invoice_date": lambda index: self._outlines[index].slot.day,
            "invoice_number": lambda index: -index,
            "customer_name": lambda index: self._outlines[index].customer.name,
            "amount": lambda index: self.records[index]["total"],
            "status": lambda index: self._outlines[index].status,
            "payment_status": lambda index: self._outlines[index].payment,
        }

    def route(self, call: Call) -> Reply:
        found = re.fullmatch(_LIST + r"(?:/(inv_\w+)(/download)?)?", call.path)
        if not found:
            return self.error(call, 404, "Resource not found")
        if not found[1]:
            return self._list(call)
        serial = number_of("inv", found[1])
        index = self._calendar.index(serial) if serial is not None else -1
        if not 0 <= index < COUNT:
            # Every failed look-up of a single invoice ends as a store error.
            return self.error(call, 500, "Internal server error. Please refer to logs or support.")
        if found[2]:
            # A draft has none, and an invoice of this morning's is not printed yet.
            record = self.records[index]
            if record["status"] == "DRAFT" or self._outlines[index].slot.day >= self._today:
                return self.error(call, 404, "No attached PDF. Generation may be pending")
            return pdf_reply(document(record))
        return json_reply(self.records[index])

    def error(self, call: Call, status: int, message: str) -> Reply:
        return json_reply({"code": _CODES.get(status, "BAD_REQUEST"), "message": message}, status)

    def _list(self, call: Call) -> Reply:
        statuses = call.values("statuses")
        for word in statuses:
            if word not in _STATUSES:
                expected = ", ".join(f"`{known}`" for known in _STATUSES)
                return _unreadable(f"statuses: unknown variant `{word}`, expected one of {expected}")
        page = call.number("page", 0, 0, 10**9)
        size = call.number("per_page", 25, 1, 100)
        if page is None or size is None:
            return _unreadable("page: invalid digit found in string" if page is None else "per_page: out of range")
        name, _, direction = (call.value("order_by") or "created_at.desc").partition(".")
        if name not in self._orders or direction not in ("asc", "desc"):
            return self.error(call, 400, "Invalid order_by")
        indexes = self._matching(frozenset(statuses), call.value("customer_id"), call.value("subscription_id"))
        if name != "created_at" or direction != "desc":
            indexes = sorted(indexes, key=self._orders[name], reverse=direction == "desc")
        rows = [self.records[index] for index in cut(indexes, page, size)]
        # The count comes with the first row, so a page past the end knows of none; and the size that is reported
        # when none was asked for is not the size that was used.
        total = len(indexes) if rows else 0
        meta: Record = {
            "page": page,
            "per_page": size if call.value("per_page") else 10,
            "total_items": total,
            "total_pages": -(-total // size),
        }
        return json_reply({"data": rows, "pagination_meta": meta})

    def _matching(self, statuses: frozenset[str], customer: str | None, subscription: str | None) -> list[int] | range:
        if not statuses and not customer and not subscription:
            return range(COUNT)
        return [
            index
            for index, made in enumerate(self._outlines)
            if (not statuses or made.status in statuses)
            and (not customer or customer in (made.customer.id, made.customer.alias))
            and (not subscription or (made.has_subscription and made.customer.subscription == subscription))
        ]


_CODES = {401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "NOT_FOUND", 500: "INTERNAL_SERVER_ERROR"}


def _unreadable(reason: str) -> Reply:
    return text_reply(f"Failed to deserialize query string: {reason}", 400)
