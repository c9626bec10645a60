"""Something that takes a while on a screen: a line that says what, since when, and how to stop it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from textual.message_pump import MessagePump
from textual.timer import Timer

_FRAMES = "|/-\\"


class Trying:
    """Turns a one-cell spinner four times a second for as long as something runs, and no longer."""

    def __init__(self, pump: MessagePump) -> None:
        self._pump = pump
        self._say: Callable[[str], None] = lambda sentence: None
        self._timer: Timer | None = None
        self._what, self._since = "", 0.0
        self._can_stop = True

    @property
    def is_running(self) -> bool:
        return self._timer is not None

    @contextmanager
    def running(self, say: Callable[[str], None]) -> Iterator[None]:
        """While the block runs, `say` is told what is being done; the last sentence said inside it stays."""
        self._say, self._what, self._can_stop = say, "", True
        self._since = monotonic()
        self._timer = self._pump.set_interval(0.25, self._turn)
        try:
            yield
        finally:
            self._timer.stop()
            self._timer = None

    def doing(self, what: str) -> None:
        """What is being done now."""
        self._what = what
        self._turn()

    def from_elsewhere(self, what: str) -> None:
        """The same from another thread."""
        if self.is_running:
            self._pump.call_later(self.doing, what)

    def must_finish(self, what: str) -> None:
        """From here on it is not to be stopped half way."""
        self._can_stop = False
        self.doing(what)

    def stop(self) -> bool:
        """Say no more of it, if it may be stopped now; whether it may."""
        if self._can_stop:
            self._what = ""
        return self._can_stop

    def _turn(self) -> None:
        if not self._what or self._timer is None:
            return
        seconds = monotonic() - self._since
        age = f" {seconds:.0f} s" if seconds >= 1 else ""
        how = " · esc stops" if self._can_stop else ""
        self._say(f"{_FRAMES[int(seconds * 4) % len(_FRAMES)]} {self._what}{age}{how}")
