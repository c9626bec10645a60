"""The requests of one walk that are under way, in the order of its pages."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from itertools import islice, takewhile
from typing import Any

from invoicetui.ledger.passes import Arrival

#: Turns of the event loop that requests are given to leave before the page at hand is stored; httpx takes three.
_TURNS = 8
#: Seconds that one has instead which is alone under way: what it passes on this machine (a proxy, a VPN) gets the
#: processor first.
_HEAD_START = 0.005


class UnderWay:
    """`ask` fetches the page of a token."""

    def __init__(self, ask: Callable[[str], Coroutine[Any, Any, Arrival]]) -> None:
        self._ask = ask
        self._asked: deque[asyncio.Task[Arrival]] = deque()

    def __len__(self) -> int:
        return len(self._asked)

    def ask(self, token: str) -> None:
        """Ask for the page after all that were asked for."""
        self._asked.append(asyncio.create_task(self._ask(token)))

    async def leave(self) -> None:
        """Let those that were asked for just now leave."""
        if sum(not task.done() for task in self._asked) == 1:
            await asyncio.sleep(_HEAD_START)
        else:
            for _ in range(_TURNS):
                await asyncio.sleep(0)

    async def first(self) -> Arrival:
        """Wait for the first of them; raises what asking for it raises."""
        return await self._asked[0]

    def here(self, most: int) -> list[Arrival]:
        """Those that have arrived in front of all others, at most so many."""
        return [task.result() for task in takewhile(_is_here, islice(self._asked, most))]

    def taken(self) -> None:
        """The first of them is dealt with."""
        self._asked.popleft()

    async def stop(self) -> None:
        for task in self._asked:
            task.cancel()
        await asyncio.gather(*self._asked, return_exceptions=True)


def _is_here(task: asyncio.Task[Arrival]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None
