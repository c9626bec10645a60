"""What an event loop lets others wait for: blocking calls, each on a thread that nobody waits for at the end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


class Daemons(ThreadPoolExecutor):
    """A daemon thread for each call: Python waits for a pool's own threads when it ends, and a name that cannot be
    resolved keeps one busy for half a minute.
    """

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        future: Future[T] = Future()

        def run() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(fn(*args, **kwargs))
                except BaseException as error:
                    future.set_exception(error)

        threading.Thread(target=run, name="invoicetui-call", daemon=True).start()
        return future
