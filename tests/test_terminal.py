"""The harness itself: it answers, it ends, and it says what it saw."""

from __future__ import annotations

import os
import select
from pathlib import Path

import pytest

from tests.terminal import Terminal

ASKS = r"""
import sys, termios, tty
tty.setraw(0)
for question, end in (("\x1b[6n", "R"), ("\x1b[?2026$p", "y"), ("\x1b[c", "c")):
    sys.stdout.write(question); sys.stdout.flush()
    answer = ""
    while not answer.endswith(end):
        answer += sys.stdin.read(1)
    print(repr(answer), end="\r\n")
"""


def test_questions_are_answered_once_each() -> None:
    with Terminal.python("-c", ASKS) as terminal:
        terminal.wait_for(r"'\x1b[1;1R'", r"'\x1b[?2026;2$y'", r"'\x1b[?62;22c'")
        assert terminal.exit_code() == 0


def test_size_environment_and_keys() -> None:
    code = "import os; print(os.get_terminal_size().columns, os.environ['ANSWER'], input())"
    with Terminal.python("-c", code, size=(90, 5), env={"ANSWER": "42"}) as terminal:
        terminal.send("key\r")
        terminal.wait_for("90 42 key")
        assert terminal.exit_code() == 0


def test_a_text_that_does_not_come_shows_the_screen() -> None:
    with (
        Terminal(["sh", "-c", "echo here it is; sleep 60"], patience=0.5) as terminal,
        pytest.raises(AssertionError, match="'nowhere' did not come; on the screen:\nhere it is"),
    ):
        terminal.wait_for("nowhere")


def test_leaving_ends_the_program_and_what_it_started(tmp_path: Path) -> None:
    pipe = tmp_path / "held"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with Terminal(["sh", "-c", f"sleep 60 > {pipe} & echo ready; wait"]) as terminal:
            terminal.wait_for("ready")
            assert not select.select([reading], [], [], 0.1)[0], "it holds the pipe open"
        assert select.select([reading], [], [], 10)[0]
        assert os.read(reading, 1) == b"", "nobody holds it any more"
    finally:
        os.close(reading)


def test_a_signal_is_told_by_its_number() -> None:
    with Terminal(["sh", "-c", "kill -9 $$"]) as terminal:
        assert terminal.exit_code() == -9
