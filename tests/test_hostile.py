"""Hostile text in every field of every vendor, on a real terminal and on the command line: none of it acts."""

from __future__ import annotations

import json
import os
import sys

import pytest

from tests.commands import run
from tests.conftest import ConfigFor, Serve
from tests.hostile import FORBIDDEN, hostile
from tests.servers.fake import Fake
from tests.servers.meteroid import FakeMeteroid
from tests.servers.northflank import FakeNorthflank
from tests.servers.opterius import FakeOpterius
from tests.servers.versori import FakeVersori
from tests.servers.voxmind import FakeVoxmind
from tests.terminal import Terminal


def fakes() -> dict[str, Fake]:
    return {
        "voice": FakeVoxmind(20),
        "cloud": FakeNorthflank(20, generation="G4"),
        "billing": FakeMeteroid(20),
        "hosting": FakeOpterius(20),
        "flows": FakeVersori(20),
    }


def intruders(data: bytes) -> list[bytes]:
    return [bad for bad in FORBIDDEN if bad in data]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_no_screen_lets_a_payload_through(serve: Serve, config_for: ConfigFor, size: tuple[int, int]) -> None:
    servers = {name: serve(fake, hostile(fake.answer)) for name, fake in fakes().items()}
    configured = config_for(servers)
    configured.env["INVOICETUI_TOKEN_CLOUD"] = "wrong"
    env = {**os.environ, **configured.env, "INVOICETUI_CONFIG": str(configured.path)}
    with Terminal([sys.executable, "-m", "invoicetui"], size, env) as terminal:
        terminal.wait_for("5 accounts (1!)", "billing")
        terminal.settle()
        for account in range(5):
            # Into each account and its first invoices: every tab of two of them, the raw record, back.
            terminal.send("hg" + "j" * (account + 1) + "\r")
            terminal.settle(0.2)
            for _ in range(2):
                terminal.send("\r")
                terminal.settle(0.2)
                for _ in range(5):
                    terminal.send("]")
                    terminal.settle(0.05)
                terminal.send("Jq")
                terminal.settle(0.1)
            terminal.send("L")
            terminal.settle(0.05)
            terminal.send("q")
            terminal.settle(0.1)
        for keys in ("!", "q", "?", "q", ":open [/b]\r", ":\x1b[A\r", "\x1b", "/[/b]\r", "\x1b"):
            terminal.send(keys)
            terminal.settle(0.1)
        terminal.send("\x11")
        assert terminal.exit_code() == 0, terminal.text()
        assert intruders(bytes(terminal.received)) == []


@pytest.mark.parametrize("form", ["table", "json", "ndjson", "csv"])
def test_no_output_lets_a_payload_through(serve: Serve, config_for: ConfigFor, form: str) -> None:
    servers = {name: serve(fake, hostile(fake.answer)) for name, fake in fakes().items()}
    configured = config_for(servers)
    ran = run("list", "--all", "--format", form, configured=configured)
    assert ran.status == 0
    assert intruders(ran.out.encode()) == []
    if form == "json":
        rows = json.loads(ran.out)
        assert len(rows) == 101
        assert not [row for row in rows if row["key"].startswith("unreadable-")]
        for row in rows[::20]:
            for words in (("text",), ("json",)):
                shown = run("show", row["account"], row["key"], "--format", *words, "--offline", configured=configured)
                assert shown.status == 0, shown.err
                assert intruders(shown.out.encode() + shown.err.encode()) == []
