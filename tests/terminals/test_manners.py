"""What a terminal suffers from us: nothing, however small, slow, plain or suddenly gone it is."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess

import pytest

from tests.commands import run
from tests.terminals.line import SHELL, Line, demo, fixed

#: What an interactive shell has of its own while it waits for a line.
BRACKETED_PASTE = 2004
LOADED = "Northflank staging: token refused"


def ready(line: Line) -> None:
    line.wait_for("7 accounts (1!)", "> 2026-11-30")
    line.settle(0.3)


# ---- given back as it was


def test_it_is_asked_nothing_and_left_as_it_was() -> None:
    with Line(fixed()) as line:
        before = line.settings()
        ready(line)
        assert line.wrong_modes() >= {25, 1000, 1049, BRACKETED_PASTE}, "the modes are seen at all"
        assert line.settings() != before
        # What a slow terminal answers to whoever asked it before us.
        line.send("\x1b[?2026;2$y\x1b[24;80R")
        line.settle(0.3)
        assert line.cursor == 3
        line.send("q")
        line.wait_for("All accounts")
        line.send("q")
        assert line.exit_code() == 0
        assert line.questions == [], "who is not asked cannot answer when a shell is listening"
        assert line.wrong_modes() == set()
        assert line.settings() == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_order(number: signal.Signals) -> None:
    with Line(fixed()) as line:
        before = line.settings()
        ready(line)
        line.signal(number)
        assert line.exit_code() == 128 + number
        assert line.wrong_modes() == set()
        assert line.settings() == before


def test_a_crash_leaves_the_terminal_usable_and_tells_no_value() -> None:
    with Line(fixed("crash")) as line:
        before = line.settings()
        ready(line)
        line.send("\x0c")
        assert line.exit_code() == 1
        assert line.wrong_modes() == set()
        assert line.settings() == before
        assert b"RuntimeError" in line.received
        assert b"a secret" not in line.received


def test_it_ends_with_its_window() -> None:
    with Line(fixed()) as line:
        ready(line)
        line.hang_up()
        line.signal(signal.SIGHUP)
        assert line.status() == 128 + signal.SIGHUP


def test_stopped_and_taken_up_again_in_a_shell() -> None:
    with Line(SHELL, env={"PS1": "SHELL> ", "HISTFILE": ""}) as line:
        line.wait_for("SHELL>")
        line.send(" ".join(fixed()) + "\r")
        ready(line)
        before = line.screen()
        line.send("\x1a")
        line.wait_for("Stopped")
        line.settle()
        assert line.wrong_modes() <= {BRACKETED_PASTE}
        line.send("echo $((6 * 7))\r")
        line.wait_until(lambda: any(row.startswith("42") for row in line.screen()), "a line that the shell answers")
        line.send("fg\r")
        line.wait_until(lambda: line.screen() == before, "the same screen")
        line.send("j")
        line.wait_until(lambda: line.cursor == 4, "the cursor a row further down")
        line.send("\x11")
        line.wait_for("SHELL>")
        line.settle()
        assert line.wrong_modes() <= {BRACKETED_PASTE}
        assert line.questions == []


def test_keys_that_come_faster_than_the_palette_closes() -> None:
    with Line(fixed()) as line:
        ready(line)
        line.send("\x10\r\r\r\r")
        line.settle(0.5)
        line.send("\x11")
        assert line.exit_code() == 0, line.text()


# ---- small, and of unknown size


def test_down_to_forty_columns_and_back() -> None:
    with Line(fixed(), (120, 40)) as line:
        line.wait_for("[Summary]", "> 2026-11-30")
        line.settle(0.3)
        line.send("j" * 25)
        line.wait_until(lambda: line.cursor == 28, "the cursor further down")
        line.settle(0.3)
        before = line.screen()
        for size in ((80, 24), (40, 10), (20, 4), (40, 10)):
            line.resize(size)
            line.settle(0.1)
        line.wait_until(lambda: 0 < line.cursor <= 7, "the cursor's row")
        line.resize((120, 40))
        line.wait_until(lambda: line.screen()[:2] == before[:2] and line.cursor > 0, "the list")
        at = next(row for row in before if row.startswith("> "))
        line.wait_until(lambda: any(row[:60] == at[:60] for row in line.screen()), "the row that it was on")
        line.send("\x11")
        assert line.exit_code() == 0


def test_a_terminal_that_does_not_know_its_size() -> None:
    with Line(fixed(), (0, 0)) as line:
        line.resize_screen((80, 24))
        ready(line)
        line.send("\x11")
        assert line.exit_code() == 0


def test_the_size_is_that_of_the_terminal_it_draws_on() -> None:
    with Line(["sh", "-c", f"{' '.join(fixed())} > /dev/null"], (100, 30)) as line:
        ready(line)
        assert line.line("? help") == 29
        line.send("\x11")
        assert line.exit_code() == 0


# ---- plain ones


def refusal(env: dict[str, str], *, has_terminal: bool) -> tuple[str, int, float]:
    """What the browser says without a terminal that it can use, its exit status, the CPU seconds it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    if has_terminal:
        with Line(demo(), env=env) as line:
            status, said = line.exit_code(), bytes(line.received).decode()
    else:
        ran = run(env={"TERM": env["TERM"]}, stdin=subprocess.DEVNULL)
        status, said = ran.status, ran.out + ran.err
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return said, status, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize(("term", "has_terminal"), [("dumb", True), ("unknown", True), ("", True), ("xterm", False)])
def test_where_it_cannot_draw_it_says_what_can_be_used_instead(term: str, has_terminal: bool) -> None:
    said, status, seconds = refusal({**os.environ, "TERM": term}, has_terminal=has_terminal)
    assert status == 2
    assert seconds < 1
    assert "\x1b" not in said
    assert len(said.strip().splitlines()) == 1
    assert "invoicetui list" in said
    assert "invoicetui show" in said


def test_without_a_mouse_the_terminal_keeps_it() -> None:
    with Line(demo("--no-mouse")) as line:
        line.wait_for("7 accounts")
        line.settle()
        assert line.wrong_modes() & {1000, 1002, 1003, 1006, 1015} == set()
        line.send("\x11")
        assert line.exit_code() == 0


def frames(env: dict[str, str]) -> int:
    """How many pieces a jump to the end of a text of several screens was written in."""
    with Line(demo(), env=env) as line:
        line.wait_for(LOADED)
        line.send("?")
        line.wait_for("keys that work here")
        line.settle(0.3)
        before = len(line.received)
        line.send("G")
        line.settle(0.6)
        written = bytes(line.received[before:])
        line.send("\x11")
        line.exit_code()
    return written.count(b"\x1b[?2026h")


def test_nothing_is_animated_over_a_line() -> None:
    assert frames({"SSH_CONNECTION": "10.0.0.9 51234 10.0.0.1 22"}) <= 2


def test_a_way_in_without_any_boxes() -> None:
    """What a screen reader reads from its first line to its last."""
    listed = run("list", "--demo", "--account", "domains", "--format", "ndjson")
    assert listed.status == 0, listed.err
    shown = run("show", "--demo", "domains", json.loads(listed.out.splitlines()[0])["key"])
    assert shown.status == 0, shown.err
    assert "Still due" in shown.out
    for text in (listed.out, shown.out):
        assert [char for char in text if "\u2500" <= char <= "\u25ff" or char == "\x1b"] == []
