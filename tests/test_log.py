"""The debug log: what it masks, where it is, and that it is not there unless asked for."""

from __future__ import annotations

import logging
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from invoicetui.log import Redacting
from tests.commands import run

TOKEN = "vm_live/s3cret+'x\\1"


def formatted(message: object, *args: object, error: BaseException | None = None) -> str:
    formatter = Redacting()
    formatter.hide(TOKEN)
    exc_info = (type(error), error, error.__traceback__) if error else None
    return formatter.format(logging.LogRecord("x", logging.INFO, "f", 1, message, args, exc_info))


@pytest.mark.parametrize(
    ("message", "kept", "gone"),
    [
        (f"got {TOKEN}!", "got ****!", "s3cret"),
        ("got vm_live%2Fs3cret%2B%27x%5C1", "got ****", "s3cret"),
        (f"got {TOKEN!r}", "****", "s3cret"),
        ("got " + TOKEN[:5] + "\u200b" + TOKEN[5:], "got ****", "s3cret"),
        ("Authorization: Bearer abc.def", "Authorization: ****", "abc"),
        ("{'authorization': 'Bearer abc', 'accept': 'x'}", "'accept': 'x'", "abc"),
        ("[(b'X-Api-Key', b'abc'), (b'Accept', b'x')]", "b'x'", "abc"),
        ("x-api-key=abc", "x-api-key=****", "abc"),
        ("Set-Cookie: sid=abc; path=/", "Set-Cookie: ****", "abc"),
        ("Illegal header value b'Bearer abc\\n'", "Illegal header value b'Bearer ****'", "abc"),
        ("GET https://h.example/a?sig=abc&x=1 200", "GET https://h.example/a?**** 200", "abc"),
        ("https://u:abc@h.example/a#abc", "https://h.example/a?****", "abc"),
        ("GET /invoices?cursor=abc HTTP/1.1", "GET /invoices?**** HTTP/1.1", "abc"),
        ("a\x1b]0;title\x07b\nforged line", "a\ufffd]0;title\ufffdb forged line", "\n"),
    ],
)
def test_what_is_masked(message: str, kept: str, gone: str) -> None:
    text = formatted(message)
    assert kept in text
    assert gone not in text


def test_what_is_no_secret_stays() -> None:
    text = formatted("Is it there? 3 of 5 rows, cookies: none, see https://h.example/a/b and a?b")
    assert "Is it there? 3 of 5 rows" in text
    assert "https://h.example/a/b and a?b" in text


def test_a_secret_at_the_place_where_a_long_message_is_cut() -> None:
    for before in range(3_930, 4_010):
        assert "s3cret" not in formatted("x" * before + TOKEN + "y" * 300)


def test_a_message_that_does_not_fit_its_arguments_is_no_second_error() -> None:
    assert "do not fit" in formatted("%d rows", "no number")


def test_a_traceback_without_locals_and_secrets() -> None:
    def raising() -> None:
        local = TOKEN
        raise ValueError(f"bad {local}\n2026-01-01T00:00:00 INFO x: forged")

    try:
        raising()
    except ValueError as error:
        text = formatted("went wrong", error=error)
    lines = text.splitlines()
    assert "ValueError: bad ****" in text
    assert "s3cret" not in text
    assert all(line.startswith("    ") for line in lines[1:])


def test_the_log_is_private_and_only_there_when_asked_for(private_environment: Path) -> None:
    where = next(line.split()[1] for line in run("paths").out.splitlines() if line.startswith("log "))
    path = Path(where)
    assert path.is_relative_to(private_environment)
    run("account", "list")
    assert not path.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x" * (2 << 20))
    path.chmod(0o644)
    env = {"INVOICETUI_DEBUG": "1", "INVOICETUI_TOKEN_ACME": "no-account"}
    assert run("account", "check", "no-account", env=env).status == 2
    text = path.read_text()
    assert "there is no account ****" in text
    assert "no-account" not in text
    assert len(text) < 10_000
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_log_that_cannot_be_written_is_said_and_is_no_obstacle(private_environment: Path) -> None:
    (private_environment / ".data").write_text("")
    ran = run("account", "list", env={"INVOICETUI_DEBUG": "1"})
    assert ran.status == 0
    assert "no log: " in ran.err
    elsewhere = private_environment / "other"
    elsewhere.write_text("kept")
    (private_environment / ".data").unlink()
    (private_environment / ".data" / "invoicetui").mkdir(parents=True)
    (private_environment / ".data" / "invoicetui" / "invoicetui.log").symlink_to(elsewhere)
    assert "no log: " in run("account", "list", env={"INVOICETUI_DEBUG": "1"}).err
    assert elsewhere.read_text() == "kept"


CRASH = """
import os, sys
from invoicetui.cli import contained
from invoicetui import log
from invoicetui.credentials import as_token
is_debug = sys.argv[1] == "debug"
if is_debug:
    from pathlib import Path
    log.start(Path(sys.argv[2]), {})
token = as_token("vm_live_s3cret")
def work():
    local = token.reveal()
    raise RuntimeError("it is " + local)
raise SystemExit(contained(work, is_debug=is_debug))
"""


@pytest.mark.parametrize("mode", ["plain", "debug"])
def test_what_nobody_expected_is_one_sentence(tmp_path: Path, mode: str) -> None:
    command = [sys.executable, "-c", CRASH, mode, str(tmp_path / "log" / "x.log")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "s3cret" not in ran.stderr + ran.stdout
    assert ran.stderr.startswith("invoicetui: unexpected RuntimeError; run it again with INVOICETUI_DEBUG=1")
    if mode == "plain":
        assert len(ran.stderr.splitlines()) == 1
        assert list(tmp_path.iterdir()) == []
        return
    assert "Traceback" in ran.stderr
    assert "RuntimeError: it is ****" in ran.stderr
    text = (tmp_path / "log" / "x.log").read_text()
    assert "RuntimeError: it is ****" in text
    assert "s3cret" not in text


def test_a_full_disk_behind_stdout_is_one_sentence(private_environment: Path) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        command = [sys.executable, "-m", "invoicetui", "keys"]
        ran = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ran.returncode == 1
    assert ran.stderr == "invoicetui: No space left on device (INVOICETUI_DEBUG=1 shows where)\n"


LOADED = """
import sys
from invoicetui.cli import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
import resource
print(*(name for name in ("keyring", "textual", "httpx", "logging", "asyncio") if name in sys.modules), file=sys.stderr)
print(resource.getrlimit(resource.RLIMIT_CORE)[0], file=sys.stderr)
"""


def test_hardening_costs_no_import_and_is_done_for_every_command() -> None:
    ran = subprocess.run([sys.executable, "-c", LOADED, "paths"], capture_output=True, text=True, check=True)
    assert ran.stderr == "\n0\n"
