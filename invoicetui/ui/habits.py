"""What the browser keeps from one screen to the next: how lists are laid out, where they were left, what was typed."""

from __future__ import annotations

from collections.abc import Callable

from invoicetui.config import Layout


class Habits:
    """`change(setting, text)` changes a setting by name and answers with a sentence; the app knows how.

    `places` are the rows that lists were left on, by account id and "" for the inbox.
    """

    def __init__(self, layout: Layout, change: Callable[[str, str], str]) -> None:
        self.layout, self.change = layout, change
        self.places: dict[str, int] = {}
        self.commands: list[str] = []
        self.filters: list[str] = []
