"""B4 and B5: what a key costs, in time until the last byte of its answer and in bytes."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.bench.houses import house_of
from tests.bench.readings import Reading, ms, percentile
from tests.bench.timed_terminal import SIZE, Press, TimedTerminal, cpu_ns

DOWN, PAGE_DOWN, PREVIEW = "\x1b[B", "\x1b[6~", "p"
SIZES = (1_000, 100_000, 1_000_000)
KINDS = ("in view", "scrolling", "page down")
LIMITS = {"in view": 450, "scrolling": 600, "page down": 7_000}


class Course(NamedTuple):
    """How many keys of each kind a round has; a thousand rows are enough for it."""

    in_view: int = 20
    scrolls: int = 20
    pages: int = 12
    #: Seconds of silence before the first key: the detail shown, garbage collected.
    pause: float = 1.0
    #: Rows that Textual's own table is given; ours has up to a million.
    compared: int = 10_000


WHOLE = Course()


@dataclass(slots=True)
class Presses:
    """The keys of some rounds, by kind."""

    kinds: dict[str, list[Press]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    def times(self, kind: str) -> list[int]:
        """Of the keys during which other programs left us the CPUs; at least the quarter that they disturbed least."""
        every = sorted(self.kinds[kind], key=lambda press: press.waited)
        undisturbed = sum(not press.is_disturbed for press in every)
        return [press.ns for press in every[: max(undisturbed, -(-len(every) // 4))]]

    def note(self, kind: str) -> str:
        """How many keys `times` left out."""
        every = len(self.kinds[kind])
        left_out = every - len(self.times(kind))
        return f"{left_out} of {every} keys disturbed by other programs" if left_out else ""

    def p50(self, kind: str) -> float:
        return ms(self.times(kind))

    def p99(self, kind: str) -> float:
        return percentile(self.times(kind), 99) / 1e6

    def cpu(self, kind: str) -> float:
        return ms([press.cpu for press in self.kinds[kind]])

    def bytes(self, kind: str) -> int:
        """The most that one key cost, the dearest tenth left aside: now and then a thumb or a heading moves, too."""
        return round(percentile([press.bytes for press in self.kinds[kind]], 90))


def round_of_keys(
    argv: Sequence[str], env: Mapping[str, str], pattern: str, into: Presses, course: Course = WHOLE
) -> None:
    """Start a list, move the cursor down within the screen, over its edge, and by pages."""
    with TimedTerminal(argv, env=env) as terminal:
        terminal.wait_until(lambda: terminal.line(pattern) >= 0, pattern)
        terminal.wait_silence(course.pause)
        _wait_idle(terminal)
        for _ in range(2):  # the first keys fill caches
            terminal.press(DOWN)
        into.kinds["in view"] += [terminal.press(DOWN) for _ in range(course.in_view)]
        if course.scrolls:
            # As a held key: to the lower edge and over it.
            terminal.send(DOWN * SIZE[1])
            terminal.wait_silence(0.1)
            terminal.press(DOWN)
        into.kinds["scrolling"] += [terminal.press(DOWN) for _ in range(course.scrolls)]
        terminal.press(PAGE_DOWN)
        into.kinds["page down"] += [terminal.press(PAGE_DOWN) for _ in range(course.pages)]


def _wait_idle(terminal: TimedTerminal) -> None:
    """Until the program takes no CPU: the whole view is read."""
    before = -1
    for _ in range(40):
        spent = cpu_ns(terminal.pid)
        if before >= 0 and spent - before < 2e6:
            return
        before = spent
        terminal.read_for(0.15)


def rounds_of_keys(
    rounds: int, sizes: Sequence[int], argv: Sequence[str], course: Course
) -> tuple[Presses, dict[int, Presses]]:
    """Textual's DataTable and our program at each size, in turn."""
    table, ours = Presses(), {size: Presses() for size in sizes}
    houses = {size: house_of(size) for size in {*sizes, course.compared}}
    compared = [sys.executable, "-m", "tests.bench.programs.data_table", str(course.compared)]
    for _ in range(rounds):
        round_of_keys(compared, houses[course.compared].env, "2026-06-", table, course)
        for size in sizes:
            round_of_keys(list(argv) or houses[size].argv, houses[size].env, "> 2026-06-", ours[size], course)
    return table, ours


def b4(
    rounds: int, sizes: Sequence[int] = SIZES, argv: Sequence[str] = (), course: Course = WHOLE
) -> Iterator[Reading]:
    """Key to settled paint beside DataTable; the tail beside the median; a large list beside a small one."""
    yield from judged(*rounds_of_keys(rounds, sizes, argv, course), course)


def judged(table: Presses, ours: Mapping[int, Presses], course: Course) -> Iterator[Reading]:
    """What B4 says of the keys of DataTable and of our program, by the number of its rows."""
    sizes = sorted(ours)
    kinds = [kind for kind in KINDS if table.kinds[kind]]
    for size in sizes:
        for kind in kinds:
            # In view both repaint two rows; the budget is of rows that come.
            mine, limit = ours[size], {"page down": 0.20, "scrolling": 0.30}.get(kind)
            what = f"{kind}, {size:,} rows"
            if size != min(sizes) or len(sizes) == 1:
                note = f"beside DataTable with {course.compared:,}"
                yield Reading("B4", f"{what}, p50", mine.p50(kind), "ms", table.p50(kind), limit, note)
                yield Reading("B4", f"{what}, CPU of all threads", mine.cpu(kind), "ms", table.cpu(kind))
            if kind != "page down":
                yield Reading(
                    "B4", f"{what}, p99 beside p50", mine.p99(kind), "ms", mine.p50(kind), 2.5, mine.note(kind)
                )
    small, large = ours[min(sizes)], ours[max(sizes)]
    for kind in kinds if len(sizes) > 1 else ():
        what = f"{kind}, {max(sizes):,} rows beside {min(sizes):,}, p50"
        yield Reading("B4", what, large.p50(kind), "ms", small.p50(kind), 1.2)


def b5(rounds: int, size: int = 1_000_000, argv: Sequence[str] = (), course: Course = WHOLE) -> Iterator[Reading]:
    """Bytes a key, until the detail beside the list follows the resting cursor; frames a key."""
    house = house_of(size)
    for layout, config in (("list and preview", house.config), ("list alone", house.without_preview)):
        ours, program = Presses(), [*(argv or house.argv), "--config", str(config)]
        for _ in range(max(1, rounds // 4)):
            round_of_keys(program, house.env, "> 2026-06-", ours, course)
        for kind in (kind for kind in KINDS if ours.kinds[kind]):
            what = f"{kind}, {layout}, {SIZE[1]}x{SIZE[0]}, true colour"
            yield Reading("B5", what, ours.bytes(kind), "bytes", None, LIMITS[kind])
        frames = max(press.frames for presses in ours.kinds.values() for press in presses)
        yield Reading("B5", f"most frames for one key, {layout}", frames, "frames")
