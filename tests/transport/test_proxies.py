"""Which proxy is used, and that none ever sees a token."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from invoicetui.errors import ConfigError, Unreachable
from invoicetui.transport import tls_context
from invoicetui.transport.proxy import proxy_for
from tests.transport.loopback import TOKEN, Asker, Authority, Server, http

HOME = "https://api.acme.example"
PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({"HTTPS_PROXY": PROXY}, PROXY),
        ({"https_proxy": PROXY, "HTTPS_PROXY": "http://upper.example"}, PROXY),
        ({"ALL_PROXY": PROXY}, PROXY),
        ({"HTTP_PROXY": PROXY}, None),
        ({"https_proxy": "", "HTTPS_PROXY": PROXY}, None),
        ({"HTTPS_PROXY": "proxy.example:3128"}, PROXY),
        ({"HTTPS_PROXY": "socks5h://user:p%40ss@[::1]:1080/"}, "socks5h://user:p%40ss@[::1]:1080/"),
    ],
)
def test_which_proxy(environ: dict[str, str], expected: str | None) -> None:
    assert proxy_for(HOME, environ) == expected


@pytest.mark.parametrize(
    "base", ["http://127.0.0.1:8080", "https://localhost", "http://[::1]:80/x", "https://127.0.0.1"]
)
def test_never_for_loopback(base: str) -> None:
    assert proxy_for(base, {"ALL_PROXY": PROXY, "HTTP_PROXY": PROXY, "HTTPS_PROXY": "broken :"}) is None


@pytest.mark.parametrize(
    ("no_proxy", "base", "is_exempt"),
    [
        ("*", HOME, True),
        ("api.acme.example", HOME, True),
        ("API.Acme.Example", HOME, True),
        (".acme.example", HOME, True),
        ("acme.example", HOME, True),
        ("*.acme.example", HOME, True),
        ("cme.example", HOME, False),
        ("pi.acme.example", HOME, False),
        ("other.example, acme.example", HOME, True),
        ("other.example acme.example", HOME, True),
        ("acme.example:443", HOME, True),
        ("acme.example:8443", HOME, False),
        ("acme.example:8443", HOME + ":8443", True),
        ("[::1]", HOME, False),
        ("[::1]:8080,::1,[,],:,,10.0.0.0/8/8,:80", HOME, False),
        ("127.0.0.0/8", HOME, False),
        ("10.0.0.0/8", "https://10.1.2.3", True),
        ("10.0.0.0/8", "https://11.1.2.3", False),
        ("10.1.2.3", "https://10.1.2.3:8443", True),
        ("2001:db8::/32", "https://[2001:db8::5]", True),
        ("[2001:db8::5]", "https://[2001:db8::5]", True),
        ("[2001:db8::5]:444", "https://[2001:db8::5]", False),
        ("", HOME, False),
    ],
)
def test_who_needs_no_proxy(no_proxy: str, base: str, is_exempt: bool) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        assert (proxy_for(base, {"HTTPS_PROXY": PROXY, name: no_proxy}) is None) is is_exempt


@pytest.mark.parametrize(
    "value",
    [
        "http://",
        "http://user:s3cret@proxy:99999",
        "http://[::1",
        "http://user:s3cret@pro xy:3128",
        "http://user:s3cret@proxy:3128/path",
        "http://user:s3cret@proxy:port",
        "socks4://user:s3cret@proxy:1080",
        "://s3cret",
    ],
)
async def test_a_broken_proxy_is_a_sentence_without_its_password(value: str) -> None:
    async with Asker(HOME, environ={"HTTPS_PROXY": value}) as asker:
        error = await asker.fails()
    assert isinstance(error, ConfigError)
    assert "HTTPS_PROXY" in str(error)
    assert "s3cret" not in str(error)


async def test_a_socks_proxy_needs_a_package() -> None:
    async with Asker(HOME, environ={"ALL_PROXY": "socks5://user:s3cret@127.0.0.1:1080"}) as asker:
        error = await asker.fails()
    assert isinstance(error, ConfigError)
    assert "httpx[socks]" in str(error)
    assert "s3cret" not in str(error)


async def test_a_loopback_vendor_is_asked_directly() -> None:
    async with Server(http(502)) as proxy, Server(http(200, b"[]")) as vendor:
        environ = {"HTTP_PROXY": proxy.url, "http_proxy": proxy.url, "ALL_PROXY": proxy.url, "NO_PROXY": "[::1]"}
        async with Asker(vendor.url, environ=environ) as asker:
            await asker.get()
    assert proxy.requests == []
    assert len(vendor.requests) == 1


async def test_through_a_tunnel_that_sees_the_host_only(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with Server(http(200, b"[]"), tls=authority.server_context("api.acme.example")) as vendor:

        async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", vendor.port)
            writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            try:
                await asyncio.gather(pipe(reader, far_writer), pipe(far_reader, writer))
            finally:
                far_writer.transport.abort()

        async with (
            Server(tunnel) as proxy,
            Asker(
                HOME, environ={"https_proxy": with_password(proxy)}, tls=lambda: tls_context(str(authority.ca_file))
            ) as asker,
        ):
            assert (await asker.get()).status == 200
    assert proxy.requests[0].startswith("CONNECT api.acme.example:443 HTTP/1.1\r\n")
    assert "Proxy-Authorization: Basic dXNlcjpzM0BjcmV0\r\n" in proxy.requests[0]
    assert TOKEN not in "".join(proxy.requests)
    assert TOKEN in vendor.requests[0]
    assert "Proxy-Authorization" not in vendor.requests[0]


async def test_an_https_proxy_is_verified_too(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    context = tls_context(str(authority.ca_file))
    async with Server(http(403), tls=authority.server_context()) as proxy:
        async with Asker(HOME, environ={"https_proxy": proxy.url}, tls=lambda: context) as asker:
            assert "does not connect us to api.acme.example (HTTP 403)" in str(await asker.fails())
        async with Asker(HOME, environ={"https_proxy": proxy.url}) as asker:
            assert "certificate of" in str(await asker.fails())


@pytest.mark.parametrize(
    ("reply", "tries", "words"),
    [
        (http(407), 1, "wants a user name and password"),
        (http(403), 1, "does not connect us to api.acme.example (HTTP 403)"),
        (http(502), 5, "does not connect us to api.acme.example (HTTP 502)"),
    ],
)
async def test_a_proxy_that_refuses(reply: bytes, tries: int, words: str) -> None:
    async with Server(reply) as proxy, Asker(HOME, environ={"HTTPS_PROXY": with_password(proxy)}) as asker:
        error = await asker.fails()
    assert isinstance(error, Unreachable)
    assert f"the proxy 127.0.0.1:{proxy.port} {words}" in str(error)
    assert "cret" not in str(error)
    assert len(proxy.requests) == tries


def with_password(proxy: Server) -> str:
    return proxy.url.replace("//", "//user:s3%40cret@")


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
