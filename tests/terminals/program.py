"""The demo on a fixed day, for a terminal: `python -m tests.terminals.program CONFIG [bare]`.

CONFIG is a file that does not exist: the forms are open, and nothing is ever written there. `bare`: no accounts yet.
`crash`: ctrl+l ends it with a mistake.
"""

from __future__ import annotations

import inspect
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from invoicetui.credentials import Credentials
from invoicetui.demo.world import World
from invoicetui.ledger.store import Store
from invoicetui.session import Session, vendor_facts
from invoicetui.ui.app import InvoicetuiApp

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


async def at_once(seconds: float) -> None:
    """The demo's vendors do not keep anybody waiting."""


class Crashing(InvoicetuiApp):
    CSS_PATH = Path(inspect.getfile(InvoicetuiApp)).with_name("app.tcss")

    def action_redraw(self) -> None:
        token = " ".join(("a", "secret"))
        raise RuntimeError(f"nothing was drawn {len(token)}")


def main(config: str, *words: str) -> None:
    world = World(NOON.date(), sleep=at_once)
    accounts = () if "bare" in words else world.accounts
    transport = world.transport()
    credentials = Credentials(environ={})
    for account in accounts:
        credentials.use_for_session(account, world.token(account.id))
    store = Store.open(None, clock=lambda: NOON)
    session = Session(accounts, store, credentials, clock=lambda: NOON, http=lambda account: transport)
    is_colourless = bool(os.environ.get("NO_COLOR"))
    kind = Crashing if "crash" in words else InvoicetuiApp
    app = kind(session, config=Path(config), vendors=vendor_facts(), is_colourless=is_colourless)
    try:
        app.run()
    finally:
        session.close()
    sys.exit(app.return_code)


if __name__ == "__main__":
    main(*sys.argv[1:])
