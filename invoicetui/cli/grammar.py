"""The command line read with argparse. Nothing that may be a token given by mistake is repeated in what it says."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

from invoicetui import __version__
from invoicetui.cli import usage
from invoicetui.cli.catalogue import COMMON, ROOT, Argument, Command, key_of, unset

#: Longer words that are no option are not taken for a mistyped one.
_LONGEST = 24


def parse(words: Sequence[str]) -> argparse.Namespace:
    """What the words ask for: a value for each argument, and in `command` the Command. Ends the program with 2 when
    they cannot be meant.
    """
    parser = _parser((), ROOT)
    namespace, surplus = parser.parse_known_args(words, argparse.Namespace(**unset(COMMON)))
    if surplus:
        parser.of(namespace.path).error(_too_many(namespace.command, surplus))
    return namespace


class _Parser(argparse.ArgumentParser):
    """The parser of a command, with the parsers of its parts. Help and usage are the catalogue's."""

    def __init__(self, path: tuple[str, ...], command: Command, **_: object) -> None:
        # What was given before a command stays, so an option that is not given may not set anything.
        super().__init__(prog=" ".join(("invoicetui", *path)), add_help=False, argument_default=argparse.SUPPRESS)
        self._path, self._command = path, command
        self._below: dict[str, _Parser] = {}

    def of(self, path: tuple[str, ...]) -> _Parser:
        return self._below[path[0]].of(path[1:]) if path else self

    def format_help(self) -> str:
        return usage.text(self._path, self._command, usage.columns())

    def format_usage(self) -> str:
        return usage.usage(self._path, self._command, usage.columns())

    def add(self, argument: Argument, to: Callable[..., Any]) -> None:
        names = [*filter(None, (argument.short, argument.name))]
        about: dict[str, Any] = {"metavar": argument.metavar or None}
        if argument.is_option:
            about["dest"] = key_of(argument)
        match argument.kind:
            case "flag":
                about = {"dest": key_of(argument), "action": "store_true"}
            case "list":
                about["action"] = "append"
            case "version":
                about = {"action": _Printed, "printed": lambda parser: f"invoicetui {__version__}\n"}
            case "optional" | "words" | "rest":
                about["nargs"] = {"optional": "?", "words": "*", "rest": argparse.REMAINDER}[argument.kind]
            case "count":
                about["type"] = _positive
        if argument.choices:
            about["type"] = _choice(argument)
        to(*names, **about)

    def add_parts(self) -> None:
        parts = self.add_subparsers(metavar=self._command.metavar, required=self._command is not ROOT)
        for part in self._command.parts:
            path = (*self._path, part.name)
            self._below[part.name] = parts.add_parser(part.name, path=path, command=part)
            _fill(self._below[part.name], path, part)

    def error(self, message: str) -> NoReturn:
        super().error(_quiet(message))


class _Printed(argparse.Action):
    """Prints and ends the program; here, so that what cannot be printed is told like anything else."""

    def __init__(self, option_strings: Sequence[str], dest: str, printed: Callable[[Any], str], **_: object) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, default=argparse.SUPPRESS)
        self._printed = printed

    def __call__(self, parser: argparse.ArgumentParser, *given: object) -> None:
        sys.stdout.write(self._printed(parser))
        sys.stdout.flush()
        parser.exit()


def _parser(path: tuple[str, ...], command: Command) -> _Parser:
    parser = _Parser(path, command)
    _fill(parser, path, command)
    return parser


def _fill(parser: _Parser, path: tuple[str, ...], command: Command) -> None:
    parser.add_argument("-h", "--help", action=_Printed, printed=lambda parser: parser.format_help())
    groups: dict[str, Callable[..., Any]] = {}
    for one in (*(COMMON if command.is_common else ()), *command.arguments):
        if one.one_of and one.one_of not in groups:
            groups[one.one_of] = parser.add_mutually_exclusive_group().add_argument
        parser.add(one, groups.get(one.one_of, parser.add_argument))
    parser.set_defaults(command=command, path=path, **unset(command.arguments))
    if command.parts:
        parser.add_parts()


def _choice(argument: Argument) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in argument.choices:
            raise argparse.ArgumentTypeError(argument.wrong or f"must be {_either(argument.choices)}")
        return text

    return read


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return int(text)


def _too_many(command: Command, surplus: Sequence[str]) -> str:
    if command.name == "list" and any(word.startswith("-") and not word.startswith("--") for word in surplus):
        return "a term with a minus stands behind --, as in: invoicetui list -- -status:paid"
    names = [word.partition("=")[0] for word in surplus]
    said = [name for name in names if _is_name(name)]
    return "there are arguments too many" + (f": {', '.join(said)}" if said else "")


def _is_name(word: str) -> bool:
    """Whether it can only be a mistyped option, and no token."""
    letters = word.removeprefix("--").replace("-", "")
    return (
        word.startswith("--") and len(word) <= _LONGEST and letters.isascii() and letters.isalpha() and word.islower()
    )


def _quiet(message: str) -> str:
    """argparse's sentence without the word that it is about."""
    before, found, behind = message.partition("invalid choice: ")
    if found:
        word, _, names = behind.partition(" (choose from ")
        known = [name.strip(" '\")") for name in names.split(",")]
        near = get_close_matches(word.strip("'\""), known, 1)
        return f"{before}there is no such word; " + (f"did you mean {near[0]}?" if near else f"it is {_either(known)}")
    before, found, _ = message.partition("ignored explicit argument ")
    if found:
        return f"{before}takes no value"
    _, found, behind = message.partition(" could match ")
    if found:
        return f"an option is not written out: it could be {behind}"
    return message


def _either(words: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))
