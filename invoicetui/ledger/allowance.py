"""How many questions a vendor is asked at once: no more than it says are left."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from invoicetui.vendors.base import Request


class Answered(Protocol):
    """The two parts of an HTTP answer that a walk reads; header names are lower-case."""

    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> bytes: ...


Fetch = Callable[[Request], Awaitable[Answered]]


class Allowance:
    """An account's fetch, which lets no more requests be under way than the last answer said are left.

    X-RateLimit-Remaining is what Voxmind, Northflank and Laravel send (Opterius behind a throttle); an answer without
    it sets no limit. One request is always let through, for only an answer tells that there are more again: when they
    come back is not to be had from X-RateLimit-Reset, a moment at one vendor and seconds at another.
    """

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._left: int | None = None
        self._asked = self._under_way = self._said_by = 0
        self._waiting: list[asyncio.Future[None]] = []

    async def __call__(self, request: Request) -> Answered:
        while self._left is not None and self._under_way >= max(self._left, 1):
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn
        self._asked += 1
        number = self._asked
        self._under_way += 1
        try:
            answer = await self._fetch(request)
            # Answers overtake one another: what the vendor said to the latest question is what holds.
            if number > self._said_by:
                self._said_by, self._left = number, _left(answer.headers)
            return answer
        finally:
            self._under_way -= 1
            waiting, self._waiting = self._waiting, []
            for turn in waiting:
                if not turn.done():
                    turn.set_result(None)


def _left(headers: Mapping[str, str]) -> int | None:
    said = headers.get("x-ratelimit-remaining", "").strip()
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None
