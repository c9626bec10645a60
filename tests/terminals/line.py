"""A terminal whose manners are looked at: its modes, its settings, and answers that come when the test says so."""

from __future__ import annotations

import os
import re
import signal
import sys
import termios

from tests.terminal import Terminal

_MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
_KITTY = re.compile(rb"\x1b\[([<>])[0-9]*u")
_ASKS = re.compile(rb"\x1b\[(?:\?[0-9]+\$p|[0-9]*n|[>=]?[0-9]*c|>[0-9]*q|1[3-8]t|\?u)|\x1bP\+q|\x1b\][0-9]+;\?")
#: What makes a terminal of no use to a shell when it stays on: mouse, focus, paste, in-band resize, the other screen.
_UNWANTED = frozenset((1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 1049, 2004, 2026, 2031, 2048))
#: What must be on again: wrapping, the cursor.
_WANTED = frozenset((7, 25))


class Line(Terminal):
    """A terminal that answers no question by itself."""

    def _answer(self) -> None:
        pass

    def screen(self) -> list[str]:
        # pyte's own stumbles over half of a wide character, which is there while a frame has come in part.
        columns = range(self._screen.columns)
        rows = (self._screen.buffer[row] for row in range(self._screen.lines))
        return ["".join(row[column].data for column in columns).rstrip() for row in rows]

    @property
    def questions(self) -> list[bytes]:
        """What the terminal was asked so far."""
        return _ASKS.findall(bytes(self.received))

    def wrong_modes(self) -> set[int]:
        """The modes that a shell would suffer from, as they stand now; 0 stands for keys in kitty's form."""
        on = dict.fromkeys(_UNWANTED, False) | dict.fromkeys(_WANTED, True)
        for numbers, letter in _MODE.findall(bytes(self.received)):
            on |= {int(number): letter == b"h" for number in numbers.split(b";")}
        on[0] = bool(sum(1 if sign == b">" else -1 for sign in _KITTY.findall(bytes(self.received))))
        return {mode for mode, is_on in on.items() if is_on != (mode in _WANTED)}

    @property
    def cursor(self) -> int:
        """The number of the line that the mark of the cursor stands on; -1 for none."""
        return next((number for number, line in enumerate(self.screen()) if line.startswith("> ")), -1)

    def settings(self) -> int:
        """Whether it echoes, reads by lines, makes signals of keys."""
        return int(termios.tcgetattr(self._fd)[3]) & (termios.ECHO | termios.ICANON | termios.ISIG)

    def signal(self, number: signal.Signals) -> None:
        os.kill(self._process.pid, number)

    def resize_screen(self, size: tuple[int, int]) -> None:
        """What is shown has this size, which nobody is told."""
        self._screen.resize(lines=size[1], columns=size[0])

    def hang_up(self) -> None:
        """The window is closed."""
        os.close(self._fd)
        self._fd = -1

    def status(self) -> int:
        """How it ended, once it has; unlike `exit_code` of a terminal that is gone."""
        return self._process.wait(self.patience)

    def click(self, words: str) -> None:
        """Press and release the first button on the first of these words on the screen, as SGR reports it."""
        line = self.line(words)
        assert line >= 0, f"{words!r} is not on the screen:\n{self.text()}"
        self.click_at(self.column(line, words), line)

    def click_hint(self, words: str) -> None:
        """The same on the last line, where the keys stand."""
        self.click_at(self.column(self._screen.lines - 1, words), self._screen.lines - 1)

    def click_at(self, column: int, line: int) -> None:
        self.send(f"\x1b[<0;{column + 1};{line + 1}M\x1b[<0;{column + 1};{line + 1}m")

    def wheel(self, column: int, line: int, *, times: int = 1) -> None:
        """Scroll down."""
        self.send(f"\x1b[<65;{column + 1};{line + 1}M" * times)

    def column(self, line: int, words: str) -> int:
        """The cell at which these words begin on a line; a wide character has two."""
        cells = [self.cell(line, column).data for column in range(self._screen.columns)]
        text = "".join(cells)
        at = text.index(words)
        column = 0
        for column, cell in enumerate(cells):
            if at < len(cell) or (at == 0 and cell):
                return column
            at -= len(cell)
        return column


def demo(*words: str) -> list[str]:
    """The command line of the browser on the demo."""
    return [sys.executable, "-m", "invoicetui", "--demo", *words]


def fixed(*words: str) -> list[str]:
    """The command line of the demo on a fixed day, with a config that is not there."""
    return [sys.executable, "-m", "tests.terminals.program", "/home/kim/config.toml", *words]


#: An interactive shell that the terminal belongs to: programs under it can be stopped and taken up again.
SHELL = [
    sys.executable,
    "-c",
    "import fcntl, os, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "os.execvp('bash', ['bash', '--norc', '--noprofile', '-i'])",
]
