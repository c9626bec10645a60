"""Where a token comes from: the order, the nine states, and never a frozen screen."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import resource
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from invoicetui.credentials import Credentials, Found, KeyringTrouble, State, as_token, child_environment
from invoicetui.model import Account, Secret, Side

ACME = Account("acme", "voxmind", "Acme", Side.RECEIVED, "https://a.example", {"organisation": "1"})
TOKEN = Secret("vm_live_s3cret")
DESKTOP = {"DISPLAY": ":0"}


class MemoryKeyring:
    """A keyring in memory; `trouble` is raised by every call, `gate` keeps calls waiting until it is set."""

    name = "Memory"

    def __init__(self, *, is_locked: bool = False, max_length: int | None = None) -> None:
        self.items: dict[tuple[str, str], str] = {}
        self.locked = is_locked
        self.max_length = max_length
        self.trouble: BaseException | None = None
        self.gate: threading.Event | None = None
        self.calls: list[str] = []
        self.threads: set[str] = set()

    def is_locked(self) -> bool:
        return self.locked

    def get(self, service: str, user: str) -> str | None:
        self._enter(f"get {service} {user}")
        return self.items.get((service, user))

    def set(self, service: str, user: str, value: str) -> None:
        self._enter(f"set {service} {user}")
        self.items[service, user] = value

    def delete(self, service: str, user: str) -> None:
        self._enter(f"delete {service} {user}")
        if self.items.pop((service, user), None) is None:
            raise KeyringTrouble(State.MISSING)

    def _enter(self, call: str) -> None:
        self.calls.append(call)
        self.threads.add(threading.current_thread().name)
        if self.gate:
            assert self.gate.wait(30)
        if self.trouble:
            raise self.trouble


def credentials(
    keyring: MemoryKeyring | None = None,
    *,
    environ: Mapping[str, str] = DESKTOP,
    state_path: Path | None = None,
    may_prompt: bool | None = None,
    timeout: float = 5.0,
) -> Credentials:
    return Credentials(
        environ=environ,
        keyring=keyring or MemoryKeyring(),
        run=lambda argv, environ: Found(State.OK, Secret("from-" + argv[0]), f"command: {argv[0]}"),
        state_path=state_path,
        may_prompt=may_prompt,
        timeout=timeout,
    )


def with_token(text: str = "stored") -> MemoryKeyring:
    keyring = MemoryKeyring()
    keyring.items["invoicetui:acme@a.example", "acme"] = text
    return keyring


async def test_the_order_is_session_environment_source() -> None:
    keyring = with_token()
    environ = {"INVOICETUI_TOKEN_ACME": "from-env"}
    both = credentials(keyring, environ=environ)
    both.use_for_session(ACME, TOKEN)
    assert await both.find(ACME) == Found(State.OK, TOKEN, "this session only — forgotten at exit")
    assert both.describe(ACME) == "this session only — forgotten at exit"
    both.forget_session(ACME)
    assert await both.find(ACME) == Found(State.OK, Secret("from-env"), "environment INVOICETUI_TOKEN_ACME")
    assert both.describe(ACME) == "environment INVOICETUI_TOKEN_ACME"
    assert keyring.calls == []
    found = await credentials(keyring).find(ACME)
    assert found == Found(State.OK, Secret("stored"), "keyring (Memory)")
    assert found.sentence("Acme") == "Token: keyring (Memory)."
    assert keyring.calls == ["get invoicetui:acme@a.example acme"]
    assert keyring.threads == {"invoicetui-keyring"}


async def test_a_session_token_belongs_to_one_address() -> None:
    tokens = credentials(environ={})
    tokens.use_for_session(ACME, TOKEN)
    assert (await tokens.find(replace(ACME, base_url="https://b.example"))).state is State.MISSING


async def test_the_command_is_the_only_source_of_its_account() -> None:
    keyring = with_token()
    account = replace(ACME, token="command", token_command=("/usr/bin/pass", "show"))

    def fails(argv: Sequence[str], environ: Mapping[str, str]) -> Found:
        return Found(State.FAILED, None, "command: pass", "the command pass ended with exit status 2")

    assert (await credentials(keyring).find(account)).secret == Secret("from-/usr/bin/pass")
    broken = Credentials(environ={}, keyring=keyring, run=fails)
    assert (await broken.find(account)).state is State.FAILED
    assert broken.describe(account) == "command: pass"
    assert keyring.calls == []


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (
            "env",
            "Acme takes its token from the environment, and INVOICETUI_TOKEN_ACME is not set. Set it and start again.",
        ),
        ("ask", "The token of Acme is kept nowhere and asked for each time. Press T to enter it."),
    ],
)
async def test_env_and_ask_never_open_the_keyring(source: str, sentence: str) -> None:
    keyring = with_token()
    tokens, account = credentials(keyring), replace(ACME, token=source)
    found = await tokens.find(account)
    assert (found.state, found.secret) == (State.MISSING, None)
    assert found.sentence("Acme") == sentence
    assert (await tokens.store(account, TOKEN)).state is State.FAILED
    assert (await tokens.delete(account)).state is State.MISSING
    assert keyring.calls == []
    tokens.use_for_session(account, TOKEN)
    assert (await tokens.find(account)).secret == TOKEN


def word_check(found: Found, state: State, sentence: str) -> None:
    assert (found.state, found.secret) == (state, None)
    assert found.sentence("Acme") == sentence
    error = found.error(ACME)
    assert error.state == state.name
    assert "{" not in str(error)


async def test_missing() -> None:
    found = await credentials().find(ACME)
    word_check(found, State.MISSING, "No token for Acme yet. Press T to enter one.")
    assert str(found.error(ACME)) == ("no token for Acme yet; press T or run `invoicetui token set acme` to enter one")


async def test_no_backend() -> None:
    keyring = MemoryKeyring()
    keyring.trouble = KeyringTrouble(State.NO_BACKEND)
    tokens = credentials(keyring)
    remedy = "Press T to use a token for this session, or set token_command in the config, or INVOICETUI_TOKEN_ACME."
    words = "This machine has no keyring (usual over SSH)"
    word_check(await tokens.find(ACME), State.NO_BACKEND, f"{words}. {remedy}")
    word_check(await tokens.store(ACME, TOKEN), State.NO_BACKEND, f"{words}; nothing was stored. {remedy}")
    keyring.trouble = KeyringTrouble(State.NO_BACKEND, "it is switched off")
    word_check(await tokens.find(ACME), State.NO_BACKEND, f"{words}: it is switched off. {remedy}")


@pytest.mark.parametrize("environ", [{}, {"DISPLAY": ":0", "SSH_CONNECTION": "1 2 3 4"}])
async def test_locked_where_no_window_would_be_seen_is_not_even_opened(environ: dict[str, str]) -> None:
    keyring = with_token()
    keyring.locked = True
    found = await credentials(keyring, environ=environ).find(ACME)
    assert found.state is State.LOCKED
    assert found.sentence("Acme").startswith("The keyring is locked, and its password window cannot open here. Unlock")
    assert keyring.calls == []


async def test_locked_on_a_desktop_when_the_window_was_closed() -> None:
    keyring = MemoryKeyring(is_locked=True)
    keyring.trouble = KeyringTrouble(State.LOCKED)
    found = await credentials(keyring).find(ACME)
    sentence = "The keyring is locked. Unlock it and press r, or press T to use a token for this session."
    word_check(found, State.LOCKED, sentence)
    assert keyring.calls


async def test_locked_on_a_desktop_while_the_window_is_open() -> None:
    keyring = with_token()
    keyring.locked, keyring.gate = True, threading.Event()
    tokens = credentials(keyring, timeout=0.05)
    found = await tokens.find(ACME)
    words = "Waiting for you to unlock the keyring in its own window. Press T to use a token for this session instead."
    word_check(found, State.LOCKED, words)
    assert (await tokens.find(ACME)).state is State.LOCKED
    answered = asyncio.create_task(tokens.answered())
    keyring.locked = False
    keyring.gate.set()
    await answered
    assert (await tokens.find(ACME)).state is State.OK


async def test_timeout() -> None:
    keyring = with_token()
    keyring.gate = threading.Event()
    tokens = credentials(keyring, timeout=0.05)
    words = "The keyring has not answered for 0.05 s; still working without Acme. Press r to try again."
    word_check(await tokens.find(ACME), State.TIMEOUT, words)
    start = time.monotonic()
    assert [(await tokens.find(ACME)).state for _ in range(20)] == [State.TIMEOUT] * 20
    assert time.monotonic() - start < 0.5  # told at once, not after 20 time-outs
    keyring.gate.set()
    await tokens.answered()
    assert (await tokens.find(ACME)).state is State.OK
    assert len(keyring.calls) == 2  # who was told "time-out" did not queue up another call


async def test_unsafe() -> None:
    keyring = MemoryKeyring()
    keyring.trouble = KeyringTrouble(State.UNSAFE, "keyrings.alt.file.PlaintextKeyring")
    words = "Found keyrings.alt.file.PlaintextKeyring: it would store the token unencrypted; not used. Press T to use a"
    found = await credentials(keyring).find(ACME)
    assert found.state is State.UNSAFE
    assert found.sentence("Acme").startswith(words)


async def test_too_long() -> None:
    keyring = MemoryKeyring(max_length=1280)
    tokens = credentials(keyring)
    words = "1281 characters; Windows Credential Manager holds 1280; nothing was stored. Use token_command."
    word_check(await tokens.store(ACME, Secret("x" * 1281)), State.TOO_LONG, words)
    assert keyring.calls == []
    assert (await tokens.store(ACME, Secret("x" * 1280))).state is State.OK


async def test_bad_token() -> None:
    environ = {"INVOICETUI_TOKEN_ACME": "two words"}
    words = "is not a token (empty, spaces or control characters)"
    found = await credentials(environ=environ).find(ACME)
    word_check(found, State.BAD_TOKEN, f"What INVOICETUI_TOKEN_ACME holds {words}. Correct it and start again.")
    assert "two words" not in repr(found)
    found = await credentials(with_token("é")).find(ACME)
    word_check(found, State.BAD_TOKEN, f"What the keyring holds for Acme {words}. Press T to enter it again.")
    for text in ("", "a b", "a\n", "x" * 8193):
        found = await credentials().store(ACME, Secret(text))
        word_check(found, State.BAD_TOKEN, f"What was entered {words}; nothing was stored. Enter it again.")


class ThirdPartyError(BaseException):
    """Not even an Exception, as some C extensions raise."""


async def test_failed_without_a_word_of_the_exception() -> None:
    keyring = MemoryKeyring()
    keyring.trouble = ThirdPartyError("CredWrite vm_live_s3cret")
    found = await credentials(keyring).store(ACME, TOKEN)
    assert found.state is State.FAILED
    assert found.sentence("Acme").startswith("The keyring failed; nothing was stored. Press r to try again")
    assert "s3cret" not in repr(found) + str(found.error(ACME))
    keyring.name = "macOS"
    assert "security unlock-keychain" in (await credentials(keyring).find(ACME)).sentence("Acme")


def test_a_label_cannot_act_on_the_terminal_or_on_the_words() -> None:
    found = Found(State.MISSING, detail="no token for {label} yet", remedy="{set} to enter one")
    assert found.sentence("A\x1b[2J{set}") == "No token for A�[2J{set} yet. Press T to enter one."


async def test_a_stored_token_is_read_back_and_replaces_the_sessions() -> None:
    keyring = MemoryKeyring()
    tokens = credentials(keyring)
    tokens.use_for_session(ACME, Secret("old"))
    assert await tokens.store(ACME, TOKEN) == Found(State.OK, TOKEN, "keyring (Memory)")
    assert [call.split()[0] for call in keyring.calls] == ["set", "get"]
    assert (await tokens.find(ACME)).secret == TOKEN


class ForgetfulKeyring(MemoryKeyring):
    def get(self, service: str, user: str) -> str | None:
        return None


async def test_a_keyring_that_forgets_is_found_out(tmp_path: Path) -> None:
    tokens = credentials(ForgetfulKeyring(), state_path=tmp_path / "tokens.json")
    tokens.use_for_session(ACME, Secret("old"))
    found = await tokens.store(ACME, TOKEN)
    assert found.state is State.FAILED
    assert found.sentence("Acme").startswith("The keyring did not give back what was stored")
    assert (await tokens.find(ACME)).secret == Secret("old")
    assert not (tmp_path / "tokens.json").exists()


async def test_a_changed_address_finds_no_token_and_says_why(tmp_path: Path) -> None:
    keyring, path = MemoryKeyring(), tmp_path / "data" / "tokens.json"
    await credentials(keyring, state_path=path).store(ACME, TOKEN)
    assert json.loads(path.read_text()) == {"acme": ["a.example"]}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "s3cret" not in path.read_text()
    moved = replace(ACME, base_url="https://b.example:8443/v1")
    tokens = credentials(keyring, state_path=path)
    words = "The address of Acme changed from a.example to b.example:8443; enter the token again to allow it."
    word_check(await tokens.find(moved), State.MISSING, f"{words} Press T to enter it.")
    assert (await tokens.store(moved, Secret("new"))).state is State.OK
    assert (await tokens.find(moved)).secret == Secret("new")
    assert (await tokens.find(ACME)).secret == TOKEN
    other_path = replace(ACME, base_url="https://a.example/other", label="Acme GmbH")
    assert (await tokens.find(other_path)).secret == TOKEN
    assert (await tokens.delete(moved)).state is State.OK
    assert keyring.items == {}
    assert json.loads(path.read_text()) == {}
    assert (await tokens.delete(moved)).state is State.MISSING


async def test_two_accounts_on_one_host_are_two_services() -> None:
    keyring = MemoryKeyring()
    tokens = credentials(keyring)
    await tokens.store(ACME, TOKEN)
    await tokens.store(replace(ACME, id="acme-2"), Secret("second"))
    assert keyring.items == {
        ("invoicetui:acme@a.example", "acme"): "vm_live_s3cret",
        ("invoicetui:acme-2@a.example", "acme-2"): "second",
    }


@pytest.mark.parametrize("content", [b"\xff", b"[]", b'{"acme": 3}', b'{"acme": [3]}', b"[" * 100_000])
async def test_a_spoilt_record_is_no_obstacle(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tokens.json"
    path.write_bytes(content)
    tokens = credentials(with_token(), state_path=path)
    assert (await tokens.find(replace(ACME, id="other"))).state is State.MISSING
    assert (await tokens.store(ACME, TOKEN)).state is State.OK
    assert json.loads(path.read_text()) == {"acme": ["a.example"]}
    unwritable = credentials(state_path=tmp_path / "tokens.json" / "no")
    assert (await unwritable.store(ACME, TOKEN)).state is State.OK


async def test_deleting_ends_the_session_token_too() -> None:
    tokens = credentials(with_token())
    tokens.use_for_session(ACME, TOKEN)
    assert (await tokens.delete(ACME)).state is State.OK
    assert (await tokens.find(ACME)).state is State.MISSING


class CountingKeyring(MemoryKeyring):
    """Notices when two calls are inside at once."""

    inside = most = 0

    def get(self, service: str, user: str) -> str | None:
        self.inside += 1
        self.most = max(self.most, self.inside)
        threading.Event().wait(0.015)
        self.inside -= 1
        return "x"


async def test_one_call_at_a_time_and_each_with_its_own_bound() -> None:
    keyring = CountingKeyring()
    tokens = credentials(keyring, timeout=0.3)
    accounts = [replace(ACME, id=f"a{number}") for number in range(30)]  # together longer than one time-out
    found = await asyncio.gather(*(tokens.find(account) for account in accounts))
    assert {each.state for each in found} == {State.OK}
    assert keyring.most == 1


async def test_it_can_be_asked_from_another_loop() -> None:
    keyring = with_token()
    keyring.gate = threading.Event()
    tokens = credentials(keyring)
    here = asyncio.create_task(tokens.find(ACME))
    await asyncio.sleep(0)
    there = asyncio.create_task(asyncio.to_thread(lambda: asyncio.run(tokens.find(ACME))))
    await asyncio.sleep(0)
    keyring.gate.set()
    assert [(await task).state for task in (here, there)] == [State.OK, State.OK]


async def test_a_caller_that_leaves_takes_its_call_with_it() -> None:
    keyring = with_token()
    keyring.gate = threading.Event()
    tokens = credentials(keyring)
    first, second = (asyncio.create_task(tokens.find(ACME)) for _ in range(2))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    keyring.gate.set()
    assert (await first).state is State.OK
    await tokens.answered()
    assert len(keyring.calls) == 1


STUCK = """
import asyncio, sys, threading, time
from invoicetui.credentials import Credentials
from invoicetui.model import Account, Side

class Stuck:
    name, max_length = "Stuck", None
    def is_locked(self): threading.Event().wait()

async def main():
    tokens = Credentials(environ={}, keyring=Stuck(), timeout=0.2)
    ticks = 0
    find = asyncio.create_task(tokens.find(Account("a", "voxmind", "A", Side.RECEIVED, "https://a.example")))
    while not find.done():
        await asyncio.sleep(0.01)
        ticks += 1
    print((await find).state, ticks > 5)

asyncio.run(main())
"""


def test_a_stuck_keyring_neither_stops_the_loop_nor_the_exit() -> None:
    start = time.monotonic()
    run = subprocess.run([sys.executable, "-c", STUCK], capture_output=True, text=True, timeout=20, check=True)
    assert run.stdout == "time-out True\n"
    assert time.monotonic() - start < 5


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("abc", "abc"),
        (b" abc\r\n", "abc"),
        ("!~" * 4096, "!~" * 4096),
        *((raw, None) for raw in (None, "", b"", " ", "a b", "a\tb", "a\nb", "é", "é".encode(), "a\x7f", "x" * 8193)),
    ],
)
def test_a_token_is_visible_ascii(raw: str | bytes | None, value: str | None) -> None:
    secret = as_token(raw)
    assert (secret and secret.reveal()) == value


def test_a_found_token_is_not_shown_by_accident() -> None:
    found = Found(State.OK, TOKEN, "keyring (Memory)")
    assert "s3cret" not in f"{found} {found!r} {found.sentence('Acme')}"
    with pytest.raises(TypeError):
        pickle.dumps(found)


def test_children_do_not_get_our_tokens() -> None:
    environ = {"PATH": "/bin", "INVOICETUI_TOKEN_ACME": "x", "INVOICETUI_CONFIG": "y"}
    assert child_environment(environ) == {"PATH": "/bin", "INVOICETUI_CONFIG": "y"}


HARDENED = """
import ctypes, os, resource, sys
from invoicetui.credentials import harden_process
harden_process(os.environ)
print(oct(os.umask(0)), resource.getrlimit(resource.RLIMIT_CORE)[0], ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="PR_GET_DUMPABLE is Linux's")
@pytest.mark.parametrize("is_debug", [False, True])
def test_the_process_is_closed_to_others(is_debug: bool) -> None:
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    soft = 4096 if hard == resource.RLIM_INFINITY else min(4096, hard)
    code = f"import resource; resource.setrlimit(resource.RLIMIT_CORE, {(soft, hard)!r})\n{HARDENED}"
    environ = {**os.environ, "INVOICETUI_DEBUG": "1" if is_debug else "0"}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environ)
    assert run.stdout.strip() == (f"0o77 {soft} 1" if is_debug else "0o77 0 0")


def test_keyring_is_not_loaded_before_it_is_needed() -> None:
    code = "import sys, invoicetui.credentials as c; c.Credentials(environ={}); print('keyring' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
