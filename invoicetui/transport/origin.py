"""The token stays at home: it is put on a request only for its own origin, and no request leaves for another."""

from __future__ import annotations

import re

import httpx

from invoicetui.address import base_address
from invoicetui.errors import ConfigError, CredentialError, Moved
from invoicetui.model import Secret
from invoicetui.transport.surplus import Sole

Origin = tuple[str, str, int | None]

DEFAULT_PORTS = {"https": 443, "http": 80}
#: The extension of a request whose redirect is handed back, for the caller to check: documents move, the API does not.
KEEPS_REDIRECT = "invoicetui.keeps_redirect"


def origin(url: httpx.URL) -> Origin:
    """Scheme, host and port: what a browser would call the same place."""
    return url.scheme, url.raw_host.decode("ascii").lower().removesuffix("."), url.port or DEFAULT_PORTS.get(url.scheme)


class WrongOrigin(httpx.RequestError):
    """A request was about to leave for another origin."""


class OriginToken:
    """`Authorization: SCHEME TOKEN` for requests to one origin and to no other.

    Raises CredentialError at once for a token that no header can carry: h11 would refuse it later, in words that
    repeat it.
    """

    def __init__(self, home: Origin, secret: Secret, scheme: str) -> None:
        if not re.fullmatch(r"[\x21-\x7e]+", secret.reveal()):
            raise CredentialError(
                "the token is empty or holds spaces, line breaks or letters outside ASCII",
                "set it again with T on the accounts screen or `invoicetui token set`",
                state="BAD_TOKEN",
            )
        self._home, self._secret, self._scheme = home, secret, scheme

    def headers(self, url: httpx.URL) -> dict[str, str]:
        """The header that a request to `url` gets: none, for another origin."""
        return {"Authorization": f"{self._scheme} {self._secret.reveal()}"} if origin(url) == self._home else {}


class Pinned(httpx.AsyncBaseTransport):
    """Under everything else: refuses every other origin, and turns a redirect into Moved, whatever stands above.

    A request with KEEPS_REDIRECT gets the redirect itself; whatever follows it meets this check again.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, base_url: str) -> None:
        self._inner = inner
        self._url = httpx.URL(base_url)
        self._home = origin(self._url)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if origin(request.url) != self._home:
            raise WrongOrigin("another origin", request=request)
        response = await self._inner.handle_async_request(request)
        if 300 <= response.status_code < 400 and not request.extensions.get(KEEPS_REDIRECT):
            await response.aclose()
            raise self._moved(response.status_code, response.headers.get("location", ""))
        if "network_stream" in response.extensions:
            response.stream = Sole(response)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()

    def _moved(self, status: int, location: str) -> Moved:
        """Names the new origin only: a path or a query may hold what is nobody's business."""
        here = self._url.netloc.decode("ascii")
        if not location:
            return Moved(f"{here} answered with a redirect (HTTP {status}) that leads nowhere", "check base_url")
        try:
            there = self._url.join(location)
            name = base_address(f"{there.scheme}://{there.netloc.decode('ascii')}")
        except (httpx.InvalidURL, ConfigError):
            return Moved(f"{here} answered with a redirect (HTTP {status}) to no address we may use", "check base_url")
        if origin(there) == self._home:
            return Moved(f"{here} sends us to another of its pages (HTTP {status}), often a login", "check base_url")
        return Moved(f"{here} moved to {name}", "change base_url if you trust it; the token was not sent there")
