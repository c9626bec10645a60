"""On which lines of a TOML text things stand: for errors, and for changing a file without disturbing the rest."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

_AT_LINE = re.compile(r"^(.*) \(at line (\d+), column (\d+)\)$", re.DOTALL)
_AT_END = " (at end of document)"


@dataclass(frozen=True, slots=True)
class Statement:
    """A header, or a key with its value: `text` as it stands on lines `start` to `end`, both counted from 1.

    `table` is the path of the table it is in, or that it opens; `paths` are the key paths it gives a value.
    """

    start: int
    text: str
    table: tuple[str, ...]
    paths: tuple[tuple[str, ...], ...]
    is_header: bool

    @property
    def end(self) -> int:
        return self.start + self.text.count("\n")


def line_of(text: str, keys: Sequence[str]) -> int:
    """The line, from 1, on which the key path `keys` first stands in `text`, which must be valid TOML; 0 if nowhere.

    For a key that is missing, ask for the table it should be in.
    """
    wanted = tuple(keys)
    if wanted:
        for statement in statements(text):
            if any(path[: len(wanted)] == wanted for path in statement.paths):
                return statement.start
    return 0


def statements(text: str) -> Iterator[Statement]:
    """The statements of a valid TOML text whose lines end in "\\n"; comments and blank lines lie between them.

    A statement ends at the first line end at which it is valid by itself: TOML's values may contain line ends only
    inside brackets or quotes that are still open there.
    """
    table: tuple[str, ...] = ()
    pending: list[str] = []
    start = 1
    for number, line in enumerate(text.split("\n"), 1):
        if not pending:
            start = number
        pending.append(line)
        part = "\n".join(pending)
        try:
            values = tomllib.loads(part)
        except ValueError:
            continue
        pending = []
        if not values:
            continue
        if is_header := part.lstrip().startswith("["):
            table = _path_of_header(values)
            paths: tuple[tuple[str, ...], ...] = (table,)
        else:
            paths = tuple((*table, *below) for below in _paths(values))
        yield Statement(start, part, table, paths, is_header)


def place_of(error: ValueError, text: str) -> tuple[str, int]:
    """What tomllib found wrong, and its line."""
    said = str(error)
    if match := _AT_LINE.match(said):
        return f"{_lower(match[1])} (column {match[3]})", int(match[2])
    return _lower(said.removesuffix(_AT_END)), _unfinished(text) if said.endswith(_AT_END) else 0


def _unfinished(text: str) -> int:
    """The line on which a value begins whose quote or bracket is never closed."""
    pending: list[str] = []
    start = 1
    for number, line in enumerate(text.splitlines(), 1):
        if not pending:
            start = number
        pending.append(line)
        with suppress(ValueError):
            tomllib.loads("\n".join(pending))
            pending = []
    return start


def _path_of_header(table: dict[str, Any]) -> tuple[str, ...]:
    path: list[str] = []
    value: Any = table
    while value:
        if isinstance(value, list):
            value = value[0]
            continue
        key, value = next(iter(value.items()))
        path.append(key)
    return tuple(path)


def _paths(table: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for key, value in table.items():
        yield (key,)
        if isinstance(value, dict):
            for below in _paths(value):
                yield (key, *below)


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]
