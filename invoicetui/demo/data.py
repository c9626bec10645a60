"""What the demo's invoices are made of: chance that repeats itself, a calendar, amounts.

A record is made from its place in the calendar when somebody asks for it, never before: three thousand invoices cost
nothing until they are looked at. Number and seed come from that place, so that an invoice is the same one tomorrow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from random import Random
from typing import Any, Generic, TypeVar, overload
from zlib import crc32

T = TypeVar("T")
#: A JSON object as a vendor sends it.
Record = dict[str, Any]


class Lazy(Sequence[T], Generic[T]):
    """`count` things, each made when it is first asked for and then kept."""

    def __init__(self, count: int, make: Callable[[int], T]) -> None:
        self._count = count
        self._make = make
        self._made: dict[int, T] = {}

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return [self[at] for at in range(self._count)[index]]
        at = range(self._count)[index]
        if at not in self._made:
            self._made[at] = self._make(at)
        return self._made[at]

    @property
    def made(self) -> int:
        """How many were made so far."""
        return len(self._made)


def chance(*what: object) -> Random:
    """Random numbers that are the same whenever `what` is."""
    return Random("|".join(map(str, what)))


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in the calendar: `month` counts months since year 0, `number` says which of the month's days it is.

    `serial` grows by one from invoice to invoice.
    """

    month: int
    number: int
    day: date
    serial: int

    @property
    def first(self) -> date:
        return first_day(self.month)

    @property
    def last(self) -> date:
        return first_day(self.month + 1) - timedelta(days=1)


class Calendar:
    """The days on which invoices come every month, newest first, ending with `latest`.

    `days` are days of the month in descending order; a day a month does not have is its last day.
    """

    def __init__(self, latest: date, days: Sequence[int]) -> None:
        self._days = tuple(days)
        self._month = month_of(latest)
        self._to_come = sum(self._day(self._month, number) > latest for number in range(len(days)))
        self._newest = (self._month - _EPOCH + 1) * len(days) - self._to_come

    def __getitem__(self, index: int) -> Slot:
        months, number = divmod(index + self._to_come, len(self._days))
        month = self._month - months
        return Slot(month, number, self._day(month, number), self._newest - index)

    def index(self, serial: int) -> int:
        """Where the invoice with this serial stands; negative for one that is still to come."""
        return self._newest - serial

    def _day(self, month: int, number: int) -> date:
        last = first_day(month + 1) - timedelta(days=1)
        return last.replace(day=min(self._days[number], last.day))


_EPOCH = 2015 * 12


def month_of(day: date) -> int:
    return day.year * 12 + day.month - 1


@lru_cache(maxsize=1024)
def first_day(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def about(rng: Random, amount: int, percent: int = 15) -> int:
    """`amount`, up to so many percent more or less."""
    return amount * rng.randrange(100 - percent, 101 + percent) // 100


def grown(oldest: int, newest: int, age: int, span: int) -> int:
    """An amount that grew evenly from `oldest`, `span` months ago, to `newest`; `age` months ago."""
    return newest - (newest - oldest) * min(age, span) // span


def shares(total: int, weights: Sequence[int]) -> list[int]:
    """`total` divided by weight; the parts add up to it exactly."""
    parts = [total * weight // sum(weights) for weight in weights[1:]]
    return [total - sum(parts), *parts]


def percent_of(amount: int, tenths: int) -> int:
    """So many tenths of a percent of a non-negative amount, rounded half up."""
    return (amount * tenths + 500) // 1000


_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SIZE = 1 << 128
_FACTOR = 0x9E3779B97F4A7C15F39CC0605CEDC835
_INVERSE = pow(_FACTOR, -1, _SIZE)


def identifier(prefix: str, number: int) -> str:
    """`inv_7n42DGM5Tflk9n8mt7Fhc7`: a number as a base-62 UUID; `number_of` reads it back without any table."""
    value = (number ^ (crc32(prefix.encode()) << 64)) * _FACTOR % _SIZE
    digits = ""
    for _ in range(22):
        value, digit = divmod(value, 62)
        digits = _ALPHABET[digit] + digits
    return f"{prefix}_{digits}"


def number_of(prefix: str, text: str) -> int | None:
    """The number in an identifier; None for anything that `identifier` did not make."""
    start, _, digits = text.partition("_")
    if start != prefix or len(digits) != 22 or not (digits.isascii() and digits.isalnum()):
        return None
    value = 0
    for digit in digits:
        value = value * 62 + _ALPHABET.index(digit)
    number = (value * _INVERSE % _SIZE) ^ (crc32(prefix.encode()) << 64)
    return number if number < 1 << 32 and identifier(prefix, number) == text else None
