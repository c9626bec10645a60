"""The command line around its answers: options, exit statuses, what is kept, what is refused."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from invoicetui import __version__, output
from invoicetui.model import Invoice
from invoicetui.ui import actions
from tests.commands import run
from tests.conftest import ConfigFor, Serve
from tests.servers import faults
from tests.servers.meteroid import FakeMeteroid
from tests.servers.opterius import FakeOpterius
from tests.servers.versori import FakeVersori
from tests.servers.voxmind import FakeVoxmind
from tests.terminal import Terminal


def test_the_version() -> None:
    assert run("--version").out == f"invoicetui {__version__}\n"


def test_keys_come_from_the_catalogue() -> None:
    assert run("keys").out == actions.table() + "\n"


def test_paths_name_where_files_live(tmp_path: Path) -> None:
    out = run("paths", "--config", str(tmp_path / "mine.toml")).out
    assert f"config     {tmp_path / 'mine.toml'}" in out
    assert "ledger.sqlite" in out


def test_options_are_taken_before_and_after_the_command(serve: Serve, config_for: ConfigFor) -> None:
    configured = config_for({"voice": serve(FakeVoxmind(3))})
    for words in (("--config", str(configured.path), "list"), ("list", "--config", str(configured.path))):
        assert len(json.loads(run(*words, "--format", "json", env=configured.env).out)) == 3


def test_what_was_fetched_is_there_offline_and_nothing_is_asked(serve: Serve, config_for: ConfigFor) -> None:
    running = serve(FakeOpterius(5))
    configured = config_for({"hosting": running})
    fetched = run("list", "--format", "json", configured=configured)
    asked = len(running.server.asked)
    offline = run("list", "--offline", "--format", "json", configured=configured)
    assert offline == fetched
    assert len(running.server.asked) == asked


def test_without_a_cache_nothing_stays(serve: Serve, config_for: ConfigFor, private_environment: Path) -> None:
    configured = config_for({"hosting": serve(FakeOpterius(5))})
    assert run("list", "--no-cache", configured=configured).status == 0
    assert not list(private_environment.rglob("*.sqlite*"))
    assert json.loads(run("list", "--offline", "--format", "json", configured=configured).out) == []


def test_the_ledger_is_private(serve: Serve, config_for: ConfigFor, private_environment: Path) -> None:
    run("list", configured=config_for({"hosting": serve(FakeOpterius(5))}))
    (path,) = private_environment.rglob("ledger.sqlite")
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("list", "stats:open"), "status"),
        (("list", "--account", "hostin"), "hosting"),
        (("list", "--limit", "0"), "must be 1 or more"),
        (("show", "nobody", "1"), "there is no account nobody"),
        (("lst",), "did you mean list?"),
    ],
)
def test_a_mistake_is_a_sentence_and_exit_2(
    serve: Serve, config_for: ConfigFor, words: tuple[str, ...], said: str
) -> None:
    ran = run(*words, configured=config_for({"hosting": serve(FakeOpterius(5))}))
    assert ran.status == 2
    assert ran.out == ""
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_no_accounts_is_a_sentence() -> None:
    ran = run("list")
    assert ran.status == 2
    assert "no accounts" in ran.err


def test_text_that_a_spreadsheet_would_compute_is_disarmed(serve: Serve, config_for: ConfigFor) -> None:
    fake = FakeMeteroid(30)
    fake.truths[0] = fake.truths[0].__class__(**{**vars_of(fake.truths[0]), "number": '=HYPERLINK("http://x")'})
    ran = run("list", "--format", "csv", configured=config_for({"billing": serve(fake)}))
    rows = list(csv.DictReader(ran.out.splitlines()))
    assert len(rows) == 30
    assert '\'=HYPERLINK("http://x")' in {row["number"] for row in rows}
    assert any(row["total"].startswith("-") for row in rows), "amounts stay numbers"


def vars_of(item: object) -> dict[str, object]:
    return {name: getattr(item, name) for name in item.__dataclass_fields__}  # type: ignore[attr-defined]  # a dataclass


def test_one_invoice_whole(serve: Serve, config_for: ConfigFor) -> None:
    running = serve(FakeVersori(5))
    configured = config_for({"flows": running})
    key = json.loads(run("list", "--format", "json", configured=configured).out)[1]["key"]
    ran = run("show", "flows", key, "--format", "json", configured=configured)
    whole = json.loads(ran.out)
    assert whole["key"] == key
    assert whole["lines"]
    assert whole["document"] == "url"
    link = whole["raw"]["invoiceURL"]
    assert link.startswith("https://files.example.com/")
    assert link.endswith("…"), "the link may be all it takes to read the document"
    text = run("show", "flows", key, configured=configured).out
    assert key in text
    assert "Usage" in text
    missing = run("show", "flows", "2001-01-01..2001-01-31.GBP", configured=configured)
    assert (missing.status, missing.out) == (1, "")


def test_an_invoice_that_no_list_has_shown_is_asked_for_alone(serve: Serve, config_for: ConfigFor) -> None:
    fake = FakeOpterius(300)
    running = serve(fake)
    last = fake.expected("hosting")[-1]["key"]
    ran = run("show", "hosting", str(last), "--format", "json", configured=config_for({"hosting": running}))
    assert json.loads(ran.out)["key"] == last
    assert len(running.server.asked) <= 2


def test_a_reader_that_goes_away_ends_it_quietly(serve: Serve, config_for: ConfigFor) -> None:
    configured = config_for({"billing": serve(FakeMeteroid(600))})
    command = f"{sys.executable} -m invoicetui list --all --format ndjson | head -1"
    env = {**os.environ, **configured.env, "INVOICETUI_CONFIG": str(configured.path)}
    ran = subprocess.run(command, shell=True, env=env, capture_output=True, text=True, timeout=30, check=False)
    assert json.loads(ran.stdout)["account"] == "billing"
    assert ran.stderr == ""


def test_ctrl_c_ends_it_at_once_with_130(serve: Serve, config_for: ConfigFor) -> None:
    fake = FakeOpterius(5)
    running = serve(fake, faults.slow(fake.answer, 20))
    configured = config_for({"hosting": running})
    env = {**os.environ, **configured.env, "INVOICETUI_CONFIG": str(configured.path)}
    words = [sys.executable, "-m", "invoicetui", "list"]
    with subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        end = time.monotonic() + 15
        while not running.server.asked and time.monotonic() < end:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    assert (out, process.returncode) == ("", 130)
    assert "Traceback" not in err


def test_the_demo_touches_nothing(private_environment: Path) -> None:
    before = sorted(private_environment.rglob("*"))
    ran = run("list", "--demo", "--limit", "5", "--format", "json")
    assert len(json.loads(ran.out)) == 5
    assert ran.status == 3
    assert "cloud-staging" in ran.err
    assert sorted(private_environment.rglob("*")) == before


def test_without_a_terminal_the_browser_says_so_within_a_second() -> None:
    begin = time.monotonic()
    ran = run("--demo", stdin=subprocess.DEVNULL)
    assert time.monotonic() - begin < 3, "generous: the machine may be busy"
    assert ran.status == 2
    assert "invoicetui list" in ran.err


def test_a_dumb_terminal_is_refused_with_a_sentence() -> None:
    with Terminal([sys.executable, "-m", "invoicetui", "--demo"], env={"TERM": "dumb"}) as terminal:
        assert terminal.exit_code() == 2
        assert "invoicetui list" in terminal.text()
        assert b"\x1b" not in bytes(terminal.received)


def test_the_demo_on_a_real_terminal() -> None:
    with Terminal([sys.executable, "-m", "invoicetui", "--demo"]) as terminal:
        terminal.wait_for("7 accounts (1!)", "835994C3")
        terminal.send("qq")
        assert terminal.exit_code() == 0


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_a_closed_stream_swallows_only_what_was_meant_for_it(serve: Serve, config_for: ConfigFor, closed: str) -> None:
    configured = config_for({"hosting": serve(FakeOpterius(3)), "voice": serve(FakeVoxmind(3))})
    configured.env["INVOICETUI_TOKEN_VOICE"] = "wrong"
    env = {**os.environ, **configured.env, "INVOICETUI_CONFIG": str(configured.path)}
    command = f"{sys.executable} -m invoicetui list --format json {closed}"
    ran = subprocess.run(command, shell=True, env=env, capture_output=True, text=True, timeout=30, check=False)
    assert ran.returncode == 3
    assert (len(json.loads(ran.stdout)) if closed != ">&-" else 3) == 3
    assert ("refused the token" in ran.stderr) is (closed != "2>&-")


def test_the_demo_offline_asks_nobody() -> None:
    assert run("list", "--demo", "--offline", "--format", "json") == ("[]\n", "", 0)


def test_a_record_nested_without_end_is_printed_as_text() -> None:
    raw = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    invoice = Invoice(account="voice", vendor="voxmind", key="1")
    assert json.loads(output.invoice_json(invoice, date(2026, 11, 21), raw, None))["raw"] == raw.decode()
