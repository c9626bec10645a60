"""`invoicetui list`: rows on stdout, one line on stderr for each trouble."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from invoicetui.cli.opening import NOTHING, OK, SOME_FAILED, open_session, say
from invoicetui.errors import UsageError

if TYPE_CHECKING:
    from invoicetui.ledger.feed import Feed
    from invoicetui.ledger.query import Query
    from invoicetui.ledger.store import Row
    from invoicetui.session import Session

_TITLES = ("date", "account", "key", "number", "customer", "status", "total", "due")


def run(arguments: argparse.Namespace) -> int:
    """Fetch as much as was asked for, print what matches."""
    from invoicetui.ledger.feed import NEWEST_FIRST
    from invoicetui.ledger.query import parse
    from invoicetui.paths import config_path

    session = open_session(arguments)
    try:
        if not session.accounts:
            path = config_path(arguments.config, os.environ)
            what = "there are no accounts in" if path.exists() else "there are no accounts, for there is no config at"
            raise UsageError(f"{what} {path}", "add one with `invoicetui account add`, or try invoicetui list --demo")
        for name in arguments.account:
            session.account(name)
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
            await feed.more(query, stand)

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
    from invoicetui.cli.columns import show

    today = session.today()
    cells = [
        (
            str(row.issued or "n/a"),
            row.account,
            row.key,
            row.number or "n/a",
            row.customer or "",
            str(row.status(today)),
            str(row.total) if row.total is not None else "n/a",
            str(row.due or "n/a"),
        )
        for row in rows
    ]
    show(_TITLES, cells, right=("total",), giving=("account", "key", "number", "customer"))


def _report(session: Session, accounts: Sequence[str]) -> list[str]:
    """One line on stderr for each trouble; the ids of the accounts that failed."""
    failed = []
    for name in accounts:
        account = session.accounts[name]
        condition = session.condition(name)
        for note in condition.notes:
            say(f"{name}: {note}")
        if condition.problem is not None:
            failed.append(name)
            label = f" ({account.label})" if account.label != name else ""
            say(f"{name}{label}: {condition.problem}")
    return failed
