"""Which proxy the environment asks for. httpx's own reading of it crashes on `NO_PROXY=[::1]`, ignores networks
(`10.0.0.0/8`) and sends loopback requests through HTTP_PROXY with the token readable."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from invoicetui.address import LOOPBACK
from invoicetui.errors import ConfigError
from invoicetui.transport.origin import DEFAULT_PORTS

_SCHEMES = ("http", "https", "socks5", "socks5h")


def proxy_for(base_url: str, environ: Mapping[str, str]) -> str | None:
    """The address of the proxy for a `base_address`, or None; never one for loopback.

    Reads https_proxy or http_proxy by the address's scheme, then all_proxy, and no_proxy; lower case before upper.
    Raises ConfigError that names the variable but not its value, which may hold a password.
    """
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if host in LOOPBACK or _is_exempt(host, parts.port or DEFAULT_PORTS[parts.scheme], _value("no_proxy", environ)):
        return None
    for name in (f"{parts.scheme}_proxy", "all_proxy"):
        value = _value(name, environ)
        if value:
            return _checked(name, value)
    return None


def _value(name: str, environ: Mapping[str, str]) -> str:
    value = environ.get(name)
    return (environ.get(name.upper(), "") if value is None else value).strip()


def _checked(name: str, value: str) -> str:
    address = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(address)
        is_valid = (
            bool(parts.hostname) and parts.port != 0 and parts.path in ("", "/") and not parts.query + parts.fragment
        )
    except ValueError:
        is_valid = False
    if not is_valid or not re.fullmatch(r"[\x21-\x7e]+", value):
        raise ConfigError(
            f"{name.upper()} in the environment is not a valid address", "write http://host:port or unset it"
        )
    if parts.scheme not in _SCHEMES:
        raise ConfigError(
            f"{name.upper()} in the environment names a kind of proxy we do not speak", "use http or socks5"
        )
    return address


def _is_exempt(host: str, port: int, no_proxy: str) -> bool:
    """Whether NO_PROXY names the host: `*`, a name and all below it, an address, a network, each with or without a
    port. What cannot be read exempts nothing."""
    for entry in re.split(r"[,\s]+", no_proxy.lower()):
        name, only_port = _entry(entry)
        if not name or (only_port and only_port != str(port)):
            continue
        if name in ("*", host) or host.endswith(f".{name}") or _is_within(host, name):
            return True
    return False


def _entry(entry: str) -> tuple[str, str]:
    """The host part and the port ("" for any) of `name`, `.name`, `*.name`, `name:port`, `[::1]:port`, `::1`."""
    bracketed = re.fullmatch(r"\[([^]]*)](?::(\d+))?", entry)
    if bracketed:
        return bracketed[1], bracketed[2] or ""
    name, colon, port = entry.partition(":")
    if not (colon and port.isdecimal()):
        name, port = entry, ""
    return (name if name == "*" else name.removeprefix("*").strip(".")), port


def _is_within(host: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
