"""A pseudo-terminal that notes when each chunk came, and looks afterwards at what stood on the screen then.

Nothing is parsed while the program runs: on two cores the harness would take time away from what it measures.
"""

from __future__ import annotations

import os
import re
import select
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import pyte

from tests.terminal import Terminal

#: The size every budget speaks of, in columns and rows.
SIZE = (120, 40)
#: A key's last byte is the one before a silence of this many seconds.
SILENCE = 0.03
#: A key during which other programs took more than this many ns says little about ours.
DISTURBED = 1_000_000
_FRAME_END = b"\x1b[?2026l"


class Chunk(NamedTuple):
    """What one read gave, and the monotonic time in ns right after it."""

    at: int
    data: bytes


class Press(NamedTuple):
    """What came of a key: ns from writing it to its last byte, bytes, frames, CPU of all threads in ns.

    `waited`: ns for which the program or the harness was ready to run and other programs had the CPUs.
    """

    ns: int
    bytes: int
    frames: int
    cpu: int
    waited: int

    @property
    def is_disturbed(self) -> bool:
        return self.waited > DISTURBED


class Sight(NamedTuple):
    """The first frame that showed a text: ns and bytes from the start to its end, and the number of its chunk."""

    ns: int
    bytes: int
    chunk: int


class TimedTerminal(Terminal):
    """As Terminal; `chunks` says what came when, `started` when the program was started (monotonic, ns)."""

    def __init__(
        self,
        argv: Sequence[str],
        size: tuple[int, int] = SIZE,
        env: Mapping[str, str] | None = None,
        *,
        patience: float = 60,
    ) -> None:
        self.chunks: list[Chunk] = []
        self.size = size
        self._fed = 0
        self.started = time.monotonic_ns()
        super().__init__(argv, size, env, patience=patience)

    def _take(self, data: bytes) -> None:
        self.chunks.append(Chunk(time.monotonic_ns(), data))

    def screen(self) -> list[str]:
        self._catch_up()
        return super().screen()

    def cell(self, line: int, column: int) -> pyte.screens.Char:
        self._catch_up()
        return super().cell(line, column)

    def _catch_up(self) -> None:
        for chunk in self.chunks[self._fed :]:
            super()._take(chunk.data)
        self._fed = len(self.chunks)

    @property
    def pid(self) -> int:
        return self._process.pid

    # While it runs

    def wait_bytes(self, mark: bytes | re.Pattern[bytes], since: int = 0) -> None:
        """Until `mark` is among the bytes that came after the first `since`."""
        pattern = mark if isinstance(mark, re.Pattern) else re.compile(re.escape(mark))
        self.wait_until(lambda: pattern.search(self.received, since) is not None, repr(pattern.pattern))

    def wait_silence(self, seconds: float = 0.5) -> int:
        """Until nothing came for so long; the number of bytes that came before."""
        return self.settle(seconds)

    def press(self, key: str) -> Press:
        """Send a key and wait until its last byte has come. AssertionError when nothing comes at all."""
        chunks, cpu, waited = len(self.chunks), cpu_ns(self.pid), waited_ns(self.pid)
        sent = time.monotonic_ns()
        self.send(key)
        self.wait_until(lambda: len(self.chunks) > chunks, f"an answer to {key!r}")
        while select.select([self._fd], [], [], SILENCE)[0] and self._read(0):
            pass
        came = self.chunks[chunks:]
        data = b"".join(chunk.data for chunk in came)
        return Press(
            came[-1].at - sent, len(data), data.count(_FRAME_END), cpu_ns(self.pid) - cpu, waited_ns(self.pid) - waited
        )

    def read_some(self, seconds: float) -> None:
        """Take what comes next, waiting at most so long for it."""
        self._read(seconds)

    def read_for(self, seconds: float) -> None:
        """Take whatever comes during so many seconds."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and self._read(left):
            pass

    # Afterwards

    def frames(self, since: int = 0) -> int:
        """How many frames came after the first `since` chunks."""
        return b"".join(chunk.data for chunk in self.chunks[since:]).count(_FRAME_END)

    def shown(self, since: int = 0) -> Iterator[tuple[Chunk, pyte.Screen]]:
        """The screen after each chunk but the first `since`; one object, fed from chunk to chunk."""
        screen = pyte.Screen(*self.size)
        stream = pyte.ByteStream(screen)
        stream.feed(b"".join(chunk.data for chunk in self.chunks[:since]))
        for chunk in self.chunks[since:]:
            stream.feed(chunk.data)
            yield chunk, screen

    def first_sight(self, pattern: str) -> Sight:
        """The first frame that showed the pattern, as `^` and `$` of a line see it. AssertionError for none."""
        wanted, count, is_seen = re.compile(pattern, re.MULTILINE), 0, False
        for number, (chunk, screen) in enumerate(self.shown()):
            count += len(chunk.data)
            is_seen = is_seen or wanted.search("\n".join(screen.display)) is not None
            # A frame may come in several chunks; one that is not bracketed counts at once.
            if is_seen and (_FRAME_END in chunk.data or _FRAME_END not in self.received):
                return Sight(chunk.at - self.started, count, number)
        raise AssertionError(f"{pattern} was never seen; at the end:\n{self.text()}")


def cpu_ns(pid: int) -> int:
    """Nanoseconds on a CPU of every thread that lives, by the scheduler's own account; 0 when the process is gone."""
    return _scheduled(pid)[0]


def waited_ns(pid: int) -> int:
    """Nanoseconds for which a program's threads or ours were ready to run while others had the CPUs."""
    return _scheduled(pid)[1] + _scheduled(os.getpid())[1]


def _scheduled(pid: int) -> tuple[int, int]:
    """Nanoseconds on a CPU, and ready but waiting for one."""
    ran = waited = 0
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as file:
                parts = file.read().split()
                ran, waited = ran + int(parts[0]), waited + int(parts[1])
    except (FileNotFoundError, ProcessLookupError):  # a thread ended meanwhile
        pass
    return ran, waited


def anonymous_mib(pid: int) -> float:
    """RssAnon: memory that is the process's own and no file's, in MiB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("RssAnon:")) / 1024
