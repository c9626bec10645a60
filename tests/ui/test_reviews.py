"""Rows that come while a view is made: quick views follow every change, slow ones are not overtaken."""

from __future__ import annotations

from concurrent.futures import Future

from textual.app import App
from textual.screen import Screen

from invoicetui.ui.reviews import Reviews


class Counting(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def review(self) -> None:
        self.count += 1


async def test_quick_views_follow_at_once_slow_ones_when_the_last_one_is_over() -> None:
    app = Counting()
    async with app.run_test() as pilot:
        screen = app.screen
        assert isinstance(screen, Screen)
        reviews = Reviews(screen, app.review)
        reviews.rows_came()
        reviews.rows_came()
        assert app.count == 2
        view: Future[str] = Future()
        app.set_timer(0.05, lambda: view.set_result("rows"))
        assert await reviews.read(view) == "rows"
        for _ in range(10):
            reviews.rows_came()
        assert app.count == 2, "not yet"
        await pilot.pause(0.3)
        assert app.count == 3, "once for all of them"
        reviews.rows_came()
        await pilot.pause(0.3)
        assert app.count == 4
