"""Changing config.toml: comments, order and everything not asked for stay, and the file is never half written.

Every function reads the file, changes it, checks the result as `load` would, and replaces the file; it returns the
Config that is now in it. A change that would make the file wrong, or that cannot be made, raises ConfigError and
leaves the file as it was. The functions block on the disk, and up to two seconds on another writer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import tomlkit

from invoicetui import private_file
from invoicetui.config import Config, VendorFacts, decode, parse, read
from invoicetui.config.lines import Statement, statements
from invoicetui.errors import ConfigError

#: What a key can be given; None takes the key out.
Value = str | bool | int | Sequence[str] | None

_EMPTY = private_file.Content(b"", is_exposed=False)
_TRIES = 3


@dataclass(frozen=True, slots=True)
class _Change:
    """One change, said twice: `to_values` to what the file means, `to_text` to how it stands there.

    The text that comes out must mean what the values say, else the file stays as it was.
    """

    to_values: Callable[[dict[str, Any]], None]
    to_text: Callable[[str], str]


def add_account(path: Path, account_id: str, values: Mapping[str, Value], vendors: Mapping[str, VendorFacts]) -> Config:
    """Add [accounts.ID] with `values` (vendor, label, base_url, the vendor's options …) at the end of the file."""

    def to_values(top: dict[str, Any]) -> None:
        accounts = top.setdefault("accounts", {})
        if account_id in accounts:
            raise ConfigError(f"there is already an account {account_id}", "choose another id")
        accounts[account_id] = {}
        _assign(accounts[account_id], values)

    def to_text(text: str) -> str:
        header = f"[accounts.{tomlkit.key(account_id).as_string()}]"
        lines = [header, *(_line(key, value) for key, value in values.items() if value is not None)]
        before = text.rstrip("\n")
        return (f"{before}\n\n" if before else "") + "\n".join(lines) + "\n"

    return _make(path, vendors, _Change(to_values, to_text))


def change_account(
    path: Path, account_id: str, values: Mapping[str, Value], vendors: Mapping[str, VendorFacts]
) -> Config:
    """Set the given keys of an account, and no others; None takes a key out. The id itself never changes."""

    def to_values(top: dict[str, Any]) -> None:
        _assign(_account(top, account_id), values)

    def to_text(text: str) -> str:
        for key, value in values.items():
            text = _with_key(text, ("accounts", account_id), key, value)
        return text

    return _make(path, vendors, _Change(to_values, to_text))


def remove_account(path: Path, account_id: str, vendors: Mapping[str, VendorFacts]) -> Config:
    """Take out an account's table. Comments above it and below its last key stay; its token is not touched."""

    def to_values(top: dict[str, Any]) -> None:
        _account(top, account_id)
        del top["accounts"][account_id]

    def to_text(text: str) -> str:
        return _without_table(text, ("accounts", account_id))

    return _make(path, vendors, _Change(to_values, to_text))


def set_value(path: Path, name: str, value: Value, vendors: Mapping[str, VendorFacts]) -> Config:
    """Set a key at the top of the file (theme, mouse, preview, documents_folder …); None takes it out."""
    change = _Change(lambda top: _assign(top, {name: value}), lambda text: _with_key(text, (), name, value))
    return _make(path, vendors, change)


def _make(path: Path, vendors: Mapping[str, VendorFacts], change: _Change) -> Config:
    try:
        with private_file.locked(path):
            for _ in range(_TRIES):
                before = read(path)
                after = _changed(path, before or _EMPTY, vendors, change)
                # An editor takes no lock of ours: what it saved meanwhile is read and changed instead.
                if read(path) == before:
                    private_file.replace(path, after)
                    return parse(path, private_file.Content(after, is_exposed=False), vendors)
    except OSError as error:
        what = f"{path} cannot be written: {error.strerror or error}"
        raise ConfigError(what, "the file is as it was") from None
    raise ConfigError(f"{path} keeps being changed by another program", "close it there and try again")


def _changed(path: Path, content: private_file.Content, vendors: Mapping[str, VendorFacts], change: _Change) -> bytes:
    parse(path, content, vendors)
    text, expected = decode(content.data)
    change.to_values(expected)
    changed = change.to_text(text)
    # Accounts written inline or with dotted keys cannot be changed line by line.
    if _meaning(changed) != _without_empty(expected):
        raise ConfigError("the file is written in a way that this change would disturb", "change it in an editor")
    data = (changed.replace("\n", "\r\n") if b"\r\n" in content.data else changed).encode()
    parse(path, private_file.Content(data, content.is_exposed), vendors)
    return data


def _meaning(text: str) -> dict[str, Any] | None:
    try:
        return _without_empty(decode(text.encode())[1])
    except ConfigError:
        return None


def _without_empty(top: dict[str, Any]) -> dict[str, Any]:
    """Whether an [accounts] without any account is written or not makes no difference."""
    return top if top.get("accounts") else {key: value for key, value in top.items() if key != "accounts"}


def _account(top: dict[str, Any], account_id: str) -> dict[str, Any]:
    account = top.get("accounts", {}).get(account_id)
    if account is None:
        raise ConfigError(f"there is no account {account_id} in the file", "it may have been removed meanwhile")
    found: dict[str, Any] = account
    return found


def _assign(table: dict[str, Any], values: Mapping[str, Value]) -> None:
    for key, value in values.items():
        if value is None:
            table.pop(key, None)
        else:
            table[key] = _plain(value)


def _plain(value: str | bool | int | Sequence[str]) -> str | bool | int | list[str]:
    return value if isinstance(value, str | bool | int) else list(value)


def _line(key: str, value: str | bool | int | Sequence[str]) -> str:
    return f"{tomlkit.key(key).as_string()} = {tomlkit.item(_plain(value)).as_string()}"


def _with_key(text: str, table: tuple[str, ...], key: str, value: Value) -> str:
    """The text with one key set in its place, added as the table's last, or (None) taken out."""
    lines = text.split("\n")
    own = [statement for statement in statements(text) if statement.table == table]
    old = next((each for each in own if not each.is_header and each.paths[0] == (*table, key)), None)
    if old:
        lines[old.start - 1 : old.end] = [] if value is None else _replaced(old, key, value).split("\n")
    elif value is not None:
        at = own[-1].end if own else 0
        lines.insert(at, _line(key, value))
        if not own and text.strip():
            lines.insert(1, "")
    return "\n".join(lines) if lines[-1] == "" else "\n".join(lines) + "\n"


def _replaced(statement: Statement, key: str, value: str | bool | int | Sequence[str]) -> str:
    """tomlkit keeps the comment behind the value, and the spaces around it."""
    document = tomlkit.parse(statement.text)
    document[key] = _plain(value)
    return tomlkit.dumps(document)


def _without_table(text: str, table: tuple[str, ...]) -> str:
    lines = text.split("\n")
    runs = groupby(statements(text), lambda statement: statement.table[: len(table)] == table)
    for run in reversed([list(group) for is_own, group in runs if is_own]):
        start, end = run[0].start - 1, run[-1].end
        if not "".join(lines[max(start - 1, 0) : start]).strip() and end < len(lines) and not lines[end].strip():
            end += 1  # one of the two blank lines that would now meet
        del lines[start:end]
    return "\n".join(lines)
