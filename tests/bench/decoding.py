"""B9 and B11: what reading a page of invoices costs, and a page of a PDF."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from invoicetui.ledger.rows import encode
from invoicetui.vendors.base import EVERYTHING, Entry, Page
from invoicetui.vendors.meteroid import Meteroid
from invoicetui.vendors.northflank import Northflank
from tests.bench.houses import NOW, house_of
from tests.bench.programs.page_server import pages
from tests.bench.readings import Reading
from tests.documents.papers import platypus
from tests.terminal import ROOT

#: Pages of a hundred rich invoices that are read in one round.
_PAGES = 10
#: PDFs of one page with a table of 22 lines.
_PAPERS = 10


class _Reader:
    """Pages of one vendor, read as far as each step reads them."""

    def __init__(self, vendor: Meteroid | Northflank) -> None:
        self.vendor = vendor
        self.bodies = pages(vendor.name, _PAGES)
        self._listing = self.vendor.split(EVERYTHING)[0]
        self._opened = self.open()

    def plain(self) -> None:
        """What the standard library makes of the pages, one after another."""
        for body in self.bodies:
            json.loads(body)

    def open(self) -> list[Page]:
        """The envelopes: records as received, and where the walk goes on."""
        token = self.vendor.first(self._listing)
        return [self.vendor.page(self._listing, token, body, {}) for body in self.bodies]

    def skim(self) -> None:
        """Every record into the typed record of the list, one after another, as `entries` does."""
        for page in self._opened:
            for raw in page.records:
                self.vendor.skim(raw)

    def entries(self) -> list[list[Entry]]:
        """Every record as an invoice of the list."""
        return [self.vendor.entries(page.records) for page in self._opened]

    def store(self) -> list[tuple[object, ...]]:
        """The same as values for the ledger's columns."""
        return [encode(entry.invoice) for entries in self.entries() for entry in entries]


def b9(rounds: int) -> Iterator[Reading]:
    """Decoding for the list beside json.loads of the same pages."""
    for kind in (Meteroid, Northflank):
        for account in (one for one in house_of(1000).accounts() if one.vendor == kind.name):
            reader = _Reader(kind(account, NOW.date))
            works = reader.plain, reader.open, reader.skim, reader.entries, reader.store
            plain, envelope, typed, listed, stored = _spent(rounds, *works)
            what = f"{reader.vendor.label}, a page of 100 rich invoices"
            yield Reading("B9", f"{what}: records into the list's typed ones", typed, "ms", plain, 0.2)
            yield Reading("B9", f"{what}: cutting the page into the records kept as received", envelope, "ms", plain)
            yield Reading("B9", f"{what}: page to invoices of the list", envelope + listed, "ms", plain)
            yield Reading("B9", f"{what}: page to the ledger's columns", envelope + stored, "ms", plain)


def _spent(rounds: int, *works: Callable[[], object]) -> list[float]:
    """For each work the CPU of one page in ms: medians of rounds in turn, without garbage collection."""
    spent: list[list[int]] = [[] for _ in works]
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds + 1):
            for work, into in zip(works, spent, strict=True):
                begin = time.thread_time_ns()
                work()
                into.append(time.thread_time_ns() - begin)
    finally:
        gc.enable()
    return [median(one[1:]) / _PAGES / 1e6 for one in spent]


def b11(rounds: int) -> Iterator[Reading]:
    """A PDF's page as text at its place: the first of a session, and later ones; how long keys would wait."""
    firsts, laters, waits = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.pdf" for number in range(_PAPERS)]
        for number, path in enumerate(paths):
            path.write_bytes(platypus(number, 9, 22).content)
        for _ in range(rounds):
            argv = [sys.executable, "-m", "tests.bench.programs.read_page", *map(str, paths)]
            ran = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
            found = json.loads(ran.stdout)
            firsts.append(found["first"])
            laters += found["later"]
            waits.append(found["wait"])
    yield Reading(
        "B11", "a PDF's page, the first of a session, with the library's import", median(firsts), "ms", None, 60
    )
    yield Reading("B11", "every later one", median(laters), "ms", None, 8)
    yield Reading("B11", "longest pause of the loop that paints, meanwhile", median(waits), "ms")
