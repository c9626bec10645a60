"""Rows as text in columns: as wide as what stands in them, and on a terminal no wider than that."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Collection, Iterator, Sequence

#: What a column that gives way keeps, at least.
_LEAST = 6
_GAP = "   "


def show(
    titles: Sequence[str], rows: Sequence[Sequence[str]], *, right: Collection[str] = (), giving: Collection[str]
) -> None:
    """Print the table: under a bold title on a terminal; in a pipe, which has no width, nothing is cut."""
    is_terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if is_terminal else None
    head, *rest = lines(titles, rows, right=right, giving=giving, width=width)
    print()
    if is_terminal:
        from rich.console import Console
        from rich.text import Text

        Console(highlight=False).print(Text(head, style="bold"), soft_wrap=True)
    else:
        print(head)
    for line in rest:
        print(line)
    print()


def lines(
    titles: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: Collection[str] = (),
    giving: Collection[str] = (),
    width: int | None = None,
) -> Iterator[str]:
    """The titles, a line below them, the rows. None of `width` cuts nothing.

    `right` are the columns whose cells stand at the right, `giving` those that are cut where the terminal is too narrow
    for all; the others never are, for half an amount or a date is a wrong one.
    """
    widths = [max(map(cells, column)) for column in zip(titles, *rows, strict=True)]
    if width is not None:
        _shrink(widths, [at for at, title in enumerate(titles) if title in giving], width - 2)
    aligned = [title in right for title in titles]
    yield _line(titles, widths, aligned)
    yield " " + "─" * (sum(widths) + len(_GAP) * (len(widths) - 1))
    for row in rows:
        yield _line(row, widths, aligned)


def cells(text: str) -> int:
    """How wide a text is on a terminal."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _shrink(widths: list[int], giving: Sequence[int], room: int) -> None:
    """Take from the widest of the columns that give way, a cell at a time, until all have room or none can give."""
    over = sum(widths) + len(_GAP) * (len(widths) - 1) - room
    for _ in range(over):
        at = max(giving, key=lambda column: widths[column])
        if widths[at] <= _LEAST:
            return
        widths[at] -= 1


def _line(row: Sequence[str], widths: Sequence[int], aligned: Sequence[bool]) -> str:
    return " " + _GAP.join(map(_fit, row, widths, aligned)).rstrip()


def _fit(text: str, width: int, is_right: bool) -> str:
    taken = cells(text)
    if taken > width:
        from rich.cells import set_cell_size

        return set_cell_size(text, width - 1) + "…"
    padding = " " * (width - taken)
    return padding + text if is_right else text + padding
