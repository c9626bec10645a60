"""The command line, and the composition root: what a command needs is imported when it runs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from invoicetui import __version__
from invoicetui.errors import ConfigError, InvoicetuiError, UsageError
from invoicetui.text import clean

if TYPE_CHECKING:
    from invoicetui.config import Config
    from invoicetui.ledger.feed import Feed
    from invoicetui.ledger.query import Query
    from invoicetui.ledger.store import Row
    from invoicetui.model import Account, Invoice
    from invoicetui.session import Session

OK, NOTHING, USAGE, SOME_FAILED, INTERRUPTED = 0, 1, 2, 3, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit status of the process."""
    arguments = _parser().parse_args(argv)
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
    _say(str(error))
    return status


def _say(sentence: str) -> None:
    print(f"invoicetui: {sentence}", file=sys.stderr)


# ---- what the commands take


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
    parser.set_defaults(run=_browse, config=None, demo=False, offline=False, no_cache=False, no_mouse=False, theme=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    listing = commands.add_parser("list", parents=[common], help="print invoices", description=_LIST)
    listing.add_argument("query", nargs="*", metavar="QUERY", help="words, status:, account:, vendor:, …")
    listing.add_argument("--account", action="append", default=[], metavar="ID", help="only this account (repeatable)")
    amount = listing.add_mutually_exclusive_group()
    amount.add_argument("--all", action="store_true", help="fetch every page")
    amount.add_argument("--limit", type=_positive, metavar="N", help="the newest N, fetching what that takes")
    listing.add_argument("--format", choices=("table", "json", "ndjson", "csv"), default="table")
    listing.set_defaults(run=_list)

    show = commands.add_parser("show", parents=[common], help="print one invoice whole")
    show.add_argument("account", metavar="ACCOUNT")
    show.add_argument("key", metavar="KEY")
    show.add_argument("--format", choices=("text", "json"), default="text")
    show.set_defaults(run=_show)

    commands.add_parser("keys", parents=[common], help="print the keys of the browser").set_defaults(run=_keys)
    commands.add_parser("paths", parents=[common], help="print where files live").set_defaults(run=_paths)
    return parser


_LIST = (
    "Print invoices, newest first. Each account is asked for its first page; --limit N fetches until N are certain, "
    "--all fetches everything, --offline nothing. Exit status: 0 all answered, 1 nothing could be got, 2 usage or "
    "config, 3 some accounts failed and the rest was printed."
)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


# ---- sessions


def _now() -> datetime:
    return datetime.now(UTC)


def _config(arguments: argparse.Namespace) -> Config:
    from invoicetui.config import VendorFacts, load
    from invoicetui.paths import config_path
    from invoicetui.vendors import NAMES, vendor_class

    vendors = {name: vendor_class(name) for name in NAMES}
    facts = {
        name: VendorFacts(vendor.name, vendor.label, vendor.base_url, vendor.side, vendor.options)
        for name, vendor in vendors.items()
    }
    return load(config_path(arguments.config, os.environ), facts)


def _session(arguments: argparse.Namespace, settings: Config | None = None) -> Session:
    """The session of a command: over the config's accounts, or over the demo and nothing else."""
    from invoicetui.credentials import Credentials
    from invoicetui.ledger.store import Store
    from invoicetui.session import Session

    if arguments.demo:
        from invoicetui.demo.world import World

        world = World(_now().astimezone().date())
        transport = world.transport()
        credentials = Credentials(environ={}, keyring=None)
        for account in world.accounts:
            credentials.use_for_session(account, world.token(account.id))
        return Session(
            world.accounts, Store.open(None, clock=_now), credentials, clock=_now, http=lambda account: transport
        )
    from invoicetui.paths import ledger_path, tokens_path

    config = settings or _config(arguments)
    store = Store.open(None if arguments.no_cache else ledger_path(os.environ), clock=_now)
    if store.warning:
        _say(store.warning)
    credentials = Credentials(environ=os.environ, state_path=tokens_path(os.environ))
    return Session(config.accounts, store, credentials, clock=_now, is_offline=arguments.offline)


# ---- commands


def _list(arguments: argparse.Namespace) -> int:
    from invoicetui.ledger.feed import NEWEST_FIRST
    from invoicetui.ledger.query import parse

    session = _session(arguments)
    try:
        if not session.accounts:
            raise UsageError("there are no accounts in the config", "try invoicetui list --demo, or see the README")
        query = parse(_query_text(arguments), list(session.accounts.values()))
        accounts = query.accounts()
        if not session.is_offline:
            _fetch(session, query, arguments)
        today = session.today()
        ids = session.store.view(query, NEWEST_FIRST, accounts, today, limit=arguments.limit)
        _print(session, (row for row in session.store.rows(ids) if row is not None), arguments.format)
        failed = _report(session, accounts)
        if not failed:
            return OK
        return SOME_FAILED if len(ids) or len(failed) < len(accounts) else NOTHING
    finally:
        session.close()


def _query_text(arguments: argparse.Namespace) -> str:
    """The words as one query; what the shell held together stays together."""
    words = [f"account:{','.join(arguments.account)}"] if arguments.account else []
    for word in arguments.query:
        if " " in word and '"' not in word:
            key, colon, rest = word.partition(":")
            word = f'{key}:"{rest}"' if colon and " " not in key else f'"{word}"'
        words.append(word)
    return " ".join(words)


def _fetch(session: Session, query: Query, arguments: argparse.Namespace) -> None:
    from invoicetui.ledger.feed import NEWEST_FIRST, certain_rows, frontier

    async def work(feed: Feed) -> None:
        if arguments.all:
            await feed.load_all(query)
            return
        await feed.open(query)
        while arguments.limit:
            ids = session.store.view(query, NEWEST_FIRST, query.accounts(), session.today(), limit=arguments.limit)
            stand = frontier(feed.stands(query), is_explicit=True)
            if stand is None or certain_rows(ids, stand.horizon) >= arguments.limit:
                return
            await feed.more(query, stand.account)

    session.submit(work).result()


def _print(session: Session, rows: Iterable[Row], form: str) -> None:
    from invoicetui import output

    today = session.today()
    if form == "table":
        _print_table(session, list(rows))
        return
    objects = (output.fields(row, today) for row in rows)
    lines = {"json": output.json_array, "ndjson": output.json_lines, "csv": output.csv_lines}[form](objects)
    for line in lines:
        print(line)
    sys.stdout.flush()


def _print_table(session: Session, rows: Sequence[Row]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("date", "account", "key", "number", "customer", "status"):
        table.add_column(title, overflow="ellipsis", no_wrap=True)
    table.add_column("total", justify="right", no_wrap=True)
    table.add_column("due", no_wrap=True)
    today = session.today()
    for row in rows:
        cells = [
            str(row.issued or "n/a"),
            row.account,
            row.key,
            row.number or "n/a",
            row.customer or "",
            str(row.status(today)),
            str(row.total) if row.total is not None else "n/a",
            str(row.due or "n/a"),
        ]
        table.add_row(*(Text(cell) for cell in cells))
    # A pipe has no width: nothing may be cut there.
    Console(width=None if sys.stdout.isatty() else 240, highlight=False).print(table)


def _report(session: Session, accounts: Sequence[str]) -> list[str]:
    """One line on stderr for each trouble; the ids of the accounts that failed."""
    failed = []
    for name in accounts:
        account = session.accounts[name]
        condition = session.condition(name)
        for note in condition.notes:
            _say(f"{name}: {note}")
        if condition.problem is not None:
            failed.append(name)
            label = f" ({account.label})" if account.label != name else ""
            _say(f"{name}{label}: {condition.problem}")
    return failed


def _show(arguments: argparse.Namespace) -> int:
    from invoicetui import output

    session = _session(arguments)
    try:
        if arguments.account not in session.accounts:
            known = ", ".join(session.accounts) or "none"
            raise UsageError(f"there is no account {clean(arguments.account)}", f"accounts: {known}")
        invoice = session.submit(lambda feed: _find(feed, arguments)).result()
        if invoice is None:
            _say(f"{arguments.account}: there is no invoice {clean(arguments.key)}")
            return NOTHING
        today = session.today()
        if arguments.format == "json":
            raw, detail = session.store.raw(invoice.account, invoice.key) or (b"null", None)
            print(output.invoice_json(invoice, today, raw, detail))
        else:
            _print_invoice(invoice, session.accounts[invoice.account], today)
        return OK
    finally:
        session.close()


def _print_invoice(invoice: Invoice, account: Account, today: date) -> None:
    from invoicetui.ui import present

    width = 100
    parts = {
        "": present.summary(invoice, account, today, width),
        "Lines\n": present.lines(invoice, width),
        "Tax and payments\n": present.taxes_and_payments(invoice, width),
        "Usage\n": present.usage(invoice, width),
    }
    print("\n\n".join(title + part.plain for title, part in parts.items()))


async def _find(feed: Feed, arguments: argparse.Namespace) -> Invoice | None:
    if arguments.offline:
        return feed.invoice(arguments.account, arguments.key)
    return await feed.locate(arguments.account, arguments.key)


def _keys(arguments: argparse.Namespace) -> int:
    from invoicetui.ui.actions import table

    print(table())
    return OK


def _paths(arguments: argparse.Namespace) -> int:
    from invoicetui import paths

    shown: dict[str, Path] = {
        "config": paths.config_path(arguments.config, os.environ),
        "ledger": paths.ledger_path(os.environ),
        "tokens": paths.tokens_path(os.environ),
    }
    for name, path in shown.items():
        print(f"{name:10} {path}")
    return OK


def _browse(arguments: argparse.Namespace) -> int:
    _need_terminal()
    # Textual reads these when it is imported: frames as they come, no animation over a line.
    os.environ.setdefault("TEXTUAL_FPS", "250")
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    import gc

    gc.disable()
    settings = None if arguments.demo else _config(arguments)
    session = _session(arguments, settings)
    try:
        from invoicetui.paths import config_path
        from invoicetui.ui.actions import problems
        from invoicetui.ui.app import InvoicetuiApp

        keys = dict(settings.keys) if settings else {}
        if wrong := problems(keys):
            raise ConfigError(f"[keys]: {wrong[0]}", "invoicetui keys lists the actions")
        theme = arguments.theme or (settings.theme if settings else "ansi")
        app = InvoicetuiApp(
            session,
            theme="ansi" if os.environ.get("NO_COLOR") else theme,
            keys=keys,
            config=str(config_path(arguments.config, os.environ)),
        )
        wished = app.run(mouse=not arguments.no_mouse and (settings is None or settings.mouse))
    finally:
        session.close()
    if wished == "demo":
        return main(["--demo"])
    return app.return_code or OK


def _need_terminal() -> None:
    """Textual draws on stderr and reads stdin; without a terminal on both it would wait for ever."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("the browser needs a terminal", "for programs and pipes there is: invoicetui list")
    if os.environ.get("TERM", "") in ("", "dumb", "unknown") and os.name == "posix":
        raise UsageError("this terminal cannot move its cursor (TERM)", "line by line there is: invoicetui list")
