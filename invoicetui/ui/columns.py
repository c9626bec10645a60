"""The invoice list's columns: which there are, which fit a width, and how a cell is cut to its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

#: Cells before the first column: the cursor's mark and a space.
GUTTER = 2
#: Below this many cells the date is 5 wide and only four columns are chosen.
NARROW = 60


@dataclass(frozen=True, slots=True)
class Column:
    """A column at least `width` cells wide, growing to `most`; `sort` is the order a click on it asks for, if any."""

    name: str
    title: str
    width: int
    most: int
    sort: str = ""
    is_right: bool = False


class Fitted(NamedTuple):
    """A column at the width it has on this screen."""

    column: Column
    width: int


COLUMNS = (
    Column("date", "DATE", 10, 10, "date"),
    Column("account", "ACCOUNT", 12, 22, "vendor"),
    Column("vendor", "VENDOR", 8, 10, "vendor"),
    Column("number", "NUMBER", 14, 28, "number"),
    Column("customer", "CUSTOMER", 16, 32),
    Column("period", "PERIOD", 22, 22, "period"),
    Column("status", "ST", 4, 4, "status"),
    Column("total", "TOTAL", 16, 22, "total", is_right=True),
    Column("open", "OPEN", 16, 22, is_right=True),
    Column("due", "DUE", 10, 10, "due"),
)
_BY_NAME = {column.name: column for column in COLUMNS}
_SHORT_DATE = Column("date", "DATE", 5, 5, "date")
# What a person needs first comes first.
_NARROW = ("date", "vendor", "status", "total")
_RECEIVED = ("date", "status", "total", "account", "number", "due", "vendor", "customer", "open", "period")
_ISSUED = ("date", "status", "total", "account", "customer", "due", "number", "open", "vendor", "period")
# Who takes spare room first.
_GROWING = ("number", "customer", "account", "total", "open", "vendor")


def layout(width: int, *, is_single: bool = False, is_issued: bool = False, skip: int = 0) -> tuple[Fitted, ...]:
    """The columns for a list `width` cells wide, gutter included, in the order they stand, widths filling the room.

    `is_single`: one account only, so that its name and vendor need no column. `is_issued`: what we issued, so that
    the customer goes before the number. `skip` columns at the left give way to columns which had no room. At least
    one column comes back, cut to the room there is.
    """
    room = max(width - GUTTER, 1)
    order = _order(width, is_single=is_single, is_issued=is_issued)
    widths: dict[Column, int] = {}
    for column in order[min(skip, len(order) - 1) :]:
        if _used(widths) + bool(widths) + column.width > room:
            break
        widths[column] = column.width
    if not widths:
        column = order[min(skip, len(order) - 1)]
        return (Fitted(column, min(column.width, room)),)
    for name in _GROWING:
        growing = _BY_NAME[name]
        if growing in widths:
            widths[growing] = min(growing.most, growing.width + room - _used(widths))
    return tuple(Fitted(column, cells) for column, cells in widths.items())


def most_skipped(width: int, *, is_single: bool = False, is_issued: bool = False) -> int:
    """How many columns can go at the left until the last one stands at the right."""
    order = _order(width, is_single=is_single, is_issued=is_issued)
    for skip in range(len(order)):
        if layout(width, is_single=is_single, is_issued=is_issued, skip=skip)[-1].column == order[-1]:
            return skip
    return len(order) - 1


def _order(width: int, *, is_single: bool, is_issued: bool) -> list[Column]:
    """All columns: first the chosen ones as they stand from left to right, then those without room."""
    if width < NARROW:
        chosen: set[str] = set(_NARROW)
    else:
        wanted = [name for name in (_ISSUED if is_issued else _RECEIVED) if not (is_single and name in _SINGLE)]
        chosen, room = set(), width - GUTTER + 1
        for name in wanted:
            room -= _BY_NAME[name].width + 1
            if room < 0:
                break
            chosen.add(name)
    columns = [_SHORT_DATE if width < NARROW and column.name == "date" else column for column in COLUMNS]
    return sorted(columns, key=lambda column: column.name not in chosen)


_SINGLE = ("account", "vendor")


def _used(widths: dict[Column, int]) -> int:
    return sum(widths.values()) + max(len(widths) - 1, 0)


def fit(text: str, width: int, *, is_right: bool = False) -> str:
    """`text` in exactly `width` cells: padded, or cut with `~` as its last cell. Wide characters count as two."""
    cells = len(text) if text.isascii() else cell_len(text)
    if cells > width:
        return set_cell_size(text, width - 1) + "~" if width > 0 else ""
    padding = " " * (width - cells)
    return padding + text if is_right else text + padding


def join(cells: Sequence[str], columns: Sequence[Fitted]) -> list[str]:
    """The cells at their columns' widths."""
    return [fit(cell, width, is_right=column.is_right) for cell, (column, width) in zip(cells, columns, strict=True)]
