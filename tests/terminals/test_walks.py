"""The main job, with the keyboard alone and with the mouse alone: find an invoice, read it, have its PDF, leave."""

from __future__ import annotations

from pathlib import Path

from tests.terminals.line import Line, fixed
from tests.terminals.walk import ENTER, ESC


def keys(line: Line, *all_keys: str) -> None:
    for key in all_keys:
        line.send(key)
        line.settle(0.15)


def saved_below(home: Path) -> list[Path]:
    return [path for path in home.rglob("*.pdf") if path.read_bytes().startswith(b"%PDF-")]


def test_with_the_keyboard_alone(private_environment: Path) -> None:
    with Line(fixed(), env={"HOME": str(private_environment)}) as line:
        line.wait_for("token refused")
        keys(line, "h", "j", "j", "j", "j", ENTER)
        line.wait_for("Halden Robotics", "100 of 3,000 loaded")
        keys(line, "\x06", "s", "t")
        line.wait_for("TOTAL v")
        keys(line, "/", "HR-2026-10705", ENTER)
        line.wait_for("> 2026-11-08")
        keys(line, ENTER)
        line.wait_for("[Summary]", "Subtotal")
        keys(line, "]")
        line.wait_for("[Lines]")
        keys(line, "o")
        line.wait_for("Hafenstrasse")
        keys(line, "d")
        line.wait_until(lambda: bool(saved_below(private_environment)), "the saved PDF")
        keys(line, "?")
        line.wait_for("keys that work here")
        keys(line, "q", "h", "h", ESC, "h")
        line.wait_for("All accounts")
        line.send("q")
        assert line.exit_code() == 0


def test_with_the_mouse_alone(private_environment: Path) -> None:
    """Only what is to be found is typed, and the key that leaves; the window's own button does that, too."""
    with Line(fixed(), env={"HOME": str(private_environment)}) as line:
        line.wait_for("token refused")
        line.settle(0.3)
        line.click("accounts")
        line.wait_for("All accounts", "Versori integrati", "? help")
        for _ in range(2):
            line.click("Halden")
            line.settle(0.2)
        line.wait_for("100 of 3,000 loaded")
        first = line.screen()[3]
        line.wheel(10, 10, times=5)
        line.wait_until(lambda: line.screen()[3] != first, "other rows")
        line.click("TOTAL")
        line.wait_for("TOTAL v")
        line.settle(0.2)
        line.click_hint("/ filter")
        line.settle(0.2)
        keys(line, "HR-2026-10705", ENTER)
        line.wait_for("> 2026-11-08")
        line.settle(0.3)
        line.click("> 2026-11-08")
        line.wait_for("[Summary]", "Subtotal")
        for tab in ("Lines", "Tax", "Usage", "PDF", "Raw", "Summary"):
            line.click(f" {tab}")
            line.wait_for(f"[{tab}")
        line.click_hint("d save")
        line.wait_until(lambda: bool(saved_below(private_environment)), "the saved PDF")
        line.click_hint("o pdf")
        line.wait_for("Hafenstrasse")
        line.settle(0.2)
        line.click_hint("? help")
        line.wait_for("keys that work here")
        line.click_hint("q close")
        line.wait_for("Hafenstrasse")
        line.settle(0.2)
        line.click_hint("h back")
        line.wait_for("[Summary]")
        line.settle(0.2)
        line.click("accounts")
        line.wait_for("All accounts")
        line.send("\x11")
        assert line.exit_code() == 0
