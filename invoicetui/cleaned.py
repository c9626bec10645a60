"""Dataclasses that are clean by construction: no escape sequence, bidi override or control character in any text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any

from invoicetui.text import LIMIT, clean, clean_block


class Cleaned:
    """Base of dataclasses that hold text from outside: each `str` field is cleaned; `memo`-like ones keep newlines."""

    __slots__ = ()

    def __post_init__(self) -> None:
        texts, cleaners, mappings = _outside(type(self))  # type: ignore[arg-type]  # classes are hashable
        if not _is_plain(texts(self)):
            for name, cleaner in cleaners:
                value = getattr(self, name)
                if type(value) is str:
                    cleaned = cleaner(value)
                    if cleaned is not value:
                        object.__setattr__(self, name, cleaned)
        for name in mappings:
            value = getattr(self, name)
            if value:
                object.__setattr__(
                    self, name, {clean(k): clean(v) if isinstance(v, str) else v for k, v in value.items()}
                )


def _is_plain(texts: tuple[Any, ...]) -> bool:
    """Whether no text of these needs cleaning, looked at together: what joins to plain text is plain."""
    try:
        joined = "".join(filter(None, texts))
    except TypeError:
        return False
    return joined.isascii() and joined.isprintable() and len(joined) <= LIMIT


_Cleaners = tuple[tuple[str, Callable[[str], str]], ...]


@cache
def _outside(kind: Any) -> tuple[Callable[[object], tuple[Any, ...]], _Cleaners, tuple[str, ...]]:
    """What reads all fields that hold text, what cleans each, and the fields that are mappings; asked once a class."""
    cleaners = tuple(
        (item.name, clean_block if item.metadata.get("block") else clean)
        for item in fields(kind)
        if str(item.type) in ("str", "str | None")
    )
    names = [name for name, _ in cleaners]
    # Of one name alone attrgetter makes no tuple.
    texts = attrgetter(*names, *names[: len(names) == 1])
    return texts, cleaners, tuple(item.name for item in fields(kind) if str(item.type).startswith("Mapping"))
