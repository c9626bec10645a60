"""Random keys on a large ledger while pages arrive: `python -m tests.bench soak [--minutes 10]`."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pyte

from tests.bench.houses import copied, house_of
from tests.bench.keys import DOWN, PAGE_DOWN
from tests.bench.network import BROWSER, serving
from tests.bench.readings import Reading, percentile
from tests.bench.slow_line import cursor_row
from tests.bench.timed_terminal import DISTURBED, SIZE, TimedTerminal, anonymous_mib, waited_ns

UP, PAGE_UP, HALF_DOWN, HALF_UP = "\x1b[A", "\x1b[5~", "\x04", "\x15"
#: Keys and how often each comes.
KEYS = {DOWN: 30, UP: 22, PAGE_DOWN: 10, PAGE_UP: 6, HALF_DOWN: 5, HALF_UP: 3, "g": 1, "G": 1}
REDRAW = "\x0c"
#: Nothing answers a key that has nothing to do; after so many seconds it is taken for one.
_ANSWER = 0.4
#: A page of a hundred rows arrives so often, in seconds.
_PAGE_EVERY = 1.0
_SLOW = 50e6
_ACCOUNT = """
[accounts.far]
vendor = "northflank"
label = "Far"
base_url = "http://127.0.0.1:{port}"
token = "env"
"""


@dataclass(slots=True)
class Soaked:
    """ns of every answered key, how many of the slow ones were disturbed by other programs, memory over time."""

    took: list[int] = field(default_factory=list)
    unanswered: int = 0
    disturbed: int = 0
    memory: list[tuple[float, float]] = field(default_factory=list)
    #: Cells that differ from a fresh paint.
    wrong: int = 0


def soak(rounds: int, minutes: float = 10, size: int = 1_000_000) -> Iterator[Reading]:
    """Random keys on a large ledger while pages arrive: memory, the slowest key, the screen at the end."""
    found = soaked(minutes, size)
    what = f"{minutes:g} min of random keys on {size:,} invoices while pages arrive"
    settled = [mib for at, mib in found.memory if at >= min(60, minutes * 30)]
    drift = max(abs(mib - settled[0]) for mib in settled)
    note = f"from {settled[0]:.1f} MiB"
    yield Reading("soak", f"{what}: most that RssAnon moved after the first minute", drift, "MiB", None, 5, note)
    slow = sum(took > _SLOW for took in found.took)
    p50, p99, slowest = (percentile(found.took, percent) / 1e6 for percent in (50, 99, 100))
    note = f"{len(found.took)} keys, p50 {p50:.1f}, p99 {p99:.1f}, slowest {slowest:.0f} ms"
    note += f"; {found.unanswered} had nothing to do"
    yield Reading("soak", "keys slower than 50 ms", slow, "keys", None, 0, note)
    yield Reading("soak", "of these, while other programs had the CPUs", found.disturbed, "keys")
    yield Reading("soak", "cells that differ from a fresh paint at the end", found.wrong, "cells", None, 0)


def soaked(minutes: float, size: int) -> Soaked:
    """Press keys for so long."""
    pages, rng, found = round(minutes * 60 / _PAGE_EVERY) + 30, random.Random(5), Soaked()
    with serving("northflank", pages, _PAGE_EVERY) as port, copied(house_of(size)) as house:
        with house.config.open("a", encoding="utf-8") as config:
            config.write(_ACCOUNT.format(port=port))
        with TimedTerminal(BROWSER, env={**house.env, "INVOICETUI_TOKEN_FAR": "bench-0123456789"}) as terminal:
            terminal.wait_until(lambda: terminal.line("> 2026-") >= 0, "the first row")
            terminal.wait_silence(1.0)
            terminal.send(":all\r")
            terminal.wait_until(lambda: terminal.line("loading all") >= 0, "loading all")
            begin = time.monotonic()
            while (at := time.monotonic() - begin) < minutes * 60:
                if not found.memory or at - found.memory[-1][0] >= 5:
                    found.memory.append((at, anonymous_mib(terminal.pid)))
                _press(terminal, rng.choices(list(KEYS), list(KEYS.values()))[0], found)
                terminal.read_for(rng.uniform(0.0, 0.15))
            # At the top no further page is wanted.
            terminal.send("g")
            terminal.read_for(0.5)
            terminal.send("\x1b")
            terminal.wait_until(lambda: terminal.line("loading all") < 0, "the end of loading")
            # The answer to esc is taken back after eight seconds.
            terminal.read_for(10)
            terminal.wait_silence(3 * _PAGE_EVERY)
            found.wrong = _differing(terminal)
    return found


def _press(terminal: TimedTerminal, key: str, found: Soaked) -> None:
    """Send a movement and wait until the cursor is elsewhere; other rows and lines may be painted meanwhile."""
    before, waited = cursor_row(terminal.screen()), waited_ns(terminal.pid)
    chunks, sent = len(terminal.chunks), time.monotonic_ns()
    terminal.send(key)
    end = time.monotonic() + _ANSWER
    while time.monotonic() < end:
        terminal.read_some(max(0.0, end - time.monotonic()))
        if len(terminal.chunks) > chunks and cursor_row(terminal.screen()) != before:
            took = terminal.chunks[-1].at - sent
            found.took.append(took)
            found.disturbed += took > _SLOW and waited_ns(terminal.pid) - waited > DISTURBED
            return
    found.unanswered += 1


def _differing(terminal: TimedTerminal) -> int:
    """How many cells look different after the whole screen was painted again."""
    before = _cells(terminal)
    since = len(terminal.received)
    terminal.send(REDRAW)
    terminal.wait_until(lambda: len(terminal.received) > since, "a fresh paint")
    terminal.wait_silence(0.5)
    if len(terminal.received) - since < SIZE[0] * SIZE[1] // 2:
        raise RuntimeError("ctrl+l did not paint the whole screen")
    return sum(one != other for one, other in zip(before, _cells(terminal), strict=True))


def _cells(terminal: TimedTerminal) -> Sequence[pyte.screens.Char]:
    """What can be seen of every cell, with its colours and attributes."""
    terminal.screen()
    return [_seen(terminal.cell(line, column)) for line in range(SIZE[1]) for column in range(SIZE[0])]


def _seen(cell: pyte.screens.Char) -> pyte.screens.Char:
    """Of a blank, bold and slant cannot be seen, and its own colour only where it is a line or the background."""
    if cell.data != " ":
        return cell
    is_plain = not (cell.reverse or cell.underscore or cell.strikethrough)
    return cell._replace(bold=False, italics=False, fg="default" if is_plain else cell.fg)
