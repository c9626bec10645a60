"""What a person at the browser has of a fault: the rows, the cursor, the `!`, the sentence and the remedy."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from invoicetui.session import vendor_facts
from invoicetui.ui.app import InvoicetuiApp
from tests.faults.bench import Bench
from tests.faults.conftest import Start
from tests.faults.outcomes import OUTCOMES
from tests.faults.test_outcomes import said
from tests.servers.opterius import FakeOpterius
from tests.ui.browsing import Browser

#: One fault of every kind, each at another vendor.
SAMPLE = {
    "401": "northflank",
    "403 in HTML": "meteroid",
    "429, back in an hour": "versori",
    "503": "opterius",
    "moved to another host": "voxmind",
    "cut": "northflank",
    "a web page": "meteroid",
}


@asynccontextmanager
async def browser_over(bench: Bench, size: tuple[int, int] = (100, 30)) -> AsyncIterator[Browser]:
    """The browser over a bench; whoever made the bench closes its session."""
    app = InvoicetuiApp(bench.session, config=bench.config, vendors=vendor_facts())
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        yield Browser(app, pilot, bench.session)


def listed(browser: Browser) -> list[str]:
    """The rows on the screen, without the bar at their side; the one with the cursor begins with `>`."""
    width = browser.app.size.width - 1
    return [line[:width].rstrip() for line in browser.lines()[2:-2] if line.strip()]


def words(browser: Browser) -> str:
    """The whole screen with its lines joined, as sentences run on from one to the next."""
    return " ".join(browser.text.split())


async def test_rows_and_cursor_stay_and_the_trouble_is_told_with_its_remedy(start: Start) -> None:
    bench = start()
    async with browser_over(bench) as browser:
        await browser.rests()
        await browser.press("j", "j", "j")
        await browser.rests()
        for name, vendor in SAMPLE.items():
            before, outcome = listed(browser), OUTCOMES[name]
            assert any(line.startswith(">") for line in before)
            bench.switches[vendor].on(outcome.change(bench.running[vendor].fake))
            await browser.press("r")
            await browser.sees(f"! {vendor}: {outcome.kind}", "(1!)")
            await browser.rests()
            assert listed(browser) == before, name
            await browser.press("exclamation_mark")
            await browser.sees(f"{vendor} ({vendor})")
            assert said(outcome, name, vendor) in words(browser), name
            assert outcome.remedy in words(browser), name
            assert bench.running[vendor].fake.token not in browser.text
            await browser.press("q")
            bench.off()
            await browser.press("r")
            await browser.until(lambda: "!" not in browser.text)
            await browser.rests()
            assert listed(browser) == before, name


async def test_old_rows_stay_while_an_answer_is_late_and_whoever_leaves_finds_them_again(start: Start) -> None:
    bench = start({"hosting": FakeOpterius(7)}, size=100)
    let_go = threading.Event()
    async with browser_over(bench) as browser:
        await browser.sees("7 of 7")
        await browser.rests()
        before = listed(browser)
        bench.switches["hosting"].on(lambda reply: replace(reply, hold=let_go))
        await browser.press("r")
        await browser.until(lambda: bench.switches["hosting"].struck)
        assert listed(browser) == before, "old rows stay while new ones load"
        await browser.press("h")
        await browser.sees("All accounts")
        await browser.press("enter")
        await browser.sees("7 of 7")
        bench.off()
        let_go.set()
        await browser.rests()
        assert listed(browser) == before
        assert "!" not in browser.text
        await browser.press("r")
        await browser.rests()
        assert bench.wrong("hosting") == []
