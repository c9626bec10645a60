"""What was asked for at the desk and how far it is: one document, or many."""

from __future__ import annotations

from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from invoicetui.errors import InvoicetuiError

if TYPE_CHECKING:
    from invoicetui.documents.bulk import Summary
    from invoicetui.documents.manifest import Entry
    from invoicetui.documents.saving import Saved
    from invoicetui.documents.shelf import File
    from invoicetui.model import Invoice


@dataclass(frozen=True, slots=True)
class Got:
    """A verified PDF, the invoice it belongs to, and its saved file, if it was to be saved."""

    invoice: Invoice
    file: File
    saved: Saved | None = None


@dataclass(slots=True)
class Wish:
    """One document under way. Its numbers are written by the engine thread and may be read from any."""

    what: str = "fetching the PDF"
    so_far: int = 0
    total: int | None = None
    future: Future[Got] = field(default_factory=Future)

    def progressed(self, so_far: int, total: int | None) -> None:
        self.so_far, self.total = so_far, total

    @property
    def is_running(self) -> bool:
        return not self.future.done()

    @property
    def words(self) -> str:
        if not self.so_far:
            return self.what
        of = f" of {_size(self.total)}" if self.total else ""
        return f"{self.what}: {_size(self.so_far)}{of}"


@dataclass(slots=True)
class Run:
    """Many documents under way. Its numbers are written by the engine thread and may be read from any."""

    total: int
    done: int = 0
    current: str = ""
    pause: str = ""
    failed: list[Entry] = field(default_factory=list)
    future: Future[Summary] = field(default_factory=Future)

    def entered(self, entry: Entry, is_new: bool) -> None:
        """Bulk's on_entry."""
        self.done += 1
        self.pause = ""
        if not entry.is_saved:
            self.failed.append(entry)

    @property
    def is_running(self) -> bool:
        return not self.future.done()

    @property
    def words(self) -> str:
        """How far it is, or how it ended."""
        failed = f", {len(self.failed)} failed" if self.failed else ""
        if self.is_running:
            waiting = f" · {self.pause}" if self.pause else ""
            return f"saving PDFs: {self.done} of {self.total}{failed} · {self.current}{waiting} · esc stops"
        try:
            summary = self.future.result()
        except CancelledError:
            return f"stopped: {self.done} of {self.total} done{failed}; what was saved is kept"
        except InvoicetuiError as error:
            return str(error)
        there = f", {summary.present} were there already" if summary.present else ""
        more = " (! says why)" if failed else ""
        return f"{summary.saved} saved{there}{failed}{more} · {homely(summary.manifest)}"


def homely(path: Path) -> str:
    """A path as people write it, from their home on."""
    home = Path.home()
    return f"~/{path.relative_to(home).as_posix()}" if path.is_relative_to(home) else str(path)


def _size(count: int) -> str:
    return f"{count / 2**20:.1f} MiB" if count >= 2**20 else f"{count / 2**10:.0f} KiB"
