"""What `invoicetui list --format json` should print, worked out without a line of invoicetui."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

Row = dict[str, object]


def decimal_text(minor: int, digits: int) -> str:
    """`minor` units as a decimal string: (1205, 2) is "12.05", (-4500, 2) is "-45.00", (5000, 0) is "5000"."""
    sign, text = ("-" if minor < 0 else ""), str(abs(minor)).zfill(digits + 1)
    return f"{sign}{text[:-digits]}.{text[-digits:]}" if digits else sign + text


def iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def is_overdue(lifecycle: str, payment: str, due: date | None, amount_due: int | None, today: date) -> bool:
    return (
        lifecycle == "issued"
        and payment != "paid"
        and due is not None
        and due < today
        and amount_due is not None
        and amount_due > 0
    )


def status_word(lifecycle: str, payment: str, *, overdue: bool) -> str:
    """The first word that applies to an invoice that is not an upcoming one."""
    if lifecycle in ("draft", "void", "uncollectible"):
        return lifecycle
    if payment == "paid":
        return "paid"
    if overdue:
        return "overdue"
    if payment == "partial":
        return "partial"
    return "open" if lifecycle == "issued" and payment in ("unpaid", "failed") else "unknown"


def differences(printed: Sequence[Mapping[str, object]], expected: Iterable[Mapping[str, object]]) -> list[str]:
    """How the printed rows differ from the expected ones: missing, twice, unexpected, and every value that is wrong.

    A field that an expected row leaves out is not compared. Moments are compared as moments, in whatever notation.
    """
    out: list[str] = []
    found: dict[tuple[object, object], Mapping[str, object]] = {}
    for row in printed:
        name = (row.get("account"), row.get("key"))
        if name in found:
            out.append(f"{name} is there twice")
        found[name] = row
    for want in expected:
        name = (want["account"], want["key"])
        have = found.pop(name, None)
        if have is None:
            out.append(f"{name} is missing")
            continue
        out.extend(
            f"{name} {field}: {have.get(field, '(no such field)')!r} instead of {value!r}"
            for field, value in want.items()
            if field not in have or not _same(field, have[field], value)
        )
    out.extend(f"{name} is unexpected" for name in found)
    return out


def _same(field: str, have: object, want: object) -> bool:
    if field == "paid_at" and isinstance(have, str) and isinstance(want, str):
        try:
            return datetime.fromisoformat(have) == datetime.fromisoformat(want)
        except (TypeError, ValueError):
            return False
    return type(have) is type(want) and have == want
