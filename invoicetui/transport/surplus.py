"""Bytes behind an answer that nobody asked for: a server, or a proxy in between, that answers twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx

#: From httpx's stream to h11's connection (httpx 0.28, httpcore 1.0): neither offers a public way.
_TO_H11 = ("_httpcore_stream", "_stream", "_connection", "_h11_state")


class Sole(httpx.AsyncByteStream):
    """A body after which the connection is closed when more than the answer came on it.

    httpcore 1.0 keeps what it has read beyond an answer and takes it for the answer to the next request, and so on:
    every later one would be that of the request before it. What it has not read yet it sees by itself.
    """

    def __init__(self, response: httpx.Response) -> None:
        assert isinstance(response.stream, httpx.AsyncByteStream)
        self._inner = response.stream
        self._connection = response.extensions.get("network_stream")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._inner:
            yield chunk
        if self._connection is not None and _has_surplus(self._inner):
            await self._connection.aclose()

    async def aclose(self) -> None:
        await self._inner.aclose()


def _has_surplus(stream: httpx.AsyncByteStream) -> bool:
    at: Any = stream
    for name in _TO_H11:
        at = getattr(at, name, None)
    return bool(getattr(at, "trailing_data", (b"",))[0])
