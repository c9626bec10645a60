"""What the terminal shows, line by line: lines that only moved it moves itself, and only cells that differ are sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress, count, pairwise
from operator import ne
from typing import Any, NamedTuple

from rich.console import Console
from textual.geometry import Size
from textual.strip import Strip

from invoicetui.ui.pen import Cell, Pen, cells

#: The strips of a line by the column they begin at. What no strip covers is not known.
Line = Mapping[int, Strip]

#: What moving the cursor costs, in bytes: equal cells between two others are sent along when they are fewer.
_MOVE = 8
#: Fewer lines than these are sent as they are: not worth looking for where they came from.
_FEW = 4


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

    @property
    def is_known(self) -> bool:
        return bool(self._lines)

    def forget(self) -> None:
        """Somebody else may have written to the terminal."""
        self._lines = []

    def take(self, update: object, size: Size) -> None:
        """`update` was sent as it is. Only one of the whole screen says what is shown now."""
        painted = _painted(update, size) if _is_whole(update, size) else None
        self._lines, self._size = [painted[y] for y in range(size.height)] if painted else [], size

    def changes(self, update: object, size: Size) -> str | None:
        """What to send in place of `update`, which counts as sent then; None when `update` itself is to be sent."""
        painted = _painted(update, size) if self.is_known and size == self._size else None
        if painted is None:
            return None
        now = self._lines
        wanted = {y: over for y, line in painted.items() if (over := _laid_over(now[y], line)) is not now[y]}
        shift = self._shift(wanted) if len(wanted) >= _FEW else None
        shown: dict[int, Line] = {y: now[y] for y in wanted}
        if shift is not None:
            for y in range(shift.top, shift.bottom + 1):
                wanted.setdefault(y, now[y])
                source = shift.source(y)
                shown[y] = {} if source is None else now[source]
        pen = Pen(self._console)
        for y, line in wanted.items():
            for x, strip in line.items():
                self._rewrite(pen, x, y, shown[y].get(x), strip)
            now[y] = line
        return (shift.sequence if shift is not None else "") + pen.written

    def _rewrite(self, pen: Pen, x: int, y: int, shown: Strip | None, wanted: Strip) -> None:
        if self._is_same(shown, wanted):
            return
        new = cells(wanted, self._console)
        old = cells(shown, self._console) if shown is not None and new else ()
        if not old or len(old) != len(new):
            pen.write_strip(x, y, wanted)
        else:
            for start, end in _runs(old, new):
                pen.write_cells(x + start, y, new[start:end])

    def _is_same(self, one: Strip | None, other: Strip) -> bool:
        return one is other or (one is not None and one.render(self._console) == other.render(self._console))

    def _shift(self, wanted: Mapping[int, Line]) -> Shift | None:
        """The move after which least is left to send, if there is one that helps."""
        now, console = self._lines, self._console
        stood: dict[tuple[int, str], int | None] = {}
        for y in wanted:
            for x, strip in now[y].items():
                key = (x, strip.render(console))
                stood[key] = None if key in stood else y
        votes: Counter[int] = Counter()
        ends: dict[int, tuple[int, int]] = {}
        for y, line in wanted.items():
            for x, strip in line.items():
                source = stood.get((x, strip.render(console)))
                if source is not None and source != y:
                    by = source - y
                    votes[by] += strip.cell_length
                    top, bottom = ends.get(by, (y, y))
                    ends[by] = min(top, y, source), max(bottom, y, source)
        if not votes:
            return None
        by = votes.most_common(1)[0][0]
        shift = Shift(*ends[by], by)
        band = range(shift.top, shift.bottom + 1)
        # A moved line has to be made whole again, so all of it must be known.
        if any(sum(strip.cell_length for strip in wanted.get(y, now[y]).values()) != self._size.width for y in band):
            return None
        plain = sum(self._cost(now[y], line) for y, line in wanted.items() if y in band)
        sources = ((y, shift.source(y)) for y in band)
        moved = sum(self._cost({} if at is None else now[at], wanted.get(y, now[y])) for y, at in sources)
        return shift if moved + len(shift.sequence) < plain else None

    def _cost(self, shown: Line, wanted: Line) -> int:
        """About how many bytes it takes."""
        strips = (strip for x, strip in wanted.items() if not self._is_same(shown.get(x), strip))
        return sum(len(strip.render(self._console)) + _MOVE for strip in strips)


def _is_whole(update: object, size: Size) -> bool:
    return getattr(update, "region", None) == size.region


def _painted(update: Any, size: Size) -> dict[int, Line] | None:
    """The strips of a compositor's update by line, cut as Textual 8.2 cuts them; None for any other update."""
    if _is_whole(update, size) and len(getattr(update, "strips", ())) == size.height:
        return {y: _placed(strips) for y, strips in enumerate(update.strips)}
    if not all(hasattr(update, name) for name in ("chops", "spans", "chop_ends")) or len(update.chops) != size.height:
        return None
    painted: dict[int, dict[int, Strip]] = {}
    for y, start, end in update.spans:
        line = painted.setdefault(y, {})
        for (x, strip), edge in zip(update.chops[y].items(), update.chop_ends[y], strict=False):
            if strip is not None and x < end and edge > start:
                line[x] = strip if edge <= end else strip.crop(0, end - x)
    return dict(painted)


def _placed(strips: Iterable[Strip]) -> Line:
    line, x = {}, 0
    for strip in strips:
        line[x] = strip
        x += strip.cell_length
    return line


def _laid_over(line: Line, painted: Line) -> Line:
    """`line` with `painted` on it."""
    if all(line.get(x) is strip for x, strip in painted.items()):
        return line
    spans = [(x, x + strip.cell_length) for x, strip in painted.items()]
    kept: dict[int, Strip] = {}
    for x, strip in line.items():
        if not any(x < end and x + strip.cell_length > start for start, end in spans):
            kept[x] = strip
        elif x not in painted or strip.cell_length > painted[x].cell_length:
            kept |= _remains(x, strip, spans)
    return kept | dict(painted)


def _remains(x: int, strip: Strip, spans: Sequence[tuple[int, int]]) -> Line:
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
