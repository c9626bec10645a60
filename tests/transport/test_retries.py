"""What is tried again, how long it waits, and what it never does."""

from __future__ import annotations

import asyncio
import gzip
import random
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from invoicetui.errors import Malformed, RateLimited, Unreachable, VendorDown
from invoicetui.transport import Wait
from tests.transport.loopback import Asker, Server, http

OK = http(200, b"[]")


async def hang_up(_: object, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def half(_: object, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[")
    await writer.drain()


async def nonsense(_: object, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail.example ESMTP\r\n\r\n")
    await writer.drain()


async def half_gzip(_: object, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"[1, 2, 3]" * 100)[:-9])
    await writer.drain()
    writer.close()
    await writer.wait_closed()


async def silence(reader: asyncio.StreamReader, _: object) -> None:
    await reader.read()


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (http(429), "rate limited"),
        (http(502), "HTTP 502"),
        (http(503), "HTTP 503"),
        (http(504), "HTTP 504"),
        (hang_up, "answer cut short"),
        (half, "answer cut short"),
        (nonsense, "answer cut short"),
        (half_gzip, "answer cut short"),
    ],
)
async def test_passing_trouble_is_sat_out(reply: bytes, reason: str) -> None:
    async with Server(reply, reply, OK) as server, Asker(server.url) as asker:
        assert (await asker.get()).body == b"[]"
    assert asker.waits == [Wait(reason, 0.5, 1, 4), Wait(reason, 1.0, 2, 4)]
    assert asker.time.slept == [0.5, 1.0]


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [(http(503), VendorDown, "HTTP 503"), (half, Unreachable, "stopped half way"), (hang_up, Unreachable, "half way")],
)
async def test_five_tries_and_no_more(reply: bytes, kind: type[Exception], words: str) -> None:
    async with Server(reply) as server, Asker(server.url) as asker:
        error = await asker.fails()
    assert type(error) is kind
    assert words in str(error)
    assert len(server.requests) == 5
    assert [wait.attempt for wait in asker.waits] == [1, 2, 3, 4]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500, 501, 302])
async def test_what_another_try_cannot_cure_is_not_tried_again(status: int) -> None:
    async with Server(http(status, b"", "Retry-After: 1")) as server, Asker(server.url) as asker:
        await asker.fails()
    assert len(server.requests) == 1
    assert asker.waits == []


async def test_waits_differ_between_clients() -> None:
    async with Server(http(503)) as server, Asker(server.url, jitter=random.Random(1).random) as asker:
        await asker.fails()
    assert all(0.5 * base <= slept <= 1.5 * base for base, slept in zip((0.5, 1, 2, 4), asker.time.slept, strict=True))
    assert asker.time.slept != [0.5, 1.0, 2.0, 4.0]


async def test_nobody_listening() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        async with Asker(f"http://127.0.0.1:{port}") as asker:
            error = await asker.fails()
    assert isinstance(error, Unreachable)
    assert "refused the connection" in str(error)
    assert [wait.reason for wait in asker.waits] == ["no connection"] * 4


async def test_a_wait_is_reported_before_it_is_slept() -> None:
    told: list[str] = []

    async def sleep(seconds: float) -> None:
        told.append(f"slept {seconds}")

    seams = {"sleep": sleep, "on_wait": lambda wait: told.append(wait.reason)}
    async with Server(http(503), OK) as server, Asker(server.url, **seams) as asker:
        await asker.get()
    assert told == ["HTTP 503", "slept 0.5"]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.5),
        ("58", 58.0),
        (" 3.5 ", 3.5),
        ("Sat, 21 Nov 2026 12:00:20 GMT", 20.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.5),
        ("soon", 0.5),
        ("-5", 0.5),
        ("Sat, 99 Nov 2026 12:00:20 GMT", 0.5),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_honoured(status: int, value: str, seconds: float) -> None:
    async with Server(http(status, b"", f"Retry-After: {value}"), OK) as server, Asker(server.url) as asker:
        await asker.get()
    assert asker.time.slept == [seconds]


@pytest.mark.parametrize(
    ("value", "until", "words"),
    [
        ("60", datetime(2026, 11, 21, 12, 1, tzinfo=UTC), "until 2026-11-21 12:01 UTC"),
        ("3601", datetime(2026, 11, 21, 13, 0, 1, tzinfo=UTC), "until 2026-11-21 13:01 UTC"),
        ("Tue, 01 Dec 2026 00:00:00 GMT", datetime(2026, 12, 1, tzinfo=UTC), "until 2026-12-01 00:00 UTC"),
        ("9" * 400, datetime(2026, 11, 21, 12, tzinfo=UTC) + timedelta(days=366), "until 2027-11-22 12:00 UTC"),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_a_long_wait_is_left_to_people(status: int, value: str, until: datetime, words: str) -> None:
    reply = http(status, b'{"message":"Too Many Attempts."}', f"Retry-After: {value}")
    async with Server(reply) as server, Asker(server.url) as asker:
        error = await asker.fails()
    assert isinstance(error, RateLimited)
    assert error.until == until
    assert words in str(error)
    assert "Too Many Attempts" in str(error)
    assert len(server.requests) == 1
    assert asker.time.slept == []


async def test_waits_stay_within_the_time_of_a_page() -> None:
    async with Server(http(429, b"", "Retry-After: 25")) as server, Asker(server.url) as asker:
        error = await asker.fails()
    assert asker.time.slept == [25.0, 25.0]
    assert isinstance(error, RateLimited)
    assert error.until == datetime(2026, 11, 21, 12, 1, 15, tzinfo=UTC)


async def test_back_off_ends_with_the_time_of_a_page() -> None:
    async with Server(http(503)) as server, Asker(server.url, page_seconds=3.0) as asker:
        assert isinstance(await asker.fails(), VendorDown)
    assert asker.time.slept == [0.5, 1.0]


async def test_a_rate_reset_alone_is_never_slept_on() -> None:
    async with Server(http(429, b"", "X-RateLimit-Reset: 30"), OK) as server, Asker(server.url) as asker:
        await asker.get()
    assert asker.time.slept == [0.5]


async def test_a_read_time_out_is_tried_once_more() -> None:
    async with Server(silence) as server, Asker(server.url, read_seconds=0.05) as asker:
        error = await asker.fails()
    assert isinstance(error, Unreachable)
    assert "does not answer in time" in str(error)
    assert len(server.requests) == 2
    assert asker.waits == [Wait("no answer", 0.5, 1, 1)]


async def test_a_dripping_answer_ends_with_the_time_of_a_page() -> None:
    async def drip(_: object, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0)

    async with Server(drip) as server, Asker(server.url, page_seconds=0.1) as asker:
        error = await asker.fails()
    assert isinstance(error, Unreachable)
    assert "within 0.1 s" in str(error)
    assert len(server.requests) == 1


async def test_cancelling_passes_at_once() -> None:
    arrived = asyncio.Event()

    async def stuck(reader: asyncio.StreamReader, _: object) -> None:
        arrived.set()
        await reader.read()

    async with Server(stuck, OK) as server, Asker(server.url) as asker:
        get = asyncio.create_task(asker.get())
        await arrived.wait()
        get.cancel()
        with pytest.raises(asyncio.CancelledError):
            await get
        assert (await asker.get()).body == b"[]"
    assert asker.waits == []


async def test_no_place_is_lost_to_requests_that_were_cancelled() -> None:
    """Eight at a time are all there are."""

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with Server(*[slow] * 400, OK) as server, Asker(server.url) as asker:
        for turns in range(30):
            asking = [asyncio.create_task(asker.get()) for _ in range(9)]
            for _ in range(turns):
                await asyncio.sleep(0)
            for one in asking:
                one.cancel()
            await asyncio.gather(*asking, return_exceptions=True)
        server.replies = [OK]
        answers = await asyncio.wait_for(asyncio.gather(*[asker.get() for _ in range(8)]), 5)
    assert [answer.body for answer in answers] == [b"[]"] * 8


async def test_closing_goes_on_when_who_wants_it_is_cancelled() -> None:
    async with Server(OK) as server, Asker(server.url) as asker:
        await asyncio.gather(*[asker.get() for _ in range(8)])
        closing = asyncio.create_task(asker.client.aclose())
        await asyncio.sleep(0)
        closing.cancel()
        await asyncio.gather(closing, return_exceptions=True)
        await asyncio.wait_for(asyncio.gather(*server._handlers), 5)
    assert server.connections == 8


async def test_cancelling_a_wait_passes_at_once() -> None:
    sleeping = asyncio.Event()

    async def sleep(_: float) -> None:
        sleeping.set()
        await asyncio.Event().wait()

    async with Server(http(503)) as server, Asker(server.url, sleep=sleep) as asker:
        get = asyncio.create_task(asker.get())
        await sleeping.wait()
        get.cancel()
        with pytest.raises(asyncio.CancelledError):
            await get
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("number", "tries", "words"),
    [(socket.EAI_NONAME, 1, "cannot be resolved"), (socket.EAI_AGAIN, 5, "cannot be resolved")],
)
async def test_a_name_that_does_not_exist_is_not_asked_for_again(number: int, tries: int, words: str) -> None:
    asked: list[httpx.Request] = []

    async def no_name(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        raise httpx.ConnectError("x") from socket.gaierror(number, "no name")

    async with Asker("https://api.example", transport=httpx.MockTransport(no_name)) as asker:
        error = await asker.fails()
    assert isinstance(error, Unreachable)
    assert words in str(error)
    assert len(asked) == tries


async def test_a_connect_time_out_and_a_refused_header_in_words() -> None:
    for failure, tries, words in (
        (httpx.ConnectTimeout("x"), 5, "cannot be reached in time"),
        (httpx.ConnectError("x"), 5, "cannot connect"),
        (httpx.LocalProtocolError("Illegal header value b'Bearer x'"), 1, "could not be written"),
    ):
        asked = 0

        async def fail(request: httpx.Request, failure: Exception = failure) -> httpx.Response:
            nonlocal asked
            asked += 1
            raise failure

        async with Asker("https://api.example", transport=httpx.MockTransport(fail)) as asker:
            error = await asker.fails()
        assert isinstance(error, Unreachable)
        assert words in str(error)
        assert asked == tries


async def test_a_bug_in_a_body_is_not_swallowed_as_network_trouble() -> None:
    class Broken(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            raise KeyError("ours")
            yield b""

    async def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Broken())

    async with Asker("https://api.example", transport=httpx.MockTransport(answer)) as asker:
        with pytest.raises(KeyError):
            await asker.get()


@pytest.mark.parametrize("size", [10, 200_000], ids=["in one piece", "in many"])
async def test_an_answer_that_comes_twice_is_not_taken_for_the_next_one(size: int) -> None:
    def numbered(n: int) -> bytes:
        return http(200, b"[%d]" % n + b" " * size)

    async def twice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for n in (1, 2, 3):
            writer.write(numbered(n) * 2)
            await writer.drain()
            await reader.readuntil(b"\r\n\r\n")

    async with Server(twice, numbered(4), numbered(5)) as server, Asker(server.url) as asker:
        bodies = [(await asker.get()).body.strip() for _ in range(3)]
    assert bodies == [b"[1]", b"[4]", b"[5]"]
    assert server.connections == 2


async def test_an_error_that_comes_twice_neither() -> None:
    async def twice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(http(503, b"{}") * 2)
        await reader.read()

    async with Server(twice, OK) as server, Asker(server.url) as asker:
        assert (await asker.get()).body == b"[]"
    assert len(server.requests) == 2


async def test_malformed_bodies_are_not_asked_for_again() -> None:
    async with Server(http(200, b"not gzip", "Content-Encoding: gzip")) as server, Asker(server.url) as asker:
        assert isinstance(await asker.fails(), Malformed)
    assert len(server.requests) == 1
