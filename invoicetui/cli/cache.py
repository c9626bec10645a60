"""`invoicetui cache clear`: what can be fetched again, deleted."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from invoicetui import paths, private_file
from invoicetui.cli.opening import OK, refuse_demo
from invoicetui.errors import LedgerError


def run_clear(arguments: argparse.Namespace) -> int:
    """Delete the cached documents and the ledger; what was saved in the documents folder stays."""
    from invoicetui.documents.cache import clear

    refuse_demo(arguments)
    count = clear(paths.documents_cache(os.environ))
    print(f"Deleted {count} cached document{'' if count == 1 else 's'}.")
    ledger = paths.ledger_path(os.environ)
    print(f"Deleted the ledger {ledger}." if _delete(ledger) else "There was no ledger.")
    print("Saved documents, the config and tokens were left alone.")
    return OK


def _delete(ledger: Path) -> bool:
    """Whether there was one; what SQLite keeps beside it goes with it."""
    if not ledger.exists():
        return False
    try:
        # A program that is just opening the ledger would be left with half of its files.
        with private_file.locked(ledger):
            for part in ("", "-wal", "-shm", "-journal"):
                ledger.with_name(ledger.name + part).unlink(missing_ok=True)
    except OSError as error:
        what = f"{ledger} cannot be deleted: {error.strerror or error}"
        raise LedgerError(what, "end other programs that use it") from None
    return True
