"""`python -m tests.bench [NAME …]`: measure the budgets; exit 0 when every one that was measured is met."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from rich.console import Console

from tests.bench import decoding, keys, network, resting, slow_line, soak, starting
from tests.bench.readings import Reading, as_json, as_table, machine, pace

#: What measures a budget, given the number of rounds.
BUDGETS: dict[str, Callable[[int], Iterator[Reading]]] = {
    "B1": starting.b1,
    "B2": starting.b2,
    "B3": network.b3,
    "B4": keys.b4,
    "B5": keys.b5,
    "B6": resting.b6,
    "B7": resting.b7,
    "B8": network.b8,
    "B9": decoding.b9,
    "B11": decoding.b11,
}
#: Measured only when named.
OTHERS: dict[str, Callable[[int], Iterator[Reading]]] = {"LINE": slow_line.line, "SOAK": soak.soak}


#: A machine that is slower than this share of its own pace is shared with others.
_STEADY = 0.8


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(argv)
    # What a program imports must be compiled once, not at every start.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if arguments.list:
        for name, measure in (BUDGETS | OTHERS).items():
            print(f"{name:5} {(measure.__doc__ or '').strip().splitlines()[0]}")
        return 0
    facts = machine()
    paces = [pace()]
    readings: list[Reading] = []
    is_whole = True
    measures = BUDGETS | OTHERS | {"SOAK": partial(soak.soak, minutes=arguments.minutes)}
    for name in [name.upper() for name in arguments.names] or BUDGETS:
        print(f"{name} …", file=sys.stderr, flush=True)
        try:
            readings += measures[name](arguments.rounds)
        except (AssertionError, RuntimeError, OSError, subprocess.SubprocessError) as error:
            # The others are measured all the same.
            is_whole = False
            print(f"{name} could not be measured: {error}", file=sys.stderr)
        paces.append(pace())
    facts["slowest_pace"] = f"{min(paces) / max(paces):.0%}"
    if arguments.json:
        print(json.dumps(as_json(readings, facts), indent=1))
    else:
        console = Console(width=None if sys.stdout.isatty() else 150)
        console.print(as_table(readings), *(f"{name} {fact}" for name, fact in facts.items()), sep="  ")
        if facts["load_average"] > (facts["cores"] or 1) / 2:
            console.print("The machine was busy: counts, CPU and instructions hold, times say little.")
        if min(paces) < _STEADY * max(paces):
            console.print("The processors changed their pace and the network did not: B8 by number says little.")
    return int(not is_whole or any(reading.is_met is False for reading in readings))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", type=_budget, metavar="NAME", help="such as B1, line, soak; without any: B1 to B11"
    )
    parser.add_argument("--json", action="store_true", help="for comparing later")
    parser.add_argument("--rounds", type=int, default=9, metavar="N", help="ours and its baseline, in turn (default 9)")
    parser.add_argument("--minutes", type=float, default=10, metavar="M", help="how long soak takes (default 10)")
    parser.add_argument("--list", action="store_true", help="what is measured")
    parser.epilog = f"Ledgers of up to a million invoices are made once, below {tempfile.gettempdir()}."
    return parser


def _budget(name: str) -> str:
    if name.upper() not in BUDGETS | OTHERS:
        raise argparse.ArgumentTypeError(f"there are {', '.join(BUDGETS)}, line and soak")
    return name


if __name__ == "__main__":
    raise SystemExit(main())
