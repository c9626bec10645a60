"""The accounts: what their lines say at every width, removing one, and what the demo has none of."""

from __future__ import annotations

from pathlib import Path

import pytest

from invoicetui.credentials import KeyringTrouble, State
from invoicetui.model import Account, Secret, Side
from tests.conftest import ConfigFor, Configured, Running, Serve
from tests.memory_keyring import MemoryKeyring, credentials
from tests.servers import faults
from tests.servers.opterius import FakeOpterius
from tests.servers.versori import FakeVersori
from tests.servers.voxmind import FakeVoxmind
from tests.ui.browsing import Browser, browsing, over
from tests.ui.filling import enter, note, says, write_config, written


def kept(serve: Serve, path: Path) -> tuple[Running, Configured, MemoryKeyring]:
    """One account, commented, with its token in a keyring."""
    running = serve(FakeVoxmind(5))
    keyring = MemoryKeyring()
    keyring.items[f"invoicetui:voice@{running.server.url.removeprefix('http://')}", "voice"] = running.fake.token
    write_config(
        path,
        'theme = "ansi"  # quiet',
        "",
        "[accounts.voice]",
        'vendor = "voxmind"',
        'label = "The phone"',
        f'base_url = "{running.server.url}"',
        f'organisation = "{running.fake.options()["organisation"]}"',
    )
    return running, Configured(path, {}), keyring


async def on_account(browser: Browser, loaded: str) -> None:
    """On the line of the first account, everything at rest."""
    await browser.sees(loaded)
    await browser.press("h", "j")
    await browser.sees("All accounts", "token: ")
    await browser.rests()


async def test_removing_takes_the_label_typed_and_the_token_with_it(serve: Serve, tmp_path: Path) -> None:
    _, configured, keyring = kept(serve, tmp_path / "config.toml")
    async with browsing(configured, credentials=credentials(keyring)) as browser:
        await on_account(browser, "5 of 5")
        await browser.press("X")
        await browser.sees("remove The phone", "[yes]", "token: keyring (Memory)")
        await enter(browser, {"label": "voice"})
        await browser.press("ctrl+s")
        await browser.until(lambda: "that is not its label" in note(browser, "label"))
        assert "voice" in browser.session.accounts
        await enter(browser, {"label": "The phone"})
        await browser.press("enter", "enter")
        await browser.sees("No accounts yet")
        await says(browser, "The phone is removed and its rows are set aside; its token is deleted from the keyring")
        assert keyring.items == {}
        assert written(configured.path) == 'theme = "ansi"  # quiet\n'
        assert browser.session.store.counts(["voice"]) == {"voice": 0}
        # What was set aside comes back with the account.
        await browser.press("A")
        await browser.sees("add an account")
        await browser.press("escape")
        await browser.sees("No accounts yet")


async def test_a_token_can_stay_when_its_account_goes(serve: Serve, tmp_path: Path) -> None:
    _, configured, keyring = kept(serve, tmp_path / "config.toml")
    async with browsing(configured, credentials=credentials(keyring)) as browser:
        await on_account(browser, "5 of 5")
        await browser.press("X")
        await enter(browser, {"label": "The phone", "delete": "no"})
        await browser.press("enter")
        await browser.sees("The phone is removed", "its token stays")
        assert len(keyring.items) == 1


async def test_a_token_that_cannot_be_deleted_is_said(serve: Serve, tmp_path: Path) -> None:
    _, configured, keyring = kept(serve, tmp_path / "config.toml")
    async with browsing(configured, credentials=credentials(keyring)) as browser:
        await on_account(browser, "5 of 5")
        keyring.trouble = KeyringTrouble(State.LOCKED)
        await browser.press("X")
        await enter(browser, {"label": "The phone"})
        await browser.press("ctrl+s")
        await says(browser, "its token could not be deleted: The keyring is locked.")


async def test_one_of_two_is_removed_while_it_loads(serve: Serve, config_for: ConfigFor) -> None:
    slow = FakeOpterius(30)
    configured = config_for({"hosting": serve(slow, faults.slow(slow.answer, 5)), "flows": serve(FakeVersori(4))})
    async with browsing(configured, credentials=credentials(environ=configured.env)) as browser:
        await browser.press("h", "j")
        await browser.sees("loading")
        await browser.press("X")
        await enter(browser, {"label": "hosting"})
        await browser.press("ctrl+s")
        await says(
            browser, "hosting is removed", "INVOICETUI_TOKEN_HOSTING: take it out there", "invoicetui 1 account "
        )
        assert browser.session.store.counts(["hosting"]) == {"hosting": 0}
        assert "hosting " not in "\n".join(browser.lines()[2:8])
        await browser.press("g", "enter")
        await browser.sees("inbox", "5 of 5")
        await browser.rests()


async def test_esc_leaves_an_account_as_it_is(serve: Serve, tmp_path: Path) -> None:
    _, configured, keyring = kept(serve, tmp_path / "config.toml")
    before = written(configured.path)
    async with browsing(configured, credentials=credentials(keyring)) as browser:
        await on_account(browser, "5 of 5")
        for key, title in {"X": "remove The phone", "E": "change The phone", "T": "token for The phone"}.items():
            await browser.press(key)
            await browser.sees(title)
            await browser.press("escape")
            await browser.until(lambda title=title: title not in browser.text)
        assert written(configured.path) == before


async def test_wide_terminals_say_where_tokens_come_from_and_what_is_late(serve: Serve, config_for: ConfigFor) -> None:
    configured = config_for({"hosting": serve(FakeOpterius(50))})
    async with browsing(configured, (119, 40)) as narrow:
        await on_account(narrow, "50 of 50")
        assert "TOKEN" not in narrow.lines()[1]
        late = narrow.lines()[-2].partition("late ")[2].split()[1]
    async with browsing(configured, (120, 40)) as wide:
        await on_account(wide, "50 of 50")
        heads, line = wide.lines()[1], wide.lines()[3]
        assert line[heads.index("TOKEN") :].startswith("environment INVOICETU~")
        assert late in line[heads.index("LATE") : heads.index("OPEN")]


async def test_on_no_line_of_an_account_there_is_nothing_to_change(serve: Serve, config_for: ConfigFor) -> None:
    async with browsing(config_for({"voice": serve(FakeVoxmind(5))})) as browser:
        await browser.sees("5 of 5")
        await browser.press("h")
        for key in "EXTVu":
            await browser.press(key)
            await browser.sees("move to one account first")
            await browser.press("g")
            await browser.until(lambda: "move to one" not in browser.text)


async def test_the_demo_has_nothing_to_change() -> None:
    account = Account("acme", "voxmind", "Acme", Side.RECEIVED, "http://127.0.0.1:9", {"organisation": "1"})
    tokens = credentials()
    tokens.use_for_session(account, Secret("made-up"))
    async with over((account,), {}, credentials=tokens, is_offline=True) as browser:
        await browser.press("h", "j")
        for key in "AEXT":
            await browser.press(key)
            await browser.sees("the demo has nothing to change")
            await browser.press("g", "j")
            await browser.until(lambda: "the demo has" not in browser.text)


@pytest.mark.parametrize("size", [(80, 24), (60, 20)], ids=str)
async def test_without_accounts_enter_is_the_demo_and_other_keys_do_nothing(size: tuple[int, int]) -> None:
    async with over((), {}, size, config=Path("nowhere")) as browser:
        await browser.sees("No accounts yet", "A       add", "enter   look", "q       quit")
        await browser.press("E", "X", "T", "V", "u", "r", "R")
        await browser.sees("No accounts yet")
        await browser.press("enter")
        await browser.until(lambda: browser.app.return_value == "demo")
