"""What the five fake vendors share: a token to check, a list cut into pages, a calendar to make invoices on."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar, Literal

from tests.servers.rows import Row
from tests.servers.serving import Query, Reply

#: What a server does with a page size above its cap, where the vendor does not say.
OverCap = Literal["clamp", "refuse"]

JSON = ("Content-Type", "application/json")


def dumps(value: object) -> bytes:
    """JSON as the fakes send it: a record inside a page has the same bytes as the record by itself."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


class Fake(ABC):
    """One account at one vendor: its invoices (newest first in `truths`), its token, its way to answer.

    `today` anchors the invoices' dates. None of them is due within two days of it, so that an answer does not
    depend on the hour or the time zone a test runs in. `count` invoices; `add()` makes one more, the newest.
    """

    vendor: ClassVar[str]
    #: A field of the record that the vendor promises to be a string, for tests that break the promise.
    text_field: ClassVar[str]

    def __init__(self, *, token: str, today: date | None = None, scheme: str = "Bearer") -> None:
        self.token = token
        self.scheme = scheme
        self.today = today or datetime.now(UTC).date()

    @property
    def authorization(self) -> str:
        return f"{self.scheme} {self.token}"

    def answer(self, method: str, path: str, query: Query, headers: Mapping[str, str], body: bytes) -> Reply:
        """An Answer for serving.Server."""
        wants_json = "json" in headers.get("accept", "")
        if headers.get("authorization") != self.authorization:
            return self.refusal(401, wants_json=wants_json)
        if method != "GET":
            return self.refusal(405, wants_json=wants_json)
        return self.get(path, query, wants_json=wants_json)

    @abstractmethod
    def get(self, path: str, query: Query, *, wants_json: bool) -> Reply:
        """Answer a GET with the right token."""

    @abstractmethod
    def refusal(self, status: int, message: str = "", *, wants_json: bool = True) -> Reply:
        """An error in this vendor's own form."""

    @abstractmethod
    def options(self) -> dict[str, str]:
        """The account's entries in config.toml beside vendor, base_url and token."""

    @abstractmethod
    def add(self) -> None:
        """One more invoice, newer than all others."""

    @abstractmethod
    def expected(self, account: str, today: date | None = None) -> list[Row]:
        """The rows `invoicetui list --all --format json` owes for this account, in no order."""

    def json(self, value: object, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
        return Reply(status, (JSON, *headers), dumps(value))


def number(query: Query, name: str, default: int) -> int | None:
    """A query parameter as an integer; None when it is not one."""
    text = next((value for key, value in query if key == name), None)
    if text is None:
        return default
    return int(text) if text.removeprefix("-").isdecimal() and text.isascii() else None


def page_count(items: Sequence[object], size: int) -> int:
    return -(-len(items) // size)


def month(today: date, back: int) -> tuple[date, date]:
    """First and last day of the month `back` months before the one that ended last, three days ago or earlier."""
    settled = today - timedelta(days=3)
    index = settled.year * 12 + settled.month - 2 - back
    year, zero_based = divmod(index, 12)
    return date(year, zero_based + 1, 1), date(year, zero_based + 1, monthrange(year, zero_based + 1)[1])


def half_month(today: date, back: int) -> tuple[date, date]:
    """The half `back` halves before the last month's end: the 16th to the last, then the 1st to the 15th, and so on."""
    first, last = month(today, back // 2)
    return (first.replace(day=16), last) if back % 2 == 0 else (first, first.replace(day=15))


def due_after(issued: date, days: int, today: date) -> date:
    """A due date that is clearly past or clearly not."""
    due = issued + timedelta(days=days)
    return due + timedelta(days=6) if abs((due - today).days) <= 2 else due
