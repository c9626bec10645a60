"""The program inside tmux, which has scroll regions of its own: what a redraw shows stood there before."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyte
import pytest

from tests.terminal import ROOT
from tests.ui.emulated import Cell, difference, seen

PATIENCE = 30.0
SIZE = (100, 30)


class Tmux:
    """A server of its own with one window."""

    def __init__(self, folder: Path, *argv: str) -> None:
        self._socket = folder / "tmux"
        environ = {name: value for name, value in os.environ.items() if name not in ("TMUX", "NO_COLOR")}
        self._env = environ | {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT)}
        self.run("-f", os.devnull, "new-session", "-d", "-x", str(SIZE[0]), "-y", str(SIZE[1]), *argv)

    def run(self, *words: str) -> str:
        return subprocess.run(
            ["tmux", "-S", str(self._socket), *words],
            env=self._env,
            check=True,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        ).stdout

    def shown(self, text: str = "") -> str:
        """The screen with its colours, once it holds `text` and did not change for a while."""
        end, screen, since = time.monotonic() + PATIENCE, "", time.monotonic()
        while not (text in screen and time.monotonic() - since > 0.5):
            assert time.monotonic() < end, f"{text} did not come:\n{screen}"
            if (now := self.run("capture-pane", "-e", "-p", "-N")) != screen:
                screen, since = now, time.monotonic()
        return screen


def cells(screen: str) -> list[list[Cell]]:
    read = pyte.Screen(*SIZE)
    pyte.Stream(read).feed(screen.rstrip("\n").replace("\n", "\r\n"))
    return seen(read)


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    window = Tmux(tmp_path, sys.executable, "-m", "invoicetui", "--demo", "--theme", "nord")
    yield window
    window.run("kill-server")


def test_a_redraw_shows_what_stood_there_before(tmux: Tmux) -> None:
    tmux.shown("> 20")
    for keys in (["j"] * 30, ["k"] * 28 + ["NPage"], ["k"] * 33, ["NPage"] * 2 + ["PPage"] + ["j"] * 3):
        tmux.run("send-keys", *keys)
        before = cells(tmux.shown(">"))
        tmux.run("send-keys", "C-l")
        assert not difference(before, cells(tmux.shown(">")))
