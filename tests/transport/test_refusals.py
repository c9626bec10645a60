"""What people read when a vendor refuses: one clean sentence, with the vendor's own words."""

from __future__ import annotations

import json

import pytest

from invoicetui.errors import (
    NotAllowed,
    NotFound,
    RateLimited,
    Rejected,
    TokenRefused,
    VendorDown,
    VendorError,
)
from tests.transport.loopback import TOKEN, Asker, Server, http

LARAVEL = {"message": "The given data was invalid.", "errors": {"status": ["The selected status is invalid."]}}
VOXMIND = {"code": 400, "message": "Bad filter", "errors": [{"field": "filter", "message": "unknown field"}]}


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (401, {"code": 401, "message": "Invalid or expired credentials"}, TokenRefused, "Invalid or expired"),
        (401, {"error": "Unauthenticated."}, TokenRefused, ": Unauthenticated; set a new one"),
        (403, {"message": "other organisation"}, NotAllowed, ": other organisation;"),
        (404, {"error": {"status": 404, "message": "Not found", "id": "x", "details": {}}}, NotFound, ": Not found;"),
        (409, {"message": ""}, Rejected, "(HTTP 409); check"),
        (422, LARAVEL, Rejected, ": The given data was invalid: status – The selected status is invalid;"),
        (400, VOXMIND, Rejected, ": Bad filter: filter – unknown field;"),
        (400, {"code": "bad", "message": "no such org", "cause": "typo"}, Rejected, ": no such org: typo;"),
        (418, {"errors": ["one", {"message": "two"}, 3, None]}, Rejected, ": one: two;"),
        (400, [1, 2], Rejected, "(HTTP 400); check"),
        (400, "just words", Rejected, ": just words;"),
        (
            500,
            {"code": "INTERNAL_SERVER_ERROR", "message": "Internal server error"},
            VendorDown,
            "(HTTP 500): Internal",
        ),
        (501, {}, VendorDown, "(HTTP 501); try again later"),
    ],
)
async def test_each_status_has_its_kind_and_words(
    status: int, body: object, kind: type[VendorError], words: str
) -> None:
    async with Server(http(status, json.dumps(body).encode())) as server, Asker(server.url) as asker:
        error = await asker.fails()
    assert type(error) is kind
    assert words in str(error)
    assert str(error).startswith(server.url.removeprefix("http://"))
    assert len(server.requests) == 1
    if isinstance(error, Rejected):
        assert (error.status, error.is_plain) == (status, False)


@pytest.mark.parametrize(
    ("body", "words", "is_plain"),
    [
        (b"Failed to deserialize query string: unknown variant\nsecond line", "unknown variant; check", True),
        (b"<!DOCTYPE html><html><title>Oops", ": an HTML page;", False),
        (b" \n<html lang=en>", ": an HTML page;", False),
        (b"", "(HTTP 400); check", False),
        (bytes(range(128, 256)) * 3, "(HTTP 400); check", False),
        (b"x" * 5000, "xx\N{HORIZONTAL ELLIPSIS};", True),
        (b"[" * 60_000, "[[", True),
        (b"\x1b]0;owned\x07\xe2\x80\xaered \x1b[31mtext and more words, long enough to be a text", "red", True),
        (b"9" * 5000, "(HTTP 400)", True),
    ],
    ids=("words", "html", "html after a space", "empty", "binary", "long", "deep", "hostile", "huge number"),
)
async def test_bodies_that_are_not_json(body: bytes, words: str, is_plain: bool) -> None:
    async with Server(http(400, body)) as server, Asker(server.url) as asker:
        error = await asker.fails()
    assert isinstance(error, Rejected)
    assert words in str(error)
    assert error.is_plain is is_plain
    assert str(error).isprintable()
    assert len(str(error)) < 320


@pytest.mark.parametrize("status", [400, 401, 404, 500])
@pytest.mark.parametrize("shown", [TOKEN, TOKEN.replace("/", "%2F"), TOKEN.replace("/", "\u200b/")])
async def test_a_token_the_vendor_repeats_is_masked(status: int, shown: str) -> None:
    bodies = (json.dumps({"message": f"bad token {shown} given"}).encode(), f"bad token {shown} given".encode())
    for body in bodies:
        async with Server(http(status, body)) as server, Asker(server.url) as asker:
            error = await asker.fails()
        assert "bad token **** given" in str(error)


async def test_a_missing_token_is_said_to_be_missing() -> None:
    async with Server(http(401)) as server, Asker(server.url, token=None) as asker:
        error = await asker.fails()
    assert isinstance(error, TokenRefused)
    assert "wants a token" in str(error)


async def test_the_status_counts_when_the_body_cannot_be_had() -> None:
    cut = b"HTTP/1.1 401 No\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{"

    async def half(_: object, writer: object) -> None:
        writer.write(cut)  # type: ignore[attr-defined]  # a StreamWriter  # a StreamWriter
        await writer.drain()  # type: ignore[attr-defined]  # a StreamWriter

    large = http(404, b"x" * 100_000)
    async with Server(half, large) as server, Asker(server.url) as asker:
        assert isinstance(await asker.fails(), TokenRefused)
        assert isinstance(await asker.fails(), NotFound)


async def test_rate_limited_after_all_tries() -> None:
    body = b'{"code":429,"message":"Monthly call limit exceeded. Upgrade."}'
    reset = "X-RateLimit-Reset: 1743465600"
    async with Server(http(429, body, reset)) as server, Asker(server.url) as asker:
        error = await asker.fails()
    assert isinstance(error, RateLimited)
    assert error.until is None
    assert "slow down: Monthly call limit exceeded. Upgrade;" in str(error)
    assert len(server.requests) == 5
    assert asker.time.slept == [0.5, 1.0, 2.0, 4.0]
