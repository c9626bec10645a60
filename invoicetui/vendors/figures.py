"""Figures as vendors write them: usage, quantities, and money in four ways. All of it exact, none of it float."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from invoicetui.money import Money, iso_exponent
from invoicetui.vendors.wire import MAX_DIGITS, bounded, note, shown

_DECIMAL = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?", re.ASCII)
_TOO_LARGE = 10**MAX_DIGITS


def usage(found: Mapping[str, Any] | None) -> dict[str, int | Decimal | str]:
    """A free-form map of usage figures; what is no figure is kept as text."""
    return {name: figure(item) for name, item in (found or {}).items()}


def figure(found: object) -> int | Decimal | str:
    if type(found) is int and abs(found) < _TOO_LARGE:
        return found
    if type(found) is Decimal and bounded(found) is not None:
        return found
    return shown(found)


def decimal(text: str | None) -> Decimal | None:
    """A decimal string; None when it is no plain number."""
    return Decimal(text) if text and _DECIMAL.fullmatch(text) else None


def quantity(found: object, name: str = "quantity") -> tuple[Decimal | None, str]:
    """A number or decimal string as Decimal; else None and the words that say what came."""
    number = decimal(found) if isinstance(found, str) else None
    if type(found) in (int, Decimal):
        number = bounded(Decimal(found))  # type: ignore[arg-type]  # int or Decimal, as the line above makes sure
    return number, "" if number is not None or found in (None, "") else f"{name} {shown(found)}"


def exponent_of(currency: str | None, overrides: Mapping[str, int]) -> int | None:
    """The digits of a currency's minor unit at this vendor; None for a code nobody knows."""
    code = (currency or "").upper()
    return overrides[code] if code in overrides else iso_exponent(code)


def of_minor(amount: int | Decimal, currency: str, exponent: int) -> Money | None:
    """Minor units, exact: a fraction of a minor unit becomes more digits. None for what is no amount."""
    if isinstance(amount, int):
        return Money(amount, currency, exponent) if abs(amount) < _TOO_LARGE else None
    if bounded(amount) is None:
        return None
    whole = int(amount)
    if whole == amount:
        return Money(whole, currency, exponent)
    sign, digits, power = amount.as_tuple()
    assert isinstance(power, int)
    return Money.of_decimal(Decimal((sign, digits, power - exponent)), currency, exponent)


class Amounts:
    """Reads one record's money in one currency. What cannot become Money is kept in `notes`, as it came.

    `exponent` is the currency's number of digits at this vendor, None when its code is not known: then an integer of
    minor units has no known size.
    """

    def __init__(self, currency: str | None, exponent: int | None, notes: dict[str, str]) -> None:
        self.currency = (currency or "").upper()
        self.exponent = exponent
        self.notes = notes

    def minor(self, name: str, amount: int | Decimal | None) -> Money | None:
        """Counted in the currency's minor unit."""
        if amount is None:
            return None
        money = None if self.exponent is None else of_minor(amount, self.currency, self.exponent)
        return money if money is not None else self._kept(None, f"{name} (minor units)", amount)

    def hundredths(self, name: str, amount: Decimal | None) -> Money | None:
        """The count of minor units divided by 100, whatever the currency."""
        if amount is None:
            return None
        money = None
        if self.exponent is not None and bounded(amount) is not None:
            sign, digits, power = amount.as_tuple()
            assert isinstance(power, int)
            money = of_minor(Decimal((sign, digits, power + 2)), self.currency, self.exponent)
        return self._kept(money, f"{name} (as sent)", amount)

    def major(self, name: str, amount: int | Decimal | None) -> Money | None:
        """A decimal in the currency's unit: its size is known even when the currency is not."""
        if amount is None:
            return None
        exact = bounded(Decimal(amount))
        money = None if exact is None else Money.of_decimal(exact, self.currency, self.exponent or 0)
        return self._kept(money, f"{name} (as sent)", amount)

    def split(self, name: str, integral: int, fractional: int, *, is_negative: bool) -> Money | None:
        """Whole units and a count of minor units. None, with a note, when the count makes a whole unit or more."""
        parts = f"{'-' if is_negative else ''}{abs(integral)} and {abs(fractional)}"
        if self.exponent is None or abs(fractional) >= 10**self.exponent:
            return self._kept(None, f"{name} (as sent)", parts)
        minor = abs(integral) * int(10**self.exponent) + abs(fractional)
        money = of_minor(-minor if is_negative else minor, self.currency, self.exponent)
        return self._kept(money, f"{name} (as sent)", parts)

    def _kept(self, money: Money | None, name: str, amount: object) -> Money | None:
        if money is None:
            note(self.notes, name, f"{shown(amount)} {self.currency}".strip())
        return money
