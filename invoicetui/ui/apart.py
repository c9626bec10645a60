"""Blocking work beside the loop that paints."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


async def apart(work: Callable[[], T]) -> T:
    """What `work` returns or raises, from a daemon thread of its own.

    Not an executor's: asyncio joins those at the end, and a PDF or a program that never answers would keep us from
    quitting.
    """
    future: Future[T] = Future()

    def run() -> None:
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(work())
            except BaseException as error:
                future.set_exception(error)

    threading.Thread(target=run, name="invoicetui-apart", daemon=True).start()
    return await asyncio.wrap_future(future)
