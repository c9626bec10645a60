"""Where an invoice stands: what vendors say of it, and the one word that follows from it today."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Protocol

    from invoicetui.money import Money

    class Standing(Protocol):
        """What decides an invoice's status: an Invoice, or a row of the ledger."""

        @property
        def kind(self) -> Kind: ...
        @property
        def lifecycle(self) -> Lifecycle: ...
        @property
        def payment(self) -> Payment: ...
        @property
        def due(self) -> date | None: ...
        @property
        def amount_due(self) -> Money | None: ...


class Kind(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    UPCOMING = "upcoming"


class Lifecycle(StrEnum):
    DRAFT = "draft"
    ISSUED = "issued"
    VOID = "void"
    UNCOLLECTIBLE = "uncollectible"
    UNKNOWN = "unknown"


class Payment(StrEnum):
    UNPAID = "unpaid"
    PARTIAL = "partial"
    PAID = "paid"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Status(StrEnum):
    """One word for an invoice today; the order is that in which the first that applies is taken."""

    UPCOMING = "upcoming"
    DRAFT = "draft"
    VOID = "void"
    UNCOLLECTIBLE = "uncollectible"
    PAID = "paid"
    OVERDUE = "overdue"
    PARTIAL = "partial"
    OPEN = "open"
    UNKNOWN = "unknown"

    @property
    def short(self) -> str:
        """At most four letters, for a column."""
        return _SHORT[self]


_SHORT = {
    Status.UPCOMING: "NEXT",
    Status.DRAFT: "DRFT",
    Status.VOID: "VOID",
    Status.UNCOLLECTIBLE: "UNCL",
    Status.PAID: "PAID",
    Status.OVERDUE: "LATE",
    Status.PARTIAL: "PART",
    Status.OPEN: "OPEN",
    Status.UNKNOWN: "?",
}


class DocumentKind(StrEnum):
    URL = "url"
    ENDPOINT = "endpoint"
    REFERENCE = "reference"


_FINAL = {
    Lifecycle.DRAFT: Status.DRAFT,
    Lifecycle.VOID: Status.VOID,
    Lifecycle.UNCOLLECTIBLE: Status.UNCOLLECTIBLE,
}


def status_of(item: Standing, today: date) -> Status:
    """The first word that applies; the ledger's SQL is built from this rule and a test compares the two."""
    if item.kind is Kind.UPCOMING:
        return Status.UPCOMING
    if item.lifecycle in _FINAL:
        return _FINAL[item.lifecycle]
    if item.payment is Payment.PAID:
        return Status.PAID
    if is_overdue(item, today):
        return Status.OVERDUE
    if item.payment is Payment.PARTIAL:
        return Status.PARTIAL
    if item.lifecycle is Lifecycle.ISSUED and item.payment in (Payment.UNPAID, Payment.FAILED):
        return Status.OPEN
    return Status.UNKNOWN


def is_overdue(item: Standing, today: date) -> bool:
    """Derived, never taken from the vendor: issued, not paid, something still due, and the due date is past."""
    return (
        item.kind is not Kind.UPCOMING
        and item.lifecycle is Lifecycle.ISSUED
        and item.payment is not Payment.PAID
        and item.due is not None
        and item.due < today
        and item.amount_due is not None
        and item.amount_due.minor > 0
    )
