"""The two daemon threads behind a session, and the futures they give.

The *engine* runs an event loop for network, decoding and writing; the *reader* makes views and is interrupted by the
next wish.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, TypeVar
from weakref import WeakSet, WeakValueDictionary

from invoicetui.courtesy import Courtesy
from invoicetui.ledger.store import Interrupted, Store

T = TypeVar("T")


class Engine:
    """A daemon thread with its own event loop. Futures are concurrent ones; cancelling one cancels its task."""

    def __init__(self, courtesy: Courtesy | None = None, name: str = "invoicetui-engine") -> None:
        self._courtesy = courtesy or Courtesy()
        self._name = name
        self._gate = threading.RLock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._is_closed = False
        self._submitted: WeakSet[Coroutine[Any, Any, Any]] = WeakSet()
        self._ending: asyncio.Task[None] | None = None

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop; whoever wants it first starts the thread, which no first frame waits for."""
        with self._gate:
            if self._loop is None:
                from invoicetui.daemons import Daemons

                self._loop = self._courtesy.following_loop()
                self._loop.set_default_executor(Daemons(max_workers=1))
                self._thread = threading.Thread(target=self._run, args=(self._loop,), name=self._name, daemon=True)
                self._thread.start()
            return self._loop

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        loop.run_forever()
        loop.close()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the engine's loop, from any thread; after `close` the future is a cancelled one."""
        with self._gate:
            if not self._is_closed:
                self._submitted.add(work)
                return asyncio.run_coroutine_threadsafe(work, self.loop)
        work.close()
        future: Future[T] = Future()
        future.cancel()
        return future

    def close(self, finish: Callable[[], Coroutine[Any, Any, None]] | None = None, timeout: float = 1.0) -> bool:
        """Cancel what runs, then run `finish`, then end the thread; at most `timeout` seconds.

        False: something does not end, and is left to the process's end.
        """
        with self._gate:
            is_first, self._is_closed = not self._is_closed, True
        if self._loop is None or self._thread is None:
            return True
        if is_first:
            self._loop.call_soon_threadsafe(self._begin_end, finish, timeout)
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _begin_end(self, finish: Callable[[], Coroutine[Any, Any, None]] | None, timeout: float) -> None:
        self._ending = self.loop.create_task(self._end(finish, timeout))

    async def _end(self, finish: Callable[[], Coroutine[Any, Any, None]] | None, seconds: float) -> None:
        # First what was submitted: it ends what it began in good order, which libraries rely on. Then all that is left,
        # and again, for what a cancelled task began on its way out.
        await self._cancel(lambda task: task.get_coro() in self._submitted, seconds * 0.4)
        is_over = await self._cancel(lambda task: True, seconds * 0.2)
        if finish is not None:
            with suppress(Exception):
                async with asyncio.timeout(seconds * 0.2):
                    await finish()
        if is_over:
            await self.loop.shutdown_asyncgens()
            self.loop.stop()

    async def _cancel(self, is_meant: Callable[[asyncio.Task[Any]], bool], seconds: float) -> bool:
        """Cancel tasks until none of them is left; False when some are after that many seconds."""
        end = time.monotonic() + seconds
        while tasks := {task for task in asyncio.all_tasks() - {self._ending} if is_meant(task)}:
            left = end - time.monotonic()
            if left <= 0:
                return False
            for task in tasks:
                task.cancel()
            done, _ = await asyncio.wait(tasks, timeout=left)
            for task in done:
                _ = task.cancelled() or task.exception()  # whoever waited for it has it
        return True


class Reader:
    """One daemon thread for reading the ledger. A newer wish of the same kind replaces and interrupts an older one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._queue: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        #: Held while a wish is interrupted, so that none begins meanwhile and is hit instead.
        self._gate = threading.Lock()
        self._latest: WeakValueDictionary[str, Future[Any]] = WeakValueDictionary()
        self._running: Future[Any] | None = None
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="invoicetui-reader", daemon=True)
        self._thread.start()

    def submit(self, kind: str, work: Callable[[], T]) -> Future[T]:
        """Read on the reader thread. The future of a wish that was overtaken, or that comes after `close`, is
        cancelled.
        """
        future: Future[T] = Future()
        with self._gate:
            if self._is_closed:
                future.cancel()
                return future
            older, self._latest[kind] = self._latest.get(kind), future
            self._queue.put((future, work))
            if older is not None and not older.done() and not older.cancel() and older is self._running:
                self._store.interrupt()
        return future

    def _run(self) -> None:
        while self._take():
            pass

    def _take(self) -> bool:
        """Read what is wished for next; False at the end. Nothing of it stays here: a view may be large."""
        item = self._queue.get()
        if item is None:
            return False
        future, work = item
        with self._gate:
            if self._is_closed:
                future.cancel()
            if not future.set_running_or_notify_cancel():
                return True
            self._running = future
        _settle(future, work)
        self._running = None
        return True

    def close(self, timeout: float = 0.5) -> bool:
        """Interrupt what is read and end the thread; False when it does not end within `timeout` seconds."""
        with self._gate:
            self._is_closed = True
            if self._running is not None:
                self._store.interrupt()
        self._queue.put(None)
        self._thread.join(timeout)
        return not self._thread.is_alive()


def _settle(future: Future[T], work: Callable[[], T]) -> None:
    """Do the work and say what came of it."""
    try:
        future.set_result(work())
    except Interrupted:
        future.set_exception(CancelledError())
    except BaseException as error:
        future.set_exception(error)
