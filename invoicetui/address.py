"""What may stand as an account's base_url, the name of the host behind it, and whether that is inside a network.

Nothing here touches the network.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import urlsplit

from invoicetui.errors import ConfigError

#: Hosts for which http:// is allowed: what is sent there does not leave the machine.
LOOPBACK = frozenset(("127.0.0.1", "::1", "localhost"))

#: IPv6 networks whose last 32 bits are an IPv4 address: mapped (RFC 4291), compatible (deprecated there), NAT64's own
#: and the one for local use (RFC 6052, RFC 8215).
_EMBEDDING = tuple(map(ipaddress.IPv6Network, ("::ffff:0:0/96", "::/96", "64:ff9b::/96", "64:ff9b:1::/48")))

_DEFAULT_PORTS = {"https": 443, "http": 80}
_PRINTABLE = re.compile(r"[\x21-\x7e]+")
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*")
_PATH = re.compile(r"(/[A-Za-z0-9._~!$&'()*+,;=:@-]+)*")


def base_address(text: str) -> str:
    """A base_url, checked and normalised: lower-case scheme and host, no default port, no slash at the end.

    https:// only, http:// for 127.0.0.1, ::1 and localhost; no user name, query or fragment. A path stays: paths of
    requests are appended to it. Raises ConfigError, which never repeats the text: it may hold a password.
    """
    text = text.strip()
    if not text.isascii():
        raise ConfigError("the address has letters outside ASCII", "write its host as xn--…, its path percent-free")
    if not _PRINTABLE.fullmatch(text) or "\\" in text:
        raise ConfigError(
            "the address holds spaces, control characters or backslashes", "write it as https://host/path"
        )
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ConfigError("the address cannot be read", "write it as https://host/path") from None
    if parts.scheme not in _DEFAULT_PORTS or not host:
        raise ConfigError("the address has no https:// and host", "write it as https://host/path")
    if "@" in parts.netloc:
        raise ConfigError("the address carries a user name or password", "take it out; tokens are kept in the keyring")
    if "?" in text or "#" in text:
        raise ConfigError("the address has a query or a fragment", "leave out everything from ? or # on")
    name = _host(host, is_bracketed="[" in parts.netloc)
    if name is None or port == 0:
        raise ConfigError("the address has no valid host", "write it as https://host/path")
    if parts.scheme == "http" and host not in LOOPBACK:
        raise ConfigError("http:// would send the token readable", "use https:// (http:// is for 127.0.0.1 only)")
    path = re.sub("/+$", "", parts.path)
    if not _PATH.fullmatch(path) or any(segment in (".", "..") for segment in path.split("/")):
        raise ConfigError("the address has an unusual path", "write plain segments: https://host/api/v1")
    shown_port = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{name}{shown_port}{path}"


def host_of(base_url: str) -> str:
    """The host a token belongs to: `api.acme.example`, `127.0.0.1:8080`, `[::1]:8080`.

    The port stands only when it is not the scheme's own. `base_url` is one that `base_address` has returned or would
    accept; raises ConfigError otherwise.
    """
    return urlsplit(base_address(base_url)).netloc


def is_inside(host: str) -> bool:
    """Whether a host is one that only a machine or a network of its own can reach: by its name, or by its address in
    any notation, that of an IPv4 address inside an IPv6 one included. Brackets and a final dot do not count.
    """
    host = host.strip("[]").removesuffix(".")
    address: ipaddress.IPv4Address | ipaddress.IPv6Address
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if not re.fullmatch(r"[0-9a-fx.]+", host):
            return host.endswith((".local", ".localhost", ".internal"))
        try:
            # 0xa9fea9fe, 2852039166 and 169.254.43518 are the same address to a resolver.
            address = ipaddress.IPv4Address(socket.inet_aton(host))
        except OSError:
            return False
    held = _held(address)
    return not held.is_global or held.is_multicast


def _held(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address that an IPv6 one stands for, where it does: a gateway takes what is sent to it there."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.sixtofour is not None:
        return address.sixtofour
    # :: and ::1 lie in one of the networks and are addresses of their own.
    is_embedding = int(address) > 1 and any(address in network for network in _EMBEDDING)
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if is_embedding else address


def _host(host: str, *, is_bracketed: bool) -> str | None:
    if is_bracketed:
        try:
            return f"[{ipaddress.IPv6Address(host).compressed}]" if "%" not in host else None
        except ValueError:
            return None
    host = host.removesuffix(".")
    return host if _NAME.fullmatch(host) else None
