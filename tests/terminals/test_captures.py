"""Every screen as a person sees it, at four sizes, kept as text to be read in a diff; and in what it is painted.

To renew the captures after looking at every one:
INVOICETUI_NEW_SCREENS=1 python -m pytest tests/terminals/test_captures.py
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import pytest

from tests.terminals.line import Line, fixed
from tests.terminals.walk import BARE, STEPS, Step

CAPTURES = Path(__file__).parent / "captures"
# Read now: tests run without variables of this name.
IS_RENEWING = bool(os.environ.get("INVOICETUI_NEW_SCREENS"))
#: In which eighth of a line a scroll bar's thumb ends depends on when the last page came, and is not looked at.
NO_THUMBS = str.maketrans(dict.fromkeys("\u2581\u2582\u2583\u2584\u2585\u2586\u2587", " "))
SIZES = ((80, 24), (120, 40), (60, 20), (200, 60))
#: What xterm paints when a program asks for one of its sixteen colours; other terminals paint lighter and darker ones.
PAINTED = {
    "black": (0, 0, 0), "red": (205, 0, 0), "green": (0, 205, 0), "brown": (205, 205, 0), "blue": (0, 0, 238),
    "magenta": (205, 0, 205), "cyan": (0, 205, 205), "white": (229, 229, 229),
}  # fmt: skip
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}$")
LINES = frozenset("│─╭╮╰╯┌┐└┘▔▁▎▊▏▕▌▐━┃")


def walk(line: Line, steps: Sequence[Step]) -> Iterator[tuple[Step, str]]:
    """Each step's screen, once the program rests on it."""
    for step in steps:
        for key in step.keys:
            line.send(key)
            # A key that is typed ahead may go where the one before it has not led yet.
            line.settle(0.12)
        line.wait_for(step.sees)
        line.settle(0.5 if IS_RENEWING else 0.12)
        yield step, shown(line)


def shown(line: Line) -> str:
    return "".join(f"{text.rstrip()}\n" for text in line.text().translate(NO_THUMBS).split("\n"))


def compare(line: Line, step: Step, size: tuple[int, int]) -> None:
    """The screen comes to be as it was when somebody last looked at it and found it good."""
    path = CAPTURES / f"{size[0]}x{size[1]}" / f"{step.name}.txt"
    if IS_RENEWING:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(shown(line), encoding="utf-8")
    golden = path.read_text(encoding="utf-8")
    end = time.monotonic() + line.patience
    while shown(line) != golden and time.monotonic() < end:
        line.settle(0.1)
    assert shown(line) == golden


def luminance(colour: str) -> float:
    channels = [value / 255 for value in PAINTED[colour]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(colour: str, background: float) -> float:
    """As WCAG counts it, on a background of this luminance."""
    lighter, darker = sorted((luminance(colour), background), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def check_paint(line: Line, step: Step, size: tuple[int, int], *, has_colour: bool = True) -> None:
    """The colours are the terminal's own, readable on black and on white; the cursor's line is reversed throughout."""
    for row, column in product(range(size[1]), range(size[0])):
        cell = line.cell(row, column)
        if cell.bg == cell.fg == "default" or cell.data in "▀▄█":
            continue  # of the coloured ones, a picture's pixel or a scroll bar
        where = f"{step.name}, line {row + 1}, column {column + 1}: {cell}"
        assert cell.bg == "default", where
        if cell.data.strip():
            assert has_colour, where
            assert cell.fg in PAINTED, f"no colour of the terminal's own: {where}"
            least = 1.5 if cell.data in LINES else 3
            assert min(contrast(cell.fg, 0), contrast(cell.fg, 1)) >= least, f"vanishes on some background: {where}"
    if step.has_cursor:
        at = line.cursor
        assert at >= 0, f"{step.name}: no cursor"
        reversed_cells = [line.cell(at, column).reverse for column in range(size[0] - 1)]
        beside = line.screen()[at].find("│")
        is_whole = all(reversed_cells[: beside - 1 if beside > 0 else None])
        assert is_whole, f"{step.name}: the cursor's line is not reversed"


def check_cuts(line: Line, step: Step, size: tuple[int, int]) -> None:
    """No word runs into the edge of the screen, where one could not know whether it goes on; a day is a day."""
    wider = (CAPTURES / "80x24" / f"{step.name}.txt").read_text(encoding="utf-8")
    for row, text in enumerate(line.screen()):
        last = line.cell(row, size[0] - 1).data
        is_whole = _DAY.search(text) or f"{text}\n" in wider
        assert not last.isalnum() or is_whole, f"{step.name}, line {row + 1} is cut: {text}"


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_every_screen_is_as_it_was_found_good(size: tuple[int, int]) -> None:
    for words, steps in (((), STEPS), (("bare",), BARE)):
        with Line(fixed(*words), size, {"HOME": "/home/kim", "TEXTUAL_ANIMATIONS": "none"}) as line:
            for step, _ in walk(line, steps):
                compare(line, step, size)
                check_paint(line, step, size)
                check_cuts(line, step, size)
            line.send("\x11")
            assert line.exit_code() == 0


@pytest.mark.parametrize(
    ("env", "has_colour"), [({"NO_COLOR": "1"}, False), ({"TERM": "xterm", "COLORTERM": ""}, True)], ids=["none", "16"]
)
def test_with_fewer_colours_the_same_is_said(env: dict[str, str], has_colour: bool) -> None:
    size = SIZES[0]
    with Line(fixed(), size, {"HOME": "/home/kim", "TEXTUAL_ANIMATIONS": "none", **env}) as line:
        for step, _ in walk(line, STEPS):
            if not IS_RENEWING:
                compare(line, step, size)
            check_paint(line, step, size, has_colour=has_colour)
        line.send("\x11")
        assert line.exit_code() == 0
