"""The electronic invoice inside a PDF (Factur-X, ZUGFeRD 1 and 2): what it says, and whether that is what we were told.

Source: the UN/CEFACT Cross Industry Invoice that EN 16931 binds Factur-X to. Read with expat itself, event by event,
for xml.etree offers no way to refuse a document type before its entities are expanded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from xml.parsers import expat

from invoicetui.documents.pdfium import MAX_ATTACHMENT, Attachment
from invoicetui.errors import Malformed
from invoicetui.model import Invoice
from invoicetui.money import Money, iso_exponent
from invoicetui.text import clean

NAMES = ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml", "cii.xml")
_MAX_DEPTH, _MAX_TEXT = 100, 200
#: Ends of paths, local names only; those of ZUGFeRD 1 differ in their middle.
_DOCUMENT = ("ExchangedDocument", "HeaderExchangedDocument")
_SUMS = ("SpecifiedTradeSettlementHeaderMonetarySummation", "SpecifiedTradeSettlementMonetarySummation")
_AMOUNTS = {
    "TaxBasisTotalAmount": "subtotal",
    "TaxTotalAmount": "tax",
    "GrandTotalAmount": "total",
    "DuePayableAmount": "amount_due",
}


@dataclass(frozen=True, slots=True)
class EInvoice:
    """What the embedded invoice says; None where it does not. `kind` is UNTDID 1001: 380 invoice, 381 credit note."""

    number: str | None = None
    kind: str | None = None
    issued: date | None = None
    due: date | None = None
    currency: str | None = None
    subtotal: Money | None = None
    tax: Money | None = None
    total: Money | None = None
    amount_due: Money | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One thing that both the embedded invoice and the vendor's API say."""

    field: str
    embedded: str
    api: str

    @property
    def is_equal(self) -> bool:
        return self.embedded == self.api


def embedded(attachments: Iterable[Attachment]) -> EInvoice | None:
    """The electronic invoice among a PDF's attachments, None when there is none. Raises Malformed."""
    for attachment in attachments:
        if attachment.name.rpartition("/")[2].lower() in NAMES:
            if attachment.content is None:
                raise Malformed(f"the embedded invoice is larger than {MAX_ATTACHMENT // 2**20} MiB, or empty")
            return read(attachment.content)
    return None


def read(content: bytes) -> EInvoice:
    """Read a Cross Industry Invoice. Raises Malformed; a document type or an entity is refused unread."""
    if len(content) > MAX_ATTACHMENT:
        raise Malformed(f"the embedded invoice is larger than {MAX_ATTACHMENT // 2**20} MiB")
    reader = _Reader()
    reader.read(content)
    return reader.result()


def compare(found: EInvoice, invoice: Invoice) -> tuple[Comparison, ...]:
    """Everything that both say, in the order of a page; what only one of them says is no disagreement."""
    out = []
    for name in ("number", "issued", "due", "currency", "subtotal", "tax", "total", "amount_due"):
        inside, told = getattr(found, name), getattr(invoice, name)
        if inside is None or told is None:
            continue
        if isinstance(inside, Money) and isinstance(told, Money):
            # 12.5 and 12.50 are the same amount.
            exponent = max(inside.exponent, told.exponent)
            inside, told = (Money(one.minor_at(exponent), one.currency, exponent) for one in (inside, told))
        out.append(Comparison(name, str(inside), str(told)))
    return tuple(out)


class _Reader:
    """Follows expat through the document and keeps the few texts that are wanted."""

    def __init__(self) -> None:
        self._path: list[str] = []
        self._attributes: list[dict[str, str]] = []
        self._text: list[str] = []
        self._values: dict[str, str] = {}
        self._amounts: dict[str, list[tuple[str, str]]] = {}

    def read(self, content: bytes) -> None:
        parser = expat.ParserCreate(namespace_separator="}")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = _refuse
        parser.EntityDeclHandler = _refuse
        parser.ExternalEntityRefHandler = _refuse
        parser.buffer_text = True
        try:
            parser.Parse(content, True)
        except expat.ExpatError as error:
            raise Malformed(f"the embedded invoice is no XML: {error}") from None
        except (LookupError, ValueError):
            raise Malformed("the embedded invoice is in no encoding we know") from None

    def result(self) -> EInvoice:
        currency = self._values.get("currency")
        exponent = iso_exponent(currency or "") or 0
        amounts = {}
        for name, found in self._amounts.items():
            # The tax may stand twice: in the invoice's currency, and in the one its tax is accounted in.
            fitting = [text for text, code in found if code in ("", currency)]
            amounts[name] = _money(fitting[0], currency or "", exponent) if fitting else None
        return EInvoice(
            number=self._values.get("number"),
            kind=self._values.get("kind"),
            issued=_day(self._values.get("issued")),
            due=_day(self._values.get("due")),
            currency=currency,
            **amounts,
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._path) >= _MAX_DEPTH:
            raise Malformed("the embedded invoice is nested too deeply")
        self._path.append(name.rpartition("}")[2])
        self._attributes.append(attributes)
        self._text.clear()

    def _characters(self, text: str) -> None:
        if sum(map(len, self._text)) < _MAX_TEXT:
            self._text.append(text)

    def _end(self, _name: str) -> None:
        attributes, text = self._attributes.pop(), clean("".join(self._text).strip(), _MAX_TEXT)
        if text:
            self._take(self._path, attributes, text)
        self._path.pop()
        self._text.clear()

    def _take(self, path: list[str], attributes: dict[str, str], text: str) -> None:
        match path[-3:]:
            case [_, holder, "ID"] if holder in _DOCUMENT:
                self._values.setdefault("number", text)
            case [_, holder, "TypeCode"] if holder in _DOCUMENT:
                self._values.setdefault("kind", text)
            case [holder, "IssueDateTime", "DateTimeString"] if holder in _DOCUMENT:
                self._values.setdefault("issued", f"{attributes.get('format', '')}:{text}")
            case ["SpecifiedTradePaymentTerms", "DueDateDateTime", "DateTimeString"]:
                self._values.setdefault("due", f"{attributes.get('format', '')}:{text}")
            case [_, _, "InvoiceCurrencyCode"]:
                self._values.setdefault("currency", text.upper())
            case [_, holder, name] if holder in _SUMS and name in _AMOUNTS:
                self._amounts.setdefault(_AMOUNTS[name], []).append((text, attributes.get("currencyID", "").upper()))


def _refuse(*_: object) -> int:
    raise Malformed("the embedded invoice declares a document type or entities, which no invoice needs")


def _day(found: str | None) -> date | None:
    """A calendar day in format 102, YYYYMMDD; the others name months and weeks."""
    form, _, text = (found or "").partition(":")
    if form not in ("102", "") or len(text) != 8 or not (text.isascii() and text.isdigit()):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _money(text: str, currency: str, exponent: int) -> Money | None:
    try:
        return Money.of_decimal(Decimal(text), currency, exponent)
    except InvalidOperation:
        return None
