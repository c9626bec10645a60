"""Whom we believe to be the vendor: the system's certificate store, with a company's own CA and client certificate."""

from __future__ import annotations

import os
import ssl
from functools import cache
from pathlib import Path

import truststore

from invoicetui.errors import ConfigError


def tls_context(ca_file: str = "", client_cert: str = "", client_key: str = "") -> ssl.SSLContext:
    """A context that verifies against the system's store (on Linux SSL_CERT_FILE and SSL_CERT_DIR are honoured).

    `ca_file` adds to that store. `client_cert` is the certificate for mutual TLS, with its key in `client_key` or in
    the same file; a file with a key that others may read is refused. Paths may start with ~. Without arguments the
    context is shared: building one takes longer than many requests. Reads files: not for an event loop. Raises
    ConfigError.
    """
    if not (ca_file or client_cert or client_key):
        return _shared()
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca_file:
        path = _existing("ca_file", ca_file)
        try:
            context.load_verify_locations(cafile=path)
        except (OSError, ValueError):
            raise ConfigError(f"ca_file {ca_file} cannot be read as PEM certificates") from None
    if client_key and not client_cert:
        raise ConfigError("client_key is set without client_cert", "name the certificate that belongs to the key")
    if client_cert:
        certificate = _existing("client_cert", client_cert)
        key = _existing("client_key", client_key) if client_key else certificate
        holder = f"client_key {client_key}" if client_key else f"client_cert {client_cert}"
        if os.name == "posix" and key.stat().st_mode & 0o077:
            raise ConfigError(f"{holder} can be read or written by other users", "chmod 600 it")
        try:
            # The empty password: without one OpenSSL would ask on the terminal, in the middle of a screen.
            context.load_cert_chain(certificate, key, password="")
        except (OSError, ValueError):
            raise ConfigError(
                f"{holder} cannot be used", "it must be an unencrypted PEM key that belongs to client_cert"
            ) from None
    return context


@cache
def _shared() -> ssl.SSLContext:
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _existing(option: str, value: str) -> Path:
    try:
        path = Path(value).expanduser()
        is_file = path.is_file()
    except (OSError, RuntimeError, ValueError):
        is_file = False
    if not is_file:
        raise ConfigError(f"{option} {value}: no such file")
    return path
