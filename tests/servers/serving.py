"""A small HTTP/1.1 server on 127.0.0.1 whose answers come from one function, and which can fail as networks fail."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from types import TracebackType
from typing import Literal, Self
from urllib.parse import parse_qsl, unquote

Query = list[tuple[str, str]]
#: cut: half the promised body, then an orderly close. reset: RST instead of an answer; reset_midway: after half the
#: body. drip: the body in pieces. hang: nothing, until the client leaves. close: an orderly close without an answer.
#: twice: the whole answer, and the same once more, which nobody asked for.
Fault = Literal["cut", "reset", "reset_midway", "drip", "hang", "close", "twice"]

_DRIPS = 20
_DRIP_SECONDS = 0.01
_HANG_SECONDS = 20.0
_HOLD_SECONDS = 0.002
_IDLE_SECONDS = 30.0
_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; `delay` in seconds before it, `hold` an event it waits for, `fault` how the connection fails while it
    is sent.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    delay: float = 0.0
    fault: Fault | None = None
    hold: threading.Event | None = None

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def with_header(self, name: str, value: str) -> Reply:
        kept = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return replace(self, headers=(*kept, (name, value)))


#: method, path (decoded), query pairs, headers with lower-case names, body
Answer = Callable[[str, str, Query, Mapping[str, str], bytes], Reply]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came; `target` is undecoded, `headers` lack Authorization, whose value is never kept.

    `connection` counts the connections, so that keep-alive shows; `reply` is what the answer function gave.
    """

    method: str
    path: str
    query: Query
    headers: Mapping[str, str]
    authorization: Literal["expected", "other", "missing"]
    target: str
    connection: int
    reply: Reply = field(repr=False)

    def value(self, name: str) -> str | None:
        """The first value of a query parameter."""
        return next((value for key, value in self.query if key == name), None)


class Server:
    """Serves `answer` from the moment it is made until `close()`, on one thread of its own.

    `authorization` is the whole header value a client should send; it is compared, never recorded. An exception in
    `answer` is a 500 for the client and is raised again by `close()`.
    """

    def __init__(self, answer: Answer, *, authorization: str = "") -> None:
        self._answer = answer
        self._authorization = authorization
        self.asked: list[Asked] = []
        self._mistakes: list[Exception] = []
        self._connections = 0
        self._open: dict[asyncio.Task[None], socket.socket] = {}
        self._ready = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve()), name=f"fake:{self.port}", daemon=True
        )
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("the fake server did not start")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """How many connections clients have opened."""
        return self._connections

    def close(self) -> None:
        """Stop listening, drop every connection, end the thread. Raises what `answer` raised."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(10)
            if self._thread.is_alive():
                raise RuntimeError("the fake server did not end")
        mistakes, self._mistakes = self._mistakes, []
        if mistakes:
            raise mistakes[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        # asyncio's own server loses a connection that it accepts in the moment it is closed.
        self._listener.setblocking(False)
        self._loop.add_reader(self._listener, self._accept)
        self._ready.set()
        await self._stop.wait()
        self._loop.remove_reader(self._listener)
        self._listener.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        for connection in self._open.values():  # a task that was cancelled before it began has closed nothing
            connection.close()

    def _accept(self) -> None:
        with suppress(BlockingIOError, ConnectionAbortedError):
            connection, _ = self._listener.accept()
            connection.setblocking(False)
            # asyncio sets it only where the socket names its protocol; without it every answer waits 40 ms for an ACK.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connections += 1
            task = self._loop.create_task(self._converse(connection, self._connections))
            self._open[task] = connection
            task.add_done_callback(lambda done: None if self._stop.is_set() else self._open.pop(done))

    async def _converse(self, connection: socket.socket, number: int) -> None:
        reader, writer = await asyncio.open_connection(sock=connection, limit=_LIMIT)
        try:
            with suppress(OSError, EOFError, ValueError, asyncio.LimitOverrunError):
                while await self._exchange(reader, writer, number):
                    pass
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> bool:
        """One request and its answer; False when the connection ends here."""
        async with asyncio.timeout(_IDLE_SECONDS):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            line, *lines = head[:-4].split("\r\n")
            method, target, version = line.split(" ")
            headers = {name.lower(): value.strip() for name, _, value in (item.partition(":") for item in lines)}
            body = await reader.readexactly(min(int(headers.get("content-length", "0")), _LIMIT))
        sent = headers.pop("authorization", None)
        raw_path, _, raw_query = target.partition("?")
        path, query = unquote(raw_path), parse_qsl(raw_query, keep_blank_values=True)
        try:
            reply = self._answer(
                method, path, query, headers if sent is None else {**headers, "authorization": sent}, body
            )
        except Exception as error:  # a mistake in the fake: the test must see it, whatever the client makes of a 500
            self._mistakes.append(error)
            reply = Reply(500, body=b"the fake itself failed")
        known: Literal["expected", "other", "missing"] = (
            "missing" if sent is None else "expected" if sent == self._authorization else "other"
        )
        self.asked.append(Asked(method, path, query, headers, known, target, number, reply))
        await asyncio.sleep(reply.delay)
        while reply.hold is not None and not reply.hold.is_set():  # noqa: ASYNC110  # another thread sets it
            await asyncio.sleep(_HOLD_SECONDS)
        keeps = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
        return await self._send(reader, writer, reply, is_head=method == "HEAD", keeps=keeps)

    async def _send(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, reply: Reply, *, is_head: bool, keeps: bool
    ) -> bool:
        if reply.fault == "close":
            return False
        if reply.fault == "reset":
            return _reset(writer)
        if reply.fault == "hang":
            with suppress(TimeoutError):
                async with asyncio.timeout(_HANG_SECONDS):
                    await reader.read(1)
            return False
        is_whole = reply.fault in (None, "twice")
        writer.write(_head(reply, keeps=keeps and is_whole))
        body = b"" if is_head else reply.body
        if reply.fault in ("cut", "reset_midway"):
            writer.write(body[: len(body) // 2])
            await writer.drain()
            return _reset(writer) if reply.fault == "reset_midway" else False
        if reply.fault == "drip":
            await _drip(writer, body)
            return False
        # In one piece: what comes later, a client sees by itself.
        writer.write(body if reply.fault is None else body + _head(reply, keeps=keeps) + body)
        await writer.drain()
        return keeps


def _head(reply: Reply, *, keeps: bool) -> bytes:
    try:
        phrase = HTTPStatus(reply.status).phrase
    except ValueError:
        phrase = ""
    lines = [f"HTTP/1.1 {reply.status} {phrase}", *(f"{name}: {value}" for name, value in reply.headers)]
    lines.append(f"Content-Length: {len(reply.body)}")
    if not keeps:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def _drip(writer: asyncio.StreamWriter, body: bytes) -> None:
    step = max(1, -(-len(body) // _DRIPS))
    for start in range(0, len(body), step):
        writer.write(body[start : start + step])
        await writer.drain()
        await asyncio.sleep(_DRIP_SECONDS)


def _reset(writer: asyncio.StreamWriter) -> bool:
    """Close with RST: a linger time of zero throws away what is unsent."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    return False


def pairs(query: Query, name: str) -> Sequence[str]:
    """Every value of a query parameter, in order."""
    return [value for key, value in query if key == name]
