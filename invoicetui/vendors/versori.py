"""Versori: an organisation's billing (docs.versori.com, openapi/organisations-api-v1.yaml).

A record has no id, number, status or issue date. Without dates the endpoint answers with the upcoming invoice, which
nothing in the record marks as such; with dates it answers with one array, however long.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import msgspec

from invoicetui.model import Document, DocumentKind, Invoice, Kind, Line, Status
from invoicetui.money import Money
from invoicetui.vendors import figures, wire
from invoicetui.vendors.base import Capabilities, Listing, Page, Params, Request, Vendor, Wanted
from invoicetui.vendors.facts import VERSORI
from invoicetui.vendors.paging import DateWindow, SinglePage

_WINDOW = DateWindow()
_UPCOMING = SinglePage()
# Which of an invoice's dates the server compares is not documented: no billing period is longer than this.
_MARGIN = timedelta(days=366)
_DATES = frozenset(("invoiceStartDate", "invoiceEndDate"))
# Where the windows end by themselves.
_OLDEST = date(1970, 1, 1)


class _Money(msgspec.Struct, rename="camel", gc=False):
    is_negative: bool | None = None
    currency_code: str | None = None
    integral: int | None = None
    fractional: int | None = None


class _Product(msgspec.Struct, rename="camel", gc=False):
    product_name: str | None = None
    quantity: Any = None
    total: _Money | None = None


class _Listed(msgspec.Struct, gc=False):
    """What the list needs of a record."""

    start: str = msgspec.field(name="invoiceStartDate")
    end: str = msgspec.field(name="invoiceEndDate")
    total: _Money | None = msgspec.field(name="totalAmount", default=None)
    url: str | None = msgspec.field(name="invoiceURL", default=None)


class _Record(_Listed, gc=False):
    products: list[_Product] | None = msgspec.field(name="productBreakdowns", default=None)
    usage: dict[str, Any] | None = msgspec.field(name="usageStatistics", default=None)
    metadata: dict[str, Any] | None = msgspec.field(name="metaData", default=None)


class Versori(Vendor, facts=VERSORI):
    """A year at a time, newest first, and the upcoming invoice by a call of its own.

    `invoiceURL` belongs to another origin and may be a secret (a signed link): the token never goes there.
    """

    skim = staticmethod(wire.skimmer(_Listed))
    # By issue date, which here is the period's last day: windows go back in time, and their overlap is longer than a
    # billing month, so that nothing newer than what a window brought is missing.
    capabilities = Capabilities(
        order="issued", statuses=frozenset((Status.UPCOMING, Status.UNKNOWN)), filters=frozenset(("issued",))
    )

    @property
    def auth_scheme(self) -> str:
        return self.option("auth_scheme")

    def listings(self, wanted: Wanted) -> tuple[Listing, ...]:
        out: list[Listing] = []
        if not wanted.statuses or Status.UNKNOWN in wanted.statuses:
            bounds = self._bounds(wanted)
            if bounds is not None:
                out.append(Listing(bounds))
        if not wanted.statuses or Status.UPCOMING in wanted.statuses:
            out.append(Listing(is_upcoming=True))
        return tuple(out)

    def _bounds(self, wanted: Wanted) -> Params | None:
        """How far the windows go; a bound that today already sets is left out. None when they would hold nothing."""
        earliest, latest = wanted.issued_from, wanted.issued_to
        today = self.today()
        params: Params = ()
        if earliest is not None:
            earliest = max(earliest, _OLDEST + _MARGIN) - _MARGIN
            if earliest > today:
                return None
            params += (("from", earliest.isoformat()),)
        if latest is not None and latest < today - _MARGIN:
            latest += _MARGIN
            if latest < (earliest or _OLDEST):
                return None
            params += (("to", latest.isoformat()),)
        return params

    def first(self, listing: Listing) -> str:
        if listing.is_upcoming:
            return _UPCOMING.first()
        return _WINDOW.first(self._latest(listing), _bound(listing, "from"))

    def request(self, listing: Listing, token: str) -> Request:
        path = f"/organisations/{wire.segment(self.option('organisation'))}/billing/invoices"
        return Request(path, _UPCOMING.params(token) if listing.is_upcoming else _WINDOW.params(token))

    def page(self, listing: Listing, token: str, body: bytes, headers: Mapping[str, str]) -> Page:
        """An array; one object and null (a nil slice of the server's) are taken too."""
        sent = body.strip()
        records: tuple[bytes, ...]
        if sent.startswith(b"{"):
            members = wire.members(sent)
            if members and not members.keys() & _DATES:  # an error's body, which some proxies send with 200
                raise wire.malformed("$", "array", "an object that is no invoice")
            records = (sent,) if members else ()
        else:
            records = () if sent == b"null" else wire.elements(sent)
        if listing.is_upcoming:
            return Page(records, None)
        end = date.fromisoformat(dict(_WINDOW.params(token))["to"])
        after = _WINDOW.after(
            token,
            # Not by comparison with first(): the walk may go on another day than it began.
            is_first=self._latest(listing) - end < timedelta(days=_WINDOW.days),
            is_empty=not records,
            earliest=_bound(listing, "from"),
        )
        return Page(records, after, may_repeat=True, reaches=_WINDOW.reaches(token))

    def _latest(self, listing: Listing) -> date:
        return _bound(listing, "to") or self.today()

    def read(self, raw: bytes, detail: bytes | None = None, *, is_upcoming: bool = False) -> Invoice:
        found = wire.record(raw, _Record, detail)
        record = wire.typed(found, _Record)
        metadata: dict[str, str] = {}
        invoice = self._listed(record, metadata, is_upcoming=is_upcoming)
        lines = tuple(_line(product, at, metadata) for at, product in enumerate(record.products or ()))
        for name, item in (record.metadata or {}).items():
            wire.note(metadata, name, item)
        wire.extras(found, _Record, metadata)
        return replace(invoice, lines=lines, usage=figures.usage(record.usage), metadata=metadata)

    def listed(self, raw: bytes, *, is_upcoming: bool = False) -> Invoice:
        return self._listed(self.skim(raw), {}, is_upcoming=is_upcoming)

    def _listed(self, record: _Listed, metadata: dict[str, str], *, is_upcoming: bool) -> Invoice:
        start = wire.day(record.start, "$.invoiceStartDate")
        end = wire.day(record.end, "$.invoiceEndDate")
        if start is None or end is None:
            raise wire.malformed("$.invoiceEndDate" if start else "$.invoiceStartDate", "date", "an empty string")
        total = _money("totalAmount", record.total, metadata)
        currency = ((record.total and record.total.currency_code) or "").upper()
        is_credit = total is not None and total.minor < 0
        return Invoice(
            account=self.account.id,
            vendor=self.name,
            key=f"{start}..{end}.{currency}" if currency else f"{start}..{end}",
            kind=Kind.UPCOMING if is_upcoming else Kind.CREDIT_NOTE if is_credit else Kind.INVOICE,
            issued=end,
            period_start=start,
            period_end=end,
            currency=currency or None,
            total=total,
            document=Document(DocumentKind.URL, record.url) if record.url else None,
        )

    def document(self, invoice: Invoice) -> Document | None:
        return invoice.document


def _bound(listing: Listing, name: str) -> date | None:
    value = dict(listing.params).get(name)
    return date.fromisoformat(value) if value else None


def _money(name: str, sent: _Money | None, metadata: dict[str, str]) -> Money | None:
    """The sign is in `isNegative`; a negative part without it, or with it, is negative once."""
    if sent is None:
        return None
    if sent.integral is None or sent.fractional is None:
        parts = {"integral": sent.integral, "fractional": sent.fractional, "isNegative": sent.is_negative}
        wire.note(metadata, f"{name} (as sent)", parts | {"currencyCode": sent.currency_code})
        return None
    amounts = figures.Amounts(sent.currency_code, figures.exponent_of(sent.currency_code, {}), metadata)
    is_negative = bool(sent.is_negative) or sent.integral < 0 or sent.fractional < 0
    return amounts.split(name, sent.integral, sent.fractional, is_negative=is_negative)


def _line(product: _Product, at: int, metadata: dict[str, str]) -> Line:
    quantity, rest = figures.quantity(product.quantity)
    total = _money(f"productBreakdowns[{at}].total", product.total, metadata)
    return Line(product.product_name or "", description=rest, quantity=quantity, total=total)
