"""What is asked in a few lines at the bottom of the screen: one of several things, or yes or no."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.events import Click, Key
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Static

from invoicetui.ui import present
from invoicetui.ui.bindings import bindings
from invoicetui.ui.columns import fit

T = TypeVar("T")

_LABEL = 12
#: Cells before an item's text: the cursor's mark, its number, its label.
_LEAD = 4 + _LABEL + 1
#: Below this many cells of text a label stands on a line of its own.
_LEAST = 20
#: Lines of the sheet that hold no item: its border, its title, what can be done.
_AROUND = 3


class Hints(Static):
    """A line of what can be done: words, each with the screen's action that a click on them runs."""

    def __init__(self, *parts: tuple[str, str]) -> None:
        super().__init__(" " + "  ".join(words for words, _ in parts), classes="line hints", markup=False)
        self._parts = parts

    async def on_click(self, event: Click) -> None:
        event.stop()
        start = 1
        for words, action in self._parts:
            if start <= event.x < start + cell_len(words):
                await self.screen.run_action(action)
                return
            start += cell_len(words) + 2


class Sheet(ModalScreen[T]):
    """Stands over the lower part of another screen; a click beside it is a click on what closes it."""

    def on_click(self, event: Click) -> None:
        if self.get_widget_at(*event.screen_offset)[0] is self:
            self.action_close()

    def action_close(self) -> None:
        self.dismiss(None)


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a menu; one that is not possible only says why."""

    label: str
    text: str
    is_possible: bool = True


class Items(Static):
    """The lines of a menu."""

    class Clicked(Message):
        """The line at `y` was clicked."""

        def __init__(self, y: int) -> None:
            super().__init__()
            self.y = y

    def on_click(self, event: Click) -> None:
        event.stop()
        self.post_message(self.Clicked(event.y))


class Menu(Sheet[int | None]):
    """Answers with the index of the chosen item; None when none was. An item is chosen by enter or by its number."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("menu")]

    def __init__(self, title: str, items: Sequence[Item], start: int = 0) -> None:
        super().__init__()
        self._title, self._items, self._at = title, items, start
        #: The item of each line in sight.
        self._shown: list[int] = []

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet"):
            yield Static(f" {self._title}", id="asked", classes="line title", markup=False)
            yield Items(id="items", markup=False)
            yield Hints(("enter or its number chooses", "choose"), ("esc closes", "close"))

    def on_mount(self) -> None:
        self._write()

    def on_resize(self) -> None:
        self._write()

    def _write(self) -> None:
        """As many lines as have room, among them those of the item that the cursor is on."""
        lines = [(at, line) for at in range(len(self._items)) for line in self._lines(at)]
        room = max(1, self.size.height - _AROUND)
        last = max(place for place, (at, _) in enumerate(lines) if at == self._at)
        start = min(max(0, last + 1 - room), next(place for place, (at, _) in enumerate(lines) if at == self._at))
        shown = lines[start : start + room]
        self._shown = [at for at, _ in shown]
        self.query_one("#items", Static).update(Content("\n").join([line for _, line in shown]))
        where = f" ({self._at + 1} of {len(self._items)})" if len(shown) < len(lines) else ""
        self.query_one("#asked", Static).update(f" {self._title}{where}")

    def _lines(self, at: int) -> list[Content]:
        """An item over the whole width; what is said of it wraps below itself."""
        item, width = self._items[at], max(1, self.size.width - 1)
        style = "reverse" if at == self._at else "" if item.is_possible else "dim"
        mark = f"{'>' if at == self._at else ' '} {at + 1 if item.is_possible else '-'} "
        if width - _LEAD >= _LEAST:
            texts = list(present.wrapped(item.text, width - _LEAD))
            leads = [f"{mark}{fit(item.label, _LABEL)} "]
        else:
            texts = ["", *present.wrapped(item.text, width - len(mark))]
            leads = [f"{mark}{item.label}"]
        leads += [" " * (_LEAD if texts[0] else len(mark))] * (len(texts) - 1)
        return [Content.styled(fit(lead + text, width), style) for lead, text in zip(leads, texts, strict=True)]

    def _choose(self, at: int) -> None:
        # A number typed ahead may come when the one before it has closed the menu.
        if self.is_current and 0 <= at < len(self._items) and self._items[at].is_possible:
            self.dismiss(at)

    def on_key(self, event: Key) -> None:
        """A number chooses at once."""
        if event.character is not None and event.character in "123456789":
            event.stop()
            self._choose(int(event.character) - 1)

    def on_items_clicked(self, event: Items.Clicked) -> None:
        if event.y < len(self._shown):
            self._choose(self._shown[event.y])

    def action_choose(self) -> None:
        self._choose(self._at)

    def action_down(self) -> None:
        self._at = min(self._at + 1, len(self._items) - 1)
        self._write()

    def action_up(self) -> None:
        self._at = max(self._at - 1, 0)
        self._write()


class Question(ModalScreen[bool]):
    """Answers with yes or no; every way out of it but `y` is no."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("question")]

    def __init__(self, *lines: str) -> None:
        super().__init__()
        self._lines = lines

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet"):
            yield Static("\n".join(self._lines), classes="asked", markup=False)
            yield Hints(("y yes", "yes"), ("n no", "no"))

    def action_yes(self) -> None:
        self.dismiss(True)

    def action_no(self) -> None:
        self.dismiss(False)


class Notice(Sheet[None]):
    """A text too long for the line at the bottom, such as one that was copied on a terminal that ignores that."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("menu")]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title, self._text = title, text

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet"):
            yield Static(f" {self._title}", classes="line title", markup=False)
            with VerticalScroll(classes="asked"):
                yield Static(self._text, classes="text", markup=False)
            yield Hints(("esc closes", "close"))

    def action_down(self) -> None:
        # A query, for the key may come in one burst with the one that opened this: before there is anything to scroll.
        for text in self.query(VerticalScroll):
            text.scroll_down(animate=False)

    def action_up(self) -> None:
        for text in self.query(VerticalScroll):
            text.scroll_up(animate=False)

    def action_choose(self) -> None:
        self.action_close()
