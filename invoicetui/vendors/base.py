"""What a vendor is: how to ask it for pages of invoices, and how to read what it sends.

Vendors know no retries, tokens, widgets or SQL. A Vendor object belongs to one account and to one thread; it may learn
from what it reads (the casing of enums, which form of the API answers) and use that in the next request.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal

from invoicetui.errors import Malformed, Rejected
from invoicetui.model import UNREADABLE, Account, Document, Invoice, Side, Status
from invoicetui.vendors.facts import Facts, Option

Params = tuple[tuple[str, str], ...]

#: What the order of a vendor's pages is by. Only "issued" makes a horizon certain before the last page.
Order = Literal["issued", "created", "unknown"]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the vendor's server does by itself.

    `statuses` are the words `Invoice.status` can take for this vendor's readable records; `has_totals` whether a page
    says how many there are in all; `is_random_access` whether page n can be fetched before page n-1; `has_open_filter`
    whether its status filter leaves out what is paid.
    """

    order: Order
    statuses: frozenset[Status]
    has_totals: bool = False
    is_random_access: bool = False
    has_open_filter: bool = False
    filters: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Wanted:
    """The part of a query that a server might filter by; everything empty means all.

    `statuses` are wanted words (any of them); `customer` and `subscription` the exact text the user asked for;
    `issued_from` and `issued_to` inclusive days. A vendor uses what it can and ignores the rest.
    """

    statuses: frozenset[Status] = frozenset()
    customer: str = ""
    subscription: str = ""
    issued_from: date | None = None
    issued_to: date | None = None


EVERYTHING = Wanted()


@dataclass(frozen=True, slots=True)
class Listing:
    """One server-side list to walk: `params` go with every page. Its name identifies the walk in the ledger.

    `is_optional`: a refusal (4xx other than 401, 403, 429) means that this server has no such rows.
    `is_upcoming`: the rows replace all earlier upcoming rows of the account.
    """

    params: Params = ()
    is_optional: bool = False
    is_upcoming: bool = False

    @property
    def name(self) -> str:
        """Stable across runs; "" for the unfiltered list."""
        prefix = "upcoming" if self.is_upcoming else ""
        return prefix + "&".join(f"{name}={value}" for name, value in self.params)


@dataclass(frozen=True, slots=True)
class Request:
    """A GET below the account's base_url; `path` starts with "/"."""

    path: str
    params: Params = ()


@dataclass(frozen=True, slots=True)
class Page:
    """One answer: the records as received, and where the walk goes on (`next` None: this was the last page).

    `total` counts the rows of the whole listing and `total_pages` its pages, when the vendor says. `may_repeat`: the
    next page may hold the same records again (overlapping date windows), so that sameness does not mean a loop.
    `reaches`: the page and those before it hold every invoice issued on this day or later, as date windows promise.
    """

    records: tuple[bytes, ...]
    next: str | None
    total: int | None = None
    total_pages: int | None = None
    may_repeat: bool = False
    reaches: date | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An invoice as `Vendor.listed` reads it, with its record; `problem` says why the list could not read it."""

    invoice: Invoice
    raw: bytes = field(repr=False)
    problem: Malformed | None = None


class Vendor(ABC):
    """One vendor's API, for one account; `facts` say who it is: `class Acme(Vendor, facts=ACME)`."""

    name: ClassVar[str]
    label: ClassVar[str]
    side: ClassVar[Side] = Side.RECEIVED
    #: The one public address, or "" when every installation has its own.
    base_url: ClassVar[str] = ""
    options: ClassVar[tuple[Option, ...]] = ()
    capabilities: ClassVar[Capabilities]
    #: What to tell a person who wants a PDF that this vendor's API does not offer; "" when it does.
    no_document: ClassVar[str] = ""

    def __init_subclass__(cls, *, facts: Facts | None = None) -> None:
        if facts is not None:
            cls.name, cls.label, cls.side = facts.name, facts.label, facts.side
            cls.base_url, cls.options = facts.base_url, facts.options

    def __init__(self, account: Account, today: Callable[[], date] = date.today) -> None:
        self.account = account
        self.today = today

    def option(self, name: str) -> str:
        """The account's value of one of `options`, or the option's default."""
        default = next(option.default for option in self.options if option.name == name)
        return self.account.options.get(name) or default

    @property
    def auth_scheme(self) -> str:
        """The word before the token in the Authorization header."""
        return "Bearer"

    def split(self, wanted: Wanted) -> tuple[Listing, ...]:
        """The listings whose union holds every invoice that is wanted; none when this vendor cannot have one."""
        if wanted.statuses and not wanted.statuses & (self.capabilities.statuses | {Status.UNKNOWN}):
            return ()
        return self.listings(wanted)

    @abstractmethod
    def listings(self, wanted: Wanted) -> tuple[Listing, ...]:
        """`split` for a query that this vendor may have rows for; each listing is a superset, never a guess."""

    @abstractmethod
    def first(self, listing: Listing) -> str:
        """The token of a listing's first page. Tokens are opaque strings, kept in the ledger between runs."""

    @abstractmethod
    def request(self, listing: Listing, token: str) -> Request:
        """The request for the page `token` stands for."""

    @abstractmethod
    def page(self, listing: Listing, token: str, body: bytes, headers: Mapping[str, str]) -> Page:
        """Read an answer's envelope; `headers` has lower-case names. Raises Malformed with the JSON path."""

    def nth(self, listing: Listing, index: int) -> str | None:
        """The token of the page `index` places after the first, for vendors with random access; else None."""
        return None

    def learns(self, refusal: Rejected) -> bool:
        """Called once with the refusal of a page; True when the same page is worth asking for again, differently."""
        return False

    def entries(self, records: Iterable[bytes], *, is_upcoming: bool = False) -> list[Entry]:
        """Read one answer's records for the list: a malformed one becomes an unreadable row, and the others stand.

        Two different records of one answer that claim one key are told apart by an ordinal (`….2`); the same record
        twice is one.
        """
        out: list[Entry] = []
        firsts: dict[str, bytes] = {}
        claims: dict[str, set[bytes]] = {}
        for raw in records:
            entry = self._entry(raw, is_upcoming=is_upcoming)
            key = entry.invoice.key
            if key not in firsts:
                firsts[key] = raw
            else:
                same = claims.setdefault(key, {firsts[key]})
                if raw in same:
                    continue
                same.add(raw)
                entry = Entry(entry.invoice.with_key(f"{key}.{len(same)}"), raw, entry.problem)
            out.append(entry)
        return out

    def _entry(self, raw: bytes, *, is_upcoming: bool) -> Entry:
        try:
            return Entry(self.listed(raw, is_upcoming=is_upcoming), raw)
        except Malformed as error:
            key = UNREADABLE + hashlib.sha256(raw).hexdigest()[:12]
            return Entry(Invoice(account=self.account.id, vendor=self.name, key=key), raw, error)

    def listed(self, raw: bytes, *, is_upcoming: bool = False) -> Invoice:
        """What `read` says of a record that the list, its sums and its search need; other fields may be empty.

        Lines, taxes, discounts, payments, usage, memo and metadata are read, and judged, when somebody looks at them:
        they hide no amount from the list. Raises Malformed for what the list needs, as `read` does then.
        """
        return self.read(raw, is_upcoming=is_upcoming)

    @abstractmethod
    def read(self, raw: bytes, detail: bytes | None = None, *, is_upcoming: bool = False) -> Invoice:
        """Read one record as it stood in a list, with what the single endpoint said if it was asked.

        Raises Malformed (`path` and what was expected) and nothing else, whatever the bytes are.
        """

    def detail(self, invoice: Invoice) -> Request | None:
        """The single endpoint that says more of an invoice than the list, or None."""
        return None

    def single(self, key: str) -> Request | None:
        """The endpoint that answers with the invoice of this key although no list has shown it, or None."""
        return None

    def unwrap(self, body: bytes) -> bytes:
        """The record inside the single endpoint's answer."""
        return body

    @abstractmethod
    def document(self, invoice: Invoice) -> Document | None:
        """Where the invoice's PDF is."""


def loads(raw: bytes) -> object:
    """Any JSON with exact numbers, by the standard library: the way out for bytes msgspec refuses as a whole."""
    return json.loads(raw, parse_float=Decimal)
