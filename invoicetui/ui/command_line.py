"""The `:` line, and the palette: both offer every command, and are imported when one of them is wanted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import BindingType
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from invoicetui.ui.bindings import bindings
from invoicetui.ui.command import Command, offers
from invoicetui.ui.prompt import Prompt


class CommandLine(ModalScreen[str | None]):
    """A line at the bottom that takes a command; answers with what was typed. `typed` were typed before."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("app", "cancel")]

    def __init__(self, commands: Sequence[Command], typed: list[str], begun: str = "") -> None:
        super().__init__()
        self._commands, self._typed, self._begun = commands, typed, begun

    def compose(self) -> ComposeResult:
        yield Static(classes="line", id="offers", markup=False)
        words = "command; tab completes, Up brings back"
        box = Input(self._begun, placeholder=words, compact=True, id="command", select_on_focus=False)
        box.cursor_blink = False
        yield Prompt(" :", box, self._typed, partial(offers, self._commands), self._offer, id="typed")

    def _offer(self, words: str) -> None:
        self.query_one("#offers", Static).update(f"  {words}")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)

    def action_cancel(self) -> None:
        self.dismiss(None)


class Palette(CommandPalette):
    """Textual 8.2.8's, which a second enter would close once more, and with it whatever stands below."""

    def dismiss(self, result: None = None) -> AwaitComplete:
        return super().dismiss(result) if self.is_active else AwaitComplete()


def palette(commands: Sequence[Command], run: Callable[[str], None], begin: Callable[[str], None]) -> CommandPalette:
    """The palette over these commands; one that needs an argument nobody can list is begun in the `:` line.

    Names pass as Content: an account's id could be markup.
    """

    def lines() -> list[tuple[str, str, Callable[[], None]]]:
        found: list[tuple[str, str, Callable[[], None]]] = []
        for command in commands:
            known = [offer.line for offer in command.completion("") if offer.line is not None]
            is_open = bool(command.takes) and not command.takes.startswith("[")
            if not is_open:
                found.append((command.name, command.help, partial(run, command.name)))
            elif not known or any(line.endswith((":", "=")) for line in known):
                found.append((f"{command.name} {command.takes}", command.help, partial(begin, f"{command.name} ")))
            found += [
                (f"{command.name} {line}", command.help, partial(run, f"{command.name} {line}"))
                for line in known
                if not line.endswith((":", "="))
            ]
        return found

    class Commands(Provider):
        """The lines, all of them until something is typed."""

        async def discover(self) -> Hits:
            for line, help_text, do in lines():
                yield DiscoveryHit(Content(line), do, text=line, help=help_text)

        async def search(self, query: str) -> Hits:
            matcher = self.matcher(query)
            for line, help_text, do in lines():
                score = matcher.match(line)
                if score > 0:
                    yield Hit(score, Content(line), do, text=line, help=help_text)

    return Palette([Commands], placeholder="search commands")
