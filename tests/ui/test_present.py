"""An invoice as text: whole, aligned, within its width, and without markup."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.content import Content
from textual.widgets import Static

from invoicetui.model import (
    Account,
    Discount,
    Document,
    DocumentKind,
    Invoice,
    Kind,
    Lifecycle,
    Line,
    Payment,
    PaymentRecord,
    Side,
    Tax,
)
from invoicetui.money import Money
from invoicetui.ui import present

TODAY = date(2026, 4, 26)
ACCOUNT = Account("shop", "meteroid", "The shop", Side.ISSUED, "https://meteroid.example.com")


def usd(minor: int) -> Money:
    return Money(minor, "USD", 2)


FULL = Invoice(
    "shop", "meteroid", "inv_key_1", "A-2026-014", "Wile E. Coyote", "cus_77", "sub_88", Kind.CREDIT_NOTE,
    Lifecycle.ISSUED, Payment.PARTIAL, "partially_paid", date(2026, 3, 1), date(2026, 4, 1),
    datetime(2026, 3, 9, 12, 30, tzinfo=timezone(timedelta(hours=2))), date(2026, 2, 1), date(2026, 2, 28), "USD",
    usd(1_000_00), usd(234_50), usd(-5_00), usd(1_234_50), usd(34_50),
    lines=(
        Line(
            "Outbound calls", "to the moon", Decimal("1200"), Decimal("0.0125"), usd(15_00), "20 %", date(2026, 2, 1),
            date(2026, 2, 14), (Line("of these at night", quantity=Decimal("7.5"), sublines=(Line("deepest"),)),),
        ),
        Line("Seats"),
    ),
    taxes=(Tax("VAT", "20 %", usd(1_172_50), usd(234_50), "reverse charge"),),
    discounts=(Discount("Spring", usd(-5_00), "SPRING26"),),
    payments=(
        PaymentRecord("pay_1", "payment", "failed", usd(1_200_00), datetime(2026, 3, 9, tzinfo=UTC), "Visa 4242",
                      "ref_9", "card declined"),
    ),
    usage={"minutes": 120_000, "storage_gb": Decimal("1.5"), "plan": "pro"},
    memo="Thank you.\nPay soon.",
    instants={"finalized": datetime(2026, 3, 2, 1, 2, 3, 456000, tzinfo=UTC)},
    metadata={"purchase_order": "PO-5", "portal": "https://pay.example.com/s3cret?token=s3cret"},
    document=Document(DocumentKind.URL, "https://files.example.com/s3cret.pdf?sig=s3cret"),
)  # fmt: skip
BARE = Invoice("shop", "meteroid", "k1")


def everything(invoice: Invoice, width: int = 80) -> dict[str, Content]:
    return {
        "summary": present.summary(invoice, ACCOUNT, TODAY, width),
        "lines": present.lines(invoice, width),
        "taxes": present.taxes_and_payments(invoice, width),
        "usage": present.usage(invoice, width),
    }


def test_the_summary() -> None:
    assert present.summary(FULL, ACCOUNT, TODAY, 80).plain.splitlines() == [
        "A-2026-014",
        'overdue for 25 days by its due date, though the vendor says "partially_paid"',
        "",
        "Amounts",
        "Subtotal          USD 1,000.00",
        "Discount             USD -5.00",
        "Tax                 USD 234.50",
        "Total             USD 1,234.50",
        "Still due            USD 34.50",
        "",
        "Dates",
        "Issued            2026-03-01",
        "Due               2026-04-01",
        "Paid              2026-03-09 10:30:00 UTC",
        "Period            2026-02-01 to 2026-02-28",
        "finalized         2026-03-02 01:02:03.456000 UTC",
        "",
        "Parties",
        "Account           The shop (shop)",
        "Vendor            meteroid",
        "Side              issued",
        "Customer          Wile E. Coyote",
        "Customer id       cus_77",
        "Subscription      sub_88",
        "",
        "Record",
        "Key               inv_key_1",
        "Number            A-2026-014",
        "Kind              credit note",
        "Lifecycle         issued",
        "Payment           partial",
        "Vendor's status   partially_paid",
        "Currency          USD",
        "Document          https://files.example.com/…",
        "",
        "Memo",
        "Thank you.",
        "Pay soon.",
        "",
        "Also in the record",
        "purchase_order    PO-5",
        "portal            https://pay.example.com/…",
    ]


def test_the_lines() -> None:
    assert present.lines(FULL, 60).plain.splitlines()[:9] == [
        "Outbound calls                                     USD 15.00",
        "  quantity 1,200, at 0.0125, tax 20 %, for",
        "  2026-02-01..2026-02-14",
        "  to the moon",
        "  of these at night                                      n/a",
        "    quantity 7.5, at n/a, tax n/a, for n/a",
        "    deepest                                              n/a",
        "      quantity n/a, at n/a, tax n/a, for n/a",
        "Seats                                                    n/a",
    ]


def test_taxes_discounts_and_payments() -> None:
    assert present.taxes_and_payments(FULL, 60).plain.splitlines() == [
        "Taxes",
        "VAT                                               USD 234.50",
        "  rate 20 %, on USD 1,172.50, exemption reverse charge",
        "",
        "Discounts",
        "Spring                                             USD -5.00",
        "  reference SPRING26",
        "",
        "Payments",
        "payment failed                                  USD 1,200.00",
        "  at 2026-03-09 00:00:00 UTC, method Visa 4242, error card",
        "  declined",
        "  reference ref_9, id pay_1",
        "Still due         USD 34.50",
    ]


def test_usage() -> None:
    assert present.usage(FULL, 40).plain.splitlines() == [
        "minutes                          120,000",
        "storage_gb                           1.5",
        "plan                                 pro",
    ]


def test_an_invoice_of_which_nothing_is_known_says_so() -> None:
    pages = everything(BARE)
    assert pages["summary"].plain.startswith("no number (k1)\nunknown; the vendor gives no status\n")
    for label in ("Subtotal", "Total", "Still due", "Issued", "Due", "Paid", "Period", "Customer", "Currency"):
        (line,) = [line for line in pages["summary"].plain.splitlines() if line.startswith(f"{label:<18}")]
        assert line.endswith(" n/a"), label
    assert "none in the record" in pages["summary"].plain
    assert "no lines" in pages["lines"].plain
    assert "tax in all: n/a" in pages["taxes"].plain
    assert "nothing about usage" in pages["usage"].plain
    assert "None" not in "".join(page.plain for page in pages.values())
    assert "0.00" not in "".join(page.plain for page in pages.values()), "unknown is not zero"


def test_of_what_cannot_be_read_the_reason_is_shown_with_the_record() -> None:
    broken = Invoice(
        "shop", "meteroid", "unreadable-0123456789ab", problem="expected a string, got [\x1b[2Jint] at $.id"
    )
    text = present.unreadable(broken, ACCOUNT, b'{"id": 7, "link": "https://pay.example.com/s3cret"}', None, 80).plain
    assert text.splitlines() == [
        "This record cannot be read",
        "expected a string, got [\ufffd[2Jint] at $.id.",
        "Nothing is known of its dates and amounts, and no sum counts it.",
        "",
        "Record",
        "Account           The shop (shop)",
        "Vendor            meteroid",
        "Key               unreadable-0123456789ab",
        "",
        "As the vendor sent it",
        "{",
        '  "id": 7,',
        '  "link": "https://pay.example.com/\u2026"',
        "}",
    ]


def test_every_field_of_the_model_is_shown_somewhere() -> None:
    text = "\n".join(page.plain for page in everything(FULL, 200).values())
    shown = {
        "account": "(shop)", "vendor": "meteroid", "key": "inv_key_1", "number": "A-2026-014",
        "customer": "Wile E. Coyote", "customer_id": "cus_77", "subscription": "sub_88", "kind": "credit note",
        "lifecycle": "issued", "payment": "partial", "vendor_status": "partially_paid", "issued": "2026-03-01",
        "due": "2026-04-01", "paid_at": "2026-03-09 10:30:00", "period_start": "2026-02-01",
        "period_end": "2026-02-28", "currency": "Currency          USD", "subtotal": "1,000.00", "tax": "234.50",
        "discount": "-5.00", "total": "1,234.50", "amount_due": "34.50", "lines": "deepest", "taxes": "reverse charge",
        "discounts": "SPRING26", "payments": "card declined", "usage": "storage_gb", "memo": "Pay soon.",
        "instants": "finalized", "metadata": "PO-5", "document": "files.example.com",
    }  # fmt: skip
    assert set(shown) == {field.name for field in fields(Invoice)} - {"problem"}, "that stands where all this does not"
    for name, words in shown.items():
        assert words in text, name
    for part in (*FULL.lines, *FULL.lines[0].sublines, *FULL.taxes, *FULL.discounts, *FULL.payments):
        for field in fields(part):
            value = getattr(part, field.name)
            if isinstance(value, str) and value:
                assert value in text, field.name
            elif isinstance(value, Money):
                assert str(value) in text, field.name
    assert "s3cret" not in text


@pytest.mark.parametrize("width", [20, 30, 47, 80, 160])
def test_no_line_is_wider_than_its_pane(width: int) -> None:
    long = "請求書の明細 " * 30 + "x" * 200
    invoice = Invoice(
        "shop", "meteroid", long, long, long, vendor_status=long, memo=f"{long}\n\n{long}", total=usd(10**25),
        lines=(Line(long, long, total=usd(10**25), sublines=(Line(long, sublines=(Line(long),)),)),),
        taxes=(Tax(long, long, usd(1), usd(10**25), long),), discounts=(Discount(long, None, long),),
        payments=(PaymentRecord(long, long, long, usd(1), None, long, long, long),), usage={long: long, "n": 10**40},
        instants={long: datetime(2026, 1, 1, tzinfo=UTC)}, metadata={long: long},
    )  # fmt: skip
    for name, page in everything(invoice, width).items():
        for line in page.plain.split("\n"):
            assert cell_len(line) <= width, (name, line)
        assert page.plain.count("x") >= 150, name


def test_amounts_stand_below_one_another() -> None:
    lines = present.lines(FULL, 70).plain.splitlines()
    assert {len(line) for line in lines if line.endswith(("USD 15.00", "n/a")) and "quantity" not in line} == {70}
    sums = lines[lines.index("Sum") + 1 :]
    assert len({len(line) for line in sums}) == 1


@pytest.mark.parametrize(
    ("word", "changes", "said"),
    [
        ("overdue", {}, 'overdue for 25 days; the vendor says "overdue"'),
        ("PAST_DUE", {}, 'overdue for 25 days; the vendor says "PAST_DUE"'),
        (None, {}, "overdue for 25 days; the vendor gives no status"),
        ("open", {}, 'overdue for 25 days by its due date, though the vendor says "open"'),
        ("open", {"due": TODAY - timedelta(1)}, 'overdue for 1 day by its due date, though the vendor says "open"'),
        ("overdue", {"due": TODAY}, 'open, though the vendor says "overdue"'),
        ("OVERDUE", {"payment": Payment.PAID}, 'paid, though the vendor says "OVERDUE"'),
        ("settled", {"payment": Payment.PAID}, 'paid; the vendor says "settled"'),
        ("late [/]", {}, 'overdue for 25 days; the vendor says "late [/]"'),
    ],
)
def test_the_vendors_word_stands_beside_ours(word: str | None, changes: dict[str, object], said: str) -> None:
    values: dict[str, object] = {"due": date(2026, 4, 1), "payment": Payment.UNPAID, **changes}
    invoice = Invoice(
        "shop", "meteroid", "k", vendor_status=word, lifecycle=Lifecycle.ISSUED, amount_due=usd(5), **values
    )  # type: ignore[arg-type]  # a mapping of fields
    assert present.summary(invoice, ACCOUNT, TODAY, 100).plain.splitlines()[1] == said


@pytest.mark.parametrize(
    ("document", "shown"),
    [
        (Document(DocumentKind.ENDPOINT, "/invoices/7/download?token=s3cret"), "endpoint /invoices/7/download"),
        (Document(DocumentKind.REFERENCE, "0f" * 8), "reference " + "0f" * 8),
        (Document(DocumentKind.URL, "https://u:s3cret@a.example/s3cret"), "https://a.example/…"),
        (None, "none in the record"),
    ],
)
def test_where_the_document_is_gives_no_secret_away(document: Document | None, shown: str) -> None:
    page = present.summary(Invoice("shop", "meteroid", "k", document=document), ACCOUNT, TODAY, 100).plain
    assert f"Document          {shown}\n" in page + "\n"
    assert "s3cret" not in page


def test_numbers_dates_and_periods() -> None:
    assert [present.number(value) for value in (1200, Decimal("1200.50"), Decimal("-0.00001"), Decimal("1E+5"))] == [
        "1,200", "1,200.50", "-0.00001", "100,000",
    ]  # fmt: skip
    assert present.number(Decimal("1E+1000000")) == "1E+1000000"
    assert present.number(Decimal("NaN")) == "NaN"
    assert present.period(None, None) == "n/a"
    assert present.period(date(2028, 2, 1), date(2028, 2, 29)) == "2028-02"
    assert present.period(date(2027, 1, 1), date(2027, 1, 31)) == "2027-01"
    assert present.period(date(9999, 12, 1), date.max) == "9999-12"
    assert present.period(date(2027, 1, 1), date(2027, 3, 31)) == "2027-01-01..2027-03-31"
    assert present.period(date(2027, 2, 1), date(2027, 2, 27)) == "2027-02-01..2027-02-27"
    assert present.period(date(2027, 2, 1), date(2028, 2, 28)) == "2027-02-01..2028-02-28"
    assert present.period(date(2027, 2, 1), None) == "2027-02-01.."
    assert present.moment(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5)))) == "0001-01-01 00:00:00+05:00"
    assert present.moment(datetime(2026, 1, 1)) == "2026-01-01 00:00:00"
    assert present.amount(Money(-5, "JPY", 0)) == "JPY -5"


def test_the_raw_record_shows_both_answers() -> None:
    assert present.raw(b'{"a":1}', None).plain == '{\n  "a": 1\n}'
    both = present.raw(b'{"a":1}', b'{"b":2}').plain
    assert both.index('"b": 2') < both.index("As the list gave it") < both.index('"a": 1')


async def test_brackets_in_vendor_text_are_no_markup() -> None:
    evil = "[/] [@click=app.quit]x[/] [bold"
    invoice = Invoice(
        "shop", "meteroid", "k", evil, evil, memo=evil, vendor_status=evil, lines=(Line(evil, evil + "2"),),
        taxes=(Tax(evil),), usage={evil: evil}, metadata={evil: evil},
    )  # fmt: skip

    class Pages(App[None]):
        def compose(self) -> ComposeResult:
            for page in [*everything(invoice).values(), present.raw(b'["[/] [bold"]', None)]:
                yield Static(page, markup=False)

    app = Pages()
    async with app.run_test(size=(100, 120)) as pilot:
        await pilot.pause()
        for widget in app.query(Static):
            text = "\n".join(strip.text for strip in widget.render_lines(widget.size.region))
            assert "[/] [" in text
