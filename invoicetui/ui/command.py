"""Commands by name: the `:` line and the palette offer the same ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from invoicetui.ui.completing import Completion, Offer, nothing


@dataclass(frozen=True, slots=True)
class Command:
    """`run` takes what was typed after the name and returns a sentence, "" when the screen says enough.

    `takes` names what may follow, for the help; `completion` offers it. `aliases` are other names.
    """

    name: str
    help: str
    run: Callable[[str], str]
    takes: str = ""
    completion: Completion = nothing
    aliases: tuple[str, ...] = ()

    def name_for(self, beginning: str) -> str | None:
        """The first of its names that begins so."""
        return next((name for name in (self.name, *self.aliases) if name.startswith(beginning)), None)


def _split(typed: str) -> tuple[str, str, str]:
    return typed.lstrip().lstrip(":").partition(" ")


def find(commands: Sequence[Command], typed: str) -> tuple[Command, str] | str:
    """The command that a line names and its argument, or a sentence that says what is wrong. Beginnings will do."""
    name, _, argument = _split(typed.strip())
    found = _named(commands, name)
    if len(found) == 1:
        return found[0], argument.strip()
    if found:
        return f"{name} could be {' or '.join(command.name for command in found)}"
    names = [each for command in commands for each in (command.name, *command.aliases)]
    near = get_close_matches(name, names, 1, 0.5)
    there_are = f"there are: {', '.join(command.name for command in commands)}"
    return f"there is no command {name}; {f'did you mean {near[0]}?' if near else there_are}"


def _named(commands: Sequence[Command], name: str) -> list[Command]:
    exact = [command for command in commands if name == command.name or name in command.aliases]
    return exact or [command for command in commands if name and command.name_for(name) is not None]


def offers(commands: Sequence[Command], typed: str) -> Sequence[Offer]:
    """What may follow: names of commands, and behind a whole name what the command takes."""
    name, space, argument = _split(typed)
    if not space:
        fitting = [(command, command.name_for(name)) for command in commands]
        return [
            Offer(f"{word} {command.takes}".strip(), f"{word} " if command.takes else word)
            for command, word in fitting
            if word is not None
        ]
    found = _named(commands, name)
    if len(found) != 1:
        return ()
    known = found[0].completion(argument.lstrip())
    lines = [Offer(offer.shown, None if offer.line is None else f"{name} {offer.line}") for offer in known]
    return lines or [Offer(found[0].takes, None)]
