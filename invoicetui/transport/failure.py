"""What it means when no complete answer came: in our own words, never httpx's, which can repeat headers."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator

import httpx

from invoicetui.errors import Unreachable, VendorError
from invoicetui.transport.origin import WrongOrigin

RETRIES = 4


class Passing(Exception):
    """A failure another try may cure: the error it becomes when none does, and a short reason to show meanwhile.

    `retries` is how often it is worth another try, `at_least` the seconds the vendor asked to wait.
    """

    def __init__(self, error: VendorError, reason: str, *, retries: int = RETRIES, at_least: float = 0.0) -> None:
        super().__init__(reason)
        self.error, self.reason, self.retries, self.at_least = error, reason, retries, at_least


def failure(error: httpx.HTTPError | OSError, host: str, via: str) -> VendorError | Passing:
    """The final error, or Passing; `via` names the proxy the request went through, "" for none."""
    way = f"{host} through the proxy {via}" if via else host
    if isinstance(error, WrongOrigin):
        return Unreachable(f"a request to another address than {host} was held back", "check base_url")
    if isinstance(error, httpx.ProxyError):
        return _proxy_failure(error, host, via)
    for cause in _causes(error):
        # Not its other subclasses: "want read" stands in the context of every time-out over TLS.
        if isinstance(cause, ssl.SSLCertVerificationError) or type(cause) is ssl.SSLError:
            return _tls_failure(cause, host)
        if isinstance(cause, socket.gaierror):
            lost = Unreachable(
                f"the name {via or host} cannot be resolved", "check the network, base_url and the proxy"
            )
            # Anything but "try again" is an answer: there is no such name.
            return Passing(lost, "no name service") if cause.errno == socket.EAI_AGAIN else lost
        if isinstance(cause, ConnectionRefusedError):
            return Passing(Unreachable(f"{way} refused the connection", "check base_url and the port"), "no connection")
    match error:
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            return Passing(Unreachable(f"{way} cannot be reached in time", "check the network"), "no connection")
        case httpx.ConnectError():
            return Passing(Unreachable(f"cannot connect to {way}", "check the network and base_url"), "no connection")
        case httpx.TimeoutException():
            return Passing(Unreachable(f"{way} does not answer in time", "try again later"), "no answer", retries=1)
        case httpx.LocalProtocolError() | httpx.UnsupportedProtocol():
            return Unreachable(f"the request to {host} could not be written", "check base_url and auth_scheme")
        case _:
            return Passing(Unreachable(f"the answer of {way} stopped half way", "try again later"), "answer cut short")


def _tls_failure(cause: ssl.SSLError, host: str) -> Unreachable:
    if isinstance(cause, ssl.SSLCertVerificationError):
        why = cause.verify_message or "not trusted"
        remedy = "check base_url; set ca_file if your company signs its own certificates"
        return Unreachable(f"the certificate of {host} was not accepted ({why})", remedy)
    if re.search("CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|BAD_CERTIFICATE|UNKNOWN_CA", cause.reason or ""):
        return Unreachable(f"{host} wants a client certificate it trusts", "set client_cert and client_key")
    return Unreachable(f"no TLS with {host} ({cause.reason or 'handshake failed'})", "check base_url, port and proxy")


def _proxy_failure(error: httpx.ProxyError, host: str, via: str) -> VendorError | Passing:
    status = re.match(r"\d{3}\b", str(error))
    code = status[0] if status else ""
    if code == "407":
        return Unreachable(f"the proxy {via} wants a user name and password", "put them into the proxy's variable")
    said = f" (HTTP {code})" if code else ""
    refused = Unreachable(f"the proxy {via} does not connect us to {host}{said}", "check the proxy and NO_PROXY")
    return refused if code.startswith("4") else Passing(refused, "no connection through the proxy")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, what caused it, and the members of groups: anyio groups the attempts at a host's addresses."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for member in error.exceptions:
                yield from _causes(member)
        error = error.__cause__ or error.__context__
