"""What every test runs in: an environment of its own, no keyring, no network but loopback; and fakes on request."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import Phase, settings

from tests.servers import network_guard
from tests.servers.fake import Fake
from tests.servers.serving import Answer, Server

network_guard.install()
# Hundreds of tests start the program; where bytecode is not written, each start would compile it anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A shell that starts this in the background has it ignore ctrl+c, and every program that a test starts as well.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# Python 3.12.1 hangs for good in the tracing by which hypothesis explains a failure.
settings.register_profile("unexplained", phases=[phase for phase in Phase if phase is not Phase.explain])
settings.load_profile("unexplained")

_XDG = ("CONFIG", "DATA", "CACHE", "STATE")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def private_environment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of its own, nothing of invoicetui's or a proxy's in the environment, and no keyring behind it."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as environment:
        for name in list(os.environ):
            if name.upper().startswith("INVOICETUI_") or name.lower() in _PROXIES:
                environment.delenv(name)
        environment.setenv("HOME", str(home))
        for name in _XDG:
            environment.setenv(f"XDG_{name}_HOME", str(home / f".{name.lower()}"))
        if request.node.get_closest_marker("secret_service") is None:
            environment.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
            runtime = home / ".run"
            runtime.mkdir(mode=0o700)
            environment.setenv("XDG_RUNTIME_DIR", str(runtime))
        yield home


@pytest.fixture(autouse=True)
def refused_addresses() -> Iterator[list[str]]:
    """Addresses beyond loopback that the test tried to reach; one that is left here at its end fails the test."""
    network_guard.refused.clear()
    yield network_guard.refused
    if network_guard.refused:
        pytest.fail(f"tried to reach {', '.join(network_guard.refused)}")


class Running(NamedTuple):
    """A fake vendor and the server it answers on."""

    fake: Fake
    server: Server


class Configured(NamedTuple):
    """A config.toml, and the environment that holds its accounts' tokens."""

    path: Path
    env: dict[str, str]


#: A config as a user keeps it, comments and all.
ACCOUNTS_FILE = """\
# Ada's invoices
theme = "nord"   # dark

# voice
[accounts.acme-voice]
vendor = "voxmind"
organisation = 42
label = "Acme voice"   # ours

# cloud
[accounts.cloud]
vendor = "northflank"
token = "env"
"""

Serve = Callable[..., Running]
ConfigFor = Callable[[Mapping[str, Running]], Configured]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """`serve(fake)` or `serve(fake, answer)` with the fake's answer in a fault's wrapper: a running server."""
    running: list[Server] = []

    def start(fake: Fake, answer: Answer | None = None) -> Running:
        running.append(Server(answer or fake.answer, authorization=fake.authorization))
        return Running(fake, running[-1])

    yield start
    _close(running)


@pytest.fixture
def serve_answer() -> Iterator[Callable[[Answer], Server]]:
    """A server that is no vendor: the host of documents, the target of a redirect."""
    running: list[Server] = []

    def start(answer: Answer) -> Server:
        running.append(Server(answer))
        return running[-1]

    yield start
    _close(running)


def _close(running: list[Server]) -> None:
    mistakes: list[Exception] = []
    for server in running:
        try:
            server.close()
        except Exception as error:  # the others must be closed, too
            mistakes.append(error)
    if mistakes:
        raise mistakes[0]


@pytest.fixture
def config_for(tmp_path: Path) -> ConfigFor:
    """`config_for({"acme-voice": serve(FakeVoxmind())})`: accounts whose tokens come from the environment."""

    def write(accounts: Mapping[str, Running]) -> Configured:
        lines: list[str] = []
        env: dict[str, str] = {}
        for name, (fake, server) in accounts.items():
            entries = {"vendor": fake.vendor, "label": name, "base_url": server.url, "token": "env", **fake.options()}
            lines += [f"[accounts.{name}]", *(f"{key} = {_quoted(value)}" for key, value in entries.items()), ""]
            env["INVOICETUI_TOKEN_" + name.upper().replace("-", "_")] = fake.token
        path = tmp_path / "config.toml"
        path.write_text("\n".join(lines), encoding="utf-8")
        path.chmod(0o600)
        return Configured(path, env)

    return write


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@pytest.fixture
def config(tmp_path: Path) -> Configured:
    """ACCOUNTS_FILE in a private file."""
    path = tmp_path / "config.toml"
    path.write_text(ACCOUNTS_FILE)
    path.chmod(0o600)
    return Configured(path, {})
