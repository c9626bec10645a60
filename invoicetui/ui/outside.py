"""Everything that leaves the terminal: the clipboard, programs that show a PDF, the line that fetches it over SSH.

Nothing here paints, and nothing is started that would take the screen over unasked: a text browser never.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, Protocol

from invoicetui.process import child_environment

PATH = "{path}"
SENT = "sent to your terminal's clipboard"
#: Programs that draw on the terminal, and so need it for themselves while they run.
TERMINAL_VIEWERS = frozenset(
    "tdf termpdf termpdf.py fbpdf jfbview fbi fbgs less more most bat batcat vim nvim vi view nano micro "
    "emacs-nox timg chafa viu kitten ranger lf yazi mc mcview".split()
)
#: What `:view` looks for when config.toml names no viewer.
KNOWN_VIEWERS = ("tdf", "termpdf", "termpdf.py")
#: They open a PDF as bytes or as nothing, in our terminal, and read our keys.
TEXT_BROWSERS = frozenset("lynx w3m links links2 elinks www-browser browsh carbonyl".split())
_GRAPHICAL_BROWSERS = "x-www-browser:firefox:chromium:google-chrome"
_WSL_OPENERS = ("wslview", "wsl-open", "explorer.exe")
_TMUX_SECONDS = 2.0
#: A program that fails within this many seconds showed nothing.
_AT_ONCE = 0.5


class Started(Protocol):
    """What `popen` returns."""

    def communicate(self, input: bytes | None = None, timeout: float | None = None) -> Any: ...
    def wait(self, timeout: float | None = None) -> Any: ...
    def kill(self) -> None: ...
    @property
    def returncode(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Rung:
    """A way to show a PDF, and why it is taken or passed. `argv` has `{path}` for the file; the page view has none.

    `is_possible`: it can be chosen. `is_taken`: it is taken without being chosen, if no rung above it is.
    """

    name: str
    reason: str
    argv: tuple[str, ...] = ()
    is_possible: bool = False
    is_taken: bool = False

    @property
    def is_page_view(self) -> bool:
        return not self.argv and self.is_possible

    @property
    def is_terminal(self) -> bool:
        """It draws on this terminal."""
        return bool(self.argv) and program(self.argv) in TERMINAL_VIEWERS

    def command(self, path: str) -> list[str]:
        return [path if word == PATH else word for word in self.argv]


def program(argv: Sequence[str]) -> str:
    """The name of the program that a command line starts."""
    return PurePath(argv[0].replace("\\", "/")).name.lower() if argv else ""


def taken(rungs: Sequence[Rung]) -> Rung:
    """The first rung that is taken; the page view is, when no other."""
    return next(rung for rung in rungs if rung.is_taken)


class Outside:
    """The world around the terminal, by what is handed in: environment, programs, a way to start them.

    `viewer` is the one of config.toml, `connects` says whether somebody answers at a Unix socket. What blocks is for a
    thread.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        viewer: Sequence[str] = (),
        platform: str = sys.platform,
        which: Callable[[str], str | None] | None = None,
        popen: Callable[..., Started] | None = None,
        connects: Callable[[str], bool] | None = None,
    ) -> None:
        self.environ = dict(environ)
        self._viewer, self._platform = tuple(viewer), platform
        self._which = which or self._found
        self._popen = popen or _popen
        self._connects = connects or _connects

    # ---- the ladder

    def ladder(self) -> tuple[Rung, ...]:
        """Every way to show a PDF here, best first, each with its reason; the last one always works. Blocks."""
        rungs = [self._configured(), self._code(), self._wsl(), self._mac(), self._desktop()]
        is_last = not any(rung.is_taken for rung in rungs)
        reason = "no window can be shown from here" if is_last else "works everywhere"
        return (*rungs, Rung("page view", reason, is_possible=True, is_taken=True))

    def viewer(self) -> Rung | None:
        """The viewer that the user has: the configured one, else one known to draw PDFs on a terminal. Blocks."""
        if self._viewer:
            return self._configured()
        for name in KNOWN_VIEWERS:
            if found := self._which(name):
                return Rung("viewer", f"{name} is installed", (found, PATH), is_possible=True, is_taken=True)
        return None

    def _configured(self) -> Rung:
        if not self._viewer:
            return Rung("viewer", "config.toml names no viewer")
        name = program(self._viewer)
        if name in TEXT_BROWSERS:
            return Rung("viewer", f"{name} is a text browser: it would take this screen")
        found = self._which(self._viewer[0])
        if found is None:
            return Rung("viewer", f"config.toml names {name}, which is not installed")
        return Rung("viewer", f"config.toml names {name}", (found, *self._viewer[1:]), is_possible=True, is_taken=True)

    def _code(self) -> Rung:
        socket = self.environ.get("VSCODE_IPC_HOOK_CLI", "")
        if not socket:
            return Rung("VS Code", "this is no terminal of VS Code")
        if not self._connects(socket):
            return Rung("VS Code", "its window is gone: VSCODE_IPC_HOOK_CLI does not answer")
        found = self._which("code")
        if found is None:
            return Rung("VS Code", "its command line, code, is not in PATH")
        return Rung("VS Code", "its window answers", (found, "-r", PATH), is_possible=True, is_taken=True)

    def _wsl(self) -> Rung:
        if not (self.environ.get("WSL_DISTRO_NAME") or self.environ.get("WSL_INTEROP")):
            return Rung("Windows", "this is no WSL")
        for name in _WSL_OPENERS:
            if found := self._which(name):
                if self.is_remote:
                    return Rung("Windows", "you are on SSH: it would open on that PC", (found, PATH), is_possible=True)
                return Rung("Windows", f"WSL, with {name}", (found, PATH), is_possible=True, is_taken=True)
        return Rung("Windows", "neither wslview nor explorer.exe is in PATH")

    def _mac(self) -> Rung:
        if self._platform != "darwin":
            return Rung("macOS", "this is no Mac")
        found = self._which("open")
        if found is None:
            return Rung("macOS", "open is not in PATH")
        if self.is_remote:
            reason = "you are on SSH: it would open on that Mac's own screen"
            return Rung("macOS", reason, (found, PATH), is_possible=True)
        return Rung("macOS", "you sit before it", (found, PATH), is_possible=True, is_taken=True)

    def _desktop(self) -> Rung:
        if self._platform in ("darwin", "win32"):
            return Rung("desktop", "this is no Linux desktop")
        shown = next((name for name in ("WAYLAND_DISPLAY", "DISPLAY") if self.environ.get(name)), "")
        if not shown:
            return Rung("desktop", "there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set")
        found = self._which("xdg-open")
        if found is None:
            return Rung("desktop", "xdg-open is not in PATH")
        if self.is_remote:
            reason = f"you are on SSH: {shown} may be slow, or somebody else's screen"
            return Rung("desktop", reason, (found, PATH), is_possible=True)
        return Rung("desktop", f"{shown} is set", (found, PATH), is_possible=True, is_taken=True)

    @property
    def is_remote(self) -> bool:
        """Somebody sits elsewhere, at the other end of SSH."""
        return any(self.environ.get(name) for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"))

    # ---- starting programs

    def start(self, rung: Rung, path: Path) -> None:
        """Show a file in a program of its own, which outlives us and cannot reach this terminal.

        Raises OSError when it cannot be started or fails at once. Blocks for as long as it takes to know.
        """
        import subprocess
        from threading import Thread

        is_explorer = program(rung.argv) == "explorer.exe"
        process = self._popen(
            rung.command(self._windows_path(path) if is_explorer else str(path)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=self._environment(),
        )
        try:
            process.wait(_AT_ONCE)
        except subprocess.TimeoutExpired:
            Thread(target=process.wait, daemon=True).start()
            return
        # Windows' explorer says 1 whatever it did.
        if process.returncode and not is_explorer:
            raise ChildProcessError(f"{program(rung.argv)} failed at once, with status {process.returncode}")

    def run(self, argv: Sequence[str], text: str | None = None) -> int:
        """Run a program on this terminal until it ends, with `text` as its input; its exit status.

        Only while the app is suspended. Raises OSError when it cannot be started.
        """
        import subprocess

        process = self._popen(
            list(argv), stdin=None if text is None else subprocess.PIPE, env=child_environment(self.environ)
        )
        process.communicate(None if text is None else text.encode())
        return int(process.returncode)

    def pager(self) -> list[str] | None:
        """$PAGER, else one that is installed; None when there is none. Blocks."""
        named = self.environ.get("PAGER", "")
        try:
            words = shlex.split(named)
        except ValueError:
            words = []
        for argv in (words, ["less"], ["more"]):
            if argv and (found := self._which(argv[0])):
                return [found, *argv[1:]]
        return None

    def _windows_path(self, path: Path) -> str:
        """The file as Windows names it. Raises OSError."""
        import subprocess

        process = self._popen(
            [self._which("wslpath") or "wslpath", "-w", str(path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=child_environment(self.environ),
        )
        said, _ = process.communicate()
        if process.returncode or not said:
            raise ChildProcessError("wslpath does not know the file's name on Windows")
        return str(said.decode("utf-8", "replace").strip())

    def _environment(self) -> dict[str, str]:
        """xdg-open falls back to text browsers when $BROWSER does not keep it from that."""
        environ = child_environment(self.environ)
        given = environ.get("BROWSER", "").split(":")
        kept = [name for name in given if name and program(name.split()) not in TEXT_BROWSERS]
        environ["BROWSER"] = ":".join(kept) or _GRAPHICAL_BROWSERS
        return environ

    # ---- the clipboard

    @property
    def is_in_tmux(self) -> bool:
        return bool(self.environ.get("TMUX"))

    def copy_in_tmux(self, text: str) -> bool:
        """Let tmux keep a text and pass it on, which it does even where it drops OSC 52; whether it took it. Blocks."""
        import subprocess

        found = self._which("tmux")
        if found is None:
            return False
        try:
            process = self._popen(
                [found, "load-buffer", "-w", "-"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=child_environment(self.environ),
            )
        except OSError:
            return False
        try:
            process.communicate(text.encode(), timeout=_TMUX_SECONDS)
        except (OSError, subprocess.TimeoutExpired):
            process.kill()
            return False
        return bool(process.returncode == 0)

    # ---- over SSH

    def scp_line(self, path: Path) -> str:
        """The command that fetches a file from here, to be run at the other end of SSH; "" when this is no SSH."""
        parts = self.environ.get("SSH_CONNECTION", "").split()
        if len(parts) != 4 or not parts[3].isdecimal():
            return ""
        host, port = parts[2], parts[3]
        user = self.environ.get("USER") or self.environ.get("LOGNAME") or "you"
        where = f"[{host}]" if ":" in host else host
        quoted = "'" + str(path).replace("'", "'\\''") + "'"
        return f"scp -P {port} {shlex.quote(f'{user}@{where}:')}{quoted} ."

    def _found(self, name: str) -> str | None:
        import shutil

        return shutil.which(name, path=self.environ.get("PATH", os.defpath))


def _popen(argv: Sequence[str], **how: Any) -> Started:
    import subprocess

    process: subprocess.Popen[bytes] = subprocess.Popen(argv, **how)  # noqa: S603  # a list, no shell; see the callers
    return process


def _connects(path: str) -> bool:
    """Whether somebody answers at a Unix socket: in a tmux that was left and taken up again nobody does."""
    import socket

    if not hasattr(socket, "AF_UNIX"):
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(0.5)
        try:
            connection.connect(path)
        except OSError:
            return False
    return True
