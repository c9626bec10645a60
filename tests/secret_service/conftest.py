"""These tests need a real Secret Service, which tests/secret_service.sh starts around pytest.

They share it, and some lock it: sh tests/secret_service.sh python -m pytest -n 0 tests/secret_service
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

LOGIN = "/org/freedesktop/secrets/collection/login"
_FOLDER = Path(__file__).parent
_REASON = "needs sh tests/secret_service.sh"
# conftest.py of the whole suite takes INVOICETUI_ variables out of the environment; this is read before that.
_IS_PROVIDED = os.environ.get("INVOICETUI_SECRET_SERVICE") == "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _FOLDER in item.path.parents:
            item.add_marker(pytest.mark.secret_service)
            if not _IS_PROVIDED:
                item.add_marker(pytest.mark.skip(reason=_REASON))


@pytest.fixture
def locked_collection() -> Iterator[None]:
    """The login collection is locked for the test's time; there is no window to unlock it with."""
    import secretstorage
    from secretstorage.util import DBusAddressWrapper, format_secret, open_session

    with closing(secretstorage.dbus_init()) as connection:
        collection = secretstorage.Collection(connection, LOGIN)
        collection.lock()
        assert collection.is_locked()
        yield
        # gnome-keyring's own way to unlock without a window.
        service = DBusAddressWrapper(
            "/org/freedesktop/secrets", "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface", connection
        )
        password = format_secret(open_session(connection), b"a-password", "text/plain")
        service.call("UnlockWithMasterPassword", "o(oayays)", LOGIN, password)
        assert not collection.is_locked()


@pytest.fixture
def empty_bus(tmp_path: Path) -> Iterator[str]:
    """The address of a session bus with nothing on it, and nothing it could start."""
    config = tmp_path / "bus.conf"
    config.write_text(
        f"<busconfig><type>session</type><listen>unix:path={tmp_path}/bus</listen><auth>EXTERNAL</auth>"
        '<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>'
        '<allow own="*"/></policy></busconfig>'
    )
    command = ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as daemon:
        assert daemon.stdout
        yield daemon.stdout.readline().strip()
        daemon.terminate()


@pytest.fixture
def silent_bus(empty_bus: str) -> Iterator[str]:
    """A session bus on which something owns the Secret Service's name and never answers."""
    command = [sys.executable, str(_FOLDER / "silent_service.py"), empty_bus]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout
        assert service.stdout.readline() == "owner\n"
        yield empty_bus
        service.terminate()
