"""An app that sends a terminal what is different, and has it scroll by itself: over SSH every byte takes its time.

Textual 8.2.8 sends every cell of a region that was painted again: kilobytes for a list that scrolled by one line. That
is decided in a private method, so this stands aside for any Textual but 8.2, and whenever something is unexpected.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path

import textual
from rich.console import RenderableType
from textual.app import App
from textual.events import Resize
from textual.screen import Screen
from textual.theme import Theme

from invoicetui.ui.pace import Pace
from invoicetui.ui.terminal_lines import TerminalLines

#: Textual lays out a resized screen after half of this time (in seconds).
_SOON = 1 / 60
#: Synchronised output (DEC 2026).
_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"
#: What of Textual is used here without being documented.
_PRIVATE = (
    "_batch_count",
    "_running",
    "_closed",
    "_driver",
    "_sync_available",
    "_previous_cursor_position",
    "_display",
)


class ScrollingApp(App[str]):
    """Paints as any app does, in fewer bytes."""

    #: The Textual whose private methods are known, as its package folder is called.
    KNOWN_TEXTUAL = "textual-8.2.*-info"

    @cached_property
    def shown(self) -> TerminalLines:
        """What the terminal shows, as far as it is known."""
        return TerminalLines(self.console)

    @cached_property
    def _is_known_textual(self) -> bool:
        # By the folder: importlib.metadata takes longer to import than several frames.
        folder = Path(textual.__file__).parent.parent
        return any(folder.glob(self.KNOWN_TEXTUAL)) and all(hasattr(self, name) for name in _PRIVATE)

    _painted_screen: Screen[object] | None = None
    _is_waiting = False

    def on_mount(self) -> None:
        for signal in (self.app_suspend_signal, self.app_resume_signal):
            signal.subscribe(self, lambda _: self._forget(), immediate=True)
        self.theme_changed_signal.subscribe(self, self._themed)

    def on_resize(self, event: Resize) -> None:
        """Terminals cut or wrap what they show, even when they are as large as before in the end."""
        self._forget()

    def refresh(self, *, repaint: bool = True, layout: bool = False, recompose: bool = False) -> ScrollingApp:
        """With `layout`, everything is painted again, whatever the terminal seems to show."""
        if layout:
            self._forget()
        return super().refresh(repaint=repaint, layout=layout, recompose=recompose)

    def _themed(self, theme: Theme) -> None:
        self._forget()

    def _forget(self) -> None:
        """Paint everything again: Textual's layout may, but it leaves out what it believes to be there."""
        if self.shown.is_known:
            self.shown.forget()
            self.set_timer(_SOON, self._paint_all)

    def _paint_all(self) -> None:
        if not self.shown.is_known and self._screen_stack:
            self.screen.refresh()

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        if renderable is None or self._batch_count:
            super()._display(screen, renderable)
            return
        if screen is not self._painted_screen:
            self._painted_screen = screen
            self.shown.forget()
        if not self._may_scroll:
            self.shown.forget()
            super()._display(screen, renderable)
            return
        if self.shown.is_known and self._is_held():
            return
        changes = self.shown.changes(renderable, self.size)
        if changes is None:
            super()._display(screen, renderable)
            self.shown.take(renderable, self.size)
            return
        self._send(changes)
        self.post_display_hook()

    def _is_held(self) -> bool:
        """Whether the terminal still has frames to take: what is to be seen then is painted when it has taken them."""
        pace: Pace | None = getattr(self._driver, "pace", None)
        wait = pace.wait if pace is not None else 0.0
        if wait and not self._is_waiting:
            self._is_waiting = True
            self.set_timer(wait, self._paint_held)
        return wait > 0

    def _paint_held(self) -> None:
        self._is_waiting = False
        if self._screen_stack:
            self.screen.refresh()

    @property
    def _may_scroll(self) -> bool:
        """Whether there is a terminal that is ours alone, as in every Textual this is known to work with."""
        driver = self._driver
        is_shown = self._running and not self._closed and not self.is_headless
        return (
            is_shown and driver is not None and not driver.is_inline and os.name == "posix" and self._is_known_textual
        )

    def _send(self, changes: str) -> None:
        """In one piece, for every piece wakes the thread that writes; then the cursor goes where input is edited."""
        x, y = cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
        if self._driver is None or not (changes or cursor != self._previous_cursor_position):
            return
        self._previous_cursor_position = cursor
        changes += f"\x1b[{y + 1};{x + 1}H"
        self._driver.write(f"{_BEGIN}{changes}{_END}" if self._sync_available else changes)
        self._driver.flush()
