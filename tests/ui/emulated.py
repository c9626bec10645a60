"""A terminal in this process: what an app writes is shown by pyte, and what it ought to show can be asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import pyte
from textual._compositor import LayoutUpdate
from textual.drivers.headless_driver import HeadlessDriver

from invoicetui.ui.scrolling import ScrollingApp


class Cell(NamedTuple):
    """What is seen of a cell: of a blank neither its colour nor its weight."""

    text: str
    colours: tuple[str, str]
    marks: tuple[bool, ...]


class Emulated(HeadlessDriver):
    """Writes to a pyte screen. It can be suspended, and whoever has the terminal meanwhile scribbles on it."""

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]  # handed through as they are
        width, height = self._get_terminal_size()
        self.screen = pyte.Screen(width, height)
        self._stream = pyte.Stream(self.screen)
        self.written: list[str] = []

    @property
    def is_headless(self) -> bool:
        return False

    @property
    def can_suspend(self) -> bool:
        return True

    def write(self, data: str) -> None:
        self.written.append(data)
        self._stream.feed(data)

    def stop_application_mode(self) -> None:
        super().stop_application_mode()
        self.scribble()

    def scribble(self) -> None:
        """Another program, a line that was not ours, or a terminal that lost its lines at a resize."""
        self._stream.feed("\x1b[2;5r\x1b[41m\x1b[1;1H" + "\x1b[2;3Hscribble \x1b[r\x1b[2J\x1b[4;1Hscribble\x1b[m")


@asynccontextmanager
async def emulated(app: ScrollingApp, size: tuple[int, int]) -> AsyncIterator[Emulated]:
    """A running app that believes it has a terminal."""
    app.driver_class = Emulated
    async with app.run_test(headless=False, size=size) as pilot:
        await pilot.pause()
        driver = app._driver
        assert isinstance(driver, Emulated)
        yield driver


def seen(screen: pyte.Screen) -> list[list[Cell]]:
    """Every cell, as it is seen."""
    return [[_cell(screen.buffer[y][x]) for x in range(screen.columns)] for y in range(screen.lines)]


def repainted(app: ScrollingApp, screen: pyte.Screen) -> list[list[Cell]]:
    """Every cell as Textual itself would paint all of them on a terminal that was cleared."""
    fresh = pyte.Screen(screen.columns, screen.lines)
    fresh.reset_mode(pyte.modes.DECAWM)
    update = app.screen._compositor.render_update(full=True, screen_stack=app._background_screens)
    assert isinstance(update, LayoutUpdate)
    pyte.Stream(fresh).feed(update.render_segments(app.console).replace("\n", ""))
    return seen(fresh)


def _cell(char: pyte.screens.Char) -> Cell:
    is_blank = char.data == " " and not (char.reverse or char.underscore or char.strikethrough or char.blink)
    marks = (char.bold, char.italics, char.underscore, char.strikethrough, char.reverse, char.blink)
    return Cell(char.data, ("" if is_blank else char.fg, char.bg), () if is_blank else marks)


def difference(one: list[list[Cell]], other: list[list[Cell]]) -> str:
    """Where two screens differ, in words; "" when they are the same."""
    lines = []
    for y, (left, right) in enumerate(zip(one, other, strict=True)):
        if left != right:
            at = next(x for x, (a, b) in enumerate(zip(left, right, strict=True)) if a != b)
            lines.append(f"line {y}, from column {at}: {left[at]} for {right[at]}\n  {_text(left)}\n  {_text(right)}")
    return "\n".join(lines)


def _text(cells: list[Cell]) -> str:
    return "".join(cell.text for cell in cells)
