"""Reads a body no further than its limit, decompressed by ourselves; a document not packed at all.

httpx unpacks a received chunk whole, and several layers one after another: 64 KiB of a gzip bomb become gigabytes
before anybody can count them.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

import httpx

from invoicetui.errors import Malformed, NotPdf

#: What we ask for; any other encoding is refused.
ACCEPT_ENCODING = "gzip"


async def read_document(response: httpx.Response, limit: int, on_progress: Callable[[int, int | None], None]) -> bytes:
    """The body as sent, at most `limit` bytes; `on_progress` hears of the bytes so far and of all, where that is known.

    Raises NotPdf for one that is packed although asked not to be, or larger, before it is read where its length is
    declared; httpx.RemoteProtocolError when it stopped half way.
    """
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity"):
        raise NotPdf("the server packed the document although it was asked not to", "get it in a browser")
    declared = response.headers.get("content-length", "")
    total = int(declared) if declared.isascii() and declared.isdigit() and len(declared) < 20 else None
    if total is not None and total > limit:
        raise NotPdf(f"the document is larger than {limit // 2**20} MiB", "get it in a browser")
    body = bytearray()
    assert isinstance(response.stream, httpx.AsyncByteStream)
    async for chunk in response.stream:
        body += chunk
        if len(body) > limit:
            raise NotPdf(f"the document is larger than {limit // 2**20} MiB", "get it in a browser")
        on_progress(len(body), total)
    return bytes(body)


async def read_body(response: httpx.Response, limit: int) -> bytes:
    """The decoded body, at most `limit` bytes both as sent and decoded.

    Raises Malformed when it is larger or not the gzip it claims to be, and httpx.RemoteProtocolError when it stopped
    half way.
    """
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise Malformed(f"the answer is packed in a way nobody asked for ({encoding[:40]})", "check base_url")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16) if encoding.endswith("gzip") else None
    chunks: list[bytes] = []
    received = size = 0
    assert isinstance(response.stream, httpx.AsyncByteStream)
    # The stream, not aiter_raw: that refuses a response made in this process, which has been read already.
    async for chunk in response.stream:
        received += len(chunk)
        if unpacker is not None:
            try:
                chunk = unpacker.decompress(chunk, limit + 1 - size)
            except zlib.error:
                raise Malformed("the answer is damaged: it is not the gzip it claims to be", "try again") from None
        size += len(chunk)
        if max(received, size) > limit:
            raise Malformed(f"the answer is larger than {limit // 2**20} MiB", "no list of invoices is; check base_url")
        chunks.append(chunk)
    if unpacker is not None and received and not unpacker.eof:
        raise httpx.RemoteProtocolError("gzip stopped half way")
    return b"".join(chunks)
