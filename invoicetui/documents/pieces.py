"""From single characters with their boxes to pieces of text: words that stand together, and no column's neighbour."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import NamedTuple

from invoicetui.text import clean

#: All in heights of a line: how far apart letters of one word may be, words of one piece, and how much they overlap.
WORD_GAP, PIECE_GAP, _OVERLAP, _BASE = 0.12, 0.55, 0.35, 0.2
#: A scan that lies a little askew is not rotated text.
_ASKEW = 3
# Shaped Arabic, Hebrew and the Latin ligatures have code points of their own, which nobody types into a search.
_FORMS = ((0xFB00, 0xFDFF), (0xFE70, 0xFEFE))


class Letter(NamedTuple):
    """One character as shown: its box in points from the page's top left corner, `base` the line it stands on.

    `angle` is in degrees clockwise; `is_spaced`: white space comes before it, `space` points of it in the file itself
    (0 where a file only leaves a gap, and for the many spaces that stand for a column).
    """

    char: str
    left: float
    right: float
    top: float
    bottom: float
    base: float
    angle: int = 0
    is_spaced: bool = False
    space: float = 0.0


@dataclass(frozen=True, slots=True)
class Piece:
    """Text that stands together, clean, in reading order; places in points from the page's top left corner.

    `size` is the height of its line, `angle` 0 for upright text, else degrees clockwise.
    """

    text: str
    left: float
    right: float
    base: float
    size: float
    angle: int = 0


def pieces_of(letters: Iterable[Letter]) -> tuple[Piece, ...]:
    """The pieces of a page, in the order of its content."""
    runs: list[list[Letter]] = []
    for letter in letters:
        if runs and _stands_with(runs[-1][-1], letter):
            runs[-1].append(letter)
        else:
            runs.append([letter])
    return tuple(piece for run in runs for piece in _piece(run))


def is_rtl(char: str) -> bool:
    """Whether a character belongs to a script that runs from right to left."""
    return char > "\u0590" and unicodedata.bidirectional(char) in ("R", "AL")


def _stands_with(last: Letter, letter: Letter) -> bool:
    """Whether a letter belongs to the piece that ends with `last`."""
    size = _size(last, letter)
    if _is_upright(last) and _is_upright(letter):
        if abs(letter.base - last.base) > _BASE * size:
            return False
        gap = letter.left - last.right
        if gap < -_OVERLAP * size and (is_rtl(letter.char) or is_rtl(last.char)):
            gap = last.left - letter.right
        # A typewriter's space is wider than other fonts' columns are apart.
        return -_OVERLAP * size <= gap <= max(PIECE_GAP * size, letter.space + WORD_GAP * size)
    if letter.angle != last.angle:
        return False
    across, down = letter.left + letter.right - last.left - last.right, letter.base - last.base
    reach = 2.5 * max(size, last.right - last.left, letter.right - letter.left)
    return abs(across) / 2 <= reach and abs(down) <= reach


def _is_spaced(last: Letter, letter: Letter) -> bool:
    """Whether a space stands between two neighbours of one piece, whichever of them is at the left."""
    if not (_is_upright(last) and _is_upright(letter)):
        return letter.is_spaced
    size, gap = _size(last, letter), max(letter.left - last.right, last.left - letter.right)
    return gap > 2 * WORD_GAP * size or (letter.is_spaced and gap > WORD_GAP / 2 * size)


def _size(one: Letter, other: Letter) -> float:
    return max(one.bottom - one.top, other.bottom - other.top, 0.1)


def _is_upright(letter: Letter) -> bool:
    return letter.angle <= _ASKEW or letter.angle >= 360 - _ASKEW


def _piece(run: list[Letter]) -> Iterator[Piece]:
    first = run[0]
    if _is_upright(first) and any(is_rtl(letter.char) for letter in run):
        run = _as_read(run)
    text = run[0].char + "".join(
        f" {letter.char}" if _is_spaced(last, letter) else letter.char for last, letter in pairwise(run)
    )
    if not text.isascii():
        text = _typed(text)
    text = clean(text).strip()
    if text:
        yield Piece(
            text,
            min(letter.left for letter in run),
            max(letter.right for letter in run),
            first.base,
            max(letter.bottom - letter.top for letter in run),
            0 if _is_upright(first) else first.angle,
        )


def _as_read(run: list[Letter]) -> list[Letter]:
    """From right to left, but numbers and Latin words inside from left to right: files keep either order."""
    out: list[Letter] = []
    for is_reversed, group in groupby(sorted(run, key=lambda letter: -letter.right), lambda one: is_rtl(one.char)):
        letters = list(group)
        out += letters if is_reversed else letters[::-1]
    return out


def _typed(text: str) -> str:
    """The text as somebody would type it: halves of characters joined, shaped forms as plain letters."""
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(
        unicodedata.normalize("NFKC", char) if any(low <= ord(char) <= high for low, high in _FORMS) else char
        for char in text
    )
