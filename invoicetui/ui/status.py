"""The words of the status lines: how much is loaded, how old it is, what is open, who is in trouble."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from rich.cells import cell_len

from invoicetui.account import Side

if TYPE_CHECKING:
    from invoicetui.ledger.stand import Condition, Stand
    from invoicetui.ledger.totals import Totals

T = TypeVar("T")


def ago(then: datetime | None, now: datetime) -> str:
    """`12s ago`, `5m ago`, `3h ago`, `2d ago`; `never` for data that was never fetched."""
    if then is None:
        return "never"
    seconds = max(0, int((now - then).total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit} ago"
    return "just now" if seconds < 10 else f"{seconds}s ago"


def loaded(count: int, stands: Sequence[Stand], *, is_filtered: bool = False) -> str:
    """`100 of 10,000 loaded`, `1,240 loaded, more exist`, `38 of 38`; a filtered list counts what it shows first.

    Without any `stands` nothing is known of what there is besides.
    """
    known = [stand.total for stand in stands if stand.total is not None]
    total = sum(known) if stands and len(known) == len(stands) else None
    if not stands:
        return f"{count:,} shown" if is_filtered else f"{count:,} loaded"
    if not any(stand.is_partial for stand in stands):
        return f"{count:,} shown" if is_filtered else f"{count:,} of {count:,}"
    if is_filtered:
        return f"{count:,} shown, more may exist"
    return f"{count:,} of {total:,} loaded" if total is not None and total > count else f"{count:,} loaded, more exist"


def sums(sides: Mapping[Side, Totals]) -> list[str]:
    """What is open, an amount each, ours first: `open USD 705.00`, `EUR 80.00`, `owed to us EUR 3.00`."""
    parts: list[str] = []
    for side, word in ((Side.RECEIVED, "open"), (Side.ISSUED, "owed to us")):
        totals = sides.get(side)
        if totals is None:
            continue
        amounts = [str(item.open) for item in totals.sums.values() if item.open_count]
        if totals.unknown:
            amounts.append(f"+{totals.unknown} unknown")
        parts += [f"{word} {amount}" if at == 0 else amount for at, amount in enumerate(amounts)]
    return parts


def whole(parts: Sequence[str], width: int, gap: str = "  ") -> str:
    """As many of `parts` as fit; a `~` says that some were left out. None is cut: half an amount is a wrong one."""
    kept = ""
    for at, part in enumerate(parts):
        longer = f"{kept}{gap}{part}" if kept else part
        is_last = at == len(parts) - 1
        if cell_len(longer) > width - (0 if is_last else 2):
            return f"{kept} ~" if kept else "~"[: max(0, width)]
        kept = longer
    return kept


def one_line(left: str, right: Sequence[str], width: int) -> str:
    """`left`, and as many of `right` as fit whole, pushed to the edge."""
    kept = whole(right, width - cell_len(left) - 3) if right else ""
    return left + (" " * max(2, width - 1 - cell_len(left) - cell_len(kept)) + kept if kept else "")


def cut(text: str, width: int) -> str:
    """`text` in at most `width` cells; a cut text ends with `~`."""
    if cell_len(text) <= width:
        return text
    while text and cell_len(text) > width - 1:
        text = text[:-1]
    return f"{text}~" if width > 0 else ""


def wrapped(text: str, width: int, most: int) -> list[str]:
    """`text` in lines of at most `width` cells, broken between words where it can be; at least one, at most `most`, and
    what is left out then ends with `~`."""
    lines = [""]
    for word in text.replace("\n", " ").split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if cell_len(longer) <= width or len(lines) == most or (not lines[-1] and len(lines) == 1):
            lines[-1] = longer
        else:
            lines.append(word)
    return [cut(line, width) for line in lines]


def at_cell(parts: Sequence[tuple[str, T]], x: int, gap: int) -> T | None:
    """What belongs to the words at cell `x` of a line in which they stand `gap` cells apart."""
    for words, found in parts:
        if 0 <= x < cell_len(words):
            return found
        x -= cell_len(words) + gap
    return None


def trouble(conditions: Iterable[Condition]) -> int:
    """How many accounts are in trouble."""
    return sum(condition.problem is not None for condition in conditions)


def activity(conditions: Mapping[str, Condition], spinner: Callable[[], str]) -> list[str]:
    """What accounts, by label, are doing or suffering; none when they rest. `spinner` is asked only while one loads."""
    parts = []
    for label, condition in conditions.items():
        if condition.waiting:
            parts.append(f"{label}: {condition.waiting}")
        elif condition.is_loading:
            parts.append(f"{spinner()} {label}")
        elif condition.problem is not None:
            parts.append(f"! {label}: {getattr(condition.problem, 'kind', 'no token')}")
    if any(part.startswith("!") for part in parts):
        parts.append("! says more")
    return parts


def waits(conditions: Mapping[str, Condition]) -> str:
    """Who waits for what, to stand behind another sentence."""
    return "".join(f" · {label}: {condition.waiting}" for label, condition in conditions.items() if condition.waiting)
