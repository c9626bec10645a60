"""Who paints goes first: threads that share Python's lock with the screen stand aside while it has something to do.

Python hands its lock over every 5 ms, and whoever paints gives it away with every system call: a key then waits for the
reading of a page again and again. Whether the screen has anything to do, its event loop knows: it is idle while it
waits for events. To say that it is idle no more it needs the lock, once, and may not get it for longer than that: each
short system call of another thread makes it wait anew (CPython's take_gil). So the others rest a moment now and then.
"""

from __future__ import annotations

import asyncio
import selectors
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from time import monotonic, sleep
from typing import Any, TypeVar

T = TypeVar("T")


class Courtesy:
    """Two kinds of event loops: one that leads, and others that follow. Without a leading one nobody waits."""

    #: Seconds for which the followers stand aside at most; then they go on until the leader has been idle again.
    PATIENCE = 0.03
    #: Seconds of work after which a follower lets go of Python's lock for a moment that is long enough to take it.
    BREATH, MOMENT = 0.002, 0.00005

    def __init__(self, clock: Callable[[], float] = monotonic, sleep: Callable[[float], None] = sleep) -> None:
        self._clock, self._sleep = clock, sleep
        self._is_led = False
        self._breathed = 0.0
        self._is_idle = threading.Event()
        self._is_idle.set()

    def leading_loop(self) -> asyncio.AbstractEventLoop:
        """A loop whose work goes first."""
        self._is_led = True
        return asyncio.new_event_loop() if sys.platform == "win32" else asyncio.SelectorEventLoop(_Leading(self))

    def following_loop(self) -> asyncio.AbstractEventLoop:
        """A loop that stands aside between two of its callbacks."""
        return asyncio.new_event_loop() if sys.platform == "win32" else asyncio.SelectorEventLoop(_Following(self))

    def paced(self, items: Iterable[T]) -> Iterator[T]:
        """The same items, for long work on a following thread: it stands aside before each. To be used without locks
        that the leader may want.
        """
        is_idle = self._is_idle.is_set
        for item in items:
            if self._is_led or not is_idle():
                self.stand_aside()
            yield item

    def stand_aside(self) -> None:
        """Wait while the leader has something to do, and a moment now and then in case it is about to."""
        if not self._is_idle.is_set():
            if not self._is_idle.wait(self.PATIENCE):
                self._is_idle.set()
        elif self._is_led and self._clock() - self._breathed > self.BREATH:
            self._sleep(self.MOMENT)
            self._breathed = self._clock()

    def lead(self) -> None:
        """The leader has something to do, until it says `rest`."""
        self._is_idle.clear()

    def rest(self) -> None:
        self._is_idle.set()


class _Courteous(selectors.DefaultSelector):
    def __init__(self, courtesy: Courtesy) -> None:
        super().__init__()
        self._courtesy = courtesy


class _Leading(_Courteous):
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, Any]]:
        if timeout is not None and timeout <= 0:
            return super().select(timeout)  # more callbacks are ready to run
        self._courtesy.rest()
        try:
            return super().select(timeout)
        finally:
            self._courtesy.lead()


class _Following(_Courteous):
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, Any]]:
        ready = super().select(timeout)
        self._courtesy.stand_aside()
        return ready
