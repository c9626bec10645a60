"""The invoices Halden Robotics issues: who is invoiced when, for what, and how it went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from random import Random

from invoicetui.demo.customers import COUNT as CUSTOMERS
from invoicetui.demo.customers import Customer, customer
from invoicetui.demo.data import Calendar, Record, Slot, about, chance, grown, identifier, month_of, percent_of

COUNT = 3_000
#: Subscriptions renew on the first or on the day they began; the rest of the slots is for everything else.
_DAYS = (*range(28, 8, -1), *range(8, 3, -1), *(3,) * 3, *(2,) * 2, *(1,) * 45)
_SUBSCRIBED = 65
_MONTHS = COUNT // len(_DAYS)
#: Digits after the point, and what a hundred euro cents come to in the currency's own subunit.
_CURRENCIES = {"EUR": (2, 100), "USD": (2, 108), "GBP": (2, 85), "JPY": (0, 162), "KWD": (3, 330)}


def digits_of(currency: str) -> int:
    """Digits after the point of one of the demo's currencies."""
    return _CURRENCIES[currency][0]


@dataclass(frozen=True, slots=True)
class Outline:
    """What a filter needs to know of an invoice; the rest is made when somebody looks at it."""

    slot: Slot
    customer: Customer
    type: str
    status: str
    payment: str
    terms: int

    @property
    def due(self) -> date:
        return self.slot.day + timedelta(days=self.terms)

    @property
    def has_subscription(self) -> bool:
        return self.type != "ONE_OFF"


def calendar(today: date) -> Calendar:
    return Calendar(today, _DAYS)


def outline(slot: Slot, seed: str, today: date) -> Outline:
    rng = chance(seed, "meteroid", slot.serial)
    place = len(_DAYS) - 1 - slot.number
    if place < _SUBSCRIBED:
        who, kind = place, "RECURRING"
    else:
        who = _SUBSCRIBED + slot.serial * 7 % (CUSTOMERS - _SUBSCRIBED)
        kind = rng.choice(("ONE_OFF", "ONE_OFF", "USAGE_THRESHOLD", "RECURRING", "ADJUSTMENT"))
    # Spread over the names, or all the telling ones would be invoiced on the same day.
    who = who * 77 % CUSTOMERS
    terms = (14, 30, 30)[who % 3]
    status, payment = _course(rng, (today - slot.day).days, terms, kind)
    return Outline(slot, customer(who), kind, status, payment, terms)


def _course(rng: Random, age: int, terms: int, kind: str) -> tuple[str, str]:
    """Status and payment status, `age` days after the invoice date."""
    luck = rng.randrange(1000)
    if luck < (450 if age <= 4 else 20 if age <= 45 else 0):
        return "DRAFT", "UNPAID"
    if kind == "ADJUSTMENT":
        return "FINALIZED", "PAID"
    if luck >= 985 and age > 2:
        return "VOID", "UNPAID"
    if luck >= 976 and age > 120:
        return "UNCOLLECTIBLE", "UNPAID"
    if age <= terms:
        steps = ((520, "PAID"), (580, "PARTIALLY_PAID"), (620, "ERRORED"), (680, "PROCESSING"), (1000, "UNPAID"))
    elif age <= terms + 75:
        steps = ((900, "PAID"), (915, "PARTIALLY_PAID"), (923, "ERRORED"), (965, "UNPAID"), (1000, "PAID"))
    else:
        return "FINALIZED", "PAID"
    return "FINALIZED", next(word for limit, word in steps if luck < limit)


def record(made: Outline, seed: str, today: date) -> Record:
    """The full record in the form of the server of 2026: SCREAMING_SNAKE enums, naive UTC datetimes, nulls present."""
    slot, who = made.slot, made.customer
    rng = chance(seed, "meteroid record", slot.serial)
    price = _Price(who.country.currency, rng)
    created = datetime.combine(slot.day, time(6, 0, 0, rng.randrange(10**6))) - timedelta(seconds=slot.number)
    is_final = made.status != "DRAFT"
    finalized = created + timedelta(hours=1) if is_final else None
    lines = _lines(made, price, grown(10, 60, month_of(today) - slot.month, _MONTHS))
    subtotal = sum(line["amount_total"] for line in lines)
    off = percent_of(subtotal, 100) if subtotal > 0 and who.number % 9 == 4 else 0
    taxable = subtotal - off
    tax = _tax(taxable, who.country.tax)
    total = taxable + tax
    credited = min(total // 4, price.subunits(12_000)) if is_final and total > 0 and rng.random() < 0.04 else 0
    left = max(0, total - credited)
    paid, transactions = _transactions(made, left, price.currency, today, rng)
    is_paid = made.payment == "PAID"
    return {
        "id": identifier("inv", slot.serial),
        "invoice_number": f"HR-{slot.day.year}-{slot.serial:05d}" if is_final else "draft",
        "status": made.status,
        "payment_status": made.payment,
        "invoice_type": made.type,
        "customer_id": who.id,
        "subscription_id": who.subscription if made.has_subscription else None,
        "customer_details": who.details(_naive(created)),
        "currency": price.currency,
        "invoice_date": str(slot.day),
        "due_date": str(made.due) if is_final else None,
        "net_terms": made.terms,
        "subtotal": subtotal,
        "subtotal_recurring": subtotal if made.type == "RECURRING" else 0,
        "tax_amount": tax,
        "total": total,
        "amount_due": left - paid,
        "applied_credits": credited,
        "line_items": lines,
        "coupons": [{"coupon_id": identifier("cou", 1), "name": "Framework agreement 10 %", "total": off}]
        if off
        else [],
        "tax_breakdown": _taxes(who, taxable, tax),
        "transactions": transactions,
        "memo": _MEMOS.get(made.status)
        or (None, None, "Thank you.\nPlease quote the invoice number.")[slot.serial % 3],
        "reference": f"Order {rng.randrange(10_000, 99_999)}" if rng.random() < 0.3 else None,
        "purchase_order": f"PO-{rng.randrange(4_500_000, 4_599_999)}" if rng.random() < 0.5 else None,
        "created_at": _naive(created),
        "updated_at": _naive(finalized or created),
        "finalized_at": _naive(finalized) if finalized else None,
        "paid_at": (transactions[-1]["processed_at"] if transactions else _naive(created)) if is_paid else None,
        "voided_at": _naive(created + timedelta(days=2)) if made.status == "VOID" else None,
        "marked_as_uncollectible_at": _naive(created + timedelta(days=100)) if made.status == "UNCOLLECTIBLE" else None,
    }


_MEMOS = {"VOID": "Issued twice by mistake; replaced.", "UNCOLLECTIBLE": "Insolvency proceedings opened."}


def _naive(moment: datetime) -> str:
    return moment.isoformat()


class _Price:
    """Prices are thought of in euro cents and written in the customer's currency."""

    def __init__(self, currency: str, rng: Random) -> None:
        self.currency = currency
        self.rng = rng
        self._digits, self._rate = _CURRENCIES[currency]

    def subunits(self, cents: int) -> int:
        return cents * self._rate // 100

    def line(self, name: str, cents: int, quantity: int, more: Record | None = None) -> Record:
        """A line for so many at so much each; the unit price is in the currency's unit, the total in its subunit."""
        unit = self.subunits(cents)
        return {
            "name": name,
            "quantity": str(quantity),
            "unit_price": f"{Decimal(unit).scaleb(-self._digits):f}",
            "amount_total": unit * quantity,
            "sub_line_items": [],
            "description": None,
            **(more or {}),
        }

    def tier(self, name: str, price: str, quantity: Decimal) -> Record:
        """A sub-line of metered usage; `price` is in euros and finer than a cent."""
        unit = Decimal(price) * Decimal(self.subunits(10_000)).scaleb(-2 - self._digits)
        total = (unit * quantity).scaleb(self._digits).to_integral_value(ROUND_HALF_EVEN)
        return {
            "id": f"{self.rng.getrandbits(64):016x}",
            "name": name,
            "quantity": f"{quantity:f}",
            "total": int(total),
            "unit_price": f"{unit.normalize():f}",
        }


def _lines(made: Outline, price: _Price, fleet: int) -> list[Record]:
    """`fleet` is about how many robots a customer had in that month."""
    rng, slot = price.rng, made.slot
    days: Record = {
        "start_date": str(slot.day),
        "end_date": str(slot.day + timedelta(days=29)),
        "tax_rate": f"{Decimal(made.customer.country.tax) / 1000:f}",
    }
    robots = max(2, fleet * made.customer.size // 100)
    if made.type == "ONE_OFF":
        name = rng.choice(("On-site commissioning (day)", "Gripper kit G4", "Operator training (day)", "Safety audit"))
        return [price.line(name, rng.choice((96_000, 115_000, 139_000)), rng.randrange(1, 6), days)]
    if made.type == "ADJUSTMENT":
        more: Record = {**days, "description": "Downgrade from Fleet Scale to Fleet Growth, remaining days"}
        return [price.line("Credit for the unused part of the period", -about(rng, 1_450, 30), robots, more)]
    usage = _usage(price, robots, days)
    if made.type == "USAGE_THRESHOLD":
        return [usage]
    if slot.number < len(_DAYS) - _SUBSCRIBED:
        more = {**days, "end_date": str(slot.day + timedelta(days=364))}
        return [price.line("Fleet Control, annual licence", 480_000, 1 + robots // 25, more)]
    lines = [
        price.line("Fleet Growth, per robot", 4_900, robots, {**days, "description": "Monthly, in advance"}),
        usage,
    ]
    if made.customer.number % 3 == 0:
        lines.append(price.line("Premium support", 34_900, 1, days))
    return lines


def _usage(price: _Price, robots: int, days: Record) -> Record:
    """A metered line: its tiers carry quantity and price, the line itself has neither."""
    minutes = Decimal(robots * price.rng.randrange(40_000, 90_000)) / 100
    first = min(minutes, Decimal(5_000))
    tiers = [price.tier("First 5,000 minutes", "0.0125", first)]
    if minutes > first:
        tiers.append(price.tier("Above 5,000 minutes", "0.00975", minutes - first))
    total = sum(tier["total"] for tier in tiers)
    more: Record = {"quantity": None, "unit_price": None, "sub_line_items": tiers, "amount_total": total, **days}
    return price.line("Robot runtime", 0, 0, more)


def _tax(taxable: int, tenths: int) -> int:
    return percent_of(taxable, tenths) if taxable >= 0 else -percent_of(-taxable, tenths)


def _taxes(who: Customer, taxable: int, tax: int) -> list[Record]:
    country = who.country
    return [
        {
            "name": country.tax_name,
            "tax_rate": f"{Decimal(country.tax) / 1000:f}",
            # Unsigned in the API, so a credit's tax stands here without its sign.
            "taxable_amount": abs(taxable),
            "tax_amount": abs(tax),
            "exemption_type": country.exemption,
        }
    ]


def _transactions(made: Outline, left: int, currency: str, today: date, rng: Random) -> tuple[int, list[Record]]:
    """How much was paid, and the movements that show it."""
    if made.status not in ("FINALIZED", "UNCOLLECTIBLE") or left == 0:
        return 0, []
    status = {"PAID": "SETTLED", "PARTIALLY_PAID": "SETTLED", "ERRORED": "FAILED", "PROCESSING": "PENDING"}
    if made.payment not in status:
        return 0, []
    amount = left * rng.randrange(25, 70) // 100 if made.payment == "PARTIALLY_PAID" else left
    latest = min(made.due + timedelta(days=9), today)
    day = made.slot.day + timedelta(days=rng.randrange(1 + (latest - made.slot.day).days))
    is_failed = made.payment == "ERRORED"
    done = _naive(datetime.combine(day, time(rng.randrange(7, 19), rng.randrange(60), rng.randrange(60))))
    entry: Record = {
        "id": identifier("pay", made.slot.serial),
        "amount": amount,
        "currency": currency,
        "payment_type": "PAYMENT",
        "status": status[made.payment],
        "error": "card_declined: insufficient funds" if is_failed else None,
        "payment_method_id": identifier("pm", made.customer.number),
        "payment_method_info": None,
        "processed_at": None if made.payment == "PROCESSING" else done,
        "provider_transaction_id": f"pi_{rng.getrandbits(80):020x}",
    }
    return amount if status[made.payment] == "SETTLED" else 0, [entry]
