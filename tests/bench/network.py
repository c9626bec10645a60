"""B3 and B8: rows that come over the network, from a server of its own process on this machine."""

from __future__ import annotations

import asyncio
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tests.bench.houses import House, furnish
from tests.bench.readings import Reading, ms, percentile
from tests.bench.starting import IMPORT, ROW, first_frame
from tests.bench.timed_terminal import TimedTerminal
from tests.terminal import ROOT

DELAY = 0.05
PAGES = 100
CONCURRENCY = 8
_TOKEN = "bench-0123456789"


@contextmanager
def serving(vendor: str, pages: int = PAGES, delay: float = DELAY) -> Iterator[int]:
    """The port of a vendor with so many pages of a hundred rich invoices."""
    argv = [sys.executable, "-m", "tests.bench.programs.page_server", vendor, str(pages), str(delay)]
    with _running(argv) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())


@contextmanager
def _running(argv: list[str], env: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """A program of ours that ends when its input is closed."""
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, cwd=ROOT, env=env, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield process
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def connected(vendor: str, port: int) -> Iterator[tuple[House, dict[str, str]]]:
    """A house with one account at that server and nothing known of it, and its environment with the token."""
    lines = f'vendor = "{vendor}"\nlabel = "Far"\nbase_url = "http://127.0.0.1:{port}"\ntoken = "env"\n'
    with tempfile.TemporaryDirectory() as folder:
        house = furnish(Path(folder), f"[accounts.far]\n{lines}")
        yield house, {**house.env, "INVOICETUI_TOKEN_FAR": _TOKEN}


BROWSER = [sys.executable, "-m", "invoicetui"]


def b3(rounds: int) -> Iterator[Reading]:
    """The first row that came over the network, after the first frame and the round trip."""
    imports: list[int] = []
    later: list[int] = []
    with serving("meteroid", pages=3) as port:
        for _ in range(rounds + 1):
            with connected("meteroid", port) as (house, env):
                imports.append(first_frame(IMPORT, house.env, "^imported")[0])
                with TimedTerminal(BROWSER, env=env) as terminal:
                    terminal.wait_bytes(re.compile(ROW.removeprefix("^").encode()))
                    terminal.wait_silence(0.05)
                    frame, row = terminal.first_sight("inbox"), terminal.first_sight(ROW)
                later.append(row.ns - frame.ns - int(DELAY * 1e9))
    what = f"first frame to first row over the network, less the {DELAY * 1e3:.0f} ms, beside import textual.app"
    yield Reading("B3", what, ms(later[1:]), "ms", ms(imports[1:]), 0.8)


def b8(rounds: int) -> Iterator[Reading]:
    """A hundred pages fetched, decoded and stored; keys meanwhile."""
    for vendor, name, limit in (("meteroid", "number", 1.6), ("northflank", "cursor", 1.06)):
        with serving(vendor) as port, connected(vendor, port) as (_, env):
            seconds, ideal = _loads(vendor, port, env, rounds if vendor == "meteroid" else max(1, rounds // 3))
            what = f"{PAGES} pages by {name}, {DELAY * 1e3:.0f} ms each, fetched, decoded, stored"
            if vendor == "meteroid":
                yield Reading("B8", what, seconds, "s", ideal, limit, "beside a bare client, 8 at a time")
            else:
                yield Reading("B8", what, seconds, "s", PAGES * DELAY, limit, f"a bare client: {ideal:.2f} s")
            yield from _keys_meanwhile(vendor, port, name, rounds)


def _loads(vendor: str, port: int, env: dict[str, str], rounds: int) -> tuple[float, float]:
    """Seconds of our loading and of the ideal one, medians of rounds in turn."""
    ours: list[float] = []
    ideals: list[float] = []
    with _running([sys.executable, "-m", "tests.bench.programs.load_all"], env | _search_path()) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        for _ in range(rounds):
            ideals.append(asyncio.run(ideal(vendor, port)))
            process.stdin.write("again\n")
            process.stdin.flush()
            ours.append(float(process.stdout.readline()))
    return median(ours), median(ideals)


def _search_path() -> dict[str, str]:
    return {"PYTHONPATH": str(ROOT)}


async def ideal(vendor: str, port: int) -> float:
    """Seconds that a client takes which only reads: asyncio streams, kept alive; cursors one after another."""
    path = "/api/v1/invoices?page={}&per_page=100" if vendor == "meteroid" else "/v1/billing/invoices?cursor=c{}"
    left = iter(range(PAGES))

    async def work() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        for page in left:
            writer.write(f"GET {path.format(page)} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"Content-Length: (\d+)", head)
            assert length is not None
            await reader.readexactly(int(length[1]))
        writer.close()
        await writer.wait_closed()

    begin = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(CONCURRENCY if vendor == "meteroid" else 1)))
    return time.perf_counter() - begin


def _keys_meanwhile(vendor: str, port: int, name: str, rounds: int) -> Iterator[Reading]:
    """Walk down and up the list while the browser loads all."""
    took: list[int] = []
    for _ in range(max(1, rounds // (1 if vendor == "meteroid" else 4))):
        with connected(vendor, port) as (_, env):
            took += _pressed_while_loading(env)
    what = f"keys while the browser loads {PAGES} pages by {name}, p99"
    note = f"{len(took)} keys, p50 {ms(took):.1f} ms, slowest {max(took) / 1e6:.1f} ms"
    yield Reading("B8", what, percentile(took, 99) / 1e6, "ms", None, 25, note)


def _pressed_while_loading(env: dict[str, str]) -> list[int]:
    """For each key the ns until its row had the cursor. Keys come at random times, whether or not one was answered."""
    rng = random.Random(3)
    sent: list[tuple[int, int]] = []
    with TimedTerminal(BROWSER, env=env) as terminal:
        terminal.wait_until(lambda: terminal.line("> 2026-") >= 0, "the first row")
        terminal.wait_silence(0.5)
        terminal.send("GG")
        terminal.wait_until(lambda: terminal.line("loading all") >= 0, "loading all")
        terminal.send("g")
        line = top = terminal.line("  DATE") + 1
        terminal.wait_until(lambda: terminal.line("> 2026-") == top, "the cursor on the first row")
        step = 1
        while terminal.line("loading all") >= 0 or len(sent) < 5:
            if not 0 <= line + step - top < 20:
                step = -step
                terminal.read_for(0.15)  # a line that is passed twice would not say which key it answers
            line += step
            sent.append((time.monotonic_ns(), line))
            terminal.send("j" if step > 0 else "k")
            terminal.read_for(rng.uniform(0.02, 0.04))
        terminal.wait_silence(0.2)
        return answered(terminal, sent)


def answered(terminal: TimedTerminal, sent: list[tuple[int, int]]) -> list[int]:
    """For each key sent (when, and the line it moves the cursor to) the ns until the cursor was there or further."""
    took: list[int] = []
    for chunk, screen in terminal.shown():
        line = next((number for number, text in enumerate(screen.display) if text.startswith("> 2")), -1)
        waiting = sent[len(took) :]
        place = next((number for number, (at, to) in enumerate(waiting) if at <= chunk.at and to == line), -1)
        took += [chunk.at - at for at, _ in waiting[: place + 1]]
    if len(took) < len(sent):
        raise AssertionError(f"{len(sent) - len(took)} keys had no answer")
    return took
