"""What the command line takes: its help, and what is said of words that it does not take."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

import pytest

from invoicetui.cli import usage
from invoicetui.cli.catalogue import COMMON, EPILOG, ROOT, Argument, Command, found, plain
from invoicetui.cli.grammar import parse
from tests.commands import run
from tests.conftest import ConfigFor, Serve
from tests.servers.opterius import FakeOpterius

COMMANDS = dict(ROOT.walk())
#: Says what it must not repeat.
SECRET = "tok-3f9a2b"


def reference(path: tuple[str, ...], command: Command, width: int) -> argparse.ArgumentParser:
    """argparse's own parser of a command, on a terminal of this width."""
    parser = argparse.ArgumentParser(
        prog=" ".join(("invoicetui", *path)),
        formatter_class=lambda prog: argparse.HelpFormatter(prog, width=width - 2),
        description=command.description or None,
        epilog=EPILOG if command is ROOT else None,
    )
    if command.is_common:
        group = parser.add_argument_group("options for every command")
        for one in COMMON:
            add(group, one)
    exclusive: dict[str, argparse._MutuallyExclusiveGroup] = {}
    for one in command.arguments:
        if one.one_of and one.one_of not in exclusive:
            exclusive[one.one_of] = parser.add_mutually_exclusive_group()
        add(exclusive[one.one_of] if one.one_of else parser, one)
    if command.parts:
        parts = parser.add_subparsers(
            title="commands" if command is ROOT else "actions",
            metavar=command.metavar,
            required=command is not ROOT,
        )
        for part in command.parts:
            parts.add_parser(part.name, help=part.help)
    return parser


def add(to: argparse._ActionsContainer, one: Argument) -> None:
    about: dict[str, object] = {"help": argparse.SUPPRESS if one.help is None else one.help or None}
    about |= {
        "flag": {"action": "store_true"},
        "version": {"action": "version"},
        "list": {"action": "append"},
        "optional": {"nargs": "?"},
        "words": {"nargs": "*"},
        "rest": {"nargs": argparse.REMAINDER},
    }.get(one.kind, {})
    if one.metavar:
        about["metavar"] = one.metavar
    elif one.choices:
        about["choices"] = one.choices
    to.add_argument(*filter(None, (one.short, one.name)), **about)  # type: ignore[arg-type]  # made of our own words


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="argparse writes `-o, --output PATH` from then on")
@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_the_help_is_argparses_own(path: tuple[str, ...]) -> None:
    for width in (*range(38, 132, 7), 80, 200):
        parser = reference(path, COMMANDS[path], width)
        assert usage.text(path, COMMANDS[path], width) == parser.format_help()
        assert usage.usage(path, COMMANDS[path], width) == parser.format_usage()


def test_help_stands_behind_every_command_and_its_options() -> None:
    whole = run("list", "--help", env={"COLUMNS": "80"})
    assert whole == (usage.text(("list",), COMMANDS["list",], 80), "", 0)
    assert run("list", "--offline", "-h", env={"COLUMNS": "80"}) == whole
    assert run("account", "add", "-h").out == usage.text(("account", "add"), COMMANDS["account", "add"], 80)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("list", "-paid"), "a term with a minus stands behind --, as in: invoicetui list -- -status:paid"),
        (("list", "--format", SECRET), "argument --format: must be table, json, ndjson or csv"),
        (("token", "set", "x", f"--stdin={SECRET}"), "argument --stdin: takes no value"),
        (("account", "add", "x", "--token", SECRET), "the token itself is never an argument"),
        (("account", "add", "x", "--side", SECRET), "argument --side: must be received or issued"),
        (("account", "add", f"--to={SECRET}"), "it could be --token, --token-command"),
        (("account", SECRET), "there is no such word; it is add, list, edit, remove or check"),
        (("show", "a", "b", SECRET), "there are arguments too many"),
        (("show", "a", "b", f"--{SECRET}"), "there are arguments too many"),
        (("list", f"--offlnie={SECRET}"), "there are arguments too many: --offlnie"),
    ],
)
def test_what_may_be_a_token_is_not_repeated(words: tuple[str, ...], said: str) -> None:
    ran = run(*words)
    assert (ran.out, ran.status) == ("", 2)
    assert said in ran.err
    assert SECRET not in ran.err
    assert ran.err.startswith("usage: invoicetui")


def test_terms_with_a_minus_are_taken_behind_two() -> None:
    assert parse(["list", "acme", "--", "-status:paid"]).query == ["acme", "-status:paid"]


@pytest.mark.parametrize("words", [[], ["--offline", "--theme", "nord", "--config", "/x"], ["--demo", "--no-mouse"]])
def test_the_browsers_options_are_read_alike_without_argparse(words: list[str]) -> None:
    quick = plain(words)
    assert quick is not None
    whole = vars(parse(words))
    assert {name: whole[name] for name in quick} == quick


@pytest.mark.parametrize("words", [["list"], ["--config"], ["--config=/x"], ["--config", "--demo"], ["-h"], ["--off"]])
def test_what_is_not_plain_is_for_argparse(words: list[str]) -> None:
    assert plain(words) is None


def test_commands_are_found_by_their_words_alone() -> None:
    assert found(["account", "add"]) == (("account", "add"), COMMANDS["account", "add"])
    assert found(["account", "ad"]) is None
    assert found(["list", "query"]) is None


@pytest.mark.parametrize("words", [("--version",), ("--help",), ("list", "-h", "--offline"), ("keys",), ("paths",)])
def test_a_full_disk_is_a_sentence(words: tuple[str, ...]) -> None:
    with open("/dev/full", "wb") as full:
        argv = [sys.executable, "-m", "invoicetui", *words]
        env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        ran = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, text=True, timeout=50, check=False, env=env)
    assert ran.returncode == 1
    assert ran.stderr == "invoicetui: No space left on device (INVOICETUI_DEBUG=1 shows where)\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("edit", "hosting", "--unset", SECRET), "--unset takes a key of the account; known keys: vendor"),
        (("edit", "hosting", "--set", f"{SECRET}=1"), "--set takes a key of the account; known keys: vendor"),
        (("edit", "hosting", "--set", f"side={SECRET}"), "--set side takes one of its words; one of received, issued"),
        (("edit", "hosting", "--set", f"vendor={SECRET}"), "--set vendor takes one of its words; one of voxmind"),
        (
            ("edit", "hosting", "--set", f"amounts={SECRET}"),
            "amounts takes one of its words; one of minor, major",
        ),
        (("edit", "hosting", "--set", f"token={SECRET}"), "never holds it"),
        (("add", "x", "--vendor", SECRET), "--vendor names no vendor there is; vendors: voxmind"),
        (("add", "x", "--vendor", "opterius", "--option", f"{SECRET}=1"), "--option names none of this vendor's"),
    ],
)
def test_values_of_an_account_are_not_repeated(
    serve: Serve, config_for: ConfigFor, words: tuple[str, ...], said: str
) -> None:
    ran = run("account", *words, configured=config_for({"hosting": serve(FakeOpterius(1))}))
    assert (ran.out, ran.status) == ("", 2)
    assert said in ran.err
    assert SECRET not in ran.err
