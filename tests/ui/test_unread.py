"""The detail of an invoice whose parts cannot be read."""

from __future__ import annotations

from typing import Any

from tests.conftest import ConfigFor, Serve
from tests.servers.faults import Damaged
from tests.servers.meteroid import FakeMeteroid
from tests.ui.browsing import browsing


async def test_the_detail_says_why_in_place_of_the_lines(serve: Serve, config_for: ConfigFor) -> None:
    fake = FakeMeteroid(3)

    def damage(record: dict[str, Any]) -> None:
        record["line_items"][0]["quantity"] = 3

    running = serve(fake, Damaged(fake.answer, damage, every=1))
    async with browsing(config_for({"billing": running}), (120, 40)) as browser:
        newest = max(fake.expected("billing"), key=lambda row: row["issued"])
        await browser.sees("3 of 3", newest["number"], newest["total"])
        await browser.press("enter")
        await browser.sees("[Summary]", "Not all of this record can be read", "$.line_items[0].quantity", "Amounts")
        await browser.press("right_square_bracket")
        await browser.sees("[Lines]", "Not all of this record can be read", "$.line_items[0].quantity", "Sum")
        assert "The record has no lines" not in browser.text
        await browser.press("right_square_bracket")
        await browser.sees("[Tax", "$.line_items[0].quantity", "Nothing can be read of the record's")
        await browser.press("right_square_bracket")
        await browser.sees("[Usage]", "$.line_items[0].quantity")
        assert "says nothing about usage" not in browser.text
        await browser.press("right_square_bracket", "right_square_bracket")
        await browser.sees("[Raw]", '"line_items": [')
