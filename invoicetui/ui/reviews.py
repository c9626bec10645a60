"""When views and sums are made again because rows came: of a million rows they take a while, and pages come faster."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TypeVar

from textual.screen import Screen
from textual.timer import Timer

T = TypeVar("T")

#: Again after so many times as long as the last one took; those that are quick, in seconds, at once.
_SHARE, _AT_ONCE = 4, 0.1


class Reviews:
    """Calls `review` of a screen as often as its views allow: one that follows too soon would overtake the last."""

    def __init__(self, screen: Screen[None], review: Callable[[], None]) -> None:
        self._screen, self._review = screen, review
        self._seconds = 0.0
        self._due: Timer | None = None
        self._read: object = None
        #: Rows came while one was read.
        self._is_late = False

    async def read(self, view: Awaitable[T]) -> T:
        """Wait for a view, and note how long it took."""
        begun, self._read, self._is_late = monotonic(), view, False
        try:
            made = await view
        finally:
            # One that was overtaken ends after the next has begun.
            if self._read is view:
                self._read = None
        self._seconds = monotonic() - begun
        if self._is_late:
            # When what was read now is shown.
            self._screen.call_later(self.rows_came)
        return made

    def next_is_quick(self) -> None:
        """The next view follows the last one: how long that took says nothing."""
        self._seconds = 0.0

    def rows_came(self) -> None:
        """The view is out of date."""
        wait = _SHARE * self._seconds
        if self._read is not None:
            self._is_late = True
        elif wait < _AT_ONCE:
            self._review()
        elif self._due is None:
            self._due = self._screen.set_timer(wait, self._when_due)

    def _when_due(self) -> None:
        self._due = None
        # One that is read now began after those rows had come.
        if self._read is None:
            self._review()
