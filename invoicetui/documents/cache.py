"""Documents that were fetched once, for opening again: kept by their SHA-256, found by account and invoice."""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from invoicetui import private_file
from invoicetui.documents.saving import replace, save
from invoicetui.errors import NotSaved
from invoicetui.model import Account, DocumentKind, Invoice

_DIGEST = re.compile("[0-9a-f]{64}")


class Cache:
    """A folder, 0700, that may be emptied at any time. Everything blocks; nothing fails but for want of the document.

    An entry belongs to an account as it is set up and an invoice as it stands: one that was paid, numbered or corrected
    since may have another PDF.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, invoice: Invoice, account: Account) -> bytes | None:
        """The PDF, if it is here and whole."""
        try:
            entry = private_file.read(self._entry(invoice, account))
            digest = entry.data.decode("ascii") if entry is not None else ""
            if not _DIGEST.fullmatch(digest):
                return None
            content = self._file(digest).read_bytes()
        except (OSError, UnicodeDecodeError):
            return None
        return content if sha256(content).hexdigest() == digest else None

    def put(self, invoice: Invoice, account: Account, content: bytes) -> None:
        """Keep a verified PDF, or not, when the disk does not want it: then it is fetched again another time."""
        digest = sha256(content).hexdigest()
        path = self._file(digest)
        with suppress(NotSaved, OSError):
            private_file.make_folder(path.parent)
            save(path, content, is_numbered=False, sync=_unsynced)
            replace(self._entry(invoice, account), digest.encode(), sync=_unsynced)

    def _file(self, digest: str) -> Path:
        return self._folder / f"{digest}.pdf"

    def _entry(self, invoice: Invoice, account: Account) -> Path:
        options = "&".join(f"{name}={value}" for name, value in sorted(account.options.items()))
        stand = (invoice.key, invoice.number, invoice.lifecycle, invoice.payment, invoice.vendor_status, invoice.total)
        # Another reference is another document; links may be signed anew each time and say nothing of the kind.
        document = invoice.document
        reference = document.location if document and document.kind is DocumentKind.REFERENCE else ""
        parts = (account.id, account.vendor, account.base_url, options, *stand, reference)
        return self._folder / "index" / sha256(repr([str(part) for part in parts]).encode()).hexdigest()


def _unsynced(handle: int) -> None:
    """What a power cut may take: it is compared with its SHA-256 when it is wanted, and fetched again."""


def clear(folder: Path) -> int:
    """Delete the cache with all its documents; how many there were. Raises NotSaved."""
    if folder.is_symlink():
        raise NotSaved(f"{folder} is a symbolic link", "delete it by hand")
    count = len(list(folder.glob("*.pdf")))
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise NotSaved(f"{folder} cannot be deleted: {error.strerror}", "delete it by hand") from None
    return count
