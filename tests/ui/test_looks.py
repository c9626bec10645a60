"""Filters and orders that come back, and lists that open where they were left."""

from __future__ import annotations

from invoicetui.ui.table import InvoiceTable
from tests.conftest import ConfigFor, Serve
from tests.servers.meteroid import FakeMeteroid
from tests.servers.opterius import FakeOpterius
from tests.ui.browsing import Browser, browsing
from tests.ui.test_browsing import marked_row


def number_in(line: str) -> str:
    return next(word for word in line.split() if word.startswith(("INV-", "draft")))


def number(browser: Browser) -> str:
    """The number of the invoice that the cursor is on."""
    return number_in(marked_row(browser))


async def test_undo_brings_filters_and_orders_back_and_redo_takes_them_again(
    serve: Serve, config_for: ConfigFor
) -> None:
    async with browsing(config_for({"hosting": serve(FakeOpterius(50))}), (120, 40)) as browser:
        await browser.sees("50 of 50")
        await browser.press("u")
        await browser.sees("there is no filter or order to bring back")
        await browser.press("slash", *"status:paid", "enter")
        await browser.sees(" / status:paid")
        await browser.press("s", "t")
        await browser.sees("by total")
        await browser.press("escape")
        await browser.sees(" / filter")
        for key, words in (
            ("u", " / status:paid · by total"),
            ("u", " / status:paid · by date"),
            ("u", "no filter · by date"),
            ("ctrl+y", " / status:paid · by date"),
        ):
            await browser.press(key)
            await browser.sees(words)
        await browser.press("S")
        await browser.sees("by date, reversed")
        await browser.press("ctrl+y")
        await browser.sees("nothing was taken back"), "a change of one's own ends what could be taken again"


async def test_a_filter_that_is_given_up_is_nothing_to_come_back_to(serve: Serve, config_for: ConfigFor) -> None:
    async with browsing(config_for({"hosting": serve(FakeOpterius(50))})) as browser:
        await browser.sees("50 of 50")
        await browser.press("slash", *"zzz", "escape", "u")
        await browser.sees("there is no filter or order to bring back", "50 of 50")


async def test_the_cursor_stays_on_its_invoice_back_and_forth(serve: Serve, config_for: ConfigFor) -> None:
    async with browsing(config_for({"hosting": serve(FakeOpterius(50))})) as browser:
        await browser.sees("50 of 50")
        await browser.press("slash", *"status:paid", "enter")
        await browser.until(lambda: "50 of 50" not in browser.text and "PAID" in marked_row(browser))
        await browser.press("j", "j", "j")
        paid = number(browser)
        await browser.press("escape")
        await browser.sees("50 of 50")
        await browser.until(lambda: number(browser) == paid)
        await browser.press("g", "j", "j")
        assert "OPEN" in marked_row(browser)
        await browser.press("u")
        await browser.sees("back to: / status:paid", "35 shown")
        assert number(browser) == paid, "the row the filter was left on, for the cursor's own is not there"
        await browser.press("k", "u")
        await browser.sees("back to: no filter", "50 of 50")
        assert number(browser) == "INV-2026-00347", "and its own where it is"


async def test_a_list_opens_on_the_row_it_was_left_on(serve: Serve, config_for: ConfigFor) -> None:
    configured = config_for({"billing": serve(FakeMeteroid(300)), "hosting": serve(FakeOpterius(50))})
    async with browsing(configured) as browser:
        await browser.sees("150 of 350 loaded")
        await browser.rests()
        # Below the two pages that a list shows before it knows all its rows.
        await browser.press(*["ctrl+f"] * 4)
        table = browser.app.screen.query_one(InvoiceTable)
        assert table.cursor > 60
        await browser.pilot.pause()
        left = number(browser)
        assert left != number_in(browser.lines()[3])
        await browser.press("h")
        await browser.sees("All accounts")
        await browser.press("enter")
        await browser.sees("accounts > inbox")
        await browser.rests()
        assert number(browser) == left
        await browser.press("h")
        await browser.sees("All accounts")
        await browser.press("j", "enter")
        await browser.sees("accounts > billing")
        await browser.rests()
        assert number(browser) == number_in(browser.lines()[3]), "a list that was never left opens on its first row"
