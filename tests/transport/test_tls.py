"""Whom we believe, over real TLS on loopback; and failures that look different inside TLS."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from pathlib import Path
from typing import Any

import pytest

from invoicetui.errors import ConfigError, Unreachable
from invoicetui.transport import tls_context
from tests.transport.loopback import Asker, Authority, Server, http

OK = http(200, b"[]")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def asker(server: Server, authority: Authority, *pair: Path, **options: Any) -> Asker:
    certificate, key = map(str, pair) if pair else ("", "")
    return Asker(server.url, tls=lambda: tls_context(str(authority.ca_file), certificate, key), **options)


async def test_a_companys_own_authority(authority: Authority) -> None:
    async with Server(OK, tls=authority.server_context()) as server, asker(server, authority) as trusting:
        assert (await trusting.get()).status == 200
        await trusting.get()
    assert server.connections == 1
    assert "Authorization: Bearer" in server.requests[0]


async def test_an_unknown_authority_is_refused_once_and_sees_no_token(authority: Authority) -> None:
    async with Server(OK, tls=authority.server_context()) as server, Asker(server.url) as doubting:
        error = await doubting.fails()
    assert isinstance(error, Unreachable)
    assert "certificate of 127.0.0.1" in str(error)
    assert "unable to get local issuer certificate" in str(error)
    assert "ca_file" in str(error)
    assert server.requests == []
    assert doubting.waits == []


async def test_a_certificate_for_another_name(authority: Authority) -> None:
    context = authority.server_context("other.example")
    async with Server(OK, tls=context) as server, asker(server, authority) as doubting:
        error = await doubting.fails()
    assert "not accepted (IP address mismatch" in str(error)
    assert server.requests == []
    assert doubting.waits == []


async def test_a_client_certificate(authority: Authority) -> None:
    pair = authority.issue("us.example")
    context = authority.server_context(wants_client=True)
    async with Server(OK, tls=context) as server, asker(server, authority, *pair) as known:
        assert (await known.get()).status == 200


async def test_a_missing_client_certificate(authority: Authority) -> None:
    context = authority.server_context(wants_client=True)

    def refuse(listener: socket.socket) -> None:
        # asyncio's server resets the connection without the alert that others send.
        connection, _ = listener.accept()
        with connection, contextlib.suppress(ssl.SSLError):
            bio, out = ssl.MemoryBIO(), ssl.MemoryBIO()
            tls = context.wrap_bio(bio, out, server_side=True)
            while True:
                try:
                    tls.do_handshake()
                except ssl.SSLWantReadError:
                    connection.sendall(out.read())
                    bio.write(connection.recv(65536))
                except ssl.SSLError:
                    connection.sendall(out.read())
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(65536):
                        pass
                    raise

    with socket.create_server(("127.0.0.1", 0)) as listener:
        refusing = asyncio.create_task(asyncio.to_thread(refuse, listener))
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        async with Asker(url, tls=lambda: tls_context(str(authority.ca_file))) as unknown:
            error = await unknown.fails()
        await refusing
    assert isinstance(error, Unreachable)
    assert "wants a client certificate" in str(error)
    assert unknown.waits == []


async def test_https_where_http_is_spoken() -> None:
    async def complain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(http(400))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(complain, "127.0.0.1", 0)
    async with server, Asker(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}") as lost:
        error = await lost.fails()
    assert isinstance(error, Unreachable)
    assert "no TLS with 127.0.0.1" in str(error)
    assert lost.waits == []


async def test_a_time_out_and_a_cut_answer_inside_tls_are_what_they_are(authority: Authority) -> None:
    async def silence(reader: asyncio.StreamReader, _: object) -> None:
        await reader.read()

    async def half(_: object, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[")
        await writer.drain()

    context = authority.server_context()
    async with Server(silence, tls=context) as server, asker(server, authority, read_seconds=0.1) as waiting:
        assert "does not answer in time" in str(await waiting.fails())
        assert [wait.reason for wait in waiting.waits] == ["no answer"]
    async with Server(half, half, OK, tls=context) as server, asker(server, authority) as patient:
        await patient.get()
        assert [wait.reason for wait in patient.waits] == ["answer cut short"] * 2


async def test_the_context_is_built_once_and_off_the_loop(authority: Authority) -> None:
    threads: list[threading.Thread] = []

    def build() -> ssl.SSLContext:
        threads.append(threading.current_thread())
        return tls_context(str(authority.ca_file))

    async with Server(OK, tls=authority.server_context()) as server, Asker(server.url, tls=build) as trusting:
        await asyncio.gather(*(trusting.get() for _ in range(5)))
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()


async def test_settings_that_do_not_work_are_said_by_the_request(tmp_path: Path) -> None:
    async with Asker("https://127.0.0.1:9", tls=lambda: tls_context(str(tmp_path / "none.pem"))) as broken:
        error = await broken.fails()
    assert isinstance(error, ConfigError)
    assert "none.pem: no such file" in str(error)


async def test_no_context_is_built_for_http() -> None:
    def build() -> ssl.SSLContext:
        raise AssertionError("not needed")

    async with Server(OK) as server, Asker(server.url, tls=build) as plain:
        await plain.get()


def test_the_default_context_is_shared_and_verifies() -> None:
    assert tls_context() is tls_context()
    assert tls_context().verify_mode == ssl.CERT_REQUIRED
    assert tls_context().check_hostname


def test_files_that_cannot_be_used(authority: Authority, tmp_path: Path) -> None:
    certificate, key = map(str, authority.issue("us.example"))
    _, other_key = map(str, authority.issue("other.example"))
    locked = tuple(map(str, authority.issue("locked.example", b"passphrase")))
    junk = tmp_path / "junk.pem"
    junk.write_text("junk")
    junk.chmod(0o600)
    for files, words in (
        (("~nobody-at-all/ca.pem",), "no such file"),
        ((str(tmp_path),), "no such file"),
        (("nul\0",), "no such file"),
        ((str(junk),), "cannot be read as PEM"),
        (("", "missing.crt", key), "client_cert missing.crt: no such file"),
        (("", certificate, "missing.key"), "client_key missing.key: no such file"),
        (("", "", key), "without client_cert"),
        (("", certificate, other_key), "belongs to client_cert"),
        (("", *locked), "unencrypted"),
        (("", str(junk), ""), "cannot be used"),
    ):
        with pytest.raises(ConfigError) as caught:
            tls_context(*files)
        assert words in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_that_others_may_read_is_refused(authority: Authority, mode: int) -> None:
    certificate, key = authority.issue("us.example")
    tls_context("", str(certificate), str(key))
    key.chmod(mode)
    with pytest.raises(ConfigError, match="other users; chmod 600"):
        tls_context("", str(certificate), str(key))
    both = authority.folder / "both.pem"
    both.write_bytes(certificate.read_bytes() + key.read_bytes())
    both.chmod(mode)
    with pytest.raises(ConfigError, match=r"client_cert .*other users"):
        tls_context("", str(both))
    both.chmod(0o600)
    tls_context("", str(both))
