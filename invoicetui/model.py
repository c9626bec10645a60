"""What invoicetui knows of accounts and invoices: frozen, and clean by construction.

Every string that came from a vendor or the config passes `text.clean` in these constructors, so that an Invoice
cannot hold an escape sequence, a bidi override or a control character.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from operator import attrgetter
from typing import Any, Protocol

from invoicetui.money import Money
from invoicetui.text import LIMIT, clean, clean_block


class Side(StrEnum):
    """Whether an account's invoices are owed by us (received) or to us (issued). Sums never mix the two."""

    RECEIVED = "received"
    ISSUED = "issued"


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


class Secret:
    """A token that shows itself to nobody who does not ask for it by name.

    Masked in repr, str, format and rich; refuses pickling, copying and hashing, so that no cache, log or crash report
    can hold it by accident.
    """

    __slots__ = ("_value",)
    __hash__ = None  # type: ignore[assignment]  # deliberately not a dict key: a cache would keep it

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The token itself; only for the line that puts it on the wire or into the keyring."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(****)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __rich_repr__(self) -> Any:
        yield "****"

    def __eq__(self, other: object) -> bool:
        import hmac

        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("a Secret is neither pickled nor copied")


@dataclass(frozen=True, slots=True)
class _Clean:
    """Cleans every `str` field of a subclass; `memo`-like fields keep their newlines."""

    def __post_init__(self) -> None:
        texts, cleaners, mappings = _outside(type(self))  # type: ignore[arg-type]  # classes are hashable
        if not _is_plain(texts(self)):
            for name, cleaner in cleaners:
                value = getattr(self, name)
                if type(value) is str:
                    cleaned = cleaner(value)
                    if cleaned is not value:
                        object.__setattr__(self, name, cleaned)
        for name in mappings:
            value = getattr(self, name)
            if value:
                object.__setattr__(
                    self, name, {clean(k): clean(v) if isinstance(v, str) else v for k, v in value.items()}
                )


def _is_plain(texts: tuple[Any, ...]) -> bool:
    """Whether no text of these needs cleaning, looked at together: what joins to plain text is plain."""
    try:
        joined = "".join(filter(None, texts))
    except TypeError:
        return False
    return joined.isascii() and joined.isprintable() and len(joined) <= LIMIT


_Cleaners = tuple[tuple[str, Callable[[str], str]], ...]


@cache
def _outside(kind: type[_Clean]) -> tuple[Callable[[object], tuple[Any, ...]], _Cleaners, tuple[str, ...]]:
    """What reads all fields that hold text, what cleans each, and the fields that are mappings; asked once a class."""
    cleaners = tuple(
        (item.name, clean_block if item.metadata.get("block") else clean)
        for item in fields(kind)
        if str(item.type) in ("str", "str | None")
    )
    names = [name for name, _ in cleaners]
    # Of one name alone attrgetter makes no tuple.
    texts = attrgetter(*names, *names[: len(names) == 1])
    return texts, cleaners, tuple(item.name for item in fields(kind) if str(item.type).startswith("Mapping"))


@dataclass(frozen=True, slots=True)
class Account(_Clean):
    """One account at one vendor, as config.toml describes it. It never holds a token.

    `options` are the vendor's own (organisation, team, amounts …) after the vendor's checks, all strings.
    `token` is the one configured source: keyring, command, env or ask.
    """

    id: str
    vendor: str
    label: str
    side: Side
    base_url: str
    options: Mapping[str, str] = field(default_factory=dict)
    token: str = "keyring"
    token_command: tuple[str, ...] = ()
    document_hosts: tuple[str, ...] = ()
    ca_file: str = ""
    client_cert: str = ""
    client_key: str = ""

    @property
    def env_name(self) -> str:
        """The environment variable that holds this account's token when it is set."""
        return "INVOICETUI_TOKEN_" + self.id.upper().replace("-", "_")


@dataclass(frozen=True, slots=True)
class Line(_Clean):
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
class Tax(_Clean):
    name: str
    rate: str = ""
    base: Money | None = None
    amount: Money | None = None
    exemption: str = ""


@dataclass(frozen=True, slots=True)
class Discount(_Clean):
    name: str
    amount: Money | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class PaymentRecord(_Clean):
    """One movement of money on an invoice: `kind` payment or refund, `method` as the vendor describes it."""

    id: str
    kind: str
    status: str
    amount: Money | None = None
    at: datetime | None = None
    method: str = ""
    reference: str = ""
    error: str = ""


class DocumentKind(StrEnum):
    URL = "url"
    ENDPOINT = "endpoint"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Document(_Clean):
    """Where an invoice's PDF is: a full URL, a path below the account's base_url, or a reference (`file_ref`).

    The location of a URL may itself be a secret (a signed link): never log it, never show it unmasked.
    """

    kind: DocumentKind
    location: str = field(repr=False, metadata={"block": True})


@dataclass(frozen=True, slots=True)
class Invoice(_Clean):
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
    #: Why the record could not be read, in a sentence; None for one that could.
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
_FINAL = {
    Lifecycle.DRAFT: Status.DRAFT,
    Lifecycle.VOID: Status.VOID,
    Lifecycle.UNCOLLECTIBLE: Status.UNCOLLECTIBLE,
}


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
