"""Voxmind: usage invoices of one organisation, without money (docs.voxmind.ai, api-reference/billing)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import msgspec

from invoicetui.model import Document, DocumentKind, Invoice, Lifecycle, Status
from invoicetui.vendors import figures, wire
from invoicetui.vendors.base import Capabilities, Listing, Page, Params, Request, Vendor, Wanted
from invoicetui.vendors.facts import VOXMIND
from invoicetui.vendors.paging import PageNumber

_PAGES = PageNumber(base=1)
_CONDITION = re.compile(r"\w[\w.]*!?=.+")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_PLACEHOLDERS = frozenset(("organisation", "file_ref", "id"))


class _Listed(msgspec.Struct, gc=False):
    """What the list needs of a record."""

    id: int
    sub_id: int | None = None
    invoice_sequence: int | None = None
    file_ref: str | None = None
    created_at: str | None = None


class _Record(_Listed, gc=False):
    org_id: int | None = None
    quotas: dict[str, Any] | None = None
    updated_at: str | None = None


class Voxmind(Vendor, facts=VOXMIND):
    """Numbered pages from 1, newest first as asked; how many there are stands in the X-Total-Pages header.

    A record has no amount, currency, status or due date; `quotas` (any names) is its only figure. How a `file_ref`
    becomes a PDF is not documented: the account's `document_url` says it.
    """

    no_document = (
        "Voxmind documents no download for an invoice's file reference; "
        "set document_url for this account if you know its address"
    )
    skim = staticmethod(wire.skimmer(_Listed))
    capabilities = Capabilities(
        order="issued",
        statuses=frozenset((Status.UNKNOWN,)),
        is_random_access=True,
        filters=frozenset(("sub", "issued")),
    )

    def listings(self, wanted: Wanted) -> tuple[Listing, ...]:
        conditions = []
        if wanted.subscription.isascii() and wanted.subscription.isdigit():
            conditions.append(f"sub_id={wanted.subscription}")
        if wanted.issued_from is not None:
            conditions.append(f"created_at=gte:{wanted.issued_from}T00:00:00Z")
        if wanted.issued_to is not None and wanted.issued_to < date.max:
            conditions.append(f"created_at=lt:{wanted.issued_to + timedelta(days=1)}T00:00:00Z")
        return (Listing((("filter", ",".join(conditions)),) if conditions else ()),)

    def first(self, listing: Listing) -> str:
        return _PAGES.first()

    def nth(self, listing: Listing, index: int) -> str | None:
        return _PAGES.nth(index)

    def request(self, listing: Listing, token: str) -> Request:
        conditions = [self.option("filter"), *(value for _, value in listing.params)]
        joined = ",".join(condition for condition in conditions if condition)
        params: Params = (("filter", joined),) if joined else ()
        return Request(self._path(), (*params, ("sort", "created_at:desc"), *_PAGES.params(token)))

    def page(self, listing: Listing, token: str, body: bytes, headers: Mapping[str, str]) -> Page:
        envelope = wire.members(body)
        if "results" not in envelope:
            raise wire.malformed("$.results", "array", "nothing")
        records = wire.elements(envelope["results"], "$.results")
        said = headers.get("x-total-pages", "").strip()
        # 0 is what some servers say of an empty list and no page count: then a short page is the last.
        total_pages = int(said) if said.isascii() and said.isdigit() and len(said) < 10 and int(said) else None
        return Page(records, _PAGES.after(token, len(records), total_pages), total_pages=total_pages)

    def read(self, raw: bytes, detail: bytes | None = None, *, is_upcoming: bool = False) -> Invoice:
        found = wire.record(raw, _Record, detail)
        invoice = self._listed(wire.typed(found, _Listed))
        record = wire.typed(found, _Record)
        updated = wire.instant(record.updated_at, "$.updated_at")
        instants = {**invoice.instants, **({"updated": updated} if updated else {})}
        metadata: dict[str, str] = {}
        wire.note(metadata, "organisation", record.org_id)
        wire.note(metadata, "file_ref", record.file_ref)
        wire.extras(found, _Record, metadata)
        return replace(invoice, usage=figures.usage(record.quotas), instants=instants, metadata=metadata)

    def listed(self, raw: bytes, *, is_upcoming: bool = False) -> Invoice:
        return self._listed(self.skim(raw))

    def _listed(self, record: _Listed) -> Invoice:
        created = wire.instant(record.created_at, "$.created_at")
        return Invoice(
            account=self.account.id,
            vendor=self.name,
            key=str(record.id),
            number=None if record.invoice_sequence is None else str(record.invoice_sequence),
            subscription=None if record.sub_id is None else str(record.sub_id),
            lifecycle=Lifecycle.UNKNOWN,
            issued=created.date() if created else None,
            instants={"created": created} if created else {},
            document=Document(DocumentKind.REFERENCE, record.file_ref) if record.file_ref else None,
        )

    def detail(self, invoice: Invoice) -> Request | None:
        return self.single(invoice.key)

    def single(self, key: str) -> Request | None:
        return Request(f"{self._path()}/{key}") if key.isascii() and key.isdigit() else None

    def unwrap(self, body: bytes) -> bytes:
        """The single endpoint documents the bare object; a list or object under the list's name is taken too."""
        results = wire.members(body).get("results")
        if results is None:
            return body
        return (wire.elements(results) or (body,))[0] if results.startswith(b"[") else results

    def document(self, invoice: Invoice) -> Document | None:
        return invoice.document

    def _path(self) -> str:
        return f"/organisations/{wire.segment(self.option('organisation'))}/invoices"
