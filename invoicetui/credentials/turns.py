"""Calls that may never return, one at a time, each with a bound on how long its caller waits."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _Turn:
    function: Callable[[], Any]
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Any]
    is_given_up: bool = False


class Turns:
    """Runs blocking functions in a daemon thread, in turn; callers may be on different event loops.

    Never an executor: asyncio and the interpreter join an executor's threads at exit, so that one that is stuck in a
    locked keyring would keep the program from quitting for as long as it is stuck.
    """

    def __init__(self, timeout: float, name: str) -> None:
        self._timeout = timeout
        self._name = name
        self._mutex = threading.Lock()
        self._waiting: deque[_Turn] = deque()
        self._thread: threading.Thread | None = None
        self._since: float | None = None

    async def take(self, function: Callable[[], T]) -> T:
        """The function's result. Raises what it raises, and TimeoutError once a call has run for `timeout` seconds.

        That may be a call before this one: while it is stuck, everybody is told so at once. A function that has not
        begun when its caller goes is not run.
        """
        if self._running_for() >= self._timeout:
            raise TimeoutError
        turn = self._begin(function)
        try:
            while not turn.answer.done():
                left = self._timeout - self._running_for()
                if left <= 0:
                    raise TimeoutError
                await asyncio.wait((turn.answer,), timeout=left)
        finally:
            turn.is_given_up = True
        result: T = turn.answer.result()
        return result

    async def free(self) -> None:
        """Wait, without a bound, until no earlier call is running."""
        turn = self._begin(lambda: None)
        try:
            await turn.answer
        finally:
            turn.is_given_up = True

    def _running_for(self) -> float:
        with self._mutex:
            return 0.0 if self._since is None else time.monotonic() - self._since

    def _begin(self, function: Callable[[], Any]) -> _Turn:
        loop = asyncio.get_running_loop()
        turn = _Turn(function, loop, loop.create_future())
        with self._mutex:
            self._waiting.append(turn)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._thread.start()
        return turn

    def _work(self) -> None:
        while True:
            with self._mutex:
                if not self._waiting:
                    self._thread = self._since = None
                    return
                turn = self._waiting.popleft()
                if turn.is_given_up:
                    continue
                self._since = time.monotonic()
            value: Any = None
            error: BaseException | None = None
            try:
                value = turn.function()
            except BaseException as raised:
                error = raised
            # The caller's loop may be gone: it gave up and quit.
            with suppress(RuntimeError):
                turn.loop.call_soon_threadsafe(_deliver, turn, value, error)


def _deliver(turn: _Turn, value: Any, error: BaseException | None) -> None:
    if turn.is_given_up or turn.answer.done():
        return
    if error is None:
        turn.answer.set_result(value)
    else:
        turn.answer.set_exception(error)
