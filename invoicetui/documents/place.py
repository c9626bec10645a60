"""Where an invoice's PDF is, and whether that is an address we are willing to ask.

The address comes from a record, a redirect or a template: none of them is trusted to be what it should be.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import quote, urljoin, urlsplit

from invoicetui.address import LOOPBACK, base_address, host_of, is_inside
from invoicetui.errors import AddressRefused, ConfigError, InvoicetuiError, Malformed, NoDocument, UsageError
from invoicetui.model import Account, DocumentKind, Invoice
from invoicetui.transport import target
from invoicetui.vendors.base import Vendor

MAX_URL = 4096
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\ufffd\\\"<>^`{|}]")
_ASCII = "".join(map(chr, range(0x21, 0x7F)))
_FIELD = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Place:
    """A checked address. `host` is that of `host_of`; `base_url` its origin alone; `is_home`: the account's own."""

    url: str = field(repr=False)
    host: str
    base_url: str
    is_home: bool


def place_of(vendor: Vendor, invoice: Invoice) -> Place:
    """Where the invoice's PDF is. Raises NoDocument with what the vendor offers instead, and AddressRefused."""
    document = vendor.document(invoice)
    if document is None:
        raise NoDocument(vendor.no_document or "this invoice names no PDF")
    account = vendor.account
    match document.kind:
        case DocumentKind.ENDPOINT:
            try:
                return checked(target(account.base_url, document.location), account)
            except Malformed as error:
                raise AddressRefused(error.what, error.remedy) from None
        case DocumentKind.REFERENCE:
            template = account.options.get("document_url", "")
            if not template:
                raise NoDocument(vendor.no_document or "this invoice's PDF is a reference without an address")
            # RFC 3986 resolves against a base whose last segment counts as a file unless it ends with a slash.
            return checked(urljoin(account.base_url, _filled(template, account, invoice, document.location)), account)
        case _:
            return checked(document.location, account)


def checked(url: object, account: Account) -> Place:
    """The address as a Place. Raises AddressRefused, in words that do not repeat it.

    https, and http for loopback alone; no user name; nothing that belongs to no address; no private, link-local or
    metadata network unless the account itself lives there or its document_hosts name the host. That urllib and httpx
    mean the same host by it is left to the transport, which is pinned to the origin found here.
    """
    if not isinstance(url, str) or not url:
        raise AddressRefused("the address of the document is missing")
    if len(url) > MAX_URL:
        raise AddressRefused(f"the address of the document is longer than {MAX_URL} characters")
    if _FORBIDDEN.search(url):
        raise AddressRefused("the address of the document has characters that do not belong there")
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise AddressRefused("the address of the document cannot be read") from None
    if parts.scheme not in ("https", "http"):
        scheme = parts.scheme if re.fullmatch("[a-z][a-z0-9+.-]{0,19}", parts.scheme) else "an address of no kind"
        raise AddressRefused(f"documents are fetched over https only, not {scheme}")
    if "@" in parts.netloc:
        raise AddressRefused("the address of the document carries a user name")
    if parts.scheme == "http" and host not in LOOPBACK:
        raise AddressRefused("documents are fetched over https only, and this link is http")
    try:
        base_url = base_address(f"{parts.scheme}://{parts.netloc}")
    except ConfigError as error:
        raise AddressRefused(f"the document lies nowhere we could ask: {error.what}") from None
    name = host_of(base_url)
    is_home = base_url == _origin(account.base_url)
    if not is_home and host not in LOOPBACK and name not in account.document_hosts and is_inside(host):
        raise AddressRefused(
            f"the document lies in a private network, on {name}",
            f'add "{name}" to document_hosts in the account if that is right',
        )
    # Letters outside ASCII in a path are legal in practice; no fragment is ever sent.
    return Place(quote(url.partition("#")[0], safe=_ASCII), name, base_url, is_home)


def host_name(text: str) -> str:
    """A host as a person gives it (`files.example.com`, with a port if it is not 443), as Place.host has it."""
    try:
        if "/" in text:
            raise ConfigError("a host has no slash")
        return host_of(f"https://{text}")
    except InvoicetuiError:
        raise UsageError(
            "that is not the name of a host", "write files.example.com, with its port if it is not 443"
        ) from None


def _origin(base_url: str) -> str:
    parts = urlsplit(base_address(base_url))
    return f"{parts.scheme}://{parts.netloc}"


def _filled(template: str, account: Account, invoice: Invoice, reference: str) -> str:
    values = {
        "organisation": account.options.get("organisation", ""),
        "file_ref": reference,
        "id": invoice.key,
    }
    for name in _FIELD.findall(template):
        # Dots are not percent-encoded, and a whole segment of them would climb.
        if name in values and values[name] in ("", ".", ".."):
            raise AddressRefused(f"the record's {name} cannot stand in document_url")
    return _FIELD.sub(lambda found: quote(values.get(found[1], found[0]), safe=""), template)
