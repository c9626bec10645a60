"""What invoicetui knows of accounts and invoices: frozen, and clean by construction.

Every string that came from a vendor or the config passes `text.clean` in these constructors, so that an Invoice
cannot hold an escape sequence, a bidi override or a control character.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from invoicetui.account import Account, Secret, Side
from invoicetui.cleaned import Cleaned
from invoicetui.money import Money
from invoicetui.standing import DocumentKind, Kind, Lifecycle, Payment, Status, is_overdue, status_of

__all__ = [
    "UNREADABLE",
    "Account",
    "Discount",
    "Document",
    "DocumentKind",
    "Invoice",
    "Kind",
    "Lifecycle",
    "Line",
    "Payment",
    "PaymentRecord",
    "Secret",
    "Side",
    "Status",
    "Tax",
    "is_overdue",
    "status_of",
]


@dataclass(frozen=True, slots=True)
class Line(Cleaned):
    """One line of an invoice. `quantity` and `unit_price` are exact decimals, the price in the currency's unit."""

    name: str
    description: str = ""
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    total: Money | None = None
    tax_rate: str = ""
    start: date | None = None
    end: date | None = None
    sublines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Tax(Cleaned):
    name: str
    rate: str = ""
    base: Money | None = None
    amount: Money | None = None
    exemption: str = ""


@dataclass(frozen=True, slots=True)
class Discount(Cleaned):
    name: str
    amount: Money | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class PaymentRecord(Cleaned):
    """One movement of money on an invoice: `kind` payment or refund, `method` as the vendor describes it."""

    id: str
    kind: str
    status: str
    amount: Money | None = None
    at: datetime | None = None
    method: str = ""
    reference: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Document(Cleaned):
    """Where an invoice's PDF is: a full URL, a path below the account's base_url, or a reference (`file_ref`).

    The location of a URL may itself be a secret (a signed link): never log it, never show it unmasked.
    """

    kind: DocumentKind
    location: str = field(repr=False, metadata={"block": True})


@dataclass(frozen=True, slots=True)
class Invoice(Cleaned):
    """One invoice, from whichever vendor. None means the vendor does not say; it never means zero.

    Dates are the vendor's calendar (UTC for instants); `period_start` and `period_end` are both inclusive.
    `instants` holds the exact moments by name (created, updated, finalized …), `metadata` every further thing the
    vendor sent that has no field of its own, already as text.
    """

    account: str
    vendor: str
    key: str
    number: str | None = None
    customer: str | None = None
    customer_id: str | None = None
    subscription: str | None = None
    kind: Kind = Kind.INVOICE
    lifecycle: Lifecycle = Lifecycle.UNKNOWN
    payment: Payment = Payment.UNKNOWN
    vendor_status: str | None = None
    issued: date | None = None
    due: date | None = None
    paid_at: datetime | None = None
    period_start: date | None = None
    period_end: date | None = None
    currency: str | None = None
    subtotal: Money | None = None
    tax: Money | None = None
    discount: Money | None = None
    total: Money | None = None
    amount_due: Money | None = None
    lines: tuple[Line, ...] = ()
    taxes: tuple[Tax, ...] = ()
    discounts: tuple[Discount, ...] = ()
    payments: tuple[PaymentRecord, ...] = ()
    usage: Mapping[str, int | Decimal | str] = field(default_factory=dict)
    memo: str | None = field(default=None, metadata={"block": True})
    instants: Mapping[str, datetime] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    document: Document | None = None
    #: Why the record could not be read, or beyond what the list shows not, in a sentence; None for one that could.
    problem: str | None = None

    def status(self, today: date) -> Status:
        return status_of(self, today)

    def is_overdue(self, today: date) -> bool:
        return is_overdue(self, today)

    @property
    def is_readable(self) -> bool:
        """False for a record that could not be understood; its raw JSON is all there is."""
        return not self.key.startswith(UNREADABLE)

    def with_key(self, key: str) -> Invoice:
        return replace(self, key=key)


UNREADABLE = "unreadable-"
