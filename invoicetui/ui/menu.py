"""What is asked in a few lines at the bottom of the screen: one of several things, or yes or no."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Click, Key
from textual.screen import ModalScreen
from textual.widgets import Static

from invoicetui.ui import status
from invoicetui.ui.bindings import bindings
from invoicetui.ui.columns import fit

_LABEL = 12


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a menu; one that is not possible only says why."""

    label: str
    text: str
    is_possible: bool = True


class Menu(ModalScreen[int | None]):
    """Answers with the index of the chosen item; None when none was. An item is chosen by enter or by its number."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("menu")]

    def __init__(self, title: str, items: Sequence[Item], start: int = 0) -> None:
        super().__init__()
        self._title, self._items, self._at = title, items, start

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet"):
            yield Static(f" {self._title}", classes="line title", markup=False)
            yield Static(id="items", markup=False)
            yield Static(" enter or its number chooses  esc closes", classes="line hints", markup=False)

    def on_mount(self) -> None:
        self._write()

    def on_resize(self) -> None:
        self._write()

    def _write(self) -> None:
        lines = []
        for at, item in enumerate(self._items):
            number = str(at + 1) if item.is_possible else "-"
            text = f"{'>' if at == self._at else ' '} {number} {fit(item.label, _LABEL)} {item.text}"
            style = "reverse" if at == self._at else "" if item.is_possible else "dim"
            lines.append(Content.styled(fit(status.cut(text, self.size.width - 1), self.size.width - 1), style))
        self.query_one("#items", Static).update(Content("\n").join(lines))

    def _choose(self, at: int) -> None:
        # A number typed ahead may come when the one before it has closed the menu.
        if self.is_current and 0 <= at < len(self._items) and self._items[at].is_possible:
            self.dismiss(at)

    def on_key(self, event: Key) -> None:
        """A number chooses at once."""
        if event.character is not None and event.character in "123456789":
            event.stop()
            self._choose(int(event.character) - 1)

    def on_click(self, event: Click) -> None:
        if event.widget is not None and event.widget.id == "items":
            self._choose(event.y)

    def action_choose(self) -> None:
        self._choose(self._at)

    def action_down(self) -> None:
        self._at = min(self._at + 1, len(self._items) - 1)
        self._write()

    def action_up(self) -> None:
        self._at = max(self._at - 1, 0)
        self._write()

    def action_close(self) -> None:
        self.dismiss(None)


class Question(ModalScreen[bool]):
    """Answers with yes or no; every way out of it but `y` is no."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("question")]

    def __init__(self, *lines: str) -> None:
        super().__init__()
        self._lines = lines

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet"):
            yield Static("\n".join(f" {line}" for line in self._lines), classes="asked", markup=False)
            yield Static(" y yes  n no", classes="line hints", markup=False)

    def action_yes(self) -> None:
        self.dismiss(True)

    def action_no(self) -> None:
        self.dismiss(False)


class Notice(ModalScreen[None]):
    """A text too long for the line at the bottom, such as one that was copied on a terminal that ignores that."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("menu", "close", "choose")]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title, self._text = title, text

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet"):
            yield Static(f" {self._title}", classes="line title", markup=False)
            yield Static(self._text, classes="asked", markup=False)
            yield Static(" esc closes", classes="line hints", markup=False)

    def action_close(self) -> None:
        self.dismiss(None)

    action_choose = action_close
