"""Which of the backends that a machine's Python knows may hold a token."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend
from keyring.backends import SecretService, chainer, fail, libsecret, null

from invoicetui.credentials import KeyringTrouble, State
from invoicetui.credentials.keyrings import approved

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the backends of Linux")


class Plaintext(KeyringBackend):
    """What keyrings.alt registers: it would write the token into a file."""

    priority = 0.5  # type: ignore[assignment]  # the base class computes it

    def get_password(self, service: str, username: str) -> str | None:
        raise AssertionError("asked")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise AssertionError("asked")


class Disguised(SecretService.Keyring):
    """A subclass may do anything."""


class Chain(chainer.ChainerBackend):
    backends: tuple[KeyringBackend, ...] = ()


def chain_of(*backends: KeyringBackend) -> Chain:
    chain = Chain()
    chain.backends = backends
    return chain


def trouble_with(backend: KeyringBackend) -> tuple[State, str]:
    with pytest.raises(KeyringTrouble) as caught:
        approved(backend)
    return caught.value.state, caught.value.why


def test_an_allowed_one_is_taken_also_from_a_chain() -> None:
    safe, other = SecretService.Keyring(), libsecret.Keyring()
    assert approved(safe) is safe
    assert approved(chain_of(Plaintext(), safe, other)) is safe
    assert approved(chain_of(other, safe)) is other


def test_any_other_is_unsafe_and_named() -> None:
    assert trouble_with(Plaintext()) == (State.UNSAFE, f"{__name__}.Plaintext")
    assert trouble_with(Disguised()) == (State.UNSAFE, f"{__name__}.Disguised")
    assert trouble_with(chain_of(fail.Keyring(), Plaintext())) == (State.UNSAFE, f"{__name__}.Plaintext")


def test_none_is_none() -> None:
    assert trouble_with(fail.Keyring()) == (State.NO_BACKEND, "")
    assert trouble_with(chain_of()) == (State.NO_BACKEND, "")
    assert trouble_with(null.Keyring()) == (
        State.NO_BACKEND,
        "it is switched off in the configuration of the keyring package",
    )


BUS = ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR")
PROBE = """
import asyncio, os, sys
from invoicetui.credentials import Credentials
from invoicetui.model import Account, Secret, Side
account = Account("acme", "voxmind", "Acme", Side.RECEIVED, "https://a.example")
tokens = Credentials(environ=os.environ)
for found in (asyncio.run(tokens.find(account)), asyncio.run(tokens.store(account, Secret("vm_live_s3cret")))):
    print(found.state.name, found.sentence("Acme"), sep=": ")
"""

# As an installed distribution it would register itself with the keyring package.
PLUGIN = """
from pathlib import Path
from keyring.backend import KeyringBackend

class PlaintextKeyring(KeyringBackend):
    priority = 99
    def get_password(self, service, user): Path(__file__).with_name("leaked").touch()
    set_password = delete_password = lambda self, *values: Path(__file__).with_name("leaked").touch()
"""


def probe(tmp_path: Path, **environ: str) -> list[str]:
    site = tmp_path / "site"
    site.mkdir(exist_ok=True)
    inherited = {name: value for name, value in os.environ.items() if name not in ("PYTHON_KEYRING_BACKEND", *BUS)}
    run = subprocess.run(
        [sys.executable, "-c", PROBE],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        env={**inherited, "PYTHONPATH": os.pathsep.join((str(site), os.getcwd())), **environ},
    )
    assert run.stderr == ""
    return run.stdout.splitlines()


@pytest.mark.parametrize("bus", [None, "unix:path=/nonexistent/bus", "nonsense"])
def test_without_a_bus_there_is_no_keyring(tmp_path: Path, bus: str | None) -> None:
    environ = {} if bus is None else {"DBUS_SESSION_BUS_ADDRESS": bus}
    found, stored = probe(tmp_path, **environ)
    assert found.startswith("NO_BACKEND: This machine has no keyring (usual over SSH). Press T to use")
    assert "nothing was stored" in stored


@pytest.mark.parametrize("backend", ["", "keyring.backends.SecretService.Keyring"])
def test_a_bus_that_takes_the_connection_and_says_nothing_is_late_not_absent(tmp_path: Path, backend: str) -> None:
    environ = {"PYTHON_KEYRING_BACKEND": backend} if backend else {}
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(tmp_path / "bus"))
        mute.listen()
        found, stored = probe(tmp_path, DBUS_SESSION_BUS_ADDRESS=f"unix:path={tmp_path / 'bus'}", **environ)
    words = "TIMEOUT: The keyring has not answered for 1 s; still working without Acme"
    assert found == f"{words}. Press r to try again."
    assert stored == f"{words}; nothing was stored. Press r to try again."


@pytest.mark.parametrize(
    "backend", ["no.such.Backend", "keyring.backends.SecretService.Keyring", "keyring.backends.SecretService.Nope"]
)
def test_a_configured_backend_that_does_not_work_is_named(tmp_path: Path, backend: str) -> None:
    found, _ = probe(tmp_path, PYTHON_KEYRING_BACKEND=backend)
    assert found.startswith("NO_BACKEND: This machine has no keyring (usual over SSH): PYTHON_KEYRING_BACKEND or")


@pytest.mark.parametrize("is_configured", [False, True])
def test_a_package_that_writes_plain_text_is_refused(tmp_path: Path, is_configured: bool) -> None:
    site = tmp_path / "site"
    info = site / "plugin-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "plainkeys.py").write_text(PLUGIN)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[keyring.backends]\nplain = plainkeys\n")
    environ = {"PYTHON_KEYRING_BACKEND": "plainkeys.PlaintextKeyring"} if is_configured else {}
    found, stored = probe(tmp_path, **environ)
    words = "UNSAFE: Found plainkeys.PlaintextKeyring: it would store the token unencrypted; not used"
    assert found.startswith(f"{words}. Press T")
    assert stored.startswith(f"{words}; nothing was stored")
    assert not (site / "leaked").exists()
