"""Accounts, invoices and stores for the ledger's tests."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from invoicetui.ledger.query import parse
from invoicetui.ledger.store import Put, Row, Sort, Store, WalkState, encoded
from invoicetui.model import Account, Invoice, Lifecycle, Payment, Side
from invoicetui.money import Money
from invoicetui.vendors.base import Entry

TODAY = date(2026, 11, 21)


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def account(account_id: str, vendor: str = "opterius", label: str = "", side: Side = Side.RECEIVED) -> Account:
    return Account(account_id, vendor, label or account_id, side, "https://billing.invalid")


def usd(minor: int, exponent: int = 2) -> Money:
    return Money(minor, "USD", exponent)


def invoice(key: str, account_id: str = "acme", **fields: Any) -> Invoice:
    defaults: dict[str, Any] = {
        "vendor": "opterius",
        "issued": date(2026, 10, 1),
        "lifecycle": Lifecycle.ISSUED,
        "payment": Payment.UNPAID,
    }
    return Invoice(account=account_id, key=key, **(defaults | fields))


def entry(item: Invoice, mark: object = "") -> Entry:
    """An entry whose record differs when `mark` does."""
    return Entry(item, json.dumps({"id": item.key, "mark": str(mark)}).encode())


def put(store: Store, items: Iterable[Invoice], *, account_id: str = "acme", walked: bool = True) -> Put:
    entries = [encoded(entry(item)) for item in items]
    return store.put_page(account_id, entries, WalkState(account_id, ""), walked=walked)


def listed(
    store: Store, text: str = "", sort: Sort | None = None, accounts: Iterable[Account] | None = None
) -> list[str]:
    """The keys of a view, in its order."""
    known = list(accounts) if accounts is not None else [account("acme")]
    ids = store.view(parse(text, known), sort or Sort(), [one.id for one in known], TODAY)
    return [row.key for row in store.rows(ids) if isinstance(row, Row)]
