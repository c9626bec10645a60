"""`invoicetui token`: what is taken, verified, kept and told; and that no token is left anywhere."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from invoicetui.cli import tokens
from invoicetui.credentials import Credentials, KeyringTrouble, State
from invoicetui.model import Account, Side
from tests.commands import Ran, run
from tests.conftest import ConfigFor, Configured, Running, Serve
from tests.memory_keyring import MemoryKeyring, credentials
from tests.servers import faults
from tests.servers.northflank import FakeNorthflank
from tests.servers.voxmind import FakeVoxmind
from tests.terminal import Terminal

TOKEN = "vm_live_S3CRET/+x"


@pytest.fixture
def running(serve: Serve) -> Running:
    return serve(FakeVoxmind(3, token=TOKEN))


@pytest.fixture
def account(running: Running) -> Account:
    return Account("acme", "voxmind", "Acme", Side.RECEIVED, running.server.url, {"organisation": "42"})


Keep = Callable[..., int]


@pytest.fixture
def keyring() -> MemoryKeyring:
    return MemoryKeyring()


@pytest.fixture
def keep(account: Account, keyring: MemoryKeyring) -> Keep:
    """`token set` over a keyring in memory."""

    def kept(typed: str | bytes | None, *, is_verified: bool = True, over: Credentials | None = None) -> int:
        return tokens.keep(account, over or credentials(keyring), lambda: typed, is_verified=is_verified)

    return kept


# ---- set


def test_a_right_token_is_kept(keep: Keep, keyring: MemoryKeyring, capsys: pytest.CaptureFixture[str]) -> None:
    assert keep(f" {TOKEN}\n") == 0
    assert list(keyring.items.values()) == [TOKEN]
    assert capsys.readouterr() == ("acme: token kept in keyring (Memory); 3 invoices\n", "")
    assert keep(TOKEN.encode()) == 0


def test_a_refused_token_is_not_stored_and_the_old_one_stays(
    keep: Keep, keyring: MemoryKeyring, capsys: pytest.CaptureFixture[str]
) -> None:
    assert keep(TOKEN) == 0
    capsys.readouterr()
    assert keep("vm_other_S3CRET") == 1
    out, err = capsys.readouterr()
    assert list(keyring.items.values()) == [TOKEN]
    assert out == ""
    assert "refused the token" in err
    assert err.endswith("acme: nothing was stored\n")
    assert "S3CRET" not in err


def test_a_vendor_that_does_not_answer_is_no_reason_to_store(
    serve: Serve, keyring: MemoryKeyring, capsys: pytest.CaptureFixture[str]
) -> None:
    fake = FakeNorthflank(3)
    running = serve(fake, faults.html(fake.answer))
    account = Account("cloud", "northflank", "Cloud", Side.RECEIVED, running.server.url)
    assert tokens.keep(account, credentials(keyring), lambda: TOKEN, is_verified=True) == 1
    assert "--no-verify stores it without asking the vendor" in capsys.readouterr().err
    assert keyring.items == {}
    asked = len(running.server.asked)
    assert tokens.keep(account, credentials(keyring), lambda: TOKEN, is_verified=False) == 0
    assert list(keyring.items.values()) == [TOKEN]
    assert len(running.server.asked) == asked


@pytest.mark.parametrize(
    "typed", ["", "a S3CRET", "a\nS3CRET", "S3CRETé", "S3CRET\x1b", "S3CRETé".encode(), "x" * 8193]
)
def test_what_is_no_token_is_refused_without_repeating_it(
    keep: Keep, keyring: MemoryKeyring, running: Running, capsys: pytest.CaptureFixture[str], typed: str | bytes
) -> None:
    assert keep(typed) == 1
    words = "what was entered is not a token (empty, spaces or control characters); nothing was stored; enter it again"
    assert capsys.readouterr() == ("", f"invoicetui: acme: {words}\n")
    assert keyring.items == {}
    assert running.server.asked == []


def test_left_for_later(keep: Keep, keyring: MemoryKeyring, capsys: pytest.CaptureFixture[str]) -> None:
    assert keep(None) == 0
    assert capsys.readouterr().err == "invoicetui: acme: no token yet; later: invoicetui token set acme\n"
    assert keyring.items == {}


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (State.NO_BACKEND, "no keyring: this machine has no keyring (usual over SSH); nothing was stored"),
        (State.UNSAFE, "unsafe: found it: it would store the token unencrypted; not used; nothing was stored"),
        (State.LOCKED, "locked: the keyring is locked"),
        (State.FAILED, "failed: the keyring failed; nothing was stored"),
    ],
)
def test_a_keyring_that_cannot_is_told_before_anybody_types(
    keyring: MemoryKeyring, account: Account, capsys: pytest.CaptureFixture[str], state: State, said: str
) -> None:
    keyring.trouble = KeyringTrouble(state, "it" if state is State.UNSAFE else "")

    def typed() -> str:
        raise AssertionError("asked in vain")

    assert tokens.keep(account, credentials(keyring), typed, is_verified=True) == 1
    err = capsys.readouterr().err
    assert err.startswith(f"invoicetui: acme: {said}")
    assert "press T" not in err.replace("press T in the browser", "")


def test_a_keyring_that_does_not_keep_it(
    keep: Keep, keyring: MemoryKeyring, capsys: pytest.CaptureFixture[str]
) -> None:
    keyring.max_length = 4
    assert keep(TOKEN) == 1
    assert "too long: 17 characters; Windows Credential Manager holds 4; nothing was stored" in capsys.readouterr().err
    assert keyring.items == {}


def test_a_token_from_another_source_is_not_asked_for(config_for: ConfigFor, running: Running) -> None:
    ran = run("token", "set", "voice", "--stdin", configured=config_for({"voice": running}), input=TOKEN)
    assert (ran.out, ran.status) == ("", 1)
    assert ran.err.startswith("invoicetui: voice takes its token from another source (token = env); to keep it")
    assert running.server.asked == []


def test_nobody_to_ask(tmp_path: Path) -> None:
    config = keyring_config(tmp_path, "https://a.example")
    ran = run("token", "set", "acme", configured=config, input="")
    assert ran.status == 2
    assert "invoicetui token set ID --stdin" in ran.err


def keyring_config(folder: Path, base_url: str) -> Configured:
    path = folder / "keyring.toml"
    path.write_text(
        f'[accounts.acme]\nvendor = "voxmind"\nlabel = "Acme"\nbase_url = "{base_url}"\norganisation = "42"\n'
    )
    path.chmod(0o600)
    return Configured(path, {})


def test_what_is_typed_does_not_show() -> None:
    script = "from invoicetui.cli.asking import hidden; import sys; sys.exit(hidden('Token') == 'S3CRET')"
    with Terminal.python("-c", script) as terminal:
        terminal.wait_for("Token:")
        terminal.send("S3CRET\n")
        assert terminal.exit_code() == 1
        assert b"S3CRET" not in terminal.received


# ---- status, delete


def test_status_tells_state_and_source_and_no_part_of_a_token(tmp_path: Path, private_environment: Path) -> None:
    script = tmp_path / "printer"
    script.write_text(f"#!/bin/sh\necho {TOKEN}\n")
    script.chmod(0o700)
    entry = 'vendor = "northflank"\ntoken = '
    path = tmp_path / "config.toml"
    path.write_text(
        f'[accounts.a]\n{entry}"env"\n[accounts.b]\n{entry}"env"\n[accounts.c]\n{entry}"ask"\n[accounts.d]\n'
        f'{entry}"command"\ntoken_command = ["{script}"]\n[accounts.e]\n{entry}"keyring"\n'
    )
    path.chmod(0o600)
    env = {"INVOICETUI_TOKEN_A": TOKEN, "INVOICETUI_TOKEN_B": f"{TOKEN}\n{TOKEN}"}
    configured = Configured(path, env)
    ran = run("token", "status", configured=configured)
    assert ran.status == 3
    a, b, c, d, e = ran.out.splitlines()
    assert a == "a  ok  environment INVOICETUI_TOKEN_A"
    assert b.startswith("b  bad token  environment INVOICETUI_TOKEN_B: what INVOICETUI_TOKEN_B holds is not a token")
    assert c.startswith("c  missing  asked for each time: ")
    assert d == "d  ok  command: printer"
    assert e.startswith("e  no keyring  keyring: this machine has no keyring")
    assert "S3CRET" not in ran.out + ran.err
    assert str(len(TOKEN)) not in ran.out + ran.err
    assert run("token", "status", "a", "d", configured=configured).status == 0
    assert run("token", "status", "b", configured=configured).status == 1


def test_delete_is_a_success_when_there_is_none(config_for: ConfigFor, running: Running, tmp_path: Path) -> None:
    ran = run("token", "delete", "voice", configured=config_for({"voice": running}))
    assert (ran.out, ran.status) == ("voice: the keyring holds no token\n", 0)
    assert ran.err == "invoicetui: INVOICETUI_TOKEN_VOICE is still set in this environment, and is used\n"
    ran = run("token", "delete", "acme", configured=keyring_config(tmp_path, "https://a.example"))
    assert ran.status == 1
    assert "this machine has no keyring" in ran.err


# ---- nowhere


@pytest.fixture
def spy(tmp_path: Path) -> Path:
    """A token_command that notes its own environment, and the arguments of itself and of who started it."""
    folder = tmp_path / "spy"
    folder.mkdir()
    script = folder / "spy"
    script.write_text(
        f"#!{sys.executable}\nimport os, sys\n"
        f"with open({str(folder / 'seen')!r}, 'ab') as seen:\n"
        "    for name in (f'/proc/{os.getppid()}/cmdline', '/proc/self/cmdline', '/proc/self/environ'):\n"
        "        seen.write(open(name, 'rb').read() + b'\\n')\n"
        "print('spied-on')\n"
    )
    script.chmod(0o700)
    return folder


@pytest.mark.parametrize("debug", ["", "1"])
def test_no_path_through_the_program_leaves_a_token_behind(
    serve: Serve, config_for: ConfigFor, private_environment: Path, spy: Path, debug: str
) -> None:
    good, bad = serve(FakeVoxmind(3, token=TOKEN)), serve(FakeNorthflank(3))
    configured = config_for({"good": good, "bad": bad})
    with configured.path.open("a") as file:
        file.write(f'[accounts.spy]\nvendor = "northflank"\nbase_url = "{bad.server.url}"\ntoken = "command"\n')
        file.write(f'token_command = ["{spy / "spy"}"]\n')
        file.write('[accounts.kept]\nvendor = "northflank"\n')
    env = {"INVOICETUI_TOKEN_BAD": f"{TOKEN}-2"} | ({"INVOICETUI_DEBUG": debug} if debug else {})
    ways: list[tuple[tuple[str, ...], dict[str, object]]] = [
        (("list", "--all"), {}),
        (("list", "--format", "json"), {}),
        (("show", "good", "no-such-key"), {}),
        (("account", "list"), {}),
        (("account", "check"), {}),
        (("account", "edit", "good", "--set", "label=Good"), {}),
        (("token", "status"), {}),
        (("token", "set", "kept", "--stdin"), {"input": TOKEN}),
        (("token", "set", "kept", "--stdin", "--no-verify"), {"input": f"{TOKEN} {TOKEN}"}),
        (("token", "delete", "good"), {}),
        (("doctor",), {}),
        (("--config", str(configured.path.parent), "account", "list"), {}),
        (("account", "remove", "good", "--yes"), {}),
    ]
    printed = [run(*words, configured=configured, env=env, **how) for words, how in ways]
    assert {ran.status for ran in printed} <= {0, 1, 2, 3}
    assert not any("unexpected" in ran.err for ran in printed)
    assert not any("S3CRET" in ran.out + ran.err for ran in printed)
    seen = (spy / "seen").read_bytes()
    assert b"invoicetui" in seen
    assert b"S3CRET" not in seen
    files = [path for path in private_environment.rglob("*") if path.is_file()]
    assert any(path.name == "ledger.sqlite" for path in files)
    assert any(path.name == "invoicetui.log" for path in files) is bool(debug)
    for path in (*files, configured.path):
        assert b"S3CRET" not in path.read_bytes(), path
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


@pytest.mark.skipif(not shutil.which("setpriv"), reason="needs setpriv to become an ordinary user")
@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="only root can become somebody else")
def test_the_same_user_cannot_read_the_environment_of_a_running_command() -> None:
    if as_nobody("import invoicetui", {}).status != 0:
        pytest.skip("an ordinary user cannot read the program here")
    script = (
        "import os, subprocess, sys\n"
        "from invoicetui.process import harden_process\n"
        "harden_process(os.environ)\n"
        "print(subprocess.run(['cat', f'/proc/{os.getpid()}/environ'], capture_output=True).returncode)\n"
    )
    ran = as_nobody(script, {"INVOICETUI_TOKEN_X": TOKEN})
    assert ran.out == "1\n"
    assert as_nobody(script, {"INVOICETUI_TOKEN_X": TOKEN, "INVOICETUI_DEBUG": "1"}).out == "0\n"


def as_nobody(script: str, env: dict[str, str]) -> Ran:
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-c", script]
    ran = subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, check=False, timeout=20)
    return Ran(ran.stdout, ran.stderr, ran.returncode)
