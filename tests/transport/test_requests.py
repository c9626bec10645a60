"""What a request looks like on the wire, where it goes and where it does not go."""

from __future__ import annotations

import asyncio
import gzip
import logging
import sys
import tracemalloc

import httpx
import pytest

from invoicetui import __version__
from invoicetui.errors import ConfigError, CredentialError, Malformed, Moved, Unreachable
from invoicetui.model import Secret
from invoicetui.transport import Client
from invoicetui.transport.body import read_body
from invoicetui.transport.origin import OriginToken, Pinned, WrongOrigin, origin
from invoicetui.transport.target import target
from tests.transport.loopback import TOKEN, Asker, Server, http

OK = http(200, b'{"data":[]}', "Content-Type: application/json", "X-Total-Pages: 3")


async def test_a_get_carries_the_token_and_brings_the_answer() -> None:
    async with Server(OK) as server, Asker(server.url) as asker:
        answer = await asker.get("/invoices", [("filter", "sub_id=3"), ("statuses", "DRAFT"), ("statuses", "a b&c/d")])
    assert answer.status == 200
    assert answer.body == b'{"data":[]}'
    assert answer.headers["x-total-pages"] == "3"
    line, *headers = server.requests[0].split("\r\n")
    assert line == "GET /invoices?filter=sub_id%3D3&statuses=DRAFT&statuses=a%20b%26c%2Fd HTTP/1.1"
    lines = {header.partition(": ")[0].lower(): header.partition(": ")[2] for header in headers}
    assert lines["authorization"] == f"Bearer {TOKEN}"
    assert lines["user-agent"] == f"invoicetui/{__version__}"
    assert lines["accept"] == "application/json"
    assert lines["accept-encoding"] == "gzip"
    assert "cookie" not in lines
    assert "data" not in repr(answer)


async def test_other_words_before_the_token_and_other_kinds_of_answer() -> None:
    async with Server(OK) as server, Asker(server.url, auth_scheme="JWT") as asker:
        await asker.get("/x", accept="application/pdf")
    assert f"\r\nAuthorization: JWT {TOKEN}\r\n" in server.requests[0]
    assert "\r\nAccept: application/pdf\r\n" in server.requests[0]


async def test_no_token_is_no_header() -> None:
    async with Server(OK) as server, Asker(server.url, token=None) as asker:
        await asker.get()
    assert "authorization" not in server.requests[0].lower()


async def test_the_token_is_asked_for_with_every_request() -> None:
    tokens = iter([Secret("first-token"), None])
    async with Server(OK) as server:
        client = Client(server.url, token=lambda: next(tokens), environ={})
        await client.get("/a")
        await client.get("/a")
        await client.aclose()
    assert "Bearer first-token" in server.requests[0]
    assert "Bearer" not in server.requests[1]


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "tab\t", "café-token", "\x1b[31m", "nul\0"])
async def test_a_token_no_header_can_carry_is_refused_in_our_words(token: str) -> None:
    async with Server(OK) as server, Asker(server.url, token=token) as asker:
        error = await asker.fails()
    assert isinstance(error, CredentialError)
    assert error.state == "BAD_TOKEN"
    assert not token or token not in str(error)
    assert server.requests == []


async def test_one_connection_is_kept_and_no_cookie() -> None:
    async with Server(http(200, b"[]", "Set-Cookie: session=1; Path=/")) as server, Asker(server.url) as asker:
        for _ in range(3):
            await asker.get()
    assert server.connections == 1
    assert not any("cookie" in request.lower() for request in server.requests)


async def test_eight_connections_at_most() -> None:
    gate, waiting = asyncio.Event(), asyncio.Semaphore(0)

    async def late(_: object, writer: asyncio.StreamWriter) -> None:
        waiting.release()
        await gate.wait()
        writer.write(http(200, b"[]", "Connection: close"))
        await writer.drain()

    async with Server(late) as server, Asker(server.url) as asker:
        gets = [asyncio.create_task(asker.get()) for _ in range(12)]
        for _ in range(8):
            await waiting.acquire()
        assert server.connections == 8
        gate.set()
        assert len(await asyncio.gather(*gets)) == 12


@pytest.mark.parametrize(
    ("base", "path", "expected"),
    [
        ("https://x", "/v1/billing/invoices", "https://x/v1/billing/invoices"),
        ("https://x/v1", "/v1/billing/invoices", "https://x/v1/billing/invoices"),
        ("https://x/api/v1", "/api/v1/invoices", "https://x/api/v1/invoices"),
        ("https://x/proxy/api/v1", "/api/v1/invoices", "https://x/proxy/api/v1/invoices"),
        ("https://x/api", "/api/v1/invoices", "https://x/api/v1/invoices"),
        ("https://x/api/v1/invoices", "/api/v1/invoices", "https://x/api/v1/invoices"),
        ("https://x/v1/a/v1", "/v1/a/v1/b", "https://x/v1/a/v1/b"),
        ("https://x/xv1", "/v1/invoices", "https://x/xv1/v1/invoices"),
        ("https://x/v1/other", "/v1/invoices", "https://x/v1/other/v1/invoices"),
        (
            "https://x/api/organisations/v1",
            "/organisations/42/billing/invoices",
            "https://x/api/organisations/v1/organisations/42/billing/invoices",
        ),
        ("https://x/organisations", "/organisations/42/invoices", "https://x/organisations/42/invoices"),
        ("https://x", "//evil.example/x", "https://x/evil.example/x"),
        ("https://x", "https://evil.example/x", "https://x/https://evil.example/x"),
        ("https://x", "/a?b#c", "https://x/a%3Fb%23c"),
        ("https://[::1]:8443/a", "/b%2Fc", "https://[::1]:8443/a/b%2Fc"),
    ],
)
def test_where_a_path_leads(base: str, path: str, expected: str) -> None:
    assert target(base, path) == expected


@pytest.mark.parametrize("path", ["/a/../b", "/a/..", "/./a", "/a/%2e%2E/b", "/.%2e/b"])
def test_a_path_does_not_climb(path: str) -> None:
    with pytest.raises(Malformed, match="climb"):
        target("https://x/api", path)


async def test_base_urls_with_a_path_on_the_wire() -> None:
    async with Server(OK) as server:
        for base, path in (("/api/v1/", "/api/v1/invoices"), ("/in/api", "/v1/x%20y")):
            async with Asker(server.url + base) as asker:
                await asker.get(path, [("page", "0")])
    assert [request.split(" ")[1] for request in server.requests] == [
        "/api/v1/invoices?page=0",
        "/in/api/v1/x%20y?page=0",
    ]


@pytest.mark.parametrize(
    "base",
    [
        "http://api.example",
        "https://u:p@api.example",
        "https://api.example?x=1",
        "ftp://x",
        "",
        "https://xn--zzzzzzzzzz99.example",
    ],
)
def test_a_client_takes_no_address_that_would_leak(base: str) -> None:
    with pytest.raises(ConfigError):
        Client(base, token=lambda: None)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed_and_named(status: int) -> None:
    async with Server(OK) as other:
        there = f"Location: {other.url}/v2/invoices?token={TOKEN}"
        async with Server(http(status, b"", there)) as server, Asker(server.url) as asker:
            error = await asker.fails()
    assert isinstance(error, Moved)
    assert f"moved to {other.url};" in str(error)
    assert "change base_url" in str(error)
    assert other.requests == []
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("/login?next=x", "another of its pages"),
        ("", "a redirect (HTTP 302) that leads nowhere; check base_url"),
        ("http://api.example/", "no address we may use"),
        ("https://user:pass@other.example/x", "moved to https://other.example;"),
        ("https://[broken", "no address we may use"),
        ("javascript:alert(1)", "no address we may use"),
        ("//evil.example:81/\x1b[31m", "no address we may use"),
        ("https://xn--bcher-kva.example/", "moved to https://xn--bcher-kva.example;"),
        ("https://xn--zzzzzzzzzz99.example/", "moved to https://xn--zzzzzzzzzz99.example;"),
    ],
)
async def test_strange_redirects(location: str, words: str) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"Location": location})

    async with Asker("https://api.example", transport=httpx.MockTransport(answer)) as asker:
        error = await asker.fails()
    assert isinstance(error, Moved)
    assert words in str(error)
    assert "\x1b" not in str(error)


async def test_even_a_following_client_with_the_token_stays_at_home() -> None:
    home = origin(httpx.URL("https://api.example"))
    seen: list[httpx.Request] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(302, headers={"Location": "https://evil.example/"})

    token = OriginToken(home, Secret(TOKEN), "Bearer")
    pinned = Pinned(httpx.MockTransport(answer), "https://api.example")
    async with httpx.AsyncClient(transport=pinned, follow_redirects=True) as client:
        for stranger in ("https://evil.example/", "http://api.example/", "https://api.example:8443/"):
            assert token.headers(httpx.URL(stranger)) == {}
            with pytest.raises(WrongOrigin):
                await client.get(stranger)
        assert seen == []
        with pytest.raises(Moved):
            await client.get("https://api.example:443/x", headers=token.headers(httpx.URL("https://api.example:443/x")))
    assert [str(request.url) for request in seen] == ["https://api.example/x"]
    assert seen[0].headers["authorization"] == f"Bearer {TOKEN}"


async def test_a_response_made_in_this_process_is_read_as_well() -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"path": request.url.path})

    async with Asker("https://voxmind.demo/api", transport=httpx.MockTransport(answer)) as asker:
        assert (await asker.get("/x")).body == b'{"path":"/api/x"}'


async def test_gzip_is_unpacked() -> None:
    packed = http(200, gzip.compress(b"[1]"), "Content-Encoding: gzip")
    async with Server(packed) as server, Asker(server.url) as asker:
        assert (await asker.get()).body == b"[1]"


async def test_a_gzip_bomb_stops_at_the_limit() -> None:
    bomb = gzip.compress(bytes(33 * 2**20))
    assert len(bomb) < 64 * 2**10
    async with Server(http(200, bomb, "Content-Encoding: gzip")) as server, Asker(server.url) as asker:
        error = await asker.fails()
    assert isinstance(error, Malformed)
    assert "32 MiB" in str(error)
    assert len(server.requests) == 1


async def test_a_gzip_bomb_is_not_unpacked_to_be_counted() -> None:
    bomb = gzip.compress(bytes(64 * 2**20))
    response = httpx.Response(200, content=bomb, headers={"Content-Encoding": "identity"})
    response.headers["Content-Encoding"] = "gzip"
    tracemalloc.start()
    try:
        with pytest.raises(Malformed, match="1 MiB"):
            await read_body(response, 2**20)
        assert tracemalloc.get_traced_memory()[1] < 4 * 2**20
    finally:
        tracemalloc.stop()


async def test_a_body_without_end_stops_at_the_limit() -> None:
    sent = 0

    async def endless(_: object, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(bytes(2**20))
            await writer.drain()
            sent += 1

    async with Server(endless) as server, Asker(server.url) as asker:
        error = await asker.fails()
    assert isinstance(error, Malformed)
    assert 32 <= sent < 64


@pytest.mark.parametrize(
    ("encoding", "body", "words"),
    [
        ("br", b"xx", "nobody asked for (br)"),
        ("gzip, gzip", b"packed twice", "nobody asked for"),
        ("gzip", b"[1]", "damaged"),
    ],
)
async def test_bodies_that_cannot_be_unpacked(encoding: str, body: bytes, words: str) -> None:
    async with Server(http(200, body, f"Content-Encoding: {encoding}")) as server, Asker(server.url) as asker:
        error = await asker.fails()
    assert isinstance(error, Malformed)
    assert words in str(error)


async def test_html_with_200_is_for_the_vendor_to_judge() -> None:
    async with Server(http(200, b"<html>", "Content-Type: text/html")) as server, Asker(server.url) as asker:
        assert (await asker.get()).body == b"<html>"


async def test_the_libraries_log_no_address_and_no_header(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with Server(OK) as server, Asker(server.url) as asker:
        await asker.get("/invoices", [("filter", "customer-x")])
    names = {record.name.partition(".")[0] for record in caplog.records}
    assert not names & {"httpx", "httpcore"}


async def test_a_request_elsewhere_is_said_in_words() -> None:
    async def elsewhere(request: httpx.Request) -> httpx.Response:
        raise WrongOrigin("x", request=request)

    async with Asker("https://api.example", transport=httpx.MockTransport(elsewhere)) as asker:
        assert isinstance(await asker.fails(), Unreachable)


async def test_a_package_that_is_not_installed_is_looked_for_once() -> None:
    looked_for: list[str] = []

    class Watch:
        """Finds nothing."""

        @staticmethod
        def find_spec(name: str, path: object = None, target: object = None) -> None:
            looked_for.append(name)

    async with Server(OK, OK, OK) as server, Asker(server.url) as asker:
        await asker.get()
        sys.meta_path.insert(0, Watch)
        try:
            await asker.get()
            await asker.get()
        finally:
            sys.meta_path.remove(Watch)
    assert looked_for == []
