"""The command line over a real keyring: set, used, kept through a rename, not taken to another host, deleted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands import Ran, run
from tests.conftest import Configured, Running, Serve
from tests.servers.voxmind import FakeVoxmind
from tests.terminal import Terminal

TOKEN = "vm_live_S3CRET"


@pytest.fixture
def running(serve: Serve) -> Running:
    return serve(FakeVoxmind(3, token=TOKEN))


@pytest.fixture
def config(tmp_path: Path, running: Running) -> Configured:
    path = tmp_path / "config.toml"
    entry = f'vendor = "voxmind"\nbase_url = "{running.server.url}"\norganisation = "42"\n'
    path.write_text(f'[accounts.acme-voice]\n{entry}label = "Acme"\n[accounts.acme-voice-2]\n{entry}')
    path.chmod(0o600)
    return Configured(path, {})


def store(config: Configured, token: str = TOKEN, account: str = "acme-voice") -> Ran:
    return run("token", "set", account, "--stdin", configured=config, input=f"{token}\nnot read\n")


def test_set_list_delete(config: Configured, private_environment: Path) -> None:
    ran = store(config)
    assert (ran.out, ran.err, ran.status) == (
        "acme-voice: token kept in keyring (SecretService); 3 invoices\n",
        "",
        0,
    )
    listed = run("list", "--account", "acme-voice", "--format", "json", configured=config)
    assert (len(json.loads(listed.out)), listed.status) == (3, 0)
    # The other account at the same host has none.
    status = run("token", "status", configured=config)
    assert status.status == 3
    first, second = status.out.splitlines()
    assert first == "acme-voice    ok  keyring (SecretService)"
    assert second.startswith("acme-voice-2  missing  keyring (SecretService): no token for acme-voice-2 yet")
    checked = run("account", "check", "acme-voice", configured=config)
    assert checked.out == "acme-voice  ok: 3 invoices (token: keyring (SecretService))\n"
    for path in private_environment.rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes(), path
    deleted = run("token", "delete", "acme-voice", configured=config)
    assert (deleted.out, deleted.status) == ("acme-voice: its token was deleted\n", 0)
    again = run("token", "delete", "acme-voice", configured=config)
    assert (again.out, again.status) == ("acme-voice: the keyring holds no token\n", 0)
    assert run("list", "--account", "acme-voice", "--no-cache", configured=config).status == 1


def test_a_refused_token_leaves_the_old_one(config: Configured) -> None:
    assert store(config).status == 0
    refused = store(config, "vm_wrong_S3CRET")
    assert refused.status == 1
    assert "refused the token" in refused.err
    assert "S3CRET" not in refused.err
    assert run("account", "check", "acme-voice", configured=config).status == 0
    run("token", "delete", "acme-voice", configured=config)


def test_a_label_is_free_and_a_host_is_not(config: Configured, tmp_path: Path) -> None:
    assert store(config).status == 0
    assert run("account", "edit", "acme-voice", "--set", "label=Another name", configured=config).status == 0
    assert run("account", "check", "acme-voice", configured=config).status == 0
    # Another config with the same account at the same address is the same account.
    other = Configured(tmp_path / "other.toml", {})
    other.path.write_bytes(config.path.read_bytes())
    other.path.chmod(0o600)
    assert run("token", "status", "acme-voice", configured=other).status == 0
    edited = run("account", "edit", "acme-voice", "--set", "base_url=http://localhost:9", configured=config)
    assert "invoicetui token set acme-voice" in edited.err
    moved = run("token", "status", "acme-voice", configured=config)
    assert moved.status == 1
    assert "the address of Another name changed from 127.0.0.1:" in moved.out
    assert run("token", "status", "acme-voice", configured=other).status == 0
    removed = run("account", "remove", "acme-voice", "--yes", configured=config)
    assert removed.out.endswith("acme-voice: its token was deleted from keyring (SecretService)\n")
    assert run("token", "status", "acme-voice", configured=other).status == 1


def test_the_token_of_an_account_that_was_removed(config: Configured) -> None:
    assert store(config).status == 0
    assert run("account", "remove", "acme-voice", "--yes", "--keep-token", configured=config).status == 0
    deleted = run("token", "delete", "acme-voice", configured=config)
    assert (deleted.out, deleted.status) == ("acme-voice: its token was deleted\n", 0)
    assert run("token", "delete", "acme-voice", configured=config).status == 2


@pytest.mark.usefixtures("locked_collection")
def test_a_locked_keyring(config: Configured) -> None:
    ran = store(config)
    assert ran.status == 1
    assert "locked: the keyring is locked, and its password window cannot open here; nothing was stored" in ran.err
    removed = run("account", "remove", "acme-voice", "--yes", configured=config)
    assert removed.status == 1
    assert "its token was not deleted: the keyring is locked" in removed.err
    assert "invoicetui token delete acme-voice" in removed.err
    found = run("doctor", "--offline", configured=config)
    assert "fail  keyring: the keyring is locked; needed by acme-voice-2; unlock it" in found.out


def test_typed_on_a_terminal(config: Configured, running: Running) -> None:
    env = {"INVOICETUI_CONFIG": str(config.path)}
    add = ("account", "add", "new", "--vendor", "voxmind", "--option", "organisation=42")
    with Terminal.python(
        "-m", "invoicetui", *add, "--base-url", running.server.url, size=(120, 24), env=env
    ) as terminal:
        terminal.wait_for("Token for new (not shown; Enter for later):")
        terminal.send("\n")
        assert terminal.exit_code() == 0
        assert "later: invoicetui token set new" in terminal.text()
    with Terminal.python("-m", "invoicetui", "token", "set", "new", size=(120, 24), env=env) as terminal:
        terminal.wait_for("Token for new (not shown):")
        terminal.send(f"{TOKEN}\n")
        assert terminal.exit_code() == 0
        assert "new: token kept in keyring (SecretService); 3 invoices" in terminal.text()
        assert TOKEN.encode() not in terminal.received
    found = run("doctor", configured=config)
    assert "ok    keyring: SecretService, unlocked" in found.out
    assert "ok    account new (" in found.out
    assert "token: keyring (SecretService); answers with 3 invoices" in found.out
    run("token", "delete", "new", configured=config)
