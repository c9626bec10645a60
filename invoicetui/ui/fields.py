"""What forms are made of: labelled fields with a line below that helps, or says what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from invoicetui.ui.bindings import bindings
from invoicetui.ui.token_input import TokenInput


class Choice(Widget, can_focus=True):
    """One of a few words, all of them in sight; the chosen one stands in brackets."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("form", "choose-next", "choose-previous")]

    class Changed(Message):
        """Another word was chosen."""

        def __init__(self, choice: Choice) -> None:
            super().__init__()
            self.choice = choice

        @property
        def control(self) -> Choice:
            return self.choice

    def __init__(self, words: Sequence[str], value: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.words = tuple(words)
        self.value = value if value in self.words else self.words[0]

    def render(self) -> Content:
        parts: list[Content | tuple[str, str]] = []
        for word in self.words:
            if word == self.value:
                parts.append((f"[{word}]", "reverse" if self.has_focus else "bold"))
            else:
                parts.append(Content(f" {word} "))
        return Content.assemble(*parts)

    def choose(self, word: str) -> None:
        """Choose a word; those that listen are told if it was another one."""
        if word != self.value and word in self.words:
            self.value = word
            self.refresh()
            self.post_message(self.Changed(self))

    def action_choose_next(self) -> None:
        self._step(1)

    def action_choose_previous(self) -> None:
        self._step(-1)

    def on_click(self) -> None:
        self._step(1)

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def _step(self, by: int) -> None:
        self.choose(self.words[(self.words.index(self.value) + by) % len(self.words)])


class Field(Vertical):
    """A label, a control, and below it help or what is wrong.

    `control` is an Input, a Choice, a TokenInput, or a Static for what cannot be changed. `check` returns what is
    wrong with a value that is not empty, or None.
    """

    def __init__(
        self,
        name: str,
        label: str,
        control: Widget,
        help: str = "",
        *,
        check: Callable[[str], str | None] = lambda value: None,
        is_required: bool = False,
    ) -> None:
        super().__init__(name=name)
        self.control, self.help, self.is_required = control, help, is_required
        self._label, self._check = label, check

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static(self._label, classes="label", markup=False)
            yield self.control
        yield Static(self.help, classes="note", markup=False)

    @property
    def value(self) -> str:
        """What was typed or chosen; never a token."""
        control = self.control
        if isinstance(control, TokenInput):
            return ""
        if isinstance(control, Input):
            return control.value.strip()
        return control.value if isinstance(control, Choice) else str(getattr(control, "content", ""))

    def problem(self) -> str:
        """What is wrong with the value as it is, "" for nothing; an empty one is not wrong yet."""
        return (self._check(self.value) or "") if self.value else ""

    def review(self) -> None:
        """Say below the control what is wrong now, or help."""
        self.complain(self.problem())

    def complain(self, sentence: str) -> None:
        """Show a sentence as what is wrong; "" for nothing."""
        note, words = self.query_one(".note", Static), f"! {sentence}" if sentence else self.help
        if note.content != words:  # the screen is laid out anew for every update
            note.update(words)
            note.set_class(bool(sentence), "wrong")

    def advise(self, help: str) -> None:
        """Help with other words, as soon as nothing is wrong."""
        self.help = help
        if not self.query_one(".note", Static).has_class("wrong"):
            self.complain("")


def text_input(value: str = "", placeholder: str = "") -> Input:
    """A line of text as forms have it."""
    box = Input(value, placeholder=placeholder, compact=True, select_on_focus=False)
    box.cursor_blink = False
    return box
