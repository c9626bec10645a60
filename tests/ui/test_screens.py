"""Golden screens: the demo on a fixed day, as plain text that a diff can show.

To renew them after looking at every one: INVOICETUI_NEW_SCREENS=1 python -m pytest tests/ui/test_screens.py
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from invoicetui.credentials import Credentials
from invoicetui.demo.world import World
from invoicetui.ledger.store import Store
from invoicetui.session import Session
from invoicetui.ui.app import InvoicetuiApp
from tests.ui.browsing import Browser

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SCREENS = Path(__file__).parent / "screens"
# Read now: tests run without variables of this name.
IS_RENEWING = bool(os.environ.get("INVOICETUI_NEW_SCREENS"))
#: In which eighth of a line a scroll bar's thumb ends depends on when the last page came, and is not looked at.
NO_THUMBS = str.maketrans(dict.fromkeys("\u2581\u2582\u2583\u2584\u2585\u2586\u2587", " "))
SIZES = {"80x24": (80, 24), "120x40": (120, 40)}


async def at_once(seconds: float) -> None:
    """The demo's vendors do not keep a test waiting."""


@asynccontextmanager
async def demo(size: tuple[int, int]) -> AsyncIterator[Browser]:
    world = World(NOON.date(), sleep=at_once)
    transport = world.transport()
    credentials = Credentials(environ={})
    for account in world.accounts:
        credentials.use_for_session(account, world.token(account.id))
    store = Store.open(None, clock=lambda: NOON)
    session = Session(world.accounts, store, credentials, clock=lambda: NOON, http=lambda account: transport)
    app = InvoicetuiApp(session)
    try:
        async with app.run_test(size=size) as pilot:
            browser = Browser(app, pilot, session)
            await browser.sees("7 accounts (1!)")
            await browser.rests()
            yield browser
    finally:
        session.close()


async def compare(browser: Browser, name: str) -> None:
    """The screen is, or soon becomes, as it was when somebody last looked at it and found it good."""
    path = SCREENS / f"{name}.txt"
    if IS_RENEWING:
        path.parent.mkdir(exist_ok=True)
        path.write_text(shown(browser), encoding="utf-8")
    good, end = path.read_text(encoding="utf-8"), time.monotonic() + 3
    while shown(browser) != good and time.monotonic() < end:
        await browser.pilot.pause(0.02)
    assert shown(browser) == good


def shown(browser: Browser) -> str:
    return "".join(f"{line.rstrip()}\n" for line in browser.text.translate(NO_THUMBS).split("\n"))


async def settled(browser: Browser) -> None:
    """Wait until no page brings another: a filtered list asks for more by itself, one after the other."""
    before = ""
    while before != browser.text:
        before = browser.text
        await browser.rests()
        await browser.rests()


@pytest.mark.parametrize("size", SIZES)
async def test_the_list_and_what_lies_around_it(size: str) -> None:
    async with demo(SIZES[size]) as browser:
        await compare(browser, f"inbox-{size}")
        await browser.press("s")
        await browser.sees("sort by")
        await browser.pilot.pause(0.1)
        await compare(browser, f"sorting-{size}")
        await browser.press("escape", "question_mark")
        await browser.sees("keys that work here")
        await browser.pilot.pause(0.1)
        await compare(browser, f"help-{size}")
        await browser.press("q", "exclamation_mark")
        await browser.sees("what to do")
        await browser.pilot.pause(0.1)
        await compare(browser, f"problems-{size}")
        await browser.press("q", "colon")
        await browser.sees("inbox  accounts  open")
        await browser.pilot.pause(0.1)
        await compare(browser, f"command-{size}")
        await browser.press("escape", "h")
        await browser.sees("All accounts")
        await browser.rests()
        await compare(browser, f"accounts-{size}")
        # A filtered list asks for more by itself, so that from here on it depends on the clock how much is loaded.
        await browser.press("enter", "slash", *"status:late", "enter")
        await settled(browser)
        await compare(browser, f"filtered-{size}")


@pytest.mark.parametrize("size", SIZES)
async def test_one_invoice(size: str) -> None:
    async with demo(SIZES[size]) as browser:
        await browser.press("slash", *"HR-2026-10705", "enter", "g", "enter")
        await browser.sees("Subtotal", "partial; the vendor")
        await browser.rests()
        await compare(browser, f"summary-{size}")
        for tab in ("lines", "tax", "usage", "pdf", "raw"):
            await browser.press("right_square_bracket")
            await browser.pilot.pause()
            if tab == "pdf":
                await browser.sees("1 page", "INVOICE")
            await compare(browser, f"{tab}-{size}")
