"""The invoice beside the list: on and off, to the right and below, as wide as wished, and where it has no room."""

from __future__ import annotations

from invoicetui.ui.detail import DetailPane
from tests.conftest import ConfigFor, Serve
from tests.servers.meteroid import FakeMeteroid
from tests.ui.browsing import Browser, browsing


def pane(browser: Browser) -> DetailPane:
    return browser.app.screen.query_one(DetailPane)


async def test_on_and_off_right_and_below(serve: Serve, config_for: ConfigFor) -> None:
    async with browsing(config_for({"billing": serve(FakeMeteroid(20))}), (120, 40)) as browser:
        await browser.sees("20 of 20", "[Summary]", "Subtotal")
        await browser.press("tab", "p")
        await browser.until(lambda: "[Summary]" not in browser.text)
        await browser.sees("preview = off")
        assert type(browser.app.focused).__name__ == "InvoiceTable", "nobody types into what is not seen"
        await browser.press("enter")
        await browser.sees("accounts > inbox > INV")
        await browser.press("q", "j", "p")
        await browser.sees("preview = on", "[Summary]", "Subtotal")
        await browser.press("P")
        await browser.sees("preview_side = below", "Tax & payments")
        region, table = pane(browser).region, browser.app.screen.table.region  # type: ignore[attr-defined]  # of the list
        assert region.y == table.bottom
        assert region.width == table.width == 120
        number = next(line for line in browser.lines() if line.startswith("> ")).split()[2]
        await browser.until(lambda: any(number in line for line in browser.lines()[region.y :]))
        await browser.press("P")
        await browser.until(lambda: pane(browser).region.x > 60)


async def test_a_width_is_taken_and_leaves_the_list_its_room(serve: Serve, config_for: ConfigFor) -> None:
    async with browsing(config_for({"billing": serve(FakeMeteroid(20))}), (120, 40)) as browser:
        await browser.sees("20 of 20", "[Summary]")
        for wish, width in (("60", 60), ("120", 72), ("auto", 42)):
            browser.app.run_command(f"set preview_width={wish}")
            await browser.until(lambda width=width: pane(browser).region.width == width)


async def test_where_there_is_no_room_the_keys_say_what_helps(serve: Serve, config_for: ConfigFor) -> None:
    async with browsing(config_for({"billing": serve(FakeMeteroid(20))})) as browser:
        await browser.sees("20 of 20")
        await browser.press("p")
        await browser.sees("from 110 columns on; P puts it below the list")
        assert browser.app.habits.layout.preview
        await browser.press("P")
        await browser.sees("[Summary]", "Subtotal")
        await browser.pilot.resize_terminal(80, 16)
        await browser.until(lambda: "[Summary]" not in browser.text)
        await browser.press("p")
        await browser.sees("from 20 lines on; P puts it to the right")
        await browser.pilot.resize_terminal(80, 30)
        await browser.sees("[Summary]")


async def test_under_a_held_key_it_is_empty_until_the_cursor_rests(serve: Serve, config_for: ConfigFor) -> None:
    async with browsing(config_for({"billing": serve(FakeMeteroid(100))}), (120, 40)) as browser:
        await browser.sees("100 of 100", "[Summary]", "Subtotal")
        table = browser.app.screen.table  # type: ignore[attr-defined]  # of the list
        await browser.press(*["j"] * (table.page_rows - 1))
        assert "Subtotal" in browser.text, "nothing has scrolled yet"
        await browser.press(*["j"] * 3)
        assert "Subtotal" not in browser.text
        await browser.sees("[Summary]", "Subtotal")
        number = next(line for line in browser.lines() if line.startswith("> ")).split()[2]
        await browser.until(lambda: sum(number in line for line in browser.lines()) >= 2)
        await browser.press("j")
        assert "Subtotal" in browser.text, "a single step does not take it away"
