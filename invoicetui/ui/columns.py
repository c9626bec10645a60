"""The invoice list's columns: which there are, which fit a width, and how a cell is cut to its own."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from invoicetui.tuples import NamedTuple

#: Cells before the first column: the cursor's mark and a space.
GUTTER = 2
#: Below this many cells the date is 5 wide and only four columns are chosen.
NARROW = 60


class Column(NamedTuple):
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


COLUMNS: tuple[Column, ...] = (
    Column("date", "DATE", 10, 10, "date"),
    Column("account", "ACCOUNT", 14, 22, "vendor"),
    Column("vendor", "VENDOR", 10, 10, "vendor"),
    Column("number", "NUMBER", 14, 28, "number"),
    Column("customer", "CUSTOMER", 16, 32),
    Column("period", "PERIOD", 22, 22, "period"),
    Column("status", "ST", 4, 4, "status"),
    Column("total", "TOTAL", 16, 22, "total", is_right=True),
    Column("open", "STILL DUE", 16, 22, is_right=True),
    Column("due", "DUE", 10, 10, "due"),
)
_BY_NAME = {column.name: column for column in COLUMNS}
_SLIM = {"date": Column("date", "DATE", 5, 5, "date"), "vendor": Column("vendor", "VENDOR", 8, 10, "vendor")}
# What a person needs first comes first.
_NARROW = ("date", "vendor", "status", "total")
_RECEIVED = ("date", "status", "total", "account", "number", "due", "vendor", "open", "customer", "period")
_ISSUED = ("date", "status", "total", "account", "customer", "due", "number", "open", "vendor", "period")
# The same on every line of a single account's list.
_SINGLE = ("account", "vendor")
# Who takes spare room first.
_GROWING = ("number", "customer", "account", "vendor", "total", "open")


def layout(width: int, *, is_single: bool = False, is_issued: bool = False, skip: int = 0) -> tuple[Fitted, ...]:
    """The columns for a list `width` cells wide, gutter included, in the order they stand, widths filling the room.

    `is_single`: one account only, so that its name and vendor need no column. `is_issued`: what we issued, so that
    the customer goes before the number. `skip` columns at the left give way to columns which had no room. At least
    one column comes back, cut to the room there is.
    """
    room = max(width - GUTTER, 1)
    chosen, others = _order(width, is_single=is_single, is_issued=is_issued)
    candidates = [*chosen, *others][skip:] if skip else chosen
    widths: dict[Column, int] = {}
    for column in candidates:
        if _used(widths) + bool(widths) + column.width > room:
            break
        widths[column] = column.width
    if not widths:
        return (Fitted(candidates[0], min(candidates[0].width, room)),)
    for column in sorted(widths, key=_growth):
        widths[column] = min(column.most, column.width + room - _used(widths))
    return tuple(Fitted(column, cells) for column, cells in widths.items())


def most_skipped(width: int, *, is_single: bool = False, is_issued: bool = False) -> int:
    """How many columns can go at the left until the last one stands at the right."""
    last = len(COLUMNS) - 1
    for skip in range(last):
        shown = layout(width, is_single=is_single, is_issued=is_issued, skip=skip)
        if skip + len(shown) > last:
            return skip
    return last


def _order(width: int, *, is_single: bool, is_issued: bool) -> tuple[list[Column], list[Column]]:
    """The chosen columns as they stand from left to right, and those without room."""
    columns = COLUMNS
    if width < NARROW:
        chosen, columns = set(_NARROW), tuple(_SLIM.get(column.name, column) for column in COLUMNS)
    else:
        chosen, room = set(), width - GUTTER + 1
        for name in _ISSUED if is_issued else _RECEIVED:
            if _BY_NAME[name].width < room and not (is_single and name in _SINGLE):
                room -= _BY_NAME[name].width + 1
                chosen.add(name)
    return [column for column in columns if column.name in chosen], [
        column for column in columns if column.name not in chosen
    ]


def _growth(column: Column) -> int:
    return _GROWING.index(column.name) if column.name in _GROWING else len(_GROWING)


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
