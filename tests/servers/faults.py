"""What goes wrong on the way: wrappers around an Answer, which can be put around one another.

`nth` counts the requests that reach the wrapper, from 1. Records are found wherever the five vendors keep them.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from tests.servers.fake import JSON, Fake, dumps
from tests.servers.serving import Answer, Fault, Query, Reply

_PLACE = "@@damaged@@"
HTML = b"<!DOCTYPE html><html><head><title>Just a moment</title></head><body>Please sign in to continue.</body></html>"


def _changed(answer: Answer, change: Callable[[int, Reply], Reply]) -> Answer:
    """`change(number, reply)` of every reply, numbered from 1."""
    count = 0

    def changed(method: str, path: str, query: Query, headers: Mapping[str, str], body: bytes) -> Reply:
        nonlocal count
        count += 1
        mine = count
        return change(mine, answer(method, path, query, headers, body))

    return changed


def replaced(answer: Answer, reply: Reply, nths: Collection[int]) -> Answer:
    """`reply` instead of the answers to these requests, which the vendor never sees."""
    count = 0

    def instead(method: str, path: str, query: Query, headers: Mapping[str, str], body: bytes) -> Reply:
        nonlocal count
        count += 1
        return reply if count in nths else answer(method, path, query, headers, body)

    return instead


def broken(answer: Answer, fault: Fault, nths: Collection[int]) -> Answer:
    """The answers to these requests fail at the socket."""
    return _changed(answer, lambda n, reply: replace(reply, fault=fault) if n in nths else reply)


def slow(answer: Answer, seconds: float, nths: Collection[int] | None = None) -> Answer:
    return _changed(answer, lambda n, reply: replace(reply, delay=seconds) if nths is None or n in nths else reply)


def html(answer: Answer, nths: Collection[int] = (1,), status: int = 200) -> Answer:
    """A web page instead of JSON: a portal, a proxy, a single sign-on."""
    return replaced(answer, Reply(status, (("Content-Type", "text/html; charset=utf-8"),), HTML), nths)


def rate_limited(answer: Answer, fake: Fake, times: int, *, retry_after: str = "1", start: int = 1) -> Answer:
    """429 in the vendor's own form, `times` times from request `start` on; `retry_after` in seconds or as a date."""
    reply = fake.refusal(429)
    reply = reply.with_header("Retry-After", retry_after) if retry_after else reply
    return replaced(answer, reply, range(start, start + times))


def failing(answer: Answer, fake: Fake, times: int, *, status: int = 503, start: int = 1) -> Answer:
    """500 or 503 in the vendor's own form, `times` times from request `start` on."""
    return replaced(answer, fake.refusal(status), range(start, start + times))


def moved(answer: Answer, location: str, nths: Collection[int] = (1,), status: int = 302) -> Answer:
    """A redirect, say to another origin."""
    return replaced(answer, Reply(status, (("Location", location),)), nths)


def expired(answer: Answer, fake: Fake, after: int) -> Answer:
    """The token is refused once `after` requests were answered."""
    return _changed(answer, lambda n, reply: fake.refusal(401) if n > after else reply)


def inserted(answer: Answer, fake: Fake, after: int = 1) -> Answer:
    """A new invoice comes once `after` requests were answered: page numbers shift."""

    def change(n: int, reply: Reply) -> Reply:
        if n == after:
            fake.add()
        return reply

    return _changed(answer, change)


def without_page(answer: Answer) -> Answer:
    """A server (or a proxy's cache) that ignores which page is asked for."""

    def ignoring(method: str, path: str, query: Query, headers: Mapping[str, str], body: bytes) -> Reply:
        return answer(method, path, [pair for pair in query if pair[0] not in ("page", "cursor")], headers, body)

    return ignoring


def sized(answer: Answer, size: int) -> Answer:
    """A server whose cap is lower than any client asks for: pages of `size` records."""

    def smaller(method: str, path: str, query: Query, headers: Mapping[str, str], body: bytes) -> Reply:
        names = ("per_page", "perPage")
        return answer(method, path, [(k, str(size) if k in names else v) for k, v in query], headers, body)

    return smaller


def repeated_cursor(answer: Answer) -> Answer:
    """Every answer names the same next cursor, for ever: from the second on it is the same page, too."""
    cursor: str | None = None

    def change(n: int, reply: Reply) -> Reply:
        nonlocal cursor
        document = _json(reply)
        if not isinstance(document, dict) or "pagination" not in document:
            return reply
        cursor = cursor or document["pagination"].get("cursor")
        document["pagination"] |= {"cursor": cursor, "hasNextPage": True}
        return replace(reply, body=dumps(document))

    return _changed(answer, change)


def bomb(answer: Answer, nths: Collection[int] = (1,), *, megabytes: int = 64) -> Answer:
    """Valid JSON that is a thousandth of its size on the wire: `megabytes` of spaces around nothing, gzipped."""
    packer = zlib.compressobj(level=6, wbits=16 + zlib.MAX_WBITS)
    packed = [packer.compress(b"["), *(packer.compress(b" " * (1 << 20)) for _ in range(megabytes))]
    body = b"".join((*packed, packer.compress(b"]"), packer.flush()))
    return replaced(answer, Reply(200, (JSON, ("Content-Encoding", "gzip")), body), nths)


def oversized(answer: Answer, nths: Collection[int] = (1,), *, megabytes: int = 64) -> Answer:
    """The same, in its full size."""
    return replaced(answer, Reply(200, (JSON,), b"[" + b" " * (megabytes << 20) + b"]"), nths)


class Switch:
    """An Answer with a fault that is turned on and off while the server runs.

    `struck` holds the queries of the requests whose answers it changed.
    """

    def __init__(self, answer: Answer) -> None:
        self._inner = answer
        self._change: Callable[[Reply], Reply] | None = None
        self._is_meant: Callable[[Query], bool] = lambda query: True
        self._times: int | None = None
        self.struck: list[Query] = []

    def on(
        self,
        change: Callable[[Reply], Reply],
        is_meant: Callable[[Query], bool] = lambda query: True,
        *,
        times: int | None = None,
    ) -> None:
        """From now on `change` what is answered to the requests that are meant; `times` as often, None for ever."""
        self.struck = []
        self._is_meant, self._times, self._change = is_meant, times, change

    def off(self) -> None:
        self._change = None

    def __call__(self, method: str, path: str, query: Query, headers: Mapping[str, str], body: bytes) -> Reply:
        reply, change = self._inner(method, path, query, headers, body), self._change
        is_over = self._times is not None and len(self.struck) >= self._times
        if change is None or is_over or not self._is_meant(query):
            return reply
        self.struck.append(query)
        return change(reply)


class Damaged:
    """An Answer with one damaged record in every `every`; `count` says how many, `keys` what `list` should call them.

    A record that is sent again is damaged again or never: which ones are is settled when they are first sent.
    `damage` changes the record, a JSON object; `patch` then changes the bytes around it, for damage JSON cannot hold.
    """

    def __init__(
        self,
        answer: Answer,
        damage: Callable[[dict[str, Any]], None],
        *,
        every: int = 100,
        patch: Callable[[bytes], bytes] = lambda body: body,
    ) -> None:
        self._inner = answer
        self._damage = damage
        self._every = every
        self._patch = patch
        self._places: dict[bytes, int] = {}
        self._damaged: dict[int, bytes] = {}

    @property
    def count(self) -> int:
        return len(self._damaged)

    @property
    def raw(self) -> list[bytes]:
        """The damaged records as they were sent."""
        return list(self._damaged.values())

    @property
    def keys(self) -> list[str]:
        """The keys of rows that stand for records nobody could read."""
        return [f"unreadable-{hashlib.sha256(raw).hexdigest()[:12]}" for raw in self.raw]

    def __call__(self, method: str, path: str, query: Query, headers: Mapping[str, str], body: bytes) -> Reply:
        reply = self._inner(method, path, query, headers, body)
        document = _json(reply)
        for record in records(document):
            place = self._places.setdefault(dumps(record), len(self._places))
            if place % self._every == self._every // 2:
                self._damage(record)
                self._damaged[place] = self._patch(dumps(record))
        return reply if document is None else replace(reply, body=self._patch(dumps(document)))


def malformed(fake: Fake, answer: Answer | None = None, *, every: int = 100) -> Damaged:
    """A number where the vendor promised a string."""

    def damage(record: dict[str, Any]) -> None:
        record[fake.text_field] = 20260101

    return Damaged(answer or fake.answer, damage, every=every)


def with_bytes(answer: Answer, damage: bytes = b"\xff\xfe", *, every: int = 100) -> Damaged:
    """A further member of the record holds `damage`: invalid UTF-8, or an escaped lone surrogate."""

    def mark(record: dict[str, Any]) -> None:
        record["note"] = _PLACE

    return Damaged(answer, mark, every=every, patch=lambda body: body.replace(_PLACE.encode(), damage))


#: A JSON escape of half a character; legal by grammar, and no text.
LONE_SURROGATE = b"\\ud800"


def records(document: object) -> list[dict[str, Any]]:
    """The records of a list answer of any of the five vendors; none in anything else."""
    found: object = document
    if isinstance(document, dict):
        found = document.get("results", document.get("data"))
        if isinstance(found, dict):
            found = found.get("invoices")
        if found is None and "totalAmount" in document:
            found = document
    items = found if isinstance(found, list) else [found]
    return [item for item in items if isinstance(item, dict)]


def _json(reply: Reply) -> Any:
    if reply.status != 200 or "json" not in (reply.header("Content-Type") or ""):
        return None
    return json.loads(reply.body)
