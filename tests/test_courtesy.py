"""Threads that share Python's lock with the screen stand aside while it has something to do."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from invoicetui.courtesy import Courtesy
from invoicetui.threads import Engine

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there the loops are Windows's own")


class Patient(Courtesy):
    """Waits longer than any test runs."""

    PATIENCE = 30


@contextmanager
def working(courtesy: Courtesy) -> Iterator[list[int]]:
    """A thread that goes through items as long as it may; those it has done."""
    done: list[int] = []
    is_over = threading.Event()

    def work() -> None:
        for item in courtesy.paced(range(10**9)):
            done.append(item)
            if is_over.is_set():
                return
            time.sleep(0.0005)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield done
    finally:
        is_over.set()
        courtesy.rest()
        thread.join(5)


def until(is_so: Callable[[], object]) -> None:
    end = time.monotonic() + 5
    while not is_so() and time.monotonic() < end:
        time.sleep(0.001)
    assert is_so()


def busy() -> None:
    """What a callback does that takes long."""
    time.sleep(0.005)


def test_nobody_waits_where_nobody_leads() -> None:
    begun = time.perf_counter()
    assert list(Patient().paced("abc")) == ["a", "b", "c"]
    assert time.perf_counter() - begun < 5


def test_work_stops_between_two_items_until_the_leader_rests() -> None:
    courtesy = Patient()
    with working(courtesy) as done:
        until(lambda: done)
        courtesy.lead()
        time.sleep(0.05)
        count = len(done)
        time.sleep(0.1)
        assert len(done) == count
        courtesy.rest()
        until(lambda: len(done) > count)


def test_a_leader_that_never_rests_stops_nobody_for_long() -> None:
    courtesy = Courtesy()
    with working(courtesy) as done:
        courtesy.lead()
        # Not thirty milliseconds before each.
        until(lambda: len(done) > 300)


def test_a_leading_loop_is_idle_while_it_waits_and_at_no_other_time() -> None:
    courtesy = Patient()
    loop = courtesy.leading_loop()

    async def main(done: list[int]) -> None:
        await asyncio.sleep(0.02)
        for _ in range(3):
            until_stopped = len(done)
            for _ in range(20):
                busy()
                await asyncio.sleep(0)  # more is ready: it is busy still
            assert len(done) - until_stopped <= 1
            await asyncio.sleep(0.1)
            assert len(done) - until_stopped > 5

    with working(courtesy) as done:
        try:
            loop.run_until_complete(main(done))
        finally:
            loop.close()


def test_the_engine_stands_aside_between_its_callbacks() -> None:
    courtesy = Patient()
    engine = Engine(courtesy)
    turns: list[int] = []

    async def turn() -> None:
        while True:
            turns.append(1)
            await asyncio.sleep(0)

    try:
        engine.submit(turn())
        until(lambda: turns)
        courtesy.lead()
        time.sleep(0.05)
        count = len(turns)
        time.sleep(0.1)
        assert len(turns) == count
        courtesy.rest()
        until(lambda: len(turns) > count)
    finally:
        courtesy.rest()
        engine.close()


def test_who_follows_lets_go_of_the_lock_now_and_then_and_nobody_else_does() -> None:
    now, moments = [0.0], list[float]()
    courtesy = Courtesy(lambda: now[0], moments.append)

    def work() -> None:
        for _ in courtesy.paced(range(100)):
            now[0] += 0.0005

    work()
    now[0] += 1
    courtesy.stand_aside()
    assert moments == [], "there is no leader"
    courtesy.leading_loop().close()
    work()
    assert 15 <= len(moments) <= 30
    assert all(0 < moment < 0.001 for moment in moments)
