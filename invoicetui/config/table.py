"""One table of a TOML text, read by type; whatever is wrong in it is a ConfigError with its line."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from invoicetui.errors import ConfigError
from invoicetui.text import clean

#: The longest string: `text.clean` would shorten a longer one, and it would mean something else.
MAX_LENGTH = 500


class Table:
    """`values` as tomllib reads them, standing at `path` (the keys that lead there) in `text`."""

    def __init__(self, text: str, values: Mapping[str, Any], path: tuple[str, ...] = ()) -> None:
        self._text = text
        self._values = values
        self._path = path

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    @property
    def name(self) -> str:
        return f"[{'.'.join(self._path)}]"

    def wrong(self, key: str, what: str, remedy: str = "") -> ConfigError:
        """The error for `key`; for "" or a key that is not there it stands at the table itself."""
        path = (*self._path, key) if key in self._values else self._path
        from invoicetui.config.lines import line_of

        return ConfigError(what, remedy, line=line_of(self._text, path))

    def refuse_unknown(self, known: Iterable[str], owners: Mapping[str, str] | None = None) -> None:
        """Raise for the first key that is not `known`; `owners` says of keys that belong elsewhere where that is."""
        known = tuple(known)
        for key in self._values:
            if key in known:
                continue
            where = f" in {self.name}" if self._path else ""
            if owner := (owners or {}).get(key):
                raise self.wrong(key, f"{key}{where} is a key of {owner}", "remove it or correct vendor")
            raise self.wrong(key, f"unknown key {key}{where}", nearest(key, known))

    def string(self, key: str, default: str = "", *, is_number_taken: bool = False) -> str:
        """A string, as it is. An integer only where people write one for an identifier (organisation = 42)."""
        if key not in self._values:
            return default
        value = self._values[key]
        if is_number_taken and type(value) is int:
            value = str(value)
        if not isinstance(value, str):
            raise self.wrong(key, f"{key} must be a string in quotes, not {_kind(value)}")
        self._refuse_invisible(key, value)
        return value

    def choice(self, key: str, choices: Iterable[str], default: str) -> str:
        value = self.string(key, default)
        choices = tuple(choices)
        if value not in choices:
            raise self.wrong(key, f'{key} cannot be "{value}"', nearest(value, choices, "one of"))
        return value

    def flag(self, key: str, default: bool) -> bool:
        value = self._values.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, f"{key} must be true or false, not {_kind(value)}")
        return value

    def whole(self, key: str, least: int, most: int) -> int | None:
        """A whole number from `least` to `most`; None when the key is missing."""
        value = self._values.get(key)
        if value is not None and (type(value) is not int or not least <= value <= most):
            raise self.wrong(key, f"{key} must be a whole number from {least} to {most}")
        return value

    def strings(self, key: str, example: str) -> tuple[str, ...]:
        """A list of strings, empty when the key is missing; `example` shows how to write one."""
        value = self._values.get(key, [])
        if not isinstance(value, list):
            raise self.wrong(key, f"{key} must be a list, not {_kind(value)}", f"write {key} = {example}")
        for item in value:
            if not isinstance(item, str):
                raise self.wrong(key, f"{key} must be a list of strings; it holds {_kind(item)}")
            self._refuse_invisible(key, item)
        if key in self and not value:
            raise self.wrong(key, f"{key} is an empty list", f"write {key} = {example}")
        return tuple(value)

    def table(self, key: str) -> Table:
        value = self._values.get(key, {})
        if not isinstance(value, dict):
            shown = ".".join((*self._path, key))
            raise self.wrong(key, f"{key} must be a table, not {_kind(value)}", f"write it as [{shown}]")
        return Table(self._text, value, (*self._path, key))

    def bindings(self) -> dict[str, str]:
        """[keys]: action id → keys joined by commas. `invoice.open` without quotes is a nested table; it is taken."""
        found: dict[str, str] = {}
        for key, value in self._values.items():
            below: dict[str, str]
            if isinstance(value, dict):
                below = {f"{key}.{name}": keys for name, keys in self.table(key).bindings().items()}
            elif isinstance(value, list):
                below = {key: ",".join(self.strings(key, '["o"]'))}
            else:
                below = {key: self.string(key)}
            for name, keys in below.items():
                if not keys:
                    raise self.wrong(key, f"{name} has no key", 'write for example "o" or ["o", "f5"]')
                if name in found:
                    raise self.wrong(key, f"{name} stands twice")
            found.update(below)
        return found

    def _refuse_invisible(self, key: str, value: str) -> None:
        if len(value) > MAX_LENGTH:
            raise self.wrong(key, f"{key} is longer than {MAX_LENGTH} characters")
        if clean(value) != unicodedata.normalize("NFC", value):
            raise self.wrong(key, f"{key} holds control or invisible characters", "type the value again")


def nearest(word: str, choices: Iterable[str], otherwise: str = "known keys:") -> str:
    """A remedy: the choice that looks most like `word`, or all of them."""
    from difflib import get_close_matches

    choices = tuple(choices)
    close = get_close_matches(word.lower(), choices, n=1)
    return f'did you mean "{close[0]}"?' if close else f"{otherwise} {', '.join(choices)}"


def _kind(value: object) -> str:
    """What a value is, in the words of TOML."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, list):
        return "a list"
    return "a table" if isinstance(value, dict) else "a date or time"
