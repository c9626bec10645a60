"""Garbage is collected at rest, and what will never be garbage is not looked through again and again."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator

import pytest

from invoicetui.ui.resting import REST, Rests


@pytest.fixture(autouse=True)
def _by_hand() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


class Collector:
    """Passes that take as long as is said."""

    def __init__(self, *seconds: float) -> None:
        self.now, self.done = 0.0, list[str]()
        self._seconds = list(seconds)
        self.rests = Rests(self.collect, lambda: self.done.append("freeze"), lambda: self.now)

    def collect(self) -> None:
        self.done.append("collect")
        self.now += self._seconds.pop(0)

    async def burst(self) -> None:
        before = self.done.count("collect")
        for _ in range(3):
            self.rests.touched()
        end = asyncio.get_running_loop().time() + 5
        while self.done.count("collect") == before:
            assert asyncio.get_running_loop().time() < end
            await asyncio.sleep(0.01)


async def test_there_is_one_pass_after_each_burst() -> None:
    collector = Collector(0, 0)
    await collector.burst()
    await asyncio.sleep(1.5 * REST)
    await collector.burst()
    assert collector.done == ["collect", "collect"]


async def test_what_stands_after_a_long_pass_is_left_out_of_later_ones_but_not_for_ever() -> None:
    collector = Collector(0.005, 0.04, 0.005, 0.03, 0.05)
    for _ in range(5):
        await collector.burst()
    assert collector.done == ["collect", "collect", "freeze", "collect", "collect", "freeze", "collect"]
