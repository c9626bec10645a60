"""Money as integers: minor units, currency, exponent. No float comes near it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import lru_cache

from invoicetui.text import clean

# ISO 4217 currencies whose minor unit is not a hundredth; every other listed currency has two digits.
# A test compares this with the iso4217 package.
_EXPONENTS: Mapping[str, int] = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}
_TWO_DIGITS = frozenset(
    """AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE
    CHF CHW CNY COP COU CRC CUP CUC CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL
    HRK HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR
    MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD
    SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG
    YER ZAR ZMW ZWG ZWL""".split()
)
# Not minor units of anything: a number with more digits than this is not an amount of money.
_MAX_DIGITS = 40


def iso_exponent(currency: str) -> int | None:
    """Digits after the point for an ISO 4217 code; None for a code the table does not know."""
    code = currency.upper()
    return 2 if code in _TWO_DIGITS else _EXPONENTS.get(code)


@lru_cache(256)
def _code(currency: str) -> str:
    return clean(currency, 12).upper()


@dataclass(frozen=True, slots=True)
class Money:
    """`minor` units of `currency` (upper case, "" when the vendor does not say), 10**-`exponent` of its unit each."""

    minor: int
    currency: str
    exponent: int

    def __post_init__(self) -> None:
        if self.currency not in _TWO_DIGITS:
            object.__setattr__(self, "currency", _code(self.currency))

    @classmethod
    def of_decimal(cls, amount: Decimal, currency: str, exponent: int = 0) -> Money | None:
        """`amount` in the currency's unit with at least `exponent` digits, and as many more as it needs.

        None when it is no finite number or absurdly long. Nothing is ever rounded.
        """
        if not amount:
            return cls(0, currency, exponent)
        # Before any arithmetic: a context rounds longer numbers and overflows on larger ones.
        is_long = len(amount.as_tuple().digits) > 2 * _MAX_DIGITS
        if not amount.is_finite() or is_long or abs(amount.adjusted()) > _MAX_DIGITS:
            return None
        with localcontext() as context:
            context.prec = _MAX_DIGITS * 2
            power = amount.normalize().as_tuple().exponent
            digits = max(exponent, -power if isinstance(power, int) else 0)
            if digits > _MAX_DIGITS:
                return None
            return cls(int(amount.scaleb(digits)), currency, digits)

    @property
    def amount(self) -> Decimal:
        """In the currency's unit, with exactly `exponent` digits."""
        # Digits as text: arithmetic would round a number longer than the context's precision.
        return Decimal(f"{self.minor}E{-self.exponent}")

    def __add__(self, other: Money) -> Money:
        if self.currency != other.currency:
            raise ValueError("different currencies never add")
        exponent = max(self.exponent, other.exponent)
        return Money(self.minor_at(exponent) + other.minor_at(exponent), self.currency, exponent)

    def minor_at(self, exponent: int) -> int:
        """The same amount in smaller units; `exponent` is at least this one's."""
        return self.minor * int(10 ** (exponent - self.exponent))

    def __str__(self) -> str:
        """`USD 1,234.50`: code first, digits fixed by the exponent, an ASCII minus."""
        return f"{self.currency} {self.digits()}".strip()

    def digits(self, *, grouped: bool = True) -> str:
        """The number alone: `1,234.50`, or `1234.50` for machines."""
        if self.exponent <= 0:
            return f"{self.amount:,f}" if grouped else f"{self.amount:f}"
        text = str(abs(self.minor)).rjust(self.exponent + 1, "0")
        whole, rest = text[: -self.exponent], text[-self.exponent :]
        if grouped and len(whole) > 3:
            whole = f"{int(whole):,}"
        return f"-{whole}.{rest}" if self.minor < 0 else f"{whole}.{rest}"
