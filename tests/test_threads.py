"""The threads behind a session: what runs on them ends in time, and the newest wish wins."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from weakref import ref

import pytest

from invoicetui.ledger.store import Interrupted
from invoicetui.threads import Engine, Reader


def until(holds: Callable[[], object], seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        threading.Event().wait(0.005)


# The engine


def test_closing_ends_what_runs_and_then_what_is_to_be_closed() -> None:
    engine = Engine()
    events: list[str] = []

    async def work() -> None:
        events.append("begun")
        try:
            await asyncio.Event().wait()
        finally:
            events.append("ended")

    async def finish() -> None:
        events.append("finished")

    future = engine.submit(work())
    until(lambda: events)
    assert engine.close(finish)
    assert events == ["begun", "ended", "finished"]
    assert future.cancelled()
    assert engine.close(), "again"


def test_a_task_that_does_not_end_holds_up_nothing() -> None:
    engine = Engine()
    has_begun, may_end = threading.Event(), threading.Event()

    async def stubborn() -> None:
        has_begun.set()
        while not may_end.is_set():
            try:
                await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                continue

    engine.submit(stubborn())
    assert has_begun.wait(5)
    begun = time.monotonic()
    closed: list[str] = []

    async def finish() -> None:
        closed.append("connections")

    assert not engine.close(finish, timeout=0.4)
    assert time.monotonic() - begun < 1
    assert closed == ["connections"]
    may_end.set()
    engine.loop.call_soon_threadsafe(engine.loop.stop)
    engine._thread.join(5)


def test_work_that_comes_too_late_is_cancelled() -> None:
    engine = Engine()
    engine.close()

    async def late() -> None:
        raise AssertionError("it ran")

    assert engine.submit(late()).cancelled()


def test_a_call_that_hangs_does_not_keep_python_from_ending() -> None:
    program = """
import asyncio, threading
from invoicetui.threads import Engine
engine, begun = Engine(), threading.Event()
def hang():
    begun.set()
    threading.Event().wait()
async def work():
    await asyncio.to_thread(hang)
engine.submit(work())
begun.wait(5)
print(engine.close())
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=8, check=False)
    assert (ran.stdout, ran.stderr, ran.returncode) == ("True\n", "", 0)


class Views:
    """Stands in for a store whose views go on until they are interrupted or `let` ends them."""

    def __init__(self) -> None:
        self.is_viewing = threading.Event()
        self.let = threading.Event()
        self.stop = threading.Event()
        self.interrupts = 0

    def interrupt(self) -> None:
        self.interrupts += 1
        self.stop.set()

    def view(self) -> str:
        self.stop.clear()
        self.is_viewing.set()
        while not self.let.is_set():
            if self.stop.wait(0.005):
                raise Interrupted
        return "viewed"


@pytest.fixture
def views() -> Views:
    return Views()


@pytest.fixture
def reader(views: Views) -> Iterator[Reader]:
    made = Reader(views)  # type: ignore[arg-type]  # stands in for the store
    yield made
    views.let.set()
    made.close()


def test_a_newer_wish_interrupts_an_older_one_of_its_kind(reader: Reader, views: Views) -> None:
    older = reader.submit("view", views.view)
    assert views.is_viewing.wait(5)
    other = reader.submit("accounts", lambda: "accounts")
    assert views.interrupts == 0
    waiting = reader.submit("view", lambda: "never")
    newest = reader.submit("view", lambda: "newest")
    with pytest.raises(CancelledError):
        older.result(5)
    assert (other.result(5), newest.result(5)) == ("accounts", "newest")
    assert waiting.cancelled()


def test_an_older_wish_that_has_ended_is_not_interrupted(reader: Reader, views: Views) -> None:
    views.let.set()
    assert reader.submit("view", views.view).result(5) == "viewed"
    assert reader.submit("view", views.view).result(5) == "viewed"
    assert views.interrupts == 0


def test_an_interrupt_never_hits_the_newer_wish(views: Views) -> None:
    has_begun = threading.Event()

    class Slow(Views):
        def interrupt(self) -> None:
            self.let.set()  # the older view ends by itself in this very moment
            has_begun.wait(0.1)
            super().interrupt()

    store = Slow()
    reader = Reader(store)  # type: ignore[arg-type]  # stands in for the store
    older = reader.submit("view", store.view)
    assert store.is_viewing.wait(5)

    def newest() -> bool:
        has_begun.set()
        return store.interrupts > 0

    assert reader.submit("view", newest).result(5), "it began before the interrupt was over"
    assert older.result(5) == "viewed"
    assert reader.close()


def test_nothing_that_was_read_stays_behind(reader: Reader) -> None:
    class Large:
        def __call__(self) -> Large:
            return self

    large = Large()
    is_there = ref(large)
    assert reader.submit("view", large).result(5) is large
    reader.submit("other", lambda: None).result(5)  # by then the thread has left the first behind
    del large
    assert is_there() is None


def test_a_mistake_while_reading_reaches_who_asked(reader: Reader) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        reader.submit("view", fail).result(5)
    assert reader.submit("view", lambda: 1).result(5) == 1


def test_a_reader_closes_without_the_views_that_wait(views: Views) -> None:
    reader = Reader(views)  # type: ignore[arg-type]  # stands in for the store
    running = reader.submit("one", views.view)
    assert views.is_viewing.wait(5)
    waiting = [reader.submit(f"{number}", views.view) for number in range(50)]
    assert reader.close()
    with pytest.raises(CancelledError):
        running.result(0)
    assert all(future.cancelled() for future in waiting)
    assert reader.submit("late", views.view).cancelled()


def test_an_engine_that_nobody_asked_for_anything_has_no_thread() -> None:
    engine = Engine(name="unasked")
    assert "unasked" not in {thread.name for thread in threading.enumerate()}
    assert engine.close()
