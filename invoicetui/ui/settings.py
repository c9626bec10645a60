"""What can be set while the program runs: names and values, what happens at once, and what config.toml keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from invoicetui.config import LEAST_PREVIEW, MOST_PREVIEW, SIDES, SORTS
from invoicetui.ui.completing import Offer
from invoicetui.ui.habits import Habits
from invoicetui.ui.memory import Memory

if TYPE_CHECKING:
    from textual.app import App

    from invoicetui.config.edit import Value

FLAGS = {"on": True, "off": False}
AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Setting:
    """`value` is what it is now; `read` makes of a text what config.toml holds, or raises ValueError with a sentence;
    `apply` does what follows at once and returns what else there is to say, "" for nothing."""

    name: str
    help: str
    choices: tuple[str, ...]
    value: Callable[[], str]
    read: Callable[[str], Value]
    apply: Callable[[Value], str]


class Settings:
    """The settings of a running browser. `changed` is called when lists are laid out otherwise than before, `failed` on
    another thread when one could not be kept."""

    def __init__(
        self,
        app: App[str],
        habits: Habits,
        memory: Memory,
        *,
        is_mouse_on: bool,
        is_colourless: bool,
        changed: Callable[[], None],
        failed: Callable[[str], None],
    ) -> None:
        self._app, self._habits, self._memory = app, habits, memory
        self._is_mouse_on, self._is_colourless = is_mouse_on, is_colourless
        self._changed, self._failed = changed, failed

    @property
    def all(self) -> tuple[Setting, ...]:
        layout = self._habits.layout
        themes = tuple(sorted(self._app.available_themes))
        width = f"{AUTO}, or columns from {LEAST_PREVIEW} to {MOST_PREVIEW}"
        preview_width = AUTO if layout.preview_width is None else str(layout.preview_width)
        return (
            Setting("theme", "the colours", themes, lambda: self._app.theme, _one_of(themes), self._theme),
            Setting("mouse", "whether clicks come here", tuple(FLAGS), lambda: _word(self._is_mouse_on), _flag,
                    self._mouse),
            Setting("preview", "an invoice beside the list", tuple(FLAGS), lambda: _word(layout.preview), _flag,
                    self._laid("preview")),
            Setting("preview_side", "where it stands", SIDES, lambda: layout.preview_side, _one_of(SIDES),
                    self._laid("preview_side")),
            Setting("preview_width", width, (AUTO,), lambda: preview_width, _width, self._laid("preview_width")),
            Setting("sort", "the order in which lists open", SORTS, lambda: layout.sort, _one_of(SORTS),
                    self._laid("sort")),
        )  # fmt: skip

    def completion(self, text: str) -> Sequence[Offer]:
        """For the `:` line: names, and behind `=` their values."""
        name, sign, begun = text.partition("=")
        if not sign:
            return [Offer(f"{one.name}=", f"{one.name}=") for one in self.all if one.name.startswith(name)]
        choices = [choice for one in self.all if one.name == name for choice in one.choices]
        return [Offer(choice, f"{name}={choice}") for choice in choices if choice.startswith(begun)]

    def page(self, others: Iterable[tuple[str, str]]) -> str:
        """All settings with their values, a line each, and those that only the file changes."""
        lines = [f"{one.name:<14} {one.value():<12} {one.help}" for one in self.all]
        return "\n".join([*lines, "", "changed in config.toml:", *(f"{name:<17} {value}" for name, value in others)])

    def change(self, name: str, text: str) -> str:
        """Set what is called so; a sentence about it, or about what is wrong."""
        setting = next((one for one in self.all if one.name == name), None)
        if setting is None:
            return f"there is no setting {name}; {_nearest(name, [one.name for one in self.all])}"
        if name == "theme" and self._is_colourless:
            return "NO_COLOR is set: the terminal's own colours stay"
        try:
            value = setting.read(text)
        except ValueError as error:
            return f"{name} cannot be {text or 'nothing'}; {error}"
        said = [f"{name} = {text}", *filter(None, [setting.apply(value)])]
        if why_not := self._memory.why_not:
            said.append(f"until the end: {why_not}")
        else:
            self._memory.keep(name, value, lambda why: self._failed(f"{name} = {text}, until the end: {why}"))
        return " · ".join(said)

    # ---- what happens at once

    def _theme(self, value: Value) -> str:
        self._app.theme = str(value)
        return ""

    def _laid(self, name: str) -> Callable[[Value], str]:
        def apply(value: Value) -> str:
            change: dict[str, Any] = {name: value}
            self._habits.layout = self._habits.layout._replace(**change)
            self._changed()
            return ""

        return apply

    def _mouse(self, value: Value) -> str:
        self._is_mouse_on = bool(value)
        driver = self._app._driver
        # Textual 8.2.8 has no public way; its drivers do nothing about a mouse that they were started without.
        switch = getattr(driver, "_enable_mouse_support" if value else "_disable_mouse_support", None)
        if driver is None or switch is None:
            return "from the next start on"
        driver._mouse = True
        switch()
        driver._mouse = bool(value)
        return ""


def _word(flag: bool) -> str:
    return "on" if flag else "off"


def _flag(text: str) -> Value:
    if text not in FLAGS:
        raise ValueError("it is on or off")
    return FLAGS[text]


def _width(text: str) -> Value:
    if text == AUTO:
        return None
    with suppress(ValueError):
        if LEAST_PREVIEW <= int(text) <= MOST_PREVIEW:
            return int(text)
    raise ValueError(f"it is {AUTO}, or columns from {LEAST_PREVIEW} to {MOST_PREVIEW}")


def _one_of(choices: Sequence[str]) -> Callable[[str], Value]:
    def read(text: str) -> Value:
        if text not in choices:
            raise ValueError(_nearest(text, choices))
        return text

    return read


def _nearest(word: str, choices: Sequence[str]) -> str:
    near = get_close_matches(word, choices, 1, 0.4)
    meant = f"did you mean {near[0]}? " if near else ""
    return f"{meant}there are: {', '.join(choices)}"
