"""The words of the query language: what each key takes, what it means in SQL, and what a vendor may be asked for.

A value is read when the query is parsed, so that a mistake is found where it stands; SQL and parameters are made of
values that were read. Every condition is 0 or 1 and never NULL, so that its negation is its opposite.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from invoicetui.ledger.rows import STATUSES, fold
from invoicetui.ledger.schema import status_sql
from invoicetui.model import Account, Status
from invoicetui.vendors import NAMES

Condition = tuple[str, tuple[Any, ...]]
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_COMPARED = re.compile(r"(>=|<=|>|<)(.*)")


class Mistake(Exception):
    """A value that cannot be meant; `is_begun`: more letters may make it right."""

    def __init__(self, what: str, expected: str, *, is_begun: bool = False) -> None:
        super().__init__(what)
        self.what, self.expected, self.is_begun = what, expected, is_begun


@dataclass(frozen=True, slots=True)
class Days:
    """Issue days from `first` to `last`, both inclusive; None is open."""

    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the language. `read` makes a value of its text, `sql` a condition that any of the values meets."""

    name: str
    help: str
    read: Callable[[str, Sequence[Account]], Any]
    sql: Callable[[Sequence[Any], date], Condition]


def nearest(text: str, right: Iterable[str], what: str) -> Mistake:
    """The mistake of a word that is none of the right ones, with the nearest of them first."""
    from difflib import get_close_matches

    words = list(dict.fromkeys(right))
    close = get_close_matches(fold(text), words, 1, 0.5)
    expected = close[0] if close else ", ".join(words[:10]) or f"no {what}: there is none"
    return Mistake(f'no {what} "{text}"', expected, is_begun=any(word.startswith(fold(text)) for word in words))


def read_status(text: str, accounts: Sequence[Account]) -> Status:
    found = _STATUS_WORDS.get(fold(text))
    if found is None:
        raise nearest(text, _STATUS_WORDS, "status")
    return found


_STATUS_WORDS = {word: status for status in STATUSES for word in (status.value, fold(status.short))}


def _status_sql(values: Sequence[Status], today: date) -> Condition:
    places = ", ".join(str(STATUSES.index(status)) for status in STATUSES if status in values)
    return f"{status_sql(today)} IN ({places})", ()


def read_account(text: str, accounts: Sequence[Account]) -> tuple[str, ...]:
    """An exact id or label, else every account whose id or label holds the text."""
    word = fold(text)
    names = {account.id: (fold(account.id), fold(account.label)) for account in accounts}
    found = [name for name, either in names.items() if word in either]
    found = found or [name for name, either in names.items() if any(word in one for one in either)]
    if not found:
        raise nearest(text, (one for either in names.values() for one in either), "account")
    return tuple(found)


def read_vendor(text: str, accounts: Sequence[Account]) -> tuple[str, ...]:
    """The accounts of a vendor, by its name or the beginning of it; none is no mistake."""
    word = fold(text)
    vendors = {name for name in NAMES if name.startswith(word)}
    if not vendors:
        raise nearest(text, NAMES, "vendor")
    return tuple(account.id for account in accounts if account.vendor in vendors)


def accounts_sql(values: Iterable[Sequence[str]], today: date) -> Condition:
    ids = tuple(dict.fromkeys(account for value in values for account in value))
    marks = ", ".join("?" * len(ids))
    return f"+binding IN (SELECT number FROM bindings WHERE account IN ({marks}))", ids  # noqa: S608  # question marks


def _read_text(text: str, accounts: Sequence[Account]) -> str:
    return text


def _customer_sql(values: Sequence[str], today: date) -> Condition:
    # The customer's name is the first line of `words`, and instr finds the first place.
    one = "customer_id IS ? OR instr(words, ?) BETWEEN 1 AND instr(words, char(10))"
    return _any([one] * len(values)), tuple(part for value in values for part in (value, fold(value)))


def _subscription_sql(values: Sequence[str], today: date) -> Condition:
    return _any(["subscription IS ?"] * len(values)), tuple(values)


def read_days(text: str, accounts: Sequence[Account]) -> Days:
    """2026, 2026-03, 2026-03-15, each after >, >=, < or <=, or two of them joined by `..`, either of which may lack."""
    compared = _COMPARED.fullmatch(text)
    if compared:
        sign, day = compared[1], _span(compared[2])
        match sign:
            case ">=":
                return Days(day.first, None)
            case "<=":
                return Days(None, day.last)
            case ">":
                return Days(_after(day), None)
        return Days(None, _before(day))
    start, dots, end = text.partition("..")
    if not dots:
        return _span(start)
    if not start and not end:
        raise Mistake("a range without days", _DAYS_EXPECTED, is_begun=True)
    days = Days(_span(start).first if start else None, _span(end).last if end else None)
    if days.first and days.last and days.first > days.last:
        raise Mistake(f"{start} is after {end}", f"{end}..{start}", is_begun=True)
    return days


_DAYS_EXPECTED = "a day like 2026-03-15, 2026-03 or 2026, with >=, >, <=, < or as 2026-03..2026-05"


def _span(text: str) -> Days:
    """The days a year, a month or a day covers."""
    found = _DAY.fullmatch(text)
    try:
        if found is None or not text.isascii():
            raise ValueError
        year, month, day = (int(part) if part else 0 for part in found.groups())
        first = date(year, month if found[2] else 1, day if found[3] else 1)
        if found[3]:
            return Days(first, first)
        last_month = month if found[2] else 12
        return Days(first, date(year, last_month, monthrange(year, last_month)[1]))
    except ValueError:
        is_begun = re.fullmatch(r"[-0-9.]{0,20}", text) is not None
        raise Mistake(f'no day "{text}"', _DAYS_EXPECTED, is_begun=is_begun) from None


def _after(days: Days) -> date:
    if days.last is None or days.last == date.max:
        raise Mistake("nothing is later than that", _DAYS_EXPECTED)
    return days.last + timedelta(days=1)


def _before(days: Days) -> date:
    if days.first is None or days.first == date.min:
        raise Mistake("nothing is earlier than that", _DAYS_EXPECTED)
    return days.first - timedelta(days=1)


def _days_sql(values: Sequence[Days], today: date) -> Condition:
    parts: list[str] = []
    bounds: list[int] = []
    for days in values:
        part = "issued IS NOT NULL"
        for sign, bound in ((">=", days.first), ("<=", days.last)):
            if bound is not None:
                part += f" AND issued {sign} ?"
                bounds.append(bound.toordinal())
        parts.append(part)
    return _any(parts), tuple(bounds)


def word_condition(word: str, accounts: Sequence[str]) -> Condition:
    """Rows that hold the word, and all rows of the accounts whose names do."""
    if not accounts:
        return "instr(words, ?) > 0", (word,)
    of_accounts, ids = accounts_sql([accounts], date.min)
    return f"(instr(words, ?) > 0 OR {of_accounts})", (word, *ids)


def _any(conditions: Sequence[str]) -> str:
    return "(" + " OR ".join(f"({condition})" for condition in conditions) + ")"


#: The keys of the language, in the order help and messages name them.
KEYS: Mapping[str, Key] = {
    key.name: key
    for key in (
        Key("status", "open, overdue, paid … or the list's own OPEN, LATE, PAID", read_status, _status_sql),
        Key("account", "an account's id or label, or a part of them", read_account, accounts_sql),
        Key("vendor", "a vendor's name", read_vendor, accounts_sql),
        Key("customer", "a part of the customer's name, or the exact id", _read_text, _customer_sql),
        Key("sub", "the exact subscription", _read_text, _subscription_sql),
        Key("issued", _DAYS_EXPECTED, read_days, _days_sql),
    )
}
