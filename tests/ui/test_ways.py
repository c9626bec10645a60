"""Ways around: the title's path, hints that are clicked, letters that lead somewhere, keys that say why they do not."""

from __future__ import annotations

import pytest
from textual.events import Key

from invoicetui.model import Account, Side
from invoicetui.ui import status
from invoicetui.ui.account_list import AccountList
from invoicetui.ui.actions import CATALOGUE, SCOPES, why_not
from tests.conftest import ConfigFor, Serve
from tests.servers.meteroid import FakeMeteroid
from tests.servers.northflank import FakeNorthflank
from tests.servers.voxmind import FakeVoxmind
from tests.ui.browsing import Browser, browsing, over
from tests.ui.test_screens import demo


def focused(browser: Browser) -> str:
    return type(browser.app.focused).__name__


async def click(browser: Browser, words: str, line: str) -> None:
    """Click into the middle of words as soon as they stand in a line of the screen."""

    def shown() -> str:
        return next((browser.lines()[one.region.y] for one in browser.app.screen.query(line)), "")

    await browser.until(lambda: words in shown())
    await browser.pilot.click(line, offset=(shown().index(words) + len(words) // 2, 0))


async def test_every_part_of_the_title_leads_there(serve: Serve, config_for: ConfigFor) -> None:
    async with browsing(config_for({"billing": serve(FakeMeteroid(20))})) as browser:
        await browser.sees("20 of 20")
        await browser.press("enter", "exclamation_mark")
        await browser.sees("accounts > inbox > INV", "> problems  0 of 1")
        await click(browser, "inbox", "#top")
        await browser.sees("accounts > inbox  20 of 20")
        await click(browser, "inbox", "#top")
        await click(browser, "20 of 20", "#top")
        await browser.sees("accounts > inbox  20 of 20")
        await browser.press("enter")
        await browser.sees("[Summary]")
        await click(browser, "accounts", "#top")
        await browser.sees("All accounts")


async def test_a_long_path_leaves_room_for_what_matters(serve: Serve, config_for: ConfigFor) -> None:
    async with demo((80, 24)) as browser:
        await browser.press("h", "j", "j", "j", "j", "enter")
        await browser.sees("accounts > Halden Robotics customers  ", "of 3,000 loaded")
        await browser.press("enter")
        await browser.sees("[Summary]")
        await browser.sees("accounts > Halden Robotics customers > draft  ", "GBP -795.00  draft")
        await browser.pilot.resize_terminal(60, 24)
        await browser.sees("accounts > Halden Robotics cus~ > draft  ", "GBP -795.00")


async def test_a_click_on_a_hint_presses_its_key(serve: Serve, config_for: ConfigFor) -> None:
    async with browsing(config_for({"billing": serve(FakeMeteroid(20))})) as browser:
        await browser.sees("20 of 20", "? help")
        await click(browser, "space tag", "#hints")
        await browser.sees("1 tagged")
        await click(browser, "s sort", "#hints")
        await browser.sees("sort by", "d date")
        await browser.press("escape")
        await click(browser, "? help", "#hints")
        await browser.sees("keys that work here")
        await browser.press("escape", "slash")
        await browser.sees("status:")
        await click(browser, "status:", "#hints")
        assert focused(browser) == "Input", "what is typed is not disturbed"


async def test_hints_outlive_a_change_under_a_menu(serve: Serve, config_for: ConfigFor) -> None:
    async with browsing(config_for({"billing": serve(FakeMeteroid(20))})) as browser:
        await browser.sees("20 of 20", "? help")
        await browser.press("s")
        await browser.sees("sort by", "d date")
        under = browser.app.screen_stack[-2]
        under.update_lines()  # type: ignore[attr-defined]  # as when a minute has passed
        await browser.press("escape")
        await browser.sees("20 of 20", "? help")
        await browser.press("s")
        await browser.sees("sort by", "d date")
        await browser.pilot.resize_terminal(60, 24)
        await browser.press("escape")
        await browser.sees("20 of 20", "? help")


async def test_a_letter_leads_to_a_row_a_tab_or_nowhere(serve: Serve, config_for: ConfigFor) -> None:
    async with browsing(config_for({"billing": serve(FakeMeteroid(60))}), (120, 40)) as browser:
        await browser.sees("60 of 60", "[Summary]")
        table = browser.app.screen.table  # type: ignore[attr-defined]  # of the list
        await browser.press("apostrophe")
        # Six tabs, then the rows: the seventh letter stands on the first of them.
        await browser.until(lambda: browser.lines()[3].startswith("j "))
        await browser.press("l")
        await browser.until(lambda: table.cursor == 2)
        await browser.press("apostrophe", "s")
        await browser.sees("[Lines]")
        assert focused(browser) == "ReadingPane"
        await browser.press("apostrophe", "k")
        await browser.until(lambda: table.cursor == 1 and focused(browser) == "InvoiceTable")
        await browser.press("apostrophe")
        # As a terminal sends them when they are typed fast: together.
        for letter in "sd":
            browser.app.post_message(Key(letter, letter))
        await browser.sees("[Lines]")
        await browser.pilot.pause()
        await browser.sees("[Lines]")
        await browser.press("apostrophe", "j")
        for key in ("escape", "7", "Q"):
            await browser.press("apostrophe")
            await browser.until(lambda: type(browser.app.screen).__name__ == "JumpScreen")
            await browser.press(key)
            await browser.until(lambda: type(browser.app.screen).__name__ == "InvoicesScreen")
        await browser.press("ctrl+f", "apostrophe", "k")
        await browser.until(lambda: table.cursor == table.first_visible + 1 > 1)


async def test_letters_on_the_accounts_and_on_a_detail(serve: Serve, config_for: ConfigFor) -> None:
    configured = config_for({"billing": serve(FakeMeteroid(20)), "voice": serve(FakeVoxmind(5))})
    async with browsing(configured) as browser:
        await browser.sees("25 of 25")
        await browser.press("enter")
        await browser.sees("[Summary]")
        await browser.press("apostrophe", "f")
        await browser.sees("[Usage]")
        await browser.press("q", "q")
        await browser.sees("All accounts")
        await browser.press("apostrophe", "d")
        await browser.until(lambda: any(line.startswith("> voice") for line in browser.lines()))
        await browser.press("exclamation_mark", "apostrophe")
        await browser.sees("there is nothing to jump to here")


async def test_the_mouse_sorts_searches_and_chooses(serve: Serve, config_for: ConfigFor) -> None:
    async with browsing(config_for({"billing": serve(FakeMeteroid(20))}), (120, 40)) as browser:
        await browser.sees("20 of 20", "by date")
        await browser.press("s")
        await browser.sees("sort by")
        await browser.pilot.click("Static", offset=(browser.lines()[-1].index("total"), 0))
        await browser.sees("by total")
        await browser.press("s")
        await browser.sees("sort by")
        await browser.pilot.click(offset=(5, 5))
        await browser.until(lambda: "sort by" not in browser.text)
        await browser.sees("by total")
        await browser.press("question_mark")
        await browser.sees("/ search")
        await browser.pilot.click(".hints", offset=(3, 0))
        await browser.until(lambda: focused(browser) == "Input")


async def test_a_click_chooses_an_account_however_far_the_list_is_scrolled() -> None:
    accounts = tuple(
        Account(f"a{at:02}", "voxmind", f"a{at:02}", Side.RECEIVED, "http://127.0.0.1:9", {"organisation": "1"})
        for at in range(40)
    )
    async with over(accounts, {}, is_offline=True) as browser:
        await browser.sees("40 accounts")
        await browser.press("h", "G")
        await browser.until(lambda: "> a39" in browser.text)
        await browser.pilot.click(AccountList, offset=(5, 3))
        await browser.until(lambda: browser.lines()[5].startswith("> a23"))
        await browser.pilot.click(AccountList, offset=(5, 3))
        await browser.sees("accounts > a23")


@pytest.mark.parametrize(
    ("key", "kind", "said"),
    [
        ("o", "accounts", "o pdf: choose an invoice first"),
        ("A", "invoices", "A add: works on the accounts; go back there first"),
        ("u", "detail", "u unlock: works on the accounts; go back there first · u undo: works in a list"),
        ("plus", "invoices", "+ larger: works on a PDF's page; o shows it"),
        ("H", "accounts", "H scroll left: there is nothing here for it"),
        ("z", "accounts", ""),
        ("tab", "page", "tab next pane: there is nothing here for it"),
    ],
)
def test_why_a_key_does_nothing(key: str, kind: str, said: str) -> None:
    assert why_not(key, kind).startswith(said)
    assert bool(why_not(key, kind)) is bool(said)


def test_a_key_of_the_users_own_is_meant_too() -> None:
    assert why_not("f9", "accounts", {"invoice.open": "f9"}).startswith("F9 pdf")
    assert why_not("o", "accounts", {"invoice.open": "f9"}) == ""


def test_every_action_of_a_screen_says_where_it_works() -> None:
    for scope in SCOPES.values():
        kinds = {"accounts", "invoices", "detail", "problems", "page"}
        if scope.screens & kinds and scope.screens < kinds - {"page"}:
            assert scope.where or scope.name == "list", scope.name
    assert {action.scope.name for action in CATALOGUE} == set(SCOPES)


async def test_a_key_that_cannot_act_here_says_why(serve: Serve, config_for: ConfigFor) -> None:
    configured = config_for({"billing": serve(FakeMeteroid(20))})
    async with browsing(configured) as browser:
        await browser.sees("20 of 20")
        await browser.press("A")
        await browser.sees("A add: works on the accounts; go back there first")
        await browser.press("tab")
        await browser.sees("there is one pane here")
        await browser.press("z")
        await browser.sees("there is one pane here")
        await browser.press("slash", "A", "o", "z", "f1")
        assert "choose" not in browser.text, "what is typed is no key"
        assert "F1" not in browser.text, "nor is one that the line does not take"
        await browser.press("escape", "h")
        await browser.sees("All accounts")
        await browser.press("o")
        await browser.sees("o pdf: choose an invoice first")


async def test_without_accounts_the_keys_say_what_to_do(config_for: ConfigFor) -> None:
    async with browsing(config_for({})) as browser:
        await browser.sees("No accounts yet", "invoicetui account add")
        await browser.press("E")
        await browser.sees("E edit: there is no account yet; A adds one")
        await browser.press("question_mark")
        await browser.sees("Add an account")
        assert "Change the account" not in browser.text, "what cannot act now is not offered"
        await browser.press("escape", "enter")
        await browser.until(lambda: not browser.app.is_running)
        assert browser.app.return_value == "demo"


async def test_copying_accounts_and_problems(serve: Serve, config_for: ConfigFor) -> None:
    configured = config_for({"voice": serve(FakeVoxmind(5)), "cloud": serve(FakeNorthflank(5))})
    configured.env["INVOICETUI_TOKEN_CLOUD"] = "expired"
    async with browsing(configured) as browser:
        await browser.sees("2 accounts (1!)")
        await browser.press("h")
        await browser.sees("All accounts")
        await browser.press("y")
        await browser.sees("move to one account first")
        await browser.press("j", "y")
        await browser.until(lambda: browser.app.clipboard == "voice")
        await browser.press("exclamation_mark", "y")
        await browser.until(lambda: browser.app.clipboard.startswith("cloud (cloud): "))
        assert "refused the token" in browser.app.clipboard
        assert "\n" not in browser.app.clipboard


async def test_a_long_sentence_takes_the_lines_it_needs_and_gives_them_back(
    serve: Serve, config_for: ConfigFor
) -> None:
    async with browsing(config_for({"billing": serve(FakeMeteroid(60))})) as browser:
        await browser.sees("60 of 60")
        long = "a sentence that is longer than eighty cells " * 3
        browser.app.screen.say(long.strip())  # type: ignore[attr-defined]  # of every screen of ours
        await browser.until(lambda: " ".join(line.strip() for line in browser.lines()[21:23]) == long.strip())
        assert browser.lines()[23].endswith("? help")
        browser.app.screen.say("short")  # type: ignore[attr-defined]  # likewise
        await browser.until(lambda: browser.lines()[22] == " short")
        assert browser.lines()[21].startswith("  20"), "a row again"


@pytest.mark.parametrize(
    ("text", "width", "most", "lines"),
    [
        ("", 10, 3, [""]),
        ("one two three", 7, 3, ["one two", "three"]),
        ("one two three four five", 7, 2, ["one two", "three ~"]),
        ("unbreakable-word next", 8, 3, ["unbreak~", "next"]),
        ("two\nlines", 20, 3, ["two lines"]),
        ("\N{CJK UNIFIED IDEOGRAPH-4E00}" * 4, 5, 1, ["\N{CJK UNIFIED IDEOGRAPH-4E00}" * 2 + "~"]),
    ],
)
def test_sentences_are_broken_between_words(text: str, width: int, most: int, lines: list[str]) -> None:
    assert status.wrapped(text, width, most) == lines


def test_what_stands_at_a_cell() -> None:
    parts = [("ab", 1), ("cde", 2)]
    assert [status.at_cell(parts, x, 2) for x in range(-1, 8)] == [None, 1, 1, None, None, 2, 2, 2, None]
