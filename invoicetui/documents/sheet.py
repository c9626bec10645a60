"""A page fitted on a character grid: real characters at their place, nothing lost, nothing painted over."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from invoicetui.documents.pdfium import Page
from invoicetui.documents.pieces import PIECE_GAP, WORD_GAP, Piece, is_rtl

MIN_COLUMNS = 20
_MAX_BLANK = 2  # rows; a page's empty half says nothing
#: In heights of a line: how far apart base lines of one line may be, and of one line whose cells are centred.
_SAME, _CENTRED = 0.3, 0.75
_MAX_IN_LINE = 100  # pieces; a line of more is no line of an invoice, and each is compared with all
_MAX_NARROWED = 20  # pieces of a line that is too long
_LONGEST_NUMBER = 40  # characters; the pattern takes its time with more
_NUMBER = re.compile(r"[^\w]*(?:[A-Z]{3}|\w?\$)?[\s+(-]*\d[\d\s.,'/:()%-]*\W*(?:[A-Z]{3}|kr|zł)?\W*")


@dataclass(frozen=True, slots=True)
class Match:
    """Where a search found something: row, and characters of that row from `start` to before `end`."""

    row: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page's text as rows; none is wider than `columns` cells unless a single word is. Empty for a scanned page."""

    rows: tuple[str, ...]
    columns: int

    def find(self, words: str) -> tuple[Match, ...]:
        """Every place of these words, letter case aside and any white space between them."""
        parts = [re.escape(word) for word in words.split()]
        if not parts:
            return ()
        pattern = re.compile(r"\s+".join(parts), re.IGNORECASE)
        return tuple(
            Match(row, found.start(), found.end())
            for row, text in enumerate(self.rows)
            for found in pattern.finditer(text)
        )

    def __str__(self) -> str:
        return "\n".join(self.rows)


def sheet(page: Page, columns: int, zoom: float = 1.0) -> Sheet:
    """The page on `columns` cells times `zoom`; margins are cut, and rows are as far apart as cells are high.

    Lines that share a row of cells on paper get one each; rotated text stands below, marked with its angle.
    """
    columns = max(MIN_COLUMNS, round(columns * zoom))
    lines = _lines([piece for piece in page.pieces if piece.angle == 0])
    rows: list[str] = []
    if lines:
        pieces = [piece for line in lines for piece in line]
        left = min(piece.left for piece in pieces)
        # A short note is not blown up to the whole width.
        scale = columns / max(max(piece.right for piece in pieces) - left, 0.6 * page.width, 1.0)
        grid = _Grid(pieces, left, scale, columns)
        last = lines[0][0].base
        for line in lines:
            base = line[0].base
            rows += [""] * min(_MAX_BLANK, max(0, int((base - last) * scale / 2 + 0.25) - 1))
            rows += grid.rows(line)
            last = base
    rotated = [piece for piece in page.pieces if piece.angle]
    if rotated:
        rows += [""] if rows else []
        for piece in rotated:
            rows += _wrapped(f"(turned {piece.angle}\N{DEGREE SIGN}) {piece.text}", columns)
    return Sheet(tuple(rows), columns)


def cells(text: str) -> int:
    """How many terminal cells a clean text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.category(char) in ("Mn", "Me", "Cf") else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )


def _lines(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces that stand on one line, each line from left to right, lines from top to bottom."""
    lines: list[list[Piece]] = []
    ordered = sorted(pieces, key=lambda piece: (piece.base, piece.left))
    for at, piece in enumerate(ordered):
        if lines and len(lines[-1]) < _MAX_IN_LINE:
            line = lines[-1]
            down, size = piece.base - line[0].base, min(piece.size, line[0].size)
            is_free = not any(_overlap(piece, other) for other in line)
            if down <= _SAME * size:
                # Bold type is often the same text printed twice.
                if is_free or not any(piece.text == other.text and _overlap(piece, other) for other in line):
                    line.append(piece)
                continue
            if down <= _CENTRED * size and is_free and not _heads_a_line(ordered, at, line):
                line.append(piece)
                continue
        lines.append([piece])
    return [list(_joined(line)) for line in lines]


def _heads_a_line(ordered: Sequence[Piece], at: int, line: Sequence[Piece]) -> bool:
    """Whether a piece stands level with something that must go below `line`; then it goes there, too."""
    piece = ordered[at]
    for next_ in range(at + 1, min(at + _MAX_IN_LINE, len(ordered))):
        if ordered[next_].base - piece.base > _SAME * piece.size:
            return False
        if any(_overlap(ordered[next_], above) for above in line):
            return True
    return False


def _overlap(one: Piece, other: Piece) -> bool:
    return min(one.right, other.right) - max(one.left, other.left) > 1.0


def _is_number(text: str) -> bool:
    """Whether a text is an amount, a count or a date, with or without a currency."""
    return len(text) <= _LONGEST_NUMBER and _NUMBER.fullmatch(text) is not None


def _joined(line: list[Piece]) -> Iterator[Piece]:
    """The line from left to right; what touches is one word that was drawn in parts.

    Words that are read from right to left are put in that order: a terminal that turns them round would turn each.
    """
    base = line[0].base
    held: Piece | None = None
    for piece in sorted(line, key=lambda piece: piece.left):
        if held is not None:
            gap, size = piece.left - held.right, max(piece.size, held.size)
            is_turned = _is_turned(held.text, piece.text)
            if -1.0 <= gap <= (PIECE_GAP if is_turned else WORD_GAP) * size:
                space = " " if gap > 2 * WORD_GAP * size else ""
                text = space.join((piece.text, held.text) if is_turned else (held.text, piece.text))
                held = Piece(text, held.left, piece.right, base, size)
                continue
            yield held
        held = Piece(piece.text, piece.left, piece.right, base, piece.size)
    if held is not None:
        yield held


def _is_turned(one: str, other: str) -> bool:
    """Whether two neighbours are read from right to left: one is, and the other is, too, or a number."""
    turned = [is_rtl(text[0]) or is_rtl(text[-1]) for text in (one, other)]
    return all(turned) or (any(turned) and any(map(_is_number, (one, other))))


class _Grid:
    """Places the pieces of a line on a row of cells, or on as many rows as they need."""

    def __init__(self, pieces: Sequence[Piece], left: float, scale: float, columns: int) -> None:
        self._left, self._scale, self._columns = left, scale, columns
        self._lefts = Counter(round(piece.left) for piece in pieces)
        self._rights = Counter(round(piece.right) for piece in pieces)

    def rows(self, line: Sequence[Piece]) -> list[str]:
        """The line's rows: what does not fit beside its neighbours goes on below its beginning, or on a next row."""
        widths = [cells(piece.text) for piece in line]
        for gap in (2, 1):
            if sum(widths) + gap * (len(line) - 1) <= self._columns:
                return [_row(zip(self._starts(line, widths, gap), (piece.text for piece in line), strict=True))]
        allowed = self._allowed(line, widths) if len(line) <= _MAX_NARROWED else widths
        if sum(allowed) + len(line) - 1 > self._columns and len(line) > 1:
            half = self._fitting(allowed)
            return self.rows(line[:half]) + self.rows(line[half:])
        starts = self._starts(line, allowed, 1)
        parts = [_wrapped(piece.text, width) for piece, width in zip(line, allowed, strict=True)]
        return [
            _row([(start, part[at]) for start, part in zip(starts, parts, strict=True) if at < len(part)])
            for at in range(max(map(len, parts)))
        ]

    def _starts(self, line: Sequence[Piece], widths: Sequence[int], gap: int) -> list[int]:
        """Each piece at its place, pushed right by its left neighbour, and left again by the edge."""
        starts: list[int] = []
        end = -gap
        for piece, width in zip(line, widths, strict=True):
            starts.append(max(self._wish(piece, width), end + gap))
            end = starts[-1] + width
        limit = self._columns
        for at in range(len(line) - 1, -1, -1):
            starts[at] = max(0, min(starts[at], limit - widths[at]))
            limit = starts[at] - gap
        return starts

    def _wish(self, piece: Piece, width: int) -> int:
        lefts = sum(self._lefts[round(piece.left) + near] for near in (-1, 0, 1))
        rights = sum(self._rights[round(piece.right) + near] for near in (-1, 0, 1))
        # A label may end, by chance, where a column of numbers does.
        is_right = rights > lefts and lefts == 1
        if _is_number(piece.text) or is_rtl(piece.text[0]):
            is_right = rights >= lefts
        if is_right:
            return max(0, round((piece.right - self._left) * self._scale) - width)
        return round((piece.left - self._left) * self._scale)

    def _allowed(self, line: Sequence[Piece], widths: Sequence[int]) -> list[int]:
        """Widths for a line that is too long: the longest texts are narrowed first, no word and no number is cut."""
        allowed = list(widths)
        least = [
            width if _is_number(piece.text) else max(map(cells, piece.text.split()))
            for piece, width in zip(line, widths, strict=True)
        ]
        excess = sum(allowed) + len(line) - 1 - self._columns
        while excess > 0:
            at = max(range(len(line)), key=lambda at: allowed[at] if allowed[at] > least[at] else -1)
            if allowed[at] <= least[at]:
                break
            allowed[at] -= 1
            excess -= 1
        return allowed

    def _fitting(self, widths: Sequence[int]) -> int:
        """How many pieces from the left fit on one row; at least one."""
        total = 0
        for at, width in enumerate(widths):
            total += width + (at > 0)
            if total > self._columns:
                return max(1, at)
        return len(widths) - 1


def _row(placed: Iterator[tuple[int, str]] | Sequence[tuple[int, str]]) -> str:
    row, end = "", 0
    for start, text in placed:
        row += " " * (start - end) + text
        end = max(start, end) + cells(text)
    return row


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width` cells, broken between words only."""
    lines: list[str] = []
    for word in text.split():
        if lines and cells(lines[-1]) + 1 + cells(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines or [""]
