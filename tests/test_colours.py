"""Colours on a real terminal: the terminal's own by default, none at all where they are not wanted."""

from __future__ import annotations

import re
import sys

from tests.terminal import Terminal

COLOUR = re.compile(rb"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")


def seen(env: dict[str, str], *words: str) -> bytes:
    """What the demo writes from its first frame to two moves of the cursor."""
    with Terminal([sys.executable, "-m", "invoicetui", "--demo", *words], env=env) as terminal:
        terminal.wait_for("7 accounts (1!)", "> 2")
        terminal.send("jj")
        terminal.settle()
        return bytes(terminal.received)


def test_no_color_means_none_and_the_cursor_is_seen_all_the_same() -> None:
    written = seen({"NO_COLOR": "1"}, "--theme", "nord")
    assert COLOUR.findall(written) == []
    assert re.search(rb"\x1b\[(?:[0-9;]*;)?7(?:;[0-9;]*)?m", written), "the cursor's row is reversed"


def test_a_theme_with_colours_has_them() -> None:
    assert COLOUR.findall(seen({}, "--theme", "nord"))


def test_a_theme_that_is_not_there_is_said() -> None:
    with Terminal([sys.executable, "-m", "invoicetui", "--demo", "--theme", "nrod"]) as terminal:
        terminal.wait_for("there is no theme nrod")
