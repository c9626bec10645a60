"""Adding and changing accounts in the browser: with the keyboard alone, proved before anything is written."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from invoicetui.credentials import Credentials, KeyringTrouble, State
from invoicetui.session import vendor_facts
from invoicetui.ui.fields import Field
from tests.conftest import Configured, Serve
from tests.memory_keyring import MemoryKeyring, credentials
from tests.servers import faults
from tests.servers.meteroid import FakeMeteroid
from tests.servers.northflank import FakeNorthflank
from tests.servers.opterius import FakeOpterius
from tests.servers.versori import FakeVersori
from tests.servers.voxmind import FakeVoxmind
from tests.ui.browsing import Browser, browsing, over
from tests.ui.filling import account_of, enter, note, type_in, value, where, write_config, written


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "config.toml"


@asynccontextmanager
async def newcomer(
    path: Path, tokens: Credentials | None = None, size: tuple[int, int] = (80, 24), *, is_offline: bool = False
) -> AsyncIterator[Browser]:
    """The browser in a home without accounts, and its form."""
    async with over((), {}, size, credentials=tokens or credentials(), config=path, is_offline=is_offline) as browser:
        await browser.sees("No accounts yet", "A  ", "enter  ")
        await browser.press("A")
        await browser.sees("add an account")
        yield browser


def account_in(path: Path, account: str = "acme-voice") -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads(written(path))["accounts"][account]
    return table


async def test_from_an_empty_home_to_invoices_with_the_keyboard_alone(serve: Serve, path: Path) -> None:
    fake, server = serve(FakeVoxmind(5))
    keyring = MemoryKeyring()
    async with newcomer(path, credentials(keyring)) as browser:
        await type_in(browser, account_of(fake, server))
        assert where(browser).name == "secret"
        await browser.press("enter")
        await browser.sees("Acme voice is added", "ok", "5")
        assert list(keyring.items.values()) == [fake.token]
        told = {"vendor": "voxmind", "label": "Acme voice", "base_url": server.url}
        assert account_in(path) == told | fake.options()
        assert fake.token not in written(path)
        # Once to prove the token, once to show the first page.
        await browser.rests()
        assert [request.authorization for request in server.asked] == ["expected"] * 2
        await browser.press("enter")
        await browser.sees("Acme voice  5 of 5")
        await browser.rests()


@pytest.mark.parametrize(
    "fake", [FakeNorthflank(3), FakeMeteroid(3), FakeOpterius(3), FakeVersori(3)], ids=lambda fake: str(fake.vendor)
)
async def test_every_vendor_can_be_added(
    serve: Serve, path: Path, fake: FakeNorthflank | FakeMeteroid | FakeOpterius | FakeVersori
) -> None:
    server = serve(fake).server
    async with newcomer(path) as browser:
        await enter(browser, {"vendor": fake.vendor})
        asked = {field.name for field in browser.app.screen.query(Field)}
        assert asked >= {option.name for option in vendor_facts()[fake.vendor].options}
        await enter(browser, account_of(fake, server))
        await browser.press("ctrl+s")
        await browser.sees("Acme voice is added", "ok")
        assert account_in(path)["vendor"] == fake.vendor


async def test_a_second_account_leaves_the_file_and_the_list_as_they_are(serve: Serve, path: Path) -> None:
    voice, flows = serve(FakeVoxmind(5)), serve(FakeVersori(4))
    write_config(
        path,
        "# mine",
        'theme = "ansi"  # quiet',
        "[accounts.acme-voice]",
        'vendor = "voxmind"',
        'label = "Acme voice"',
        f'base_url = "{voice.server.url}"',
        f'organisation = "{voice.fake.options()["organisation"]}"',
        'token = "env"',
    )
    before = written(path)
    env = {"INVOICETUI_TOKEN_ACME_VOICE": voice.fake.token}
    async with browsing(Configured(path, env), credentials=credentials(environ=env)) as browser:
        await browser.sees("5 of 5")
        await browser.press("h", "A")
        await enter(browser, account_of(flows.fake, flows.server))
        assert value(browser, "id") == "acme-voice-2", "the first id like the label is taken"
        await browser.press("ctrl+s")
        await browser.sees("2 accounts", "is added")
        assert written(path).startswith(before)
        assert account_in(path, "acme-voice-2")["vendor"] == "versori"
        await browser.press("g", "enter")
        await browser.sees("inbox", "2 accounts")
        await browser.rests()


async def test_a_refused_token_is_said_beside_the_token_and_nothing_is_kept(serve: Serve, path: Path) -> None:
    fake, server = serve(FakeVoxmind(5))
    keyring = MemoryKeyring()
    async with newcomer(path, credentials(keyring)) as browser:
        await enter(browser, {**account_of(fake, server), "secret": "expired"})
        await browser.press("enter")
        await browser.until(lambda: "refused the token" in note(browser, "secret"))
        await browser.sees("nothing was changed")
        assert written(path) == ""
        assert keyring.items == {}
        assert where(browser).name == "secret"
        await browser.press(*fake.token, "enter")
        await browser.sees("Acme voice is added")


async def test_a_wrong_address_is_said_beside_it_and_the_token_need_not_be_typed_again(
    serve: Serve, path: Path
) -> None:
    fake, server = serve(FakeVoxmind(5))
    async with newcomer(path) as browser:
        await enter(browser, {**account_of(fake, server), "base_url": f"{server.url}/v9"})
        await browser.press("enter")
        await browser.until(lambda: "has nothing there" in note(browser, "base_url"))
        assert "leave empty to use it" in note(browser, "secret")
        await enter(browser, {"base_url": server.url})
        await browser.press("ctrl+s")
        await browser.sees("Acme voice is added")


async def test_a_token_entered_for_one_host_does_not_go_to_another(serve: Serve, path: Path) -> None:
    first, second = serve(FakeVoxmind(5)), serve(FakeVoxmind(5))
    async with newcomer(path) as browser:
        await enter(browser, {**account_of(first.fake, first.server), "organisation": "999"})
        await browser.press("enter")
        await browser.until(lambda: "does not allow this" in note(browser, "secret"))
        await enter(browser, {"base_url": second.server.url})
        assert "enter the token again" in note(browser, "secret")
        await browser.press("ctrl+s")
        await browser.until(lambda: "the token is missing" in note(browser, "secret"))
        assert second.server.asked == []


async def test_esc_stops_asking_the_vendor_and_then_leaves(serve: Serve, path: Path) -> None:
    fake = FakeVoxmind(5)
    server = serve(fake, faults.slow(fake.answer, 5)).server
    async with newcomer(path) as browser:
        await enter(browser, account_of(fake, server))
        await browser.press("enter")
        await browser.sees("asking 127.0.0.1", "esc stops")
        await browser.press("escape")
        await browser.sees("stopped; nothing was changed")
        assert written(path) == ""
        await browser.press("escape")
        await browser.sees("No accounts yet")


async def test_without_a_keyring_the_form_says_so_and_offers_what_there_is(serve: Serve, path: Path) -> None:
    fake, server = serve(FakeVoxmind(5))
    keyring = MemoryKeyring()
    keyring.trouble = KeyringTrouble(State.NO_BACKEND)
    async with newcomer(path, credentials(keyring)) as browser:
        await enter(browser, account_of(fake, server))
        await browser.press("enter")
        await browser.until(lambda: "this machine has no keyring" in note(browser, "token"))
        for word in ("nothing was stored", "ask", "env", "command"):
            assert word in note(browser, "token")
        assert written(path) == ""
        assert where(browser).name == "token"
        await enter(browser, {"token": "ask"})
        assert "kept nowhere" in note(browser, "token")
        await browser.press("ctrl+s")
        await browser.sees("Acme voice is added", "ok")
        await browser.until(lambda: browser.session.source("acme-voice").startswith("this session only"))
        assert account_in(path)["token"] == "ask"


async def test_an_account_whose_token_comes_from_the_environment(serve: Serve, path: Path) -> None:
    fake, server = serve(FakeVoxmind(5))
    async with newcomer(path) as browser:
        values = account_of(fake, server)
        del values["secret"]
        await enter(browser, {**values, "token": "env"})
        assert "INVOICETUI_TOKEN_ACME_VOICE" in note(browser, "token")
        await browser.press("ctrl+s")
        await browser.sees("Acme voice is added", "no token")
        assert account_in(path)["token"] == "env"
        assert server.asked == []
        await browser.pilot.pause(0.1)
        await browser.press("j", "k")
        await browser.press("j")
        await browser.sees("INVOICETUI_TOKEN_ACME_VOICE is not set")


async def test_an_account_whose_token_a_command_prints(serve: Serve, path: Path) -> None:
    fake, server = serve(FakeVoxmind(5, token="from-pass"))
    async with newcomer(path) as browser:
        values = account_of(fake, server)
        del values["secret"]
        await enter(browser, {**values, "token": "command", "token_command": 'pass show "a b"'})
        assert '["pass", "show", "a b"]' in note(browser, "token_command")
        await browser.press("ctrl+s")
        await browser.sees("Acme voice is added", "ok")
        assert account_in(path)["token_command"] == ["pass", "show", "a b"]


async def test_what_is_wrong_is_said_while_it_is_typed(path: Path) -> None:
    async with newcomer(path) as browser:
        await enter(browser, {"label": "Ünïcode & Söhne", "base_url": "http://api.example", "filter": "4 2"})
        assert "http:// would send the token readable" in note(browser, "base_url")
        assert "must look like sub_id=3" in note(browser, "filter")
        assert value(browser, "id") == "unicode-sohne"
        await enter(browser, {"id": "No Good"})
        assert "lower-case letters" in note(browser, "id")
        await enter(browser, {"label": "Other", "token": "command", "token_command": 'pass "x'})
        assert "a quote is not closed" in note(browser, "token_command")
        assert value(browser, "id") == "No Good", "an id that was written does not follow the label"
        await browser.press("ctrl+s")
        await browser.sees("5 fields need another look")
        assert "needed" in note(browser, "organisation")
        assert where(browser).name == "id"


async def test_nothing_of_an_account_that_cannot_be_written_stays(serve: Serve, tmp_path: Path) -> None:
    fake, server = serve(FakeVoxmind(5))
    (tmp_path / "file").write_text("")
    keyring = MemoryKeyring()
    async with newcomer(tmp_path / "file" / "config.toml", credentials(keyring)) as browser:
        await enter(browser, account_of(fake, server))
        await browser.press("enter")
        await browser.sees("cannot be")
        assert keyring.items == {}
        assert browser.session.accounts == {}


async def test_offline_nothing_can_be_proved(serve: Serve, path: Path) -> None:
    fake, server = serve(FakeVoxmind(5))
    async with newcomer(path, is_offline=True) as browser:
        await enter(browser, account_of(fake, server))
        await browser.press("enter")
        await browser.sees("offline: the vendor cannot be asked")
        assert written(path) == ""


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (120, 40)], ids=str)
async def test_every_field_comes_into_sight_with_its_help(path: Path, size: tuple[int, int]) -> None:
    async with newcomer(path, size=size) as browser:
        seen = []
        for _ in range(30):
            field = where(browser) if where_is_field(browser) else None
            if field is None:
                break
            seen.append(field.name)
            await browser.pilot.pause()
            region, window = field.region, browser.app.screen.query_one("#fields").region
            assert window.contains_region(region), (field.name, region, window)
            await browser.press("tab")
        assert seen[0] == "vendor"
        assert seen[-1] == "secret"
        await browser.sees("Verify and save")
        assert all(len(line) <= size[0] for line in browser.lines())


def where_is_field(browser: Browser) -> bool:
    return any(isinstance(node, Field) for node in browser.app.focused.ancestors) if browser.app.focused else False


@asynccontextmanager
async def kept(serve: Serve, path: Path) -> AsyncIterator[tuple[Browser, FakeVoxmind, MemoryKeyring]]:
    """The form over an account with a commented config and a token in the keyring."""
    fake, server = serve(FakeVoxmind(5))
    assert isinstance(fake, FakeVoxmind)
    keyring = MemoryKeyring()
    host = server.url.removeprefix("http://")
    keyring.items[f"invoicetui:acme-voice@{host}", "acme-voice"] = fake.token
    write_config(
        path,
        "[accounts.acme-voice]  # the phone",
        'vendor = "voxmind"',
        'label = "Acme voice"  # as on the door',
        f'base_url = "{server.url}"',
        f'organisation = "{fake.options()["organisation"]}"',
    )
    async with browsing(Configured(path, {}), credentials=credentials(keyring)) as browser:
        await browser.sees("5 of 5")
        await browser.press("h", "j", "E")
        await browser.sees("change Acme voice")
        yield browser, fake, keyring


async def test_another_label_is_written_without_asking_for_the_token(serve: Serve, path: Path) -> None:
    async with kept(serve, path) as (browser, _, _):
        assert "leave empty to keep" in note(browser, "secret")
        before = written(path)
        await enter(browser, {"label": "Phones"})
        await browser.press("ctrl+s")
        await browser.sees("Phones is changed")
        assert written(path) == before.replace('"Acme voice"', '"Phones"')
        await browser.rests()
        await browser.press("enter")
        await browser.sees("Phones  5 of 5")
        await browser.rests()


async def test_another_address_needs_the_token_again(serve: Serve, path: Path) -> None:
    other = serve(FakeVoxmind(7))
    async with kept(serve, path) as (browser, _, keyring):
        await enter(browser, {"base_url": other.server.url})
        assert "the address changed: enter the token again" in note(browser, "secret")
        await browser.press("ctrl+s")
        await browser.until(lambda: "the token is missing" in note(browser, "secret"))
        assert other.server.asked == []
        await browser.press(*other.fake.token, "enter")
        await browser.sees("Acme voice is changed")
        await browser.rests()
        assert browser.session.store.counts(["acme-voice"]) == {"acme-voice": 7}, "the rows of the other are set aside"
        assert len(keyring.items) == 2
        assert account_in(path)["base_url"] == other.server.url


async def test_an_option_that_the_vendor_refuses_is_not_written(serve: Serve, path: Path) -> None:
    async with kept(serve, path) as (browser, _, _):
        before = written(path)
        await enter(browser, {"organisation": "999"})
        await browser.press("ctrl+s")
        await browser.until(lambda: "check the organisation" in note(browser, "secret"))
        assert written(path) == before
        await browser.press("escape")
        await browser.sees("All accounts")
        assert browser.session.accounts["acme-voice"].options["organisation"] != "999"


async def test_the_present_token_goes_along_into_the_keyring(serve: Serve, path: Path) -> None:
    fake, server = serve(FakeVoxmind(5))
    keyring = MemoryKeyring()
    async with newcomer(path, credentials(keyring)) as browser:
        await enter(browser, {**account_of(fake, server), "token": "ask"})
        await browser.press("ctrl+s")
        await browser.sees("Acme voice is added")
        assert (keyring.items, account_in(path)["token"]) == ({}, "ask")
        await browser.press("E")
        await browser.sees("change Acme voice")
        await enter(browser, {"token": "keyring"})
        await browser.press("ctrl+s")
        await browser.sees("Acme voice is changed")
        assert list(keyring.items.values()) == [fake.token]
        assert "token" not in account_in(path)
        await browser.rests()
