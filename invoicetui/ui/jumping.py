"""Letters on what is in sight: one key from here to any row or tab."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Click, Key
from textual.screen import ModalScreen
from textual.widgets import Static

from invoicetui.ui.bindings import bindings
from invoicetui.ui.detail import DetailPane

#: The letters under the fingers come first.
LETTERS = "asdfghjklqwertyuiopzxcvbnmASDFGHJKLQWERTYUIOPZXCVBNM"


@dataclass(frozen=True, slots=True)
class Jump:
    """A place of the screen, in cells, and the way there."""

    x: int
    y: int
    go: Callable[[], None]


def of_tabs(pane: DetailPane) -> Iterator[Jump]:
    """The tabs of a detail, each at the beginning of its name; none before they are there."""
    for tabs in pane.query("#tabs"):
        for index, x in enumerate(pane.tab_places()):
            yield Jump(tabs.region.x + x, tabs.region.y, _to_tab(pane, index))


def _to_tab(pane: DetailPane, index: int) -> Callable[[], None]:
    def go() -> None:
        pane.focus_content()
        pane.tab = index

    return go


class JumpScreen(ModalScreen[None]):
    """Lies over another screen until the next key: a letter that stands there leads there, every other key only ends
    it. Of more places than there are letters the first ones have one."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("app", "cancel")]

    def __init__(self, jumps: Iterable[Jump]) -> None:
        super().__init__()
        self._jumps = dict(zip(LETTERS, jumps, strict=False))

    def compose(self) -> ComposeResult:
        for letter, jump in self._jumps.items():
            mark = Static(letter, classes="jump", markup=False)
            mark.styles.offset = (jump.x, jump.y)
            yield mark

    def on_key(self, event: Key) -> None:
        event.stop()
        # One typed ahead may come when the one before it has ended this.
        if self.is_current:
            jump = self._jumps.get(event.character or "")
            self.dismiss()
            if jump is not None:
                jump.go()

    def on_click(self, event: Click) -> None:
        self.dismiss()

    def action_cancel(self) -> None:
        self.dismiss()
