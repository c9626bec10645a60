"""All we know, in SQLite: pages go in, rows and ordered row ids come out.

Writing is the engine thread's, reading the reader thread's, and whoever paints reads a few rows. A file has a
connection for each, so that none waits for another; in memory they take turns on one. Small reads that the engine
needs go over the writing connection and never wait for a view.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from invoicetui.errors import LedgerError
from invoicetui.ledger.order import Sort
from invoicetui.ledger.query import Query
from invoicetui.ledger.rows import SELECTED, Row, day, day_of, decode
from invoicetui.ledger.store.bindings import bind, current, number_of
from invoicetui.ledger.store.changes import Changes, data_version
from invoicetui.ledger.store.opening import Connect, open_ledger
from invoicetui.ledger.store.pages import (
    BATCH,
    Encoded,
    Put,
    WalkState,
    drop_upcoming,
    encoded,
    put_detail,
    put_entries,
    put_walk,
    read_walk,
)
from invoicetui.ledger.store.sums import Sums
from invoicetui.ledger.store.viewing import current_bindings, follow, one_state, selections, whole
from invoicetui.ledger.view import Stamp, View
from invoicetui.text import clean

if TYPE_CHECKING:
    from invoicetui.ledger.totals import Totals
    from invoicetui.model import Invoice

__all__ = ["Encoded", "Interrupted", "Put", "Row", "Sort", "Store", "View", "WalkState", "day_of", "encoded"]

#: Pages of invoices that stay in the journal.
_MUCH = 16
_CURRENT = "FROM invoices i JOIN bindings b ON b.number = i.binding AND b.is_current"


class Interrupted(Exception):
    """A view was stopped by `Store.interrupt`; nothing is wrong."""


class Store:
    """The ledger of all accounts. Every method raises LedgerError when the file cannot be used.

    `warning` says in one sentence what is not as usual (the ledger could not be kept in its file, or an unusable file
    was set aside), else it is "".
    """

    def __init__(
        self,
        writer: sqlite3.Connection,
        reader: sqlite3.Connection | None,
        painter: sqlite3.Connection | None = None,
        *,
        clock: Callable[[], datetime],
        warning: str = "",
        checkpoint: Callable[[], None] = lambda: None,
    ) -> None:
        self.warning = clean(warning)
        self._checkpoint = checkpoint
        #: Pages written since the last checkpoint.
        self._untidy = 0
        self._clock = clock
        self._writer, self._write_lock = writer, threading.RLock()
        self._reader, self._read_lock = (reader, threading.RLock()) if reader else (writer, self._write_lock)
        self._painter, self._paint_lock = (painter, threading.RLock()) if painter else (self._reader, self._read_lock)
        #: For whoever has the write lock; the sums for whoever has the read lock.
        self._changes, self._sums = Changes(), Sums()
        self._gate = threading.Lock()
        self._is_viewing = self._is_stopped = False

    @classmethod
    def open(cls, path: Path | None, *, clock: Callable[[], datetime], connect: Connect = sqlite3.connect) -> Store:
        """Open or create the ledger at `path`; None keeps it in memory. `clock` gives aware UTC.

        Never fails: a file of a newer version or a damaged one is renamed and a new one begun; where no file can be
        had, the ledger lives in memory. `warning` says so.
        """
        opened = open_ledger(path, clock, connect)
        return cls(
            opened.writer,
            opened.reader,
            opened.painter,
            clock=clock,
            warning=opened.warning,
            checkpoint=opened.checkpoint,
        )

    def close(self) -> None:
        """Stop a running view and close the file; safe to call twice."""
        self.interrupt()
        with self._paint_lock, self._read_lock, self._write_lock:
            self._painter.close()
            self._reader.close()
            self._writer.close()

    def tidy(self) -> None:
        """Copy what was written of late into the file, if it is much. To be called when nothing more is to be written
        for now; a thread of its own waits for the disk.
        """
        if self._untidy >= _MUCH:
            self._untidy = 0
            threading.Thread(target=self._tidied, name="invoicetui-checkpoint", daemon=True).start()

    def _tidied(self) -> None:
        with suppress(sqlite3.Error):  # nothing is lost: the journal stands until a later one
            self._checkpoint()

    # What an account is

    def bind(self, account: str, identity: str) -> int:
        """Say where the account's rows come from now (origin, organisation, team, in one string).

        Rows that came from elsewhere are set aside with their walks, and come back when the identity does. Returns how
        many rows are the account's now.
        """
        with self._writing() as connection:
            number = bind(connection, account, identity)
            (rows,) = connection.execute("SELECT rows FROM bindings WHERE number = ?", (number,)).fetchone()
        return int(rows)

    def forget(self, account: str) -> None:
        """Set all rows of an account aside; `bind` brings them back."""
        with self._writing() as connection:
            connection.execute("UPDATE bindings SET is_current = 0 WHERE account = ?", (account,))

    # Writing

    def put_page(
        self,
        account: str,
        rows: Sequence[Encoded],
        state: WalkState,
        *,
        walked: bool,
        replaces_upcoming: bool = False,
    ) -> Put:
        """Store a page's rows (made by `encoded`) and the state of the walk that brought it, both or neither.

        A row whose record is the same is not rewritten; a different one loses its detail. `walked`: the unfiltered walk
        saw these rows. `replaces_upcoming`: no other upcoming row of the account stays. An upcoming invoice never
        overwrites a real one of the same key.
        """
        touched: set[int] = set()
        with self._writing() as connection:
            binding = current(connection, account)
            put = put_entries(connection, binding, rows, self._clock(), touched, walked=walked)
            if replaces_upcoming:
                drop_upcoming(connection, binding, (row.key for row in rows), touched)
            put_walk(connection, binding, state)
            self._changes.note(binding, touched)
        self._untidy += 1
        return put

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is written within is written at once: all of it or nothing. Everybody else waits meanwhile."""
        with self._writing():
            yield

    def put_detail(self, account: str, key: str, raw_detail: bytes, invoice: Invoice) -> None:
        """Keep what the single endpoint said of a row; `invoice`, read from both, is what the list shows from now on.

        Nothing happens when the row is gone.
        """
        touched: set[int] = set()
        with self._writing() as connection:
            found = _find(connection, account, key, "i.id, i.binding")
            if found is not None:
                put_detail(connection, found[0], raw_detail, invoice.with_key(key), touched)
                self._changes.note(found[1], touched)

    def put_state(self, state: WalkState) -> None:
        with self._writing() as connection:
            put_walk(connection, current(connection, state.account), state)

    def restart(self, account: str, listing: str) -> None:
        """Forget how far a listing was read. After that of the unfiltered one, no row counts as met before."""
        with self._writing() as connection:
            binding = current(connection, account)
            connection.execute("DELETE FROM walks WHERE binding = ? AND listing = ?", (binding, listing))
            if not listing:
                connection.execute("UPDATE bindings SET pass = pass + 1 WHERE number = ?", (binding,))

    # Small reads, from any thread

    def walk(self, account: str, listing: str) -> WalkState | None:
        with self._asking() as connection:
            number = number_of(connection, account)
            return read_walk(connection, number, account, listing) if number is not None else None

    def raw(self, account: str, key: str) -> tuple[bytes, bytes | None] | None:
        """The record as received, and what the single endpoint said, if it was asked."""
        with self._asking() as connection:
            found = _find(connection, account, key, "i.id")
            if found is None:
                return None
            record = connection.execute("SELECT raw, detail FROM records WHERE id = ?", found).fetchone()
            return record[0], record[1]

    def find(self, account: str, key: str) -> Row | None:
        with self._asking() as connection:
            found = _find(connection, account, key, SELECTED)
            return decode(found) if found is not None else None

    def id_of(self, account: str, key: str) -> int | None:
        """The row id that stands for an invoice in a view."""
        with self._asking() as connection:
            found = _find(connection, account, key, "i.id")
            return int(found[0]) if found is not None else None

    def counts(self, accounts: Sequence[str]) -> dict[str, int]:
        """Rows per account."""
        with self._asking() as connection:
            found = dict(connection.execute("SELECT account, rows FROM bindings WHERE is_current").fetchall())
        return {account: found.get(account, 0) for account in accounts}

    def newest(self, account: str) -> date | None:
        """The newest issue date of an account's rows."""
        return self._edge(account, "max")

    def oldest(self, account: str) -> date | None:
        """The oldest issue date of an account's rows."""
        return self._edge(account, "min")

    def _edge(self, account: str, function: str) -> date | None:
        with self._asking() as connection:
            number = number_of(connection, account)
            sql = f"SELECT {function}(issued) FROM invoices WHERE binding = ? AND issued IS NOT NULL"  # noqa: S608  # min or max
            (found,) = connection.execute(sql, (number,)).fetchone()
            return day(found)

    # Reading, from the reader thread

    def view(
        self,
        query: Query,
        sort: Sort,
        accounts: Sequence[str],
        today: date,
        *,
        limit: int | None = None,
        after: View | None = None,
    ) -> View:
        """The ids of all rows of `accounts` that match, in order, at most `limit`. Raises Interrupted.

        `after` is an earlier view: by date, of the same rows and without a limit, only the days that were written to
        since are read again.
        """
        with self._reading() as connection, one_state(connection), self._interruptible():
            can_be_followed = sort.field == "date" and limit is None
            # Before anything is read: what is written meanwhile counts as written after this view.
            revision, version, days = self._written(after) if can_be_followed else (0, 0, None)
            found = selections(connection, query, sort, accounts, today)
            stamp = Stamp(found[0].shown, sort.descending, revision, version) if can_be_followed and found else None
            if stamp is not None and after is not None and days is not None:
                followed = follow(connection, found[0], after, days, stamp=stamp, is_stopped=self._is_over)
                if followed is not None:
                    return followed
            return whole(connection, found, limit, stamp=stamp, is_stopped=self._is_over)

    def _written(self, after: View | None) -> tuple[int, int, list[int] | None]:
        """The revision, the version, and the days written to since a view; None when they are not known."""
        with self._asking() as connection:
            version = data_version(connection)
            before = after.stamp if after is not None else None
            is_ours = before is not None and before.version == version
            days = self._changes.since(before.revision) if before is not None and is_ours else None
            return self._changes.revision, version, days

    def _is_over(self) -> bool:
        return self._is_stopped

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        with self._gate:
            self._is_viewing, self._is_stopped = True, False
        try:
            yield
        except (sqlite3.OperationalError, LedgerError):  # the latter from the connection for small reads
            if not self._is_stopped:
                raise
        finally:
            with self._gate:
                self._is_viewing = False
        if self._is_stopped:
            raise Interrupted

    def interrupt(self) -> None:
        """Stop a running `view`, from another thread: it raises Interrupted. Nothing happens when none runs."""
        with self._gate:
            if self._is_viewing:
                self._is_stopped = True
                self._reader.interrupt()

    def rows(self, ids: Sequence[int]) -> list[Row | None]:
        """The rows of these ids, in the order asked; None for one that has gone or was set aside since."""
        with self._reading() as connection:
            return _rows(connection, ids)

    def rows_now(self, ids: Sequence[int]) -> list[Row | None] | None:
        """`rows` for whoever paints: never waits for a view or a page, but says None while the ledger is busy."""
        if not self._paint_lock.acquire(blocking=False):
            return None
        try:
            with _translated():
                return _rows(self._painter, ids)
        finally:
            self._paint_lock.release()

    def totals(self, accounts: Sequence[str], today: date) -> Mapping[str, Totals]:
        """What is open and overdue today, per account and currency."""
        with self._reading() as connection:
            numbers = {account: number for number, account, _ in current_bindings(connection, accounts)}
            with self._asking() as writer:
                version = data_version(writer)
                marks = {account: (today, version, self._changes.of(numbers.get(account))) for account in accounts}
            return {account: self._sums.of(connection, numbers.get(account), marks[account]) for account in accounts}

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._write_lock, _translated():
            if self._writer.in_transaction:  # that of `together`
                yield self._writer
                return
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._writer.execute("ROLLBACK")
                raise

    @contextmanager
    def _asking(self) -> Iterator[sqlite3.Connection]:
        with self._write_lock, _translated():
            yield self._writer

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._read_lock, _translated():
            yield self._reader


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OverflowError, UnicodeError) as error:  # the latter: a vendor's token or count is absurd
        remedy = "free some space, or clear the cache with `invoicetui cache clear`"
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
            raise LedgerError("the disk is full: the ledger keeps nothing new", remedy) from error
        raise LedgerError(f"the ledger cannot be used: {error}", remedy) from error


def _rows(connection: sqlite3.Connection, ids: Sequence[int]) -> list[Row | None]:
    found: dict[int, Row] = {}
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        marks = ", ".join("?" * len(batch))
        sql = f"SELECT {SELECTED} {_CURRENT} WHERE i.id IN ({marks})"
        found.update((values[0], decode(values)) for values in connection.execute(sql, tuple(batch)))
    return [found.get(row_id) for row_id in ids]


def _find(connection: sqlite3.Connection, account: str, key: str, selected: str) -> tuple[Any, ...] | None:
    sql = f"SELECT {selected} {_CURRENT} WHERE b.account = ? AND i.key = ?"
    found: tuple[Any, ...] | None = connection.execute(sql, (account, key)).fetchone()
    return found
