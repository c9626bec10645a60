"""Commands by name: the `:` line and the palette offer the same ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from invoicetui.ui import status
from invoicetui.ui.bindings import bindings


@dataclass(frozen=True, slots=True)
class Command:
    """`run` takes what was typed after the name and returns a sentence, "" when the screen says enough.

    `arguments` are offered in the palette; `takes` names what may follow, for the help.
    """

    name: str
    help: str
    run: Callable[[str], str]
    takes: str = ""
    arguments: tuple[str, ...] = ()


def find(commands: tuple[Command, ...], typed: str) -> tuple[Command, str] | str:
    """The command that a line names and its argument, or a sentence that says what is wrong. Beginnings will do."""
    name, _, argument = typed.strip().lstrip(":").partition(" ")
    exact = [command for command in commands if command.name == name]
    found = exact or [command for command in commands if name and command.name.startswith(name)]
    if len(found) == 1:
        return found[0], argument.strip()
    if found:
        return f"{name} could be {' or '.join(command.name for command in found)}"
    return f"there is no command {name}; there are: {', '.join(command.name for command in commands)}"


class CommandLine(ModalScreen[str | None]):
    """A line at the bottom that takes a command; answers with what was typed."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("app", "cancel")]

    def __init__(self, commands: tuple[Command, ...]) -> None:
        super().__init__()
        self._commands = commands

    def compose(self) -> ComposeResult:
        yield Static(classes="line", id="offers", markup=False)
        box = Input(placeholder="command", compact=True, id="command")
        box.cursor_blink = False
        with Horizontal(id="typed"):
            yield Static(" :", markup=False)
            yield box

    def on_mount(self) -> None:
        self.set_focus(self.query_one(Input))
        self._offer("")

    @on(Input.Changed)
    def _typing(self, event: Input.Changed) -> None:
        self._offer(event.value)

    def _offer(self, typed: str) -> None:
        name, space, argument = typed.strip().lstrip(":").partition(" ")
        fitting = [command for command in self._commands if command.name.startswith(name)]
        if space and fitting:
            offers = [word for word in fitting[0].arguments if word.startswith(argument)] or [fitting[0].takes]
        else:
            offers = [f"{command.name} {command.takes}".strip() for command in fitting]
        self.query_one("#offers", Static).update("  " + status.whole(offers, self.size.width - 3))

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)

    def action_cancel(self) -> None:
        self.dismiss(None)


class Commands(Provider):
    """The same commands in the palette. Names pass as Content: a label could be markup."""

    def _hits(self) -> list[tuple[str, str, Callable[[], None]]]:
        app = self.app
        commands: tuple[Command, ...] = getattr(app, "commands", ())
        run: Callable[[str], None] = getattr(app, "run_command", lambda typed: None)
        return [
            (line, command.help, partial(run, line))
            for command in commands
            for line in ([f"{command.name} {word}" for word in command.arguments] or [command.name])
        ]

    async def discover(self) -> Hits:
        for line, help_text, run in self._hits():
            yield DiscoveryHit(Content(line), run, text=line, help=help_text)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for line, help_text, run in self._hits():
            score = matcher.match(line)
            if score > 0:
                yield Hit(score, Content(line), run, text=line, help=help_text)
