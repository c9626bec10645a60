"""No test reaches beyond this machine: an audit hook sees every connection Python opens, and refuses the others."""

from __future__ import annotations

import ipaddress
import socket
import sys

#: Addresses that were refused since the list was last emptied.
refused: list[str] = []


class _Installed:
    is_active = False


def install() -> None:
    """Refuse connections, datagrams and name look-ups that leave the machine, for the rest of this process."""
    if not _Installed.is_active:
        _Installed.is_active = True
        sys.addaudithook(_hook)


def is_local(host: object) -> bool:
    """Loopback addresses and `localhost`; an empty host is this machine, too."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in (None, "", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _hook(event: str, args: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        found, address = args[0], args[1]
        is_fine = getattr(found, "family", None) == socket.AF_UNIX or (
            isinstance(address, tuple) and is_local(address[0])
        )
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        address = args[0]
        is_fine = is_local(address)
    else:
        return
    if not is_fine:
        refused.append(repr(address))
        raise PermissionError(f"a test tried to reach {address!r}")
