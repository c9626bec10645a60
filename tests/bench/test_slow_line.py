"""The line between the program and a far terminal, and the program at its end."""

from __future__ import annotations

import sys

from tests.bench import slow_line
from tests.bench.houses import house_of
from tests.bench.keys import DOWN, PAGE_DOWN
from tests.bench.slow_line import FarTerminal, Line, hold

PAGE_UP = "\x1b[5~"
ECHO = r"""
import sys, tty
tty.setraw(0); sys.stdout.write("ready"); sys.stdout.flush()
while sys.stdin.read(1):
    sys.stdout.write("x" * 4000 + "end"); sys.stdout.flush()
"""


def test_a_line_delays_paces_and_keeps_the_order() -> None:
    far = Line(0.05, 20_000)
    with FarTerminal(far, [sys.executable, "-c", ECHO], (80, 24)) as terminal:
        terminal.wait_bytes(b"ready")
        press = terminal.press("a")
        assert press.bytes == 4003
        assert far.ideal(4003) * 0.95 <= press.ns < far.ideal(4003) * 1.5
        assert terminal.received.endswith(b"xend")


def test_a_program_that_writes_too_much_is_held_up() -> None:
    code = "import sys, time; sys.stdout.write('y' * 20_000); sys.stdout.flush(); print(time.monotonic())"
    with FarTerminal(Line(0.01, 16_000), [sys.executable, "-c", code]) as terminal:
        terminal.wait_bytes(b"y")
        begin = terminal.chunks[-1].at
        terminal.wait_bytes(b"\n")
        written = float(terminal.received.split(b"y")[-1])
        assert written * 1e9 - begin > 0.2e9, "it could not write everything at once"
        assert terminal.exit_code() == 0


def test_a_move_is_one_round_trip_and_a_held_key_leaves_no_backlog() -> None:
    far, house = Line(0.04, 60_000), house_of(1_000)
    with FarTerminal(far, house.argv, env=house.env) as terminal:
        terminal.wait_bytes(b"> 2026-")
        terminal.wait_silence(0.6)
        move = hold(terminal, far, DOWN)
        assert far.ideal(move.bytes) * 0.9 <= move.ns < far.ideal(move.bytes) + 100e6
        held = hold(terminal, far, DOWN, 10)
        assert held.ns < far.ideal(move.bytes) + 100e6
        assert slow_line.cursor_row(terminal.screen())[0] >= 10, "every repeat moved it"


def test_pages_held_on_a_slow_line_are_left_out_not_queued() -> None:
    far, house = Line(0.02, 8000), house_of(1_000)
    with FarTerminal(far, house.argv, env=house.env) as terminal:
        terminal.wait_bytes(b"> 2026-")
        terminal.wait_silence(0.6)
        hold(terminal, far, PAGE_DOWN, 30)  # until it is known to be slow
        assert hold(terminal, far, PAGE_UP, 30).stale <= 2
