import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoicetui.text import ELLIPSIS, REPLACEMENT, clean, clean_block, steady

quick = settings(max_examples=200, deadline=None, database=None)
EVERY = [chr(point) for point in range(sys.maxunicode + 1)]
SPACES = {" ", "\t", "\n", "\r", *(char for char in EVERY if unicodedata.category(char) == "Zs")}
BLANK = set("\u115f\u1160\u3164\uffa0\u17b4\u17b5\u034f\u2800\u180b\u180c\u180d\u180f")
SELECTORS = {chr(point) for point in (*range(0xFE00, 0xFE0F), *range(0xE0100, 0xE01F0))}


def expected(char: str) -> str:
    """What becomes of one character between two letters, written down apart from the code."""
    category = unicodedata.category(char)
    if char in SPACES:
        return " "
    if category in ("Cc", "Cs", "Co", "Zl", "Zp"):
        return REPLACEMENT
    if category == "Cf" or char in BLANK or char in SELECTORS:
        return ""
    return char


def test_every_code_point() -> None:
    for char in EVERY:
        # Between Latin letters, where no joiner belongs; NFC may join a mark with the letter before it.
        wanted = unicodedata.normalize("NFC", "x" + expected(unicodedata.normalize("NFC", char)[0]))
        found = clean(f"x{char}y")
        if len(unicodedata.normalize("NFC", char)) == 1:
            assert found == f"{wanted}y", f"U+{ord(char):04X}"


def test_nothing_that_acts_comes_through_in_any_company() -> None:
    acting = {char for char in EVERY if unicodedata.category(char) in ("Cc", "Cs", "Co", "Zl", "Zp")}
    for start in range(0, len(EVERY), 400):
        found = set(clean("".join(EVERY[start : start + 400])))
        assert not found & acting
        assert {char for char in found if unicodedata.category(char) == "Cf"} <= set("\u200c\u200d")


@pytest.mark.parametrize(
    "text",
    [
        "\N{WOMAN}\u200d\N{PERSONAL COMPUTER}",
        "\N{WOMAN}\N{EMOJI MODIFIER FITZPATRICK TYPE-5}\u200d\N{PERSONAL COMPUTER}",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian: "I want"
        "\u0d28\u0d4d\u200d\u0d2e",  # Malayalam, after a virama
        "\N{HEAVY BLACK HEART}\ufe0f",
        "\u0378 unassigned \U0001fbff",
        "Zo\u00eb \u00d1 \u4f60\u597d \u0639\u0631\u0628",
    ],
)
def test_writing_stays(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("pay\u200dpal", "paypal"),
        ("12\u200c34", "1234"),
        ("\u200d\N{WOMAN}", "\N{WOMAN}"),
        ("\N{WOMAN}\u200d", "\N{WOMAN}"),
        ("\N{WOMAN}\u200d\u200d\N{WOMAN}", "\N{WOMAN}\N{WOMAN}"),
        ("\N{WOMAN}\u200da", "\N{WOMAN}a"),
        ("a\u202eb\u2066c", "abc"),
        ("\x1b[31mred", f"{REPLACEMENT}[31mred"),
        ("\x9b31m", f"{REPLACEMENT}31m"),
        ("a\x00b", f"a{REPLACEMENT}b"),
        ("line\r\nnext\ttab\u00a0end", "line  next tab end"),
        ("e\u0301", "\u00e9"),
        ("x" + "\u0336" * 9, "x" + "\u0336" * 3),
        ("\u0336x", "x"),
        ("\ud800", REPLACEMENT),
        ("\ue000", REPLACEMENT),
    ],
)
def test_what_is_taken_out(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_what_is_no_text() -> None:
    assert (clean(None), clean(12), clean(True), clean("")) == ("", "12", "True", "")


def test_a_block_keeps_its_lines() -> None:
    assert clean_block("a\r\nb\rc\nd\te\x1b") == f"a\nb\nc\nd e{REPLACEMENT}"
    assert clean("a\nb") == "a b"


def test_long_text_ends_with_an_ellipsis() -> None:
    assert clean("x" * 500) == "x" * 500
    assert clean("x" * 501) == "x" * 499 + ELLIPSIS
    assert clean("\u00e9" * 501) == "\u00e9" * 499 + ELLIPSIS
    assert clean("x" * 10, 4) == "xxx" + ELLIPSIS
    assert len(clean_block("line\n" * 10_000)) == 20_000


def test_a_hidden_end_is_no_way_around_the_limit() -> None:
    assert clean("x" + "\u200b" * 5000 + "secret").endswith(ELLIPSIS)


@quick
@given(st.text(st.characters(), max_size=600), st.integers(2, 600))
def test_never_longer_than_asked_and_encodable(text: str, limit: int) -> None:
    for found in (clean(text, limit), clean_block(text, limit)):
        assert len(found) <= limit
        found.encode()
    assert "\n" not in clean(text, limit)


@quick
@given(st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S", "Zs")), max_size=500))
def test_plain_ascii_is_itself(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize("before", ["a", "\uac00", "か", "К"])
def test_what_joins_another_character_is_never_taken_as_it_is(before: str) -> None:
    joining = [char for char in EVERY if unicodedata.combining(char) or "\u1100" <= char <= "\u11ff"]
    assert len(joining) > 1000
    for char in joining:
        # The mark at the end is no letter that a quick look lets pass: all are looked at one by one.
        assert clean(before + char) + "…" == clean(before + char + "…"), hex(ord(char))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Müller 株式会社", "Müller 株式会社"),
        ("👩‍👩‍👧‍👦 Ltd", "👩👩👧👦 Ltd"),
        ("👍🏽", "👍"),
        ("❤️", "❤"),
        ("🇩🇪🇪🇺", "DEEU"),
        ("क्‍ष", "क्‍ष"),
        ("می‌خواهم", "می‌خواهم"),
    ],
)
def test_a_cell_has_one_width_on_every_terminal(text: str, shown: str) -> None:
    assert steady(text) == shown
    assert steady(shown) == shown
