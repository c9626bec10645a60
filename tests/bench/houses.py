"""Homes for the program: a config of five accounts and a ledger of as many invoices as wanted, made once and kept.

A ledger is made through the store itself, by the vendors' own reading of records in their wire forms.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import zip_longest
from pathlib import Path

from invoicetui.config import load
from invoicetui.ledger.rows import digest, encode
from invoicetui.ledger.schema import MIGRATIONS
from invoicetui.ledger.store import Store, WalkState, encoded
from invoicetui.model import Account
from invoicetui.paths import ledger_path
from invoicetui.session import identity, vendor_facts
from invoicetui.vendors import vendor_class
from tests.bench.wire_records import DAYS, NEWEST, batches, records

SEED = 7
#: Invoices in one transaction while a ledger is made.
_BATCH = 5000
_ACCOUNTS = """\
[accounts.acme-voice]
vendor = "voxmind"
label = "Acme voice"
organisation = "42"
token = "env"

[accounts.acme-cloud]
vendor = "northflank"
label = "Acme cloud"
token = "env"

[accounts.acme-sales]
vendor = "meteroid"
label = "Acme sales"
base_url = "https://meteroid.invalid"
token = "env"

[accounts.acme-hosting]
vendor = "opterius"
label = "Acme hosting"
base_url = "https://opterius.invalid"
token = "env"

[accounts.acme-flows]
vendor = "versori"
label = "Acme flows"
organisation = "acme"
token = "env"
"""
#: When the ledgers were made.
NOW = datetime(NEWEST.year, NEWEST.month, NEWEST.day, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class House:
    """A home folder with invoicetui's files in it. `env` keeps a program inside it."""

    home: Path

    @property
    def config(self) -> Path:
        return self.home / ".config" / "invoicetui" / "config.toml"

    @property
    def without_preview(self) -> Path:
        """The same config, for a list alone."""
        return self.config.with_name("alone.toml")

    @property
    def ledger(self) -> Path:
        return ledger_path(self.env)

    @property
    def env(self) -> dict[str, str]:
        return {
            "HOME": str(self.home),
            **{
                f"XDG_{name}_HOME": str(self.home / f".{name.lower()}") for name in ("CONFIG", "DATA", "CACHE", "STATE")
            },
            "INVOICETUI_CONFIG": str(self.config),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }

    @property
    def argv(self) -> list[str]:
        """The browser over this house, asking no vendor."""
        return [sys.executable, "-m", "invoicetui", "--offline"]

    def accounts(self) -> tuple[Account, ...]:
        return load(self.config, vendor_facts()).accounts


def furnish(home: Path, accounts: str = _ACCOUNTS) -> House:
    """A house with fresh configs; its ledger, if there is one, stays as it is."""
    house = House(home)
    house.config.parent.mkdir(parents=True, exist_ok=True)
    for path, layout in ((house.config, ""), (house.without_preview, "preview = false\n\n")):
        path.write_text(layout + accounts, encoding="utf-8")
        path.chmod(0o600)
    house.ledger.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    return house


def fill(house: House, size: int, seed: int = SEED) -> None:
    """Put `size` invoices into the ledger, evenly over the accounts; every account is known to its end."""
    store = Store.open(house.ledger, clock=lambda: NOW)
    try:
        accounts = house.accounts()
        pages = [
            _pages(store, account, size // len(accounts) + (at < size % len(accounts)), seed)
            for at, account in enumerate(accounts)
        ]
        # In turn, as the days go back: each account by itself would touch the whole file anew.
        for _ in zip_longest(*pages):
            pass
        if store.warning or sum(store.counts([account.id for account in accounts]).values()) != size:
            raise RuntimeError(f"the ledger is not as wanted: {store.warning or 'invoices share a key'}")
    finally:
        store.close()


def _pages(store: Store, account: Account, count: int, seed: int) -> Iterator[None]:
    """Store an account's invoices, a batch a step."""
    vendor = vendor_class(account.vendor)(account, lambda: NEWEST)
    store.bind(account.id, identity(account))
    state = WalkState(account.id, "", is_exhausted=True, total=count, horizon=date.min, fetched_at=NOW)
    for page, batch in enumerate(batches(account.vendor, count, seed, _BATCH), 1):
        store.put_page(account.id, list(map(encoded, vendor.entries(batch))), state._replace(pages=page), walked=True)
        yield


def house_of(size: int, seed: int = SEED) -> House:
    """The house with a ledger of `size` invoices, made now or found in the cache; for reading only.

    The cache holds two ledgers of a size and seed at most: those of earlier versions of the code are deleted. About
    1.2 kB of disk an invoice.
    """
    folder = cache_folder()
    with _locked(folder / f"{size}-{seed}.lock"):
        home = folder / f"{size}-{seed}-{_version()}"
        if not home.exists():
            # Another checkout may be using the newest of them.
            for older in sorted(folder.glob(f"{size}-{seed}-*"), key=lambda path: path.stat().st_mtime)[:-1]:
                shutil.rmtree(older)
            making = folder / f"{size}-{seed}.making"
            shutil.rmtree(making, ignore_errors=True)
            if size >= 100_000:
                print(f"making a ledger of {size:,} invoices (once) …", file=sys.stderr)
            fill(furnish(making), size, seed)
            # What is measured next has the disk for itself.
            os.sync()
            making.rename(home)
        # The program writes into its config what its keys change.
        return furnish(home)


@contextmanager
def copied(house: House) -> Iterator[House]:
    """A house of its own for whoever writes; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="house-", dir=cache_folder()) as folder:
        home = Path(folder) / "home"
        shutil.copytree(house.home, home)
        yield House(home)


def cache_folder() -> Path:
    base = Path(
        os.environ.get("INVOICETUI_BENCH_CACHE") or Path(tempfile.gettempdir()) / f"invoicetui-bench-{os.getuid()}"
    )
    base.mkdir(mode=0o700, parents=True, exist_ok=True)
    return base


def _version() -> str:
    """Changes when a ledger made today would differ: in its tables, its accounts, or what it holds of an invoice."""
    marks = hashlib.blake2b(repr((MIGRATIONS, NEWEST, DAYS)).encode(), digest_size=6)
    with tempfile.TemporaryDirectory() as folder:
        for account in furnish(Path(folder)).accounts():
            marks.update(identity(account).encode())
            vendor = vendor_class(account.vendor)(account, lambda: NEWEST)
            for entry in vendor.entries(list(records(account.vendor, 50, SEED))):
                marks.update(digest(entry.raw, encode(entry.invoice)))
    return marks.hexdigest()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
