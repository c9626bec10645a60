"""The table of `invoicetui list`: the look of rich's, without its time, and amounts that are never cut."""

from __future__ import annotations

import pytest
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from invoicetui.cli.columns import cells, lines
from tests.commands import run
from tests.terminal import Terminal

TITLES = ("date", "account", "customer", "total")
ROWS = [
    ("2026-11-20", "acme-voice", "東京商事", "EUR 1,234.50"),
    ("n/a", "b", "Björk & Söhne GmbH & Co. KG", "JPY 5,500"),
    ("2026-01-02", "", "", "n/a"),
]


def made(width: int | None) -> list[str]:
    return list(lines(TITLES, ROWS, right=("total",), giving=("account", "customer"), width=width))


@pytest.mark.parametrize("width", [None, 80])
def test_it_looks_like_richs_where_all_fits(width: int | None) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in TITLES:
        table.add_column(title, justify="right" if title == "total" else "left", no_wrap=True)
    for row in ROWS:
        table.add_row(*map(Text, row))
    console = Console(width=80, highlight=False)
    with console.capture() as captured:
        console.print(table)
    assert ["", *made(width), ""] == [line.rstrip() for line in captured.get().splitlines()]


def test_names_give_way_and_amounts_never_do() -> None:
    narrow = made(50)
    assert max(map(cells, narrow)) <= 50
    assert narrow[3].startswith(" n/a          b")
    assert "Björk & …" in narrow[3]
    assert narrow[2].endswith("EUR 1,234.50")
    assert all("…" not in cell for line in made(10) for cell in (line[:11], line[-12:]))


def test_a_wide_character_is_cut_whole() -> None:
    rows = [("2026-11-20", "x", "東京商事東京商事", "EUR 1.00")]
    *_, line = lines(TITLES, rows, right=("total",), giving=("account", "customer"), width=41)
    assert cells(line) <= 41
    assert "…" in line


def test_a_pipe_gets_every_cell_whole() -> None:
    whole = run("list", "--demo", "--limit", "40")
    assert whole.out.startswith("\n date")
    assert "…" not in whole.out
    assert len(whole.out.splitlines()) == 40 + 4


def test_a_terminal_gets_what_it_has_room_for_under_a_bold_title() -> None:
    with Terminal.python("-m", "invoicetui", "list", "--demo", "--limit", "8", size=(90, 60)) as terminal:
        assert terminal.exit_code() == 3, "one of the demo's accounts fails"
        head = terminal.line("number")
        assert terminal.cell(head, 1).bold
        assert not terminal.cell(head + 2, 1).bold
        assert len(terminal.screen()[head + 2]) <= 90
        assert terminal.line("2026-") == head + 2, "no line is wrapped"
