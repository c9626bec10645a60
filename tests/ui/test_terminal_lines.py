"""The exact bytes that make a terminal show another frame."""

from __future__ import annotations

import pytest
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region, Size
from textual.strip import Strip

from invoicetui.ui.terminal_lines import TerminalLines

WIDTH, HEIGHT = 12, 8
SIZE = Size(WIDTH, HEIGHT)


def strip(text: str, style: Style | None = None, width: int = WIDTH) -> Strip:
    return Strip([Segment(text + " " * (width - Segment(text).cell_length), style)], width)


def frame(*lines: str | Strip) -> LayoutUpdate:
    strips = [line if isinstance(line, Strip) else strip(line) for line in lines]
    strips += [strip("")] * (HEIGHT - len(lines))
    return LayoutUpdate([[one] for one in strips], Region(0, 0, WIDTH, HEIGHT))


def part(y: int, pieces: dict[int, Strip], start: int, end: int) -> ChopsUpdate:
    """One line painted again from column `start` to `end`."""
    chops = [pieces if at == y else {0: None} for at in range(HEIGHT)]
    ends = [[x + piece.cell_length for x, piece in pieces.items()] if at == y else [WIDTH] for at in range(HEIGHT)]
    return ChopsUpdate(chops, [(y, start, end)], ends)


def shown(*lines: str | Strip) -> TerminalLines:
    terminal = TerminalLines(Console(color_system="truecolor", force_terminal=True))
    terminal.take(frame(*lines), SIZE)
    return terminal


def test_lines_that_moved_up_are_moved_by_the_terminal() -> None:
    terminal = shown("head", *(f"row number {at}" for at in range(7)))
    update = frame("head", *(f"row number {at}" for at in range(1, 8)))
    assert terminal.changes(update, SIZE) == "\x1b[m\x1b[2;8r\x1b[2;1H\x1b[1M\x1b[r\x1b[8;1Hrow number 7"
    assert terminal.changes(update, SIZE) == "", "and are known to stand there"


def test_lines_that_moved_down_are_moved_by_the_terminal() -> None:
    terminal = shown("head", *(f"row number {at}" for at in range(2, 8)), "foot")
    update = frame("head", *(f"row number {at}" for at in range(6)), "foot")
    changes = "\x1b[m\x1b[2;7r\x1b[2;1H\x1b[2L\x1b[r\x1b[2;1Hrow number 0\x1b[3;1Hrow number 1"
    assert terminal.changes(update, SIZE) == changes


def test_lines_that_stand_still_beside_those_that_move_are_made_whole() -> None:
    terminal = TerminalLines(Console(color_system="truecolor", force_terminal=True))

    def beside(first: int) -> LayoutUpdate:
        lines = [
            [strip(f"row {first + y:04}", width=8), strip("side" if y == 3 else "", width=4)] for y in range(HEIGHT)
        ]
        return LayoutUpdate([*lines], Region(0, 0, WIDTH, HEIGHT))

    terminal.take(beside(1998), SIZE)
    changes = terminal.changes(beside(1999), SIZE)
    assert changes == "\x1b[m\x1b[1;8r\x1b[1;1H\x1b[1M\x1b[r\x1b[3;9H    \x1b[4;9Hside\x1b[8;1Hrow 2006", (
        "the line that came is empty"
    )


def test_what_came_from_nowhere_is_not_moved() -> None:
    terminal = shown(*(f"row number {at}" for at in range(8)))
    changes = terminal.changes(frame(*(f"row numbeR {at + 20}" for at in range(8))), SIZE)
    assert changes is not None
    assert "r\x1b" not in changes


def test_only_cells_that_differ_are_sent() -> None:
    terminal = shown("abcdefghijkl", "xyz")
    assert terminal.changes(frame("abXdefghijkl", "xyz"), SIZE) == "\x1b[1;3HX"
    assert terminal.changes(frame("YbXdefghijkZ", "xyz"), SIZE) == "\x1b[1;1HY\x1b[1;12HZ"
    assert terminal.changes(frame("1bXd2fghijkZ", "xyz"), SIZE) == "\x1b[1;1H1bXd2", "a move takes longer"
    assert terminal.changes(part(1, {0: strip("xYz")}, 0, WIDTH), SIZE) == "\x1b[2;2HY"


def test_text_that_goes_is_erased() -> None:
    terminal = shown("ab")
    assert terminal.changes(frame("ab"), SIZE) == ""
    wide = TerminalLines(Console(color_system="truecolor", force_terminal=True))
    lines = ["name                value          more", ""]
    size = Size(40, 2)

    def of(*lines: str | Strip) -> LayoutUpdate:
        strips = [[line if isinstance(line, Strip) else strip(line, width=40)] for line in lines]
        return LayoutUpdate(strips, Region(0, 0, 40, 2))

    wide.take(of(*lines), size)
    assert wide.changes(of("na", ""), size) == "\x1b[1;3H\x1b[37X"
    wide.take(of(*lines), size)
    on_blue = strip("na", Style(bgcolor="blue"), width=40)
    assert "X" not in (wide.changes(of(on_blue, ""), size) or "X"), "erasing leaves no background"


def test_a_style_is_named_when_it_changes_and_default_colours_never() -> None:
    default = Style.parse("default on default")
    terminal = shown()
    lines = (strip("a b", default + Style(bold=True)), strip("cc", default + Style(bold=True)), strip("d", default))
    assert terminal.changes(frame(*lines), SIZE) == "\x1b[1;1H\x1b[1ma b\x1b[2;1Hcc\x1b[3;1H\x1b[md"
    coloured = strip("", Style.parse("color(39) on rgb(39,49,39)"))
    assert terminal.changes(frame(coloured), SIZE) == (
        "\x1b[1;1H\x1b[48;2;39;49;39m            \x1b[2;1H\x1b[m  \x1b[3;1H "
    )


def test_a_cursor_that_moves() -> None:
    reverse = Style(reverse=True)
    terminal = shown(strip("> one", reverse), "  two")
    changes = terminal.changes(frame("  one", strip("> two", reverse)), SIZE)
    assert changes == "\x1b[1;1H  one       \x1b[2;1H\x1b[7m> two       \x1b[m"


def test_a_line_with_characters_that_are_not_ascii_is_sent_whole() -> None:
    terminal = shown("東京 x", "Café x")
    assert terminal.changes(frame("東京 y", "Café y"), SIZE) == "\x1b[1;1H東京 y      \x1b[2;1HCafé y      "


def test_what_is_painted_over_in_part_is_known_unless_a_wide_character_was_cut() -> None:
    terminal = shown("abcdefghijkl", "a東京bcdefg")
    assert terminal.changes(part(0, {0: strip("AB", width=2), 2: strip("", width=10)}, 0, 2), SIZE) == "\x1b[1;1HAB"
    rest = part(0, {0: strip("AB", width=2), 2: strip("cdefghijkl", width=10)}, 0, WIDTH)
    assert terminal.changes(rest, SIZE) == ""
    assert terminal.changes(part(1, {0: strip("AB", width=2), 2: strip("", width=10)}, 0, 2), SIZE) == "\x1b[2;1HAB"
    rest = part(1, {0: strip("AB", width=2), 2: strip("", width=10)}, 0, WIDTH)
    assert terminal.changes(rest, SIZE) == "\x1b[2;3H          ", "no cell of it is known"


def test_lines_that_are_not_wholly_known_are_not_moved() -> None:
    rows = [f"{at} 東京 {at}" for at in range(10)]
    terminal = shown(*rows[:8])
    terminal.changes(part(4, {0: strip("ABC", width=3), 3: strip("", width=9)}, 0, 3), SIZE)
    lines = {y: strip(rows[y + 1]) for y in range(HEIGHT)}
    update = ChopsUpdate(
        [{0: lines[y]} if y != 4 else {0: strip("ABC", width=3), 3: strip("", width=9)} for y in range(HEIGHT)],
        [(y, 0, WIDTH if y != 4 else 3) for y in range(HEIGHT)],
        [[WIDTH] if y != 4 else [3, WIDTH] for y in range(HEIGHT)],
    )
    changes = terminal.changes(update, SIZE)
    assert changes is not None
    assert "M" not in changes


def test_lines_are_known_again_however_many_there_were() -> None:
    terminal = shown(*(f"row number {at}" for at in range(8)))
    for first in range(1, 700):
        rows = [f"row number {number:06}"[-WIDTH:] for number in range(first, first + 8)]
        changes = terminal.changes(frame(*rows), SIZE)
        if first > 1:
            assert changes == f"\x1b[m\x1b[1;8r\x1b[1;1H\x1b[1M\x1b[r\x1b[8;1H{rows[-1]}"
    assert len(terminal._pieces) <= 600


@pytest.mark.parametrize("update", [None, "text", LayoutUpdate([], Region(0, 0, 3, 2))])
def test_anything_else_is_left_to_textual(update: object) -> None:
    terminal = shown("abc")
    assert terminal.changes(update, SIZE) is None
    terminal.take(update, SIZE)
    assert not terminal.is_known


def test_nothing_is_known_of_another_size_or_of_what_was_forgotten() -> None:
    terminal = shown("abc")
    assert terminal.changes(frame("abc"), Size(WIDTH + 1, HEIGHT)) is None
    assert terminal.changes(part(0, {0: strip("abd")}, 0, WIDTH), Size(WIDTH + 1, HEIGHT)) is None
    terminal.forget()
    assert terminal.changes(frame("abc"), SIZE) is None
    terminal.take(part(0, {0: strip("abc")}, 0, WIDTH), SIZE)
    assert not terminal.is_known, "a part does not say what stands elsewhere"
