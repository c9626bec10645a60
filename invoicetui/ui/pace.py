"""How fast a terminal takes what it is sent, so that a held key sends it no frames that are out of date on arrival."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import IO, Any

#: A write that takes longer than this found everything between us and the terminal full, in seconds.
_BLOCKED = 0.02
#: Seconds that writes one after another must have waited before the line is taken to be slow: on a busy machine, or
#: while other threads have Python's lock, a write that the terminal took at once may end late as well.
_SURE = 0.1
#: Seconds without a write between two bursts of frames.
_REST = 0.3
#: Bytes that a pseudo-terminal still holds when a write that had to wait goes on, as far as nothing else is known.
_HELD = 8192
#: No line is taken to be slower, in bytes a second, and no frame waits longer, in seconds.
_SLOWEST, _LONGEST = 2000, 1.0
#: Bytes a second that any line takes: one that was full with less was stopped for a while.
_TRICKLE = 500
#: A line that was slow so long ago, in seconds, may be another one by now.
_FORGOTTEN = 15.0


class Pace:
    """Told of every write by the thread that writes; asked before every frame by the one that paints.

    Nothing is asked of the terminal: how fast a line is shows only in writes that have to wait, so that nothing is
    known of a line with large buffers.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._begun: float | None = None
        #: Bytes a second, once a write had to wait; when it went on.
        self._rate: float | None = None
        self._waited_at = 0.0
        #: Seconds that the last writes waited, each of them.
        self._delay = 0.0
        #: When the first write after a rest began and the last one ended, and how much was written between.
        self._rested_at, self._ended_at = 0.0, 0.0
        self._since_rest = 0
        #: When each of the last writes since then began, and how much was written before it.
        self._begins: deque[tuple[float, int]] = deque(maxlen=200)
        #: When a write first had to wait since then, and how much was written after it.
        self._full_at: float | None = None
        self._since_full = 0
        #: When the last byte sent so far will have left.
        self._free_at = 0.0

    def begin(self) -> None:
        """A write begins."""
        self._begun = self._clock()

    def end(self, count: int) -> None:
        """It ended, of so many bytes."""
        now = self._clock()
        begun, self._begun = self._begun if self._begun is not None else now, None
        if now - self._waited_at > _FORGOTTEN:
            self._rate = None
        if begun - self._ended_at > _REST:
            self._rested_at, self._since_rest, self._full_at = begun, 0, None
            self._begins.clear()
        self._begins.append((begun, self._since_rest))
        self._ended_at = now
        self._since_rest += count
        self._since_full += count
        self._delay = self._delay + now - begun if now - begun > _BLOCKED else 0.0
        if self._delay > (_BLOCKED if self._rate is not None else _SURE) and self._since_rest > _HELD:
            count = max(count, self._waited(now))
        if self._rate is not None:
            self._free_at = max(self._free_at, now) + count / self._rate

    def _waited(self, now: float) -> int:
        """A write had to wait; how much is still on its way."""
        written, since = self._since_rest, now - self._rested_at
        self._waited_at = now
        if self._full_at is not None:
            # As much is held as at the first wait: what was written since has left.
            self._rate = max(_SLOWEST, self._since_full / (now - self._full_at))
            return written - round(self._rate * since)
        # Since some write the line was never idle; counted from any other, it seems slower than it is.
        rate = max((written - before - _HELD) / (now - at) for at, before in self._begins)
        if rate < _TRICKLE:
            return 0  # it had hardly anything to do: something else was slow
        self._full_at, self._since_full = now, 0
        self._rate = max(_SLOWEST, rate)
        return _HELD

    @property
    def wait(self) -> float:
        """Seconds after which a frame may be worth sending; 0 for now."""
        # Read once: the thread that writes may end its write meanwhile.
        now, begun = self._clock(), self._begun
        if begun is not None and now - begun > _BLOCKED:
            return _BLOCKED
        return min(max(0.0, self._free_at - now), _LONGEST) if self._rate is not None else 0.0


class PacedFile:
    """What a terminal driver writes to; every write goes out at once, and `pace` learns how long it took."""

    def __init__(self, file: IO[str], pace: Pace) -> None:
        self._file, self._pace = file, pace

    def write(self, text: str) -> int:
        self._pace.begin()
        written = self._file.write(text)
        self._file.flush()
        self._pace.end(len(text.encode()))
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
