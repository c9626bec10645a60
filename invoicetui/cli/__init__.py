"""The command line, and the composition root: what a command needs is imported when it runs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from typing import NoReturn, TypeAlias

from invoicetui import __version__
from invoicetui.cli.opening import INTERRUPTED, NOTHING, OK, USAGE, say
from invoicetui.errors import ConfigError, InvoicetuiError, UsageError
from invoicetui.process import harden_process
from invoicetui.text import clean


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit status of the process."""
    _open_streams()
    arguments = _parser().parse_args(argv, argparse.Namespace(**_UNSET))
    # Parsing reads no secret, and --help and --version end there.
    harden_process(os.environ)
    is_debug = os.environ.get("INVOICETUI_DEBUG") == "1"
    if is_debug:
        _begin_log()
    run: Callable[[argparse.Namespace], int] = arguments.run
    return contained(lambda: run(arguments), is_debug=is_debug)


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
    except InvoicetuiError as error:
        say(str(error))
        if is_debug:
            _record(error)
        return USAGE if isinstance(error, UsageError | ConfigError) else NOTHING
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (`| head`) has what it wanted; nothing more may be flushed into the closed pipe at exit.
        _drop_output()
        return OK
    except OSError as error:
        # The config, the ledger and the network have errors of their own: this is the output, or the machine.
        _drop_output()
        say(f"{clean(error.strerror or type(error).__name__)} (INVOICETUI_DEBUG=1 shows where)")
        return _crashed(error, is_debug=is_debug)
    except Exception as error:
        # Not its text, which may hold anything.
        say(f"unexpected {type(error).__name__}; run it again with INVOICETUI_DEBUG=1 to see where, and report it")
        return _crashed(error, is_debug=is_debug)


def _crashed(error: Exception, *, is_debug: bool) -> int:
    if is_debug:
        from invoicetui.log import traceback_of

        print(traceback_of(error), file=sys.stderr)
        _record(error)
    return NOTHING


def _drop_output() -> None:
    """What can still be printed is; nothing is tried again at exit."""
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

    from invoicetui.log import start
    from invoicetui.paths import log_path

    if trouble := start(log_path(os.environ), os.environ):
        say(trouble)
    about = platform.python_version(), platform.platform()
    logging.getLogger("invoicetui").info("invoicetui %s, Python %s, %s", __version__, *about)


# ---- what the commands take


# Not the parser's defaults: argparse would let a command's own copy of an option overrule one given before it.
_UNSET = {"config": None, "demo": False, "offline": False, "no_cache": False, "no_mouse": False, "theme": None}


class _Parser(argparse.ArgumentParser):
    """Does not repeat words it does not know: one may be a token given by mistake."""

    def error(self, message: str) -> NoReturn:
        before, unknown, words = message.partition("unrecognized arguments: ")
        if unknown:
            names = [word.partition("=")[0] for word in words.split() if word.startswith("-")]
            message = f"{before}there are arguments too many" + (f": {', '.join(names)}" if names else "")
        super().error(message)


Commands: TypeAlias = "argparse._SubParsersAction[_Parser]"


def _parser() -> argparse.ArgumentParser:
    common = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    group = common.add_argument_group("options for every command")
    group.add_argument("--config", metavar="PATH", help="the config file")
    group.add_argument("--demo", action="store_true", help="use the embedded demo vendors, nothing else")
    group.add_argument("--offline", action="store_true", help="ask no vendor, show what is known")
    group.add_argument("--no-cache", action="store_true", help="keep nothing on disk and read nothing from it")
    group.add_argument("--no-mouse", action="store_true", help="leave the mouse to the terminal")
    group.add_argument("--theme", metavar="T", help="colour theme of the browser")

    parser = _Parser(
        prog="invoicetui",
        parents=[common],
        description="Every invoice your company receives, from every vendor's billing API, in one terminal.",
        epilog="Without a command the browser starts. Try it on the demo: invoicetui --demo",
    )
    parser.add_argument("--version", action="version", version=f"invoicetui {__version__}")
    parser.set_defaults(run=_command("browser"))
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    listing = commands.add_parser("list", parents=[common], help="print invoices", description=_LIST)
    listing.add_argument("query", nargs="*", metavar="QUERY", help="words, status:, account:, vendor:, …")
    listing.add_argument("--account", action="append", default=[], metavar="ID", help="only this account (repeatable)")
    amount = listing.add_mutually_exclusive_group()
    amount.add_argument("--all", action="store_true", help="fetch every page")
    amount.add_argument("--limit", type=_positive, metavar="N", help="the newest N, fetching what that takes")
    listing.add_argument("--format", choices=("table", "json", "ndjson", "csv"), default="table")
    listing.set_defaults(run=_command("listing"))

    show = commands.add_parser("show", parents=[common], help="print one invoice whole")
    show.add_argument("account", metavar="ACCOUNT")
    show.add_argument("key", metavar="KEY")
    show.add_argument("--format", choices=("text", "json"), default="text")
    show.set_defaults(run=_command("showing"))

    _add_document_commands(commands, common)
    _add_account_commands(commands, common)
    _add_token_commands(commands, common)
    doctor = commands.add_parser(
        "doctor", parents=[common], help="say what is well and what is not", description=_DOCTOR
    )
    doctor.set_defaults(run=_command("doctor"))

    manual = commands.add_parser("help", parents=[common], help="read the manual, a topic at a time")
    manual.add_argument("topic", nargs="?", metavar="TOPIC", help="without one the topics are listed")
    manual.set_defaults(run=_command("helping"))
    commands.add_parser("keys", parents=[common], help="print the keys of the browser").set_defaults(run=_keys)
    commands.add_parser("paths", parents=[common], help="print where files live").set_defaults(run=_paths)
    return parser


def _add_document_commands(commands: Commands, common: _Parser) -> None:
    pdf = commands.add_parser("pdf", parents=[common], help="save or print an invoice's PDF", description=_PDF)
    pdf.add_argument("account", metavar="ACCOUNT")
    pdf.add_argument("key", metavar="KEY")
    pdf.add_argument("-o", "--output", metavar="PATH", help="write it there, - for stdout; nothing is overwritten")
    pdf.add_argument("--text", action="store_true", help="print its text, each piece at its place")
    pdf.add_argument(
        "--allow-host", action="append", default=[], metavar="HOST", help="take it from this host, too (repeatable)"
    )
    pdf.set_defaults(run=_command("pdf"))

    cache = commands.add_parser("cache", help="what can be fetched again")
    actions = cache.add_subparsers(title="actions", metavar="ACTION", required=True)
    clear = actions.add_parser("clear", parents=[common], help="delete the ledger and the cached documents")
    clear.set_defaults(run=_command("cache", "run_clear"))


def _add_account_commands(commands: Commands, common: _Parser) -> None:
    account = commands.add_parser("account", parents=[common], help="the accounts of the config")
    actions = account.add_subparsers(title="actions", metavar="ACTION", required=True)

    add = actions.add_parser("add", parents=[common], help="add one; asks for what is missing", description=_ADD)
    add.add_argument("id", nargs="?", metavar="ID", help="lower-case letters, digits, dashes; never changes")
    add.add_argument("--vendor", metavar="V")
    add.add_argument("--label", metavar="L", help="how it is shown")
    add.add_argument("--base-url", metavar="U", help="the https:// address of its API, if the vendor has not only one")
    add.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="an option of the vendor")
    add.add_argument("--side", choices=("received", "issued"), help="whether you owe its invoices or are owed them")
    add.add_argument("--token", type=_token_source, metavar="SOURCE", help="keyring (default), command, env or ask")
    add.add_argument(
        "--token-command", nargs=argparse.REMAINDER, metavar="WORD", help="the program and its arguments; comes last"
    )
    add.set_defaults(run=_command("accounts", "run_add"))

    shown = actions.add_parser("list", parents=[common], help="print them; nothing is fetched")
    shown.add_argument("--format", choices=("table", "json"), default="table")
    shown.set_defaults(run=_command("accounts", "run_list"))

    edit = actions.add_parser("edit", parents=[common], help="change keys of one")
    edit.add_argument("account", metavar="ID")
    edit.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="as in the config (repeatable)")
    edit.add_argument("--unset", action="append", default=[], metavar="KEY", help="take a key out (repeatable)")
    edit.set_defaults(run=_command("accounts", "run_edit"))

    remove = actions.add_parser("remove", parents=[common], help="take one out, with its token")
    remove.add_argument("account", metavar="ID")
    remove.add_argument("--yes", action="store_true", help="do not ask")
    remove.add_argument("--keep-token", action="store_true", help="leave its token in the keyring")
    remove.set_defaults(run=_command("accounts", "run_remove"))

    check = actions.add_parser("check", parents=[common], help="see whether they answer", description=_CHECK)
    check.add_argument("accounts", nargs="*", metavar="ID")
    check.set_defaults(run=_command("accounts", "run_check"))


def _add_token_commands(commands: Commands, common: _Parser) -> None:
    token = commands.add_parser("token", parents=[common], help="the tokens in the keyring")
    actions = token.add_subparsers(title="actions", metavar="ACTION", required=True)

    given = actions.add_parser("set", parents=[common], help="verify one and keep it", description=_SET)
    given.add_argument("account", metavar="ACCOUNT")
    given.add_argument("surplus", nargs="*", help=argparse.SUPPRESS)
    given.add_argument("--stdin", action="store_true", help="read the first line of stdin instead of asking")
    given.add_argument("--no-verify", action="store_true", help="do not ask the vendor first")
    given.set_defaults(run=_command("tokens", "run_set"))

    status = actions.add_parser("status", parents=[common], help="say whether there is one, and where it comes from")
    status.add_argument("accounts", nargs="*", metavar="ACCOUNT")
    status.set_defaults(run=_command("tokens", "run_status"))

    delete = actions.add_parser("delete", parents=[common], help="take one out of the keyring")
    delete.add_argument("account", metavar="ACCOUNT")
    delete.set_defaults(run=_command("tokens", "run_delete"))


_PDF = (
    "Get an invoice's PDF and save it in the documents folder, named by document_name; the path is printed. Documents "
    "come from the account's own host, from its document_hosts and from --allow-host; on a terminal, others are asked "
    "about. Exit status: 0 got it, 1 not, 2 usage or config."
)
_ADD = (
    "Add an account to the config. On a terminal, whatever is missing is asked for. The token is never an argument: "
    "it is asked for afterwards, or set with `invoicetui token set ID`."
)
_CHECK = (
    "Find each account's token and ask its vendor for the first page; a line each. --offline only finds the tokens. "
    "Exit status: 0 all answered, 1 none, 2 usage or config, 3 some."
)
_SET = (
    "Ask for a token without showing it (or read it with --stdin), let the vendor judge it, and keep it in this "
    "machine's keyring. A token that the vendor refuses is not stored."
)
_DOCTOR = (
    "Check terminal, config, ledger, keyring, proxy, certificates and every account; --offline asks no vendor. Each "
    "line begins with ok, warn or fail. Exit status: 0 nothing failed, 1 something did."
)
_LIST = (
    "Print invoices, newest first. Each account is asked for its first page; --limit N fetches until N are certain, "
    "--all fetches everything, --offline nothing. Exit status: 0 all answered, 1 nothing could be got, 2 usage or "
    "config, 3 some accounts failed and the rest was printed."
)


def _command(module: str, name: str = "run") -> Callable[[argparse.Namespace], int]:
    """A command whose module is imported when it runs."""

    def run(arguments: argparse.Namespace) -> int:
        status: int = getattr(import_module(f"invoicetui.cli.{module}"), name)(arguments)
        return status

    return run


def _token_source(text: str) -> str:
    if text not in ("keyring", "command", "env", "ask"):
        # Not repeated: it may be the token itself.
        raise argparse.ArgumentTypeError("must be keyring, command, env or ask; the token itself is never an argument")
    return text


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return int(text)


# ---- commands


def _keys(arguments: argparse.Namespace) -> int:
    from invoicetui.ui.actions import table

    print(table())
    return OK


def _paths(arguments: argparse.Namespace) -> int:
    from invoicetui import paths

    shown = {
        "config": paths.config_path(arguments.config, os.environ),
        "ledger": paths.ledger_path(os.environ),
        "tokens": paths.tokens_path(os.environ),
        "log": paths.log_path(os.environ),
    }
    for name, path in shown.items():
        print(f"{name:10} {path}")
    return OK
