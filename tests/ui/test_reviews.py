"""Rows that come while a view is made: quick views follow every change, slow ones are not overtaken."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections import Counter
from concurrent.futures import Future
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from textual.app import App
from textual.screen import Screen

from invoicetui.ledger.query import parse
from invoicetui.ledger.store import Sort, Store
from invoicetui.model import Payment
from invoicetui.ui.news import LedgerChanged
from invoicetui.ui.reviews import Reviews
from tests.ledger.ledgers import account, invoice, put
from tests.ui.browsing import now, over


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
        assert await reviews.read(asyncio.wrap_future(view)) == "rows"
        for _ in range(10):
            reviews.rows_came()
        assert app.count == 2, "not yet"
        await pilot.pause(0.3)
        assert app.count == 3, "once for all of them"
        reviews.rows_came()
        await pilot.pause(0.3)
        assert app.count == 4


async def test_rows_do_not_overtake_the_view_that_is_read_but_a_newer_wish_does() -> None:
    app = Counting()
    async with app.run_test() as pilot:
        screen = app.screen
        assert isinstance(screen, Screen)
        reviews = Reviews(screen, app.review)
        first: Future[str] = Future()
        second: Future[str] = Future()
        overtaken = asyncio.ensure_future(reviews.read(asyncio.wrap_future(first)))
        await pilot.pause()
        reviews.rows_came()
        await pilot.pause(0.05)
        assert app.count == 0
        wish = asyncio.ensure_future(reviews.read(asyncio.wrap_future(second)))
        await pilot.pause()
        overtaken.cancel()
        await pilot.pause()
        reviews.rows_came()
        assert app.count == 0
        second.set_result("rows")
        assert await wish == "rows"
        for _ in range(100):
            await pilot.pause(0.02)
            if app.count:
                break
        assert app.count == 1, "when it was read, for what came meanwhile"
        third: Future[str] = Future()
        last = asyncio.ensure_future(reviews.read(asyncio.wrap_future(third)))
        await asyncio.sleep(0)
        third.set_result("rows")
        assert await last == "rows"
        await pilot.pause(0.05)
        assert app.count == 1, "nothing came"
        reviews.next_is_quick()
        reviews.rows_came()
        assert app.count == 2, "nobody reads any more"


async def test_rows_that_waited_do_not_overtake_a_newer_wish_either() -> None:
    app = Counting()
    async with app.run_test() as pilot:
        screen = app.screen
        assert isinstance(screen, Screen)
        reviews = Reviews(screen, app.review)
        slow: Future[str] = Future()
        app.set_timer(0.04, lambda: slow.set_result("rows"))
        await reviews.read(asyncio.wrap_future(slow))
        reviews.rows_came()
        assert app.count == 0, "in a while"
        wish: Future[str] = Future()
        reading = asyncio.ensure_future(reviews.read(asyncio.wrap_future(wish)))
        await pilot.pause(0.4)
        assert app.count == 0
        wish.set_result("rows")
        assert await reading == "rows"


async def test_how_long_the_first_view_took_says_nothing_of_those_that_follow_it() -> None:
    app = Counting()
    async with app.run_test():
        screen = app.screen
        assert isinstance(screen, Screen)
        reviews = Reviews(screen, app.review)
        view: Future[str] = Future()
        app.set_timer(0.05, lambda: view.set_result("rows"))
        await reviews.read(asyncio.wrap_future(view))
        reviews.next_is_quick()
        reviews.rows_came()
        assert app.count == 1


async def test_a_page_is_shown_without_reading_the_list_again(tmp_path: Path) -> None:
    steps: Counter[str] = Counter()

    def connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = sqlite3.connect(*arguments, **options)
        connection.set_progress_handler(lambda: steps.update([threading.current_thread().name]), 10)
        return connection

    store, accounts = Store.open(tmp_path / "ledger.db", clock=now, connect=connect), (account("acme"),)
    newest = date(2026, 9, 30)
    async with over(accounts, {}, store=store, is_offline=True) as browser:

        async def comes(name: str, count: int, total: str) -> int:
            # What an account has open is added up again whenever it is written to; here that is nothing.
            days = [newest - timedelta(days=at // 25) for at in range(count)]
            put(store, [invoice(f"{name}-{at}", issued=day, payment=Payment.PAID) for at, day in enumerate(days)])
            steps.clear()
            browser.app.post_message(LedgerChanged(frozenset({"acme"})))
            await browser.sees(total)
            await browser.rests()
            return steps["invoicetui-reader"]

        await browser.rests()
        reviews = browser.app.screen._reviews  # type: ignore[attr-defined]  # the list's
        assert reviews._seconds == 0, "the first view was read as a whole; the next will not be"
        await comes("old", 5000, "5,000")
        assert reviews._seconds > 0
        await browser.press("down", "down")
        table = browser.app.screen.query_one("InvoiceTable")
        here = table.cursor_id  # type: ignore[attr-defined]  # the list's own table
        store.view(parse("", accounts), Sort(), ["acme"], newest)
        whole = steps["MainThread"]
        for number in range(3):
            assert await comes(f"new{number}", 50, f"{5050 + 50 * number:,}") < whole / 8
        assert table.cursor_id == here  # type: ignore[attr-defined]  # likewise
        found = list(browser.app.screen.shown_ids)  # type: ignore[attr-defined]  # the list of invoices
        assert found == list(store.view(parse("", accounts), Sort(), ["acme"], newest))
