"""The command line, and the composition root: what a command needs is imported when it runs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from invoicetui import __version__
from invoicetui.cli.opening import INTERRUPTED, NOTHING, OK, USAGE, say
from invoicetui.errors import ConfigError, InvoicetuiError, UsageError


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit status of the process."""
    arguments = _parser().parse_args(argv, argparse.Namespace(**_UNSET))
    try:
        run: Callable[[argparse.Namespace], int] = arguments.run
        return run(arguments)
    except UsageError as error:
        return _complain(error, USAGE)
    except ConfigError as error:
        return _complain(error, USAGE)
    except InvoicetuiError as error:
        return _complain(error, NOTHING)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (`| head`) has what it wanted; nothing more may be flushed into the closed pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


def _complain(error: InvoicetuiError, status: int) -> int:
    say(str(error))
    return status


# ---- what the commands take


# Not the parser's defaults: argparse would let a command's own copy of an option overrule one given before it.
_UNSET = {"config": None, "demo": False, "offline": False, "no_cache": False, "no_mouse": False, "theme": None}


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    group = common.add_argument_group("options for every command")
    group.add_argument("--config", metavar="PATH", help="the config file")
    group.add_argument("--demo", action="store_true", help="use the embedded demo vendors, nothing else")
    group.add_argument("--offline", action="store_true", help="ask no vendor, show what is known")
    group.add_argument("--no-cache", action="store_true", help="keep nothing on disk and read nothing from it")
    group.add_argument("--no-mouse", action="store_true", help="leave the mouse to the terminal")
    group.add_argument("--theme", metavar="T", help="colour theme of the browser")

    parser = argparse.ArgumentParser(
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

    commands.add_parser("keys", parents=[common], help="print the keys of the browser").set_defaults(run=_keys)
    commands.add_parser("paths", parents=[common], help="print where files live").set_defaults(run=_paths)
    return parser


_LIST = (
    "Print invoices, newest first. Each account is asked for its first page; --limit N fetches until N are certain, "
    "--all fetches everything, --offline nothing. Exit status: 0 all answered, 1 nothing could be got, 2 usage or "
    "config, 3 some accounts failed and the rest was printed."
)


def _command(module: str) -> Callable[[argparse.Namespace], int]:
    """A command whose module is imported when it runs."""

    def run(arguments: argparse.Namespace) -> int:
        status: int = import_module(f"invoicetui.cli.{module}").run(arguments)
        return status

    return run


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


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
    }
    for name, path in shown.items():
        print(f"{name:10} {path}")
    return OK
