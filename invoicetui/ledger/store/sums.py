"""What is open and overdue of each account, added up again only when the account was written to."""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import TYPE_CHECKING

from invoicetui.ledger import schema
from invoicetui.ledger.rows import money
from invoicetui.money import Money
from invoicetui.standing import Kind

if TYPE_CHECKING:
    from invoicetui.ledger.totals import Sum, Totals

#: The day it is, other programs' writes, our own to the account: sums with another mark may be others.
Mark = tuple[date, int, int]


class Sums:
    """The totals of bindings, each with the mark under which it was read. Not for several threads at once."""

    def __init__(self) -> None:
        self._kept: dict[int | None, tuple[Mark, Totals]] = {}

    def of(self, connection: sqlite3.Connection, binding: int | None, mark: Mark) -> Totals:
        """What a binding's rows come to; None has no rows. `mark` is of a moment before this one."""
        kept = self._kept.get(binding)
        if kept is None or kept[0] != mark:
            kept = self._kept[binding] = mark, _totals(connection, binding, mark[0].toordinal())
        return kept[1]


def _totals(connection: sqlite3.Connection, binding: int | None, today: int) -> Totals:
    """Sums by SQLite where 64 bits are enough, by Python for the few amounts where they are not; None has no rows."""
    from invoicetui.ledger.totals import Sum, Totals

    sums: list[Sum] = []
    unknown = 0
    for unit, rows, owed, count, late, late_count in connection.execute(schema.OWING, (today, today, binding, today)):
        if unit is None:
            unknown = rows
            continue
        currency, exponent = unit.rsplit(" ", 1)
        nothing = Money(0, currency, int(exponent))
        if count:
            open_sum, late_sum = (Money(minor or 0, currency, int(exponent)) for minor in (owed, late))
            sums.append(Sum(open_sum, late_sum, count, late_count))
        if rows > count:
            huge = connection.execute(schema.OWING_APART, (today, binding, unit, today)).fetchall()
            for kind, amount, its_currency, is_late in huge:
                due = money(amount, its_currency) or nothing
                if kind == Kind.CREDIT_NOTE.value:
                    due = Money(-abs(due.minor), due.currency, due.exponent)
                sums.append(Sum(due, due if is_late else nothing, 1, int(bool(is_late))))
    return Totals.of(sums, unknown)
