"""The nine states of looking for a token, and the words of each."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from invoicetui.credentials import Found, KeyringTrouble, State
from invoicetui.model import Secret
from tests.memory_keyring import ACME, TOKEN, MemoryKeyring, credentials, with_token


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
