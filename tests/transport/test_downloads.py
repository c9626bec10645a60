"""Documents over the API's own client: pinned like everything else, redirects handed back, no retry of a lost body."""

from __future__ import annotations

import asyncio

import pytest

from invoicetui.errors import Moved, NotFound, NotPdf, RateLimited, Unreachable
from invoicetui.transport import Download
from tests.transport.loopback import TOKEN, Asker, Server, http

PDF = b"%PDF-1.4 anything"


async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n%PDF-")
    await writer.drain()


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"400\r\n" + b"%" * 1024 + b"\r\n")
        await writer.drain()


async def test_a_document_comes_as_it_was_sent_with_the_token() -> None:
    heard: list[tuple[int, int | None]] = []
    async with Server(http(200, PDF, "Content-Type: text/plain")) as server, Asker(server.url) as asker:
        url = f"{server.url}/a%2Fb?X-Sig=%3D"
        got = await asker.client.download(url, limit=1000, on_progress=lambda *so: heard.append(so))
    assert got == Download(PDF)
    assert heard == [(len(PDF), len(PDF))]
    (request,) = server.requests
    assert request.startswith("GET /a%2Fb?X-Sig=%3D HTTP/1.1\r\n")
    assert f"Authorization: Bearer {TOKEN}\r\n" in request
    assert "Accept: application/pdf\r\n" in request
    assert "Accept-Encoding: identity\r\n" in request
    assert "ookie" not in request
    assert PDF.decode() not in repr(got)


async def test_without_a_token_none_is_sent() -> None:
    async with Server(http(200, PDF)) as server, Asker(server.url, token=None) as asker:
        await asker.client.download(f"{server.url}/a", limit=1000)
    assert "Authorization" not in server.requests[0]


async def test_another_origin_is_held_back() -> None:
    async with Server(http(200, PDF)) as home, Server(http(200, PDF)) as other, Asker(home.url) as asker:
        with pytest.raises(Unreachable, match="held back"):
            await asker.client.download(f"{other.url}/a", limit=1000)
    assert home.requests == other.requests == []


async def test_a_redirect_is_handed_back_to_documents_and_refused_to_everything_else() -> None:
    moved = http(302, b"", "Location: /elsewhere?secret=1")
    async with Server(moved) as server, Asker(server.url) as asker:
        got = await asker.client.download(f"{server.url}/a/b", limit=1000)
        assert got.moved_to == f"{server.url}/elsewhere?secret=1"
        assert "secret" not in repr(got)
        with pytest.raises(Moved):
            await asker.get()
    async with Server(http(302)) as server, Asker(server.url) as asker:
        for asking in (asker.get(), asker.client.download(f"{server.url}/a", limit=1000)):
            with pytest.raises(Moved, match="that leads nowhere"):
                await asking


async def test_a_body_that_stops_is_not_asked_for_again() -> None:
    async with Server(cut) as server, Asker(server.url) as asker:
        with pytest.raises(Unreachable, match="stopped half way"):
            await asker.client.download(f"{server.url}/a", limit=1000)
    assert server.connections == 1
    assert asker.waits == []


async def test_a_connection_that_cannot_be_made_is_tried_again() -> None:
    async with Server(http(200)) as server:
        url = server.url
    async with Asker(url) as asker:
        with pytest.raises(Unreachable, match="refused the connection"):
            await asker.client.download(f"{url}/a", limit=1000)
    assert len(asker.waits) == 4


@pytest.mark.parametrize("headers", [("Content-Encoding: gzip",), ("Content-Encoding: br",)])
async def test_a_packed_body_is_refused(headers: tuple[str, ...]) -> None:
    async with Server(http(200, PDF, *headers)) as server, Asker(server.url) as asker:
        with pytest.raises(NotPdf, match="packed"):
            await asker.client.download(f"{server.url}/a", limit=1000)


async def test_the_limit_holds_before_and_while_it_is_read() -> None:
    for reply in (http(200, b"%" * 1001), endless):
        heard: list[int] = []
        async with Server(reply) as server, Asker(server.url) as asker:
            with pytest.raises(NotPdf, match="larger"):
                await asker.client.download(
                    f"{server.url}/a", limit=1000, on_progress=lambda so_far, total, heard=heard: heard.append(so_far)
                )
        assert heard == []


async def test_a_document_has_a_time_of_its_own() -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)

    async with Server(slow) as server, Asker(server.url, document_seconds=0.05) as asker:
        with pytest.raises(Unreachable, match=r"no complete document within 0\.05 s"):
            await asker.client.download(f"{server.url}/a", limit=1000)


async def test_refusals_keep_their_kind_and_are_not_tried_again() -> None:
    async with Server(http(404, b'{"message": "none"}')) as server, Asker(server.url) as asker:
        with pytest.raises(NotFound, match="none"):
            await asker.client.download(f"{server.url}/a", limit=1000)
    async with Server(http(429, b"", "Retry-After: 30")) as server, Asker(server.url) as asker:
        with pytest.raises(RateLimited) as caught:
            await asker.client.download(f"{server.url}/a", limit=1000)
        assert caught.value.until is not None
        assert (caught.value.until - asker.time.start).total_seconds() == 30
        assert asker.waits == []
