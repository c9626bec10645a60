"""Tokens in a real keyring: stored, found, moved, locked, silent, absent."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from invoicetui.credentials import Credentials, State
from invoicetui.model import Account, Secret, Side

ACME = Account("acme", "voxmind", "Acme", Side.RECEIVED, "https://a.example")
TOKEN = Secret("vm_live_s3cret")

PROBE = """
import asyncio, os, sys
from invoicetui.credentials import Credentials
from invoicetui.model import Account, Secret, Side
account = Account("acme", "voxmind", "Acme", Side.RECEIVED, "https://a.example")

async def main():
    tokens = Credentials(environ=os.environ, timeout=0.5)
    for found in (await tokens.find(account), await tokens.store(account, Secret("vm_live_s3cret"))):
        print(found.state.name, found.source, found.sentence("Acme"), sep=": ")

asyncio.run(main())
"""


def probe(bus: str, **environ: str) -> list[str]:
    """What a program of its own finds on another bus. It must end by itself, whatever its keyring does."""
    start = time.monotonic()
    run = subprocess.run(
        [sys.executable, "-c", PROBE],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        env={**os.environ, "DBUS_SESSION_BUS_ADDRESS": bus, **environ},
    )
    assert time.monotonic() - start < 5
    assert run.stderr == ""
    return run.stdout.splitlines()


@pytest.fixture
def tokens(tmp_path: Path) -> Credentials:
    return Credentials(environ={}, state_path=tmp_path / "tokens.json")


async def test_a_token_is_stored_found_replaced_and_deleted(tokens: Credentials) -> None:
    assert (await tokens.find(ACME)).state is State.MISSING
    assert (await tokens.delete(ACME)).state is State.MISSING
    stored = await tokens.store(ACME, TOKEN)
    assert (stored.state, stored.source) == (State.OK, "keyring (SecretService)")
    assert tokens.describe(ACME) == "keyring (SecretService)"
    assert (await tokens.find(ACME)).secret == TOKEN
    long = Secret("x" * 8192)
    assert (await tokens.store(ACME, long)).state is State.OK
    assert (await tokens.find(ACME)).secret == long
    assert (await tokens.delete(ACME)).state is State.OK
    assert (await tokens.find(ACME)).state is State.MISSING


async def test_a_changed_address_finds_nothing_and_says_why(tokens: Credentials) -> None:
    await tokens.store(ACME, TOKEN)
    moved = replace(ACME, base_url="https://b.example")
    found = await tokens.find(moved)
    assert found.secret is None
    assert found.sentence("Acme").startswith("The address of Acme changed from a.example to b.example; enter the token")
    assert (await tokens.delete(moved)).state is State.OK
    assert (await tokens.find(ACME)).state is State.MISSING


@pytest.mark.usefixtures("locked_collection")
async def test_a_locked_keyring_is_not_opened_over_ssh() -> None:
    for environ in ({}, {"SSH_CONNECTION": "1 2 3 4", "DISPLAY": ":0"}):
        tokens = Credentials(environ=environ)
        start = time.monotonic()
        for found in (await tokens.find(ACME), await tokens.store(ACME, TOKEN), await tokens.delete(ACME)):
            assert (found.state, found.source) == (State.LOCKED, "keyring (SecretService)")
            assert "its password window cannot open here" in found.sentence("Acme")
        assert time.monotonic() - start < 1


# keyring leaves its connection to the bus open when it finds a collection locked.
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.usefixtures("locked_collection")
async def test_a_locked_keyring_whose_window_does_not_open() -> None:
    found = await Credentials(environ={}, may_prompt=True).find(ACME)
    gc.collect()
    assert found.state is State.LOCKED
    assert found.sentence("Acme").startswith("The keyring is locked. Unlock it and press r")


def test_a_service_that_never_answers_delays_neither_the_answer_nor_the_exit(silent_bus: str) -> None:
    found, stored = probe(silent_bus)
    words = "The keyring has not answered for 0.5 s; still working without Acme. Press r to try again."
    assert found == f"TIMEOUT: keyring (SecretService): {words}"
    assert stored.startswith("TIMEOUT: ")


def test_a_bus_without_a_service_is_no_keyring(empty_bus: str) -> None:
    found, stored = probe(empty_bus)
    assert found.startswith("NO_BACKEND: keyring: This machine has no keyring (usual over SSH). Press T")
    assert "nothing was stored" in stored


def test_a_configured_service_that_is_not_there_is_named(empty_bus: str) -> None:
    found, _ = probe(empty_bus, PYTHON_KEYRING_BACKEND="keyring.backends.SecretService.Keyring")
    assert found.startswith("NO_BACKEND: keyring: This machine has no keyring (usual over SSH): PYTHON_KEYRING_BACKEND")
