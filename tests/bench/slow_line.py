"""A slow line between the program and who uses it: `python -m tests.bench line`.

A relay thread takes what the program writes, lets it leave at the line's rate and arrive after its delay, and keys
likewise in the other direction. Like an SSH server it stops reading when its buffer is full, so that a program that
writes too much is held up.
"""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from tests.bench.houses import house_of
from tests.bench.keys import DOWN, PAGE_DOWN
from tests.bench.readings import Reading, ms
from tests.bench.timed_terminal import SIZE, TimedTerminal

#: Bytes that wait to leave before the program is held up: what a socket of a slow connection takes.
_BUFFER = 4096
#: Bytes that leave at once.
_SLICE = 64
#: A held key repeats so often a second.
REPEATS = 30
#: What the program itself may add to what the line takes.
_OVERHEAD = 1.25


class Line(NamedTuple):
    """`delay` in seconds each way, `rate` in bytes a second each way."""

    delay: float
    rate: float

    def ideal(self, count: int) -> float:
        """Nanoseconds from a key until `count` bytes of its answer have arrived, for a program that needs no time."""
        return (2 * self.delay + (count + 1) / self.rate) * 1e9


#: 300 ms there and back, 64 kbit/s.
SATELLITE = Line(0.15, 8000)


class _Way:
    """One direction: bytes leave at the line's rate and arrive a delay later."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._free_at = 0.0
        self._waiting = bytearray()
        self._flying: deque[tuple[float, bytes]] = deque()

    @property
    def is_full(self) -> bool:
        return len(self._waiting) >= _BUFFER

    @property
    def is_empty(self) -> bool:
        return not self._waiting and not self._flying

    def put(self, data: bytes) -> None:
        self._waiting += data

    def arrived(self, now: float) -> bytes:
        """What has arrived by now."""
        while self._waiting and self._free_at <= now:
            piece = bytes(self._waiting[:_SLICE])
            del self._waiting[: len(piece)]
            self._free_at = max(self._free_at, now - _SLICE / self._line.rate) + len(piece) / self._line.rate
            self._flying.append((self._free_at + self._line.delay, piece))
        out = b""
        while self._flying and self._flying[0][0] <= now:
            out += self._flying.popleft()[1]
        return out

    def next_at(self) -> float:
        """When there will be something to do."""
        times = [self._flying[0][0]] if self._flying else []
        return min([*times, self._free_at] if self._waiting else times, default=float("inf"))


class FarTerminal(TimedTerminal):
    """A TimedTerminal at the other end of a line."""

    def __init__(
        self, line: Line, argv: Sequence[str], size: tuple[int, int] = SIZE, env: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(argv, size, env)
        self._program = self._fd
        near, self._far = socket.socketpair()
        self._fd = near.detach()
        self._relay = threading.Thread(target=self._run, args=(line,), name="slow line", daemon=True)
        self._relay.start()

    def close(self) -> None:
        super().close()
        self._relay.join(10)
        self._far.close()
        os.close(self._program)

    def _run(self, line: Line) -> None:
        down, up = _Way(line), _Way(line)
        has_program = True
        while has_program or not down.is_empty:
            now = time.monotonic()
            wait = max(0.0, min(down.next_at(), up.next_at(), now + 1) - now)
            far = self._far.fileno()
            reading = [far, *([self._program] if has_program and not down.is_full else [])]
            for ready in select.select(reading, [], [], wait)[0]:
                if ready == far:
                    if not (keys := self._far.recv(4096)):
                        return
                    up.put(keys)
                else:
                    has_program = _take(self._program, down)
            now = time.monotonic()
            try:
                if data := down.arrived(now):
                    self._far.sendall(data)
                if data := up.arrived(now):
                    os.write(self._program, data)
            except OSError:  # one of the two ends is gone
                return
        self._far.shutdown(socket.SHUT_WR)


def _take(program: int, way: _Way) -> bool:
    """Take what the program wrote; False when it has ended."""
    try:
        data = os.read(program, 1024)
    except OSError:
        return False
    way.put(data)
    return bool(data)


class Held(NamedTuple):
    """What came of holding a key: ns and bytes from the last repeat until the screen had followed, and how many frames
    were still on their way a round trip after it."""

    ns: int
    bytes: int
    stale: int


def hold(terminal: TimedTerminal, over: Line, key: str, repeats: int = 1) -> Held:
    """Hold a key, let it go, and see when the cursor's last row was on the screen.

    What comes later, such as the detail of that row beside the list, is no answer to the key.
    """
    begin = sent = time.monotonic_ns()
    chunks = 0
    for number in range(repeats):
        terminal.read_for(begin / 1e9 + number / REPEATS - time.monotonic())
        chunks, sent = len(terminal.chunks), time.monotonic_ns()
        terminal.send(key)
    terminal.wait_silence(max(0.4, 5 * over.delay))
    end, arrived = cursor_row(terminal.screen()), 0
    for chunk, screen in terminal.shown(chunks):
        if cursor_row(screen.display) != end:
            arrived = 0
        elif not arrived:
            arrived = chunk.at
    since = [chunk for chunk in terminal.chunks[chunks:] if chunk.at <= arrived]
    late = b"".join(chunk.data for chunk in since if chunk.at > sent + 2e9 * over.delay)
    return Held(arrived - sent, sum(len(chunk.data) for chunk in since), late.count(b"\x1b[?2026l"))


def cursor_row(lines: Sequence[str]) -> tuple[int, str]:
    """Where the cursor stands, and the beginning of its row; the detail may stand on the same line."""
    return next(((number, text[:40]) for number, text in enumerate(lines) if text.startswith("> ")), (-1, ""))


def line(rounds: int, size: int = 100_000, over: Line = SATELLITE) -> Iterator[Reading]:
    """A cursor move over 300 ms and 64 kbit/s; how far the screen is behind when a held key is let go."""
    house = house_of(size)
    with FarTerminal(over, house.argv, env=house.env) as terminal:
        terminal.wait_bytes(b"> 2026-")
        terminal.wait_silence(1.5)
        yield Reading("line", "first row visible", terminal.first_sight("^> 2026-").ns / 1e9, "s")
        moves = [hold(terminal, over, DOWN) for _ in range(max(3, rounds // 2))]
        move = max(one.bytes for one in moves)
        what = f"a move in view, {move} bytes, beside the round trip and one frame"
        yield Reading("line", what, ms(one.ns for one in moves), "ms", over.ideal(move) / 1e6, _OVERHEAD)
        yield _held(terminal, over, "down in view", DOWN, REPEATS // 2, move)
        terminal.send(DOWN * SIZE[1])
        terminal.wait_silence(1.0)
        yield _held(terminal, over, "down, scrolling", DOWN, 3 * REPEATS, hold(terminal, over, DOWN).bytes)
        page = hold(terminal, over, PAGE_DOWN).bytes
        # How slow the line is shows only once it had to be waited for.
        what = "page down on a line not known to be slow yet,"
        yield replace(_held(terminal, over, what, PAGE_DOWN, 2 * REPEATS, page), limit=None)
        yield _held(terminal, over, "page down", PAGE_DOWN, 2 * REPEATS, page)


def _held(terminal: TimedTerminal, over: Line, what: str, key: str, repeats: int, frame: int) -> Reading:
    held = hold(terminal, over, key, repeats)
    what = f"{what} held for {repeats / REPEATS:.1f} s and let go, until the screen has followed"
    note = f"a frame has {frame} bytes; {held.stale} frames came more than a round trip late"
    # The last key may come right after a frame of the one before has left for the line.
    return Reading("line", what, held.ns / 1e6, "ms", over.ideal(2 * frame) / 1e6, _OVERHEAD, note)
