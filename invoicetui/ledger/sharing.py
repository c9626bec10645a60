"""Work that several wait for: done once, cancelled when nobody waits any more, its failure never lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import PurePath
from traceback import extract_tb
from typing import Any

from invoicetui.errors import InvoicetuiError


@dataclass(slots=True)
class _Work:
    task: asyncio.Task[None]
    waiters: int = 0


class Shared:
    """At most one piece of work at a time; whoever asks for any while it runs waits for the one that runs.

    Waiters get the work's InvoicetuiError; any other exception becomes one. `on_change(problem)` is called when work
    begins and when it ends, with what it failed of.
    """

    def __init__(self, on_change: Callable[[InvoicetuiError | None], None]) -> None:
        self._on_change = on_change
        self._work: _Work | None = None
        self._is_stopped = False

    @property
    def is_running(self) -> bool:
        return self._work is not None

    async def join(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Wait for the work that runs, or else for this."""
        # Work that has ended and is not told yet is nobody's to wait for: waiting for what is done takes no turn of the
        # loop, and who does so again and again lets nobody tell it.
        while self._work is not None and (self._work.task.cancelling() or self._work.task.done()):
            await asyncio.wait((self._work.task,))
        if self._is_stopped:
            raise asyncio.CancelledError
        if self._work is None:
            self._work = _Work(asyncio.create_task(_told(work)))
            # Not in the task itself: one that is cancelled before it begins runs no line of its own.
            self._work.task.add_done_callback(self._ended)
            self._on_change(None)
        shared = self._work
        shared.waiters += 1
        try:
            await asyncio.shield(shared.task)
        except asyncio.CancelledError:
            if shared.waiters == 1:
                shared.task.cancel()
            raise
        finally:
            shared.waiters -= 1

    async def stop(self) -> None:
        """End the work that runs and begin none any more; whoever waits is cancelled."""
        self._is_stopped = True
        if self._work is not None:
            self._work.task.cancel()
            await asyncio.wait((self._work.task,))

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._work = None
        problem = None if task.cancelled() else task.exception()
        self._on_change(problem if isinstance(problem, InvoicetuiError) else None)


async def _told(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    try:
        await work()
    except InvoicetuiError:
        raise
    except Exception as error:
        raise mistake(error) from error


def mistake(error: Exception) -> InvoicetuiError:
    """An exception that should not be, in words that repeat nothing of what it holds: that could be a token."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    at = (extract_tb(error.__traceback__) or [None])[-1]
    where = f" at {PurePath(at.filename).name}:{at.lineno}" if at is not None else ""
    return InvoicetuiError(f"invoicetui made a mistake ({type(error).__name__}{where})", "please report it")
