"""How a line of the invoice list looks: columns, marks and styles. It knows of no widget."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style

from invoicetui.account import Account, Side
from invoicetui.standing import Status
from invoicetui.ui.columns import GUTTER, Fitted, fit, join, layout, most_skipped
from invoicetui.ui.present import cells

if TYPE_CHECKING:
    from invoicetui.ledger.order import Sort
    from invoicetui.ledger.store import Row

_ABSENT = "\N{HORIZONTAL ELLIPSIS}"
# Only what asks for attention, or for none; every further style costs bytes on each line that has it.
_STYLED = {
    Status.OVERDUE: "late",
    Status.UNCOLLECTIBLE: "late",
    Status.UPCOMING: "quiet",
    Status.DRAFT: "quiet",
    Status.VOID: "quiet",
}


class Painter:
    """Lines exactly `width` cells wide. `style` gives the style called header, cursor, late, quiet or "" (a row)."""

    def __init__(self, style: Callable[[str], Style]) -> None:
        self._style = style
        self._labels: Mapping[str, str] = {}
        self._is_single = self._is_issued = False
        self._skip = 0
        self.width = 0
        self.today = date.min
        self.sort: Sort | None = None
        self.columns: tuple[Fitted, ...] = ()

    def take(self, accounts: Mapping[str, Account]) -> None:
        """The accounts whose invoices may come; their number and side decide which columns are worth their room."""
        self._labels = {account.id: account.label for account in accounts.values()}
        self._is_single = len(accounts) == 1
        self._is_issued = bool(accounts) and all(account.side is Side.ISSUED for account in accounts.values())
        self._skip = 0
        self._fit()

    def resize(self, width: int) -> None:
        self.width = width
        self.sideways(0)

    def sideways(self, by: int) -> None:
        """Let `by` more columns at the left give way to those without room (fewer when negative)."""
        most = most_skipped(self.width, is_single=self._is_single, is_issued=self._is_issued)
        self._skip = max(0, min(self._skip + by, most))
        self._fit()

    def _fit(self) -> None:
        self.columns = layout(self.width, is_single=self._is_single, is_issued=self._is_issued, skip=self._skip)

    def sort_at(self, x: int) -> str:
        """The order of the column at cell `x`, "" for none."""
        start = GUTTER
        for column, width in self.columns:
            if start <= x < start + width:
                return column.sort
            start += width + 1
        return ""

    def header(self) -> list[Segment]:
        text, _ = self._joined("<" if self._skip else "", [self._title(fitted) for fitted in self.columns])
        return [Segment(text, self._style("header"))]

    def row(self, row: Row | None, *, is_cursor: bool, is_tagged: bool = False) -> list[Segment]:
        """A row, or the sign that it is not at hand yet; `>` marks the cursor's, `*` a tagged one."""
        style, mark = (self._style("cursor"), ">") if is_cursor else (self._style(""), "")
        mark += "*" if is_tagged else ""
        if row is None:
            return [Segment(fit(f"{mark:<{GUTTER}}{_ABSENT}", self.width), style)]
        text, places = self._joined(mark, cells(row, self.columns, self.today, self._labels))
        name = _STYLED.get(row.status(self.today))
        if is_cursor or name is None or "status" not in places:
            return [Segment(text, style)]
        start, end = places["status"]
        return [Segment(text[:start], style), Segment(text[start:end], self._style(name)), Segment(text[end:], style)]

    def tail(self, text: str) -> list[Segment]:
        """A line below the rows; empty ones too."""
        return [Segment(fit(" " * GUTTER + text, self.width), self._style("quiet" if text else ""))]

    def _joined(self, mark: str, texts: Sequence[str]) -> tuple[str, dict[str, tuple[int, int]]]:
        """A line's text, and where in it each column stands (in characters, which may be fewer than cells)."""
        text = f"{mark:<{GUTTER}}"
        places = {}
        for (column, _), cell in zip(self.columns, join(texts, self.columns), strict=True):
            places[column.name] = (len(text), len(text) + len(cell))
            text += cell + " "
        return fit(text.rstrip(), self.width), places

    def _title(self, fitted: Fitted) -> str:
        """A column's title; on the column the list is ordered by, with `^` for rising and `v` for falling."""
        title = fitted.column.title
        if self.sort is None or fitted.column.sort != self.sort.field:
            return title
        mark = "v" if self.sort.descending else "^"
        return f"{title} {mark}" if len(title) + 2 <= fitted.width else title[: fitted.width - 1] + mark
