"""Loads every page of the config's accounts, once for each line it reads: fetched, decoded, stored in a file.

Prints the seconds each time. What it imports, and the first connection, it has before it waits for a line. Garbage is
collected between two loads, as in the browser, where it waits until nothing happens.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from invoicetui.config import load
from invoicetui.credentials import Credentials
from invoicetui.ledger.query import parse
from invoicetui.ledger.store import Store
from invoicetui.paths import config_path
from invoicetui.session import Session, vendor_facts


def load_all() -> float:
    """Seconds for everything there is, into a new ledger."""
    accounts = load(config_path(None, os.environ), vendor_facts()).accounts
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder) / "ledger.sqlite", clock=lambda: datetime.now(UTC))
        session = Session(accounts, store, Credentials(environ=os.environ), clock=lambda: datetime.now(UTC))
        try:
            query = parse("", accounts)
            begin = time.perf_counter()
            session.submit(lambda feed: feed.load_all(query)).result()
            seconds = time.perf_counter() - begin
            problems = [str(problem) for one in accounts if (problem := session.condition(one.id).problem)]
            if problems or not sum(store.counts([one.id for one in accounts]).values()):
                raise RuntimeError(f"not everything was loaded: {problems}")
        finally:
            session.close()
            gc.collect()
    return seconds


if __name__ == "__main__":
    gc.disable()
    load_all()
    print("ready", flush=True)
    for _ in sys.stdin:
        print(load_all(), flush=True)
