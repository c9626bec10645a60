"""What was measured: a figure beside its baseline and its limit, and a table of them."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from time import perf_counter
from typing import Any, Literal

from rich import box
from rich.table import Table

Unit = Literal["ms", "M instructions", "bytes", "MiB", "frames", "B/s", "modules", "keys", "cells", "s"]


@dataclass(frozen=True, slots=True)
class Reading:
    """One line of the table. `limit` bounds ours / baseline where there is a baseline, else ours itself.

    `ours` None: it was not measured, `note` says why. `limit` None: for information.
    """

    budget: str
    what: str
    ours: float | None
    unit: Unit
    baseline: float | None = None
    limit: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return None if self.ours is None or not self.baseline else self.ours / self.baseline

    @property
    def is_met(self) -> bool | None:
        """None when there is nothing to meet, or nothing was measured."""
        judged = self.ours if self.baseline is None else self.ratio
        return None if judged is None or self.limit is None else judged <= self.limit


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest of the values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(percent / 100 * (len(ordered) - 1)))]


def ms(values: Iterable[int]) -> float:
    """The median of nanoseconds, in milliseconds."""
    return median(values) / 1e6


def pace(clock: Callable[[], float] = perf_counter) -> float:
    """Seconds that the same work takes now, the best of a few; a machine's neighbours may slow it by half, unseen."""

    def once() -> float:
        begun = clock()
        for _ in range(200_000):
            pass
        return clock() - begun

    return min(once() for _ in range(5))


def machine() -> dict[str, Any]:
    """What a reader has to know to compare."""
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "load_average": round(os.getloadavg()[0], 2),
    }


def as_json(readings: Iterable[Reading], facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "machine": facts,
        "readings": [asdict(reading) | {"ratio": reading.ratio, "is_met": reading.is_met} for reading in readings],
    }


def as_table(readings: Iterable[Reading]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("budget")
    table.add_column("what", overflow="fold")
    for title in ("ours", "baseline", "ratio", "limit"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("met", no_wrap=True)
    for reading in readings:
        met = {True: "yes", False: "NO", None: "" if reading.ours is not None else "not measured"}[reading.is_met]
        what = f"{reading.what} ({reading.note})" if reading.note else reading.what
        table.add_row(
            reading.budget,
            what,
            f"{number(reading.ours)} {reading.unit}" if reading.ours is not None else "",
            number(reading.baseline),
            number(reading.ratio),
            ("<= " + number(reading.limit)) if reading.limit is not None else "",
            met,
        )
    return table


def number(value: float | None) -> str:
    """Three digits that matter, thousands grouped; "" for none."""
    if value is None:
        return ""
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.1 else f"{value:.2f}"
