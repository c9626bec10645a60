"""A keyring in memory, and credentials over it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

from invoicetui.credentials import Credentials, Found, KeyringTrouble, State
from invoicetui.model import Account, Secret, Side

ACME = Account("acme", "voxmind", "Acme", Side.RECEIVED, "https://a.example", {"organisation": "1"})
TOKEN = Secret("vm_live_s3cret")
DESKTOP = {"DISPLAY": ":0"}


class MemoryKeyring:
    """A keyring in memory; `trouble` is raised by every call, `gate` keeps calls waiting until it is set.

    With a `patience`, in seconds, they go on after that all the same.
    """

    name = "Memory"

    def __init__(self, *, is_locked: bool = False, max_length: int | None = None) -> None:
        self.items: dict[tuple[str, str], str] = {}
        self.locked = is_locked
        self.max_length = max_length
        self.trouble: BaseException | None = None
        self.gate: threading.Event | None = None
        self.patience: float | None = None
        self.calls: list[str] = []
        self.threads: set[str] = set()

    def is_locked(self) -> bool:
        return self.locked

    def get(self, service: str, user: str) -> str | None:
        self._enter(f"get {service} {user}")
        return self.items.get((service, user))

    def set(self, service: str, user: str, value: str) -> None:
        self._enter(f"set {service} {user}")
        self.items[service, user] = value

    def delete(self, service: str, user: str) -> None:
        self._enter(f"delete {service} {user}")
        if self.items.pop((service, user), None) is None:
            raise KeyringTrouble(State.MISSING)

    def _enter(self, call: str) -> None:
        self.calls.append(call)
        self.threads.add(threading.current_thread().name)
        if self.gate:
            assert self.gate.wait(self.patience or 30) or self.patience
        if self.trouble:
            raise self.trouble


def credentials(
    keyring: MemoryKeyring | None = None,
    *,
    environ: Mapping[str, str] = DESKTOP,
    state_path: Path | None = None,
    may_prompt: bool | None = None,
    timeout: float = 5.0,
) -> Credentials:
    return Credentials(
        environ=environ,
        keyring=keyring or MemoryKeyring(),
        run=lambda argv, environ: Found(State.OK, Secret("from-" + argv[0]), f"command: {argv[0]}"),
        state_path=state_path,
        may_prompt=may_prompt,
        timeout=timeout,
    )


def with_token(text: str = "stored") -> MemoryKeyring:
    keyring = MemoryKeyring()
    keyring.items["invoicetui:acme@a.example", "acme"] = text
    return keyring
