"""B6 and B7: memory with a million invoices open, and what is spent while nothing happens."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.bench.houses import house_of
from tests.bench.keys import PAGE_DOWN
from tests.bench.network import BROWSER, connected, serving
from tests.bench.readings import Reading
from tests.bench.timed_terminal import TimedTerminal, anonymous_mib, cpu_ns

IDLE_SECONDS = 30.0
LOADING_SECONDS = 10.0
LABEL = [sys.executable, "-m", "tests.bench.programs.label"]
PAGES = 50


def b6(rounds: int, size: int = 1_000_000) -> Iterator[Reading]:
    """Memory of its own with a large ledger open, after fifty pages."""
    house = house_of(size)
    with TimedTerminal(house.argv, env=house.env) as terminal:
        terminal.wait_until(lambda: terminal.line(f" {size:,} ") >= 0, "the whole view")
        terminal.wait_silence(1.0)
        for _ in range(PAGES):
            terminal.press(PAGE_DOWN)
        terminal.wait_silence(1.0)
        found = anonymous_mib(terminal.pid)
    yield Reading("B6", f"RssAnon, {size:,} invoices open, after {PAGES} page-downs", found, "MiB", None, 60)


def b7(rounds: int, seconds: float = IDLE_SECONDS, size: int = 1_000_000) -> Iterator[Reading]:
    """Bytes, frames and CPU of half a minute's rest beside a one-Label program; bytes a second while loading."""
    house = house_of(size)
    with TimedTerminal(house.argv, env=house.env) as ours, TimedTerminal(LABEL, env=house.env) as label:
        ours.wait_until(lambda: ours.line(f" {size:,} ") >= 0, "the whole view")
        ours.wait_until(lambda: ours.line("Total") >= 0, "the detail of the first row")
        label.wait_until(lambda: label.line("ready") >= 0, "the label")
        for terminal in (ours, label):
            terminal.wait_silence(2.0)
        spent = rest((ours, label), seconds)
        yield Reading("B7", f"idle {seconds:.0f} s, {size:,} invoices", len_since(ours, spent[0][0]), "bytes", None, 0)
        yield Reading("B7", "frames meanwhile", ours.frames(spent[0][0]), "frames", None, 0)
        yield Reading("B7", "CPU meanwhile, beside a one-Label program", spent[0][1], "ms", spent[1][1], 1.2)
    with serving("meteroid", pages=1, delay=60) as port, connected("meteroid", port) as (_, env):
        with TimedTerminal(BROWSER, env=env) as terminal:
            terminal.wait_until(lambda: terminal.line("| Far") >= 0 or terminal.line("- Far") >= 0, "that it loads")
            terminal.wait_silence(0.2)
            since = len(terminal.chunks)
            terminal.read_for(LOADING_SECONDS)
            rate = len_since(terminal, since) / LOADING_SECONDS
        yield Reading("B7", "written while a page is on its way", rate, "B/s", None, 500)


def rest(terminals: Sequence[TimedTerminal], seconds: float) -> list[tuple[int, float]]:
    """Let programs rest at the same time: for each the number of its chunks before, and its CPU in ms."""
    before = [(len(terminal.chunks), cpu_ns(terminal.pid)) for terminal in terminals]
    with ThreadPoolExecutor(len(terminals)) as pool:
        for done in [pool.submit(terminal.read_for, seconds) for terminal in terminals]:
            done.result()
    return [
        (chunks, (cpu_ns(terminal.pid) - cpu) / 1e6) for terminal, (chunks, cpu) in zip(terminals, before, strict=True)
    ]


def len_since(terminal: TimedTerminal, chunks: int) -> int:
    """Bytes that came after the first `chunks` chunks."""
    return sum(len(chunk.data) for chunk in terminal.chunks[chunks:])
