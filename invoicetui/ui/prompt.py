"""A line that somebody types into: what was typed before comes back, and what may follow is offered."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static

from invoicetui.ui import status
from invoicetui.ui.bindings import bindings
from invoicetui.ui.completing import Completion, Offer

#: Lines that are kept.
_KEPT = 200


def keep(typed: list[str], line: str) -> None:
    """Put a line among those typed before: once, as the newest."""
    if line := line.strip():
        if line in typed:
            typed.remove(line)
        typed.append(line)
        del typed[:-_KEPT]


class Prompt(Horizontal):
    """A sign and an input. Its input's changes and its submission are for the screen.

    `typed` are the lines of this kind typed before, oldest first; `show` writes what is offered where there is room.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("typing")]

    def __init__(
        self,
        sign: str,
        input: Input,
        typed: list[str],
        completion: Completion,
        show: Callable[[str], None],
        *,
        id: str,
    ) -> None:
        super().__init__(id=id)
        self.input = input
        self._sign, self._typed, self._completion, self._show = sign, typed, completion, show
        #: Which of the lines stands there, counted from the newest; 0 is the one that is typed now.
        self._age = 0
        self._draft = ""
        #: What fitted when completing began, and which of it stands there.
        self._offers: list[Offer] = []
        self._at: int | None = None
        self._written: str | None = None
        self._offered_for = ""

    def compose(self) -> ComposeResult:
        yield Static(self._sign, markup=False)
        yield self.input

    def on_mount(self) -> None:
        self.screen.set_focus(self.input)
        self._offer(self.input.value)

    @on(Input.Changed)
    def _changed(self) -> None:
        if self.input.value not in (self._written, self._offered_for):
            self._offer(self.input.value)

    def _offer(self, text: str) -> None:
        """Begin anew with what may follow the text."""
        self._offers, self._at, self._written, self._offered_for = list(self._completion(text)), None, None, text
        self._show_offers()

    def _show_offers(self) -> None:
        """From the one that stands there on, as many as fit."""
        start = self._at or 0
        words = [offer.shown for offer in (*self._offers[start:], *self._offers[:start])]
        if self._at is not None:
            words[0] = f">{words[0]}"
        self._show(status.whole(words, self.screen.size.width - 3) if words else "")

    def _write(self, text: str) -> None:
        self._written = self.input.value = text
        self.input.cursor_position = len(text)

    def _after_typing(self, work: Callable[[], None]) -> None:
        """What was typed reaches the input later than our own keys reach us; they wait for it."""
        self.input.call_later(work)

    def _complete(self, by: int) -> None:
        self._changed()
        lines = [offer.line for offer in self._offers]
        if not any(line is not None for line in lines):
            return
        at = (-1 if by > 0 else 0) if self._at is None else self._at
        self._at = (at + by) % len(lines)
        self._write(lines[self._at] or "")
        self._show_offers()
        if len(lines) == 1:
            self._offer(self.input.value)

    def action_complete(self) -> None:
        self._after_typing(partial(self._complete, 1))

    def action_complete_back(self) -> None:
        self._after_typing(partial(self._complete, -1))

    def _remember(self, by: int) -> None:
        age = self._age + by
        if not 0 <= age <= len(self._typed):
            return
        if self._age == 0:
            self._draft = self.input.value
        self._age = age
        self._write(self._typed[-age] if age else self._draft)
        self._offer(self.input.value)

    def action_older(self) -> None:
        self._after_typing(partial(self._remember, 1))

    def action_newer(self) -> None:
        self._after_typing(partial(self._remember, -1))
