"""Bindings: the accounts as they were configured when their rows came."""

from __future__ import annotations

import sqlite3


def bind(connection: sqlite3.Connection, account: str, identity: str) -> int:
    connection.execute("UPDATE bindings SET is_current = 0 WHERE account = ?", (account,))
    (number,) = connection.execute(
        "INSERT INTO bindings (account, identity, is_current) VALUES (?, ?, 1)"
        " ON CONFLICT DO UPDATE SET is_current = 1 RETURNING number",
        (account, identity),
    ).fetchone()
    return int(number)


def number_of(connection: sqlite3.Connection, account: str) -> int | None:
    """The number of an account's current binding."""
    found = connection.execute("SELECT number FROM bindings WHERE account = ? AND is_current", (account,)).fetchone()
    return int(found[0]) if found is not None else None


def current(connection: sqlite3.Connection, account: str) -> int:
    """Likewise; an account that was never bound has one without an identity."""
    number = number_of(connection, account)
    return number if number is not None else bind(connection, account, "")
