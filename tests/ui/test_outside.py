"""Which way a PDF is shown, why, and what is started for it; what a clipboard in tmux and scp are told."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from invoicetui.ui.outside import PATH, TEXT_BROWSERS, Outside, Rung, taken

PDF = Path("/tmp/a file.pdf")
SSH = {"SSH_CONNECTION": "10.0.0.9 51234 10.0.0.1 2222", "USER": "kim"}


def which(*names: str) -> Any:
    return lambda name: f"/bin/{name}" if name in names else None


class Process:
    """A program that was started: it runs on, or ended with `status` at once."""

    def __init__(self, argv: list[str], how: Mapping[str, Any], status: int | None, said: bytes) -> None:
        self.argv, self.how, self.returncode, self.said = argv, how, status, said
        self.input: bytes | None = None

    def wait(self, timeout: float | None = None) -> int | None:
        if self.returncode is None and timeout is not None:
            raise subprocess.TimeoutExpired(self.argv, timeout)
        return self.returncode

    def communicate(self, input: bytes | None = None, timeout: float | None = None) -> tuple[bytes, bytes]:
        self.input = input
        return self.said, b""

    def kill(self) -> None:
        self.returncode = -9


class Programs:
    """A popen that starts nothing; `status` None: what is started runs on."""

    def __init__(self, status: int | None = None, said: bytes = b"") -> None:
        self.started: list[Process] = []
        self._status, self._said = status, said

    def __call__(self, argv: list[str], **how: Any) -> Process:
        self.started.append(Process(list(argv), how, self._status, self._said))
        return self.started[-1]


def chosen(environ: Mapping[str, str], *installed: str, viewer: tuple[str, ...] = (), **how: Any) -> Rung:
    how = {"platform": "linux", "connects": lambda path: False} | how
    rungs = Outside(environ, viewer=viewer, which=which(*installed), **how).ladder()
    assert all(rung.reason for rung in rungs)
    assert rungs[-1].is_page_view
    assert not any(rung.is_taken and not rung.is_possible for rung in rungs)
    return taken(rungs)


@pytest.mark.parametrize(
    ("environ", "installed", "how", "name", "argv"),
    [
        ({"DISPLAY": ":0"}, ("xdg-open",), {}, "desktop", ("/bin/xdg-open", PATH)),
        ({"WAYLAND_DISPLAY": "wayland-0"}, ("xdg-open",), {}, "desktop", ("/bin/xdg-open", PATH)),
        ({"DISPLAY": ":0"}, (), {}, "page view", ()),
        ({}, ("xdg-open", "lynx", "w3m"), {}, "page view", ()),
        (SSH, ("xdg-open", "lynx", "w3m", "open"), {}, "page view", ()),
        ({**SSH, "DISPLAY": "localhost:10.0"}, ("xdg-open",), {}, "page view", ()),
        ({}, ("open",), {"platform": "darwin"}, "macOS", ("/bin/open", PATH)),
        (SSH, ("open",), {"platform": "darwin"}, "page view", ()),
        ({"WSL_DISTRO_NAME": "Debian"}, ("wslview", "explorer.exe"), {}, "Windows", ("/bin/wslview", PATH)),
        ({"WSL_DISTRO_NAME": "Debian"}, ("explorer.exe",), {}, "Windows", ("/bin/explorer.exe", PATH)),
        ({"VSCODE_IPC_HOOK_CLI": "/s"}, ("code",), {"connects": lambda path: path == "/s"}, "VS Code",
         ("/bin/code", "-r", PATH)),
        ({"VSCODE_IPC_HOOK_CLI": "/s", **SSH}, ("code",), {"connects": lambda path: True}, "VS Code",
         ("/bin/code", "-r", PATH)),
        ({"VSCODE_IPC_HOOK_CLI": "/s"}, ("code",), {}, "page view", ()),
        (SSH, ("zathura",), {"viewer": ("zathura", PATH)}, "viewer", ("/bin/zathura", PATH)),
        (SSH, (), {"viewer": ("zathura", PATH)}, "page view", ()),
        (SSH, ("lynx",), {"viewer": ("lynx", PATH)}, "page view", ()),
    ],
)  # fmt: skip
def test_the_first_way_that_works_is_taken(
    environ: dict[str, str], installed: tuple[str, ...], how: dict[str, Any], name: str, argv: tuple[str, ...]
) -> None:
    rung = chosen(environ, *installed, **how)
    assert (rung.name, rung.argv) == (name, argv)


def test_a_forwarded_display_can_be_chosen_but_is_not_taken() -> None:
    rungs = Outside({**SSH, "DISPLAY": "localhost:10.0"}, platform="linux", which=which("xdg-open")).ladder()
    desktop = next(rung for rung in rungs if rung.name == "desktop")
    assert desktop.is_possible
    assert not desktop.is_taken
    assert "SSH" in desktop.reason


def test_without_a_display_xdg_open_cannot_even_be_chosen() -> None:
    rungs = Outside({}, platform="linux", which=which("xdg-open")).ladder()
    desktop = next(rung for rung in rungs if rung.name == "desktop")
    assert not desktop.is_possible
    assert not desktop.argv


@pytest.mark.parametrize("name", sorted(TEXT_BROWSERS))
def test_a_text_browser_is_never_a_viewer(name: str) -> None:
    rung = chosen({"DISPLAY": ":0"}, name, viewer=(f"/usr/bin/{name}", PATH))
    assert rung.is_page_view


def test_a_viewer_runs_by_itself_without_our_tokens_and_cannot_reach_the_terminal() -> None:
    programs = Programs()
    environ = {"DISPLAY": ":0", "INVOICETUI_TOKEN_ACME": "secret", "BROWSER": "lynx:firefox:w3m -o x"}
    outside = Outside(environ, platform="linux", which=which("xdg-open"), popen=programs)
    outside.start(taken(outside.ladder()), PDF)
    (process,) = programs.started
    assert process.argv == ["/bin/xdg-open", str(PDF)]
    assert process.how["start_new_session"] is True
    assert {process.how[name] for name in ("stdin", "stdout", "stderr")} == {subprocess.DEVNULL}
    assert "INVOICETUI_TOKEN_ACME" not in process.how["env"]
    assert process.how["env"]["BROWSER"] == "firefox"


@pytest.mark.parametrize("browser", ["", "lynx", "/usr/bin/w3m:www-browser"])
def test_xdg_open_is_not_left_to_its_own_text_browsers(browser: str) -> None:
    programs = Programs()
    outside = Outside({"DISPLAY": ":0", "BROWSER": browser}, platform="linux", which=which("xdg-open"), popen=programs)
    outside.start(taken(outside.ladder()), PDF)
    given = programs.started[0].how["env"]["BROWSER"].split(":")
    assert given
    assert not TEXT_BROWSERS & {Path(name).name for name in given}


def test_a_viewer_that_fails_at_once_is_told() -> None:
    outside = Outside({"DISPLAY": ":0"}, platform="linux", which=which("xdg-open"), popen=Programs(status=3))
    with pytest.raises(ChildProcessError, match="xdg-open failed at once, with status 3"):
        outside.start(taken(outside.ladder()), PDF)


def test_explorer_is_given_the_name_windows_knows() -> None:
    programs = Programs(status=0, said=b"\\\\wsl$\\Debian\\tmp\\a file.pdf\n")
    environ = {"WSL_INTEROP": "/run/x"}
    outside = Outside(environ, platform="linux", which=which("explorer.exe", "wslpath"), popen=programs)
    outside.start(taken(outside.ladder()), PDF)
    assert [process.argv for process in programs.started] == [
        ["/bin/wslpath", "-w", str(PDF)],
        ["/bin/explorer.exe", "\\\\wsl$\\Debian\\tmp\\a file.pdf"],
    ]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short enough for the name of a Unix socket."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def test_a_stale_socket_of_vs_code_is_passed(folder: Path) -> None:
    path = folder / "s"
    environ = {"VSCODE_IPC_HOOK_CLI": str(path)}
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        assert taken(Outside(environ, platform="linux", which=which("code")).ladder()).name == "VS Code"
    assert path.exists()
    rungs = Outside(environ, platform="linux", which=which("code")).ladder()
    assert taken(rungs).is_page_view
    assert "does not answer" in next(rung.reason for rung in rungs if rung.name == "VS Code")


def test_what_view_finds() -> None:
    assert Outside({}, which=which()).viewer() is None
    found = Outside({}, which=which("termpdf")).viewer()
    assert found is not None
    assert found.is_terminal
    named = Outside({"DISPLAY": ":0"}, viewer=("zathura", PATH), which=which("zathura", "tdf")).viewer()
    assert named is not None
    assert not named.is_terminal


def test_the_pager_is_the_users() -> None:
    assert Outside({"PAGER": "most -s"}, which=which("most", "less")).pager() == ["/bin/most", "-s"]
    assert Outside({"PAGER": "'broken"}, which=which("less")).pager() == ["/bin/less"]
    assert Outside({}, which=which()).pager() is None


def test_a_program_on_this_terminal_gets_the_text_and_no_token(folder: Path) -> None:
    code = "import os, sys; open(sys.argv[1], 'w').write(sys.stdin.read() + str('INVOICETUI_TOKEN_A' in os.environ))"
    outside = Outside({**os.environ, "INVOICETUI_TOKEN_A": "secret"})
    assert outside.run([sys.executable, "-c", code, str(folder / "out")], "page 1") == 0
    assert (folder / "out").read_text() == "page 1False"


def test_tmux_is_told_to_keep_and_to_pass_on(folder: Path) -> None:
    program = folder / "tmux"
    program.write_text(f'#!/bin/sh\necho "$@" > {folder}/words\ncat > {folder}/text\n')
    program.chmod(0o700)
    outside = Outside({"TMUX": "/tmp/x,1,0", "PATH": f"{folder}:/usr/bin:/bin"})
    assert outside.is_in_tmux
    assert outside.copy_in_tmux("INV-0305 £")
    assert (folder / "words").read_text() == "load-buffer -w -\n"
    assert (folder / "text").read_text() == "INV-0305 £"
    program.write_text("#!/bin/sh\nexit 1\n")
    assert not outside.copy_in_tmux("x")
    assert not Outside({}, which=which()).is_in_tmux


@pytest.mark.parametrize(
    ("connection", "path", "line"),
    [
        (SSH["SSH_CONNECTION"], "/home/kim/a.pdf", "scp -P 2222 kim@10.0.0.1:'/home/kim/a.pdf' ."),
        ("::1 1 fe80::2 22", "/a b/it's.pdf", "scp -P 22 'kim@[fe80::2]:''/a b/it'\\''s.pdf' ."),
        ("", "/a.pdf", ""),
        ("nonsense", "/a.pdf", ""),
    ],
)
def test_the_scp_line(connection: str, path: str, line: str) -> None:
    assert Outside({"SSH_CONNECTION": connection, "USER": "kim"}).scp_line(Path(path)) == line
