"""What there is to copy of an invoice: shown as it is, but for links, which are masked until they are chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from invoicetui.model import Document, DocumentKind
from invoicetui.output import dump, fields
from invoicetui.raw_json import mask_links
from invoicetui.text import clean
from invoicetui.ui.menu import Item

if TYPE_CHECKING:
    from invoicetui.ledger.store import Row
    from invoicetui.money import Money


@dataclass(frozen=True, slots=True)
class Copyable:
    """A line of the copy menu, and the text that is sent when it is chosen; None when there is nothing to send."""

    item: Item
    text: str | None


def copyables(
    row: Row, document: Document | None, saved: Path | None, scp_line: Callable[[Path], str], today: date
) -> list[Copyable]:
    """Everything of a row that can be copied, in the order of the menu. `document` is its invoice's."""
    line = scp_line(saved) if saved is not None else ""
    return [
        _line("number" if row.number else "key", clean(row.number or row.key)),
        _amount("total", row.total),
        _amount("still due", row.amount_due),
        _line("due date", row.due.isoformat() if row.due else None, "the vendor gives none"),
        _document(document),
        _line("saved file", str(saved) if saved else None, "not saved in this session: d saves it"),
        _line("scp line", line or None, "this is no SSH session" if saved else "not saved in this session: d saves it"),
        Copyable(Item("JSON", "the row as `invoicetui list --format json` gives it"), dump(fields(row, today))),
    ]


def _line(label: str, text: str | None, missing: str = "") -> Copyable:
    return Copyable(Item(label, missing if text is None else text, text is not None), text)


def _amount(label: str, money: Money | None) -> Copyable:
    if money is None:
        return _line(label, None, "n/a")
    text = money.digits(grouped=False)
    return Copyable(Item(label, f"{text} ({money.currency})"), text)


def _document(document: Document | None) -> Copyable:
    if document is None:
        return _line("link", None, "the record names no document")
    text = clean(document.location, 4096)
    if document.kind is DocumentKind.URL:
        return Copyable(Item("link", f"{mask_links(text)} (whoever has the link may have the document)"), text)
    if document.kind is DocumentKind.REFERENCE:
        return _line("file_ref", text)
    return _line("link", None, "the document is had with the account's token only")
