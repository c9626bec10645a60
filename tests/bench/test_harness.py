"""The bench itself: what makes the program slower, wordier or heavier turns its budget red."""

from __future__ import annotations

import sys
from itertools import islice

import pytest

from tests.bench import keys, starting
from tests.bench.houses import house_of
from tests.bench.readings import Reading, as_json, machine, pace
from tests.bench.timed_terminal import TimedTerminal

SMALL = 1_000
SHORT = keys.Course(in_view=6, scrolls=0, pages=4, pause=0.2, compared=500)


def with_driver(name: str) -> list[str]:
    """The browser, and between it and its terminal a driver that does something careless."""
    return ["env", f"TEXTUAL_DRIVER=tests.bench.programs.drivers:{name}", *house_of(SMALL).argv]


def test_a_sleep_in_every_key_is_slow() -> None:
    table, ours = keys.rounds_of_keys(1, [SMALL], with_driver("Sluggish"), SHORT)
    page = next(one for one in keys.judged(table, ours, SHORT) if one.limit == 0.20)
    assert page.is_met is False
    assert min(press.ns for press in ours[SMALL].kinds["in view"]) >= 20e6
    house, honest = house_of(SMALL), keys.Presses()
    keys.round_of_keys(house.argv, house.env, "> 2026-06-", honest, SHORT)
    assert min(press.ns for press in honest.kinds["in view"]) < 20e6, "not what every key takes"


def test_a_kilobyte_in_every_key_is_wordy() -> None:
    in_view, page = islice(keys.b5(1, SMALL, course=SHORT), 2)
    assert (in_view.is_met, page.is_met) == (True, True)
    wordy = next(keys.b5(1, SMALL, with_driver("Wordy"), SHORT))
    assert wordy.is_met is False
    assert wordy.ours is not None
    assert in_view.ours is not None
    assert wordy.ours >= in_view.ours + 1024


def test_an_eager_import_is_seen_at_the_first_frame() -> None:
    house = house_of(SMALL)
    eager = "import httpx; from invoicetui.cli import main; raise SystemExit(main())"
    first, *_ = starting.loaded(house, [sys.executable, "-c", eager, "--offline"])
    assert (first.is_met, first.note) == (False, "httpx")
    first, *_ = starting.loaded(house, house.argv)
    assert first.is_met


def test_a_text_is_found_in_the_chunk_that_completed_its_frame() -> None:
    code = r"""
import sys, time
def put(text): sys.stdout.write(text); sys.stdout.flush(); time.sleep(0.08)
put("\x1b[?2026hnothing yet\x1b[?2026l"); put("\x1b[?2026h\x1b[Hmar"); put("ker"); put("\x1b[?2026l"); put("\x1b[2J")
"""
    with TimedTerminal([sys.executable, "-c", code], (40, 5)) as terminal:
        assert terminal.exit_code() == 0
        sight = terminal.first_sight("^marker")
        assert terminal.chunks[sight.chunk].data == b"\x1b[?2026l"
        assert sight.ns > 160e6, "two pauses lie before it"
        assert terminal.frames() == 2
        with pytest.raises(AssertionError, match="never seen"):
            terminal.first_sight("^nowhere")


def test_a_key_is_over_with_the_last_byte_before_the_silence() -> None:
    code = r"""
import sys, time, tty
tty.setraw(0); sys.stdout.write("ready"); sys.stdout.flush()
while sys.stdin.read(1):
    for _ in range(3):
        time.sleep(0.01); sys.stdout.write("12345\x1b[?2026l"); sys.stdout.flush()
    time.sleep(0.15); sys.stdout.write("too late"); sys.stdout.flush()
"""
    with TimedTerminal([sys.executable, "-c", code], (40, 5)) as terminal:
        terminal.wait_bytes(b"ready")
        press = terminal.press("x")
        assert 30e6 <= press.ns < 150e6
        assert (press.bytes, press.frames) == (39, 3)
        assert press.cpu < press.ns


def test_the_pace_is_that_of_the_moment_that_was_disturbed_least() -> None:
    stamps = iter([0, 3, 10, 11, 20, 22, 30, 35, 40, 44])
    assert pace(lambda: next(stamps)) == 1


def test_a_reading_is_met_by_its_ratio_or_else_by_itself() -> None:
    assert Reading("B", "", 30, "ms", 100, 0.3).is_met
    assert Reading("B", "", 31, "ms", 100, 0.3).is_met is False
    assert Reading("B", "", 450, "bytes", None, 450).is_met
    assert Reading("B", "", 451, "bytes", None, 450).is_met is False
    assert Reading("B", "", None, "ms", None, 450).is_met is None
    assert Reading("B", "", 1, "ms", 2).is_met is None
    assert as_json([Reading("B", "", 31, "ms", 100, 0.3)], machine())["readings"][0]["is_met"] is False
