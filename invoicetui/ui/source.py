"""A view's rows for the table: row ids in order, and the rows themselves in blocks, read when they come into sight."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from invoicetui.ledger.store import Row, View

BLOCK = 128
#: Enough for the window and a screen on either side at any terminal height.
BLOCKS_KEPT = 32


class Source(Protocol):
    """A view's rows by index. Called while painting, so nothing here may wait."""

    def __len__(self) -> int: ...

    def row(self, index: int) -> Row | None:
        """None when the row is not at hand yet; call `refresh_rows` when it is."""

    def id(self, index: int) -> int:
        """What the row at `index` is called, in this and in every other view."""

    def find(self, id: int) -> int | None:
        """Where the row called `id` stands in this view."""


class Empty:
    """What is shown before there is a view."""

    def __len__(self) -> int:
        return 0

    def row(self, index: int) -> Row | None:
        return None

    def id(self, index: int) -> int:
        raise IndexError(index)

    def find(self, id: int) -> int | None:
        return None


class LedgerSource:
    """Rows of one view. `read` returns the rows of some ids, or None while the ledger is busy; it never waits."""

    def __init__(self, ids: View, read: Callable[[Sequence[int]], Sequence[Row | None] | None]) -> None:
        self.ids = ids
        self._read = read
        self._blocks: OrderedDict[int, Sequence[Row | None]] = OrderedDict()
        #: A row was asked for while the ledger was busy; the table paints again when the next change comes.
        self.has_gaps = False

    def __len__(self) -> int:
        return len(self.ids)

    def id(self, index: int) -> int:
        return self.ids[index]

    def find(self, id: int) -> int | None:
        """Where a row stands in this view."""
        return self.ids.find(id)

    def row(self, index: int) -> Row | None:
        """The row, or None when it is not at hand (paint "…")."""
        number, place = divmod(index, BLOCK)
        block = self._blocks.get(number)
        if block is None:
            block = self._read(self.ids[number * BLOCK : (number + 1) * BLOCK])
            if block is None:
                self.has_gaps = True
                return None
            self._blocks[number] = block
            if len(self._blocks) > BLOCKS_KEPT:
                self._blocks.popitem(last=False)
        else:
            self._blocks.move_to_end(number)
        return block[place] if place < len(block) else None
