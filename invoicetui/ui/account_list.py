"""The accounts as lines with a cursor."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Click
from textual.geometry import Region
from textual.message import Message
from textual.widgets import Static

from invoicetui.ui.bindings import bindings

if TYPE_CHECKING:
    from invoicetui.ui.jumping import Jump


class AccountList(VerticalScroll, can_focus=True):
    """The accounts as lines, the first for all of them; moves like every list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(
            "list", "move-down", "move-up", "half-page-down", "half-page-up", "page-down", "page-up", "first", "last"
        )
    ]

    class Moved(Message):
        """The cursor is on another line."""

    class Activated(Message):
        """The user wants to go into the line the cursor is on."""

    def __init__(self) -> None:
        self._text = Static(classes="text", markup=False)
        super().__init__(self._text)
        self.cursor = 0
        self._lines: list[str] = []

    def show(self, lines: list[str]) -> None:
        """The lines without their marks; the cursor stays."""
        self._lines = lines
        self._paint()

    def _paint(self) -> None:
        parts: list[Content | tuple[str, str]] = []
        for index, line in enumerate(self._lines):
            is_cursor = index == self.cursor
            text = f"{'>' if is_cursor else ' '} {line}\n"
            parts.append((text, "reverse") if is_cursor else Content(text))
        self._text.update(Content.assemble(*parts))

    def place(self, index: int) -> None:
        """Put the cursor on a line without a word."""
        self.cursor = max(0, min(index, len(self._lines) - 1))
        self._paint()
        self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False)

    def move_to(self, index: int) -> None:
        """Put the cursor on a line because the user wants it there."""
        self.place(index)
        self.post_message(self.Moved())

    def on_click(self, event: Click) -> None:
        # Counted from the text's first line, in sight or not: only a text that does not fill the list ends above it.
        index = event.y
        if index == self.cursor:
            self.post_message(self.Activated())
        elif index < len(self._lines):
            self.move_to(index)

    def action_move_down(self) -> None:
        self.move_to(self.cursor + 1)

    def action_move_up(self) -> None:
        self.move_to(self.cursor - 1)

    def action_half_page_down(self) -> None:
        self.move_to(self.cursor + max(1, self.size.height // 2))

    def action_half_page_up(self) -> None:
        self.move_to(self.cursor - max(1, self.size.height // 2))

    def action_page_down(self) -> None:
        self.move_to(self.cursor + self.size.height)

    def action_page_up(self) -> None:
        self.move_to(self.cursor - self.size.height)

    def action_first(self) -> None:
        self.move_to(0)

    def action_last(self) -> None:
        self.move_to(len(self._lines) - 1)

    def jumps(self) -> Iterator[Jump]:
        """The lines in sight."""
        from invoicetui.ui.jumping import Jump

        top = self.scroll_offset.y
        for index in range(top, min(top + self.size.height, len(self._lines))):
            yield Jump(self.region.x, self.region.y + index - top, partial(self.move_to, index))
