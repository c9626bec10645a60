"""Garbage collection only while nobody types: a full pass takes longer than a key may."""

from __future__ import annotations

import asyncio
import gc

#: Seconds without a key after which garbage is collected.
REST = 0.3


class Rests:
    """Collects once after each burst of keys or changes. The caller has switched automatic collection off."""

    def __init__(self) -> None:
        self._touched_at = 0.0
        self._is_waiting = False

    def begin(self) -> None:
        """The first frame stands: what start-up made lives until the end and is not looked through any more.

        Nor is it now: that would take as long as the first answer of a vendor.
        """
        gc.freeze()

    def touched(self) -> None:
        """Something happened; garbage waits until nothing does. To be called on the loop."""
        if gc.isenabled():
            return
        loop = asyncio.get_running_loop()
        self._touched_at = loop.time()
        if not self._is_waiting:
            self._is_waiting = True
            # Not Textual's timer, nor one for each key: making one costs as much as painting a row.
            loop.call_later(REST, self._look)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        left = self._touched_at + REST - loop.time()
        if left > 0.001:
            loop.call_later(left, self._look)
            return
        self._is_waiting = False
        gc.collect()
