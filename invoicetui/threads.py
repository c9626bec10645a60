"""The two daemon threads behind a session, and the futures they give.

The *engine* runs an event loop for network, decoding and writing; the *reader* makes views and is interrupted by the
next wish.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from queue import SimpleQueue
from typing import Any, TypeVar

from invoicetui.ledger.store import Interrupted, Store

T = TypeVar("T")


class Engine:
    """A daemon thread with its own event loop. Futures are concurrent ones; cancelling one cancels its task."""

    def __init__(self, name: str = "invoicetui-engine") -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the engine's loop, from any thread."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def close(self, timeout: float = 1.0) -> None:
        """Cancel what runs and end the thread; what does not end in time is left to the process's end."""
        if self._thread.is_alive():
            self.loop.call_soon_threadsafe(self._stop)
            self._thread.join(timeout)
        if not self._thread.is_alive() and not self.loop.is_closed():
            self.loop.close()

    def _stop(self) -> None:
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()

        async def finish() -> None:
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.loop.shutdown_asyncgens()
            self.loop.stop()

        self.loop.create_task(finish())


class Reader:
    """One daemon thread for reading the ledger. A newer wish of the same kind replaces and interrupts an older one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._queue: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._latest: dict[str, Future[Any]] = {}
        self._running: Future[Any] | None = None
        self._thread = threading.Thread(target=self._run, name="invoicetui-reader", daemon=True)
        self._thread.start()

    def submit(self, kind: str, work: Callable[[], T]) -> Future[T]:
        """Read on the reader thread. The future of a wish that was overtaken is cancelled."""
        future: Future[T] = Future()
        older = self._latest.get(kind)
        self._latest[kind] = future
        self._queue.put((future, work))
        if older is not None and not older.done() and not older.cancel() and older is self._running:
            self._store.interrupt()
        return future

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            future, work = item
            if not future.set_running_or_notify_cancel():
                continue
            self._running = future
            try:
                future.set_result(work())
            except Interrupted:
                future.set_exception(CancelledError())
            except BaseException as error:
                future.set_exception(error)
            finally:
                self._running = None

    def close(self) -> None:
        self._queue.put(None)
        self._store.interrupt()
        self._thread.join(1.0)
