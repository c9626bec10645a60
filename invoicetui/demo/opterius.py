"""Opterius Commerce twice: as its documentation describes it, and as its own source of the same day answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from invoicetui.demo.data import Calendar, Lazy, Record, about, chance, grown, month_of, percent_of, shares
from invoicetui.demo.exchange import Call, Reply, Server, cut, json_reply, text_reply

COUNT = 180
SMALL_COUNT = 5
_MONTHS = COUNT // 3
_LIST = "/api/v1/invoices"
_STATUSES = ("unpaid", "paid", "overdue", "cancelled")
_NOT_FOUND = "The route could not be found."


class Opterius(Server):
    """The documented form: `meta`, integers in the smallest unit, `{"data": …}` around a single invoice."""

    def __init__(self, today: date, seed: str, token: str) -> None:
        self._calendar = Calendar(today, [offer.day for offer in _OFFERS])
        self._statuses = Lazy(COUNT, lambda index: _status(self._calendar, seed, today, index))
        super().__init__(Lazy(COUNT, lambda index: self._record(seed, today, index)), token)

    def route(self, call: Call) -> Reply:
        found = re.fullmatch(_LIST + r"(?:/(\d{1,9}))?", call.path)
        if not found:
            return self.error(call, 404, _NOT_FOUND)
        if not found[1]:
            return self._list(call)
        index = self._calendar.index(int(found[1]))
        if not 0 <= index < COUNT:
            return self.error(call, 404, "No query results for model [App\\Models\\Invoice].")
        return json_reply({"data": self.records[index]})

    def error(self, call: Call, status: int, message: str, field: str = "") -> Reply:
        return _laravel_error(call, status, message, field)

    def refuse(self, call: Call) -> Reply:
        return self.error(call, 401, "Unauthenticated.")

    def _list(self, call: Call) -> Reply:
        wanted = call.value("status")
        page = call.number("page", 1, 1, 10**9)
        size = call.number("per_page", 15, 1, 100)
        if wanted and wanted not in _STATUSES:
            return self.error(call, 422, "The selected status is invalid.", "status")
        if page is None or size is None:
            field = "page" if page is None else "per_page"
            return self.error(call, 422, f"The {field} field must be between 1 and 100.", field)
        indexes = [index for index in range(COUNT) if not wanted or self._statuses[index] == wanted]
        rows = [_without_items(self.records[index]) for index in cut(indexes, page - 1, size)]
        pages = max(1, -(-len(indexes) // size))
        meta = {"current_page": page, "last_page": pages, "per_page": size, "total": len(indexes)}
        return json_reply({"data": rows, "meta": meta})

    def _record(self, seed: str, today: date, index: int) -> Record:
        slot = self._calendar[index]
        rng = chance(seed, "opterius", slot.serial)
        offer = _OFFERS[slot.number]
        is_licence = offer.licence and slot.day.month == 1
        amount = (
            offer.licence
            if is_licence
            else about(rng, grown(offer.oldest, offer.newest, month_of(today) - slot.month, _MONTHS), offer.spread)
        )
        names = ("Backup suite, annual licence (50 seats)",) if is_licence else offer.items
        status = self._statuses[index]
        due = slot.day + timedelta(days=offer.terms)
        paid = slot.day + timedelta(days=rng.randrange((min(due, today) - slot.day).days + 1))
        items: list[Record] = []
        tax = 0
        for name, net in zip(names, shares(amount, offer.weights[: len(names)]), strict=True):
            item_tax = percent_of(net, offer.tax)
            tax += item_tax
            items.append({"description": f"{name} ({slot.day:%Y-%m})", "quantity": 1, "amount": net + item_tax})
        return {
            "id": slot.serial,
            "invoice_number": f"INV-{slot.serial:04d}",
            "status": status,
            "subtotal": amount,
            "tax_amount": tax,
            "total": amount + tax,
            "amount_due": amount + tax if status in ("unpaid", "overdue") else 0,
            "currency_code": offer.currency,
            "due_date": str(due),
            "paid_at": f"{paid}T{rng.randrange(7, 19):02d}:{rng.randrange(60):02d}:10Z" if status == "paid" else None,
            "created_at": f"{slot.day}T00:00:00Z",
            "items": items,
        }


@dataclass(frozen=True, slots=True)
class _Offer:
    """What is invoiced on a day of every month; amounts in the smallest unit, tax in tenths of a percent."""

    day: int
    terms: int
    currency: str
    tax: int
    oldest: int
    newest: int
    spread: int
    items: tuple[str, ...]
    weights: tuple[int, ...] = (60, 25, 15)
    licence: int = 0


_OFFERS = (
    _Offer(12, 14, "USD", 0, 1_290, 3_870, 40, ("Domain renewals", "DNS, premium zone"), licence=480_000),
    _Offer(5, 30, "CHF", 81, 31_000, 46_500, 2, ("Rack space, 4 U, Zürich", "Power, metered", "Remote hands")),
    _Offer(1, 14, "USD", 0, 11_900, 64_300, 8, ("Dedicated server AX-62", "Backup storage, 4 TB", "Bandwidth")),
)
# The newest invoices past their due date. The status is set by a daily job of the server, and one has been missed.
_LATE = {6: "unpaid", 8: "overdue", 17: "overdue"}
_CANCELLED = 13


def _status(calendar: Calendar, seed: str, today: date, index: int) -> str:
    slot = calendar[index]
    rng = chance(seed, "opterius status", slot.serial)
    if slot.day + timedelta(days=_OFFERS[slot.number].terms) >= today:
        return "paid" if slot.day < today and rng.random() < 0.3 else "unpaid"
    if index in _LATE:
        return _LATE[index]
    return "cancelled" if index == _CANCELLED or rng.random() < 0.03 else "paid"


def _without_items(record: Record) -> Record:
    return {name: value for name, value in record.items() if name != "items"}


def _laravel_error(call: Call, status: int, message: str, field: str = "") -> Reply:
    if not call.is_json_wanted:
        return text_reply(
            f"<!DOCTYPE html><title>{status}</title><h1>{status}</h1>", status, "text/html; charset=utf-8"
        )
    return json_reply({"message": message, **({"errors": {field: [message]}} if field else {})}, status)


class SmallOpterius(Server):
    """The form read in the server's source: everything in one answer, major units, no envelope around a single one."""

    def __init__(self, today: date, seed: str, token: str) -> None:
        self._calendar = Calendar(today - timedelta(days=3), (20,))
        super().__init__(Lazy(SMALL_COUNT, lambda index: self._record(seed, index)), token)

    def route(self, call: Call) -> Reply:
        found = re.fullmatch(_LIST + r"(?:/(\d{1,9}))?", call.path)
        if not found:
            return self.error(call, 404, _NOT_FOUND)
        for record in self.records:
            if found[1] and record["id"] == int(found[1]):
                return json_reply(record)
        if found[1]:
            return self.error(call, 404, "Not Found")
        wanted = call.value("status")
        rows = [record for record in self.records if wanted in (None, record["status"])]
        return json_reply({"data": [{name: row[name] for name in _LISTED} for row in rows]})

    def error(self, call: Call, status: int, message: str) -> Reply:
        return _laravel_error(call, status, message)

    def refuse(self, call: Call) -> Reply:
        return json_reply({"error": "Invalid or expired token."}, 401)

    def _record(self, seed: str, index: int) -> Record:
        slot = self._calendar[index * 4]
        net = chance(seed, "opterius small", slot.serial).randrange(2, 9) * 1_490
        tax = percent_of(net, 190)
        status = ("unpaid", "paid", "refunded", "paid", "paid")[index]
        paid_on = slot.day + timedelta(days=2)
        return {
            "id": slot.serial,
            "invoice_number": f"KITE-{slot.day.year}-{slot.serial:05d}",
            "status": status,
            "total": _major(net + tax),
            "amount_due": _major(net + tax if status == "unpaid" else 0),
            "currency": "EUR",
            "due_date": str(slot.day + timedelta(days=30)),
            "paid_date": None if status == "unpaid" else str(paid_on),
            "created_at": f"{slot.day}T00:00:00+00:00",
            "subtotal": _major(net),
            "tax": _major(tax),
            "credit_applied": 0,
            "items": [
                {
                    "description": "Domain halden-robotics.eu, renewal",
                    "quantity": net // 1_490,
                    "amount": _major(net + tax),
                }
            ],
        }


_LISTED = "id invoice_number status total amount_due currency due_date paid_date created_at".split()


def _major(minor: int) -> float:
    # The server sends PHP's `$total / 100`, so a binary float is what must go out; nothing is computed with it.
    return minor // 100 if minor % 100 == 0 else minor / 100
