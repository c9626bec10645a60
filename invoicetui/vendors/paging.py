"""The ways vendors cut a list into pages. Tokens are strings so that the ledger can keep them between runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from invoicetui.vendors.base import Params


@dataclass(frozen=True, slots=True)
class PageNumber:
    """Pages counted from `base`; `size` rows each. The only place where page numbers are not counted from one."""

    base: int
    size: int = 100

    def first(self) -> str:
        return str(self.base)

    def nth(self, index: int) -> str:
        return str(self.base + index)

    def params(self, token: str) -> Params:
        return (("page", token), ("per_page", str(self.size)))

    def after(self, token: str, count: int, total_pages: int | None) -> str | None:
        """The next page's token: by the page count where it is known, else a short page was the last."""
        if not count:
            return None
        is_last = int(token) - self.base + 1 >= total_pages if total_pages is not None else count < self.size
        return None if is_last else str(int(token) + 1)


@dataclass(frozen=True, slots=True)
class Cursor:
    """An opaque cursor; the first page has none."""

    size: int = 100

    def first(self) -> str:
        return ""

    def params(self, token: str) -> Params:
        size = ("per_page", str(self.size))
        return (size, ("cursor", token)) if token else (size,)

    def after(self, cursor: str | None, *, has_next: bool) -> str | None:
        return cursor if cursor and has_next else None


@dataclass(frozen=True, slots=True)
class DateWindow:
    """A year at a time, newest first; ends after `patience` empty windows in a row that are not the first.

    Neighbouring windows overlap by `overlap` days: which of an invoice's dates the server compares, and whether its
    ends are inclusive, is not documented, and an invoice whose period straddles a border must be in one of them.
    A token is `FROM..TO` and the number of empty windows before it: `2025-11-22..2026-11-21#0`.
    """

    patience: int = 2
    days: int = 365
    overlap: int = 31

    def first(self, latest: date, earliest: date | None = None) -> str:
        return self._token(latest, 0, earliest)

    def params(self, token: str) -> Params:
        start, end, _ = self._parts(token)
        return (("from", start.isoformat()), ("to", end.isoformat()))

    def start(self, token: str) -> date:
        """The first day the token's window covers."""
        return self._parts(token)[0]

    def reaches(self, token: str) -> date:
        """The day from which on nothing is missing: an invoice that straddles the start may be in the window before."""
        return self.start(token) + timedelta(days=self.overlap)

    def after(self, token: str, *, is_first: bool, is_empty: bool, earliest: date | None = None) -> str | None:
        """The window before; None at `earliest` (inclusive), at 1970, or when patience is used up."""
        start, _, empties = self._parts(token)
        empties = empties + 1 if is_empty and not is_first else 0
        if empties >= self.patience or start <= (earliest or _OLDEST):
            return None
        return self._token(start + timedelta(days=self.overlap), empties, earliest)

    def _token(self, end: date, empties: int, earliest: date | None) -> str:
        start = max(end - timedelta(days=self.days + self.overlap), earliest or _OLDEST)
        return f"{start}..{end}#{empties}"

    @staticmethod
    def _parts(token: str) -> tuple[date, date, int]:
        window, _, empties = token.partition("#")
        start, _, end = window.partition("..")
        return date.fromisoformat(start), date.fromisoformat(end), int(empties or 0)


#: No invoice of a JSON billing API is older than this; it ends a walk whose windows are never empty.
_OLDEST = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class SinglePage:
    """Everything in one answer."""

    def first(self) -> str:
        return ""

    def params(self, token: str) -> Params:
        return ()
