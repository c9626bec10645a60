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
from tests.ui.browsing import over

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
