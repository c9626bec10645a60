"""Menus, questions and notices: whole sentences at every width, and a click for everything a key does."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

from invoicetui.ui.app import InvoicetuiApp
from invoicetui.ui.menu import Item, Menu, Notice, Question

REASON = "there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set, so no window can be shown from here"
ITEMS = [Item("desktop", REASON, is_possible=False), Item("page view", "works everywhere"), Item("株式会社", REASON)]


class Bottom(App[None]):
    """An app with one of them over it."""

    def __init__(self, over: Screen[Any]) -> None:
        folder = Path(inspect.getfile(InvoicetuiApp)).parent
        super().__init__(css_path=[folder / "app.tcss", folder / "others.tcss"])
        self.over, self.answers = over, list[Any]()

    def on_mount(self) -> None:
        self.push_screen(self.over, self.answers.append)

    def lines(self) -> list[str]:
        strips = self.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip).rstrip() for strip in strips][: self.size.height]

    def where(self, words: str) -> tuple[int, int]:
        return next((line.index(words), y) for y, line in enumerate(self.lines()) if words in line)


@asynccontextmanager
async def over(screen: Screen[Any], size: tuple[int, int] = (80, 24)) -> AsyncIterator[tuple[Bottom, Pilot[None]]]:
    app = Bottom(screen)
    async with app.run_test(size=size, tooltips=True, notifications=True) as pilot:
        await pilot.pause()
        yield app, pilot


def words(lines: list[str]) -> str:
    return " ".join(" ".join(lines).split())


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 20), (40, 30)])
async def test_a_reason_is_never_cut(size: tuple[int, int]) -> None:
    async with over(Menu("show with", ITEMS, 1), size) as (app, _):
        assert words(app.lines()).count(REASON) == 2
        assert "(2 of 3)" not in words(app.lines())


async def test_of_a_menu_that_has_no_room_the_cursors_item_is_in_sight() -> None:
    async with over(Menu("show with", ITEMS), (40, 10)) as (app, pilot):
        for at in (1, 2, 3):
            assert f"show with ({at} of 3)" in words(app.lines())
            (first, *_) = [line for line in app.lines() if line.startswith(">")]
            assert ITEMS[at - 1].label[:4] in first
            assert words(app.lines()).endswith("esc closes")
            await pilot.press("j")


async def test_a_click_chooses_the_item_whose_line_it_is_on() -> None:
    async with over(Menu("show with", ITEMS, 1)) as (app, pilot):
        x, y = app.where("page view")
        await pilot.click(offset=(x, y - 1))
        assert app.answers == [], "the second line of what is not possible"
        await pilot.click(offset=(x, y + 2))
        assert app.answers == [2], "the second line of the third"


@pytest.mark.parametrize(("part", "answer"), [("number chooses", [1]), ("esc closes", [None])])
async def test_what_can_be_done_is_done_by_a_click(part: str, answer: list[int | None]) -> None:
    async with over(Menu("show with", ITEMS, 1)) as (app, pilot):
        await pilot.click(offset=app.where(part))
        assert app.answers == answer


async def test_a_click_beside_a_menu_closes_it() -> None:
    async with over(Menu("show with", ITEMS, 1)) as (app, pilot):
        await pilot.click(offset=app.where("show with"))
        assert app.answers == []
        await pilot.click(offset=(5, 1))
        assert app.answers == [None]


@pytest.mark.parametrize(("part", "answer"), [("y yes", [True]), ("n no", [False])])
async def test_a_question_is_answered_by_a_click_on_the_answer_only(part: str, answer: list[bool]) -> None:
    async with over(Question("Fetch it from there?", "No token is sent there.")) as (app, pilot):
        await pilot.click(offset=(5, 1))
        await pilot.click(offset=app.where("Fetch"))
        assert app.answers == []
        await pilot.click(offset=app.where(part))
        assert app.answers == answer


async def test_a_long_notice_can_be_read_to_its_end() -> None:
    text = " ".join(f"word{number}" for number in range(400))
    async with over(Notice("copied", text), (60, 20)) as (app, pilot):
        assert "word0 " in words(app.lines())
        assert "word399" not in words(app.lines())
        for _ in range(60):
            await pilot.press("j")
        assert "word399" in words(app.lines())
        await pilot.press("k")
        await pilot.click(offset=app.where("esc closes"))
        assert app.answers == [None]
