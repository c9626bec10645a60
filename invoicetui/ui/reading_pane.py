"""A pane of text that is read: it scrolls by the keys of lists."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from invoicetui.ui.bindings import bindings


class ReadingPane(VerticalScroll, can_focus=True):
    """Text that the movement keys of lists scroll."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(
            "list", "move-down", "move-up", "half-page-down", "half-page-up", "page-down", "page-up", "first", "last"
        )
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(Static(classes="text", markup=False), id=id)

    @property
    def width(self) -> int:
        """The cells a line of text has."""
        return max(30, self.size.width - 2)

    def write(self, text: Content) -> None:
        self.query_one(Static).update(text)

    def clear(self) -> None:
        """Show nothing, in the room that the text has: laying out anew would paint more than this."""
        for text in self.query(Static):
            text.update("", layout=False)

    def action_move_down(self) -> None:
        self.scroll_down(animate=False)

    def action_move_up(self) -> None:
        self.scroll_up(animate=False)

    def action_half_page_down(self) -> None:
        self.scroll_relative(y=self.size.height // 2, animate=False)

    def action_half_page_up(self) -> None:
        self.scroll_relative(y=-(self.size.height // 2), animate=False)

    def action_page_down(self) -> None:
        self.scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        self.scroll_page_up(animate=False)

    def action_first(self) -> None:
        self.scroll_home(animate=False)

    def action_last(self) -> None:
        self.scroll_end(animate=False)
