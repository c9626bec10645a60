"""Reads a body no further than its limit, decompressed by ourselves.

httpx unpacks a received chunk whole, and several layers one after another: 64 KiB of a gzip bomb become gigabytes
before anybody can count them.
"""

from __future__ import annotations

import zlib

import httpx

from invoicetui.errors import Malformed

#: What we ask for; any other encoding is refused.
ACCEPT_ENCODING = "gzip"


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
