"""Which issue days were written to, so that a view need not be read again as a whole."""

from __future__ import annotations

from collections.abc import Iterable

#: Days that are remembered; when more were written to, all is forgotten.
_DAYS = 4096


class Changes:
    """The issue days that committed writes touched, each with the revision of the last write; 0 is the day of rows
    without a date. Not for several threads at once.
    """

    def __init__(self) -> None:
        #: Counts the writes that touched any row.
        self.revision = 0
        self._forgotten = 0
        self._days: dict[int, int] = {}

    def note(self, days: Iterable[int]) -> None:
        """A write that touched these days was committed."""
        touched = dict.fromkeys(days, self.revision + 1)
        if not touched:
            return
        self.revision += 1
        self._days.update(touched)
        if len(self._days) > _DAYS:
            self._days.clear()
            self._forgotten = self.revision

    def since(self, revision: int) -> list[int] | None:
        """The days that were touched after a revision; None when they are not known any more."""
        if revision < self._forgotten:
            return None
        return [day for day, last in self._days.items() if last > revision]
