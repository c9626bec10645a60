"""What a document's file is called: from the invoice's fields and the user's pattern, never from what a server says."""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256
from pathlib import PurePosixPath

from invoicetui.errors import ConfigError
from invoicetui.model import Account, Invoice

_LIMIT = 150  # bytes of a file name, with room for " (999).pdf" below every file system's 255
_FIELD = re.compile(r"\{([a-z_]+)\}")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9]|conin\$|conout\$)(\..*)?", re.IGNORECASE)
_ILLEGAL = re.compile(r'[\x00-\x1f\x7f\\:*?"<>|]')


def relative_path(pattern: str, invoice: Invoice, account: Account) -> PurePosixPath:
    """The file's path below the documents folder, with `.pdf`. Raises ConfigError for a field that does not exist.

    Fields: vendor, account, label, year, month, issued, number, key, total, currency, customer. What the vendor does
    not say is `undated` or `unknown`; without a number the key stands for it.
    """
    fields = _fields(invoice, account)
    for name in _FIELD.findall(pattern):
        if name not in fields:
            raise ConfigError(f"document_name has an unknown field {{{name}}}", f"fields: {', '.join(fields)}")
    filled = _FIELD.sub(lambda found: fields[found[1]], pattern)
    segments = [_segment(segment) for segment in filled.split("/")]
    return PurePosixPath(*segments[:-1], f"{segments[-1]}.pdf")


def slug(value: object, limit: int = 60) -> str:
    """ASCII letters, digits, `.`, `_` and `-`; neither empty nor hidden, and no device's name on any system."""
    text = str(value)
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", plain)
    plain = re.sub(r"\.{2,}", ".", plain).strip("._-")[:limit].strip("._-")
    if not plain:
        # Two customers whose names have no ASCII letter are still two.
        return f"x{sha256(text.encode('utf-8', 'replace')).hexdigest()[:8]}"
    return f"x_{plain}" if _RESERVED.fullmatch(plain) else plain


def _fields(invoice: Invoice, account: Account) -> dict[str, str]:
    day = invoice.issued or invoice.period_end
    return {
        "vendor": slug(account.vendor, 30),
        "account": slug(account.id),
        "label": slug(account.label),
        "year": f"{day:%Y}" if day else "undated",
        "month": f"{day:%m}" if day else "undated",
        "issued": day.isoformat() if day else "undated",
        "number": slug(invoice.number or invoice.key),
        "key": slug(invoice.key),
        "total": slug(invoice.total.digits(grouped=False).replace("-", "minus")) if invoice.total else "unknown",
        "currency": slug(invoice.currency, 12) if invoice.currency else "unknown",
        "customer": slug(invoice.customer) if invoice.customer else "unknown",
    }


def _segment(text: str) -> str:
    """One folder's or file's name; the pattern's own letters stay as the user wrote them, in any script."""
    text = _ILLEGAL.sub("_", text).rstrip(". ")
    text = text.encode("utf-8", "replace")[:_LIMIT].decode("utf-8", "ignore").rstrip(". ")
    if not text or _RESERVED.fullmatch(text):
        return f"x_{text}"
    return text
