"""Rows and invoices as text for other programs and for reading line by line: JSON, NDJSON, CSV, plain text.

Money is a decimal string in the currency's unit, dates are ISO, what is unknown is null (JSON) or empty (CSV).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from invoicetui.model import Invoice
from invoicetui.money import Money
from invoicetui.raw_json import mask_links

if TYPE_CHECKING:
    from invoicetui.ledger.store import Row

#: The fields of a row, in the order in which they are printed.
FIELDS = (
    "account vendor key number customer kind lifecycle payment status vendor_status issued due paid_at "
    "period_start period_end currency subtotal tax total amount_due overdue document"
).split()
#: How what a spreadsheet takes for a formula begins; where people write in wide characters, in those, too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_PLAIN = ("account", "vendor", "key", "number", "customer", "vendor_status", "currency")
_WORDS = ("kind", "lifecycle", "payment")
_DAYS = ("issued", "due", "period_start", "period_end")
_MONEY = ("subtotal", "tax", "total", "amount_due")


def fields(row: Row | Invoice, today: date) -> dict[str, Any]:
    """A row or an invoice as the contract's JSON object."""
    document = row.document
    values: dict[str, Any] = {
        **{name: getattr(row, name) for name in _PLAIN},
        **{name: str(getattr(row, name)) for name in _WORDS},
        **{name: iso(getattr(row, name)) for name in (*_DAYS, "paid_at")},
        **{name: amount(getattr(row, name)) for name in _MONEY},
        "status": str(row.status(today)),
        "overdue": row.is_overdue(today),
        "document": None if document is None else str(document if isinstance(document, str) else document.kind),
    }
    return {name: values[name] for name in FIELDS}


def invoice_json(invoice: Invoice, today: date, raw: bytes, raw_detail: bytes | None) -> str:
    """One invoice whole, for `show --format json`; the vendor's records follow digit by digit as received.

    Of one with a `problem`, parts that could not be read are null, not empty.
    """
    parts = {
        **{name: _plain(getattr(invoice, name)) for name in ("lines", "taxes", "discounts", "payments")},
        "usage": {name: _plain(value) for name, value in invoice.usage.items()},
        "memo": invoice.memo,
        "instants": {name: iso(at) for name, at in invoice.instants.items()},
        "metadata": dict(invoice.metadata),
    }
    whole = {
        **fields(invoice, today),
        "customer_id": invoice.customer_id,
        "subscription": invoice.subscription,
        "discount": amount(invoice.discount),
        **(parts if invoice.problem is None else {name: part or None for name, part in parts.items()}),
        "problem": invoice.problem,
    }
    text = json.dumps(whole, ensure_ascii=True, indent=2)
    records = {"raw": raw, "raw_detail": raw_detail}
    added = "".join(f',\n  "{name}": {_as_received(record)}' for name, record in records.items())
    return f"{text[:-2]}{added}\n}}"


def _as_received(raw: bytes | None) -> str:
    """A JSON text with its own digits, links masked, everything else than printable ASCII escaped.

    A JSON string when it is no JSON, or nested deeper than anybody reads.
    """
    if raw is None:
        return "null"
    text = raw.decode("utf-8", "surrogateescape")
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return json.dumps(mask_links(raw.decode("utf-8", "backslashreplace")), ensure_ascii=True)
    text = mask_links(text)
    # In valid JSON whatever is not ASCII stands inside a string, and white space between tokens means nothing.
    return "".join(char if " " <= char <= "~" else " " if char in "\n\r\t" else json.dumps(char)[1:-1] for char in text)


def amount(money: Money | None) -> str | None:
    """`"12.05"`; None when it is unknown."""
    return None if money is None else money.digits(grouped=False)


def iso(when: date | datetime | None) -> str | None:
    """`2026-04-08`, or `2026-04-08T14:33:10Z` for a moment."""
    if isinstance(when, datetime):
        return when.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return None if when is None else when.isoformat()


def _plain(value: Any) -> Any:
    if isinstance(value, Money):
        return {"amount": amount(value), "currency": value.currency or None}
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return iso(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    return value


def dump(value: Any) -> str:
    """JSON on one line or indented by callers; everything not ASCII is escaped, so nothing reaches a terminal raw."""
    return json.dumps(value, ensure_ascii=True)


def json_lines(objects: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """NDJSON."""
    return (dump(item) for item in objects)


def json_array(objects: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """One JSON array, an object a line."""
    start = "["
    for item in objects:
        yield f"{start}{dump(item)}"
        start = ","
    yield "]" if start == "," else "[]"


def csv_lines(objects: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """RFC 4180 with a header. Text that a spreadsheet would take for a formula is preceded by an apostrophe."""
    yield _csv_line(FIELDS)
    for item in objects:
        yield _csv_line([_cell(name, item[name]) for name in FIELDS])


def _csv_line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()


def _cell(name: str, value: Any) -> str:
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return f"'{text}" if name in _PLAIN and text.startswith(_FORMULA) else text
