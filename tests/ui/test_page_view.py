"""The page view: pages, zoom, search, selection, scans; and on a real terminal over SSH nothing but it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conftest import ConfigFor, Configured, Serve
from tests.documents.papers import platypus, scan
from tests.servers.meteroid import FakeMeteroid
from tests.terminal import Terminal
from tests.ui.documented import pages, reading, with_document

THREE = pages("First page\nTotal USD 1,234.50\ntotal again", "Second page\nnothing", "Third page\nTOTAL EUR 3.00")


@pytest.fixture
def documented(serve: Serve, config_for: ConfigFor) -> Configured:
    fake = FakeMeteroid(5)
    return config_for({"billing": serve(fake, with_document(fake.answer, THREE))})


async def test_pages(documented: Configured, private_environment: Path) -> None:
    async with reading(documented, private_environment) as reader:
        await reader.sees("5 of 5")
        await reader.press("o")
        await reader.sees("page 1 of 3", "First page")
        await reader.press("pagedown")
        await reader.sees("page 2 of 3", "Second page")
        await reader.press("G")
        await reader.sees("page 3 of 3", "Third page")
        await reader.press("pagedown")
        await reader.sees("this is the last page")
        await reader.press("pageup")
        await reader.sees("page 2 of 3")
        await reader.press("g")
        await reader.sees("page 1 of 3", "First page")
        await reader.press("ctrl+f", "ctrl+f")
        await reader.sees("page 3 of 3")
        await reader.press("ctrl+b")
        await reader.sees("page 2 of 3")


async def test_zoom_spreads_the_page(documented: Configured, private_environment: Path) -> None:
    columns = []
    async with reading(documented, private_environment) as reader:
        await reader.sees("5 of 5")
        await reader.press("o")
        await reader.sees("100%")
        for key, shown in (("plus", "125%"), ("plus", "150%"), ("equals_sign", "100%"), ("minus", "80%")):
            await reader.press(key)
            await reader.sees(shown)
            leaf = reader.app.screen._leaf  # type: ignore[attr-defined]  # the page view is on top
            columns.append(leaf.sheet.columns)
        assert columns == sorted(columns[:2]) + columns[2:]
        assert columns[0] > columns[2] > columns[3]


async def test_search_over_all_pages(documented: Configured, private_environment: Path) -> None:
    async with reading(documented, private_environment) as reader:
        await reader.sees("5 of 5")
        await reader.press("o")
        await reader.sees("page 1 of 3")
        await reader.press("slash", *"total", "enter")
        await reader.sees("/total: 1 of 2 on this page")
        marked = {text: style for text, style in reversed_texts(reader) if text.casefold() == "total"}
        assert set(marked) == {"Total", "total"}
        await reader.press("n")
        await reader.sees("/total: 2 of 2")
        await reader.press("n")
        await reader.sees("page 3 of 3", "/total: 1 of 1")
        await reader.press("n")
        await reader.sees("page 1 of 3", "/total: 1 of 2")
        await reader.press("N")
        await reader.sees("page 3 of 3")
        await reader.press("escape")
        await reader.until(lambda: "/total" not in reader.text)
        await reader.press("slash", *"nowhere at all", "enter")
        await reader.sees("nowhere at all stands nowhere in the 3 pages")
        await reader.press("slash", "escape", "escape", "escape")
        await reader.sees("5 of 5")


def reversed_texts(reader: object) -> list[tuple[str, object]]:
    """What stands on the screen in reverse."""
    strips = reader.app.screen._compositor.render_strips()  # type: ignore[attr-defined]  # a Reader
    return [(part.text, part.style) for strip in strips for part in strip if part.style and part.style.reverse]


async def test_what_is_selected_is_copied(documented: Configured, private_environment: Path) -> None:
    async with reading(documented, private_environment) as reader:
        await reader.sees("5 of 5")
        await reader.press("o")
        await reader.sees("Total USD 1,234.50")
        line = next(at for at, text in enumerate(reader.lines()) if "Total USD" in text)
        column = reader.lines()[line].index("USD")
        await reader.pilot.mouse_down(offset=(column, line))
        await reader.pilot.hover(offset=(column + 3, line))
        await reader.pilot.mouse_up(offset=(column + 3, line))
        await reader.press("y")
        await reader.sees("sent to your terminal's clipboard: USD")
        assert reader.app.clipboard.strip() == "USD"
        await reader.press("Y")
        await reader.sees("the text of this page")
        await reader.press("9")
        await reader.until(lambda: "Total USD 1,234.50\n" in reader.app.clipboard)


async def test_a_scan_says_so_and_shows_its_picture(
    serve: Serve, config_for: ConfigFor, private_environment: Path
) -> None:
    fake = FakeMeteroid(5)
    configured = config_for({"billing": serve(fake, with_document(fake.answer, scan().content))})
    async with reading(configured, private_environment) as reader:
        await reader.sees("5 of 5")
        await reader.press("o")
        await reader.sees("this page is a scan")
        strips = reader.app.screen._compositor.render_strips()
        colours = {str(part.style.bgcolor) for strip in strips for part in strip if part.style and part.style.bgcolor}
        assert len(colours) > 2, "a picture has colours"
        height = reader.app.screen.query_one("#page").size.height
        await reader.press("plus", "plus", "plus", "plus")
        await reader.sees("250%")
        await reader.until(lambda: reader.app.screen.query_one("#page").size.height > height)


async def test_real_invoices_are_legible_at_80_columns(
    serve: Serve, config_for: ConfigFor, private_environment: Path
) -> None:
    made = platypus(7, 9, 12)
    fake = FakeMeteroid(5)
    configured = config_for({"billing": serve(fake, with_document(fake.answer, made.content))})
    async with reading(configured, private_environment, (80, 60)) as reader:
        await reader.sees("5 of 5")
        await reader.press("o")
        await reader.sees("page 1 of 1")
        for item in made.items:
            assert any(item.amount in line and item.quantity in line for line in reader.lines()), item


TRACE = '#!/bin/sh\necho "$0 $@" >> {trace}\n'


def test_on_an_ssh_line_the_page_is_shown_and_nothing_is_started(private_environment: Path) -> None:
    """With every text browser at hand, as on most servers."""
    programs, trace = private_environment / "programs", private_environment / "trace"
    programs.mkdir()
    for name in ("xdg-open", "lynx", "w3m", "links", "elinks", "www-browser", "open", "code", "sensible-browser"):
        (programs / name).write_text(TRACE.format(trace=trace))
        (programs / name).chmod(0o700)
    paged, viewed = private_environment / "paged", private_environment / "viewed"
    for name, script in {"pages": f"cat > {paged}", "tdf": f'head -c 8 "$1" > {viewed}'}.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o700)
    env = {
        "PAGER": "pages",
        "SSH_CONNECTION": "10.0.0.9 51234 10.0.0.1 2222",
        "PATH": f"{programs}:{os.environ['PATH']}",
        "BROWSER": "lynx",
        "DISPLAY": "",
        "WAYLAND_DISPLAY": "",
        "VSCODE_IPC_HOOK_CLI": str(private_environment / "no-socket"),
    }
    with Terminal.python("-m", "invoicetui", "--demo", env=env) as terminal:
        terminal.wait_for("loaded")
        terminal.send("/account:customers status:paid\r")
        terminal.wait_for("/ account:customers status:paid", "PAID")
        terminal.send("o")
        terminal.wait_for("page 1 of 1", "INVOICE", "Invoice no.  HR-")
        terminal.send("O")
        terminal.wait_for("show the PDF with", "does not answer", "> 6 page view")
        terminal.send("\x1b")
        terminal.settle()
        assert not trace.exists()
        terminal.send(":")
        terminal.wait_for("inbox  accounts")
        terminal.send("pager\r")
        terminal.wait_until(lambda: paged.exists() and "Invoice no." in paged.read_text(), "the pager's input")
        terminal.wait_for("page 1 of 1")
        terminal.send(":")
        terminal.wait_for("inbox  accounts")
        terminal.send("view\r")
        terminal.wait_until(lambda: viewed.exists() and "%PDF-" in viewed.read_text(), "the viewer's file")
        terminal.wait_for("page 1 of 1")
        assert not trace.exists()
        terminal.send("qqqq")
        assert terminal.exit_code() == 0
    assert not trace.exists()
