"""What the terminal shows, line by line: lines that only moved it moves itself, and only cells that differ are sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import compress, count, pairwise, takewhile
from operator import ne
from typing import Any

from rich.console import Console
from textual.geometry import Size
from textual.strip import Strip

from invoicetui.tuples import NamedTuple
from invoicetui.ui.pen import BLANK, Cell, Pen, cells

#: What moving the cursor costs, in bytes: equal cells between two others are sent along when they are fewer.
_MOVE = 8
#: Fewer lines than these are sent as they are: not worth looking for where they came from.
_FEW = 4
#: How many pieces are remembered, to be known again; some screens of them, at about 5 KiB each.
_PIECES = 512


class Piece:
    """A part of a line, as a strip and as what Textual would write for it."""

    def __init__(self, strip: Strip, console: Console) -> None:
        self.strip, self._console = strip, console
        self.written = strip.render(console)
        self.width = strip.cell_length
        #: About how many bytes it takes.
        self.cost = len(self.written) + _MOVE

    @cached_property
    def cells(self) -> list[Cell]:
        return cells(self.strip, self._console)

    @cached_property
    def blank_from(self) -> int:
        """Where it ends in nothing: from this cell on there is not even a background."""
        return len(self.cells) - sum(1 for _ in takewhile(BLANK.__eq__, reversed(self.cells)))


#: The pieces of a line by the column they begin at. What no piece covers is not known.
Line = Mapping[int, Piece]


class Shift(NamedTuple):
    """Lines `top` to `bottom` show what stood `by` lines further down (further up when negative)."""

    top: int
    bottom: int
    by: int

    def source(self, y: int) -> int | None:
        """The line that comes to stand on line `y`; None for an empty one."""
        return y + self.by if self.top <= y + self.by <= self.bottom else None

    @property
    def sequence(self) -> str:
        """Empty lines take the current background, hence the reset; the cursor is left anywhere."""
        edge, lines = f"\x1b[{self.top + 1};1H", f"\x1b[{abs(self.by)}{'M' if self.by > 0 else 'L'}"
        return f"\x1b[m\x1b[{self.top + 1};{self.bottom + 1}r{edge}{lines}\x1b[r"


class TerminalLines:
    """A terminal's lines as far as they are known. `console` says how a strip is written."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._size = Size(0, 0)
        self._lines: list[Line] = []
        self._pieces: dict[str, Piece] = {}

    @property
    def is_known(self) -> bool:
        return bool(self._lines)

    def forget(self) -> None:
        """Somebody else may have written to the terminal."""
        self._lines = []

    def take(self, update: object, size: Size) -> None:
        """`update` was sent as it is. Only one of the whole screen says what is shown now."""
        painted = _painted(update, size, self._piece) if _is_whole(update, size) else None
        self._lines, self._size = [painted[y] for y in range(size.height)] if painted else [], size

    def changes(self, update: object, size: Size) -> str | None:
        """What to send in place of `update`, which counts as sent then; None when `update` itself is to be sent."""
        painted = _painted(update, size, self._piece) if self.is_known and size == self._size else None
        if painted is None:
            return None
        now = self._lines
        wanted = {y: over for y, line in painted.items() if (over := self._laid_over(now[y], line)) is not now[y]}
        shift = self._shift(wanted) if len(wanted) >= _FEW else None
        moved: dict[int, Line] = {}
        if shift is not None:
            for y in range(shift.top, shift.bottom + 1):
                wanted.setdefault(y, now[y])
                source = shift.source(y)
                moved[y] = self._empty(wanted[y]) if source is None else now[source]
        pen = Pen(self._console)
        for y, line in wanted.items():
            shown, pieces = (moved[y], line) if y in moved else (now[y], painted[y])
            now[y] = line
            for x, piece in pieces.items():
                if shown.get(x) is not piece:
                    _rewrite(pen, x, y, shown.get(x), piece)
        return (shift.sequence if shift is not None else "") + pen.written

    def _piece(self, strip: Strip) -> Piece:
        """The same piece for strips that look the same, so that comparing them takes no time."""
        written = strip.render(self._console)
        piece = self._pieces.get(written)
        if piece is None:
            if len(self._pieces) >= _PIECES:
                self._pieces = {piece.written: piece for line in self._lines for piece in line.values()}
            piece = self._pieces[written] = Piece(strip, self._console)
        return piece

    def _empty(self, line: Line) -> Line:
        """A line without anything on it, in the pieces of another."""
        return {x: self._piece(Strip.blank(piece.width)) for x, piece in line.items()}

    def _shift(self, wanted: Mapping[int, Line]) -> Shift | None:
        """The move after which least is left to send, if there is one that helps."""
        now = self._lines
        stood: dict[tuple[int, Piece], int | None] = {}
        for y, line in wanted.items():
            for x, piece in now[y].items():
                if line.get(x) is not piece:
                    stood[x, piece] = None if (x, piece) in stood else y
        votes: Counter[int] = Counter()
        ends: dict[int, tuple[int, int]] = {}
        for y, line in wanted.items():
            for x, piece in line.items():
                source = stood.get((x, piece))
                if source is not None and source != y:
                    by = source - y
                    votes[by] += piece.width
                    top, bottom = ends.get(by, (y, y))
                    ends[by] = min(top, y, source), max(bottom, y, source)
        if not votes:
            return None
        by = votes.most_common(1)[0][0]
        shift = Shift(*ends[by], by)
        plain = moved = 0
        for y in range(shift.top, shift.bottom + 1):
            line, source = wanted.get(y, now[y]), shift.source(y)
            # A moved line has to be made whole again, so all of it must be known.
            if sum([piece.width for piece in line.values()]) != self._size.width:
                return None
            plain += _cost(now[y], line)
            moved += _cost({} if source is None else now[source], line)
        return shift if moved + len(shift.sequence) < plain else None

    def _laid_over(self, line: Line, painted: Line) -> Line:
        """`line` with `painted` on it."""
        if all(line.get(x) is piece for x, piece in painted.items()):
            return line
        if all(x in line and line[x].width == piece.width for x, piece in painted.items()):
            return {**line, **painted}
        spans = [(x, x + piece.width) for x, piece in painted.items()]
        kept: dict[int, Piece] = {}
        for x, piece in line.items():
            if not any(x < end and x + piece.width > start for start, end in spans):
                kept[x] = piece
            else:
                kept |= {at: self._piece(strip) for at, strip in _remains(x, piece.strip, spans).items()}
        return {**kept, **painted}


def _cost(shown: Line, wanted: Line) -> int:
    return sum([piece.cost for x, piece in wanted.items() if shown.get(x) is not piece])


def _rewrite(pen: Pen, x: int, y: int, shown: Piece | None, wanted: Piece) -> None:
    """Make what shows `shown` show `wanted`."""
    if shown is not None and shown.written == wanted.written:
        return
    if shown is None or shown.width != wanted.width or not (shown.cells and wanted.cells):
        pen.write_strip(x, y, wanted.strip)
    else:
        runs, blank_from = _runs(shown.cells, wanted.cells), wanted.blank_from
        within = [run for run in runs if run[0] >= blank_from]
        if sum(end - start + _MOVE for start, end in within) > 2 * _MOVE:
            runs = runs[: -len(within)]
            pen.erase(x + within[0][0], y, within[-1][1] - within[0][0])
        for start, end in runs:
            pen.write_cells(x + start, y, wanted.cells[start:end])


def _is_whole(update: object, size: Size) -> bool:
    return getattr(update, "region", None) == size.region


def _painted(update: Any, size: Size, piece: Callable[[Strip], Piece]) -> dict[int, Line] | None:
    """The pieces of a compositor's update by line, cut as Textual 8.2 cuts them; None for any other update."""
    if _is_whole(update, size) and len(getattr(update, "strips", ())) == size.height:
        return {y: _placed(map(piece, strips)) for y, strips in enumerate(update.strips)}
    if not all(hasattr(update, name) for name in ("chops", "spans", "chop_ends")) or len(update.chops) != size.height:
        return None
    painted: dict[int, Line] = {}
    for y, start, end in update.spans:
        line = {
            x: piece(strip if edge <= end else strip.crop(0, end - x))
            for (x, strip), edge in zip(update.chops[y].items(), update.chop_ends[y], strict=False)
            if strip is not None and x < end and edge > start
        }
        painted[y] = {**painted.get(y, {}), **line}
    return painted


def _placed(pieces: Iterable[Piece]) -> Line:
    line, x = {}, 0
    for piece in pieces:
        line[x] = piece
        x += piece.width
    return line


def _remains(x: int, strip: Strip, spans: Sequence[tuple[int, int]]) -> Mapping[int, Strip]:
    """What is left of a strip that is painted over in part; nothing that is known when a wide character is cut."""
    end = x + strip.cell_length
    cuts = sorted({x, end, *(cut for span in spans for cut in span if x < cut < end)})
    pieces = {start: strip.crop(start - x, stop - x) for start, stop in pairwise(cuts)}
    if "".join(piece.text for piece in pieces.values()) != strip.text:
        return {}
    return {at: piece for at, piece in pieces.items() if not any(start <= at < stop for start, stop in spans)}


def _runs(shown: list[Cell], wanted: list[Cell]) -> list[tuple[int, int]]:
    """Where the cells of two strips differ, as spans of columns."""
    spans: list[tuple[int, int]] = []
    for at in compress(count(), map(ne, shown, wanted)):
        if spans and at - spans[-1][1] < _MOVE:
            spans[-1] = spans[-1][0], at + 1
        else:
            spans.append((at, at + 1))
    return spans
