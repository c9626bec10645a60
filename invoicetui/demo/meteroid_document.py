"""The PDF of an invoice that Halden Robotics issued through Meteroid."""

from __future__ import annotations

from decimal import Decimal

from invoicetui.demo.data import Record
from invoicetui.demo.documents import Item, Letter, amount, plain, printed
from invoicetui.demo.meteroid_records import digits_of

_STAMPS = {"PAID": "PAID", "VOID": "VOID"}


def document(record: Record) -> bytes:
    """The same bytes for the same record."""
    currency, who = record["currency"], record["customer_details"]
    digits, address = digits_of(currency), who["billing_address"]
    facts = [("Invoice no.", record["invoice_number"]), ("Date", record["invoice_date"])]
    if record["due_date"]:
        facts.append(("Due", record["due_date"]))
    facts += [(label, record[name]) for label, name in _REFERENCES if record[name]]
    sums = [("Subtotal", amount(record["subtotal"], currency, digits))]
    sums += [(coupon["name"], amount(-coupon["total"], currency, digits)) for coupon in record["coupons"]]
    for tax in record["tax_breakdown"]:
        reason = f" ({tax['exemption_type'].lower().replace('_', ' ')})" if tax["exemption_type"] else ""
        rate = f"{(Decimal(tax['tax_rate']) * 100).normalize():f} %"
        sums.append((f"{tax['name']} {rate}{reason}", amount(record["tax_amount"], currency, digits)))
    sums.append(("Total", amount(record["total"], currency, digits)))
    return printed(
        Letter(
            sender=("Halden Robotics GmbH", "Hafenstrasse 41, 70327 Stuttgart", "USt-IdNr. DE 811 907 566"),
            recipient=(who["name"], address["line1"], f"{address['zip_code']} {address['city']}", address["country"]),
            title="CREDIT" if record["total"] < 0 else "INVOICE",
            facts=facts,
            items=[item for line in record["line_items"] for item in _items(line, digits)],
            sums=sums,
            notes=(record["memo"] or "").splitlines(),
            stamp=_STAMPS.get(record["payment_status"]) or _STAMPS.get(record["status"], ""),
        )
    )


_REFERENCES = (("Purchase order", "purchase_order"), ("Reference", "reference"))


def _items(line: Record, digits: int) -> list[Item]:
    total = plain(line["amount_total"], digits)
    return [
        Item(line["name"], line["quantity"] or "", line["unit_price"] or "", total),
        *(Item(f"   {tier['name']}", tier["quantity"], tier["unit_price"], "") for tier in line["sub_line_items"]),
    ]
