"""How fast a terminal takes what it is sent, learned from writes that had to wait."""

from __future__ import annotations

import io

import pytest

from invoicetui.ui.pace import Pace, PacedFile


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Line:
    """Takes `rate` bytes a second, and holds `room` before a write has to wait."""

    def __init__(self, rate: float, room: int = 8192) -> None:
        self.clock = Clock()
        self.pace = Pace(self.clock)
        self.rate, self._room = rate, room
        self._held, self._at = 0.0, self.clock.now

    @property
    def held(self) -> float:
        """Bytes that are on their way now."""
        self._held = max(0.0, self._held - (self.clock.now - self._at) * self.rate)
        self._at = self.clock.now
        return self._held

    def write(self, count: int) -> None:
        self.pace.begin()
        over = self.held + count - self._room
        if over > 0:
            self.clock.now += over / self.rate
        self._held = self.held + count
        self.pace.end(count)


def hold(line: Line, seconds: float, frame: int) -> list[float]:
    """Frames for a key held down, each as soon as it may be; how many bytes stood before each."""
    end, before = line.clock.now + seconds, list[float]()
    while line.clock.now < end - 0.01:
        if line.pace.wait:
            line.clock.now += line.pace.wait
            continue
        before.append(line.held)
        line.write(frame)
        line.clock.now += 1 / 30
    return before


def test_a_fast_line_waits_for_nothing() -> None:
    line = Line(10_000_000)
    assert len(hold(line, 2, 3000)) == 60
    assert line.pace.wait == 0


@pytest.mark.parametrize("room", [8192, 20_000])
def test_on_a_slow_line_a_frame_is_sent_when_the_one_before_has_left(room: int) -> None:
    line = Line(8000, room)
    before = hold(line, 10, 2400)
    unknown = room // 2400 + 3
    assert max(before[:unknown]) > 1600, "nothing is known before writes had to wait"
    assert max(before[unknown:]) < 100
    assert len(before) * 2400 > 0.5 * 10 * 8000, "the line is used"


def test_a_line_that_becomes_fast_is_used_so() -> None:
    line = Line(8000)
    hold(line, 5, 2400)
    line.rate = 10_000_000
    hold(line, 31, 2400)
    assert len(hold(line, 2, 2400)) == 60


def test_a_busy_machine_makes_no_line_slow() -> None:
    line = Line(10_000_000)
    for frame in range(300):
        line.pace.begin()
        line.clock.now += 0.035 if frame % 10 < 2 else 0.0005
        line.pace.end(400)
        assert line.pace.wait == 0
        line.clock.now += 0.05


def test_a_write_that_waits_after_little_else_says_nothing_of_the_line() -> None:
    line = Line(1_000_000)
    for _ in range(600):
        line.write(20)
        line.clock.now += 0.1
    line.pace.begin()
    line.clock.now += 0.15
    line.pace.end(6000)
    assert line.pace.wait == 0


def test_how_fast_a_line_is_shows_from_where_it_began_to_be_full() -> None:
    line = Line(8000)
    for _ in range(120):
        line.write(100)
        line.clock.now += 0.1
    before = hold(line, 5, 2400)
    assert max(before[6:]) < 100
    assert len(before) * 2400 > 0.5 * 5 * 8000, "it is not taken to be slower than it is"


def test_while_a_write_waits_no_frame_is_sent() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.begin()
    assert pace.wait == 0, "it may be done in a moment"
    clock.now += 1
    assert 0 < pace.wait < 0.1
    pace.end(100)
    assert pace.wait == 0, "so few bytes say nothing of the line"


def test_a_terminal_that_was_stopped_for_an_hour_is_not_slow() -> None:
    line = Line(1_000_000)
    hold(line, 1, 2400)
    line.pace.begin()
    line.clock.now += 3600
    line.pace.end(2400)
    assert line.pace.wait == 0
    assert len(hold(line, 20, 2400)) > 550


def test_a_file_writes_at_once() -> None:
    raw = io.BytesIO()
    file = PacedFile(io.TextIOWrapper(raw, encoding="utf-8"), Pace())
    assert file.write("äb") == 2
    assert raw.getvalue() == "äb".encode()
    assert not file.isatty()
