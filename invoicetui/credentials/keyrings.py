"""The system's keyring: which one may be used, and whether it is locked. Everything here blocks, some of it for ever.

The `keyring` package is imported inside the calls: it takes 50 to 80 ms, and its configuration may put a folder first
on sys.path for the whole process.
"""

from __future__ import annotations

import sys
from contextlib import closing
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from invoicetui.credentials.found import State

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

#: Backends that encrypt what they hold and ask for a passphrase, if any, in a window of their own. Any other package
#: in the same environment may register a backend: keyrings.alt writes base64 to a file, others ask on the terminal.
_ALLOWED = {
    "linux": (
        ("keyring.backends.SecretService", "Keyring"),
        ("keyring.backends.libsecret", "Keyring"),
        ("keyring.backends.kwallet", "DBusKeyring"),
    ),
    "darwin": (("keyring.backends.macOS", "Keyring"),),
    "win32": (("keyring.backends.Windows", "WinVaultKeyring"),),
}
_OVER_SECRET_SERVICE = ("SecretService", "libsecret")
#: CRED_MAX_CREDENTIAL_BLOB_SIZE is 2560 bytes of UTF-16; beyond it the call fails without a usable reason.
WINDOWS_MAX_LENGTH = 1280
#: Seconds after which jeepney gives up a bus that takes the connection and says nothing.
BUS_SECONDS = 1.0


class KeyringTrouble(Exception):
    """The keyring cannot do what was asked: a state other than OK, and what is known about the reason in our words."""

    def __init__(self, state: State, why: str = "") -> None:
        super().__init__(state, why)
        self.state = state
        self.why = why


class Keyring(Protocol):
    """What is asked of a keyring, always on the keyring's thread. Every method may raise KeyringTrouble or anything."""

    @property
    def name(self) -> str:
        """The backend, for people; "" before it has been chosen."""

    @property
    def max_length(self) -> int | None:
        """The longest token it can hold, if there is a limit."""

    def is_locked(self) -> bool:
        """Whether reading would open a window that asks for a passphrase. Never opens one itself."""

    def get(self, service: str, user: str) -> str | None: ...
    def set(self, service: str, user: str, value: str) -> None: ...
    def delete(self, service: str, user: str) -> None:
        """Raises KeyringTrouble(MISSING) when there is nothing to delete."""


class SystemKeyring:
    """The machine's own keyring. Once a backend has been chosen it stays: tokens would seem to vanish otherwise."""

    def __init__(self) -> None:
        self._chosen: KeyringBackend | None = None

    @property
    def name(self) -> str:
        return _short_name(self._chosen) if self._chosen else ""

    @property
    def max_length(self) -> int | None:
        return WINDOWS_MAX_LENGTH if self.name == "Windows" else None

    def is_locked(self) -> bool:
        return _short_name(self._backend()) in _OVER_SECRET_SERVICE and _is_collection_locked()

    def get(self, service: str, user: str) -> str | None:
        backend = self._backend()
        with _Translated():
            return backend.get_password(service, user)

    def set(self, service: str, user: str, value: str) -> None:
        backend = self._backend()
        with _Translated():
            backend.set_password(service, user, value)

    def delete(self, service: str, user: str) -> None:
        backend = self._backend()
        with _Translated():
            backend.delete_password(service, user)

    def _backend(self) -> KeyringBackend:
        if self._chosen is None:
            self._chosen = choose()
        return self._chosen


def choose() -> KeyringBackend:
    """The backend the user configured for the `keyring` package, else the best allowed one that works here.

    Not `keyring.get_keyring()`: it takes whatever registers the highest priority, and remembers that there was none.
    Raises KeyringTrouble (NO_BACKEND, UNSAFE; TIMEOUT for a session bus that does not answer).
    """
    from keyring import core

    try:
        configured = core.load_env() or core.load_config()
    except TimeoutError:
        raise KeyringTrouble(State.TIMEOUT) from None
    except Exception:
        why = "PYTHON_KEYRING_BACKEND or keyringrc.cfg names one that does not work here"
        raise KeyringTrouble(State.NO_BACKEND, why) from None
    if configured is not None:
        return approved(configured)
    best = _best_allowed()
    if best is not None:
        return best()
    other = _best_of_all()
    if other is None:
        raise KeyringTrouble(State.NO_BACKEND)
    return approved(other)


def approved(backend: KeyringBackend) -> KeyringBackend:
    """The backend itself, or the first allowed one in a chain. Raises KeyringTrouble (NO_BACKEND, UNSAFE)."""
    from keyring.backends import chainer, fail, null

    links: list[KeyringBackend] = list(backend.backends) if isinstance(backend, chainer.ChainerBackend) else [backend]
    for link in links:
        if type(link) in _allowed_classes():
            return link
    if isinstance(backend, null.Keyring):
        raise KeyringTrouble(State.NO_BACKEND, "it is switched off in the configuration of the keyring package")
    for link in links:
        if not isinstance(link, fail.Keyring | null.Keyring):
            raise KeyringTrouble(State.UNSAFE, f"{type(link).__module__}.{type(link).__qualname__}")
    raise KeyringTrouble(State.NO_BACKEND)


def _allowed_classes() -> tuple[type[KeyringBackend], ...]:
    names = _ALLOWED.get(sys.platform, _ALLOWED["linux"])
    return tuple(getattr(import_module(module), name) for module, name in names)


def _best_allowed() -> type[KeyringBackend] | None:
    """Not by their `viable`: to that a bus that does not answer is one that is not there."""
    priorities: dict[type[KeyringBackend], float] = {}
    is_mute = False
    for each in _allowed_classes():
        try:
            priorities[each] = float(each.priority)
        except TimeoutError:
            is_mute = True
        except Exception:  # noqa: S112  # how a backend says that it does not work here
            continue
    if is_mute and not priorities:
        raise KeyringTrouble(State.TIMEOUT)
    return max(priorities, key=lambda each: priorities[each], default=None)


def _best_of_all() -> KeyringBackend | None:
    """Only to name what else is there: third-party backends are loaded when no allowed one works."""
    from keyring import backend

    try:
        return max(backend.get_all_keyring(), key=lambda each: float(each.priority), default=None)
    except Exception:
        return None


def _is_collection_locked() -> bool:
    """0.5 ms, and never a window; without a default collection there would be one, to create it."""
    try:
        import secretstorage
    except ImportError:
        return False
    try:
        with closing(secretstorage.dbus_init()) as connection:
            return bool(secretstorage.Collection(connection).is_locked())
    except secretstorage.ItemNotFoundException:
        return True
    except Exception:
        return False


def _short_name(backend: KeyringBackend) -> str:
    return type(backend).__module__.removeprefix("keyring.backends.")


class _Translated:
    """Turns the `keyring` package's errors into KeyringTrouble; their texts are dropped."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: object) -> None:
        from keyring import errors

        if isinstance(error, errors.NoKeyringError):
            raise KeyringTrouble(State.NO_BACKEND) from None
        if isinstance(error, errors.KeyringLocked | errors.InitError):
            raise KeyringTrouble(State.LOCKED) from None
        if isinstance(error, errors.PasswordDeleteError):
            raise KeyringTrouble(State.MISSING) from None
