"""The invoice list under the mouse, in the themes, and the marks on its header."""

from __future__ import annotations

import pytest
from rich.style import Style
from textual.events import MouseScrollDown
from textual.geometry import Region

from invoicetui.ledger.order import Sort
from tests.ui.rows import Rows
from tests.ui.table_program import TableProgram, painted, texts


async def test_the_mark_of_the_order() -> None:
    app = TableProgram(Rows(range(5)))
    async with app.run_test(size=(80, 10)) as pilot:
        table = app.table
        for sort, title in (
            (Sort("date", descending=False), "DATE ^"),
            (Sort("status"), "ST v"),
            (Sort("number"), "NUMBER v"),
            (Sort("vendor", descending=False), "ACCOUNT ^"),
            (Sort("total"), " TOTAL v"),
            (Sort("due"), "DUE v"),
        ):
            table.show(Rows(range(5)), keep=0, sort=sort)
            await pilot.pause()
            assert title in texts(table)[0]
            assert texts(table)[0].count(" v") + texts(table)[0].count(" ^") == 1
        table.show(Rows(range(5)), keep=0)
        await pilot.pause()
        assert "DUE v" in texts(table)[0], "the mark stays"


async def test_the_mouse() -> None:
    app = TableProgram(Rows(range(100)))
    async with app.run_test(size=(80, 23)) as pilot:
        table = app.table
        await pilot.pause()
        app.heard.clear()
        await pilot.click(table, offset=(5, 4))
        assert table.cursor == 3
        assert app.heard == [("cursor", 3)]
        await pilot.click(table, offset=(5, 4))
        assert app.heard == [("cursor", 3), ("activated", 3)]
        app.heard.clear()
        await pilot.double_click(table, offset=(5, 6))
        assert app.heard == [("cursor", 5), ("activated", 5)]
        app.heard.clear()
        for x in (3, 15, 30, 48, 60, 77):
            await pilot.click(table, offset=(x, 0))
        assert [sort for _, sort in app.heard] == ["date", "vendor", "number", "status", "total", "due"]
        await pilot.click(table, offset=(27, 0))
        assert len(app.heard) == 6, "between two columns"
        table.show(Rows([]))
        await pilot.pause()
        app.heard.clear()
        await pilot.click(table, offset=(5, 4))
        assert app.heard == []


async def test_the_wheel_scrolls_and_leaves_the_cursor() -> None:
    app = TableProgram(Rows(range(100)))
    async with app.run_test(size=(80, 23)) as pilot:
        await pilot.pause()
        app.table.post_message(MouseScrollDown(app.table, 5, 5, 0, 0, 0, False, False, False))
        await pilot.pause()
        assert app.table.cursor == 0
        assert app.table.first_visible > 0
        assert ("window", app.table.first_visible) in app.heard


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light", "textual-dark", "textual-light"])
async def test_the_cursor_row_is_reversed_in_every_theme(theme: str) -> None:
    app = TableProgram(Rows(range(10)), theme)
    async with app.run_test(size=(80, 10)) as pilot:
        await pilot.pause()
        (focused,) = painted(app.table)[1]
        app.table.blur()
        await pilot.pause()
        (blurred,) = painted(app.table)[1]
        assert focused.style is not None
        assert blurred.style is not None
        assert focused.style.reverse
        assert blurred.style.reverse
        assert focused.style != blurred.style, "one sees which pane has the focus"


async def test_another_theme_paints_other_colours() -> None:
    app = TableProgram(Rows(range(10)), "textual-dark")
    async with app.run_test(size=(80, 10)) as pilot:
        await pilot.pause()
        before = painted(app.table)[2]
        app.theme = "textual-light"
        await pilot.pause()
        after = painted(app.table)[2]
        assert before.text == after.text
        assert [segment.style for segment in before] != [segment.style for segment in after]


async def test_the_bar_moves_with_the_rows_and_is_drawn_only_then() -> None:
    app = TableProgram(Rows(range(100_000)))
    async with app.run_test(size=(80, 23)) as pilot:
        bar = app.table.vertical_scrollbar
        await pilot.pause()

        def drawn() -> list[list[Style | None]]:
            return [[segment.style for segment in strip] for strip in bar.render_lines(Region(0, 0, 1, 21))]

        top = drawn()
        app.table.move_to_end()
        await pilot.pause()
        bottom = drawn()
        assert bottom != top
        assert bar.position == app.table.scroll_y
        app.table.move_to(50_000)
        await pilot.pause()
        app.table.move_to(app.table.first_visible - 1)
        assert not bar._repaint_required, "a row in a hundred thousand is not seen on it"
        await pilot.pause()
        assert bar.position == app.table.scroll_y
        app.table.move_to(0)
        await pilot.pause()
        assert drawn() == top
