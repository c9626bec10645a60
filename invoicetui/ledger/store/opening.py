"""Opening the ledger's file: private, with write-ahead logging where the file system can, and never a crash."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path

from invoicetui import private_file
from invoicetui.ledger import schema
from invoicetui.tuples import NamedTuple

Connect = Callable[..., sqlite3.Connection]

_BUSY_MS = 5000
#: A page of new rows touches many leaves of nine trees; with SQLite's two MiB they are read again and again.
_WRITER_CACHE_KIB = 16_000
#: Four-KiB pages in the journal before whoever writes must copy them into the file and wait for the disk. A page of
#: invoices changes hundreds, mostly the same ones: with SQLite's thousand half of the writing would be copying.
_CHECKPOINT_PAGES = 32_000
_MAGIC = b"SQLite format 3\0"
_PARTS = ("", "-wal", "-shm", "-journal")


class Opened(NamedTuple):
    """The connections of a ledger; `reader` and `painter` None: the writer is all there is. `warning` may be "".

    `checkpoint` copies the journal into the file, for any thread.
    """

    writer: sqlite3.Connection
    reader: sqlite3.Connection | None = None
    painter: sqlite3.Connection | None = None
    warning: str = ""
    checkpoint: Callable[[], None] = lambda: None


class _Unusable(Exception):
    """The file is no ledger this version can use; the words say what it is."""


def open_ledger(path: Path | None, clock: Callable[[], datetime], connect: Connect) -> Opened:
    """The ledger at `path`, in memory for None or when there can be no file. Never fails over what it finds there."""
    if path is None:
        return Opened(_in_memory(connect))
    warning = ""
    try:
        # One program at a time: SQLite refuses to change the journal, without waiting, while another begins, and a
        # file that another is just making must not be taken for a stranger's.
        with private_file.locked(path):
            try:
                return _open_file(path, connect)
            except _Unusable as reason:
                aside = _set_aside(path, clock())
                warning = f"The ledger's file {reason}; it was renamed to {aside.name} and a new one begun."
                return _open_file(path, connect)._replace(warning=warning)
    except (OSError, sqlite3.Error, _Unusable) as error:
        trouble = f"The ledger cannot be kept at {path} ({error}); it lives in memory until the program ends."
        return Opened(_in_memory(connect), warning=" ".join(filter(None, (warning, trouble))))


def _in_memory(connect: Connect) -> sqlite3.Connection:
    connection = _connected(connect, ":memory:")
    _migrate(connection)
    return connection


def _open_file(path: Path, connect: Connect) -> Opened:
    # SQLite gives its -wal and -shm files the mode of the file itself.
    handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
    try:
        if hasattr(os, "fchmod"):
            os.fchmod(handle, 0o600)
        # Looked at before SQLite does, which would tidy away a journal that it finds beside a stranger's file.
        if os.read(handle, len(_MAGIC)) not in (b"", _MAGIC):
            raise _Unusable("is not a database")
    finally:
        os.close(handle)
    try:
        return _with_journal(path, connect, "WAL")
    except sqlite3.OperationalError:
        # Network homes have no shared memory. With a rollback journal readers and writers lock each other out, so
        # they take turns on one connection.
        writer = _with_journal(path, connect, "DELETE").writer
        return Opened(writer, warning="The ledger's file system knows no shared memory; lists may wait for pages.")


def _with_journal(path: Path, connect: Connect, journal: str) -> Opened:
    with _closing_on_error() as opened, _judged():
        writer = _connected(connect, os.fspath(path))
        opened.append(writer)
        _version(writer)
        (got,) = writer.execute(f"PRAGMA journal_mode = {journal}").fetchone()
        if got.upper() != journal:
            raise sqlite3.OperationalError(f"{journal} is not available here")
        writer.execute("PRAGMA synchronous = NORMAL")
        writer.execute(f"PRAGMA cache_size = -{_WRITER_CACHE_KIB}")
        writer.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        _migrate(writer)
        if journal != "WAL":
            return Opened(writer)
        for _ in ("reader", "painter"):
            connection = _connected(connect, os.fspath(path))
            opened.append(connection)
            connection.execute("PRAGMA query_only = 1")
            connection.execute("SELECT count(*) FROM bindings").fetchone()
        return Opened(
            writer, reader=opened[1], painter=opened[2], checkpoint=partial(_checkpoint, connect, os.fspath(path))
        )


def _checkpoint(connect: Connect, name: str) -> None:
    with closing(_connected(connect, name)) as connection:
        # PASSIVE waits for nobody, and nobody for it.
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")


@contextmanager
def _closing_on_error() -> Iterator[list[sqlite3.Connection]]:
    opened: list[sqlite3.Connection] = []
    try:
        yield opened
    except BaseException:
        for connection in opened:
            connection.close()
        raise


@contextmanager
def _judged() -> Iterator[None]:
    """Tell a file that is no database, or a damaged one, from one that only cannot be had now."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise _Unusable("is damaged") from error
        raise


def _connected(connect: Connect, name: str) -> sqlite3.Connection:
    connection = connect(name, isolation_level=None, check_same_thread=False, timeout=_BUSY_MS / 1000)
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema to this version; two programs that begin at once take turns."""
    if _version(connection) == len(schema.MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statements in schema.MIGRATIONS[_version(connection) :]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    """The schema's version; raises _Unusable for a database that is not ours to change."""
    with _at_once(connection):
        (mark,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables and mark != schema.APPLICATION_ID:
        raise _Unusable("belongs to another program")
    if version > len(schema.MIGRATIONS):
        raise _Unusable("was written by a newer version")
    return int(version)


@contextmanager
def _at_once(connection: sqlite3.Connection) -> Iterator[None]:
    """Reads that belong together see one state of the file, whoever writes to it; inside a transaction they do."""
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")


def _set_aside(path: Path, now: datetime) -> Path:
    """Rename the file and what SQLite keeps beside it, together, to a name that is free."""
    stem = aside = path.with_name(f"{path.name}.{now:%Y%m%dT%H%M%S}")
    count = 1
    while aside.exists():
        count += 1
        aside = stem.with_name(f"{stem.name}.{count}")
    for part in _PARTS:
        with suppress(FileNotFoundError):
            path.with_name(path.name + part).rename(aside.with_name(aside.name + part))
    return aside
