"""Commands by name: found by beginnings and aliases, completed word by word, brought back, the same in the palette."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from textual.widgets import Input

from invoicetui.model import Account, Side
from invoicetui.ui.command import Command, find, offers
from invoicetui.ui.completing import Offer, of_query, of_words
from invoicetui.ui.prompt import keep
from tests.conftest import ConfigFor, Serve
from tests.servers.versori import FakeVersori
from tests.servers.voxmind import FakeVoxmind
from tests.terminal import Terminal
from tests.ui.browsing import Browser, browsing

VOICE = Account("voice", "voxmind", "Voice [b]", Side.RECEIVED, "https://voice.test")
FLOWS = replace(VOICE, id="flows", vendor="versori")


def answer(argument: str) -> str:
    return argument


COMMANDS = (
    Command("sort", "", answer, "FIELD", of_words(("date", "due", "total"))),
    Command("set", "", answer),
    Command("problems", "", answer, aliases=("errors",)),
    Command("quit", "", answer, aliases=("q", "exit")),
)


@pytest.mark.parametrize(
    ("typed", "name", "argument"),
    [
        ("sort due", "sort", "due"),
        (" :so  due ", "sort", "due"),
        ("e", "", ""),
        ("er", "problems", ""),
        ("errors", "problems", ""),
        ("q", "quit", ""),
        ("s due", "", ""),
    ],
)
def test_a_command_is_found_by_its_beginning_or_another_name(typed: str, name: str, argument: str) -> None:
    found = find(COMMANDS, typed)
    if name:
        assert not isinstance(found, str)
        assert (found[0].name, found[1]) == (name, argument)
    else:
        assert isinstance(found, str)


def test_what_is_wrong_names_the_candidates_or_the_nearest() -> None:
    assert find(COMMANDS, "s") == "s could be sort or set"
    assert find(COMMANDS, "srot") == "there is no command srot; did you mean sort?"
    assert find(COMMANDS, "zzz") == "there is no command zzz; there are: sort, set, problems, quit"


def lines(found: Sequence[Offer]) -> list[str | None]:
    return [offer.line for offer in found]


def test_names_are_offered_and_then_what_they_take() -> None:
    assert lines(offers(COMMANDS, "s")) == ["sort ", "set"]
    assert lines(offers(COMMANDS, ":er")) == ["errors"]
    assert lines(offers(COMMANDS, "sort d")) == ["sort date", "sort due"]
    assert [offer.shown for offer in offers(COMMANDS, "sort d")] == ["date", "due"]
    assert offers(COMMANDS, "sort x") == [Offer("FIELD", None)]
    assert offers(COMMANDS, "zzz d") == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sta", ["status:"]),
        ("words -sta", ["words -status:"]),
        ("status:ov", ["status:overdue"]),
        ("status:open,pai", ["status:open,paid"]),
        ("-status:ov", ["-status:overdue"]),
        ("account:", ["account:voice", "account:flows"]),
        ("vendor:v", ["vendor:versori", "vendor:voxmind"]),
        ('customer:"a b" acc', ['customer:"a b" account:']),
        ('customer:"a sta', [None]),
        ("issued:2026", [None]),
        ("nonsense:x", []),
        ("status:zzz", []),
    ],
)
def test_the_last_word_of_a_query_is_completed(text: str, expected: list[str | None]) -> None:
    assert lines(of_query((VOICE, FLOWS))(text)) == expected


def test_a_line_is_kept_once_as_the_newest() -> None:
    typed: list[str] = []
    for line in ("sort due", "all", " sort due ", "", "  "):
        keep(typed, line)
    assert typed == ["all", "sort due"]
    for number in range(500):
        keep(typed, f"open {number}")
    assert len(typed) == 200
    assert typed[-1] == "open 499"


def value(browser: Browser) -> str:
    return browser.app.screen.query_one(Input).value


async def test_tab_completes_and_up_brings_back(serve: Serve, config_for: ConfigFor) -> None:
    configured = config_for({"voice": serve(FakeVoxmind(5)), "flows": serve(FakeVersori(5))})
    async with browsing(configured) as browser:
        await browser.sees("inbox")
        await browser.press("colon", "s", "tab")
        assert value(browser) == "sort "
        await browser.press("tab")
        assert value(browser) == "set ", "the next that fits"
        await browser.press("shift+tab")
        await browser.press("d", "tab", "tab")
        assert value(browser) == "sort due"
        await browser.sees(" >due  date")
        await browser.press("enter")
        await browser.press("colon", *"open fl", "tab", "enter")
        await browser.sees("accounts > flows")
        await browser.press("colon", *"draft", "up")
        assert value(browser) == "open flows"
        await browser.press("up", "up")
        assert value(browser) == "sort due", "the oldest stays"
        await browser.press("down", "down")
        assert value(browser) == "draft"
        await browser.press("escape", "slash", *"stat", "tab", *"op", "tab", "enter")
        await browser.sees(" / status:open")
        await browser.press("escape", "slash", "up")
        assert value(browser) == "status:open", "filters are remembered apart from commands"


async def test_the_palette_offers_what_the_line_does(serve: Serve, config_for: ConfigFor) -> None:
    configured = config_for({"voice": serve(FakeVoxmind(5)), "flows": serve(FakeVersori(5))})
    async with browsing(configured) as browser:
        await browser.sees("inbox")
        await browser.press("ctrl+p", *"open fl")
        await browser.sees("open flows", "The invoices of one account")
        await browser.press("enter")
        await browser.sees("accounts > flows")
        await browser.press("ctrl+p", *"filter")
        await browser.sees("filter QUERY")
        await browser.press("enter")
        await browser.sees(" :filter")
        await browser.press(*"status:open", "enter")
        await browser.sees(" / status:open")


async def test_other_names_and_ends(serve: Serve, config_for: ConfigFor) -> None:
    async with browsing(config_for({"voice": serve(FakeVoxmind(5))})) as browser:
        await browser.sees("5 of 5")
        for typed, seen in {"errors": "No account is in trouble", "help": "keys that work here"}.items():
            await browser.press("colon", *typed, "enter")
            await browser.sees(seen)
            await browser.press("escape")
        await browser.press("colon", *"download there", "enter")
        await browser.sees("start the folder with / or ~/")
        await browser.press("colon", "q", "enter")
        await browser.until(lambda: not browser.app.is_running)


def test_tab_completes_what_was_typed_in_one_burst_with_it() -> None:
    with Terminal.python("-m", "invoicetui", "--demo") as terminal:
        terminal.wait_for("accounts > inbox", "? help")
        terminal.send(":")
        terminal.wait_for("tab completes")
        terminal.send("acc\tx")
        terminal.wait_for(":accountsx")
