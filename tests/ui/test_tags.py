"""Tags: marked without colour, counted and summed per currency, cleared by esc before the filter."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Sequence
from typing import Any

import pytest

from invoicetui.ledger.store import Row, Store, WalkState, encoded
from invoicetui.ledger.view import View
from invoicetui.model import Account, Kind, Side
from invoicetui.money import Money
from invoicetui.ui.news import LedgerChanged
from invoicetui.ui.tagging import Sums, Tags, add_up
from tests.conftest import ConfigFor, Serve
from tests.ledger import ledgers
from tests.servers.opterius import FakeOpterius
from tests.servers.voxmind import FakeVoxmind
from tests.ui.browsing import Browser, browsing, now, over
from tests.ui.rows import make_row


def account(id: str, side: Side = Side.RECEIVED) -> Account:
    return Account(id, "opterius", id, side, "https://api.example.com")


def summed(rows: list[Any], accounts: list[Account], shown: tuple[int, ...] = ()) -> Sums | None:
    by_id = {row.id: row for row in rows}
    ids = [row.id for row in rows]
    return add_up(
        ids,
        View([array("q", shown or ids)]),
        lambda ids: [by_id.get(id) for id in ids],
        {account.id: account for account in accounts},
        lambda: True,
    )


def test_currencies_and_sides_never_add_and_credit_notes_subtract() -> None:
    rows = [
        make_row(1, account="ours", total=Money(1000, "USD", 2)),
        make_row(2, account="ours", total=Money(250, "USD", 2), kind=Kind.CREDIT_NOTE),
        make_row(3, account="ours", total=Money(500, "JPY", 0)),
        make_row(4, account="theirs", total=Money(900, "USD", 2)),
        make_row(5, account="ours", total=None),
    ]
    sums = summed(rows, [account("ours"), account("theirs", Side.ISSUED)], shown=(1, 2, 3))
    assert sums is not None
    assert sums.words(5) == ["5 tagged (2 not shown)", "JPY 500", "USD 7.50", "issued USD 9.00", "+1 unknown"]


def test_many_are_only_added_up_while_somebody_wants_to_know() -> None:
    asked: list[int] = []

    def rows(ids: Any) -> list[None]:
        asked.append(len(ids))
        return [None] * len(ids)

    assert add_up(range(100_000), View([array("q", range(10))]), rows, {}, lambda: len(asked) < 2) is None
    assert len(asked) == 2


def test_tags_keep_their_order() -> None:
    tags = Tags()
    for id in (5, 3, 9, 3):
        tags.toggle(id)
    assert tags.ids == (5, 9)
    tags.add([1, 5])
    assert list(tags) == [5, 9, 1]
    assert tags.clear()
    assert not tags.clear()


def marked(browser: Browser) -> list[int]:
    """Which rows carry the mark, by their place on the screen."""
    return [at for at, line in enumerate(browser.lines()[3:22]) if line[:2].endswith("*") or line[:1] == "*"]


async def test_the_keys(serve: Serve, config_for: ConfigFor) -> None:
    async with browsing(config_for({"hosting": serve(FakeOpterius(30))})) as browser:
        await browser.sees("30 of 30")
        await browser.press("space", "t")
        await browser.sees("2 tagged")
        assert marked(browser) == [0, 1]
        assert browser.lines()[5].startswith("> "), "the cursor went on"
        await browser.press("k", "space")
        await browser.sees("1 tagged")
        assert marked(browser) == [0]
        await browser.press("j", "v")
        await browser.sees("a range begins here")
        await browser.press("j", "j", "v")
        await browser.sees("4 tagged")
        assert marked(browser) == [0, 3, 4, 5]
        assert browser.lines()[8].startswith(">*")
        await browser.press("U")
        await browser.until(lambda: "tagged" not in browser.text)
        assert marked(browser) == []
        await browser.press("a")
        await browser.sees("30 tagged")


async def test_esc_forgets_a_range_then_tags_then_the_filter(serve: Serve, config_for: ConfigFor) -> None:
    configured = config_for({"hosting": serve(FakeOpterius(30)), "voice": serve(FakeVoxmind(3))})
    async with browsing(configured) as browser:
        await browser.sees("33 of 33")
        await browser.press("slash", *"account:voice", "enter")
        await browser.sees("3 shown")
        await browser.press("a")
        await browser.sees("3 tagged  +3 unknown")
        await browser.press("slash", "end", "ctrl+u", *"account:hosting", "enter")
        await browser.sees("3 tagged (3 not shown)")
        assert marked(browser) == []
        await browser.press("escape")
        await browser.until(lambda: "tagged" not in browser.text)
        await browser.sees("/ account:hosting")
        await browser.press("v", "escape")
        await browser.sees("/ account:hosting")
        await browser.press("escape")
        await browser.sees("/ filter")


async def test_a_tag_stays_with_its_invoice(serve: Serve, config_for: ConfigFor) -> None:
    fake = FakeOpterius(30)
    async with browsing(config_for({"hosting": serve(fake)})) as browser:
        await browser.sees("30 of 30")
        await browser.press("j", "space")
        await browser.sees("1 tagged")
        (at,) = marked(browser)
        tagged = browser.lines()[3 + at][2:]
        fake.add()
        await browser.press("r")
        await browser.sees("31 of 31")
        await browser.until(lambda: len(marked(browser)) == 1 and tagged in browser.lines()[3 + marked(browser)[0]])
        await browser.press("S")
        await browser.sees("1 tagged")


async def test_pages_do_not_keep_tagged_rows_from_being_added_up() -> None:
    lets: list[threading.Event] = []

    class Slow(Store):
        def rows(self, ids: Sequence[int]) -> list[Row | None]:
            lets.append(threading.Event())
            assert lets[-1].wait(5)
            return super().rows(ids)

    store = Slow.open(None, clock=now)
    async with over((ledgers.account("acme"),), {}, store=store, is_offline=True) as browser:

        async def comes(minor: int) -> None:
            item = ledgers.invoice("a1", total=ledgers.usd(minor))
            store.put_page("acme", [encoded(ledgers.entry(item, minor))], WalkState("acme", ""), walked=True)
            browser.app.post_message(LedgerChanged(frozenset({"acme"})))
            await browser.sees(f"{minor // 100}.00")
            await browser.pilot.pause(0.05)

        await comes(100)
        await browser.press("space")
        await browser.until(lambda: lets)
        for minor in (200, 300, 400):
            await comes(minor)
        assert len(lets) == 1, "the first is not over"
        lets[0].set()
        await browser.until(lambda: len(lets) == 2)
        lets[1].set()
        await browser.sees("1 tagged  USD 4.00")
        await browser.press("a")
        await browser.until(lambda: len(lets) == 3)
        await browser.press("U", "a")
        await browser.until(lambda: len(lets) == 4, 2)
        for let in lets:
            let.set()
        await browser.sees("1 tagged  USD 4.00")


@pytest.mark.parametrize("key", ["space", "v", "d", "o", "y", "Y", "O"])
async def test_an_empty_list_says_so(serve: Serve, config_for: ConfigFor, key: str) -> None:
    async with browsing(config_for({"voice": serve(FakeVoxmind(0))})) as browser:
        await browser.rests()
        await browser.press(key)
        await browser.sees("there is no invoice here")
