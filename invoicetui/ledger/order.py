"""The orders a list can have. Every order is total: ties fall to the newest issued, then account, then key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from invoicetui.tuples import NamedTuple

Field = Literal["date", "due", "number", "vendor", "total", "status", "period"]
FIELDS: tuple[Field, ...] = get_args(Field)

#: (number, account, vendor): how SQL knows an account's rows, and what orders them.
Binding = tuple[int, str, str]

_COLUMN = {"due": "due", "number": "number_order", "total": "total_order", "period": "last_day"}


class Sort(NamedTuple):
    """What a list is ordered by; invoices that do not say come last in both directions.

    date by the issue date, number as people count (INV-9 before INV-10), vendor then by account, total by currency and
    then the exact amount, status by the order of Status, period by its last day (or else the issue date).
    """

    field: Field = "date"
    descending: bool = True

    def reversed(self) -> Sort:
        return self._replace(descending=not self.descending)

    @property
    def served_by(self) -> str:
        """The ledger's index that holds rows in this order; for status, the one that holds all it needs."""
        return {"status": "by_date", "vendor": "by_account"}.get(self.field, f"by_{self.field}")

    def groups(self, bindings: Sequence[Binding]) -> list[Sequence[Binding]]:
        """What to list one after another: all at once, or for vendor one account at a time."""
        if self.field != "vendor":
            return [bindings]
        return [[one] for one in sorted(bindings, key=lambda one: (one[2], one[1]), reverse=self.descending)]

    def sql(self, bindings: Sequence[Binding], status: str) -> str:
        """ORDER BY for the rows of one of `groups`; `status` is the SQL of a row's status."""
        way = "DESC" if self.descending else "ASC"
        ties = ["issued DESC", *_ranked(bindings), "key"]
        match self.field:
            case "vendor":
                return ", ".join(ties)
            case "date":
                return ", ".join([f"issued {way} NULLS LAST", *ties[1:]])
            case "status":
                return ", ".join([f"{status} {way}", *ties])
        return ", ".join([f"{_COLUMN[self.field]} {way} NULLS LAST", *ties])


def _ranked(bindings: Sequence[Binding]) -> list[str]:
    """The accounts' order in SQL, which knows them by number only; nothing for a single one."""
    numbers = [number for number, _, _ in sorted(bindings, key=lambda binding: binding[1])]
    if len(numbers) < 2:
        return []
    if numbers == sorted(numbers):
        return ["binding"]
    return ["CASE binding " + " ".join(f"WHEN {number} THEN {at}" for at, number in enumerate(numbers)) + " END"]
