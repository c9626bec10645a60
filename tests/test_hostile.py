"""Hostile text in every field of every vendor, wherever the program shows or writes text: none of it acts.

The places: accounts, inbox, one account's list and its columns further right, the detail's six tabs, the page view and
its search, problems, help, the sort line, filter and command line (typed, pasted, mistaken), the palette, the menus for
copying and showing, notices, the question about another host, the forms to save, to add, to edit, to renew and to
remove; what is copied, what a pager is given, what a file is called; the command line's list in every format, show in
both, pdf and its text, account list and check, doctor. The window has no title of ours, toasts and tooltips do not
exist. Vendors' error bodies reach accounts, problems and the command line.
"""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.commands import run
from tests.conftest import ConfigFor, Configured, Running, Serve
from tests.hostile import PAYLOADS, clipboard, hostile, intruders, paper, refusing, toml
from tests.servers.fake import Fake
from tests.servers.meteroid import FakeMeteroid
from tests.servers.northflank import FakeNorthflank
from tests.servers.opterius import FakeOpterius
from tests.servers.versori import FakeVersori
from tests.servers.voxmind import FakeVoxmind
from tests.terminals.line import Line
from tests.terminals.walk import ESC
from tests.ui.documented import with_document

#: What a spreadsheet takes for a formula when a cell begins with it.
FORMULAS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
NOTHING: Mapping[str, str] = MappingProxyType({})


def fakes() -> dict[str, Fake]:
    return {
        "voice": FakeVoxmind(24),
        "cloud": FakeNorthflank(24, generation="G4"),
        "billing": FakeMeteroid(24),
        "hosting": FakeOpterius(24),
        "flows": FakeVersori(24),
    }


def labelled(configured: Configured) -> Configured:
    """The accounts are called what nobody should call them, as far as the config takes it."""
    text = configured.path.read_text(encoding="utf-8")
    labels = ("[@click=app.quit]x[/]", "[/b] [bold] [", "=HYPERLINK(1)", "株式会社はるか [/]", "$(reboot) 'x' \"y\"")
    for name, label in zip(fakes(), labels, strict=True):
        text = text.replace(f'label = "{name}"', f"label = {toml(label)}")
    configured.path.write_text(text, encoding="utf-8")
    return configured


@pytest.fixture
def attacked(serve: Serve, config_for: ConfigFor) -> Configured:
    """Five accounts whose vendors, and whose names, are hostile."""
    servers: dict[str, Running] = {}
    for name, fake in fakes().items():
        servers[name] = serve(fake, with_document(hostile(fake.answer), paper()))
    return labelled(config_for(servers))


def terminal(configured: Configured, size: tuple[int, int], env: Mapping[str, str] = NOTHING) -> Line:
    given = {**os.environ, **configured.env, "INVOICETUI_CONFIG": str(configured.path), **env}
    return Line([sys.executable, "-m", "invoicetui"], size, given)


def are_straight(line: Line, head: int, edge: int) -> bool:
    """Every row's amount ends where its title does; a frame that has come in part may not be yet."""
    ends_there = (
        [line.cell(row, column).data.strip() for column in range(edge - 3, edge + 1)] for row in range(head + 1, 22)
    )
    return all("".join(cells[:3]) and not cells[3] for cells in ends_there)


def pane(line: Line) -> list[str]:
    """What stands beside the list at 120 columns."""
    return ["".join(line.cell(row, column).data for column in range(79, 118)) for row in range(3, 37)]


def press(line: Line, *keys: str, quiet: float = 0.08) -> None:
    for key in keys:
        line.send(key)
        line.settle(quiet)


def ends(line: Line, *, copies: bool = False) -> None:
    """It still obeys, and nothing of what it was fed has left it."""
    line.send("\x11")
    assert line.exit_code() == 0, line.text()
    assert intruders(bytes(line.received), copies=copies) == [], line.text()


def test_the_lists_and_what_lies_around_them(attacked: Configured) -> None:
    with terminal(attacked, (80, 24)) as line:
        line.wait_for("5 accounts", "TOTAL")
        line.settle(0.5)
        head = line.line("TOTAL")
        edge = line.column(head, "TOTAL") + len("TOTAL")
        for _ in range(3):
            line.wait_until(lambda: are_straight(line, head, edge), "straight columns")
            press(line, "\x06")
        press(line, "L", "L", "H", "H", "s", ESC, "?", "q", "!", "q", "O", "q", "D", ESC, quiet=0.1)
        pasted = "".join(text for text in PAYLOADS if "\x1b[201" not in text and "\ud800" not in text)[:2000]
        for opening in ("/", ":", "D"):
            press(line, opening, f"\x1b[200~{pasted}\x1b[201~", "\t", ESC, ESC, quiet=0.1)
        press(line, "/[/b] [@click=app.quit]x\r", ESC, ":open [/b]\r", ":\x1b[A\r", ESC, "\x10", ESC, quiet=0.1)
        ends(line)


def test_every_account_and_every_tab(attacked: Configured) -> None:
    with terminal(attacked, (80, 24)) as line:
        line.wait_for("5 accounts", "TOTAL")
        line.settle(0.5)
        for account in range(5):
            press(line, "h", "g" + "j" * (account + 1), "\r", quiet=0.15)
            for _ in range(2):
                press(line, "\r", *"]]]]]", "J", quiet=0.1)
                line.settle(0.1)
                press(line, "q")
            press(line, "o", quiet=0.3)
            press(line, "y", "/due\r", "q", "q", quiet=0.1)
        ends(line, copies=True)


def test_beside_the_list_and_a_click_on_every_word(attacked: Configured) -> None:
    with terminal(attacked, (120, 40)) as line:
        line.wait_for("5 accounts", "[Summary]", "Subtotal")
        line.settle(0.5)
        for tab in range(5):
            before = pane(line)
            for row in range(4, 37, 3):
                for column in range(80, 117, 9):
                    line.click_at(column, row)
            line.settle(0.2)
            assert pane(line) == before, f"tab {tab}"
            press(line, "\t", "]", quiet=0.15)
        press(line, "!", quiet=0.2)
        before = line.screen()
        for row in range(1, 36, 2):
            for column in (2, 20, 40):
                line.click_at(column, row)
        line.settle(0.2)
        assert line.screen()[:38] == before[:38]
        ends(line)


def test_what_is_copied_and_what_a_pager_is_given(attacked: Configured, tmp_path: Path) -> None:
    read = tmp_path / "read"
    pager = tmp_path / "pager"
    pager.write_text(f'#!/bin/sh\ncat >> "{read}"\n')
    pager.chmod(0o700)
    with terminal(attacked, (100, 30), {"PAGER": str(pager), "SSH_CONNECTION": "10.0.0.9 1 10.0.0.1 22"}) as line:
        line.wait_for("5 accounts", "TOTAL")
        line.settle(0.5)
        for _ in range(3):
            press(line, "y", quiet=0.15)
            for number in "1258":
                line.send("Y")
                line.wait_for("esc closes")
                press(line, number, quiet=0.15)
                if line.line("esc closes") >= 0:
                    press(line, ESC)
            press(line, "\x06")
        press(line, "h", "gjjj\r", quiet=0.2)
        press(line, "d", quiet=0.5)
        press(line, ":pager\r", quiet=0.5)
        line.wait_until(read.exists, "what the pager was given")
        ends(line, copies=True)
        assert len(clipboard(bytes(line.received))) >= 4
        assert "due" in read.read_text()
        assert intruders(read.read_text().replace("\f", "")) == []


def test_the_forms_of_a_hostile_account(attacked: Configured) -> None:
    with terminal(attacked, (80, 24)) as line:
        line.wait_for("5 accounts", "TOTAL")
        press(line, "h", quiet=0.3)
        for account in (1, 3):
            press(line, "g" + "j" * (account + 1), "E", ESC, "T", ESC, "X", ESC, quiet=0.15)
        press(line, "A", "\x1b[200~\x1b]0;PWNED-TITLE\x07\u202e[/b]\x1b[201~", ESC, quiet=0.15)
        ends(line)


def test_what_vendors_say_when_they_refuse(serve: Serve, config_for: ConfigFor) -> None:
    statuses = (240, 403, 404, 422, 401)
    servers = {
        name: serve(fake, refusing(status, at * 7, is_plain=at == 3))
        for at, ((name, fake), status) in enumerate(zip(fakes().items(), statuses, strict=True))
    }
    configured = labelled(config_for(servers))
    for _ in range(3):
        ran = run("list", "--format", "json", "--no-cache", configured=configured)
        assert ran.status == 1
        assert intruders(ran.out + ran.err) == []
        assert len(ran.err.splitlines()) >= 5
    with terminal(configured, (80, 24)) as line:
        line.wait_for("5 accounts (5!)")
        for _ in range(3):
            press(line, "!", "G", "g", "r", quiet=0.2)
            press(line, "q", "R", quiet=0.2)
        press(line, "h", *"jjjjj", "V", quiet=0.2)
        line.resize((120, 40))
        line.settle(0.3)
        ends(line)


@pytest.mark.parametrize("everywhere", [False, True])
def test_what_commands_print(serve: Serve, config_for: ConfigFor, everywhere: bool) -> None:
    servers = {name: serve(fake, hostile(fake.answer, everywhere=everywhere)) for name, fake in fakes().items()}
    configured = labelled(config_for(servers))
    printed: dict[str, str] = {}
    for form in ("json", "table", "ndjson", "csv"):
        words = ("--all",) if form == "json" else ("--offline",)
        ran = run("list", *words, "--format", form, configured=configured)
        assert ran.status == 0 or everywhere, ran.err
        assert intruders(ran.out + ran.err) == []
        printed[form] = ran.out
    rows = json.loads(printed["json"])
    assert len(rows) >= (120 if not everywhere else 60)
    assert [row["key"] for row in rows if row["key"].startswith("unreadable-")] == [] or everywhere
    cells = [cell for row in csv.reader(io.StringIO(printed["csv"])) for cell in row]
    assert [cell for cell in cells if cell.startswith(FORMULAS) and not cell[1:].replace(".", "").isdigit()] == []
    assert "'=HYPERLINK(1)" in cells or everywhere
    chosen = list({row["account"]: row for row in rows}.values())
    for row in chosen:
        for form in ("text", "json"):
            shown = run("show", row["account"], row["key"], "--format", form, "--offline", configured=configured)
            assert shown.status == 0, shown.err
            assert intruders(shown.out + shown.err) == []
    if not everywhere:
        for words in (("account", "list"), ("account", "check", "cloud"), ("doctor",)):
            ran = run(*words, configured=configured)
            assert intruders(ran.out + ran.err) == [], words


def test_files_and_their_text(attacked: Configured, private_environment: Path) -> None:
    names = set()
    for account in ("billing", "hosting"):
        listed = run("list", "--account", account, "--format", "json", configured=attacked)
        for row in json.loads(listed.out)[:2]:
            ran = run("pdf", account, row["key"], configured=attacked)
            if ran.status == 0:
                path = Path(ran.out.strip())
                assert path.is_relative_to(private_environment)
                names.add(path.name)
                text = run("pdf", account, row["key"], "--text", "--offline", configured=attacked)
                assert "due" in text.out
                assert intruders(text.out.replace("\f", "")) == []
            assert intruders(ran.out + ran.err) == []
    assert names
    assert [name for name in names if not name.isascii() or set(name) & set('/\\:*?"<>|') or name.startswith(".")] == []
