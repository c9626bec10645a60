"""The browser over fake vendors on real sockets, driven by keys."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from textual.pilot import Pilot

from invoicetui.config import Layout, load
from invoicetui.credentials import Credentials
from invoicetui.ledger.store import Store
from invoicetui.model import Account
from invoicetui.session import Session, vendor_facts
from invoicetui.ui.app import InvoicetuiApp
from tests.conftest import Configured


def now() -> datetime:
    return datetime.now(UTC)


class Browser:
    """A running app and what a test asks of it."""

    def __init__(self, app: InvoicetuiApp, pilot: Pilot[str], session: Session) -> None:
        self.app, self.pilot, self.session = app, pilot, session

    def lines(self) -> list[str]:
        """The screen as text, a string a line."""
        width, height = self.app.size
        strips = self.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip)[:width].rstrip() for strip in strips][:height]

    @property
    def text(self) -> str:
        return "\n".join(self.lines())

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def until(self, condition: Callable[[], object], seconds: float = 10) -> None:
        """Wait until something holds; the screen is shown when it never does."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"waited in vain; the screen:\n{self.text}"
            await self.pilot.pause(0.02)

    async def sees(self, *words: str) -> None:
        """Wait until every one of `words` is on the screen."""
        await self.until(lambda: all(word in self.text for word in words))

    async def holds(self, count: int) -> None:
        """Wait until so many rows are loaded, whether or not it is known yet that there are no more."""
        await self.until(lambda: re.search(rf"\b{count} (loaded|of {count})\b", self.text))

    async def rests(self) -> None:
        """Wait until nothing is being fetched and the screen shows what came."""
        accounts = list(self.session.accounts)
        await self.until(lambda: self.session._feed is not None)
        await self.until(lambda: not any(self.session.condition(name).is_loading for name in accounts))
        # Changes reach the screen a tenth of a second later at most.
        await self.pilot.pause(0.15)
        await self.app.workers.wait_for_complete()
        await self.pilot.pause()


@asynccontextmanager
async def browsing(
    configured: Configured,
    size: tuple[int, int] = (80, 24),
    *,
    store: Store | None = None,
    credentials: Credentials | None = None,
    is_offline: bool = False,
) -> AsyncIterator[Browser]:
    """The browser over a config, with its ledger in memory unless another is passed in."""
    settings = load(configured.path, vendor_facts())
    async with over(
        settings.accounts,
        configured.env,
        size,
        store=store,
        credentials=credentials,
        config=configured.path,
        is_offline=is_offline,
        layout=settings.layout,
    ) as browser:
        yield browser


@asynccontextmanager
async def over(
    accounts: tuple[Account, ...],
    env: Mapping[str, str],
    size: tuple[int, int] = (80, 24),
    *,
    store: Store | None = None,
    credentials: Credentials | None = None,
    config: Path | None = None,
    is_offline: bool = False,
    layout: Layout = Layout(),  # noqa: B008  # frozen
) -> AsyncIterator[Browser]:
    """The browser over accounts; without `config` nothing can be changed about them."""
    ledger = store or Store.open(None, clock=now)
    session = Session(accounts, ledger, credentials or Credentials(environ=env), clock=now, is_offline=is_offline)
    app = InvoicetuiApp(session, config=config, vendors=vendor_facts(), layout=layout)
    try:
        async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
            yield Browser(app, pilot, session)
    finally:
        await asyncio.to_thread(session.close)
