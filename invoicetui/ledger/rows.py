"""Between an invoice and a row of the ledger: what is kept in columns, and how it orders and is searched."""

from __future__ import annotations

import marshal
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zlib import crc32

from invoicetui.money import Money
from invoicetui.standing import DocumentKind, Kind, Lifecycle, Payment, Status, is_overdue, status_of
from invoicetui.tuples import NamedTuple

if TYPE_CHECKING:
    from invoicetui.model import Invoice

#: Statuses are kept by their place in this order, which is also the order the list sorts by.
STATUSES: tuple[Status, ...] = tuple(Status)
_PLACES = {status: place for place, status in enumerate(STATUSES)}
#: Amounts below this, in minor units, are summed by SQLite: eight million of them still fit in 64 bits.
SUMMABLE = 1 << 40
#: Bytes that zlib takes without giving Python's lock to others.
_UNNOTICED = 5120
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RUN = re.compile("[0-9]+")
_COMPLEMENT = str.maketrans("0123456789", "9876543210")


class Row(NamedTuple):
    """One invoice as the list, the sums and the command line need it. `id` is its place in views; None is unknown."""

    id: int
    account: str
    vendor: str
    key: str
    number: str | None
    customer: str | None
    customer_id: str | None
    subscription: str | None
    kind: Kind
    lifecycle: Lifecycle
    payment: Payment
    vendor_status: str | None
    issued: date | None
    due: date | None
    paid_at: datetime | None
    period_start: date | None
    period_end: date | None
    currency: str | None
    subtotal: Money | None
    tax: Money | None
    total: Money | None
    amount_due: Money | None
    document: DocumentKind | None
    seen_at: datetime

    def status(self, today: date) -> Status:
        return status_of(self, today)

    def is_overdue(self, today: date) -> bool:
        return is_overdue(self, today)


#: The columns made from an invoice, in the order `encode` gives them; those after `document` serve SQL alone.
COLUMNS = (
    "key number customer customer_id subscription kind lifecycle payment vendor_status issued due paid_at"
    " period_start period_end currency subtotal tax total amount_due document"
    " stage late_after last_day number_order total_order unit owed words"
).split()
#: What `decode` takes, of `invoices i JOIN bindings b`.
SELECTED = "i.id, b.account, b.vendor, " + ", ".join(f"i.{name}" for name in COLUMNS[:20]) + ", i.seen_at"


def encode(invoice: Invoice) -> tuple[Any, ...]:
    """An invoice's values for COLUMNS.

    `stage` is the status before the due date passes and `late_after` the due date of what can become overdue, so that
    SQL needs no rule of its own: the status is overdue from the day after `late_after`, else `stage`.
    `owed` counts minor units of `unit` (currency and exponent); beyond SUMMABLE it is None and amount_due holds it.
    """
    currency, total, due, due_day = invoice.currency, invoice.total, invoice.amount_due, _day(invoice.due)
    owed = due.minor if due is not None else None
    if owed is not None and invoice.kind is Kind.CREDIT_NOTE:
        owed = -abs(owed)
    return (
        invoice.key,
        invoice.number,
        invoice.customer,
        invoice.customer_id,
        invoice.subscription,
        str(invoice.kind),
        str(invoice.lifecycle),
        str(invoice.payment),
        invoice.vendor_status,
        _day(invoice.issued),
        due_day,
        invoice.paid_at.isoformat() if invoice.paid_at else None,
        _day(invoice.period_start),
        _day(invoice.period_end),
        currency,
        _money(invoice.subtotal, currency),
        _money(invoice.tax, currency),
        _money(total, currency),
        _money(due, currency),
        invoice.document.kind.value if invoice.document else None,
        _PLACES[status_of(invoice, date.min)],
        due_day if is_overdue(invoice, date.max) else None,
        _day(invoice.period_end or invoice.issued),
        natural(invoice.number) if invoice.number is not None else None,
        f"{total.currency} {magnitude(total)}" if total is not None else None,
        f"{due.currency} {due.exponent}" if due is not None else None,
        owed if owed is not None and abs(owed) < SUMMABLE else None,
        _words(invoice),
    )


def decode(values: Sequence[Any]) -> Row:
    """The row of what SELECTED named."""
    currency = values[17]
    return Row(
        values[0],
        values[1],
        values[2],
        values[3],
        values[4],
        values[5],
        values[6],
        values[7],
        _KINDS[values[8]],
        _LIFECYCLES[values[9]],
        _PAYMENTS[values[10]],
        values[11],
        day(values[12]),
        day(values[13]),
        datetime.fromisoformat(values[14]) if values[14] else None,
        day(values[15]),
        day(values[16]),
        currency,
        money(values[18], currency),
        money(values[19], currency),
        money(values[20], currency),
        money(values[21], currency),
        _DOCUMENTS.get(values[22]),
        moment(values[23]),
    )


_KINDS = {kind.value: kind for kind in Kind}
_LIFECYCLES = {lifecycle.value: lifecycle for lifecycle in Lifecycle}
_PAYMENTS = {payment.value: payment for payment in Payment}
_DOCUMENTS = {kind.value: kind for kind in DocumentKind}


def digest(raw: bytes, columns: tuple[Any, ...]) -> bytes:
    """Equal for an entry that brings nothing new: the same record, read the same way.

    Checksums of both: of changes that leave every column as it was, one in four thousand million goes unnoticed.
    """
    mark = 0
    # More at a time, and it would give Python's lock away for a moment: see `store.pages`.
    for start in range(0, len(raw), _UNNOTICED):
        mark = crc32(raw[start : start + _UNNOTICED], mark)
    # Version 2: later ones write which values are one object, and that is not the same every time.
    return b"%08x%08x" % (mark, crc32(marshal.dumps(columns, 2)))


def fold(text: str) -> str:
    """Text as search compares it."""
    return text.casefold()


def natural(text: str) -> str:
    """Orders as people count: INV-9 before INV-10. Each run of digits is preceded by its length."""
    return _RUN.sub(_counted, fold(text))


def _counted(run: re.Match[str]) -> str:
    digits = run[0].lstrip("0")
    return f"{len(digits):03d}{digits}"


def magnitude(amount: Money) -> str:
    """Text that orders as the amounts of one currency do, exactly, whatever their size and exponent."""
    digits = str(abs(amount.minor)).rstrip("0")
    if not digits:
        return "5"
    # The power of ten of the first digit, moved above zero: Money has at most a few hundred digits.
    power = f"{len(str(abs(amount.minor))) - amount.exponent + 5000:04d}"
    return "4" + (power + digits).translate(_COMPLEMENT) + "~" if amount.minor < 0 else "6" + power + digits


def _words(invoice: Invoice) -> str:
    """What words are searched in. The customer's name stands alone on the first line, where `customer:` looks."""
    parts: list[str | None] = [invoice.number, invoice.key, invoice.customer_id, invoice.subscription]
    parts += [invoice.vendor_status, invoice.currency]
    total, due = invoice.total, invoice.amount_due
    for amount in (total, due if due != total else None):
        if amount is not None:
            plain, grouped = amount.digits(grouped=False), amount.digits()
            parts += (plain,) if plain == grouped else (plain, grouped)
    return fold("\n".join([invoice.customer or "", *filter(None, parts)]))


def day_of(value: date) -> int:
    """The number of a day, as columns and row ids hold it."""
    return value.toordinal()


def _day(value: date | None) -> int | None:
    return value.toordinal() if value is not None else None


@lru_cache(4096)
def day(ordinal: int | None) -> date | None:
    return date.fromordinal(ordinal) if ordinal is not None else None


def instant(value: datetime) -> int:
    """Microseconds since 1970, of an aware datetime."""
    return (value - _EPOCH) // timedelta(microseconds=1)


def moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _money(value: Money | None, currency: str | None) -> str | None:
    """`minor exponent`, and the currency where it is not the invoice's."""
    if value is None:
        return None
    text = f"{value.minor} {value.exponent}"
    return text if value.currency == currency else f"{text} {value.currency}"


def money(text: str | None, currency: str | None) -> Money | None:
    """Read back what an amount's column holds."""
    if text is None:
        return None
    minor, exponent, *other = text.split(" ", 2)
    return Money(int(minor), other[0] if other else currency or "", int(exponent))
