"""A Fetcher over real sockets: a home that wants a token, other hosts that must not see it."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AsyncExitStack
from datetime import date
from typing import Any

from invoicetui.documents.fetching import Fetcher
from invoicetui.model import Account, Document, DocumentKind, Invoice, Side
from invoicetui.model import Secret as Held
from invoicetui.transport import Client, Download
from invoicetui.vendors import vendor_class
from invoicetui.vendors.base import Vendor

TOKEN = "sekret/Token_123.456"
#: No port of this machine's listens there: whoever connects is refused at once.
NOWHERE = "http://127.0.0.1:9"


def account(vendor: str = "versori", base_url: str = NOWHERE, **values: Any) -> Account:
    options = {"organisation": "42"} if vendor in ("versori", "voxmind") else {}
    options.update(values.pop("options", {}))
    return Account("acme", vendor, "Acme", Side.RECEIVED, base_url, options, **values)


def invoice(location: str | None = None, kind: DocumentKind = DocumentKind.URL, **values: Any) -> Invoice:
    document = Document(kind, location) if location is not None else None
    given = {"key": "7", "number": "INV-7", "issued": date(2026, 3, 31), **values}
    return Invoice(account="acme", vendor="versori", document=document, **given)


class Desk:
    """An account and the clients of its session; `visited` are the origins that were asked without a token."""

    def __init__(self, owner: Account, *, allowed: Collection[str] = (), token: str = TOKEN) -> None:
        self.account, self.token = owner, token
        self.vendor: Vendor = vendor_class(owner.vendor)(owner)
        self.visited: list[str] = []
        self.fetcher = Fetcher(lambda name: self.vendor, self._home, self._visit, allowed=allowed)
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Desk:
        scheme = self.vendor.auth_scheme
        self._client = Client(self.account.base_url, token=lambda: Held(self.token), auth_scheme=scheme, environ={})
        self._open.push_async_callback(self._client.aclose)
        self._open.push_async_callback(self.fetcher.aclose)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    async def _home(self, name: str, url: str, **how: Any) -> Download:
        assert name == self.account.id
        return await self._client.download(url, **how)

    def _visit(self, name: str, base_url: str) -> Client:
        self.visited.append(base_url)
        return Client(base_url, token=lambda: None, environ={})
