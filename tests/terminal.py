"""A program on a real pseudo-terminal: what it writes is fed to pyte, and its questions are answered."""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

ROOT = Path(__file__).resolve().parent.parent

# What a terminal is asked, and what an ordinary one answers: synchronised output, in-band resize, cursor, identity.
_QUESTIONS = {
    rb"\x1b\[\?2026\$p": b"\x1b[?2026;2$y",
    rb"\x1b\[\?2048\$p": b"\x1b[?2048;0$y",
    rb"\x1b\[6n": b"\x1b[1;1R",
    rb"\x1b\[0?c": b"\x1b[?62;22c",
}
_QUESTION = re.compile(b"|".join(b"(?:%s)" % question for question in _QUESTIONS))
_LONGEST = 12
# A program would start but not look like itself under these.
_NOT_INHERITED = ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "TERM", "LINES", "COLUMNS", "SSH_CONNECTION")


class Terminal:
    """Runs `argv` on a terminal of `size` (columns, rows) until the `with` block is left; then it is ended and reaped.

    Nothing waits longer than `patience` seconds: then AssertionError shows the screen.
    """

    def __init__(
        self,
        argv: Sequence[str],
        size: tuple[int, int] = (80, 24),
        env: Mapping[str, str] | None = None,
        *,
        patience: float = 15,
    ) -> None:
        self.patience = patience
        self.received = bytearray()
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self._asked = 0
        environ = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
        environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT)}
        self._fd, child = os.openpty()
        self._set_size(size)
        try:
            self._process = subprocess.Popen(
                argv,
                stdin=child,
                stdout=child,
                stderr=child,
                cwd=ROOT,
                env=environ | dict(env or {}),
                start_new_session=True,
            )
        except BaseException:
            os.close(self._fd)
            raise
        finally:
            os.close(child)

    @classmethod
    def python(cls, *argv: str, size: tuple[int, int] = (80, 24), env: Mapping[str, str] | None = None) -> Self:
        """This Python with `argv`."""
        return cls([sys.executable, *argv], size, env)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the program and everything in its session, and wait for it."""
        try:
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(self.patience)
        finally:
            if self._fd >= 0:
                os.close(self._fd)
                self._fd = -1

    # What it shows

    def screen(self) -> list[str]:
        """The lines as they stand, without trailing spaces."""
        return [line.rstrip() for line in self._screen.display]

    def text(self) -> str:
        return "\n".join(self.screen())

    def line(self, text: str) -> int:
        """The number of the first line that holds `text`; -1 for none."""
        return next((number for number, line in enumerate(self.screen()) if text in line), -1)

    def cell(self, line: int, column: int) -> pyte.screens.Char:
        """One cell with its colours and attributes."""
        return self._screen.buffer[line][column]

    # What it is told

    def send(self, keys: str | bytes) -> None:
        data = keys.encode() if isinstance(keys, str) else keys
        while data:
            data = data[os.write(self._fd, data) :]

    def resize(self, size: tuple[int, int]) -> None:
        self._screen.resize(lines=size[1], columns=size[0])
        self._set_size(size)
        os.killpg(self._process.pid, signal.SIGWINCH)

    def _set_size(self, size: tuple[int, int]) -> None:
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    # Waiting for it

    def wait_until(self, is_so: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + self.patience
        while not is_so():
            left = end - time.monotonic()
            is_open = left > 0 and self._read(left)
            assert is_open or is_so(), f"{what} did not come; on the screen:\n{self.text()}"

    def wait_for(self, *texts: str) -> None:
        """Until the screen shows all `texts`."""
        self.wait_until(lambda: all(text in self.text() for text in texts), " and ".join(map(repr, texts)))

    def settle(self, quiet: float = 0.15) -> int:
        """Until nothing was written for `quiet` seconds; how many bytes came meanwhile."""
        before, end = len(self.received), time.monotonic() + self.patience
        while time.monotonic() < end and select.select([self._fd], [], [], quiet)[0]:
            if not self._read(0):
                break
        return len(self.received) - before

    def exit_code(self) -> int:
        """Wait for its end; negative for a signal's number."""
        end = time.monotonic() + self.patience
        while time.monotonic() < end and self._read(end - time.monotonic()):
            pass
        try:
            return self._process.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it did not end; on the screen:\n{self.text()}") from None

    def _read(self, wait: float) -> bool:
        """Take what it wrote, waiting at most `wait` seconds for something; False at its end."""
        if not select.select([self._fd], [], [], wait)[0]:
            return True
        try:
            data = os.read(self._fd, 65536)
        except OSError:  # how Linux says that the other end is closed
            return False
        if not data:
            return False
        self.received += data
        self._take(data)
        self._answer()
        return True

    def _take(self, data: bytes) -> None:
        """Show what came."""
        self._stream.feed(data)

    def _answer(self) -> None:
        """Answer each question once, in the order they came; one may arrive in two pieces."""
        for match in _QUESTION.finditer(self.received, self._asked):
            self._asked = match.end()
            self.send(next(answer for question, answer in _QUESTIONS.items() if re.fullmatch(question, match[0])))
        # Only the end can be the beginning of another one; looking through everything again would take ever longer.
        self._asked = max(self._asked, len(self.received) - _LONGEST)
