"""Tokens in the browser: where they go, where they never show, and what is said when there is none."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from pathlib import Path

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.message import Message
from textual.widgets import Input

from invoicetui.credentials import Credentials, KeyringTrouble, State
from invoicetui.ledger.store import Store
from invoicetui.session import Session
from invoicetui.ui.app import InvoicetuiApp
from invoicetui.ui.token_input import TokenInput
from tests.conftest import Configured, Running, Serve
from tests.memory_keyring import DESKTOP, MemoryKeyring, credentials
from tests.servers.voxmind import FakeVoxmind
from tests.terminal import Terminal
from tests.ui.browsing import Browser, browsing, now
from tests.ui.filling import note, says, write_config, written

TYPED = "SEKRET-typed-token"


class Recording(App[None]):
    """A token field, and every message that reaches the app or its parent."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def compose(self) -> ComposeResult:
        yield TokenInput()
        yield Input()

    def on_event_of(self, message: Message) -> None:
        self.heard.append(repr(message))

    on_input_changed = on_input_submitted = on_input_blurred = on_event_of


async def test_a_typed_token_leaves_its_field_through_take_only() -> None:
    app = Recording()
    async with app.run_test() as pilot:
        box = app.query_one(TokenInput)
        box.post_message(events.Paste(f" {TYPED} \n"))
        await pilot.pause()
        for key in ("home", "shift+end", "ctrl+c", "ctrl+x", "super+c", "enter", "tab", "shift+tab"):
            await pilot.press(key)
        assert app.clipboard == ""
        assert len(app.heard) >= 3
        shown = " ".join((*app.heard, repr(box), str(box.tree), app.export_screenshot()))
        assert TYPED not in shown
        assert "SEKRET" not in shown
        secret = box.take()
        assert secret is not None
        assert secret.reveal() == TYPED
        assert (box.value, box.is_empty, box.take()) == ("", True, None)


def voice(serve: Serve, path: Path, token: str | None = "", *entries: str) -> tuple[Running, Configured, MemoryKeyring]:
    """An account of a fake; its keyring holds `token`, the right one for "", nothing for None."""
    running = serve(FakeVoxmind(5))
    keyring = MemoryKeyring()
    if token is not None:
        host = running.server.url.removeprefix("http://")
        keyring.items[f"invoicetui:voice@{host}", "voice"] = token or running.fake.token
    organisation = running.fake.options()["organisation"]
    write_config(
        path,
        "[accounts.voice]",
        'vendor = "voxmind"',
        'label = "The phone"',
        f'base_url = "{running.server.url}"',
        f'organisation = "{organisation}"',
        *entries,
    )
    return running, Configured(path, {}), keyring


async def to_accounts(browser: Browser, *words: str) -> None:
    await browser.rests()
    await browser.press("h", "j")
    await browser.sees("All accounts", *words)


async def test_a_refused_token_offers_another_and_the_old_one_stays_until_it_is_proved(
    serve: Serve, tmp_path: Path
) -> None:
    running, configured, keyring = voice(serve, tmp_path / "config.toml", "expired")
    async with browsing(configured, credentials=credentials(keyring)) as browser:
        await to_accounts(browser, "! token refused", "keyring (Memory)", "with T")
        await browser.press("T")
        await browser.sees("token for The phone, 127.0.0.1", "now: keyring (Memory)")
        await browser.press(*"wrong", "enter")
        await browser.until(lambda: "the token before stays" in note(browser, "secret"))
        assert list(keyring.items.values()) == ["expired"]
        await browser.press("enter")
        await browser.until(lambda: "is not a token" in note(browser, "secret"))
        browser.app.post_message(events.Paste(running.fake.token))
        await browser.press("enter")
        await browser.sees("takes the token", "token: keyring (Memory)", "ok")
        assert list(keyring.items.values()) == [running.fake.token]
        await browser.rests()
        assert browser.session.condition("voice").problem is None


@pytest.mark.parametrize("state", [State.NO_BACKEND, State.LOCKED, State.UNSAFE])
async def test_a_token_that_no_keyring_takes_is_used_until_the_end(serve: Serve, tmp_path: Path, state: State) -> None:
    running, configured, keyring = voice(serve, tmp_path / "config.toml", None)
    keyring.trouble = KeyringTrouble(state, "keyrings.alt")
    async with browsing(configured, credentials=credentials(keyring)) as browser:
        await to_accounts(browser, f"! {state}")
        await browser.press("T")
        browser.app.post_message(events.Paste(running.fake.token))
        await browser.press("enter")
        await says(browser, "othing was stored", "It is used until the program ends.")
        await browser.sees("ok")
        await browser.rests()
        assert keyring.items == {}
        assert browser.session.source("voice").startswith("this session only")


async def test_a_variable_that_would_come_first_does_not_hide_a_new_token(serve: Serve, tmp_path: Path) -> None:
    running, configured, keyring = voice(serve, tmp_path / "config.toml", None)
    environ = {**DESKTOP, "INVOICETUI_TOKEN_VOICE": "expired"}
    async with browsing(configured, credentials=credentials(keyring, environ=environ)) as browser:
        await to_accounts(browser, "! token refused", "environment INVOICETUI_TOKEN_VOICE")
        await browser.press("T")
        browser.app.post_message(events.Paste(running.fake.token))
        await browser.press("enter")
        await browser.sees("takes the token", "this session only", "ok")
        assert list(keyring.items.values()) == [running.fake.token]


async def test_verify_says_what_the_vendor_says(serve: Serve, tmp_path: Path) -> None:
    running, configured, keyring = voice(serve, tmp_path / "config.toml")
    async with browsing(configured, credentials=credentials(keyring)) as browser:
        await to_accounts(browser, "ok")
        await browser.press("V")
        await browser.sees("takes the token: 5 invoices", "token: keyring (Memory)")
        running.fake.token = "another"
        await browser.press("V")
        await browser.sees("refused the token")
        keyring.items.clear()
        await browser.press("V")
        await browser.sees("No token for The phone yet. Press T to enter one.")


async def test_esc_stops_a_verification(serve: Serve, tmp_path: Path) -> None:
    _, configured, keyring = voice(serve, tmp_path / "config.toml")
    async with browsing(configured, credentials=credentials(keyring)) as browser:
        await to_accounts(browser, "ok")
        keyring.gate = threading.Event()
        await browser.press("V")
        await browser.sees("looking for the token", "esc stops")
        await browser.press("escape")
        await browser.sees("stopped")
        keyring.gate.set()
        await browser.pilot.pause(0.1)
        assert "takes the token" not in browser.text


STATES = {
    State.MISSING: ("no token", "No token for The phone yet. Press T to enter one."),
    State.NO_BACKEND: ("no keyring", "This machine has no keyring"),
    State.LOCKED: ("locked", "The keyring is locked"),
    State.UNSAFE: ("unsafe", "it would store the token unencrypted"),
    State.FAILED: ("failed", "The keyring failed"),
}


@pytest.mark.parametrize("state", STATES)
async def test_every_state_has_a_word_and_a_sentence(serve: Serve, tmp_path: Path, state: State) -> None:
    _, configured, keyring = voice(serve, tmp_path / "config.toml", None)
    keyring.trouble = None if state is State.MISSING else KeyringTrouble(state, "keyrings.alt")
    word, sentence = STATES[state]
    async with browsing(configured, credentials=credentials(keyring)) as browser:
        await to_accounts(browser, f"! {word} ")
        await says(browser, sentence)


async def test_what_is_no_token_is_called_so(serve: Serve, tmp_path: Path) -> None:
    _, configured, keyring = voice(serve, tmp_path / "config.toml", "two words")
    async with browsing(configured, credentials=credentials(keyring)) as browser:
        await to_accounts(browser, "! bad token", "is not a token")


async def test_a_keyring_that_never_answers_holds_nothing_up(serve: Serve, tmp_path: Path) -> None:
    _, configured, keyring = voice(serve, tmp_path / "config.toml")
    other = serve(FakeVoxmind(7))
    organisation = other.fake.options()["organisation"]
    write_config(
        configured.path,
        written(configured.path),
        f'[accounts.other]\nvendor = "voxmind"\nbase_url = "{other.server.url}"',
        f'organisation = "{organisation}"\ntoken = "env"',
    )
    keyring.gate = threading.Event()
    environ = {**DESKTOP, "INVOICETUI_TOKEN_OTHER": other.fake.token}
    tokens = credentials(keyring, environ=environ, timeout=0.4)
    try:
        async with browsing(configured, credentials=tokens) as browser:
            await browser.sees("7 ")
            start = time.monotonic()
            await browser.press("j", "h", "j")
            await browser.sees("All accounts", "The phone")
            assert time.monotonic() - start < 1
            await browser.sees("! time-out", "has not answered for 0.4 s", "r to try")
            assert browser.session.store.counts(["other"]) == {"other": 7}
            await browser.press("V")
            start = time.monotonic()
            await browser.press("ctrl+q")
            await browser.until(lambda: not browser.app.is_running, 2)
        assert time.monotonic() - start < 2
    finally:
        keyring.gate.set()


@pytest.mark.parametrize("is_locked", [True, False], ids=["its window is open", "slow"])
async def test_a_keyring_that_answers_late_needs_no_further_key(serve: Serve, tmp_path: Path, is_locked: bool) -> None:
    running, configured, keyring = voice(serve, tmp_path / "config.toml")
    keyring.gate, keyring.locked = threading.Event(), is_locked
    tokens = credentials(keyring, timeout=0.1)
    try:
        async with browsing(configured, credentials=tokens) as browser:
            await browser.sees("! The phone: locked" if is_locked else "! The phone: time-out")
            await browser.press("r")
            await browser.rests()
            assert running.server.asked == []
            keyring.locked = False
            keyring.gate.set()
            await browser.sees("5 of 5")
            assert browser.session.condition("voice").problem is None
            assert len(keyring.calls) == 2, "the call that was late, and one for its answer"
    finally:
        keyring.gate.set()


async def test_a_keyring_that_is_always_late_is_asked_once_more_and_not_for_ever(serve: Serve, tmp_path: Path) -> None:
    _, configured, keyring = voice(serve, tmp_path / "config.toml")
    keyring.gate, keyring.patience = threading.Event(), 0.3
    async with browsing(configured, credentials=credentials(keyring, timeout=0.1)) as browser:
        await browser.sees("! The phone: time-out")
        await browser.until(lambda: len(keyring.calls) == 2)
        await browser.until(lambda: not browser.session.credentials._turns._thread)
        await browser.rests()
        await browser.pilot.pause(0.2)
        assert len(keyring.calls) == 2
        await browser.sees("! The phone: time-out")


async def test_without_dbus_everything_else_works(serve: Serve, tmp_path: Path) -> None:
    _, configured, _ = voice(serve, tmp_path / "config.toml", None)
    async with browsing(configured, credentials=Credentials(environ={})) as browser:
        await to_accounts(browser, "! no keyring")
        await browser.press("question_mark")
        await browser.sees("keys that work here")


async def test_a_screenshot_of_the_forms_holds_no_token(serve: Serve, tmp_path: Path) -> None:
    _, configured, keyring = voice(serve, tmp_path / "config.toml")
    async with browsing(configured, credentials=credentials(keyring)) as browser:
        await to_accounts(browser, "ok")
        await browser.press("T")
        browser.app.post_message(events.Paste(TYPED))
        await browser.sees("•" * len(TYPED))
        picture = browser.app.export_screenshot()
        assert "token for" in picture.replace("&#160;", " ")
        assert "SEKRET" not in picture


class Crashing(InvoicetuiApp, inherit_css=True):
    """Falls over while a local variable holds a token."""

    CSS_PATH = None

    def on_mount(self) -> None:
        token = "SEKRET-local"
        self.call_later(self._fall, token)

    def _fall(self, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        raise ZeroDivisionError(f"{len(headers)} header")


async def test_a_crash_prints_no_local_variable(capsys: pytest.CaptureFixture[str]) -> None:
    session = Session((), Store.open(None, clock=now), credentials(), clock=now)
    try:
        app = Crashing(session)
        await app.run_async(headless=True)
        printed = "".join(capsys.readouterr())
        assert app.return_code == 1
        assert "ZeroDivisionError: 1 header" in printed
        assert "_fall" in printed
        assert "SEKRET" not in printed
    finally:
        await asyncio.to_thread(session.close)


UNLOCKED_IN_A_TERMINAL = """
import pathlib, sys
unlocked = pathlib.Path(sys.argv[1])
if not unlocked.exists():
    if not sys.stdin.isatty():
        sys.exit(3)
    sys.stderr.write("passphrase? ")
    sys.stderr.flush()
    if sys.stdin.readline().strip() != "open":
        sys.exit(4)
    unlocked.touch()
print(sys.argv[2])
"""


@pytest.fixture
def locked(serve: Serve, tmp_path: Path) -> tuple[Running, Configured]:
    """An account whose token_command asks for a passphrase on the terminal, once."""
    program = tmp_path / "pass.py"
    program.write_text(UNLOCKED_IN_A_TERMINAL)
    running = serve(FakeVoxmind(5))
    words = [sys.executable, str(program), str(tmp_path / "unlocked"), running.fake.token]
    command = ", ".join(f'"{word}"' for word in words)
    write_config(
        tmp_path / "config.toml",
        "[accounts.voice]",
        'vendor = "voxmind"',
        f'base_url = "{running.server.url}"',
        f'organisation = "{running.fake.options()["organisation"]}"',
        'token = "command"',
        f"token_command = [{command}]",
    )
    return running, Configured(tmp_path / "config.toml", {})


def test_a_command_that_wants_a_passphrase_gets_the_terminal(locked: tuple[Running, Configured]) -> None:
    # ctrl+c is only a signal on a terminal that controls its session.
    take = "import fcntl, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)"
    run = "from invoicetui.cli import main; sys.exit(main())"
    with Terminal.python("-c", f"{take}; {run}", "--no-cache", "--config", str(locked[1].path)) as terminal:
        terminal.wait_for("voice: failed")
        terminal.send("hj")
        terminal.wait_for("! failed", "Press u")
        terminal.send("u")
        terminal.wait_for("passphrase?")
        terminal.send("\x03")
        terminal.wait_for("was interrupted", "All accounts")
        terminal.wait_until(lambda: "passphrase?" not in terminal.text(), "the accounts painted anew")
        terminal.send("u")
        terminal.wait_for("passphrase?")
        terminal.send("open\r")
        terminal.wait_for("voice is unlocked", "ok")
        assert locked[0].fake.token not in terminal.text()
        terminal.send("q")
        assert terminal.exit_code() == 0


async def test_where_there_is_no_terminal_to_hand_over_it_is_said(locked: tuple[Running, Configured]) -> None:
    async with browsing(locked[1], credentials=Credentials(environ={})) as browser:
        await to_accounts(browser, "Press u")
        await browser.press("u")
        await browser.sees("no terminal to hand over")


async def test_unlocking_is_for_commands(serve: Serve, tmp_path: Path) -> None:
    _, configured, keyring = voice(serve, tmp_path / "config.toml")
    async with browsing(configured, credentials=credentials(keyring)) as browser:
        await to_accounts(browser, "ok")
        await browser.press("u")
        await browser.sees("no token_command to unlock", "keyring (Memory)")
