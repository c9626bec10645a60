"""Sums per currency and side: open and overdue. Currencies never add, and what is unknown is counted, not guessed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from invoicetui.model import Account, Side
from invoicetui.money import Money


@dataclass(frozen=True, slots=True)
class Sum:
    """What is open in one currency, and the part of it that is overdue. Credit notes subtract."""

    open: Money
    overdue: Money
    open_count: int
    overdue_count: int

    def __add__(self, other: Sum) -> Sum:
        return Sum(
            self.open + other.open,
            self.overdue + other.overdue,
            self.open_count + other.open_count,
            self.overdue_count + other.overdue_count,
        )


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of one account, or of all accounts of one side; `unknown` open invoices have no known amount.

    An invoice is open when its status is open, partial or overdue; `sums` has one entry a currency, by its code.
    """

    sums: Mapping[str, Sum]
    unknown: int = 0

    @classmethod
    def of(cls, sums: Iterable[Sum], unknown: int = 0) -> Totals:
        merged: dict[str, Sum] = {}
        for item in sums:
            currency = item.open.currency
            if not currency:
                # Amounts of currencies that the vendor does not name could be of any: they are counted, not added.
                unknown += item.open_count
                continue
            merged[currency] = merged[currency] + item if currency in merged else item
        return cls(dict(sorted(merged.items())), unknown)

    @property
    def open_count(self) -> int:
        """Open invoices with a known amount, of all currencies."""
        return sum(item.open_count for item in self.sums.values())

    @property
    def overdue_count(self) -> int:
        return sum(item.overdue_count for item in self.sums.values())


def by_side(accounts: Iterable[Account], totals: Mapping[str, Totals]) -> dict[Side, Totals]:
    """Merge the accounts' totals per side: what is owed by us and what is owed to us never mix."""
    groups: dict[Side, list[Totals]] = {}
    for account in accounts:
        if account.id in totals:
            groups.setdefault(account.side, []).append(totals[account.id])
    return {
        side: Totals.of((item for each in group for item in each.sums.values()), sum(each.unknown for each in group))
        for side, group in sorted(groups.items())
    }
