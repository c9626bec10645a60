"""The documents of a session's invoices, as a screen or a command wants them: got once, kept, saved under a name."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from hashlib import sha256

from invoicetui.documents.cache import Cache
from invoicetui.documents.fetching import Allow, Fetcher, Progress, nobody
from invoicetui.documents.saving import Folder, Saved
from invoicetui.errors import NoDocument
from invoicetui.model import DocumentKind, Invoice


@dataclass(frozen=True, slots=True)
class File:
    """A verified PDF. `is_cached`: nothing was fetched for it."""

    content: bytes = field(repr=False)
    is_cached: bool = False

    @property
    def digest(self) -> str:
        """SHA-256, in lower-case hexadecimal digits."""
        return sha256(self.content).hexdigest()

    def matches(self, invoice: Invoice) -> bool:
        """Whether the vendor's `file_ref` is this file's SHA-256; False says nothing, no vendor promises it."""
        document = invoice.document
        return (
            document is not None
            and document.kind is DocumentKind.REFERENCE
            and document.location.strip().lower() == self.digest
        )


class Shelf:
    """To be used on the event loop its Fetcher belongs to; what blocks runs in threads.

    `cache` None keeps nothing; `is_offline` asks no vendor.
    """

    def __init__(self, fetcher: Fetcher, folder: Folder, cache: Cache | None, *, is_offline: bool = False) -> None:
        self._fetcher, self.folder, self._cache, self._is_offline = fetcher, folder, cache, is_offline

    async def get(
        self,
        invoice: Invoice,
        *,
        allow: Allow = nobody,
        on_progress: Progress = lambda so_far, total: None,
        is_again: bool = False,
    ) -> File:
        """The invoice's PDF, from the cache unless `is_again`. Raises what Fetcher.fetch does."""
        account = self._fetcher.vendor(invoice.account).account
        if self._cache is not None and not is_again:
            kept = await asyncio.to_thread(self._cache.get, invoice, account)
            if kept is not None:
                return File(kept, is_cached=True)
        if self._is_offline:
            raise NoDocument("the PDF was not fetched before, and nothing is asked now", "leave out --offline")
        content = await self._fetcher.fetch(invoice, allow=allow, on_progress=on_progress)
        if self._cache is not None:
            await asyncio.to_thread(self._cache.put, invoice, account, content)
        return File(content)

    async def save(self, invoice: Invoice, file: File) -> Saved:
        """Put the PDF into the documents folder. Raises NotSaved and ConfigError."""
        account = self._fetcher.vendor(invoice.account).account
        return await asyncio.to_thread(self.folder.save, invoice, account, file.content)

    async def aclose(self) -> None:
        """Close the connections to other hosts."""
        await self._fetcher.aclose()
