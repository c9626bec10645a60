"""Fetching over real sockets: tokens stay at home, hosts are asked about once, and what is no PDF says what it is."""

from __future__ import annotations

import asyncio
import gzip
import threading
from collections.abc import Callable, Mapping

import pytest

from invoicetui.documents.fetching import MAX_PDF
from invoicetui.errors import (
    AddressRefused,
    DocumentError,
    HostRefused,
    InvoicetuiError,
    LinkExpired,
    NotPdf,
    NotYet,
    RateLimited,
    TokenRefused,
    Unreachable,
)
from invoicetui.model import DocumentKind
from tests.documents.desk import TOKEN, Desk, account, invoice
from tests.documents.test_place import HOSTILE
from tests.servers.pdf import pdf, pdf_reply
from tests.servers.serving import Answer, Query, Reply, Server

ServeAnswer = Callable[[Answer], Server]
PDF = pdf("Invoice INV-7", "Total EUR 12.05")


def always(reply: Reply) -> Answer:
    return lambda method, path, query, headers, body: reply


def by_path(replies: Mapping[str, Reply]) -> Answer:
    def answer(method: str, path: str, query: Query, headers: Mapping[str, str], body: bytes) -> Reply:
        return replies.get(path, Reply(404))

    return answer


def moved(to: str, status: int = 302) -> Reply:
    return Reply(status, (("Location", to),))


async def test_the_accounts_own_origin_gets_the_token_and_what_we_accept(serve_answer: ServeAnswer) -> None:
    home = serve_answer(always(pdf_reply(PDF, 'attachment; filename="../../.bashrc"')))
    heard: list[tuple[int, int | None]] = []
    async with Desk(account(base_url=home.url)) as desk:
        got = await desk.fetcher.fetch(invoice(f"{home.url}/a.pdf?s=1"), on_progress=lambda *so: heard.append(so))
    (asked,) = home.asked
    assert got == PDF
    assert heard[-1] == (len(PDF), len(PDF))
    assert (asked.target, asked.headers["accept"], asked.headers["accept-encoding"]) == (
        "/a.pdf?s=1",
        "application/pdf",
        "identity",
    )
    assert asked.authorization == "other"  # it came; the server was not told which to expect
    assert desk.visited == []


async def test_another_origin_gets_no_token_no_cookie_and_only_when_allowed(serve_answer: ServeAnswer) -> None:
    home, other = (
        serve_answer(always(Reply(500))),
        serve_answer(always(pdf_reply(PDF).with_header("Set-Cookie", "a=b"))),
    )
    asked: list[str] = []

    def allow(host: str) -> bool:
        asked.append(host)
        return True

    async with Desk(account(base_url=home.url)) as desk:
        for _ in range(3):
            assert await desk.fetcher.fetch(invoice(f"{other.url}/a.pdf"), allow=allow) == PDF
    assert asked == [f"127.0.0.1:{other.port}"]
    assert home.asked == []
    assert [one.authorization for one in other.asked] == ["missing"] * 3
    assert all(TOKEN not in repr(one) and "cookie" not in one.headers for one in other.asked)
    assert len({one.connection for one in other.asked}) == 1


async def test_a_host_nobody_allowed_is_not_asked(serve_answer: ServeAnswer) -> None:
    other = serve_answer(always(pdf_reply(PDF)))
    asked: list[str] = []

    def refuse(host: str) -> bool:
        asked.append(host)
        return False

    async with Desk(account()) as desk:
        for _ in range(2):
            with pytest.raises(HostRefused, match=r"--allow-host 127\.0\.0\.1:") as caught:
                await desk.fetcher.fetch(invoice(f"{other.url}/secret-link"), allow=refuse)
        with pytest.raises(HostRefused):
            await desk.fetcher.fetch(invoice(f"{other.url}/secret-link"))
    assert caught.value.host == f"127.0.0.1:{other.port}"
    assert "secret-link" not in str(caught.value)
    assert (other.asked, len(asked)) == ([], 1)


async def test_an_answer_that_never_comes_does_not_keep_the_program(serve_answer: ServeAnswer) -> None:
    other = serve_answer(always(pdf_reply(PDF)))
    waiting, ended = threading.Event(), threading.Event()

    def never(host: str) -> bool:
        assert threading.current_thread().daemon
        waiting.set()
        ended.wait(10)
        return True

    async with Desk(account()) as desk:
        fetch = asyncio.create_task(desk.fetcher.fetch(invoice(f"{other.url}/a"), allow=never))
        await asyncio.to_thread(waiting.wait, 5)
        fetch.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetch
    ended.set()
    assert other.asked == []


@pytest.mark.parametrize("way", ["document_hosts", "beforehand"])
async def test_hosts_allowed_in_the_account_or_beforehand(serve_answer: ServeAnswer, way: str) -> None:
    other = serve_answer(always(pdf_reply(PDF)))
    host = f"127.0.0.1:{other.port}"
    owner = account(document_hosts=(host,) if way == "document_hosts" else ())
    async with Desk(owner, allowed=(host,) if way == "beforehand" else ()) as desk:
        assert await desk.fetcher.fetch(invoice(f"{other.url}/a.pdf")) == PDF


@pytest.mark.parametrize("url", [url for url in HOSTILE if isinstance(url, str) and url], ids=lambda url: url[:40])
async def test_hostile_addresses_start_nothing(url: str, serve_answer: ServeAnswer) -> None:
    async with Desk(account(base_url="https://api.acme.example")) as desk:
        with pytest.raises(AddressRefused):
            await desk.fetcher.fetch(invoice(url), allow=lambda host: True)
        assert desk.visited == []


class TestRedirects:
    async def test_to_another_host_leave_the_token_behind(self, serve_answer: ServeAnswer) -> None:
        other = serve_answer(always(pdf_reply(PDF)))
        home = serve_answer(always(moved(f"{other.url}/signed?x=1")))
        async with Desk(account(base_url=home.url), allowed=[f"127.0.0.1:{other.port}"]) as desk:
            assert await desk.fetcher.fetch(invoice(f"{home.url}/a")) == PDF
        assert [one.authorization for one in home.asked] == ["other"]
        assert [(one.target, one.authorization) for one in other.asked] == [("/signed?x=1", "missing")]

    async def test_to_another_host_need_its_permission(self, serve_answer: ServeAnswer) -> None:
        other = serve_answer(always(pdf_reply(PDF)))
        home = serve_answer(always(moved(f"{other.url}/signed")))
        async with Desk(account(base_url=home.url)) as desk:
            with pytest.raises(HostRefused):
                await desk.fetcher.fetch(invoice(f"{home.url}/a"))
        assert other.asked == []

    async def test_away_and_back_get_no_token(self, serve_answer: ServeAnswer) -> None:
        other = serve_answer(lambda *_: moved(f"{home.url}/b"))
        home = serve_answer(by_path({"/a": moved(f"{other.url}/x"), "/b": pdf_reply(PDF)}))
        async with Desk(account(base_url=home.url), allowed=[f"127.0.0.1:{other.port}"]) as desk:
            assert await desk.fetcher.fetch(invoice(f"{home.url}/a")) == PDF
        assert [one.authorization for one in home.asked] == ["other", "missing"]

    async def test_three_are_followed_and_no_more(self, serve_answer: ServeAnswer) -> None:
        steps = {f"/{n}": moved(f"{n + 1}", 307) for n in range(3)}
        home = serve_answer(by_path({**steps, "/3": pdf_reply(PDF), "/loop": moved("/loop")}))
        async with Desk(account(base_url=home.url)) as desk:
            assert await desk.fetcher.fetch(invoice(f"{home.url}/0")) == PDF
            with pytest.raises(AddressRefused, match="more than 3 times"):
                await desk.fetcher.fetch(invoice(f"{home.url}/loop"))
        assert len([one for one in home.asked if one.path == "/loop"]) == 4

    @pytest.mark.parametrize(
        "url", ["file:///etc/passwd", "http://169.254.169.254/", "https://u:p@x.example/", "http://x.example/"]
    )
    async def test_to_hostile_places_are_refused(self, serve_answer: ServeAnswer, url: str) -> None:
        home = serve_answer(always(moved(url)))
        async with Desk(account(base_url=home.url)) as desk:
            with pytest.raises((AddressRefused, Unreachable, NotPdf)):
                await desk.fetcher.fetch(invoice(f"{home.url}/a"), allow=lambda host: True)
            assert desk.visited == []

    @pytest.mark.parametrize("is_home", [True, False])
    @pytest.mark.parametrize("location", [None, ""])
    async def test_to_nowhere_are_called_so(
        self, serve_answer: ServeAnswer, location: str | None, is_home: bool
    ) -> None:
        away = serve_answer(always(Reply(302) if location is None else moved(location)))
        home = away if is_home else serve_answer(always(Reply(500)))
        async with Desk(account(base_url=home.url), allowed=[f"127.0.0.1:{away.port}"]) as desk:
            with pytest.raises(InvoicetuiError, match=r"redirect \(HTTP 302\) that leads nowhere; .*in a browser"):
                await desk.fetcher.fetch(invoice(f"{away.url}/a"))


HTML = b"<!DOCTYPE html><title>Sign in</title>%PDF"
NOT_PDFS = {
    "a log-in page": (Reply(200, (("Content-Type", "application/pdf"),), HTML), "log-in page"),
    "a page with a mark": (Reply(200, (), b"\xef\xbb\xbf \n<html>"), "log-in page"),
    "JSON": (Reply(200, (), b'{"error": 1}'), "JSON came"),
    "nothing": (Reply(200), "nothing came"),
    "a picture": (Reply(200, (), b"\x89PNG\r\n"), "not a PDF"),
    "damaged": (Reply(200, (), b"%PDF-1.4\nnothing else %%EOF"), "damaged or incomplete"),
    "without its end": (Reply(200, (), PDF[:-200]), "its end is missing"),
    "the mark too late": (Reply(200, (), b" " * 1030 + PDF), "not a PDF"),
    "packed": (Reply(200, (("Content-Encoding", "gzip"),), gzip.compress(PDF)), "packed"),
    "a bomb": (Reply(200, (("Content-Encoding", "gzip"),), gzip.compress(bytes(40 << 20), 9)), "packed"),
    "26 MiB": (Reply(200, (), b"%PDF-" + bytes(26 << 20)), "larger than 25 MiB"),
    "half": (Reply(200, (), PDF, fault="cut"), "stopped half way"),
    "reset": (Reply(200, (), PDF, fault="reset_midway"), "stopped half way"),
}


@pytest.mark.parametrize("name", NOT_PDFS)
async def test_what_is_no_pdf_has_its_own_sentence(serve_answer: ServeAnswer, name: str) -> None:
    reply, words = NOT_PDFS[name]
    home = serve_answer(always(reply))
    async with Desk(account(base_url=home.url)) as desk:
        with pytest.raises((NotPdf, Unreachable), match=words) as caught:
            await desk.fetcher.fetch(invoice(f"{home.url}/a"))
    assert TOKEN not in str(caught.value)
    assert len(home.asked) == 1, "only a connection that could not be made is tried again"


async def test_a_body_that_grows_beyond_the_limit_is_left(serve_answer: ServeAnswer) -> None:
    """Without a declared length."""
    heard: list[int] = []
    reply = Reply(200, (), b"%PDF-" + bytes(MAX_PDF + (1 << 20)), fault="drip")
    home = serve_answer(always(reply))
    async with Desk(account(base_url=home.url)) as desk:
        with pytest.raises(NotPdf, match="25 MiB"):
            await desk.fetcher.fetch(invoice(f"{home.url}/a"), on_progress=lambda so_far, total: heard.append(so_far))
    assert max(heard, default=0) <= MAX_PDF


async def test_a_pdf_after_some_other_bytes_is_one(serve_answer: ServeAnswer) -> None:
    home = serve_answer(always(pdf_reply(b"\r\n\r\n" + PDF)))
    async with Desk(account(base_url=home.url)) as desk:
        assert (await desk.fetcher.fetch(invoice(f"{home.url}/a"))).endswith(PDF)


REFUSED: dict[str, tuple[int, DocumentKind, bool, type[InvoicetuiError], str]] = {
    "not yet": (404, DocumentKind.ENDPOINT, True, NotYet, "not made this PDF yet; try again"),
    "link gone": (410, DocumentKind.URL, False, LinkExpired, "link any more"),
    "link forbidden": (403, DocumentKind.URL, False, LinkExpired, "link any more"),
    "link not found": (404, DocumentKind.URL, False, LinkExpired, "link any more"),
    "log-in elsewhere": (401, DocumentKind.URL, False, DocumentError, "wants a log-in"),
    "token refused": (401, DocumentKind.ENDPOINT, True, TokenRefused, "refused the token"),
    "slow down": (429, DocumentKind.URL, False, RateLimited, "slow down"),
    "trouble elsewhere": (500, DocumentKind.URL, False, DocumentError, "in trouble"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_a_refusal_means(serve_answer: ServeAnswer, name: str) -> None:
    status, kind, is_home, expected, words = REFUSED[name]
    server = serve_answer(always(Reply(status, (), b'{"message": "no"}')))
    home = server.url if is_home else serve_answer(always(Reply(500))).url
    location = "/api/v1/invoices/inv_1/download" if kind is DocumentKind.ENDPOINT else f"{server.url}/signed-secret"
    async with Desk(account("meteroid", home), allowed=[f"127.0.0.1:{server.port}"]) as desk:
        with pytest.raises(expected, match=words) as caught:
            await desk.fetcher.fetch(invoice(location, kind))
    assert type(caught.value) is expected
    assert "signed-secret" not in str(caught.value)
    assert len(server.asked) == 1
