"""Copying: what there is, what is masked until it is chosen, and how it reaches a clipboard at the other end."""

from __future__ import annotations

import json
import os
from pathlib import Path

from textual.events import Key

from tests.conftest import ConfigFor, Serve
from tests.servers.meteroid import FakeMeteroid
from tests.servers.versori import FakeVersori
from tests.ui.documented import SSH, reading


async def test_the_number_is_sent_and_shown(serve: Serve, config_for: ConfigFor, private_environment: Path) -> None:
    async with reading(config_for({"billing": serve(FakeMeteroid(5))}), private_environment) as reader:
        await reader.sees("5 of 5")
        row = reader.app.screen.selected()  # type: ignore[attr-defined]  # the list is on top
        assert row is not None
        await reader.press("y")
        await reader.sees(f"sent to your terminal's clipboard: {row.number}")
        assert reader.app.clipboard == row.number


async def test_the_menu(serve: Serve, config_for: ConfigFor, private_environment: Path) -> None:
    async with reading(config_for({"billing": serve(FakeMeteroid(5))}), private_environment, (120, 40)) as reader:
        await reader.sees("5 of 5")
        row = reader.app.screen.selected()  # type: ignore[attr-defined]  # the list is on top
        assert row is not None
        assert row.total is not None
        await reader.press("Y")
        await reader.sees(
            "1 number", "due date", "not saved in this session: d saves it", "with the account's token only"
        )
        await reader.press("2")
        await reader.sees("sent to your terminal's clipboard:")
        assert reader.app.clipboard == row.total.digits(grouped=False)
        await reader.press("Y", "4")
        await reader.until(lambda: reader.app.clipboard == row.due.isoformat())
        await reader.press("Y")
        await reader.sees("1 number")
        menu = reader.app.screen
        for _ in range(3):
            menu.post_message(Key("4", "4"))
        await reader.sees("5 of 5", "sent to your terminal's clipboard")
        await reader.press("Y", "5", "q")
        assert reader.app.clipboard == row.due.isoformat(), "what is not there cannot be chosen"
        await reader.press("d")
        await reader.sees("saved:")
        (saved,) = reader.folder.glob("**/*.pdf")
        await reader.press("Y")
        await reader.sees("scp line")
        await reader.press("7")
        await reader.until(lambda: reader.app.clipboard == f"scp -P 2222 kim@10.0.0.1:'{saved}' .")
        await reader.press("escape", "Y", "j", "j", "j", "j", "j", "j", "j", "enter")
        await reader.until(lambda: reader.app.clipboard.startswith("{"))
        shown = json.loads(reader.app.clipboard)
        assert (shown["account"], shown["key"], shown["total"]) == ("billing", row.key, row.total.digits(grouped=False))
        await reader.sees("sent to your terminal's clipboard", '"account"')
        await reader.press("escape")
        await reader.sees("5 of 5")


async def test_a_link_is_masked_until_it_is_chosen(
    serve: Serve, config_for: ConfigFor, private_environment: Path
) -> None:
    flows = serve(FakeVersori(2, has_upcoming=False))
    async with reading(config_for({"flows": flows}), private_environment) as reader:
        await reader.holds(2)
        await reader.press("Y")
        await reader.sees("link", "https://files.example.com/\N{HORIZONTAL ELLIPSIS}")
        assert "ref0000" not in reader.text
        await reader.press("5")
        await reader.until(lambda: reader.app.clipboard.startswith("https://files.example.com/i/ref0000"))
        await reader.sees(reader.app.clipboard)


async def test_tmux_is_told_by_every_way_of_copying(
    serve: Serve, config_for: ConfigFor, private_environment: Path
) -> None:
    program, kept = private_environment / "tmux", private_environment / "kept"
    program.write_text(f'#!/bin/sh\necho "$@" >> {kept}\ncat >> {kept}\necho >> {kept}\n')
    program.chmod(0o700)
    environ = {**SSH, "TMUX": "/tmp/tmux-0/default,1,0", "PATH": f"{private_environment}:{os.environ['PATH']}"}
    which = {"tmux": str(program)}.get
    async with reading(
        config_for({"billing": serve(FakeMeteroid(5))}), private_environment, environ=environ, which=which, popen=None
    ) as reader:
        await reader.sees("5 of 5")
        await reader.press("y")
        await reader.until(kept.exists)
        await reader.until(lambda: len(kept.read_text().splitlines()) == 2)
        assert kept.read_text() == f"load-buffer -w -\n{reader.app.clipboard}\n"
        assert reader.app.clipboard
