"""Invoices as text: cells for the list, Content for the detail. Vendor text is styled here and nowhere else.

Content is built from plain strings, never from markup, so that a bracket in a vendor's name stays a bracket.
Everything an invoice holds is shown by one of `summary`, `lines`, `taxes_and_payments` and `usage`; what the vendor
does not say is `n/a`. Widths are in cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content

from invoicetui.standing import DocumentKind, Status
from invoicetui.text import clean, steady
from invoicetui.ui.columns import Fitted, fit

if TYPE_CHECKING:
    from invoicetui.account import Account
    from invoicetui.ledger.store import Row
    from invoicetui.model import Invoice, Line
    from invoicetui.money import Money

UNKNOWN = "n/a"
#: Amounts stand at most this far to the right: further away from its label a number is hard to read.
_WIDEST = 100
_LABELS = 16
# What vendors call an invoice whose due date has passed.
_LATE_WORDS = ("overdue", "past_due", "past due", "late")


def cells(row: Row, columns: Sequence[Fitted], today: date, labels: Mapping[str, str]) -> tuple[str, ...]:
    """A row's text in each of `columns`, not yet cut or padded; `labels` are the accounts' by id."""
    return tuple(steady(_CELLS[column.name](row, width, today, labels)) for column, width in columns)


_CELLS: dict[str, Callable[[Row, int, date, Mapping[str, str]], str]] = {
    "date": lambda row, width, today, labels: day(row.issued)[5 if width < 10 and row.issued else 0 :],
    "account": lambda row, width, today, labels: clean(labels.get(row.account, row.account), 200),
    "vendor": lambda row, width, today, labels: row.vendor,
    "number": lambda row, width, today, labels: clean(_number(row), 200),
    "customer": lambda row, width, today, labels: clean(row.customer or row.customer_id or UNKNOWN, 200),
    "period": lambda row, width, today, labels: period(row.period_start, row.period_end),
    "status": lambda row, width, today, labels: row.status(today).short,
    "total": lambda row, width, today, labels: _narrowed(row.total, width),
    "open": lambda row, width, today, labels: _narrowed(row.amount_due, width),
    "due": lambda row, width, today, labels: day(row.due),
}


def _number(row: Row) -> str:
    """The vendor's number; where it has none, the period it bills, or the key it goes by."""
    if row.number:
        return row.number
    billed = period(row.period_start, row.period_end)
    is_by_period = row.period_start is not None and row.key.startswith(row.period_start.isoformat())
    return f"({billed})" if is_by_period else row.key


def _narrowed(money: Money | None, width: int) -> str:
    """An amount with its grouping given up before its digits."""
    text = amount(money)
    if money is None or len(text) <= width:
        return text
    return f"{money.currency} {money.digits(grouped=False)}".strip()


def amount(money: Money | None) -> str:
    """`USD 1,234.50`."""
    return UNKNOWN if money is None else str(money)


def day(value: date | None) -> str:
    return UNKNOWN if value is None else value.isoformat()


def moment(value: datetime | None) -> str:
    """An instant in UTC, as exact as it came."""
    if value is None:
        return UNKNOWN
    if value.tzinfo is None:
        return value.isoformat(" ")
    try:
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ") + " UTC"
    except OverflowError:
        return value.isoformat(" ")


def number(value: Decimal | int) -> str:
    """A plain number, grouped: `1,200`, `0.0125`. One absurdly large or small keeps its exponent."""
    if isinstance(value, Decimal) and (not value.is_finite() or abs(value.adjusted()) > 40):
        return str(value)
    return f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"


def period(start: date | None, end: date | None) -> str:
    """`2026-03` for a calendar month, else both days, which are both included."""
    if start is None and end is None:
        return UNKNOWN
    if start is not None and end is not None and start.day == 1:
        is_last = end.day == 31 or (end + timedelta(days=1)).day == 1
        if is_last and end.replace(day=1) == start:
            return start.isoformat()[:7]
    return f"{start.isoformat() if start else ''}..{end.isoformat() if end else ''}"


def summary(invoice: Invoice, account: Account, today: date, width: int) -> Content:
    """What it is, what it costs, when it is due; then everything else there is to know about the record."""
    from invoicetui.raw_json import mask_links

    page = _Page(width)
    page.title(invoice.number or f"no number ({invoice.key})")
    page.text(_standing(invoice, today), "bold" if invoice.is_overdue(today) else "")
    page.problem(invoice)
    page.heading("Amounts")
    page.amounts(_sums(invoice))
    page.heading("Dates")
    page.field("Issued", day(invoice.issued))
    page.field("Due", day(invoice.due))
    page.field("Paid", moment(invoice.paid_at))
    page.field("Period", _both_days(invoice.period_start, invoice.period_end))
    for name, at in invoice.instants.items():
        page.field(name, moment(at))
    page.heading("Parties")
    page.field("Account", _named(account))
    page.field("Vendor", invoice.vendor)
    page.field("Side", account.side.value)
    page.field("Customer", invoice.customer)
    page.field("Customer id", invoice.customer_id)
    page.field("Subscription", invoice.subscription)
    page.heading("Record")
    page.field("Key", invoice.key)
    page.field("Number", invoice.number)
    page.field("Kind", invoice.kind.value.replace("_", " "))
    page.field("Lifecycle", invoice.lifecycle.value)
    page.field("Payment", invoice.payment.value)
    page.field("Vendor's status", invoice.vendor_status)
    page.field("Currency", invoice.currency)
    page.field("Document", _document(invoice))
    if invoice.memo is not None:
        page.heading("Memo")
        page.text(invoice.memo)
    if invoice.metadata:
        page.heading("Also in the record")
        for name, value in invoice.metadata.items():
            page.field(name, mask_links(value))
    return page.content()


def unreadable(invoice: Invoice, account: Account, record: bytes, raw_detail: bytes | None, width: int) -> Content:
    """A record that could not be read: why, whose it is, and the record itself, in place of everything else."""
    page = _Page(width)
    page.title("This record cannot be read")
    page.text(f"{invoice.problem or UNKNOWN}.")
    page.text("Nothing is known of its dates and amounts, and no sum counts it.")
    page.heading("Record")
    page.field("Account", _named(account))
    page.field("Vendor", invoice.vendor)
    page.field("Key", invoice.key)
    page.heading("As the vendor sent it")
    return Content("\n").join([page.content(), raw(record, raw_detail)])


def lines(invoice: Invoice, width: int) -> Content:
    """What is billed, line by line with sub-lines indented, and what it comes to."""
    page = _Page(width)
    page.problem(invoice)
    if not invoice.lines and invoice.problem is None:
        page.text("The record has no lines.")
    for line in invoice.lines:
        _line(page, line, 0)
    page.heading("Sum")
    page.amounts(_sums(invoice))
    return page.content()


def taxes_and_payments(invoice: Invoice, width: int) -> Content:
    """Taxes, discounts, payments and refunds."""
    page = _Page(width)
    page.problem(invoice)
    no = "The record lists no" if invoice.problem is None else "Nothing can be read of the record's"
    page.heading("Taxes")
    for tax in invoice.taxes:
        page.entry(tax.name or "tax", tax.amount)
        page.details((("rate", tax.rate), ("on", amount(tax.base)), ("exemption", tax.exemption)))
    if not invoice.taxes:
        page.text(f"{no} taxes; tax in all: {amount(invoice.tax)}")
    page.heading("Discounts")
    for discount in invoice.discounts:
        page.entry(discount.name or "discount", discount.amount)
        page.details((("reference", discount.reference),))
    if not invoice.discounts:
        page.text(f"{no} discounts; discount in all: {amount(invoice.discount)}")
    page.heading("Payments")
    for payment in invoice.payments:
        page.entry(" ".join(filter(None, (payment.kind, payment.status))) or "payment", payment.amount)
        page.details((("at", moment(payment.at)), ("method", payment.method), ("error", payment.error)))
        page.details((("reference", payment.reference), ("id", payment.id)))
    if not invoice.payments:
        page.text(f"{no} payments; paid: {moment(invoice.paid_at)}")
    page.amounts((("Still due", invoice.amount_due),))
    return page.content()


def usage(invoice: Invoice, width: int) -> Content:
    """What was used, by the vendor's own names."""
    from invoicetui.raw_json import mask_links

    page = _Page(width)
    page.problem(invoice)
    if not invoice.usage and invoice.problem is None:
        page.text("The record says nothing about usage.")
    for name, value in invoice.usage.items():
        page.pair(name, mask_links(value) if isinstance(value, str) else number(value))
    return page.content()


def raw(record: bytes, raw_detail: bytes | None) -> Content:
    """The record as it came in the list and, if it was asked for, alone; escaped, links masked."""
    from invoicetui.raw_json import raw_text

    parts: list[Content] = []
    if raw_detail is not None:
        parts = [Content.styled("As the vendor's detail gives it", "bold"), Content(raw_text(raw_detail)), Content("")]
        parts.append(Content.styled("As the list gave it", "bold"))
    return Content("\n").join([*parts, Content(raw_text(record))])


def sections(parts: Iterable[tuple[str, Iterable[tuple[str, str]]]], width: int) -> Content:
    """Headings, each with labels and what is to be said of them, wrapping below itself."""
    page = _Page(width)
    for heading, fields in parts:
        page.heading(heading)
        for label, value in fields:
            page.field(label, value)
    return page.content()


def fields(found: Mapping[str, str], width: int) -> Content:
    """Labels and values, wrapping below themselves."""
    page = _Page(width)
    for label, value in found.items():
        page.field(label, value)
    return page.content()


def no_document(why: str, what: str, remedy: str, width: int) -> Content:
    """Why there is no PDF to see."""
    page = _Page(width)
    page.title(f"No PDF: {why}")
    page.text(what)
    if remedy:
        page.text(remedy)
    return page.content()


def _sums(invoice: Invoice) -> tuple[tuple[str, Money | None], ...]:
    return (
        ("Subtotal", invoice.subtotal),
        ("Discount", invoice.discount),
        ("Tax", invoice.tax),
        ("Total", invoice.total),
        ("Still due", invoice.amount_due),
    )


def _named(account: Account) -> str:
    return f"{account.label} ({account.id})" if account.label != account.id else account.id


def _standing(invoice: Invoice, today: date) -> str:
    """The status, the vendor's own word, and which of the two a date decided when they disagree."""
    status, word = invoice.status(today), invoice.vendor_status
    says = f'the vendor says "{word}"' if word else "the vendor gives no status"
    is_late_there = word is not None and any(late in word.casefold() for late in _LATE_WORDS)
    if status is Status.OVERDUE and invoice.due is not None:
        days = (today - invoice.due).days
        late = f"{status.value} for {days} {'day' if days == 1 else 'days'}"
        return f"{late}; {says}" if is_late_there or not word else f"{late} by its due date, though {says}"
    if is_late_there:
        return f"{status.value}, though {says}"
    return f"{status.value}; {says}"


def _both_days(start: date | None, end: date | None) -> str:
    return UNKNOWN if start is None and end is None else f"{day(start)} to {day(end)}"


def _document(invoice: Invoice) -> str:
    from invoicetui.raw_json import mask_links

    document = invoice.document
    if document is None:
        return "none in the record"
    if document.kind is DocumentKind.URL:
        return mask_links(clean(document.location))
    path = clean(document.location).partition("?")[0]
    return f"{document.kind.value} {mask_links(path)}"


def _line(page: _Page, line: Line, depth: int) -> None:
    indent = min(depth, 8) * 2
    page.entry(line.name or "unnamed", line.total, indent)
    quantity, price = (UNKNOWN if value is None else number(value) for value in (line.quantity, line.unit_price))
    facts = (("quantity", quantity), ("at", price), ("tax", line.tax_rate), ("for", period(line.start, line.end)))
    page.details(facts, indent)
    if line.description and line.description != line.name:
        page.text(line.description, "dim", indent + 2)
    for subline in line.sublines:
        _line(page, subline, depth + 1)


class _Page:
    """Lines of Content, at most `width` cells wide each."""

    def __init__(self, width: int) -> None:
        self._width = max(20, width)
        self._right = min(self._width, _WIDEST)
        self._lines: list[Content] = []

    def content(self) -> Content:
        return Content("\n").join(self._lines)

    def title(self, text: str) -> None:
        self.text(text, "bold")

    def heading(self, text: str) -> None:
        if self._lines:
            self._lines.append(Content(""))
        self.text(text, "bold")

    def text(self, text: str, style: str = "", indent: int = 0) -> None:
        for paragraph in text.split("\n"):
            for line in wrapped(paragraph, self._width - indent):
                self._lines.append(_indented(line, indent, style))

    def problem(self, invoice: Invoice) -> None:
        """Why not everything is shown."""
        if invoice.problem is not None:
            self.text(f"Not all of this record can be read: {invoice.problem}.")

    def field(self, label: str, value: str | None) -> None:
        """A label and its value, which wraps below itself."""
        start = f"{label}  " if cell_len(label) > _LABELS else fit(label, _LABELS + 2)
        room = self._width - cell_len(start)
        if room < 14:
            self.text(label, "dim")
            start, room = "  ", self._width - 2
        for at, line in enumerate(wrapped(value or UNKNOWN, room)):
            lead = start if at == 0 else " " * cell_len(start)
            self._lines.append(Content.assemble((lead, "dim"), line))

    def amounts(self, rows: Iterable[tuple[str, Money | None]]) -> None:
        """Labels, and amounts whose last digits stand in one column."""
        texts = [(label, amount(money)) for label, money in rows]
        wide = max(len(text) for _, text in texts)
        for label, text in texts:
            if _LABELS + 2 + wide > self._width:
                self.pair(label, text)
                continue
            self._lines.append(Content.assemble((fit(label, _LABELS + 2), "dim"), text.rjust(wide)))

    def entry(self, name: str, money: Money | None, indent: int = 0) -> None:
        self.pair(name, amount(money), indent)

    def pair(self, name: str, value: str, indent: int = 0) -> None:
        """A name at the left, wrapping, and a value at the right edge of its first line, or below when too long."""
        room = self._right - indent - cell_len(value) - 2
        if room < 12:
            self.text(name, "", indent)
            for line in wrapped(value, self._right - indent - 2):
                self._lines.append(Content(" " * max(indent + 2, self._right - cell_len(line)) + line))
            return
        for at, line in enumerate(wrapped(name, room)):
            self._lines.append(_indented(fit(line, room) + "  " + value if at == 0 else line, indent))

    def details(self, facts: Iterable[tuple[str, str]], indent: int = 0) -> None:
        """What else is known of an entry, in small print; what is not is left to the vendor's own record."""
        self.text(", ".join(f"{label} {value or UNKNOWN}" for label, value in facts), "dim", indent + 2)


def _indented(line: str, indent: int, style: str = "") -> Content:
    text = " " * indent + line
    return Content.styled(text, style) if style else Content(text)


def wrapped(text: str, width: int) -> Iterator[str]:
    """`text` in lines of at most `width` cells, broken between words where it can be; at least one line."""
    for line in Content(text).wrap(max(2, width)) or [Content("")]:
        yield line.plain.rstrip()
