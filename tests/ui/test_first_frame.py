"""What is on the screen first, what it took, and what comes right behind it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from textual.dom import DOMNode
from textual.events import ScreenResume

from invoicetui.credentials import Credentials
from invoicetui.ledger.store import Store
from invoicetui.model import Account, Side
from invoicetui.session import Session
from invoicetui.ui.app import OTHERS, InvoicetuiApp
from tests.bench.programs import drivers
from tests.commands import run
from tests.conftest import ConfigFor, Configured, Serve
from tests.servers.meteroid import FakeMeteroid
from tests.terminal import Terminal
from tests.ui.browsing import Browser, browsing, now

#: Each costs more than the frame has room for.
LATER = (
    *("httpx", "keyring", "msgspec", "pypdfium2", "tomlkit", "tenacity", "truststore", "rich.traceback", "pygments"),
    *("email", "http", "hashlib", "argparse", "json", "concurrent.futures.thread"),
    *("invoicetui.model", "invoicetui.vendors.base", "invoicetui.credentials", "invoicetui.ledger.feed"),
    *("invoicetui.ledger.terms", "invoicetui.ui.accounts", "invoicetui.ui.form", "invoicetui.ui.outside"),
)


@pytest.fixture
def known(serve: Serve, config_for: ConfigFor) -> Configured:
    """A config whose account's first invoices are in the ledger."""
    configured = config_for({"billing": serve(FakeMeteroid(100))})
    assert run("list", configured=configured).status == 0
    return configured


def start(known: Configured, **env: str) -> Terminal:
    environ = {**known.env, "INVOICETUI_CONFIG": str(known.path), "PYTHONDONTWRITEBYTECODE": "", **env}
    return Terminal.python("-m", "invoicetui", "--offline", size=(120, 40), env=environ)


def test_the_first_frame_shows_what_is_known(known: Configured) -> None:
    with start(known) as terminal:
        terminal.wait_until(lambda: b"\x1b[?2026l" in terminal.received, "the first frame")
        first = bytes(terminal.received).partition(b"\x1b[?2026l")[0].decode(errors="replace")
    assert "accounts > inbox" in first
    assert first.count("INV-2026-") >= 25
    assert drivers.ROW.search(first), "the cursor stands on a row"


def test_what_the_first_frame_does_without(known: Configured, tmp_path: Path) -> None:
    loaded = tmp_path / "loaded"
    driver = f"{drivers.__name__}:{drivers.FirstFrame.__name__}"
    with start(known, TEXTUAL_DRIVER=driver, LOADED=str(loaded)) as terminal:
        assert terminal.exit_code() == 0
    found = set(loaded.read_text(encoding="utf-8").split())
    assert "invoicetui.ui.invoices" in found
    assert sorted(found & set(LATER)) == []


class Counting(InvoicetuiApp):
    """Notes which widgets are styled again, and how often colours are worked out."""

    CSS_PATH = OTHERS.with_name("app.tcss")

    def __init__(self, session: Session) -> None:
        self.styled: list[str] = []
        self.coloured = 0
        super().__init__(session)

    def update_styles(self, node: DOMNode, animate: bool = True) -> None:
        self.styled.append(type(node).__name__)
        super().update_styles(node, animate)

    def get_css_variables(self) -> dict[str, str]:
        variables = super().get_css_variables()
        self.coloured += bool(variables)
        return variables


async def test_what_it_opens_with_is_styled_when_it_is_made_and_not_again() -> None:
    account = Account("a", "meteroid", "A", Side.ISSUED, "https://a.example")
    store = Store.open(None, clock=now)
    session = Session((account,), store, Credentials(environ={}), clock=now, is_offline=True)
    app = Counting(session)
    assert app.coloured == 1, "before the theme is chosen nobody needs any"
    try:
        async with app.run_test(size=(120, 40)) as pilot:
            assert "accounts > inbox" in Browser(app, pilot, session).text
            assert app.styled == ["InvoiceTable"], "it has the focus now"
            app.screen.post_message(ScreenResume())
            await pilot.pause()
            assert "InvoicesScreen" in app.styled, "one that was shown before may have to look different"
    finally:
        session.close()


async def test_all_else_follows_by_itself(serve: Serve, config_for: ConfigFor) -> None:
    async with browsing(config_for({"billing": serve(FakeMeteroid(30))}), (120, 40)) as browser:
        await browser.sees("30 of 30", "owed to us", "[Summary]", "Subtotal")
        await browser.press("q")
        await browser.sees("All accounts")
        assert len(browser.app.screen_stack) == 1
        await browser.press("enter")
        await browser.sees("accounts > inbox")
        assert len(browser.app.screen_stack) == 2


async def test_esc_from_the_first_list_climbs_to_the_accounts_too(serve: Serve, config_for: ConfigFor) -> None:
    async with browsing(config_for({"billing": serve(FakeMeteroid(3))})) as browser:
        await browser.press("escape")
        await browser.sees("All accounts")
        await browser.rests()
        await browser.press("q")
        assert browser.app.return_value is None


def test_what_first_keys_need_is_imported_before_they_come(known: Configured) -> None:
    script = (
        "import sys\nfrom pathlib import Path\nimport invoicetui.ui.app\nfrom invoicetui.ui.ahead import import_rest\n"
        "before = set(sys.modules)\nimport_rest()\nprint(*sorted(set(sys.modules) - before))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30)
    brought = set(ran.stdout.split())
    assert {"invoicetui.ui.accounts", "invoicetui.ui.pages", "invoicetui.ui.sort_menu"} <= brought
    assert not brought & {"httpx", "keyring", "tomlkit", "pypdfium2"}, "those follow when they are used"


def test_offline_says_how_much_there_was(known: Configured) -> None:
    with start(known) as terminal:
        terminal.wait_for("100 of 100")


def test_offline_says_when_there_was_more(serve: Serve, config_for: ConfigFor) -> None:
    configured = config_for({"billing": serve(FakeMeteroid(250))})
    assert run("list", configured=configured).status == 0
    with start(configured) as terminal:
        terminal.wait_for("100 of 250 loaded")
