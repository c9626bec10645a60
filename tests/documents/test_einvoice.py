"""The electronic invoice inside: read, compared, and nothing expanded."""

from __future__ import annotations

from datetime import date

import pytest
from fpdf import FPDF

from invoicetui.documents.einvoice import compare, embedded, read
from invoicetui.documents.pdfium import MAX_ATTACHMENT, Attachment, Pdf
from invoicetui.errors import Malformed
from invoicetui.money import Money
from tests.documents.desk import invoice
from tests.servers.pdf import pdf as plain

CII = """<?xml version="1.0" encoding="{encoding}"?>{doctype}
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
 xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
 xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">
<rsm:ExchangedDocument><ram:ID>INV-7</ram:ID><ram:TypeCode>380</ram:TypeCode>
<ram:IssueDateTime><udt:DateTimeString format="102">20260331</udt:DateTimeString></ram:IssueDateTime>
<ram:IncludedNote><ram:Content>not the number</ram:Content></ram:IncludedNote></rsm:ExchangedDocument>
<rsm:SupplyChainTradeTransaction>
<ram:IncludedSupplyChainTradeLineItem><ram:AssociatedDocumentLineDocument><ram:LineID>1</ram:LineID>
</ram:AssociatedDocumentLineDocument></ram:IncludedSupplyChainTradeLineItem>
<ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
<ram:SpecifiedTradePaymentTerms><ram:DueDateDateTime><udt:DateTimeString format="102">20260430</udt:DateTimeString>
</ram:DueDateDateTime></ram:SpecifiedTradePaymentTerms>
<ram:SpecifiedTradeSettlementHeaderMonetarySummation>
<ram:LineTotalAmount>10.00</ram:LineTotalAmount><ram:TaxBasisTotalAmount>10.00</ram:TaxBasisTotalAmount>
<ram:TaxTotalAmount currencyID="HUF">812</ram:TaxTotalAmount>
<ram:TaxTotalAmount currencyID="EUR">2.1</ram:TaxTotalAmount>
<ram:GrandTotalAmount>12.10</ram:GrandTotalAmount><ram:DuePayableAmount>12.10</ram:DuePayableAmount>
</ram:SpecifiedTradeSettlementHeaderMonetarySummation></ram:ApplicableHeaderTradeSettlement>
</rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>"""


def cii(doctype: str = "", encoding: str = "UTF-8", text: str = CII) -> bytes:
    return text.format(encoding=encoding, doctype=doctype).encode(encoding)


def eur(minor: int) -> Money:
    return Money(minor, "EUR", 2)


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16", "ISO-8859-1"])
def test_what_it_says(encoding: str) -> None:
    found = read(cii(encoding=encoding))
    assert (found.number, found.kind, found.currency) == ("INV-7", "380", "EUR")
    assert (found.issued, found.due) == (date(2026, 3, 31), date(2026, 4, 30))
    assert (found.subtotal, found.tax, found.total, found.amount_due) == (eur(1000), eur(210), eur(1210), eur(1210))


def test_the_names_of_zugferd_1() -> None:
    old = CII.replace("ExchangedDocument>", "HeaderExchangedDocument>").replace(
        "SpecifiedTradeSettlementHeaderMonetarySummation", "SpecifiedTradeSettlementMonetarySummation"
    )
    found = read(cii(text=old))
    assert (found.number, found.total, found.issued) == ("INV-7", eur(1210), date(2026, 3, 31))


def test_only_what_both_say_is_compared() -> None:
    told = invoice(None, total=Money(12100, "EUR", 3), amount_due=eur(0), currency="EUR")
    found = {one.field: one for one in compare(read(cii()), told)}
    assert list(found) == ["number", "issued", "currency", "total", "amount_due"]
    assert [name for name, one in found.items() if not one.is_equal] == ["amount_due"]
    assert (found["amount_due"].embedded, found["amount_due"].api) == ("EUR 12.10", "EUR 0.00")


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "content",
    [
        cii(ENTITIES, text=CII.replace("INV-7", "&b;")),
        cii('<!DOCTYPE x SYSTEM "file:///etc/passwd">'),
        cii('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>', text=CII.replace("INV-7", "&e;")),
        cii("<!DOCTYPE x>"),
        cii(ENTITIES, "UTF-16"),
    ],
    ids=["laughs", "system", "external", "bare", "utf-16"],
)
def test_document_types_and_entities_are_refused(content: bytes) -> None:
    with pytest.raises(Malformed, match="document type or entities"):
        read(content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no XML"),
        (b"<a><b></a>", "no XML"),
        (b"<a>" * 200, "nested too deeply"),
        (b"<?xml version='1.0' encoding='klingon'?><a/>", "no XML|no encoding"),
        (b"<" + b"a" * (MAX_ATTACHMENT + 1), "larger than 5 MiB"),
    ],
)
def test_nonsense_is_malformed(content: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        read(content)


def test_unreadable_values_are_unknown_and_text_is_clean() -> None:
    found = read(cii(text=CII.replace("12.10", "twelve").replace("20260331", "20261399").replace("INV-7", "I\u202eNV")))
    assert (found.total, found.issued, found.number) == (None, None, "INV")


def test_it_is_found_among_the_attachments_of_a_real_pdf() -> None:
    pdf = FPDF()
    pdf.add_page()
    pdf.embed_file(bytes=b"other", basename="notes.txt")
    pdf.embed_file(bytes=cii(), basename="factur-x.xml")
    with Pdf(bytes(pdf.output())) as document:
        found = document.attachments()
    assert [one.name for one in found] == ["notes.txt", "factur-x.xml"]
    inside = embedded(found)
    assert inside is not None
    assert inside.total == eur(1210)


def test_one_that_is_too_large_is_refused_and_none_is_none() -> None:
    pdf = FPDF()
    pdf.add_page()
    pdf.embed_file(bytes=b" " * (MAX_ATTACHMENT + 1), basename="factur-x.xml")
    with Pdf(bytes(pdf.output())) as document, pytest.raises(Malformed, match="larger than 5 MiB"):
        embedded(document.attachments())
    with Pdf(plain("no attachment")) as document:
        assert document.attachments() == ()
    assert embedded([Attachment("other.xml", b"<a/>")]) is None
