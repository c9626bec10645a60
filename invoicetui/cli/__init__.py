"""The command line, and the composition root: what a command needs is imported when it runs."""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from invoicetui.cli.catalogue import Command


#: The exit status of a command that ctrl+c ended.
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit status of the process."""
    # A pass over all that is imported for the first frame would find nothing and take its share of that time.
    gc.disable()
    _open_streams()
    words = list(sys.argv[1:] if argv is None else argv)
    is_debug = os.environ.get("INVOICETUI_DEBUG") == "1"
    return contained(lambda: _run(words, is_debug=is_debug), is_debug=is_debug)


def _run(words: list[str], *, is_debug: bool) -> int:
    if words and words[-1] in ("-h", "--help", "--version") and (printed := _printed(words)):
        sys.stdout.write(printed)
        return 0
    command, arguments = _read(words)
    if command.module == "printing":
        return _started(command)(arguments)
    from invoicetui.process import harden_process

    # Nothing up to here has read a secret.
    harden_process(os.environ)
    if is_debug:
        _begin_log()
    if command.module != "browser":
        gc.enable()
    return _started(command)(arguments)


def _printed(words: list[str]) -> str:
    """The version, or the help of the command that the words name; "" when they are about anything else."""
    from invoicetui.cli.catalogue import found

    if words == ["--version"]:
        from invoicetui import __version__

        return f"invoicetui {__version__}\n"
    asked = found(words[:-1])
    if asked is None or words[-1] == "--version":
        return ""
    from invoicetui.cli.usage import columns, text

    return text(*asked, columns())


def _read(words: list[str]) -> tuple[Command, Any]:
    """The command and what is given to it; where only what every command takes is given, without argparse."""
    from invoicetui.cli.catalogue import COMMON, ROOT, found, plain, unset

    named = found(words[:1])
    asked = named if named is not None and named[1].module == "printing" else ((), ROOT)
    values = plain(words[len(asked[0]) :])
    if values is not None:
        from types import SimpleNamespace

        return asked[1], SimpleNamespace(**(unset(COMMON) | values))
    from invoicetui.cli.grammar import parse

    arguments = parse(words)
    return arguments.command, arguments


def _started(command: Command) -> Callable[[Any], int]:
    from importlib import import_module

    run: Callable[[Any], int] = getattr(import_module(f"invoicetui.cli.{command.module}"), command.function)
    return run


def _open_streams() -> None:
    """A closed stdin, stdout or stderr becomes /dev/null: no file may take its number, and no line another's place."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            handle = os.open(os.devnull, os.O_RDONLY if mode == "r" else os.O_WRONLY)
            if handle != number:
                os.dup2(handle, number)
                os.close(handle)
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115  # until the end


def contained(work: Callable[[], int], *, is_debug: bool) -> int:
    """The exit status of `work`, which prints to stdout; whatever it raises ends in one sentence on stderr.

    `is_debug` adds the traceback of what nobody expected, in which secrets are masked.
    """
    try:
        status = work()
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (`| head`) has what it wanted; nothing more may be flushed into the closed pipe at exit.
        _drop_output()
        return 0
    except Exception as error:
        return _failed(error, is_debug=is_debug)


def _failed(error: Exception, *, is_debug: bool) -> int:
    from invoicetui.cli.opening import NOTHING, USAGE, say
    from invoicetui.errors import ConfigError, InvoicetuiError, UsageError
    from invoicetui.text import clean

    if isinstance(error, InvoicetuiError):
        say(str(error))
        if is_debug:
            _record(error)
        return USAGE if isinstance(error, UsageError | ConfigError) else NOTHING
    if isinstance(error, OSError):
        # The config, the ledger and the network have errors of their own: this is the output, or the machine.
        _drop_output()
        say(f"{clean(error.strerror or type(error).__name__)} (INVOICETUI_DEBUG=1 shows where)")
    else:
        # Not its text, which may hold anything.
        say(f"unexpected {type(error).__name__}; run it again with INVOICETUI_DEBUG=1 to see where, and report it")
    if is_debug:
        from invoicetui.log import traceback_of

        print(traceback_of(error), file=sys.stderr)
        _record(error)
    return NOTHING


def _drop_output() -> None:
    """What can still be printed is; nothing is tried again at exit."""
    from contextlib import suppress

    with suppress(OSError, ValueError, AttributeError):
        sys.stdout.flush()
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _record(error: Exception) -> None:
    import logging

    logging.getLogger("invoicetui").error("ended by %s", type(error).__name__, exc_info=error)


def _begin_log() -> None:
    """Begin the log; it names no argument, for one could be a token given by mistake."""
    import logging
    import platform

    from invoicetui import __version__
    from invoicetui.cli.opening import say
    from invoicetui.log import start
    from invoicetui.paths import log_path

    if trouble := start(log_path(os.environ), os.environ):
        say(trouble)
    about = platform.python_version(), platform.platform()
    logging.getLogger("invoicetui").info("invoicetui %s, Python %s, %s", __version__, *about)
