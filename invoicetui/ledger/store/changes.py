"""What was written to, so that neither views nor sums need be read again as a whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

#: Days that are remembered; when more were written to, all is forgotten.
_DAYS = 4096


class Changes:
    """The issue days and the bindings that writes touched, each with the revision of the last one; 0 is the day of rows
    without a date. A write that failed in the end may be noted, too. Not for several threads at once.
    """

    def __init__(self) -> None:
        #: Counts the writes that touched any row.
        self.revision = 0
        self._forgotten = 0
        self._days: dict[int, int] = {}
        self._bindings: dict[int, int] = {}

    def note(self, binding: int, days: Iterable[int]) -> None:
        """A write touches these days of a binding; without any it changes no row."""
        touched = dict.fromkeys(days, self.revision + 1)
        if not touched:
            return
        self.revision += 1
        self._days.update(touched)
        self._bindings[binding] = self.revision
        if len(self._days) > _DAYS:
            self._days.clear()
            self._forgotten = self.revision

    def since(self, revision: int) -> list[int] | None:
        """The days that were touched after a revision; None when they are not known any more."""
        if revision < self._forgotten:
            return None
        return [day for day, last in self._days.items() if last > revision]

    def of(self, binding: int | None) -> int:
        """The revision of the last write to a binding; 0 before the first."""
        return self._bindings.get(binding, 0) if binding is not None else 0


def data_version(writer: sqlite3.Connection) -> int:
    """Changes with the writes of other programs; our own, through this connection, leave it as it is."""
    (version,) = writer.execute("PRAGMA data_version").fetchone()
    return int(version)
