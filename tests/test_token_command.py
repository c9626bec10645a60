"""token_command: an argv list without shell, terminal or patience."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from invoicetui.credentials import Found, State
from invoicetui.credentials.command import run, run_in_terminal

ENV = {"PATH": os.environ["PATH"]}


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def shown(found: Found) -> str:
    return found.sentence("Acme")


def test_the_first_line_is_the_token() -> None:
    found = run(python("print(' tok-en '); print('user: ada')"), ENV)
    assert found.secret is not None
    assert (found.state, found.secret.reveal()) == (State.OK, "tok-en")
    assert found.source == f"command: {os.path.basename(sys.executable)}"


@pytest.mark.parametrize("output", ["''", "'\\ntok'", "'two words'", "'caf\\xe9'", "'\\x1b[31mx'"])
def test_what_is_no_token_is_said_and_not_shown(output: str) -> None:
    found = run(python(f"print({output})"), ENV)
    assert (found.state, found.secret) == (State.BAD_TOKEN, None)
    assert shown(found) == (
        "What the command printed is not a token (empty, spaces or control characters). "
        "Let its first line be the token."
    )


def test_there_is_no_shell() -> None:
    found = run(["echo", "$HOME;id"], ENV)
    assert found.secret is not None
    assert found.secret.reveal() == "$HOME;id"


def test_failures_have_words_but_not_the_commands_own() -> None:
    assert "The command no-such was not found. Correct" in shown(run(["/no-such"], ENV))
    assert "The command etc cannot be run." in shown(run(["/etc"], ENV))
    assert "cannot be run" in shown(run(["a\0b"], ENV))
    failed = run(python("import sys; print('tok'); sys.exit('tok: wrong passphrase')"), ENV)
    assert (failed.state, failed.secret) == (State.FAILED, None)
    assert "ended with exit status 1. Run it in a terminal to see why" in shown(failed)
    assert "passphrase" not in repr(failed)
    assert "ended with signal 9" in shown(run(python("import os; os.kill(os.getpid(), 9)"), ENV))


def test_stderr_does_not_reach_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    run(python("import sys; print('tok'); sys.stderr.write('noise')"), ENV)
    assert capfd.readouterr() == ("", "")


def test_it_prints_64_kib_at_most() -> None:
    code = "import sys; sys.stdout.write('tok' + chr(10) + 'x' * {})"
    assert run(python(code.format(65_536 - 4)), ENV).state is State.OK
    found = run(python(code.format(65_536 - 3)), ENV)
    assert shown(found).endswith("printed more than 64 KiB. Let it print the token only.")
    start = time.monotonic()
    assert run(["yes"], ENV).state is State.FAILED
    assert time.monotonic() - start < 5


def test_its_environment_and_place() -> None:
    secret = {"INVOICETUI_TOKEN_ACME": "1", "GPG_TTY": "2", "SSH_TTY": "3", "SSH_ASKPASS_REQUIRE": "4"}
    code = (
        "import os, sys; assert sys.stdin.read() == ''; assert os.getcwd() == '/';"
        "assert os.getsid(0) == os.getpid(); print(*sorted(os.environ), sep=',')"
    )
    found = run(python(code), {**ENV, **secret, "DISPLAY": ":0"})
    assert found.secret is not None
    assert set(found.secret.reveal().split(",")) - {"LC_CTYPE"} == {"DISPLAY", "PATH"}


@pytest.mark.parametrize(("function", "answer"), [("run", "none"), ("run_in_terminal", "drawn")])
def test_only_when_it_may_does_it_find_a_terminal(function: str, answer: str) -> None:
    """As pinentry would look for one: /dev/tty of a process that was started on a pseudo-terminal."""
    code = (
        f"import os; from invoicetui.credentials.command import {function} as run;"
        "found = run(['sh', '-c', 'if true 2>&- </dev/tty; then echo drawn; else echo none; fi'], os.environ);"
        "print(found.secret.reveal() if found.secret else found)"
    )
    assert in_terminal(code).strip() == answer


def test_it_is_killed_with_its_children_when_it_takes_too_long(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = f"sleep 60 & echo $! > {pids}; echo $$ >> {pids}; echo tok; wait"
    start = time.monotonic()
    found = run(["sh", "-c", script], ENV, timeout=0.5)
    assert time.monotonic() - start < 5
    assert (found.state, found.secret) == (State.TIMEOUT, None)
    assert shown(found) == (
        "The command sh was stopped after 0.5 s; it may be waiting for a passphrase. "
        "Run it once in a terminal, then press r."
    )
    child, shell = (int(line) for line in pids.read_text().split())
    with pytest.raises(ProcessLookupError):
        os.kill(shell, 0)
    assert is_gone(child)


def test_an_agent_it_leaves_behind_is_neither_waited_for_nor_killed(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    start = time.monotonic()
    found = run(["sh", "-c", f"sleep 60 & echo $! > {pid}; echo tok"], ENV)
    assert time.monotonic() - start < 5
    assert found.state is State.OK
    agent = int(pid.read_text())
    os.kill(agent, 0)
    os.kill(agent, signal.SIGKILL)


def test_in_the_terminal_it_may_ask() -> None:
    code = (
        "import os; from invoicetui.credentials.command import run_in_terminal;"
        "os.environ['INVOICETUI_TOKEN_X'] = '1';"
        "argv = ['sh', '-c', 'test -z \"$INVOICETUI_TOKEN_X\" || exit 9; test -t 0 || exit 8; test -n \"$GPG_TTY\""
        " || exit 7; printf passphrase: >/dev/tty; read p </dev/tty; echo tok-$p'];"
        "found = run_in_terminal(argv, os.environ); print(found.secret.reveal() if found.secret else found)"
    )
    assert in_terminal(code, typed="abc\n").split() == ["abc", "passphrase:tok-abc"]


def test_in_the_terminal_failures_have_the_same_words() -> None:
    assert run_in_terminal(["/no-such"], ENV).state is State.FAILED
    assert run_in_terminal(["false"], ENV).state is State.FAILED
    assert run_in_terminal(["yes"], ENV).state is State.FAILED
    assert run_in_terminal(["echo", "tok"], ENV).source == "command: echo"


def is_gone(pid: int) -> bool:
    """Dead or dying within five seconds; as a zombie it may wait for an init that does not collect."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    with open(handle) as file:
        return bool(select.select([file], [], [], 5)[0])


def in_terminal(code: str, typed: str = "") -> str:
    """What a Python program shows that has a pseudo-terminal as its controlling terminal."""
    main, terminal = pty.openpty()
    opened = f"import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n{code}"
    try:
        with subprocess.Popen(
            python(opened), stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True
        ) as process:
            os.close(terminal)
            os.write(main, typed.encode())
            out = b""
            try:
                while chunk := os.read(main, 4096):
                    out += chunk
            except OSError:
                pass  # EIO: the last process on the terminal has gone
            assert process.wait(20) == 0, out
    finally:
        os.close(main)
    return out.decode()
