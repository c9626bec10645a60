from decimal import Decimal
from fractions import Fraction

import iso4217
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoicetui.money import Money, iso_exponent

quick = settings(max_examples=150, deadline=None, database=None)
minors = st.integers(-(10**30), 10**30)
exponents = st.integers(0, 6)


def test_exponents_are_those_of_the_iso4217_package() -> None:
    # Fund and metal codes (XAU, XDR …) have no minor unit: an integer of them has no known size.
    listed = {currency.code: currency.exponent for currency in iso4217.Currency if currency.exponent is not None}
    assert len(listed) > 150
    assert {code: iso_exponent(code) for code in listed} == listed


def test_a_code_without_minor_units_or_unknown_has_no_exponent() -> None:
    listed = {currency.code for currency in iso4217.Currency if currency.exponent is None}
    for code in (*listed, "XYZ", "", "US", "USDT"):
        assert iso_exponent(code) is None, code


def test_codes_may_be_in_lower_case() -> None:
    assert (iso_exponent("usd"), iso_exponent("jpy"), iso_exponent("kwd"), iso_exponent("clf")) == (2, 0, 3, 4)


@pytest.mark.parametrize(
    ("money", "shown"),
    [
        (Money(123450, "usd", 2), "USD 1,234.50"),
        (Money(-5, "USD", 2), "USD -0.05"),
        (Money(0, "USD", 2), "USD 0.00"),
        (Money(5000, "JPY", 0), "JPY 5,000"),
        (Money(1, "KWD", 3), "KWD 0.001"),
        (Money(1200, "", 2), "12.00"),
    ],
)
def test_money_shows_its_code_and_all_its_digits(money: Money, shown: str) -> None:
    assert str(money) == shown


def test_money_longer_than_a_decimal_context_is_exact() -> None:
    money = Money(12345678901234567890123456789012345678901, "EUR", 2)
    assert money.digits(grouped=False) == "123456789012345678901234567890123456789.01"
    assert money.digits() == "123,456,789,012,345,678,901,234,567,890,123,456,789.01"


def test_a_currency_is_clean() -> None:
    assert Money(1, "us\x1bd", 2).currency == "US\N{REPLACEMENT CHARACTER}D"


@quick
@given(minors, exponents)
def test_amount_is_exact(minor: int, exponent: int) -> None:
    money = Money(minor, "USD", exponent)
    assert money.amount.as_integer_ratio() == Fraction(minor, 10**exponent).as_integer_ratio()
    assert Decimal(money.digits(grouped=False)) == money.amount
    assert Money.of_decimal(money.amount, "USD", exponent) == money


@quick
@given(minors, exponents, minors, exponents)
def test_sums_are_exact_and_keep_the_finer_exponent(a: int, ea: int, b: int, eb: int) -> None:
    total = Money(a, "USD", ea) + Money(b, "USD", eb)
    assert total.exponent == max(ea, eb)
    assert total.minor == a * 10 ** (total.exponent - ea) + b * 10 ** (total.exponent - eb)
    assert total == Money(b, "USD", eb) + Money(a, "USD", ea)


def test_different_currencies_never_add() -> None:
    with pytest.raises(ValueError, match="never add"):
        Money(1, "USD", 2) + Money(1, "EUR", 2)


@pytest.mark.parametrize(
    ("amount", "exponent", "minor", "digits"),
    [
        ("69.22", 2, 6922, 2),
        ("22", 2, 2200, 2),
        ("22.50", 2, 2250, 2),
        ("12.005", 2, 12005, 3),
        ("1E+3", 2, 100000, 2),
        ("-0", 2, 0, 2),
        ("-0.00", 0, 0, 0),
        ("0E-50", 2, 0, 2),
        ("1.10", 0, 11, 1),
        ("-1.5", 0, -15, 1),
        ("1234567890123456789012345678901234567890.12", 2, 123456789012345678901234567890123456789012, 2),
    ],
)
def test_of_decimal_takes_as_many_digits_as_it_needs(amount: str, exponent: int, minor: int, digits: int) -> None:
    money = Money.of_decimal(Decimal(amount), "USD", exponent)
    assert money == Money(minor, "USD", digits)


@pytest.mark.parametrize(
    "amount",
    [
        "NaN",
        "sNaN",
        "Infinity",
        "-Infinity",
        "1E+41",
        "1E-41",
        "1E+9999999",
        "1E-9999999",
        "1." + "0" * 90 + "1",
        "0." + "0" * 45 + "1",
    ],
)
def test_what_is_no_amount_is_none(amount: str) -> None:
    assert Money.of_decimal(Decimal(amount), "USD", 2) is None


@quick
@given(st.decimals(allow_nan=False, allow_infinity=False), exponents)
def test_of_decimal_never_rounds(amount: Decimal, exponent: int) -> None:
    money = Money.of_decimal(amount, "USD", exponent)
    if money is not None:
        assert money.amount == amount
        assert money.exponent >= exponent
        assert f"{money.amount:f}"[:2] != "-0" or money.minor


def test_minus_zero_is_zero() -> None:
    assert str(Money(-0, "USD", 2)) == "USD 0.00"
    assert Money.of_decimal(Decimal("-0.0"), "USD", 2) == Money(0, "USD", 2)


@quick
@given(st.integers(-(10**60), 10**60) | st.integers(-2000, 2000), st.integers(-3, 45))
def test_digits_are_those_of_the_amount(minor: int, exponent: int) -> None:
    money = Money(minor, "EUR", exponent)
    sign, digits = (1, str(-minor)) if minor < 0 else (0, str(minor))
    amount = Decimal((sign, tuple(map(int, digits)), -exponent))
    assert money.amount.as_tuple() == amount.as_tuple()
    assert (money.digits(), money.digits(grouped=False)) == (f"{amount:,f}", f"{amount:f}")
