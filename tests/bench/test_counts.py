"""Counts that are the same on every machine: bytes, frames, modules, requests, SQL statements."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from invoicetui.ledger.store import Store
from tests.bench import keys
from tests.bench.houses import NOW, House, fill, furnish
from tests.bench.resting import len_since
from tests.bench.starting import ABSENT, ROW, modules_at_first_frame
from tests.bench.timed_terminal import SIZE, TimedTerminal
from tests.conftest import ConfigFor, Serve
from tests.servers.meteroid import FakeMeteroid
from tests.ui.browsing import browsing, over

INVOICES = 1_000


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    made = furnish(tmp_path_factory.mktemp("house"))
    fill(made, INVOICES)
    return made


def test_bytes_and_frames_of_a_start_of_keys_and_of_rest(house: House) -> None:
    with TimedTerminal(house.argv, env=house.env) as terminal:
        # The detail beside the list follows when the cursor has rested.
        terminal.wait_until(lambda: terminal.line("Total") >= 0, "the first row and its detail")
        terminal.wait_silence(0.4)
        first = terminal.first_sight(ROW)
        moves = [terminal.press(keys.DOWN) for _ in range(5)]
        terminal.press(keys.PAGE_DOWN)
        pages = [terminal.press(keys.PAGE_DOWN) for _ in range(3)]
        terminal.wait_silence(0.4)
        since = len(terminal.chunks)
        terminal.read_for(2.0)
        rest = len_since(terminal, since), terminal.frames(since)
        # The cursor is at the lower edge after a page.
        beside = [terminal.press(keys.DOWN) for _ in range(3)]
        terminal.press(keys.PREVIEW)
        terminal.wait_silence(0.4)
        terminal.press(keys.DOWN)
        alone = [terminal.press(keys.DOWN) for _ in range(5)]
        print(f"bytes at 120x40: {first.bytes} to the first rows, {[one.bytes for one in moves]} a move in view,")
        print(f"{[one.bytes for one in pages]} a page, {rest[0]} in two seconds of rest, a scrolled row")
        print(f"{[one.bytes for one in beside]} beside a preview, {[one.bytes for one in alone]} without one")
        assert first.bytes <= FIRST_PAINT
        # Medians: on a busy machine the cursor may have rested long enough for the preview to follow.
        assert median(one.bytes for one in moves) <= keys.LIMITS["in view"]
        assert median(one.bytes for one in pages) <= keys.LIMITS["page down"]
        assert median(one.bytes for one in alone) <= keys.LIMITS["scrolling"]
        assert [median(one.frames for one in presses) for presses in (moves, pages, beside, alone)] == [1, 1, 1, 1]
        assert rest == (0, 0)


#: Everything from the first byte to the first frame with rows: modes and questions, an empty frame, the list.
FIRST_PAINT = 14_000


def test_modules_at_the_first_frame(house: House) -> None:
    loaded, textual = modules_at_first_frame(house, house.argv), modules_after("import textual.app")
    assert not loaded & set(ABSENT)
    ours = {name for name in loaded - textual if name.split(".")[0] == "invoicetui"}
    print(f"{len(loaded)} modules at the first frame: {len(textual)} of textual.app, {len(ours)} of ours")
    assert len(loaded - textual) <= 120


def test_modules_for_help() -> None:
    bare = modules_after("pass")
    loaded = modules_after("from invoicetui.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass") - bare
    print(f"{len(loaded)} modules for --help: {' '.join(sorted(loaded))}")
    assert not {name.split(".")[0] for name in loaded} & {"asyncio", "textual", "rich", "sqlite3", *ABSENT}
    assert len(loaded) <= 60


def modules_after(code: str) -> set[str]:
    script = f"{code}\nimport sys; print(); print(' '.join(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30)
    return set(ran.stdout.splitlines()[-1].split())


async def test_pages_are_asked_for_once_and_only_when_wanted(serve: Serve, config_for: ConfigFor) -> None:
    sales = serve(FakeMeteroid(1_000))

    def asked() -> list[str | None]:
        return [one.value("page") for one in sales.server.asked]

    async with browsing(config_for({"sales": sales})) as browser:
        await browser.rests()
        assert asked() == ["0"], "opening"
        await browser.press(*["down"] * 5)
        await browser.rests()
        assert asked() == ["0"], "moving within the first screen"
        await browser.press("G")
        await browser.sees("200 of 1,000")
        await browser.rests()
        assert asked() == ["0", "1"], "the end of what is loaded"
        await browser.press("colon", *"all", "enter")
        await browser.sees("1,000 of 1,000")
        await browser.rests()
        assert sorted(map(int, filter(None, asked()))) == list(range(10)), "everything, each page once"


class Traced:
    """Connections that note every statement and the thread that ran it."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, str]] = []

    def connect(self, *arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = sqlite3.connect(*arguments, **options)
        connection.set_trace_callback(lambda sql: self.ran.append((threading.current_thread().name, sql)))
        return connection

    def taken(self) -> Counter[str]:
        """Statements since it was asked last, by thread."""
        counted = Counter(thread for thread, _ in self.ran)
        self.ran.clear()
        return counted


@pytest.fixture
def traced(house: House, tmp_path: Path) -> tuple[Store, Traced]:
    """The house's ledger, copied, over traced connections."""
    path = tmp_path / "ledger.sqlite"
    with sqlite3.connect(house.ledger) as source, sqlite3.connect(path) as target:
        source.backup(target)
    source.close()
    target.close()
    traces = Traced()
    return Store.open(path, clock=lambda: NOW, connect=traces.connect), traces


async def test_statements_of_a_painted_screen(house: House, traced: tuple[Store, Traced]) -> None:
    store, traces = traced
    painting = threading.current_thread().name
    async with over(house.accounts(), {}, SIZE, store=store, is_offline=True) as browser:
        await browser.sees(" 1,000 ", "Total")
        await browser.pilot.pause(0.2)
        traces.taken()
        await browser.press("down", "down", "down")
        assert traces.taken()[painting] == 0, "rows in sight are read once"
        counts = []
        for _ in range(12):
            await browser.press("pagedown")
            counts.append(traces.taken()[painting])
        print(f"statements by the thread that paints, page by page: {counts}")
        # Twelve pages of 33 rows touch four blocks of 128, of which the first was there; none is read twice.
        assert set(counts) <= {0, 1}
        assert sum(counts) <= 4
        await browser.press("g")
        assert traces.taken()[painting] == 0, "what was shown before is still at hand"
