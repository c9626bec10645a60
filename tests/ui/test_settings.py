"""Settings that are changed while the program runs: what they do at once, what is kept, and when nothing is."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from invoicetui.config import SORTS, load
from invoicetui.ledger.order import FIELDS
from invoicetui.session import vendor_facts
from tests.conftest import ConfigFor, Configured, Serve
from tests.servers.meteroid import FakeMeteroid
from tests.servers.voxmind import FakeVoxmind
from tests.terminal import Terminal
from tests.ui.browsing import Browser, browsing
from tests.ui.test_screens import demo


def test_lists_open_in_every_order_there_is() -> None:
    assert SORTS == FIELDS


async def command(browser: Browser, line: str) -> None:
    browser.app.run_command(line)
    await browser.pilot.pause()


@pytest.fixture
def commented(serve: Serve, config_for: ConfigFor) -> Configured:
    configured = config_for({"voice": serve(FakeVoxmind(5))})
    text = "# mine\ntheme = 'ansi'  # as it is\n\n" + configured.path.read_text()
    configured.path.write_text(text)
    return configured


async def test_what_is_chosen_is_kept_and_comments_stay(commented: Configured) -> None:
    async with browsing(commented, (120, 40)) as browser:
        await browser.sees("5 of 5", "[Summary]")
        for line in ("theme nord", "set mouse=off", "set preview_side=below", "set preview_width=50", "set sort=total"):
            await command(browser, line)
        await browser.sees("sort = total", "by total")
        assert browser.app.theme == "nord"
        await browser.press("p")
        await browser.until(lambda: "[Summary]" not in browser.text)
        await browser.until(lambda: not load(commented.path, vendor_facts()).layout.preview)
    text = commented.path.read_text()
    assert text.startswith("# mine\ntheme = 'nord'  # as it is\n") or text.startswith(
        '# mine\ntheme = "nord"  # as it is'
    )
    assert stat.S_IMODE(commented.path.stat().st_mode) == 0o600
    settings = load(commented.path, vendor_facts())
    layout = settings.layout
    assert (settings.theme, settings.mouse) == ("nord", False)
    assert (layout.preview, layout.preview_side, layout.preview_width, layout.sort) == (False, "below", 50, "total")
    async with browsing(commented, (120, 40)) as browser:
        await browser.sees("5 of 5", "by total")
        assert "[Summary]" not in browser.text
        await command(browser, "set preview_width=auto")
        await browser.until(lambda: load(commented.path, vendor_facts()).layout.preview_width is None)


async def test_nothing_is_written_until_something_is_chosen(commented: Configured) -> None:
    before = commented.path.read_bytes(), commented.path.stat().st_mtime_ns
    async with browsing(commented, (120, 40)) as browser:
        await browser.sees("5 of 5")
        await browser.press("s", "t", "S", "slash", *"x", "enter", "u")
        for line in ("set", "theme nope", "set moues=off", "set mouse=maybe", "set preview_width=9", "set theme"):
            await command(browser, line)
            await browser.press("escape")
    assert (commented.path.read_bytes(), commented.path.stat().st_mtime_ns) == before


WRONG = {
    "set moues=off": ("there is no setting moues", "did you mean mouse?"),
    "set mouse=maybe": ("mouse cannot be maybe; it is on or off",),
    "set preview_width=9": ("columns from 30 to 120",),
    "set theme": ("write it as theme=", ":set alone"),
    "theme nrod": ("theme cannot be nrod; did you mean nord?", "tokyo-night"),
    "theme": ("theme = ansi; there are: ", "tokyo-night"),
    "set": ("preview_side   right", "documents_folder", "sort           date"),
}


async def test_what_is_wrong_is_said_with_the_nearest(commented: Configured) -> None:
    async with browsing(commented) as browser:
        await browser.sees("5 of 5")
        for line, said in WRONG.items():
            await command(browser, line)
            await browser.sees(*said)
            if type(browser.app.screen).__name__ == "Notice":
                await browser.press("escape")


async def test_what_cannot_be_kept_holds_until_the_end_and_says_so(commented: Configured) -> None:
    async with browsing(commented) as browser:
        await browser.sees("5 of 5")
        commented.path.write_text("nonsense =")
        await command(browser, "theme nord")
        await browser.sees("theme = nord, until the end", "not valid TOML")
        commented.path.unlink()
        await command(browser, "theme dracula")
        await browser.sees("theme = dracula · until the end: there is no config.toml yet")
        assert browser.app.theme == "dracula"
    assert not commented.path.exists()


async def test_the_demo_keeps_nothing(private_environment: Path) -> None:
    async with demo((80, 24)) as browser:
        await command(browser, "theme nord")
        await browser.sees("theme = nord · until the end: the demo keeps nothing")
    assert not [name for _, _, names in os.walk(private_environment) for name in names]


MOUSE_ON, MOUSE_OFF = b"\x1b[?1000h", b"\x1b[?1000l"


def test_the_mouse_is_let_go_and_taken_back_at_once(serve: Serve, config_for: ConfigFor) -> None:
    configured = config_for({"billing": serve(FakeMeteroid(5))})
    env = {**os.environ, **configured.env, "INVOICETUI_CONFIG": str(configured.path)}
    with Terminal([sys.executable, "-m", "invoicetui", "--theme", "nord"], (80, 24), env) as terminal:
        terminal.wait_for("5 of 5")
        assert MOUSE_ON in terminal.received
        for word, switch in (("off", MOUSE_OFF), ("on", MOUSE_ON)):
            before = len(terminal.received)
            terminal.send(f":set mouse={word}\r")
            terminal.wait_for(f"mouse = {word}")
            assert switch in terminal.received[before:], word
        terminal.send(":set mouse=off\r")
        terminal.wait_for("mouse = off")
        terminal.send("\x11")
        assert terminal.exit_code() == 0
    settings = load(configured.path, vendor_facts())
    assert not settings.mouse, "written before the program ended"
    assert settings.theme == "ansi", "--theme is for this time only"
    with Terminal([sys.executable, "-m", "invoicetui"], (80, 24), {**env, "NO_COLOR": "1"}) as terminal:
        terminal.wait_for("5 of 5")
        assert MOUSE_ON not in terminal.received
        terminal.send(":theme nord\r")
        terminal.wait_for("NO_COLOR is set")
        terminal.send("\x11")
        assert terminal.exit_code() == 0
    assert load(configured.path, vendor_facts()).theme == "ansi"
