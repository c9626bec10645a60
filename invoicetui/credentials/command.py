"""Running an account's token_command without letting it near the terminal, and once with the terminal to unlock it."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from invoicetui.credentials import found
from invoicetui.credentials.found import Found, State, as_token
from invoicetui.process import child_environment

TIMEOUT = 10.0
_MAX_BYTES = 65_536
# With one of these pinentry finds the terminal and draws over the program, even in a session of its own.
_TERMINAL_VARIABLES = ("GPG_TTY", "SSH_TTY", "SSH_ASKPASS_REQUIRE", "PINENTRY_USER_DATA")
_AN_AGENT_MAY_HOLD_THE_PIPE = 0.5


def source_of(argv: Sequence[str]) -> str:
    return f"command: {_program(argv)}"


def run(argv: Sequence[str], environ: Mapping[str, str], timeout: float = TIMEOUT) -> Found:
    """The first line that `argv` prints, as a token. Blocks for at most `timeout` seconds and a little.

    No shell, no input, no terminal, its own session, nothing of ours in its environment. What it says on stderr is
    dropped: it may quote the token. After `timeout` its whole process group is killed.
    """
    env = {name: value for name, value in child_environment(environ).items() if name not in _TERMINAL_VARIABLES}
    is_posix = os.name == "posix"
    try:
        process = subprocess.Popen(  # noqa: S603  # an argv list from a config that only its owner can write
            list(argv),
            bufsize=0,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=env,
            cwd="/" if is_posix else None,
            start_new_session=is_posix,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except (OSError, ValueError) as error:
        return _not_started(argv, error)
    output = bytearray()
    reader = threading.Thread(target=_read, args=(process, output), name="invoicetui-command", daemon=True)
    reader.start()
    try:
        status = process.wait(timeout)
    except subprocess.TimeoutExpired:
        _kill(process)
        process.wait()
        return found.command_timeout(source_of(argv), timeout)
    # Its group is left alone: it may have started an agent that is to stay.
    reader.join(_AN_AGENT_MAY_HOLD_THE_PIPE)
    return _judged(argv, status, bytes(output))


def run_in_terminal(argv: Sequence[str], environ: Mapping[str, str]) -> Found:
    """The same with the terminal handed over, for a passphrase; only while the browser is suspended.

    Blocks for as long as the person takes. ctrl+c ends the command, not us.
    """
    env = child_environment(environ)
    with suppress(OSError, AttributeError):
        env.setdefault("GPG_TTY", os.ttyname(0))
    try:
        process = subprocess.Popen(  # noqa: S603  # an argv list from a config that only its owner can write
            list(argv), bufsize=0, stdout=subprocess.PIPE, env=env
        )
    except (OSError, ValueError) as error:
        return _not_started(argv, error)
    output = bytearray()
    try:
        with _ctrl_c_raises():
            _read(process, output)
            status = process.wait()
    except KeyboardInterrupt:
        process.kill()
        process.wait()
        return found.failed(source_of(argv), f"the command {_program(argv)} was interrupted", "try again")
    return _judged(argv, status, bytes(output))


@contextmanager
def _ctrl_c_raises() -> Iterator[None]:
    """asyncio's handler would cancel the whole program instead."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _judged(argv: Sequence[str], status: int, output: bytes) -> Found:
    source, program = source_of(argv), _program(argv)
    if len(output) > _MAX_BYTES:
        return found.failed(source, f"the command {program} printed more than 64 KiB", "let it print the token only")
    if status != 0:
        # gpg says the same for a locked key and a wrong path: so can we.
        ended = f"exit status {status}" if status > 0 else f"signal {-status}"
        remedy = "run it in a terminal to see why: it may be locked, or a name in token_command wrong"
        return found.failed(source, f"the command {program} ended with {ended}", remedy)
    if secret := as_token(output.split(b"\n", 1)[0]):
        return Found(State.OK, secret, source)
    return found.bad_token(source, "what the command printed", "let its first line be the token")


def _not_started(argv: Sequence[str], error: Exception) -> Found:
    why = "was not found" if isinstance(error, FileNotFoundError) else "cannot be run"
    detail = f"the command {_program(argv)} {why}"
    return found.failed(source_of(argv), detail, "correct token_command in the config, or the PATH")


def _read(process: subprocess.Popen[bytes], output: bytearray) -> None:
    """To the end, or to one byte more than is allowed; then the command is stopped."""
    assert process.stdout is not None
    with process.stdout as pipe:
        while len(output) <= _MAX_BYTES and (chunk := pipe.read(_MAX_BYTES + 1 - len(output))):
            output += chunk
        if len(output) > _MAX_BYTES:
            _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if os.name == "posix" and os.getpgid(process.pid) == process.pid:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _program(argv: Sequence[str]) -> str:
    return os.path.basename(argv[0])
