"""What leads to one account: its vendor, its token, and a client that holds the connections."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from invoicetui.credentials import Found
    from invoicetui.transport import Client
    from invoicetui.vendors.base import Vendor


class Connection:
    """A client with the token it was made for; closed when it was replaced and its last request has ended."""

    def __init__(self, client: Client, source: str) -> None:
        self.client, self.source = client, source
        self.requests = 0
        self.is_retired = False

    async def close_unused(self) -> None:
        if self.is_retired and not self.requests:
            await self.client.aclose()


class Line:
    """What leads to one account: its vendor, a connection once the token is known, where that token came from.

    `waits` has a sentence for each request that waits before a retry. `is_over`: another line took its place.
    `has_listened`: a keyring that was late has been asked once more.
    """

    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor
        self.connection: Connection | None = None
        self.found: Found | None = None
        self.waits: dict[object, str] = {}
        self.is_over = self.has_listened = False
        self.lock = asyncio.Lock()
