"""`invoicetui doctor`: a line for everything, how well it is, what to do, and nothing secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands import Ran, run
from tests.conftest import ConfigFor, Configured, Running, Serve
from tests.servers import faults
from tests.servers.northflank import FakeNorthflank
from tests.servers.opterius import FakeOpterius
from tests.servers.voxmind import FakeVoxmind
from tests.terminal import Terminal

#: Nothing that a test inherits may decide what doctor finds.
PLAIN = {"TERM": "xterm-256color", "COLORTERM": "", "NO_COLOR": "", "TMUX": "", "STY": "", "SSH_CONNECTION": ""}


@pytest.fixture
def voice(serve: Serve, config_for: ConfigFor) -> tuple[Running, Configured]:
    running = serve(FakeVoxmind(3))
    return running, config_for({"voice": running})


def doctor(configured: Configured, *words: str, env: dict[str, str] | None = None) -> Ran:
    ran = run("doctor", *words, configured=configured, env={**PLAIN, **(env or {})})
    lines = ran.out.splitlines()
    assert ran.err == ""
    assert lines
    assert all(line[:4].rstrip() in ("ok", "warn", "fail") and line[4:6] == "  " for line in lines)
    # What is not well ends with what to do.
    assert all("; " in line for line in lines if not line.startswith("ok"))
    assert ran.status == (1 if any(line.startswith("fail") for line in lines) else 0)
    return ran


def line(ran: Ran, about: str) -> str:
    return next(each for each in ran.out.splitlines() if each[6:].startswith(about))


def test_all_is_well(voice: tuple[Running, Configured], private_environment: Path) -> None:
    running, configured = voice
    ran = doctor(configured)
    assert ran.status == 0
    assert line(ran, "config: ") == f"ok    config: {configured.path}, 1 account"
    assert line(ran, "ledger: ").endswith("ledger.sqlite does not exist yet and can be made")
    assert line(ran, "keyring: ").startswith("warn  keyring: this machine has no keyring (usual over SSH)")
    assert "no account needs it" in line(ran, "keyring: ")
    assert line(ran, "proxy: ") == "ok    proxy: none"
    host = running.server.url.removeprefix("http://")
    answers = "token: environment INVOICETUI_TOKEN_VOICE; answers with 3 invoices"
    assert line(ran, "account voice") == f"ok    account voice ({host}): {answers}"
    assert running.fake.token not in ran.out
    run("list", configured=configured)
    assert line(doctor(configured), "ledger: ").endswith("ledger.sqlite opens")


def test_offline_asks_nobody(voice: tuple[Running, Configured]) -> None:
    running, configured = voice
    ran = doctor(configured, "--offline")
    assert line(ran, "account voice").endswith("token: environment INVOICETUI_TOKEN_VOICE: ok; not asked")
    assert running.server.asked == []
    ran = doctor(configured, "--offline", env={"INVOICETUI_TOKEN_VOICE": "two S3CRETS"})
    assert line(ran, "account voice").startswith("fail")
    assert "bad token; what INVOICETUI_TOKEN_VOICE holds is not a token" in line(ran, "account voice")
    assert "S3CRET" not in ran.out


def test_one_trouble_hides_no_other_account(serve: Serve, config_for: ConfigFor) -> None:
    html = FakeOpterius(3)
    servers = {
        "voice": serve(FakeVoxmind(3)),
        "cloud": serve(FakeNorthflank(3)),
        "shop": serve(html, faults.html(html.answer)),
    }
    configured = config_for(servers)
    with configured.path.open("a") as file:
        file.write('[accounts.gone]\nvendor = "meteroid"\nbase_url = "http://127.0.0.1:9"\ntoken = "ask"\n')
    ran = doctor(configured, env={"INVOICETUI_TOKEN_CLOUD": "vm_S3CRET"})
    assert ran.status == 1
    assert line(ran, "account voice").startswith("ok")
    assert "refused the token" in line(ran, "account cloud")
    assert line(ran, "account shop").startswith("fail")
    assert "asked for each time: missing" in line(ran, "account gone")
    assert "press T in the browser" in line(ran, "account gone")
    assert "S3CRET" not in ran.out


def test_a_keyring_that_an_account_needs(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[accounts.a]\nvendor = "northflank"\nbase_url = "http://127.0.0.1:9"\n')
    path.chmod(0o600)
    ran = doctor(Configured(path, {}), env={"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"})
    assert line(ran, "keyring: ").startswith("fail")
    assert "needed by a; " in line(ran, "keyring: ")
    assert "DBUS_SESSION_BUS_ADDRESS" not in line(ran, "keyring: ")


@pytest.mark.parametrize(
    ("text", "mode", "verdict", "said"),
    [
        ("", 0o600, "warn", "0 accounts; add one: invoicetui account add"),
        ("theme = 1\n", 0o600, "fail", "line 1: theme must be a string"),
        (
            'theme = "x"\n[accounts.a]\nvendor = "northflank"\ntoken = "env"\n',
            0o644,
            "warn",
            "others can read it; chmod 600",
        ),
        (
            'theme = "x"\n[accounts.a]\nvendor = "northflank"\ntoken = "env"\n',
            0o622,
            "warn",
            "others can change it; chmod",
        ),
    ],
)
def test_the_config(tmp_path: Path, text: str, mode: int, verdict: str, said: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    path.chmod(mode)
    found = line(doctor(Configured(path, {}), "--offline"), "config: ")
    assert found.startswith(verdict)
    assert said in found
    assert str(path) in found


def test_no_config_yet(tmp_path: Path) -> None:
    ran = doctor(Configured(tmp_path / "none.toml", {}))
    assert ran.status == 0
    assert "does not exist yet; invoicetui account add makes it" in line(ran, "config: ")


def test_a_proxy_is_told_by_its_host_only(voice: tuple[Running, Configured]) -> None:
    ran = doctor(voice[1], env={"https_proxy": "http://ada:S3CRET@proxy.example:3128"})
    assert line(ran, "proxy: ") == "ok    proxy: proxy.example:3128"
    ran = doctor(voice[1], env={"https_proxy": "ftp://ada:S3CRET@proxy.example"})
    assert line(ran, "proxy: ").startswith("fail  proxy: HTTPS_PROXY in the environment names a kind of proxy")
    assert "S3CRET" not in ran.out


def test_certificates_that_are_not_there(voice: tuple[Running, Configured]) -> None:
    ran = doctor(voice[1], env={"SSL_CERT_FILE": "/no/such.pem"})
    assert line(ran, "certificates: ").startswith(
        "fail  certificates: SSL_CERT_FILE names /no/such.pem, which does not"
    )


def test_a_ledger_that_cannot_be_kept(voice: tuple[Running, Configured], private_environment: Path) -> None:
    (private_environment / ".cache").write_text("in the way")
    found = line(doctor(voice[1]), "ledger: ")
    assert found.startswith("warn")
    assert "cannot be made" in found
    assert line(doctor(voice[1], "--no-cache"), "ledger: ") == "ok    ledger: in memory only, as asked"
    (private_environment / ".cache").unlink()
    folder = private_environment / ".cache" / "invoicetui"
    folder.mkdir(parents=True)
    (folder / "ledger.sqlite").write_text("no database")
    found = line(doctor(voice[1]), "ledger: ")
    assert found.startswith("warn")
    assert "is not a database" in found


@pytest.mark.parametrize(
    ("env", "size", "said"),
    [
        (
            {"COLORTERM": "truecolor"},
            (100, 30),
            "ok    terminal: TERM xterm-256color, 100×30, 16 million colours, mouse on",
        ),
        ({"COLORTERM": ""}, (100, 30), "256 colours, mouse on"),
        (
            {"NO_COLOR": "1", "TMUX": "x", "SSH_CONNECTION": "1 2 3 4"},
            (100, 30),
            "no colours (NO_COLOR), in tmux, over SSH",
        ),
        (
            {"TERM": "dumb"},
            (100, 30),
            "warn  terminal: TERM is dumb, so the browser cannot start here; set TERM, or use",
        ),
        ({}, (30, 8), "30×8"),
    ],
)
def test_the_terminal(tmp_path: Path, env: dict[str, str], size: tuple[int, int], said: str) -> None:
    env = {"INVOICETUI_CONFIG": str(tmp_path / "none.toml"), "TMUX": "", "STY": "", **env}
    with Terminal.python("-m", "invoicetui", "doctor", size=size, env=env) as terminal:
        assert terminal.exit_code() == 0
        text = terminal.received.decode().replace("\r\n", "\n")
    assert said in text
    assert ("make the window larger" in text) is (size == (30, 8))


def test_no_terminal(voice: tuple[Running, Configured]) -> None:
    ran = doctor(voice[1], "--no-mouse")
    assert line(ran, "terminal: stdin").endswith("so the browser cannot start here; use invoicetui list")
    assert line(ran, "terminal: TERM").endswith("mouse off")
