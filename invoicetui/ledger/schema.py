"""The ledger's tables, as migrations, and the statements that write a page.

A binding is an account as it was configured: its id and the identity (origin, organisation, team) its rows came from.
Rows belong to a binding and are shown while it is the account's current one, so that setting rows aside moves nothing.
A row's id is its issue day << 24 | a sequence number: neighbours in the list are neighbours in the file. The records
as received stand in a table of their own, so that reading the list never reads past them.
"""

from __future__ import annotations

from datetime import date

from invoicetui.ledger.rows import COLUMNS, STATUSES
from invoicetui.standing import Status

#: Marks the file as a ledger ("INVT"), so that another program's database is never taken for one.
APPLICATION_ID = 0x494E5654

_OPEN, _PARTIAL = STATUSES.index(Status.OPEN), STATUSES.index(Status.PARTIAL)
_OVERDUE = STATUSES.index(Status.OVERDUE)

#: Statements that bring a ledger from one version to the next; `PRAGMA user_version` counts those applied.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE bindings (
            number INTEGER PRIMARY KEY, account TEXT NOT NULL, identity TEXT NOT NULL, vendor TEXT NOT NULL DEFAULT '',
            is_current INTEGER NOT NULL, rows INTEGER NOT NULL DEFAULT 0, pass INTEGER NOT NULL DEFAULT 1,
            UNIQUE (account, identity))""",
        """CREATE TABLE walks (
            binding INTEGER NOT NULL, listing TEXT NOT NULL, next TEXT, is_exhausted INTEGER NOT NULL, total INTEGER,
            horizon INTEGER, pages INTEGER NOT NULL, fetched_at INTEGER, note TEXT NOT NULL,
            PRIMARY KEY (binding, listing)) WITHOUT ROWID""",
        """CREATE TABLE invoices (
            id INTEGER PRIMARY KEY, binding INTEGER NOT NULL, key TEXT NOT NULL, number TEXT, customer TEXT,
            customer_id TEXT, subscription TEXT, kind TEXT NOT NULL, lifecycle TEXT NOT NULL, payment TEXT NOT NULL,
            vendor_status TEXT, issued INTEGER, due INTEGER, paid_at TEXT, period_start INTEGER, period_end INTEGER,
            currency TEXT, subtotal TEXT, tax TEXT, total TEXT, amount_due TEXT, document TEXT,
            stage INTEGER NOT NULL, late_after INTEGER, last_day INTEGER, number_order TEXT, total_order TEXT,
            unit TEXT, owed INTEGER, words TEXT NOT NULL,
            seen_at INTEGER NOT NULL, walked INTEGER NOT NULL, digest BLOB NOT NULL)""",
        "CREATE TABLE records (id INTEGER PRIMARY KEY, raw BLOB NOT NULL, detail BLOB)",
        "CREATE UNIQUE INDEX by_key ON invoices (binding, key)",
        "CREATE INDEX by_date ON invoices (issued DESC, binding, key, stage, late_after)",
        "CREATE INDEX by_account ON invoices (binding, issued DESC, key, stage, late_after)",
        "CREATE INDEX by_due ON invoices (due, issued DESC, binding, key)",
        "CREATE INDEX by_number ON invoices (number_order, issued DESC, binding, key)",
        "CREATE INDEX by_total ON invoices (total_order, issued DESC, binding, key)",
        "CREATE INDEX by_period ON invoices (last_day, issued DESC, binding, key)",
        "CREATE INDEX upcoming ON invoices (binding) WHERE kind = 'upcoming'",
        f"""CREATE INDEX owing ON invoices (binding, unit, owed, late_after, stage)
            WHERE (stage IN ({_PARTIAL}, {_OPEN}) OR late_after IS NOT NULL)""",
    ),
)


def status_sql(today: date) -> str:
    """A row's status as its place in STATUSES."""
    return f"CASE WHEN late_after < {today.toordinal()} THEN {_OVERDUE} ELSE stage END"


_MAY_OWE = f"(stage IN ({_PARTIAL}, {_OPEN}) OR late_after IS NOT NULL)"
#: What is open today (the day is a parameter) by unit: rows, sum, rows in the sum, the overdue sum and its rows.
OWING = f"""SELECT unit, count(*), sum(owed), count(owed), sum(owed) FILTER (WHERE late_after < ?),
    count(owed) FILTER (WHERE late_after < ?) FROM invoices INDEXED BY owing
    WHERE binding = ? AND {_MAY_OWE} AND (stage IN ({_PARTIAL}, {_OPEN}) OR late_after < ?) GROUP BY unit"""  # noqa: S608  # only our own numbers
#: The rows of a unit whose amounts SQLite cannot add.
OWING_APART = f"""SELECT kind, amount_due, currency, late_after < ? FROM invoices INDEXED BY owing
    WHERE binding = ? AND unit = ? AND owed IS NULL AND {_MAY_OWE}
    AND (stage IN ({_PARTIAL}, {_OPEN}) OR late_after < ?)"""  # noqa: S608  # likewise

_WRITTEN = [*COLUMNS, "binding", "seen_at", "walked", "digest", "id"]
_MARKS = ", ".join("?" * len(_WRITTEN))
#: Values for COLUMNS, then binding, seen_at, walked, digest and the new id; UPDATE and REVISE take the old id last.
INSERT = f"INSERT INTO invoices ({', '.join(_WRITTEN)})"
UPDATE = f"UPDATE invoices SET ({', '.join(_WRITTEN)}) = ({_MARKS}) WHERE id = ?"  # noqa: S608  # only our own names
#: Values for COLUMNS, then the new id.
REVISE = f"UPDATE invoices SET {', '.join(f'{name} = ?' for name in [*COLUMNS, 'id'])} WHERE id = ?"  # noqa: S608  # likewise
