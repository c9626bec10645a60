"""The query language: one parser for the list, its views, the command line and export.

Terms stand one beside another and all must hold: words, or `key:value`. A comma between values means any of them, a
minus before a term the opposite, quotes keep spaces and colons together. A word is looked for, whatever its case, in
number, customer, subscription, key, the vendor's own status, currency and amounts, and in the account's names and its
vendor's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import reduce
from typing import TYPE_CHECKING, Any

from invoicetui.errors import QueryError
from invoicetui.ledger.rows import fold
from invoicetui.standing import Status
from invoicetui.text import clean
from invoicetui.tuples import NamedTuple

if TYPE_CHECKING:
    from invoicetui.account import Account
    from invoicetui.ledger.terms import Condition
    from invoicetui.vendors.base import Wanted

_MAX_LENGTH = 5000
#: Far more than anybody types, and well below what SQLite takes in one condition.
_MAX_VALUES = 100
_KEY = re.compile(r"([^\s:\",]+):")
_SPACE = re.compile(r"\s*")


class Term(NamedTuple):
    """One term of a query: `key` is "" for a word, whose value is the folded word and the accounts it names."""

    key: str
    values: tuple[Any, ...]
    is_negated: bool

    def condition(self, today: date) -> Condition:
        from invoicetui.ledger.terms import KEYS, word_condition

        sql, values = KEYS[self.key].sql(self.values, today) if self.key else word_condition(*self.values)
        return (f"NOT ({sql})" if self.is_negated else sql), values


class Query(NamedTuple):
    """What is looked for, made by `parse`. `known` are the ids of the accounts it was parsed for."""

    text: str
    terms: tuple[Term, ...]
    known: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        return not self.terms

    @property
    def has_row_terms(self) -> bool:
        """Whether it chooses among an account's rows, not only among accounts."""
        return any(term.key not in ("account", "vendor") for term in self.terms)

    @property
    def has_words(self) -> bool:
        """Whether it looks for words, which no vendor can be asked for."""
        return any(not term.key for term in self.terms)

    def where(self, today: date) -> Condition:
        """A condition on the ledger's invoices, and its parameters."""
        conditions = [term.condition(today) for term in self.terms]
        sql = " AND ".join(f"({condition})" for condition, _ in conditions) or "1"
        return sql, tuple(value for _, values in conditions for value in values)

    def accounts(self) -> tuple[str, ...]:
        """The accounts that can have matches, in the order they were given."""
        left = set(self.known)
        for term in self.terms:
            if term.key in ("account", "vendor"):
                named = {account for value in term.values for account in value}
                left = left - named if term.is_negated else left & named
        return tuple(account for account in self.known if account in left)

    def wanted(self) -> Wanted:
        """What a vendor's server may leave out: never less than the query asks for, often more."""
        from invoicetui.vendors.base import Wanted

        statuses = [frozenset[Status](term.values) for term in self._positive("status")]
        first, last = self._issued()
        return Wanted(
            statuses=reduce(frozenset.intersection, statuses) if statuses else frozenset(),
            customer=self._single("customer"),
            subscription=self._single("sub"),
            issued_from=first,
            issued_to=last,
        )

    def _positive(self, key: str) -> list[Term]:
        return [term for term in self.terms if term.key == key and not term.is_negated]

    def _single(self, key: str) -> str:
        values = [value for term in self._positive(key) for value in term.values]
        return values[0] if len(values) == 1 else ""

    def _issued(self) -> tuple[date | None, date | None]:
        """The days that hold every wanted issue date: the span of a term's values, narrowed by each further term."""
        first: date | None = None
        last: date | None = None
        for term in self._positive("issued"):
            starts, ends = [days.first for days in term.values], [days.last for days in term.values]
            if None not in starts:
                first = max(filter(None, (first, min(filter(None, starts)))))
            if None not in ends:
                last = min(filter(None, (last, max(filter(None, ends)))))
        # Nothing can match; a server is not to be asked for a range that ends before it begins.
        return (first, None) if first and last and first > last else (first, last)


class _Piece(NamedTuple):
    text: str
    at: int


def parse(text: str, accounts: Sequence[Account], *, is_typing: bool = False) -> Query:
    """Read a query about these accounts. Raises QueryError with the place of the first mistake.

    `is_typing`: the text may go on, so what is unfinished at its end (`status:`, `issued:2026-0`) is left out.
    """
    return _Parser(clean(text, _MAX_LENGTH), accounts, is_typing=is_typing).query()


class _Parser:
    def __init__(self, text: str, accounts: Sequence[Account], *, is_typing: bool) -> None:
        self._text = text
        self._accounts = accounts
        self._is_typing = is_typing
        self._at = 0
        self._count = 0

    def query(self) -> Query:
        terms: list[Term] = []
        self._skip()
        while self._at < len(self._text):
            term = self._term()
            if term is not None:
                terms.append(term)
            self._skip()
        return Query(self._text, tuple(terms), tuple(account.id for account in self._accounts))

    def _skip(self) -> None:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _is_at(self, chars: str) -> bool:
        return self._at < len(self._text) and self._text[self._at] in chars

    @property
    def _is_unfinished(self) -> bool:
        """Whether what was just read ends where somebody is still typing."""
        return self._is_typing and self._at >= len(self._text)

    def _term(self) -> Term | None:
        begin = self._at
        is_negated = self._is_at("-")
        self._at += is_negated
        key = _KEY.match(self._text, self._at)
        if key is not None:
            from invoicetui.ledger.terms import KEYS, nearest

            name = fold(key[1])
            if name not in KEYS:
                mistake = nearest(key[1], KEYS, "key")
                close = mistake.expected if mistake.expected in KEYS else ", ".join(KEYS)
                raise self._error(f"{mistake.what}; quotes look for it as words", self._at, close)
            self._at = key.end()
            return self._keyed(name, is_negated)
        piece = self._piece(stops=" ")
        if not piece.text:
            if self._is_unfinished:
                return None
            raise self._error("nothing to look for", begin, "a word or key:value")
        word = fold(piece.text)
        named = (a.id for a in self._accounts if any(word in fold(name) for name in (a.id, a.label, a.vendor)))
        return Term("", (word, tuple(named)), is_negated)

    def _keyed(self, key: str, is_negated: bool) -> Term | None:
        from invoicetui.ledger.terms import KEYS, Mistake

        values: list[Any] = []
        while True:
            piece = self._piece(stops=" ,")
            try:
                if not piece.text:
                    raise Mistake(f"{key}: lacks a value", KEYS[key].help, is_begun=True)
                values.append(KEYS[key].read(piece.text, self._accounts))
            except Mistake as mistake:
                if not (mistake.is_begun and self._is_unfinished):
                    raise self._error(mistake.what, piece.at, mistake.expected) from None
            if not self._is_at(","):
                return Term(key, tuple(values), is_negated) if values else None
            self._at += 1

    def _piece(self, *, stops: str) -> _Piece:
        """A run of characters up to a stop, with quoted parts in it."""
        begin, out = self._at, []
        self._count += 1
        if self._count > _MAX_VALUES or len(self._text) >= _MAX_LENGTH:
            raise self._error("the query is too long", begin, f"at most {_MAX_VALUES} words and values")
        while self._at < len(self._text) and not self._is_at(stops):
            if not self._is_at('"'):
                out.append(self._text[self._at])
                self._at += 1
                continue
            end = self._text.find('"', self._at + 1)
            if end < 0 and not self._is_typing:
                raise self._error("the quotes are not closed", self._at, 'another "')
            end = len(self._text) if end < 0 else end
            out.append(self._text[self._at + 1 : end])
            self._at = min(end + 1, len(self._text))
        return _Piece("".join(out), begin)

    def _error(self, what: str, at: int, expected: str) -> QueryError:
        return QueryError(what, text=self._text, at=at, expected=expected)
