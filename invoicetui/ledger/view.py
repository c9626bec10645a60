"""A view: the ids of a query's rows in their order, which never changes, so that any thread may look at it.

Ids stand in blocks. A view that follows another shares with it all blocks in which nothing changed: a page of invoices
costs what it touched, however long the list is.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import overload

from invoicetui.tuples import NamedTuple

#: Ids in a block, more or less.
BLOCK = 4096
#: Where rows without a date stand when days ascend: after all of them.
_LAST = 1 << 40
#: A row is found by date in the time in which so many are only looked at.
_FINDS = 500


class Stamp(NamedTuple):
    """What a view by date shows (`shown`: its rows in SQL) and of when: the store's `revision` of its own writes and
    the `version` that other programs' writes change.
    """

    shown: tuple[object, ...]
    is_descending: bool
    revision: int
    version: int


class View(Sequence[int]):
    """Row ids in order. `stamp` None: not by date or not all rows, so that no other view can follow it."""

    __slots__ = ("_blocks", "_starts", "stamp")

    def __init__(self, blocks: Iterable[array[int]] = (), stamp: Stamp | None = None) -> None:
        """Takes the blocks over; nobody may change them afterwards."""
        self._blocks = tuple(block for block in blocks if block)
        self._starts = [0]
        for block in self._blocks:
            self._starts.append(self._starts[-1] + len(block))
        self.stamp = stamp

    def shows_as(self, other: View) -> bool:
        """Both show the same accounts and query in the same order by date, at whatever time."""
        return self.stamp is not None and other.stamp is not None and self.stamp.shown == other.stamp.shown

    def __len__(self) -> int:
        return self._starts[-1]

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> array[int]: ...
    def __getitem__(self, index: int | slice) -> int | array[int]:
        if isinstance(index, slice):
            first, end, step = index.indices(len(self))
            return self._taken(first, max(first, end)) if step == 1 else array("q", list(self))[index]
        at = index + len(self) if index < 0 else index
        if not 0 <= at < len(self):
            raise IndexError(index)
        number = bisect_right(self._starts, at) - 1
        return self._blocks[number][at - self._starts[number]]

    def __iter__(self) -> Iterator[int]:
        for block in self._blocks:
            yield from block

    def _parts(self, first: int, end: int) -> Iterator[tuple[array[int], int, int]]:
        """The blocks that hold the rows from `first` to before `end`, with the part of each."""
        number = bisect_right(self._starts, first) - 1
        while first < end:
            block, start = self._blocks[number], self._starts[number]
            yield block, first - start, min(end - start, len(block))
            number += 1
            first = self._starts[number]

    def _taken(self, first: int, end: int) -> array[int]:
        out = array("q")
        for block, start, stop in self._parts(first, end):
            out += block[start:stop]
        return out

    def find(self, id: int) -> int | None:
        """Where a row stands; by date that takes no longer in a long list."""
        first, end = self.span(id >> 24) if self.stamp is not None else (0, len(self))
        wanted = array("q", [id]).tobytes()
        for block, start, stop in self._parts(first, end):
            # Four times as fast as comparing numbers, but it may find parts of two.
            if wanted in block.tobytes():
                with suppress(ValueError):
                    return first + block.index(id, start, stop) - start
            first += stop - start
        return None

    def lacking(self, ids: Collection[int]) -> int:
        """How many of these ids, all different, it does not hold."""
        if self.stamp is not None and len(ids) * _FINDS < len(self):
            return sum(self.find(id) is None for id in ids)
        return len(set(ids).difference(self))

    # By date

    def span(self, day: int) -> tuple[int, int]:
        """From where to where the rows of an issue day stand, or would; for a view with a stamp."""
        return self._place(day, bisect_left), self._place(day, bisect_right)

    def _place(self, day: int, bisect: Callable[..., int]) -> int:
        rank = self._rank
        wanted = rank(day << 24)
        number = max(0, bisect(self._blocks, wanted, key=lambda block: rank(block[0])) - 1)
        return self._starts[number] + bisect(self._blocks[number], wanted, key=rank) if self._blocks else 0

    @property
    def _rank(self) -> Callable[[int], int]:
        assert self.stamp is not None
        return _descending if self.stamp.is_descending else _ascending

    def replaced(self, days: Iterable[int], fresh: Iterable[int], stamp: Stamp) -> View:
        """The view with the rows of `days` given way to the `fresh` ones of those days, in order within each."""
        by_day = {day: array("q") for day in days}
        for id in fresh:
            by_day[id >> 24].append(id)
        made, at, rank = _Blocks(), 0, self._rank
        for day in sorted(by_day, key=lambda day: rank(day << 24)):
            first, end = self.span(day)
            for part in self._parts(at, first):
                made.add(*part)
            ids = by_day[day]
            for start in range(0, len(ids), BLOCK):
                made.add(ids, start, min(start + BLOCK, len(ids)))
            at = end
        for part in self._parts(at, len(self)):
            made.add(*part)
        return View(made.all(), stamp)


def _descending(id: int) -> int:
    """Orders ids as a view does whose days descend; those without a date stand on day zero."""
    return -(id >> 24)


def _ascending(id: int) -> int:
    return id >> 24 or _LAST


class _Blocks:
    """Blocks that are taken as they are where they are whole, and made anew between."""

    def __init__(self) -> None:
        self._made: list[array[int]] = []
        self._open = array("q")

    def add(self, block: array[int], start: int, stop: int) -> None:
        if stop - start == len(block) >= BLOCK // 2 and not 0 < len(self._open) < BLOCK // 2:
            self._close()
            self._made.append(block)
            return
        self._open += block[start:stop]
        if len(self._open) >= BLOCK:
            self._close()

    def _close(self) -> None:
        """Small blocks joined the ones after them; none may grow for ever."""
        while len(self._open) >= 2 * BLOCK:
            self._made.append(self._open[:BLOCK])
            self._open = self._open[BLOCK:]
        if self._open:
            self._made.append(self._open)
            self._open = array("q")

    def all(self) -> list[array[int]]:
        self._close()
        return self._made
