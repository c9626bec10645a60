"""From single characters with their boxes to pieces of text: words that stand together, and no column's neighbour."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from invoicetui.text import clean

#: All in heights of a line: how far apart letters of one word may be, words of one piece, and how much they overlap.
_WORD_GAP, _PIECE_GAP, _OVERLAP, _BASE = 0.12, 0.55, 0.35, 0.2
#: A scan that lies a little askew is not rotated text.
_ASKEW = 3
# Shaped Arabic, Hebrew and the Latin ligatures have code points of their own, which nobody types into a search.
_FORMS = ((0xFB00, 0xFDFF), (0xFE70, 0xFEFE))


class Letter(NamedTuple):
    """One character as shown: its box in points from the page's top left corner, `base` the line it stands on.

    `angle` is in degrees clockwise; `is_spaced`: white space comes before it.
    """

    char: str
    left: float
    right: float
    top: float
    bottom: float
    base: float
    angle: int = 0
    is_spaced: bool = False


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
    spaced: list[list[bool]] = []
    for letter in letters:
        joint = _joint(runs[-1][-1], letter) if runs else None
        if joint is None:
            runs.append([letter])
            spaced.append([False])
        else:
            runs[-1].append(letter)
            spaced[-1].append(joint)
    return tuple(piece for run, gaps in zip(runs, spaced, strict=True) for piece in _piece(run, gaps))


def is_rtl(char: str) -> bool:
    """Whether a character belongs to a script that runs from right to left."""
    return char > "\u0590" and unicodedata.bidirectional(char) in ("R", "AL")


def _joint(last: Letter, letter: Letter) -> bool | None:
    """Whether a space stands between two letters of one piece; None when a new piece begins."""
    size = max(last.bottom - last.top, letter.bottom - letter.top, 0.1)
    if _is_upright(last) and _is_upright(letter):
        if abs(letter.base - last.base) > _BASE * size:
            return None
        gap = letter.left - last.right
        if (is_rtl(letter.char) or is_rtl(last.char)) and gap < -_OVERLAP * size:
            gap = last.left - letter.right
        if not -_OVERLAP * size <= gap <= _PIECE_GAP * size:
            return None
        return gap > 2 * _WORD_GAP * size or (letter.is_spaced and gap > _WORD_GAP / 2 * size)
    if letter.angle != last.angle:
        return None
    across, down = letter.left + letter.right - last.left - last.right, letter.base - last.base
    reach = 2.5 * max(size, last.right - last.left, letter.right - letter.left)
    return letter.is_spaced if abs(across) / 2 <= reach and abs(down) <= reach else None


def _is_upright(letter: Letter) -> bool:
    return letter.angle <= _ASKEW or letter.angle >= 360 - _ASKEW


def _piece(run: list[Letter], gaps: list[bool]) -> Iterator[Piece]:
    text = "".join(f" {letter.char}" if gap else letter.char for letter, gap in zip(run, gaps, strict=True))
    if not text.isascii():
        text = _typed(text)
    text = clean(text).strip()
    if text:
        first = run[0]
        yield Piece(
            text,
            min(letter.left for letter in run),
            max(letter.right for letter in run),
            first.base,
            max(letter.bottom - letter.top for letter in run),
            0 if _is_upright(first) else first.angle,
        )


def _typed(text: str) -> str:
    """The text as somebody would type it: halves of characters joined, shaped forms as plain letters."""
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(
        unicodedata.normalize("NFKC", char) if any(low <= ord(char) <= high for low, high in _FORMS) else char
        for char in text
    )
