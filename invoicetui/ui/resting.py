"""Garbage collection only while nobody types: a full pass takes longer than a key may."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from time import thread_time

#: Seconds without a key after which garbage is collected.
REST = 0.3
#: A key that comes during a pass of so many seconds would be noticed.
_LONG = 0.01
#: How often what stands after a long pass is left out of later ones. What was imported or first read after the start
#: lives as long as the program; done again and again, garbage that lived through a pass would never go.
_TIMES = 2


class Rests:
    """Collects once after each burst of keys or changes. The caller has switched automatic collection off."""

    def __init__(
        self,
        collect: Callable[[], object] = gc.collect,
        freeze: Callable[[], None] = gc.freeze,
        clock: Callable[[], float] = thread_time,
    ) -> None:
        self._collect, self._freeze, self._clock = collect, freeze, clock
        self._frozen = 0
        self._touched_at = 0.0
        self._is_waiting = False

    def begin(self) -> None:
        """The first frame stands: what start-up made lives until the end and is not looked through any more.

        Nor is it now: that would take as long as the first answer of a vendor.
        """
        self._freeze()

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
        begun = self._clock()
        self._collect()
        if self._clock() - begun > _LONG and self._frozen < _TIMES:
            self._frozen += 1
            self._freeze()
