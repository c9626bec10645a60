"""For which hosts an account's token was put into the keyring. A keyring cannot list; this holds no token."""

from __future__ import annotations

import json
from pathlib import Path

from invoicetui import private_file


class Record:
    """A small private JSON file: account id → hosts, the last stored last. Without a path nothing is remembered.

    It is a convenience: when the file cannot be read or written, tokens still work, and only the sentence about a
    changed address is lost.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def hosts(self, account_id: str) -> tuple[str, ...]:
        return self._read().get(account_id, ())

    def add(self, account_id: str, host: str) -> None:
        others = tuple(each for each in self.hosts(account_id) if each != host)
        self._replace(account_id, (*others, host))

    def remove(self, account_id: str) -> None:
        self._replace(account_id, ())

    def _replace(self, account_id: str, hosts: tuple[str, ...]) -> None:
        if self._path is None:
            return
        try:
            with private_file.locked(self._path):
                all_hosts = self._read()
                all_hosts.pop(account_id, None)
                if hosts:
                    all_hosts[account_id] = hosts
                private_file.replace(self._path, (json.dumps(all_hosts, indent=1) + "\n").encode())
        except OSError:
            return

    def _read(self) -> dict[str, tuple[str, ...]]:
        if self._path is None:
            return {}
        try:
            content = private_file.read(self._path)
            values = json.loads(content.data) if content else {}
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(values, dict):
            return {}
        return {
            name: tuple(host for host in hosts if isinstance(host, str))
            for name, hosts in values.items()
            if isinstance(hosts, list)
        }
