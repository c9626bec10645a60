"""Reading a view: as a whole, or from an earlier one and the issue days that were written to since."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import chain
from operator import itemgetter
from typing import Any

from invoicetui.ledger import schema
from invoicetui.ledger.order import Binding, Sort
from invoicetui.ledger.query import Query
from invoicetui.ledger.view import BLOCK, Stamp, View
from invoicetui.tuples import NamedTuple

#: Accounts that hold less than this share of all rows are read by themselves and sorted.
_FEW = 0.05
#: A view is read as a whole when more than this share of it would be read again.
_MOST = 0.5


class Selection(NamedTuple):
    """Rows in SQL, made of our own names and numbers; what the user wrote is bound.

    The accounts' binding `numbers` stand in `source`, too, which says besides how the rows are best found.
    """

    numbers: tuple[int, ...]
    source: str
    where: str
    values: tuple[Any, ...]
    order: str

    @property
    def shown(self) -> tuple[object, ...]:
        """Equal for selections of the same rows in the same order."""
        return self.numbers, self.where, self.values, self.order

    def blocks(
        self,
        connection: sqlite3.Connection,
        is_stopped: Callable[[], bool],
        *,
        only: str = "1",
        bound: Sequence[int] = (),
        limit: int = -1,
    ) -> Iterator[array[int]]:
        """The ids of at most `limit` rows, until `is_stopped`; `only` is a further condition with `bound` values."""
        sql = f"SELECT id FROM {self.source} AND {self.where} AND {only} ORDER BY {self.order} LIMIT ?"  # noqa: S608  # see above
        cursor = connection.execute(sql, (*self.values, *bound, limit))
        try:
            while not is_stopped() and (rows := cursor.fetchmany(BLOCK)):
                yield array("q", map(itemgetter(0), rows))
        finally:
            cursor.close()


def selections(
    connection: sqlite3.Connection, query: Query, sort: Sort, accounts: Sequence[str], today: date
) -> list[Selection]:
    """What a view lists, one after another."""
    excluded = set(query.known).difference(query.accounts())
    where, values = query.where(today)
    bindings = current_bindings(connection, [account for account in accounts if account not in excluded])
    status = schema.status_sql(today)
    return [
        Selection(
            tuple(number for number, _, _ in group),
            _source(connection, query, sort, group),
            where,
            values,
            sort.sql(group, status),
        )
        for group in (sort.groups(bindings) if bindings else ())
    ]


def whole(
    connection: sqlite3.Connection,
    found: Iterable[Selection],
    limit: int | None,
    *,
    stamp: Stamp | None,
    is_stopped: Callable[[], bool],
) -> View:
    """The first `limit` rows of all selections, or all of their rows."""
    blocks: list[array[int]] = []
    for selection in found:
        left = -1 if limit is None else limit - sum(map(len, blocks))
        blocks.extend(selection.blocks(connection, is_stopped, limit=left))
    return View(blocks, stamp)


def follow(
    connection: sqlite3.Connection,
    selection: Selection,
    after: View,
    days: Sequence[int],
    *,
    stamp: Stamp,
    is_stopped: Callable[[], bool],
) -> View | None:
    """`after` with the rows of `days` read again; None when it shows something else or is better read as a whole."""
    if after.stamp is None or after.stamp.shown != stamp.shown:
        return None
    spans = [after.span(day) for day in days]
    if sum(end - first for first, end in spans) > _MOST * len(after):
        return None
    fresh: list[Iterator[array[int]]] = []
    if dated := [day for day in days if day]:
        # Few different statements: the connection keeps each one, ready, for the next time.
        dated += dated[-1:] * ((1 << len(dated).bit_length()) - len(dated))
        marks = ", ".join("?" * len(dated))
        fresh.append(selection.blocks(connection, is_stopped, only=f"issued IN ({marks})", bound=dated))
    if 0 in days:
        fresh.append(selection.blocks(connection, is_stopped, only="issued IS NULL"))
    return after.replaced(days, chain.from_iterable(chain(*fresh)), stamp)


@contextmanager
def one_state(connection: sqlite3.Connection) -> Iterator[None]:
    """All reads see the ledger as it is at the first one."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")


def current_bindings(connection: sqlite3.Connection, accounts: Sequence[str]) -> list[Binding]:
    """Number, account and vendor of the accounts that have any rows to show."""
    wanted = set(accounts)
    found = connection.execute("SELECT number, account, vendor FROM bindings WHERE is_current ORDER BY account")
    return [binding for binding in found.fetchall() if binding[1] in wanted]


def _source(connection: sqlite3.Connection, query: Query, sort: Sort, group: Sequence[Binding]) -> str:
    """Table, index and accounts of a view: the order's own index, unless filtering or a few rows are better served.

    Without statistics SQLite would guess, and sort a million rows to show fifty. A plus sign keeps a condition from
    choosing the index.
    """
    numbers = ", ".join(str(number) for number, _, _ in group)
    (all_rows,) = connection.execute("SELECT sum(rows) FROM bindings").fetchone()
    marks = f"SELECT sum(rows) FROM bindings WHERE number IN ({numbers})"  # noqa: S608  # numbers
    (rows,) = connection.execute(marks).fetchone()
    if (len(group) == 1 and sort.served_by in ("by_date", "by_account")) or rows < all_rows * _FEW:
        return f"invoices INDEXED BY by_account WHERE binding IN ({numbers})"
    if query.has_row_terms and sort.served_by != "by_date":
        # Out of the file's order each row would be read from another place; reading all and sorting matches is faster.
        return f"invoices NOT INDEXED WHERE binding IN ({numbers})"
    return f"invoices INDEXED BY {sort.served_by} WHERE +binding IN ({numbers})"
