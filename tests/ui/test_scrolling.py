"""That what is sent in few bytes shows the same as Textual's own frames, whatever happens to the terminal."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from textual.events import Key, Resize
from textual.geometry import Size
from textual.keys import _character_to_key
from textual.screen import Screen

from invoicetui.credentials import Credentials
from invoicetui.ledger.store import Store
from invoicetui.model import Lifecycle, Payment
from invoicetui.session import Session
from invoicetui.ui.app import InvoicetuiApp
from invoicetui.ui.desk import Desk
from tests.ledger.ledgers import TODAY, Clock, account, invoice, put, usd
from tests.ui.emulated import Emulated, difference, emulated, repainted, seen

NAMES = ("Nordwind Logistik", "東京電力株式会社", "Café Zoë", "🧾 Papeterie", "Ltd [/] & Söhne", "")
KEYS = (
    *("j",) * 12, *("k",) * 6, *("pagedown",) * 5, *("pageup",) * 3, "ctrl+d", "ctrl+u", "g", "G", "home", "end",
    "enter", "enter", "escape", "escape", "?", "s", "d", "n", "t", "space", "v", "<", ">", "tab", "]", "[", "/", "x",
    "backspace", "R", "ctrl+l", "a",
)  # fmt: skip
THEMES = ("ansi", "textual-dark", "nord", "textual-light")


def fill(store: Store, count: int) -> None:
    for account_id, names in (("acme", NAMES), ("issued", NAMES[::-1])):
        put(
            store,
            (
                invoice(
                    f"k{at}",
                    account_id,
                    number=f"INV-{at:05}" if at % 7 else names[1],
                    customer=names[at % len(names)],
                    issued=TODAY - timedelta(days=at // 3),
                    due=TODAY + timedelta(days=20 - at),
                    payment=(Payment.PAID, Payment.UNPAID)[at % 3 == 0],
                    lifecycle=Lifecycle.DRAFT if at % 11 == 0 else Lifecycle.ISSUED,
                    total=usd(at * 7919 % 900_000),
                    amount_due=usd(at * 7919 % 900_000),
                )
                for at in range(count)
            ),
            account_id=account_id,
        )


@asynccontextmanager
async def browser(folder: Path, size: tuple[int, int] = (80, 24)) -> AsyncIterator[tuple[InvoicetuiApp, Emulated]]:
    """The program over two accounts' invoices in a file, where no row is ever out of reach of the screen."""
    accounts, store = (
        (account("acme", label="電力 Acme"), account("issued")),
        Store.open(folder / "ledger", clock=Clock()),
    )
    session = Session(accounts, store, Credentials(environ={}), clock=Clock(), is_offline=True)
    fill(store, 150)
    app = InvoicetuiApp(session, desk=Desk(session, None, {}))
    try:
        async with emulated(app, size) as driver:
            await settled(app)
            yield app, driver
    finally:
        await asyncio.to_thread(session.close)


async def press(app: InvoicetuiApp, *keys: str) -> None:
    """As fast as they come; `settled` waits for what comes of them."""
    for key in keys:
        is_character = len(key) == 1
        app.post_message(Key(_character_to_key(key) if is_character else key, key if is_character else None))
        await asyncio.sleep(0)


async def settled(app: InvoicetuiApp, without: Screen[object] | None = None) -> None:
    """Until every message is dealt with and nothing is left to paint, on another screen than `without`."""
    quiet = 0
    while quiet < 3:
        await asyncio.sleep(0.005)
        assert app._exception is None
        screen = app.screen
        is_dirty = screen._dirty_widgets or screen._compositor._dirty_regions
        is_due = (
            screen._layout_required or screen._repaint_required or screen._scroll_required or screen.size != app.size
        )
        waits = [node for node in (app, screen, *screen.walk_children()) if not node._message_queue.empty()]
        is_rest = app.shown.is_known and screen is not without and not (is_dirty or is_due or waits)
        quiet = quiet + 1 if is_rest else 0


def wrong(app: InvoicetuiApp, driver: Emulated) -> str:
    """How the terminal differs from what it ought to show; its cursor stands where input is edited."""
    cursor, wanted = driver.screen.cursor, app.cursor_position
    if (cursor.x, cursor.y) != wanted:
        return f"the cursor is at {cursor.x}, {cursor.y} and not at {wanted}"
    return difference(seen(driver.screen), repainted(app, driver.screen))


def resize(app: InvoicetuiApp, driver: Emulated, *sizes: tuple[int, int]) -> None:
    """As fast as a window is dragged."""
    for width, height in sizes:
        driver.screen.resize(height, width)
        app.post_message(Resize(Size(width, height), Size(width, height)))


@pytest.mark.parametrize("seed", range(int(os.environ.get("INVOICETUI_SEEDS", "4"))))
async def test_random_keys_show_what_a_repaint_shows(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    sizes = ((120, 40), (80, 24), (50, 12), (160, 30))
    async with browser(tmp_path, sizes[seed % 4]) as (app, driver):
        for step in range(12):
            keys = chance.choices(KEYS, k=chance.randint(1, 20))
            await press(app, *keys)
            event = chance.random()
            if event < 0.1:
                resize(app, driver, *chance.choices(sizes, k=chance.randint(1, 3)))
            elif event < 0.2:
                app.theme = chance.choice(THEMES)
            await settled(app)
            assert not wrong(app, driver), (seed, step, keys)


async def shown_after(app: InvoicetuiApp, driver: Emulated, *keys: str) -> str:
    """What is sent for some keys, the last of them seen alone."""
    await press(app, *keys[:-1])
    await settled(app)
    await app.workers.wait_for_complete()  # the detail follows the cursor that rests
    await settled(app)
    driver.written.clear()
    await press(app, *keys[-1:])
    await settled(app)
    assert not wrong(app, driver)
    return "".join(driver.written)


async def test_what_keys_cost(tmp_path: Path) -> None:
    async with browser(tmp_path) as (app, driver):
        assert len(await shown_after(app, driver, "j")) < 250
        step = await shown_after(app, driver, *"j" * 30)
        assert "\x1b[m\x1b[4;21r\x1b[4;1H\x1b[1M\x1b[r" in step
        assert len(step) < 350
        assert len(await shown_after(app, driver, "pagedown")) < 2000
        back = await shown_after(app, driver, *"k" * 30)
        assert "\x1b[1L\x1b[r" in back
        assert len(back) < 350


async def test_what_keys_cost_beside_the_detail(tmp_path: Path) -> None:
    async with browser(tmp_path, (120, 40)) as (app, driver):
        assert len(await shown_after(app, driver, "j")) < 300
        assert len(await shown_after(app, driver, *"j" * 40)) < 1200


Happening = Callable[[InvoicetuiApp, Emulated], None]


def redrawn(app: InvoicetuiApp, driver: Emulated) -> None:
    driver.scribble()
    app.post_message(Key("ctrl+l", None))


def resized_there_and_back(app: InvoicetuiApp, driver: Emulated) -> None:
    driver.scribble()
    resize(app, driver, (60, 20), (80, 24))


def resized_to_the_same(app: InvoicetuiApp, driver: Emulated) -> None:
    driver.scribble()
    resize(app, driver, (80, 24))


def lent(app: InvoicetuiApp, driver: Emulated) -> None:
    with app.suspend():
        driver.scribble()


def stopped_and_resumed(app: InvoicetuiApp, driver: Emulated) -> None:
    """As ctrl+z and fg do it: Textual's driver says no more than that it is back."""
    driver.scribble()
    app.post_message(driver.SignalResume())


@pytest.mark.parametrize("happen", [redrawn, resized_there_and_back, resized_to_the_same, lent, stopped_and_resumed])
async def test_the_screen_is_whole_again(happen: Happening, tmp_path: Path) -> None:
    async with browser(tmp_path) as (app, driver):
        await shown_after(app, driver, *"j" * 30)
        happen(app, driver)
        await settled(app)
        assert not wrong(app, driver)
        assert "\x1b[r" in await shown_after(app, driver, "j"), "and scrolls as before"


async def test_another_screen_and_another_theme_are_painted_whole(tmp_path: Path) -> None:
    async with browser(tmp_path) as (app, driver):
        await shown_after(app, driver, "j")
        for key in ("?", "escape"):
            driver.scribble()
            before = app.screen
            await press(app, key)
            await settled(app, before)
            assert not wrong(app, driver)
        app.theme = "nord"
        await settled(app)
        assert not wrong(app, driver)
        app.register_theme(replace(app.current_theme, name="no other colours"))
        driver.scribble()
        app.theme = "no other colours"
        await themed(app)
        assert not wrong(app, driver)


async def themed(app: InvoicetuiApp) -> None:
    """Until a theme without new colours is painted: there is nothing to wait for but time."""
    for _ in range(20):
        await settled(app)


async def test_with_another_textual_its_own_frames_are_sent(tmp_path: Path) -> None:
    async with browser(tmp_path) as (app, driver):
        app.KNOWN_TEXTUAL = "textual-9.*-info"
        del app._is_known_textual
        await press(app, *"j" * 30)
        await asyncio.sleep(0.1)
        driver.written.clear()
        await press(app, "j")
        await asyncio.sleep(0.1)
        assert not wrong(app, driver)
        assert "\x1b[r" not in "".join(driver.written)
