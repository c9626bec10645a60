"""Versori as its OpenAPI describes it: an array of months, split money, the upcoming invoice without parameters."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from invoicetui.demo.data import Calendar, Lazy, Record, Slot, about, chance, first_day, grown, month_of
from invoicetui.demo.documents import Item, Letter, amount, plain, printed
from invoicetui.demo.exchange import Call, Reply, Server, json_reply, pdf_reply, text_reply

COUNT = 30
#: Where `invoiceURL` points: not Versori's own origin.
PAYMENT_HOST = "https://pay.stripline.demo"
_LINK = re.compile(r"/i/acct_HALDEN/[0-9a-f]{24}")
#: The month after which the organisation is invoiced in another currency; it has an invoice in each.
_SWITCH = 8
_CREDITED = 4


class Versori(Server):
    """`GET /organisations/{id}/billing/invoices?from=&to=` below a base URL with a path; the slow one of the five."""

    scheme = "JWT"
    slowness = (1_150, 1_250)

    def __init__(self, today: date, seed: str, token: str, organisation: str, prefix: str) -> None:
        self._today = today
        # A month's last day has to be over before the month is invoiced.
        calendar = Calendar(today - timedelta(days=1), (31,))
        self._slots = [calendar[index - (index > _SWITCH)] for index in range(COUNT)]
        super().__init__(Lazy(COUNT, lambda index: _record(self._slots[index], seed, index)), token)
        self._upcoming = Lazy(1, lambda _: _upcoming(today, seed))
        self._path = f"{prefix}/organisations/{organisation}/billing/invoices"
        self._anyones = re.compile(re.escape(prefix) + r"/organisations/[^/]+/billing/invoices")

    def route(self, call: Call) -> Reply:
        if call.path != self._path:
            if self._anyones.fullmatch(call.path):
                return self.error(call, 403, "Missing permission organisation.manage_billing")
            return self.error(call, 404, "Not found")
        start, end = call.value("from"), call.value("to")
        if start is None and end is None:
            return json_reply([self._upcoming[0]])
        try:
            last = date.fromisoformat(end) if end is not None else self._today
            first = date.fromisoformat(start) if start is not None else _month_before(last)
        except ValueError:
            return self.error(call, 400, "from and to must be dates, YYYY-MM-DD")
        rows = [self.records[index] for index, slot in enumerate(self._slots) if first <= slot.last <= last]
        # A Go server that found nothing encodes its nil slice.
        return json_reply(rows or None)

    def error(self, call: Call, status: int, message: str) -> Reply:
        code = {400: "invalid_argument", 401: "unauthenticated", 403: "permission_denied", 404: "not_found"}
        return json_reply({"code": code.get(status, "unknown"), "message": message}, status)

    def refuse(self, call: Call) -> Reply:
        return self.error(call, 401, "The request carries no valid credentials")


class Stripline(Server):
    """The payment provider's host: whoever knows the link gets the PDF, a token is neither wanted nor looked at."""

    slowness = (150, 250)

    def __init__(self, versori: Versori) -> None:
        super().__init__(Lazy(0, _nothing), "")
        self._invoices = versori.records

    def answer(self, call: Call) -> Reply:
        link = f"{PAYMENT_HOST}{call.path}?s=ap"
        if call.method == "GET" and _LINK.fullmatch(call.path) and call.value("s") == "ap":
            for index, record in enumerate(self._invoices):
                if record["invoiceURL"] == link:
                    return pdf_reply(_document(record, len(self._invoices) - index))
        return self.route(call)

    def route(self, call: Call) -> Reply:
        return self.error(call, 404, "Not found")

    def error(self, call: Call, status: int, message: str) -> Reply:
        return text_reply(f"<!DOCTYPE html><title>{message}</title>", status, "text/html; charset=utf-8")


def _nothing(index: int) -> Record:
    raise IndexError(index)


def _document(record: Record, number: int) -> bytes:
    """The PDF of a record; only there does it have a number."""
    currency = record["totalAmount"]["currencyCode"]
    total = amount(_minor(record["totalAmount"]), currency)
    items = []
    for product in record["productBreakdowns"]:
        minor, quantity = _minor(product["total"]), product["quantity"]
        items.append(Item(product["productName"], f"{quantity:,}", plain(minor // max(quantity, 1)), plain(minor)))
    return printed(
        Letter(
            sender=("Versori Ltd", "1 Spinningfields, Manchester M3 3AP", "VAT GB 384 1174 21"),
            recipient=("Halden Robotics GmbH", "Hafenstrasse 41", "70327 Stuttgart", "Germany"),
            title="INVOICE",
            facts=(
                ("Invoice no.", f"VRS-{number:05d}"),
                ("Period from", record["invoiceStartDate"]),
                ("Period to", record["invoiceEndDate"]),
                ("Purchase order", record["metaData"]["purchaseOrder"]),
            ),
            items=items,
            sums=(
                ("VAT, reverse charge", amount(0, currency)),
                ("Total", total),
            ),
            notes=("Payments are handled by Stripline.",),
        )
    )


def _minor(money: Record) -> int:
    """The amount again of what `_money` has split."""
    minor: int = money["integral"] * 100 + money["fractional"]
    return -minor if money["isNegative"] else minor


def _month_before(day: date) -> date:
    last = first_day(month_of(day)) - timedelta(days=1)
    return last.replace(day=min(day.day, last.day))


def _record(slot: Slot, seed: str, index: int) -> Record:
    is_before = index > _SWITCH
    rng = chance(seed, "versori", slot.serial, is_before)
    money = _money("GBP" if is_before else "EUR")
    runs = about(rng, grown(21_000, 240_000, index, COUNT), 20)
    usage = {
        "workflowExecutions": runs,
        "activeConnections": 8 + runs // 9_000,
        "storedCredentials": 12 + runs // 7_000,
    }
    products = [
        ("Versori Platform, Scale", 1, 49_900),
        ("Workflow executions (per 1,000)", runs // 1_000, runs // 1_000 * 155),
        ("Embedded connections", usage["activeConnections"], usage["activeConnections"] * 1_250),
    ]
    if index == _CREDITED:
        products.append(
            ("Service credit: outage of the EU region", 1, -(sum(total for *_, total in products) + 18_040))
        )
    return {
        **_invoice(slot.first, slot.last, sum(total for *_, total in products), money),
        "invoiceURL": f"{PAYMENT_HOST}/i/acct_HALDEN/{rng.getrandbits(96):024x}?s=ap",
        "productBreakdowns": [
            {"productName": name, "quantity": quantity, "total": money(total)} for name, quantity, total in products
        ],
        "usageStatistics": usage,
        "metaData": {"purchaseOrder": f"PO-{slot.first.year}-014", "costCentre": "4410 Integration"},
    }


def _upcoming(today: date, seed: str) -> Record:
    """The running month so far. It has no payment page yet."""
    first = first_day(month_of(today))
    money = _money("EUR")
    platform = 49_900
    thousands = today.day * about(chance(seed, "versori", "upcoming", first), 8)
    executions = thousands * 155
    return {
        **_invoice(first, first_day(month_of(today) + 1) - timedelta(days=1), platform + executions, money),
        "invoiceURL": "",
        "productBreakdowns": [
            {"productName": "Versori Platform, Scale", "quantity": 1, "total": money(platform)},
            {"productName": "Workflow executions (per 1,000)", "quantity": thousands, "total": money(executions)},
        ],
        "usageStatistics": {"workflowExecutions": thousands * 1_000},
        "metaData": {},
    }


def _invoice(start: date, end: date, total: int, money: Callable[[int], Record]) -> Record:
    return {"invoiceStartDate": str(start), "invoiceEndDate": str(end), "totalAmount": money(total)}


def _money(currency: str) -> Callable[[int], Record]:
    """12 and 5 for £12.05: there is no leading zero in a number."""

    def split(minor: int) -> Record:
        integral, fractional = divmod(abs(minor), 100)
        return {"isNegative": minor < 0, "currencyCode": currency, "integral": integral, "fractional": fractional}

    return split
