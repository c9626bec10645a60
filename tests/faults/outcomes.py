"""The table: every fault of an answer, and what a user sees of it.

Each holds for all five vendors; where they differ it is in the vendor's own words (`OWN`) and in `EXCEPTIONS`.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from tests.servers import faults
from tests.servers.fake import Fake
from tests.servers.serving import Fault, Reply

Change = Callable[[Reply], Reply]

#: What a vendor's own error body says, by status; any other is its word for "error".
OWN: Mapping[str, Mapping[int, str]] = {
    "voxmind": {
        400: "The request is invalid",
        401: "Invalid or expired authentication credentials",
        403: "You do not have access to this organisation",
        404: "The requested resource was not found",
        429: "Monthly call limit exceeded",
        503: "Service temporarily unavailable",
    },
    "northflank": {
        400: "Bad request",
        401: "Unauthorized",
        403: "Forbidden",
        404: "Not found",
        429: "Too many requests",
    },
    "meteroid": {
        401: "Unauthorized",
        403: "Forbidden",
        404: "Resource not found",
        429: "Too many requests",
        500: "Internal server error. Please refer to logs or support",
    },
    "opterius": {
        401: "Unauthenticated",
        403: "This action is unauthorized",
        404: "Not Found",
        422: "The given data was invalid",
        429: "Too Many Attempts",
        500: "Server Error",
        503: "Service Unavailable",
    },
    "versori": {
        400: "invalid argument",
        401: "unauthenticated",
        403: "permission denied",
        404: "not found",
    },
}


@dataclass(frozen=True)
class Outcome:
    """What comes of a fault that lasts.

    `kind` is what the accounts line says after its `!`, "" where the fault heals by itself; `says` what the problems
    screen says happened ({own} stands for the vendor's words), `remedy` what helps; `tries` how often the page is
    asked for. Whatever it is, rows that were there stay, the horizon stays, and nothing is taken for the end.
    """

    change: Callable[[Fake], Change]
    kind: str
    says: str = ""
    remedy: str = ""
    tries: int = 1
    read_seconds: float = 10.0

    @property
    def is_passing(self) -> bool:
        """Whether a second try is made, so that a fault that strikes once is never seen."""
        return self.tries > 1


def own(status: int, *headers: tuple[str, str]) -> Callable[[Fake], Change]:
    """The vendor's own refusal."""

    def change(fake: Fake) -> Change:
        reply = fake.refusal(status)
        for name, value in headers:
            reply = reply.with_header(name, value)
        return lambda _: reply

    return change


def html(status: int) -> Callable[[Fake], Change]:
    """What a proxy, a firewall or a portal in between says."""
    page = Reply(status, (("Content-Type", "text/html; charset=utf-8"),), faults.HTML)
    return lambda fake: lambda _: page


def plain(status: int, text: bytes) -> Callable[[Fake], Change]:
    return lambda fake: lambda _: Reply(status, (("Content-Type", "text/plain"),), text)


def broken(fault: Fault) -> Callable[[Fake], Change]:
    return lambda fake: lambda reply: replace(reply, fault=fault)


def body(change: Callable[[bytes], bytes]) -> Callable[[Fake], Change]:
    """Another body, of the length it says it has."""
    return lambda fake: lambda reply: replace(reply, body=change(reply.body))


def header(name: str, value: str) -> Callable[[Fake], Change]:
    return lambda fake: lambda reply: reply.with_header(name, value)


def moved(status: int, location: str | None) -> Callable[[Fake], Change]:
    headers = () if location is None else (("Location", location),)
    return lambda fake: lambda _: Reply(status, headers)


def packed(change: Callable[[bytes], bytes], encoding: str = "gzip") -> Callable[[Fake], Change]:
    return lambda fake: (
        lambda reply: replace(reply, body=change(gzip.compress(reply.body, 1))).with_header(
            "Content-Encoding", encoding
        )
    )


def sent(reply: Callable[[], Reply]) -> Callable[[Fake], Change]:
    """The same answer each time; made once, when the first is needed."""
    made: list[Reply] = []

    def change(_: Reply) -> Reply:
        if not made:
            made.append(reply())
        return made[0]

    return lambda fake: change


def _bomb() -> Reply:
    return faults.bomb(lambda *_: Reply(), megabytes=2)("GET", "/", [], {}, b"")


def _oversized() -> Reply:
    return faults.oversized(lambda *_: Reply(), megabytes=2)("GET", "/", [], {}, b"")


def _flattened(sent_body: bytes) -> bytes:
    """Every list of records a number: the envelope is right and what is in it is not."""
    found = json.loads(sent_body)
    name = next((name for name in ("results", "data") if isinstance(found, dict) and name in found), None)
    if name is None:
        return b'"all of them"'
    found[name] = {"invoices": 7} if isinstance(found[name], dict) else 7
    return json.dumps(found).encode()


NO_ACCEPT = "did not accept the request (HTTP {status}): {own}"
TROUBLE = "is in trouble (HTTP {status}): {own}"
SETTINGS, LATER = "check the account's settings", "try again later"
TOKEN = "set a new one with T"
BILLING = "give the token the right to read billing, or check the organisation or team"
NOTHING = "check base_url and the organisation or team"
PROMISE = "not what was promised"
BASE = "check base_url; a proxy or a sign-in may have answered instead"
HALF = "stopped half way"

OUTCOMES: Mapping[str, Outcome] = {
    # in the vendor's own form
    "400": Outcome(own(400), "rejected", NO_ACCEPT, SETTINGS),
    "401": Outcome(own(401), "token refused", "refused the token: {own}", TOKEN),
    "403": Outcome(own(403), "not allowed", "does not allow this: {own}", BILLING),
    "404": Outcome(own(404), "not found", "has nothing there: {own}", NOTHING),
    "406": Outcome(own(406), "rejected", NO_ACCEPT, SETTINGS),
    "409": Outcome(own(409), "rejected", NO_ACCEPT, SETTINGS),
    "422": Outcome(own(422), "rejected", NO_ACCEPT, SETTINGS),
    "429": Outcome(own(429), "rate limited", "asks us to slow down: {own}", "wait a while, then try again", 5),
    "429, back in 1 s": Outcome(own(429, ("Retry-After", "1")), "rate limited", "slow down: {own}", "wait a while", 5),
    "429, back in an hour": Outcome(
        own(429, ("Retry-After", "3600")), "rate limited", "asks to wait until ", "try again then"
    ),
    "500": Outcome(own(500), "vendor down", TROUBLE, LATER),
    "502": Outcome(own(502), "vendor down", TROUBLE, LATER, 5),
    "503": Outcome(own(503), "vendor down", TROUBLE, LATER, 5),
    "503, back in 2 s": Outcome(own(503, ("Retry-After", "2")), "vendor down", TROUBLE, LATER, 5),
    "504": Outcome(own(504), "vendor down", TROUBLE, LATER, 5),
    # in HTML
    "400 in HTML": Outcome(html(400), "rejected", "(HTTP 400): an HTML page", SETTINGS),
    "401 in HTML": Outcome(html(401), "token refused", "refused the token: an HTML page", TOKEN),
    "403 in HTML": Outcome(html(403), "not allowed", "does not allow this: an HTML page", BILLING),
    "404 in HTML": Outcome(html(404), "not found", "has nothing there: an HTML page", NOTHING),
    "406 in HTML": Outcome(html(406), "rejected", "(HTTP 406): an HTML page", SETTINGS),
    "409 in HTML": Outcome(html(409), "rejected", "(HTTP 409): an HTML page", SETTINGS),
    "422 in HTML": Outcome(html(422), "rejected", "(HTTP 422): an HTML page", SETTINGS),
    "429 in HTML": Outcome(html(429), "rate limited", "slow down: an HTML page", "wait a while", 5),
    "500 in HTML": Outcome(html(500), "vendor down", "(HTTP 500): an HTML page", LATER),
    "502 in HTML": Outcome(html(502), "vendor down", "(HTTP 502): an HTML page", LATER, 5),
    "503 in HTML": Outcome(html(503), "vendor down", "(HTTP 503): an HTML page", LATER, 5),
    "504 in HTML": Outcome(html(504), "vendor down", "(HTTP 504): an HTML page", LATER, 5),
    "400 in plain text": Outcome(plain(400, b"Failed to deserialize"), "rejected", ": Failed to deserialize", SETTINGS),
    "418 without a word": Outcome(plain(418, b""), "rejected", "did not accept the request (HTTP 418)", SETTINGS),
    "a status nobody knows": Outcome(plain(799, b"?"), "vendor down", "is in trouble (HTTP 799)", LATER),
    # elsewhere
    "moved to another host": Outcome(
        moved(301, "https://other.example/a?secret=1"), "moved", "moved to https://other.example", "change base_url if"
    ),
    "moved for now": Outcome(moved(307, "https://other.example"), "moved", "the token was not sent there", "trust it"),
    "moved to a login": Outcome(moved(302, "/login"), "moved", "another of its pages (HTTP 302)", "check base_url"),
    "moved to nowhere": Outcome(
        moved(302, None), "moved", "a redirect (HTTP 302) that leads nowhere", "check base_url"
    ),
    "moved to no address": Outcome(moved(302, "javascript:x"), "moved", "to no address we may use", "check base_url"),
    "not modified": Outcome(moved(304, None), "moved", "(HTTP 304) that leads nowhere", "check base_url"),
    # on the wire
    "closed without an answer": Outcome(broken("close"), "unreachable", HALF, LATER, 5),
    "reset": Outcome(broken("reset"), "unreachable", HALF, LATER, 5),
    "cut": Outcome(broken("cut"), "unreachable", HALF, LATER, 5),
    "reset half way": Outcome(broken("reset_midway"), "unreachable", HALF, LATER, 5),
    "silence": Outcome(broken("hang"), "unreachable", "does not answer in time", LATER, 2, read_seconds=0.3),
    "in drips": Outcome(broken("drip"), ""),
    "twice": Outcome(broken("twice"), ""),
    "late": Outcome(lambda fake: lambda reply: replace(reply, delay=0.02), ""),
    # bodies
    "nothing": Outcome(body(lambda _: b""), PROMISE, "the answer is empty, not JSON", BASE),
    "204": Outcome(lambda fake: lambda _: Reply(204), PROMISE, "the answer is empty, not JSON", BASE),
    "half of it": Outcome(body(lambda all_: all_[: len(all_) // 2]), PROMISE, "the answer is not JSON", BASE),
    "garbage": Outcome(body(lambda _: b"\x00\xff\x1b[2J{{{"), PROMISE, "the answer is not JSON", BASE),
    "a web page": Outcome(html(200), PROMISE, "the answer is HTML, not JSON", BASE),
    "a number": Outcome(body(lambda _: b"42"), PROMISE, "got integer", BASE),
    "a list of no records": Outcome(body(_flattened), PROMISE, "expected array, got ", BASE),
    "too deep": Outcome(body(lambda _: b"[" * 100_000), PROMISE, "the answer is not JSON", BASE),
    "an error with 200": Outcome(own(200), PROMISE, "$", BASE),
    "called HTML": Outcome(header("Content-Type", "text/html"), ""),
    "called nothing": Outcome(header("Content-Type", ""), ""),
    "gzip": Outcome(packed(lambda all_: all_), ""),
    "half a gzip": Outcome(packed(lambda all_: all_[:-9]), "unreachable", HALF, LATER, 5),
    "damaged gzip": Outcome(packed(lambda all_: b"x" + all_), PROMISE, "not the gzip it claims", "again"),
    "another packing": Outcome(packed(lambda all_: all_, "br"), PROMISE, "a way nobody asked", "base_url"),
    "a bomb": Outcome(sent(_bomb), PROMISE, "larger than 1 MiB", "base_url"),
    "too large": Outcome(sent(_oversized), PROMISE, "larger than 1 MiB", "base_url"),
}
