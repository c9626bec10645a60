"""One question to a demo server and its answer, and what the demo's five servers have in common."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from invoicetui.demo.data import Lazy, Record

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A request as a server sees it: `path` and `query` percent-decoded, `headers` with lower-case names."""

    method: str
    path: str
    query: Pairs = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def value(self, name: str) -> str | None:
        """The first value of a query parameter."""
        return next((value for key, value in self.query if key == name), None)

    def values(self, name: str) -> tuple[str, ...]:
        return tuple(value for key, value in self.query if key == name)

    def number(self, name: str, default: int, low: int, high: int) -> int | None:
        """A whole number from `low` to `high`; None when something else was sent."""
        text = self.value(name)
        if text is None:
            return default
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
        return number if low <= number <= high else None

    @property
    def is_json_wanted(self) -> bool:
        return "json" in self.headers.get("accept", "")


@dataclass(frozen=True, slots=True)
class Reply:
    """`delay` is how long, in seconds, the vendor takes to answer."""

    status: int
    headers: Pairs
    body: bytes
    delay: float = 0.0


def json_reply(value: object, status: int = 200, headers: Pairs = ()) -> Reply:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Reply(status, (("Content-Type", "application/json"), *headers), body)


def text_reply(text: str, status: int, kind: str = "text/plain; charset=utf-8") -> Reply:
    return Reply(status, (("Content-Type", kind),), text.encode())


def pdf_reply(content: bytes) -> Reply:
    return Reply(200, (("Content-Type", "application/pdf"), ("Content-Disposition", "inline")), content)


class Server(ABC):
    """One vendor's API at one host. It knows its tokens, and answers anything else in the vendor's own words.

    `slowness` is the shortest and the longest time an answer takes, in milliseconds.
    """

    scheme: ClassVar[str] = "Bearer"
    slowness: ClassVar[tuple[int, int]] = (40, 120)

    def __init__(self, records: Lazy[Record], token: str) -> None:
        self.records = records
        self._authorization = f"{self.scheme} {token}"

    def answer(self, call: Call) -> Reply:
        if call.headers.get("authorization") != self._authorization:
            return self.refuse(call)
        if call.method != "GET":
            return self.error(call, 405, "Method Not Allowed")
        return self.route(call)

    def refuse(self, call: Call) -> Reply:
        """401: no token, another word before it, or a token that is unknown or expired."""
        return self.error(call, 401, "Unauthorized")

    @abstractmethod
    def route(self, call: Call) -> Reply:
        """Answer a GET that carried the right token."""

    @abstractmethod
    def error(self, call: Call, status: int, message: str) -> Reply:
        """An error in the vendor's form."""


def cut(indexes: Sequence[int], page: int, size: int) -> Sequence[int]:
    """Page `page`, counted from 0, of the records at `indexes`."""
    return indexes[page * size : (page + 1) * size]
