"""Who reads an invoice goes on reading it, whichever way the terminal's width makes list and detail stand."""

from __future__ import annotations

from invoicetui.ui.table import InvoiceTable
from tests.conftest import ConfigFor, Serve
from tests.servers.meteroid import FakeMeteroid
from tests.ui.browsing import Browser, browsing

NARROW, WIDE = (80, 24), (120, 40)


async def stands(browser: Browser, screen: str, focus: str) -> None:
    """Wait until this kind of screen is on top and this kind of widget has the focus."""

    def is_so() -> bool:
        return (type(browser.app.screen).__name__, type(browser.app.focused).__name__) == (screen, focus)

    await browser.until(is_so)


async def test_from_beside_the_list_to_its_own_screen_and_back(serve: Serve, config_for: ConfigFor) -> None:
    async with browsing(config_for({"billing": serve(FakeMeteroid(20))}), WIDE) as browser:
        await browser.sees("20 of 20", "Subtotal")
        await browser.press("j", "j", "enter", "right_square_bracket")
        await browser.sees("[Lines]")
        await browser.pilot.resize_terminal(*NARROW)
        await stands(browser, "DetailScreen", "ReadingPane")
        await browser.sees("[Lines]")
        await browser.press("J", "right_square_bracket")
        await browser.sees("[Tax")
        await browser.pilot.resize_terminal(*WIDE)
        await stands(browser, "InvoicesScreen", "ReadingPane")
        await browser.sees("[Tax")
        assert browser.app.screen.query_one(InvoiceTable).cursor == 3, "the invoice that J went to"
        await browser.press("q")
        await stands(browser, "InvoicesScreen", "InvoiceTable")
        await browser.pilot.resize_terminal(*NARROW)
        await browser.until(lambda: "[Tax" not in browser.text)
        await stands(browser, "InvoicesScreen", "InvoiceTable")


async def test_under_another_screen_as_well(serve: Serve, config_for: ConfigFor) -> None:
    async with browsing(config_for({"billing": serve(FakeMeteroid(20))}), WIDE) as browser:
        await browser.sees("20 of 20", "Subtotal")
        await browser.press("enter", "question_mark")
        await stands(browser, "HelpScreen", "ReadingPane")
        await browser.pilot.resize_terminal(*NARROW)
        await browser.until(lambda: browser.lines()[0].startswith(" keys that work here"))
        await stands(browser, "HelpScreen", "ReadingPane")
        await browser.press("q")
        await stands(browser, "DetailScreen", "ReadingPane")
        await browser.press("question_mark")
        await stands(browser, "HelpScreen", "ReadingPane")
        await browser.pilot.resize_terminal(*WIDE)
        await browser.press("q")
        await stands(browser, "InvoicesScreen", "ReadingPane")
