"""A scripted HTTP server on 127.0.0.1, a clock that only moves when somebody sleeps, and certificates."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import traceback
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from invoicetui.errors import InvoicetuiError
from invoicetui.model import Secret
from invoicetui.transport import Client, Wait

TOKEN = "sekret/Token_123.456"

Reply = bytes | Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def http(status: int, body: bytes = b"", *headers: str) -> bytes:
    """A whole HTTP answer with its length."""
    lines = [f"HTTP/1.1 {status} Said", *headers, f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Server:
    """Answers with the scripted replies in turn, the last again and again; a callable writes what it likes."""

    def __init__(self, *replies: Reply, tls: ssl.SSLContext | None = None) -> None:
        self.replies = list(replies)
        self.tls = tls
        self.requests: list[str] = []
        self.connections = 0
        self._handlers: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Server:
        self._server = await asyncio.start_server(self._handle, "127.0.0.1", 0, ssl=self.tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for handler in self._handlers:
            handler.cancel()
        await asyncio.gather(*self._handlers, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._handlers.add(task)
        self.connections += 1
        try:
            while True:
                self.requests.append((await reader.readuntil(b"\r\n\r\n")).decode())
                reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
                if callable(reply):
                    await reply(reader, writer)
                    break
                writer.write(reply)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()


class Time:
    """Sleeping moves it and takes no time."""

    def __init__(self) -> None:
        self.start = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
        self.passed = 0.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.passed

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.passed)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.passed += seconds


class Asker:
    """A Client with a clock of its own, closed at the end; `waits` is what it reported."""

    def __init__(self, base_url: str, token: str | None = TOKEN, **options: Any) -> None:
        self.time = Time()
        self.waits: list[Wait] = []
        options = {"environ": {}, "sleep": self.time.sleep, "clock": self.time.now, **options}
        options = {"monotonic": self.time.monotonic, "jitter": lambda: 0.5, "on_wait": self.waits.append, **options}
        secret = None if token is None else Secret(token)
        self.client = Client(base_url, token=lambda: secret, **options)

    async def __aenter__(self) -> Asker:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()

    async def get(self, path: str = "/invoices", *arguments: Any, **options: Any) -> Any:
        return await self.client.get(path, *arguments, **options)

    async def fails(self, path: str = "/invoices") -> InvoicetuiError:
        """The error a get ends with; it never holds the token, nor does its traceback."""
        with pytest.raises(InvoicetuiError) as caught:
            await self.client.get(path)
        error = caught.value
        shown = "".join((str(error), repr(error), repr(vars(error)), *traceback.format_exception(error)))
        assert TOKEN not in shown
        assert TOKEN.replace("/", "%2F") not in shown
        return error


class Authority:
    """A certificate authority of a test, its files in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test authority")])
        self.ca_file = folder / "ca.pem"
        self.ca_file.write_bytes(_pem(self._signed(self._name, self._key, x509.BasicConstraints(True, None))))

    def issue(self, name: str, password: bytes | None = None) -> tuple[Path, Path]:
        """The files of a certificate and its 0600 key for a DNS name or an IP address."""
        key = ec.generate_private_key(ec.SECP256R1())
        try:
            alternative: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
        except ValueError:
            alternative = x509.DNSName(name)
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        certificate = self._signed(subject, key, x509.SubjectAlternativeName([alternative]))
        cert_file, key_file = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        cert_file.write_bytes(_pem(certificate))
        lock = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
        form = serialization.PrivateFormat.PKCS8
        key_file.touch(0o600)
        key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, lock))
        return cert_file, key_file

    def server_context(self, name: str = "127.0.0.1", *, wants_client: bool = False) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.issue(name))
        if wants_client:
            context.load_verify_locations(self.ca_file)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def _signed(self, subject: x509.Name, key: Any, extension: Any) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).add_extension(extension, critical=False)
        builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        return builder.sign(self._key, hashes.SHA256())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
