"""The invoice list on a real pseudo-terminal: that the cursor can be seen, and what a key costs on the line."""

from __future__ import annotations

import re

import pytest

from tests.terminal import Terminal

COLOUR = re.compile(rb"\x1b\[(?:[0-9;]*;)?(?:3[0-7]|4[0-7]|9[0-7]|10[0-7]|38|48)(?:;[0-9;]*)?m")


def table(rows: int, theme: str = "ansi-dark", size: tuple[int, int] = (120, 40), **env: str) -> Terminal:
    return Terminal.python("-m", "tests.ui.table_program", str(rows), theme, size=size, env=env)


def cost(terminal: Terminal, key: str, shown: str) -> int:
    """Bytes written for a key once `shown` stands on the cursor's row."""
    before = len(terminal.received)
    terminal.send(key)
    terminal.wait_until(lambda: any(line.startswith(">") and shown in line for line in terminal.screen()), shown)
    terminal.settle()
    return len(terminal.received) - before


def test_what_a_key_costs_and_a_resize_shows() -> None:
    with table(1_000_000) as terminal:
        terminal.wait_for("INV-0000036", "the line below")
        terminal.settle()
        in_view = cost(terminal, "j", "INV-0000001")
        cost(terminal, "\x06", "INV-0000038")
        page = cost(terminal, "\x06", "INV-0000075")
        down = cost(terminal, "j", "INV-0000076")
        cost(terminal, "k" * 36, "INV-0000040")
        up = cost(terminal, "k", "INV-0000039")
        terminal.send("g")
        terminal.wait_for("> 2026-04-01 Acme voice")
        print(f"bytes at 120x40: {in_view} in view, {down} and {up} for a line further, {page} for a page")
        assert in_view <= 300
        assert max(down, up) <= 350
        assert page <= 3_500
        terminal.resize((40, 10))
        terminal.wait_until(lambda: "  DATEv VENDOR    ST              TOTAL" in terminal.screen(), "the narrow list")
        terminal.wait_for("> 04-01 voxmind   OPEN       USD 100.00", "the line below")
        terminal.send("q")
        assert terminal.exit_code() == 0


def test_no_more_bytes_in_a_theme_with_its_own_colours() -> None:
    with table(1_000, "textual-dark") as terminal:
        terminal.wait_for("INV-0000036", "the line below")
        terminal.settle()
        assert cost(terminal, "j", "INV-0000001") <= 450


@pytest.mark.parametrize("theme", ["ansi-dark", "textual-dark"])
def test_the_cursor_is_seen_without_colour(theme: str) -> None:
    with table(100, theme, (80, 12), NO_COLOR="1") as terminal:
        terminal.wait_for("INV-0000008", "the line below")
        terminal.send("j")
        terminal.wait_for("> 2026-04-01 Acme cloud     INV-0000001")
        line = terminal.line("> ")
        assert all(terminal.cell(line, column).reverse for column in range(79))
        assert not any(terminal.cell(line + 1, column).reverse for column in range(79))
        if theme == "ansi-dark":
            assert not COLOUR.search(terminal.received)


def test_rows_that_arrive_out_of_sight_cost_nothing() -> None:
    with table(100_000) as terminal:
        terminal.wait_for("INV-0000036", "the line below")
        terminal.settle()
        assert cost(terminal, "aaaaaj", "INV-0000001") <= 450, "five pages arrive and the cursor moves"


def test_nothing_is_written_while_nothing_happens() -> None:
    with table(1_000, size=(80, 24)) as terminal:
        terminal.wait_for("INV-0000020", "the line below")
        terminal.settle()
        assert terminal.settle(0.5) == 0
