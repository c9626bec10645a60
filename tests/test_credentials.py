"""Where a token comes from: the order, storing, moving, and never a frozen screen."""

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

from invoicetui.credentials import Credentials, Found, State, as_token, child_environment
from invoicetui.model import Secret
from tests.memory_keyring import ACME, TOKEN, MemoryKeyring, credentials, with_token


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
    found = await tokens.find(moved)
    assert (found.state, found.secret, found.sentence("Acme")) == (State.MISSING, None, f"{words} Press T to enter it.")
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
