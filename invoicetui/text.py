"""The trust boundary for text: whatever came from outside passes here once, before the model holds it."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

#: Characters of one line of text; a longer one is cut.
LIMIT = 500
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# Control characters (ESC, the 8-bit CSI, NUL), lone surrogates, private use and line separators become a visible
# replacement: tampering should show. Unassigned code points stay: emoji newer than this Python's tables are text.
_REPLACED = frozenset(("Cc", "Cs", "Co", "Zl", "Zp"))
# Letters and symbols that paint nothing: Hangul fillers, Khmer vowels, CGJ, Braille blank, Mongolian selectors.
_INVISIBLE = frozenset("\u115f\u1160\u3164\uffa0\u17b4\u17b5\u034f\u2800\u180b\u180c\u180d\u180f")
_JOINERS = frozenset("\u200c\u200d")
# Letters of which none is changed, dropped or joined to another: Latin, Cyrillic, kana, Han, Hangul.
_PLAIN = "[ -~\xa1-\xac\xae-\u024f\u0400-\u0482\u048a-\u052f\u3041-\u3096\u30a1-\u30fc\u4e00-\u9fff\uac00-\ud7a3]*"
# Letters and their marks, among which a joiner has no width anywhere.
_SCRIPT = frozenset(("Lo", "Lm", "Mn", "Mc"))
# "Zalgo": more marks than this on one base character paint over the lines above and below.
_MAX_MARKS = 3


def clean(value: object, limit: int = LIMIT) -> str:
    """One line of text without anything a terminal could act on, NFC, at most `limit` characters.

    Control characters become U+FFFD, bidi and zero-width characters go, any space becomes a space.
    `None` is the empty string; anything else that is not text is shown as `str` shows it.
    """
    if type(value) is str and value.isascii() and value.isprintable() and len(value) <= limit:
        return value  # nearly all there is, and it comes by the hundred thousand
    return _clean(value, limit, keep_newlines=False)


def clean_block(value: object, limit: int = 20_000) -> str:
    """Like `clean`, but newlines stay."""
    return _clean(value, limit, keep_newlines=True)


@cache
def _plain() -> re.Pattern[str]:
    """Made when it is needed: for ranges this wide that takes longer than a whole module's import."""
    return re.compile(_PLAIN)


def _clean(value: object, limit: int, *, keep_newlines: bool) -> str:
    text = value if isinstance(value, str) else "" if value is None else str(value)
    if len(text) <= limit and _plain().fullmatch(text):
        return text
    was_long = len(text) > limit
    text = text[: limit * 2 + 64]  # bound the work before normalising
    if keep_newlines:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = unicodedata.normalize("NFC", text)
    out: list[str] = []
    marks = 0
    for at, char in enumerate(text):
        if char == "\n" and keep_newlines:
            marks = 0
            out.append(char)
            continue
        if char in "\t\n\r":
            char, category = " ", "Zs"
        else:
            category = unicodedata.category(char)
        if category in _REPLACED:
            char = REPLACEMENT
        elif category == "Zs":
            char = " "
        elif category == "Cf":
            if not (char in _JOINERS and _joins(text, at)):
                continue
        elif char in _INVISIBLE or "\ufe00" <= char <= "\ufe0e" or "\U000e0100" <= char <= "\U000e01ef":
            continue  # U+FE0F, emoji presentation, stays
        if category in ("Mn", "Me"):
            marks += 1
            if marks > _MAX_MARKS or not out:
                continue
        else:
            marks = 0
        out.append(char)
    result = "".join(out)
    if was_long or len(result) > limit:
        result = result[: limit - 1] + ELLIPSIS
    return result


def steady(text: str) -> str:
    """The same text, of which every terminal has the same idea how wide it is: for a cell with others to its right.

    A family, a skin colour or a flag is one picture here and several there: its parts stand by themselves then, and a
    flag is its country's letters.
    """
    if text.isascii():
        return text
    return "".join(_apart(char, text[at - 1] if at else "") for at, char in enumerate(text))


def _apart(char: str, before: str) -> str:
    if "\U0001f1e6" <= char <= "\U0001f1ff":
        return chr(ord(char) - 0x1F1E6 + ord("A"))
    if char == "\u200d" and before and unicodedata.category(before) not in _SCRIPT:
        return ""
    return "" if char == "\ufe0f" or "\U0001f3fb" <= char <= "\U0001f3ff" else char


def _joins(text: str, at: int) -> bool:
    """A joiner belongs between two letters or emoji (Persian, Indic scripts, family emoji) and nowhere else."""
    return 0 < at < len(text) - 1 and _is_joinable(text[at - 1]) and _is_joinable(text[at + 1])


def _is_joinable(char: str) -> bool:
    if char.isascii():
        return False  # no Latin word needs one; two equal-looking numbers must not differ by one
    return unicodedata.category(char) in ("Lo", "Mn", "Mc", "So", "Sk", "Cn", "Lm") and char not in _INVISIBLE
