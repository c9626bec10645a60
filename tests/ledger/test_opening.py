from __future__ import annotations

import sqlite3
import stat
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from invoicetui.errors import LedgerError
from invoicetui.ledger import schema
from invoicetui.ledger.query import parse
from invoicetui.ledger.store import Interrupted, Sort, Store
from tests.ledger.ledgers import TODAY, Clock, account, invoice, listed, put


def _run(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


class _Picky(sqlite3.Connection):
    """A file system on which some journals do not work."""

    refused: tuple[str, ...] = ()

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        if any(f"journal_mode = {journal}" in sql for journal in self.refused):
            raise sqlite3.OperationalError("disk I/O error")
        return super().execute(sql, *values)


class _NoSharedMemory(_Picky):
    refused = ("WAL",)


class _NoFile(_Picky):
    refused = ("WAL", "DELETE")


def _connecting(factory: type[sqlite3.Connection]) -> Any:
    return lambda name, **options: sqlite3.connect(name, factory=factory, **options)


def test_file_and_folder_are_private_and_the_rows_stay(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "new" / "ledger.db"
    store = Store.open(path, clock=clock)
    put(store, [invoice("a1")])
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {"ledger.db": 0o600, "ledger.db-wal": 0o600, "ledger.db-shm": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    store.close()
    path.chmod(0o644)
    again = Store.open(path, clock=clock)
    assert again.warning == ""
    assert listed(again) == ["a1"]
    again.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("kind", ["newer", "garbage", "truncated", "foreign", "empty-schema"])
def test_a_file_that_cannot_be_used_is_set_aside_whole(kind: str, tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "ledger.db"
    store = Store.open(path, clock=clock)
    put(store, [invoice(f"a{number}") for number in range(500)])
    store.close()
    if kind == "newer":
        _run(path, f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    elif kind == "garbage":
        path.write_bytes(b"not a database at all, " * 400)
    elif kind == "truncated":
        path.write_bytes(path.read_bytes()[:6000])
    else:
        path.unlink()
        _run(path, "CREATE TABLE theirs (x)", *(["PRAGMA user_version = 1"] if kind == "foreign" else []))
    content = path.read_bytes()
    opened = Store.open(path, clock=clock)
    aside = tmp_path / "ledger.db.20261121T093000"
    assert aside.name in opened.warning
    assert opened.warning.endswith(".")
    assert aside.read_bytes() == content
    assert listed(opened) == []
    put(opened, [invoice("b1")])
    assert listed(opened) == ["b1"]
    opened.close()
    path.write_bytes(b"damaged again, in the same second" * 99)
    again = Store.open(path, clock=clock)
    assert "ledger.db.20261121T093000.2 " in again.warning
    assert aside.read_bytes() == content
    again.close()


def test_what_stands_in_the_journal_goes_aside_with_the_file(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"damaged" * 2000)
    path.with_name("ledger.db-wal").write_bytes(b"its journal")
    Store.open(path, clock=clock).close()
    assert (tmp_path / "ledger.db.20261121T093000-wal").read_bytes() == b"its journal"


def test_without_shared_memory_the_file_is_used_by_one_connection(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "ledger.db"
    store = Store.open(path, clock=clock, connect=_connecting(_NoSharedMemory))
    assert "shared memory" in store.warning
    put(store, [invoice("a1")])
    assert listed(store) == ["a1"]
    store.close()
    assert [file.name for file in tmp_path.iterdir()] == ["ledger.db"]
    again = Store.open(path, clock=clock)
    assert listed(again) == ["a1"]
    again.close()


def test_without_a_file_the_ledger_lives_in_memory(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "file").write_text("in the way")
    for path, connect in (
        (tmp_path / "file" / "ledger.db", sqlite3.connect),
        (tmp_path / "ledger.db", _connecting(_NoFile)),
        (tmp_path, sqlite3.connect),
    ):
        store = Store.open(path, clock=clock, connect=connect)
        assert "lives in memory" in store.warning
        put(store, [invoice("a1")])
        assert listed(store) == ["a1"]
        store.close()


def test_two_programs_share_a_file(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "ledger.db"
    stores: list[Store] = []
    threads = [threading.Thread(target=lambda: stores.append(Store.open(path, clock=clock))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(store.warning for store in stores) == [""] * 4
    put(stores[0], [invoice("a1")])
    assert put(stores[1], [invoice("a1"), invoice("a2")]).new == 1
    assert [sorted(listed(store)) for store in stores] == [["a1", "a2"]] * 4
    for store in stores:
        store.close()


def test_reading_and_writing_at_once(store: Store) -> None:
    """Every view sees whole pages, whoever else is at work."""
    troubles: list[str] = []
    is_done = threading.Event()

    def read() -> None:
        while not is_done.is_set():
            keys = listed(store)
            if len(keys) % 10:
                troubles.append(f"{len(keys)} rows")

    reader = threading.Thread(target=read)
    reader.start()
    for page in range(30):
        put(store, [invoice(f"{page}-{number}") for number in range(10)])
        store.counts(["acme"])
    is_done.set()
    reader.join()
    assert troubles == []
    assert len(listed(store)) == 300


def test_a_running_view_is_interrupted_and_the_next_one_is_not(store: Store) -> None:
    put(store, [invoice(f"a{number:04d}", customer="x" * 400 + str(number)) for number in range(6000)])
    known = [account("acme")]
    slow = parse(" ".join(f"-no{number}" for number in range(100)), known)
    outcome: list[str] = []
    is_begun = threading.Event()

    def read() -> None:
        is_begun.set()
        try:
            store.view(slow, Sort(), ["acme"], TODAY)
            outcome.append("finished")
        except Interrupted:
            outcome.append("interrupted")

    reader = threading.Thread(target=read)
    reader.start()
    is_begun.wait()
    while not outcome:
        store.interrupt()
    reader.join()
    assert outcome == ["interrupted"]
    store.interrupt()
    assert len(listed(store)) == 6000


def test_a_view_may_be_interrupted_at_any_of_its_statements(store: Store) -> None:
    put(store, [invoice(f"a{number}") for number in range(10)])
    known = [account("acme")]
    connections = {store._reader, store._writer}
    statements: list[str] = []
    meant: list[int] = []

    def trace(statement: str) -> None:
        statements.append(statement)
        if len(statements) in meant:
            store.interrupt()

    for connection in connections:
        connection.set_trace_callback(trace)
    store.view(parse("", known), Sort(), ["acme"], TODAY)
    assert (statements[0], statements[-1]) == ("BEGIN", "COMMIT")
    for at in range(2, len(statements)):
        meant[:] = [at]
        statements.clear()
        with pytest.raises(Interrupted):
            store.view(parse("", known), Sort(), ["acme"], TODAY)
    meant.clear()
    assert len(listed(store)) == 10


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "ledger" / "ledger.sqlite", clock=Clock())
    put(store, [invoice("a1")])
    store._writer.execute("PRAGMA max_page_count = 1")  # which is to say: no more than there are
    with pytest.raises(LedgerError, match="the disk is full: the ledger keeps nothing new; free some space"):
        put(store, [invoice(f"b{number}", memo="x" * 500) for number in range(500)])
    assert listed(store) == ["a1"]
    store.close()


def _without_journal(path: Path) -> int:
    """The rows that the file holds by itself."""
    alone = path.with_name("alone.db")
    alone.write_bytes(path.read_bytes())
    connection = sqlite3.connect(alone)
    try:
        (rows,) = connection.execute("SELECT count(*) FROM invoices").fetchone()
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()
        alone.unlink()
    return int(rows)


def test_much_that_was_written_is_copied_into_the_file_at_rest(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "ledger.db"
    store = Store.open(path, clock=clock)
    for number in range(15):
        put(store, [invoice(f"a{number}")])
    store.tidy()
    assert not [thread for thread in threading.enumerate() if thread.name == "invoicetui-checkpoint"], "it is little"
    put(store, [invoice("a15")])
    assert _without_journal(path) == 0
    store.tidy()
    end = time.monotonic() + 10
    while _without_journal(path) < 16 and time.monotonic() < end:
        time.sleep(0.01)
    assert _without_journal(path) == 16
    store.close()


def test_a_checkpoint_that_fails_loses_nothing(tmp_path: Path, clock: Clock) -> None:
    connect, tries = sqlite3.connect, list[str]()

    def refuse() -> None:
        tries.append("checkpoint")
        raise sqlite3.OperationalError("disk I/O error")

    writer = Store.open(tmp_path / "ledger.db", clock=clock, connect=connect)
    writer.close()
    store = Store(connect(tmp_path / "ledger.db", isolation_level=None), None, clock=clock, checkpoint=refuse)
    for number in range(16):
        put(store, [invoice(f"a{number}")])
    store.tidy()
    end = time.monotonic() + 10
    while not tries and time.monotonic() < end:
        time.sleep(0.01)
    assert tries == ["checkpoint"]
    assert len(listed(store)) == 16
    store.close()
