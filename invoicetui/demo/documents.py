"""What the demo's invoices look like on paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from invoicetui.demo.printing import HEIGHT, Paper

_LEFT, _RIGHT, _FIRST, _LAST = 50, 545, 520, 110
_QUANTITY, _PRICE = 365, 450
_MAX_NAME = 50  # letters of a line beside the facts


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the table, its numbers as they are printed; an empty one is left out."""

    name: str
    quantity: str
    price: str
    total: str


@dataclass(frozen=True, slots=True)
class Letter:
    """An invoice: who sends it (name, then address lines) to whom, what stands beside it, its lines and its sums.

    `facts` and `sums` are pairs of a label and a value; the last sum is the one to pay. `stamp` is printed across.
    """

    sender: Sequence[str]
    recipient: Sequence[str]
    title: str
    facts: Sequence[tuple[str, str]]
    items: Sequence[Item]
    sums: Sequence[tuple[str, str]]
    notes: Sequence[str] = ()
    stamp: str = ""


def printed(letter: Letter) -> bytes:
    """The PDF; a long table goes on over further pages."""
    paper = Paper()
    paper.text(_LEFT, HEIGHT - 70, letter.sender[0], 16, bold=True)
    for at, line in enumerate(letter.sender[1:]):
        paper.text(_LEFT, HEIGHT - 88 - 12 * at, line)
    lines = [part for line in letter.recipient for part in wrap(line, _MAX_NAME)]
    for at, line in enumerate(lines):
        paper.text(_LEFT, HEIGHT - 160 - 13 * at, line, 10, bold=at == 0)
    paper.text(_RIGHT, HEIGHT - 70, letter.title, 20, bold=True, right=True)
    for at, (label, value) in enumerate(letter.facts):
        paper.text(400, HEIGHT - 160 - 13 * at, label)
        paper.text(_RIGHT, HEIGHT - 160 - 13 * at, value, right=True)
    if letter.stamp:
        paper.stamp(210, 330, letter.stamp, 30)
    y = _table(paper, letter.items)
    if y < _LAST + 16 * len(letter.sums) + 14 * len(letter.notes):
        paper.turn()
        y = HEIGHT - 80
    y -= 8
    for label, value in letter.sums:
        is_last = (label, value) == letter.sums[-1]
        if is_last:
            paper.rule(360, y + 12, _RIGHT)
        paper.text(_QUANTITY, y, label, 10, bold=is_last)
        paper.text(_RIGHT, y, value, 10, bold=is_last, right=True)
        y -= 16
    for at, line in enumerate(letter.notes):
        paper.text(_LEFT, y - 14 - 13 * at, line)
    paper.text(_LEFT, 50, " \N{MIDDLE DOT} ".join(letter.sender), 7)
    paper.text(_RIGHT, 50, f"Page {paper.pages}", 7, right=True)
    return paper.content()


def _table(paper: Paper, items: Sequence[Item]) -> float:
    """The table from the place where the first page has it; the height at which it ends."""
    y = _heading(paper, _FIRST)
    for at, item in enumerate(items):
        if y < _LAST:
            paper.turn()
            y = _heading(paper, HEIGHT - 80)
        if at % 2:
            paper.band(_LEFT - 4, y - 5, _RIGHT - _LEFT + 8, 16, 0.95)
        paper.text(_LEFT, y, item.name)
        for x, text in ((_QUANTITY, item.quantity), (_PRICE, item.price), (_RIGHT, item.total)):
            paper.text(x, y, text, right=True)
        y -= 16
    paper.rule(_LEFT - 4, y + 9, _RIGHT + 4)
    return y


def _heading(paper: Paper, y: float) -> float:
    paper.band(_LEFT - 4, y - 5, _RIGHT - _LEFT + 8, 17, 0.85)
    paper.text(_LEFT, y, "Description", bold=True)
    for x, text in ((_QUANTITY, "Quantity"), (_PRICE, "Unit price"), (_RIGHT, "Amount")):
        paper.text(x, y, text, bold=True, right=True)
    return y - 18


def amount(minor: int, currency: str, digits: int = 2) -> str:
    """`EUR 1,234.50`."""
    return f"{currency} {plain(minor, digits)}"


def plain(minor: int, digits: int = 2) -> str:
    """`1,234.50`; integers only, as everywhere."""
    whole, rest = divmod(abs(minor), 10**digits)
    point = f".{rest:0{digits}d}" if digits else ""
    return f"{'-' if minor < 0 else ''}{whole:,}{point}"
