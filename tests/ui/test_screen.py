"""What screens are put together from, and what they paint where they have nothing to show."""

from __future__ import annotations

import pytest
from textual.binding import Binding
from textual.screen import Screen
from textual.widget import Widget

from invoicetui.config import Layout
from invoicetui.ui.detail import DetailPane
from invoicetui.ui.invoices import InvoicesScreen
from invoicetui.ui.screen import LedgerScreen, Part
from tests.conftest import ConfigFor, Serve
from tests.servers.meteroid import FakeMeteroid
from tests.ui.browsing import Browser, browsing, over

PARTS = [kind for kind in InvoicesScreen.__mro__[1:] if issubclass(kind, Part)]


def test_the_list_is_put_together_from_parts_that_are_no_screens() -> None:
    assert len(PARTS) >= 5
    assert not [kind for kind in PARTS if issubclass(kind, Screen)]


def test_the_keys_of_its_parts_are_the_lists_own() -> None:
    wanted = {one.id for kind in PARTS for one in kind.__dict__.get("BINDINGS", []) if isinstance(one, Binding)}
    bound = {one.id for _, one in InvoicesScreen._merged_bindings}
    assert {"invoices.undo", "invoices.tag", "invoices.sort", "invoices.filter", "list.into"} <= wanted
    assert wanted <= bound


def test_parts_handle_messages_by_name() -> None:
    """Textual collects decorated handlers of its own classes only."""
    assert not [name for kind in PARTS for name, value in vars(kind).items() if hasattr(value, "_textual_on")]


@pytest.mark.parametrize("side", ["right", "below"])
async def test_what_is_empty_is_painted_as_textual_paints_it(side: str) -> None:
    async with over((), {}, (120, 40), layout=Layout(preview_side=side)) as browser:
        await browser.app.push_screen(InvoicesScreen(browser.session, browser.app._desk, browser.app.habits))
        await browser.sees("inbox")
        screen = browser.app.screen
        for widget in (screen, screen.query_one(DetailPane)):
            assert not isinstance(widget, DetailPane) or not widget.children
            crop = widget.size.region if isinstance(widget, LedgerScreen) else widget.region.reset_offset
            ours = widget.render_lines(crop)
            widget.notify_style_update()
            assert [list(line) for line in ours] == [list(line) for line in Widget.render_lines(widget, crop)]


def _list(browser: Browser) -> InvoicesScreen:
    return next(screen for screen in browser.app.screen_stack if isinstance(screen, InvoicesScreen))


async def test_a_click_on_a_columns_title_sorts_and_one_on_the_cursors_row_opens_it(
    serve: Serve, config_for: ConfigFor
) -> None:
    async with browsing(config_for({"billing": serve(FakeMeteroid(30))})) as browser:
        await browser.sees("30 of 30")
        await browser.rests()
        y, titles = next((y, line) for y, line in enumerate(browser.lines()) if "NUMBER" in line)
        await browser.pilot.click(offset=(titles.index("NUMBER"), y))
        await browser.until(lambda: _list(browser).sort.field == "number")
        await browser.pilot.click(offset=(20, y + 1), times=2)
        await browser.sees("[Summary]", "Subtotal")
