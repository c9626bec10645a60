"""Reads PDFs' first pages as the page view does: `python -m tests.bench.programs.read_page FILE …`.

Prints how long each took and for how long the loop was held up, in ms.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from datetime import date
from pathlib import Path

from invoicetui.documents.shelf import File
from invoicetui.model import Invoice
from invoicetui.ui.book import Book
from invoicetui.ui.wishes import Got

COLUMNS, ROWS = 100, 40


async def _measure(papers: list[bytes]) -> dict[str, object]:
    longest = 0.0

    async def tick() -> None:
        nonlocal longest
        while True:
            begin = time.perf_counter()
            await asyncio.sleep(0.001)
            longest = max(longest, time.perf_counter() - begin - 0.001)

    ticking = asyncio.create_task(tick())
    took = []
    for content in papers:
        await asyncio.sleep(0.01)
        begin = time.perf_counter()
        book = Book(Got(Invoice(account="a", vendor="opterius", key="1", issued=date(2026, 1, 1)), File(content)))
        leaf = await book.leaf(0, COLUMNS, ROWS)
        took.append((time.perf_counter() - begin) * 1e3)
        if not leaf.sheet.rows:
            raise RuntimeError("the page has no text")
        book.close()
    ticking.cancel()
    # Books are closed by threads that must be done when the library ends.
    for thread in threading.enumerate():
        if thread.name == "invoicetui-close":
            thread.join()
    return {"first": took[0], "later": took[1:], "wait": longest * 1e3}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_measure([Path(name).read_bytes() for name in sys.argv[1:]]))))
