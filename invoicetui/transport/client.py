"""Asks one account's vendor: bounded in time and size, tried again where that helps."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import ssl
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
import tenacity

from invoicetui import __version__
from invoicetui.address import base_address, host_of
from invoicetui.errors import ConfigError, Malformed, Moved, Unreachable
from invoicetui.model import Secret
from invoicetui.transport.body import ACCEPT_ENCODING, read_body, read_document
from invoicetui.transport.failure import Passing, failure
from invoicetui.transport.origin import KEEPS_REDIRECT, OriginToken, Pinned, origin
from invoicetui.transport.proxy import proxy_for
from invoicetui.transport.refusal import asked_to_wait, refusal, retry_after
from invoicetui.transport.target import target
from invoicetui.transport.tls import tls_context

_T = TypeVar("_T")

MAX_BODY = 32 * 2**20
MAX_ERROR_BODY = 64 * 2**10
CONNECTIONS = 8
FIRST_BACKOFF = 0.5  # seconds; doubled with every retry, times 0.5 to 1.5
#: A wait is only worth it when this much of the page's time is left for the request after it.
RESERVE = 1.0

_RETRIED = {429: "rate limited", 502: "HTTP 502", 503: "HTTP 503", 504: "HTTP 504"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx answer; header names are in lower case, repeated ones joined by ", "; the body is unpacked."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Download:
    """A document as sent, or the whole address it has moved to (then there is no body, and nobody has checked it)."""

    body: bytes = field(default=b"", repr=False)
    moved_to: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Wait:
    """One wait before a retry: why, for how many seconds, and that it is retry `attempt` of at most `of`."""

    reason: str
    seconds: float
    attempt: int
    of: int


@dataclass(slots=True, eq=False)
class _Pool:
    """Connections, and how many requests use them; `is_stale`: the next request takes others."""

    http: httpx.AsyncBaseTransport
    users: int = 0
    is_stale: bool = False


class Client:
    """The HTTP client of one account. To be created and used on one event loop; nothing is opened before the first get.

    `token` is called for every try and may return None: then no Authorization header is sent. `tls` is called once, in
    a thread, and not at all for http://. `transport` replaces the network (the demo does). `environ` is where proxies
    are looked for. `clock` is an aware UTC now, `jitter` a number between 0 and 1. Times are in seconds: to connect,
    between two pieces of an answer, and for a whole `get` or `download` with all its retries and waits. `max_body` is
    the most bytes of an answer that are read, packed or not.
    """

    def __init__(
        self,
        base_url: str,
        *,
        token: Callable[[], Secret | None],
        auth_scheme: str = "Bearer",
        tls: Callable[[], ssl.SSLContext] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        environ: Mapping[str, str] | None = None,
        on_wait: Callable[[Wait], None] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
        connect_seconds: float = 10.0,
        read_seconds: float = 30.0,
        page_seconds: float = 60.0,
        document_seconds: float = 600.0,
        max_body: int = MAX_BODY,
    ) -> None:
        """Raises ConfigError for a base_url that cannot be."""
        self.base_url = base_address(base_url)
        self.host = host_of(self.base_url)
        self._token, self._auth_scheme = token, auth_scheme
        self._tls, self._transport = tls or tls_context, transport
        self._environ = os.environ if environ is None else environ
        self._on_wait = on_wait or (lambda wait: None)
        self._sleep, self._clock, self._monotonic, self._jitter = sleep, clock, monotonic, jitter
        self._timeout = httpx.Timeout(read_seconds, connect=connect_seconds, pool=None)
        self._page_seconds, self._document_seconds, self._max_body = page_seconds, document_seconds, max_body
        self._home = origin(_usable(self.base_url))
        self._via = ""
        self._pool: _Pool | None = None
        self._opening = asyncio.Lock()
        for name in ("httpx", "httpcore"):  # at INFO and DEBUG they log whole URLs and response headers
            logging.getLogger(name).setLevel(logging.WARNING)

    async def get(
        self, path: str, params: Sequence[tuple[str, str]] = (), *, accept: str = "application/json"
    ) -> Answer:
        """GET `path` (percent-encoded, "/" first) below base_url, with `params` as they are, names may repeat.

        Connection errors, cut answers, 429, 502, 503 and 504 are tried again up to four times, a read time-out once;
        Retry-After is honoured as far as the page's time goes. Raises VendorError by kind, CredentialError for a token
        that cannot be sent, ConfigError for proxy and certificate settings; what `token` raises passes.
        """
        return await self._retried(self._try, self._page_seconds, target(self.base_url, path, params), accept)

    async def download(
        self, url: str, *, limit: int, on_progress: Callable[[int, int | None], None] = lambda so_far, total: None
    ) -> Download:
        """GET a document at a whole address of this client's own origin, unpacked and at most `limit` bytes long.

        `on_progress` hears of the bytes so far and of all, None when unknown. A redirect is not followed but returned.
        Only a connection that could not be made is tried again. Raises VendorError by kind (Unreachable for another
        origin, or a body that stopped half way; Moved for a redirect that leads nowhere) and NotPdf for a packed or
        longer body.
        """
        return await self._retried(self._try_download, self._document_seconds, url, limit, on_progress)

    async def _retried(self, work: Callable[..., Awaitable[_T]], seconds: float, *arguments: object) -> _T:
        end = self._monotonic() + seconds

        def left() -> float:
            return end - self._monotonic()

        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(Passing),
            wait=self._backoff,
            stop=lambda state: (
                state.attempt_number > _passing(state).retries or state.upcoming_sleep + RESERVE > left()
            ),
            before_sleep=self._report,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return await retrying(work, *arguments, left)
        except Passing as passing:
            raise passing.error from None

    async def aclose(self) -> None:
        """Close all connections, even when the caller is cancelled meanwhile; the client is not to be used again."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await asyncio.shield(_closing(pool.http))

    async def _try(self, url: str, accept: str, left: Callable[[], float]) -> Answer:
        secret = self._token()
        request = self._request(url, secret, {"Accept": accept, "Accept-Encoding": ACCEPT_ENCODING})
        try:
            async with asyncio.timeout(left()):
                async with (
                    self._connections() as network,
                    aclosing(await network.handle_async_request(request)) as response,
                ):
                    status, headers = response.status_code, MappingProxyType(dict(response.headers))
                    if 200 <= status < 300:
                        return Answer(status, headers, await read_body(response, self._max_body))
                    body = await self._error_body(response)
        except TimeoutError:
            what = f"{self.host} gave no complete answer within {self._page_seconds:g} s"
            raise Unreachable(what, "try again later") from None
        except (httpx.HTTPError, OSError) as error:  # TLS alerts after the handshake come as bare ssl.SSLError
            raise failure(error, self.host, self._via) from None
        asked = retry_after(headers, self._clock()) if status in _RETRIED else None
        until = None if asked is None else self._clock() + timedelta(seconds=asked)
        if asked is not None and until is not None and asked + RESERVE > left():
            raise asked_to_wait(self.host, status, body, secret, until)
        refused = refusal(self.host, status, body, secret, until)
        if status in _RETRIED:
            raise Passing(refused, _RETRIED[status], at_least=asked or 0.0)
        raise refused

    async def _try_download(
        self, url: str, limit: int, on_progress: Callable[[int, int | None], None], left: Callable[[], float]
    ) -> Download:
        secret = self._token()
        headers = {"Accept": "application/pdf", "Accept-Encoding": "identity"}
        try:
            request = self._request(url, secret, headers, **{KEEPS_REDIRECT: True})
            async with asyncio.timeout(left()):
                async with (
                    self._connections() as network,
                    aclosing(await network.handle_async_request(request)) as response,
                ):
                    status = response.status_code
                    if 200 <= status < 300:
                        return Download(await read_document(response, limit, on_progress))
                    if 300 <= status < 400:
                        there = _joined(request.url, response.headers.get("location"))
                        if not there:
                            what = f"{self.host} answered with a redirect (HTTP {status}) that leads nowhere"
                            raise Moved(what, "get it in a browser")
                        return Download(moved_to=there)
                    asked = retry_after(response.headers, self._clock()) if status in _RETRIED else None
                    body = await self._error_body(response)
        except TimeoutError:
            what = f"{self.host} gave no complete document within {self._document_seconds:g} s"
            raise Unreachable(what, "try again later") from None
        except (httpx.HTTPError, OSError) as error:
            failed = failure(error, self.host, self._via)
            is_connecting = isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout))
            raise failed.error if isinstance(failed, Passing) and not is_connecting else failed from None
        except (httpx.InvalidURL, UnicodeError):
            raise Unreachable(f"the document's address at {self.host} cannot be used", "check the record") from None
        until = None if asked is None else self._clock() + timedelta(seconds=asked)
        raise refusal(self.host, status, body, secret, until)

    def _request(
        self, url: str, secret: Secret | None, headers: Mapping[str, str], **extensions: object
    ) -> httpx.Request:
        there = httpx.URL(url)
        token = {} if secret is None else OriginToken(self._home, secret, self._auth_scheme).headers(there)
        return httpx.Request(
            "GET",
            there,
            headers={"User-Agent": f"invoicetui/{__version__}", **headers, **token},
            extensions={"timeout": self._timeout.as_dict(), **extensions},
        )

    async def _error_body(self, response: httpx.Response) -> bytes:
        """The body of a refusal; the status says enough when it cannot be had."""
        try:
            return await read_body(response, MAX_ERROR_BODY)
        except (httpx.HTTPError, OSError, Malformed):
            return b""

    def _backoff(self, state: tenacity.RetryCallState) -> float:
        backoff = FIRST_BACKOFF * 2.0 ** (state.attempt_number - 1) * (0.5 + self._jitter())
        return max(_passing(state).at_least, backoff)

    def _report(self, state: tenacity.RetryCallState) -> None:
        passing = _passing(state)
        self._on_wait(Wait(passing.reason, state.upcoming_sleep, state.attempt_number, passing.retries))

    @asynccontextmanager
    async def _connections(self) -> AsyncIterator[httpx.AsyncBaseTransport]:
        """The connections; others once somebody was cancelled.

        httpcore 1.0 may then keep a place for a request that is gone, and has only CONNECTIONS of them.
        """
        async with self._opening:
            pool = self._pool = self._pool or _Pool(await self._opened())
        pool.users += 1
        try:
            yield pool.http
        except asyncio.CancelledError:
            if self._transport is None:
                pool.is_stale = True
                self._pool = None if self._pool is pool else self._pool
            raise
        finally:
            pool.users -= 1
            if pool.is_stale and not pool.users:
                _closing(pool.http)

    async def _opened(self) -> httpx.AsyncBaseTransport:
        """The transport itself: of what a whole httpx client does besides (cookies, redirects, other authentication,
        the environment's settings) we want nothing.
        """
        return Pinned(self._transport or await self._network(), self.base_url)

    async def _network(self) -> httpx.AsyncBaseTransport:
        # httpcore imports it at every lock, and one that is not installed is looked for on the whole path each time.
        if find_spec("sniffio") is None:
            sys.modules["sniffio"] = None  # type: ignore[assignment]  # what the import system takes for "there is none"
        proxy = proxy_for(self.base_url, self._environ)
        is_tls_proxy = proxy is not None and proxy.lower().startswith("https:")
        # For http:// a context that trusts nobody: it is never used, and the real one is slow to build.
        is_tls = self.base_url.startswith("https:")
        context = await asyncio.to_thread(self._tls) if is_tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            transport = httpx.AsyncHTTPTransport(
                verify=context,
                proxy=httpx.Proxy(proxy, ssl_context=context if is_tls_proxy else None) if proxy else None,
                limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
                trust_env=False,
            )
        except ImportError:
            raise ConfigError(
                "the environment names a SOCKS proxy, which needs a package that is not installed",
                "install httpx[socks] beside invoicetui, or name an http proxy",
            ) from None
        except (httpx.InvalidURL, ValueError):
            raise ConfigError("the proxy in the environment is not a valid address", "write http://host:port") from None
        if proxy:
            parts = urlsplit(proxy)
            self._via = parts.netloc.rpartition("@")[2]
        return transport


#: The loop alone would forget these.
_being_closed: set[asyncio.Task[None]] = set()


def _closing(client: httpx.AsyncBaseTransport) -> asyncio.Task[None]:
    """Close it to the end, whoever wants that: cancelled half way, httpcore leaves open what it had not come to."""
    task = asyncio.create_task(client.aclose())
    _being_closed.add(task)
    task.add_done_callback(_being_closed.discard)
    return task


def _joined(url: httpx.URL, location: str | None) -> str:
    """Where a redirect leads, or "" when it does not say so in words that can be read."""
    try:
        return str(url.join(location)) if location else ""
    except (httpx.InvalidURL, ValueError):
        return ""


def _usable(base_url: str) -> httpx.URL:
    """httpx decodes a host's xn-- labels only when it sends, and then with an error of another library."""
    url = httpx.URL(base_url)
    try:
        url.host  # noqa: B018  # the decoding is the check
    except ValueError:
        raise ConfigError("base_url has a host name that cannot be", "check its xn-- form") from None
    return url


def _passing(state: tenacity.RetryCallState) -> Passing:
    """The failure a retry is about: nothing else is retried."""
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, Passing)
    return error
