"""The list beside saved documents: which invoice is which file, and why one is missing. CSV for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from invoicetui.documents.saving import not_saved, replace
from invoicetui.text import clean

NAME = "manifest.csv"
FIELDS = ("account", "key", "number", "issued", "path", "sha256", "size", "result")
SAVED = "saved"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Entry:
    """One invoice's line. `path` is below the manifest's folder, `result` is SAVED or a sentence that says why not.

    Without a file `path` and `sha256` are "" and `size` is None.
    """

    account: str
    key: str
    number: str = ""
    issued: str = ""
    path: str = ""
    sha256: str = ""
    size: int | None = None
    result: str = SAVED

    @property
    def is_saved(self) -> bool:
        return self.result == SAVED


def read(folder: Path) -> dict[tuple[str, str], Entry]:
    """The entries by account and key; none where there is no manifest, and none from lines that cannot be read.

    Raises NotSaved when the file is there and cannot be read: it would be lost by writing a new one.
    """
    path = folder / NAME
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise not_saved(path, error) from None
    found: dict[tuple[str, str], Entry] = {}
    for row in csv.DictReader(io.StringIO(text, newline="")):
        values = {name: _bare(row.get(name) or "") for name in FIELDS}
        size = values.pop("size")
        if values["account"] and values["key"]:
            whole = int(size) if size.isascii() and size.isdigit() and len(size) < 15 else None
            found[values["account"], values["key"]] = Entry(**values, size=whole)
    return found


def write(folder: Path, entries: Iterable[Entry]) -> Path:
    """Replace the manifest whole, ordered by account, day and key. Raises NotSaved. Blocks."""
    out = io.StringIO(newline="")
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(FIELDS)
    for entry in sorted(entries, key=lambda entry: (entry.account, entry.issued, entry.key)):
        values = (getattr(entry, name) for name in FIELDS)
        lines.writerow("" if value is None else _safe(str(value)) for value in values)
    path = folder / NAME
    replace(path, out.getvalue().encode())
    return path


def _safe(text: str) -> str:
    """Text that a spreadsheet would take for a formula is preceded by an apostrophe."""
    text = clean(text, 4000)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _bare(text: str) -> str:
    return text[1:] if text[:1] == "'" and text[1:].startswith(_FORMULA) else text
