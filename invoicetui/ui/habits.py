"""What the browser keeps from one screen to the next: how lists are laid out, where they were left, what was typed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from invoicetui.config import Layout


@dataclass(slots=True)
class Habits:
    """`change(setting, text)` changes a setting by name and answers with a sentence; the app knows how.

    `places` are the rows that lists were left on, by account id and "" for the inbox.
    """

    layout: Layout
    change: Callable[[str, str], str]
    places: dict[str, int] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    filters: list[str] = field(default_factory=list)
