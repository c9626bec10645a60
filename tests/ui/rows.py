"""Rows for the table's tests: as many as wanted, made when asked for and counted."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from invoicetui.ledger.store import Row
from invoicetui.model import Account, Kind, Lifecycle, Payment, Side
from invoicetui.money import Money

TODAY = date(2026, 4, 20)
ACCOUNTS = {
    "acme-voice": Account("acme-voice", "voxmind", "Acme voice", Side.RECEIVED, "https://api.voxmind.ai"),
    "acme-cloud": Account("acme-cloud", "northflank", "Acme cloud", Side.RECEIVED, "https://api.northflank.com"),
}


def make_row(id: int = 0, **changes: Any) -> Row:
    issued = date(2026, 4, 1) - timedelta(days=id // 40)
    values: dict[str, Any] = {
        "id": id,
        "account": ("acme-voice", "acme-cloud")[id % 2],
        "vendor": ("voxmind", "northflank")[id % 2],
        "key": f"key-{id}",
        "number": f"INV-{id:07d}",
        "customer": None,
        "customer_id": None,
        "subscription": None,
        "kind": Kind.INVOICE,
        "lifecycle": Lifecycle.ISSUED,
        "payment": Payment.PAID if id % 5 else Payment.UNPAID,
        "vendor_status": None,
        "issued": issued,
        "due": issued + timedelta(days=30),
        "paid_at": None,
        "period_start": None,
        "period_end": None,
        "currency": "USD",
        "subtotal": None,
        "tax": None,
        "total": Money(100_00 + id, "USD", 2),
        "amount_due": Money(0 if id % 5 else 100_00 + id, "USD", 2),
        "document": None,
        "seen_at": datetime(2026, 4, 20, tzinfo=UTC),
    }
    return Row(**(values | changes))


class Rows:
    """A view of the rows with these ids; `asked` lists the indices that were asked for."""

    def __init__(self, ids: Sequence[int] | range, **changes: Any) -> None:
        self.ids = array("q", ids) if not isinstance(ids, range) else ids
        self.changes = changes
        self.absent: set[int] = set()
        self.changed: dict[int, dict[str, Any]] = {}
        self.asked: list[int] = []

    def __len__(self) -> int:
        return len(self.ids)

    def id(self, index: int) -> int:
        return self.ids[index]

    def find(self, id: int) -> int | None:
        try:
            return self.ids.index(id)
        except ValueError:
            return None

    def row(self, index: int) -> Row | None:
        self.asked.append(index)
        return (
            None if index in self.absent else make_row(self.ids[index], **(self.changes | self.changed.get(index, {})))
        )
