"""Saves the documents of many invoices: three at a time, what is there left alone, failures collected."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from invoicetui.documents import manifest
from invoicetui.documents.fetching import Allow, nobody
from invoicetui.documents.manifest import SAVED, Entry
from invoicetui.documents.shelf import File, Shelf
from invoicetui.errors import CredentialError, DiskFull, InvoicetuiError, RateLimited, TokenRefused
from invoicetui.model import Invoice

AT_ONCE = 3
#: Seconds: what a vendor that names no time is given, and the longest pause worth sitting out.
PAUSE, LONGEST_PAUSE = 60.0, 900.0
_PAUSES = 5  # for one document, before it counts as failed
_WRITES_APART = 1.0  # seconds between two writings of the manifest


@dataclass(frozen=True, slots=True)
class Summary:
    """How a run ended: how many files are new, how many were there before, what failed and why, and the manifest."""

    saved: int
    present: int
    failed: tuple[Entry, ...]
    manifest: Path


class Bulk:
    """One run over many invoices; `run` once, on the shelf's event loop.

    `on_entry` hears of every invoice as it is done, and whether anything was fetched or written for it; `on_pause` of
    an account and the seconds it is left in peace. `clock` is an aware UTC now, `monotonic` counts seconds.
    """

    def __init__(
        self,
        shelf: Shelf,
        *,
        allow: Allow = nobody,
        on_entry: Callable[[Entry, bool], None] = lambda entry, is_new: None,
        on_pause: Callable[[str, float], None] = lambda account, seconds: None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._shelf, self._allow, self._on_entry, self._on_pause = shelf, allow, on_entry, on_pause
        self._sleep, self._clock, self._monotonic = sleep, clock, monotonic
        self._root = shelf.folder.root
        self._entries: dict[tuple[str, str], Entry] = {}
        self._failed: list[Entry] = []
        self._saved = self._present = 0
        self._blocked: dict[str, InvoicetuiError] = {}
        self._full: DiskFull | None = None
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._resume: dict[str, datetime] = {}
        self._is_writing = asyncio.Lock()
        self._written = float("-inf")

    async def run(self, invoices: Iterable[Invoice]) -> Summary:
        """Save them all. Cancelling keeps what was saved and says so in the manifest; the next run goes on there.

        Raises NotSaved when the manifest cannot be written; trouble with single documents only stands in it. When an
        account's token is refused, or its vendor asks for a longer pause than is worth waiting, its other documents are
        not asked for; when the disk takes no more, nothing further is.
        """
        self._entries = await asyncio.to_thread(manifest.read, self._root)
        rest = iter(invoices)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(AT_ONCE):
                    group.create_task(self._work(rest))
        except ExceptionGroup as group_error:
            raise group_error.exceptions[0] from None
        finally:
            # Also when the run is cancelled, which must not reach the writing itself.
            await asyncio.shield(asyncio.ensure_future(self._write()))
        return Summary(self._saved, self._present, tuple(self._failed), self._root / manifest.NAME)

    async def _work(self, rest: Iterator[Invoice]) -> None:
        for invoice in rest:
            known = self._entries.get((invoice.account, invoice.key))
            if known is not None and await asyncio.to_thread(self._is_there, known):
                self._present += 1
                self._on_entry(known, False)
                continue
            entry, is_new = await self._one(invoice)
            self._entries[entry.account, entry.key] = entry
            if not entry.is_saved:
                self._failed.append(entry)
            elif is_new:
                self._saved += 1
            else:
                self._present += 1
            self._on_entry(entry, True)
            if self._monotonic() - self._written >= _WRITES_APART:
                await self._write()

    async def _one(self, invoice: Invoice) -> tuple[Entry, bool]:
        entry = Entry(
            invoice.account,
            invoice.key,
            invoice.number or "",
            invoice.issued.isoformat() if invoice.issued else "",
        )
        try:
            file = await self._file(invoice)
            if self._full is not None:
                raise self._full
            saved = await self._shelf.save(invoice, file)
        except InvoicetuiError as error:
            if isinstance(error, DiskFull):
                self._full = error
            return replace(entry, result=str(error)), False
        path = saved.path.relative_to(self._root).as_posix()
        size = len(file.content)
        return replace(entry, path=path, sha256=file.digest, size=size, result=SAVED), saved.is_new

    async def _file(self, invoice: Invoice) -> File:
        account = invoice.account
        for attempt in range(1, _PAUSES + 1):
            await self._in_peace(account)
            if self._full is not None:
                raise self._full
            if account in self._blocked:
                raise self._blocked[account]
            try:
                return await self._shelf.get(invoice, allow=self._allow)
            except (TokenRefused, CredentialError) as error:
                self._blocked[account] = error
                raise
            except RateLimited as error:
                self._leave(account, error, is_last=attempt == _PAUSES)
        raise self._blocked[account]

    def _leave(self, account: str, error: RateLimited, *, is_last: bool) -> None:
        """Leave an account in peace until its vendor may be asked again, or for good."""
        now = self._clock()
        until = error.until
        seconds = PAUSE if until is None else max((until - now).total_seconds(), 1.0)
        if seconds > LONGEST_PAUSE or is_last:
            self._blocked[account] = error
        else:
            self._resume[account] = max(self._resume.get(account, now), now + timedelta(seconds=seconds))

    async def _in_peace(self, account: str) -> None:
        async with self._turns[account]:
            seconds = (self._resume.get(account, self._clock()) - self._clock()).total_seconds()
            if seconds > 0:
                self._on_pause(account, seconds)
                await self._sleep(seconds)

    def _is_there(self, entry: Entry) -> bool:
        """Whether the file of an earlier run is still what the manifest says."""
        if not entry.is_saved or not entry.path:
            return False
        path = (self._root / entry.path).resolve()
        with suppress(OSError):
            if path.is_relative_to(self._root.resolve()) and path.stat().st_size == entry.size:
                return sha256(path.read_bytes()).hexdigest() == entry.sha256
        return False

    async def _write(self) -> None:
        async with self._is_writing:
            self._written = self._monotonic()
            await asyncio.to_thread(manifest.write, self._root, list(self._entries.values()))
