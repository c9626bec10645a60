"""Writing a page: which of its rows are new, which differ, where they stand. Runs inside the caller's transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from invoicetui.ledger import schema
from invoicetui.ledger.rows import COLUMNS, day, digest, encode, instant, moment
from invoicetui.standing import Kind
from invoicetui.tuples import NamedTuple

if TYPE_CHECKING:
    from invoicetui.model import Invoice
    from invoicetui.vendors.base import Entry

#: A row that comes again unchanged is written only when its age would otherwise be wrong by more than this.
_AGE_STEP = 60_000_000
#: Values in one IN (…); SQLite's own limit is far above.
BATCH = 500
#: Rows in one INSERT.
_ROWS = 100
_ISSUED = COLUMNS.index("issued")
_KIND = COLUMNS.index("kind")


class WalkState(NamedTuple):
    """How far one listing of one account was read; `listing` is Listing.name, "" the unfiltered one.

    `next` is the token of the page to read next, `total` the vendor's own count, `horizon` the oldest issue date
    reached, `note` why the walk stopped before its end.
    """

    account: str
    listing: str
    next: str | None = None
    is_exhausted: bool = False
    total: int | None = None
    horizon: date | None = None
    pages: int = 0
    fetched_at: datetime | None = None
    note: str = ""


class Put(NamedTuple):
    """What a page brought: rows not known before, rows that differ, and `met`, those the unfiltered walk had seen."""

    new: int
    changed: int
    met: int


class Encoded(NamedTuple):
    """An entry as the ledger keeps it; `mark` is the same for one that brings nothing new."""

    key: str
    vendor: str
    raw: bytes
    columns: tuple[Any, ...]
    mark: bytes


def encoded(entry: Entry) -> Encoded:
    """What `put_entries` writes. Apart from it, so that nobody waits for the file while it is made."""
    columns = encode(entry.invoice)
    return Encoded(entry.invoice.key, entry.invoice.vendor, entry.raw, columns, digest(entry.raw, columns))


class _Known(NamedTuple):
    id: int
    kind: str
    issued: int | None
    digest: bytes
    walked: int
    seen_at: int


def put_entries(
    connection: sqlite3.Connection,
    binding: int,
    entries: Iterable[Encoded],
    now: datetime,
    touched: set[int],
    *,
    walked: bool,
) -> Put:
    """Insert or update a page's rows. Of two entries with one key the last stands.

    `touched` takes the issue days on which rows came, changed or went; 0 is that of rows without a date.
    """
    page = {entry.key: entry for entry in entries}
    known = _known(connection, binding, list(page))
    (walk_pass,) = connection.execute("SELECT pass FROM bindings WHERE number = ?", (binding,)).fetchone()
    seen_at = instant(now)
    ids = _Ids(connection, {entry.columns[_ISSUED] for entry in page.values()})
    new: list[tuple[Any, ...]] = []
    raws: list[tuple[int, bytes]] = []
    seen: list[tuple[int, int, int]] = []
    changed = met = 0
    for key, entry in page.items():
        old, columns, mark = known.get(key), entry.columns, entry.mark
        met += old is not None and old.walked == walk_pass
        if old is None:
            at = ids.next(columns[_ISSUED])
            new.append((*columns, binding, seen_at, walk_pass if walked else 0, mark, at))
            raws.append((at, entry.raw))
            touched.add(columns[_ISSUED] or 0)
            continue
        if columns[_KIND] == Kind.UPCOMING.value != old.kind:
            continue  # the real invoice has arrived; what was expected says nothing more
        pass_seen = walk_pass if walked else old.walked
        if mark != old.digest:
            at = old.id if columns[_ISSUED] == old.issued else ids.next(columns[_ISSUED])
            connection.execute(schema.UPDATE, (*columns, binding, seen_at, pass_seen, mark, at, old.id))
            connection.execute(
                "UPDATE records SET id = ?, raw = ?, detail = NULL WHERE id = ?", (at, entry.raw, old.id)
            )
            touched.update((old.issued or 0, columns[_ISSUED] or 0))
            changed += 1
        elif pass_seen != old.walked or seen_at - old.seen_at > _AGE_STEP:
            seen.append((seen_at, pass_seen, old.id))
    _insert(connection, schema.INSERT, new)
    _insert(connection, "INSERT INTO records (id, raw)", raws)
    connection.executemany("UPDATE invoices SET seen_at = ?, walked = ? WHERE id = ?", seen)
    if page:
        vendor = next(iter(page.values())).vendor
        connection.execute(
            "UPDATE bindings SET rows = rows + ?, vendor = ? WHERE number = ?", (len(new), vendor, binding)
        )
    return Put(len(new), changed, met)


def _insert(connection: sqlite3.Connection, into: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Many rows a statement. For each statement Python's lock is given away, and when it is taken back soon, a thread
    that waits for it begins to wait anew: one after each row would keep the lock from whoever paints.
    """
    if not rows:
        return
    width = len(rows[0])
    most = min(_ROWS, connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) // width)
    for start in range(0, len(rows), most):
        batch = rows[start : start + most]
        connection.execute(_values(into, len(batch), width), [*chain.from_iterable(batch)])


@lru_cache(16)
def _values(into: str, rows: int, width: int) -> str:
    marks = f"({', '.join('?' * width)})"
    return f"{into} VALUES {', '.join([marks] * rows)}"


def drop_upcoming(connection: sqlite3.Connection, binding: int, keep: Iterable[str], touched: set[int]) -> None:
    """Upcoming invoices are what the vendor says now: every other one goes. `touched` is that of `put_entries`."""
    found = connection.execute("SELECT id, key FROM invoices WHERE binding = ? AND kind = 'upcoming'", (binding,))
    kept = set(keep)
    gone = [(row_id,) for row_id, key in found.fetchall() if key not in kept]
    connection.executemany("DELETE FROM invoices WHERE id = ?", gone)
    connection.executemany("DELETE FROM records WHERE id = ?", gone)
    connection.execute("UPDATE bindings SET rows = rows - ? WHERE number = ?", (len(gone), binding))
    touched.update(row_id >> 24 for (row_id,) in gone)


def put_detail(
    connection: sqlite3.Connection, row_id: int, raw_detail: bytes, invoice: Invoice, touched: set[int]
) -> None:
    """Keep what the single endpoint said; the row then shows the merged invoice. `touched`: see `put_entries`."""
    columns = encode(invoice)
    (issued,) = connection.execute("SELECT issued FROM invoices WHERE id = ?", (row_id,)).fetchone()
    at = row_id if columns[_ISSUED] == issued else _Ids(connection, [columns[_ISSUED]]).next(columns[_ISSUED])
    connection.execute(schema.REVISE, (*columns, at, row_id))
    connection.execute("UPDATE records SET id = ?, detail = ? WHERE id = ?", (at, raw_detail, row_id))
    touched.update((issued or 0, columns[_ISSUED] or 0))


def put_walk(connection: sqlite3.Connection, binding: int, state: WalkState) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO walks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            binding,
            state.listing,
            state.next,
            state.is_exhausted,
            state.total,
            state.horizon.toordinal() if state.horizon else None,
            state.pages,
            instant(state.fetched_at) if state.fetched_at else None,
            state.note,
        ),
    )


def read_walk(connection: sqlite3.Connection, binding: int, account: str, listing: str) -> WalkState | None:
    found = connection.execute(
        "SELECT next, is_exhausted, total, horizon, pages, fetched_at, note FROM walks"
        " WHERE binding = ? AND listing = ?",
        (binding, listing),
    ).fetchone()
    if found is None:
        return None
    token, is_exhausted, total, horizon, pages, fetched_at, note = found
    at = moment(fetched_at) if fetched_at is not None else None
    return WalkState(account, listing, token, bool(is_exhausted), total, day(horizon), pages, at, note)


class _Ids:
    """Free row ids: the day of issue, then a sequence. Rows without a date stand on day zero."""

    def __init__(self, connection: sqlite3.Connection, days: Iterable[int | None]) -> None:
        bases = [(day or 0) << 24 for day in days]
        self._last: dict[int, int] = {}
        for start in range(0, len(bases), BATCH):
            batch = bases[start : start + BATCH]
            found = connection.execute(
                f"WITH days (base) AS (VALUES {', '.join(['(?)'] * len(batch))})"  # noqa: S608  # only question marks
                f" SELECT base, (SELECT max(id) FROM invoices WHERE id >= base AND id < base + {1 << 24}) FROM days",
                batch,
            )
            self._last.update((base, base if last is None else last) for base, last in found)

    def next(self, issued: int | None) -> int:
        base = (issued or 0) << 24
        self._last[base] += 1
        return self._last[base]


def _known(connection: sqlite3.Connection, binding: int, keys: Sequence[str]) -> dict[str, _Known]:
    found: dict[str, _Known] = {}
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        rows = connection.execute(
            "SELECT key, id, kind, issued, digest, walked, seen_at FROM invoices"  # noqa: S608  # only question marks
            f" WHERE binding = ? AND key IN ({', '.join('?' * len(batch))})",
            (binding, *batch),
        )
        found.update((row[0], _Known(*row[1:])) for row in rows)
    return found
