"""What may follow what was typed: words from a list, and the words of the query language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from invoicetui.ledger.terms import KEYS
from invoicetui.model import Account, Status


@dataclass(frozen=True, slots=True)
class Offer:
    """One way to go on: as it is shown, and what the whole line would be; None for what only says what is expected."""

    shown: str
    line: str | None


#: What may follow a text.
Completion = Callable[[str], Sequence[Offer]]


def of_words(words: Iterable[str]) -> Completion:
    """Those of the words that begin with the text."""
    known = tuple(words)
    return lambda text: [Offer(word, word) for word in known if word.startswith(text)]


def nothing(text: str) -> Sequence[Offer]:
    """Nothing is known of what may follow."""
    return ()


def of_query(accounts: Sequence[Account]) -> Completion:
    """The keys of the query language, and behind some of them their values, for the last word of the text."""
    values = {
        "status": [status.value for status in Status],
        "account": [account.id for account in accounts],
        "vendor": sorted({account.vendor for account in accounts}),
    }

    def offers(text: str) -> Sequence[Offer]:
        before, last = _last_word(text)
        minus = "-" if last.startswith("-") else ""
        key, colon, value = last.removeprefix("-").partition(":")
        if not colon:
            return [Offer(f"{minus}{name}:", f"{before}{minus}{name}:") for name in KEYS if name.startswith(key)]
        if key not in KEYS:
            return ()
        listed, comma, begun = value.rpartition(",")
        start = f"{before}{minus}{key}:{listed}{comma}"
        found = [Offer(word, start + word) for word in values.get(key, ()) if word.startswith(begun)]
        return found or ([] if key in values else [Offer(KEYS[key].help, None)])

    return offers


def _last_word(text: str) -> tuple[str, str]:
    """The word the text ends in, and all before it; a space in quotes does not end a word."""
    start, is_quoted = 0, False
    for at, char in enumerate(text):
        if char == '"':
            is_quoted = not is_quoted
        elif char.isspace() and not is_quoted:
            start = at + 1
    return text[:start], text[start:]
