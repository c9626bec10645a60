"""Every fault at every vendor, when it is first asked, in the middle of its list and when it is asked again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.bench import BYSTANDER, COUNTS, VENDORS, Bench, impatient
from tests.faults.conftest import Start
from tests.faults.outcomes import OUTCOMES, OWN, Change, Outcome


def said(outcome: Outcome, name: str, vendor: str) -> str:
    """What the problems screen says happened at this vendor."""
    status = int(name[:3]) if name[:3].isdigit() else 0
    default = "error" if vendor == "versori" else "Error"
    return outcome.says.format(status=status, own=OWN[vendor].get(status, default))


@pytest.mark.parametrize("name", OUTCOMES)
def test_outcome(name: str, start: Start) -> None:
    outcome = OUTCOMES[name]
    bench = start(client=impatient(read_seconds=outcome.read_seconds, max_body=1 << 20))

    def change(vendor: str) -> Change:
        return outcome.change(bench.running[vendor].fake)

    for moment in (_first_asked, _in_the_middle, _asked_again, _struck_once):
        wrong = moment(bench, outcome, name, change)
        assert not wrong, f"{name}, {moment.__name__.replace('_', ' ')}:\n" + "\n".join(wrong)
        assert bench.condition(BYSTANDER).problem is None
        assert bench.wrong(BYSTANDER) == []


_Changes = Callable[[str], Change]


def _first_asked(bench: Bench, outcome: Outcome, name: str, change: _Changes) -> list[str]:
    bench.on(change, "all")
    bench.open()
    wrong = _seen(bench, outcome, name)
    for vendor in VENDORS:
        if outcome.kind and (bench.held(vendor), bench.stand(vendor).is_open) != (0, False):
            wrong.append(f"{vendor}: {bench.held(vendor)} rows of an answer that was none")
    bench.off()
    bench.refresh()
    return wrong + _well(bench)


def _in_the_middle(bench: Bench, outcome: Outcome, name: str, change: _Changes) -> list[str]:
    before = {vendor: (bench.held(vendor), bench.stand(vendor).horizon) for vendor in VENDORS}
    bench.on(change, "later")
    bench.load_all()
    wrong = _seen(bench, outcome, name, is_later=True)
    for vendor in VENDORS:
        stand = bench.stand(vendor)
        if outcome.kind and (bench.held(vendor), stand.horizon) != before[vendor]:
            wrong.append(f"{vendor}: {before[vendor]} became {(bench.held(vendor), stand.horizon)}")
        if outcome.kind and not stand.has_more:
            wrong.append(f"{vendor}: says that there is no more")
    bench.off()
    bench.load_all()
    return wrong + _well(bench, is_whole=True)


def _asked_again(bench: Bench, outcome: Outcome, name: str, change: _Changes) -> list[str]:
    before = {vendor: (bench.stand(vendor).horizon, bench.stand(vendor).total) for vendor in VENDORS}
    bench.on(change, "main")
    bench.refresh()
    wrong = _seen(bench, outcome, name)
    for vendor in VENDORS:
        stand = bench.stand(vendor)
        if bench.wrong(vendor) or stand.has_more or (stand.horizon, stand.total) != before[vendor]:
            wrong.append(f"{vendor}: lost something: {bench.wrong(vendor)[:3]} {stand}")
    bench.off()
    bench.refresh()
    return wrong + _well(bench, is_whole=True)


def _struck_once(bench: Bench, outcome: Outcome, name: str, change: _Changes) -> list[str]:
    bench.on(change, "main", times=1)
    bench.refresh()
    bench.off()
    if not outcome.is_passing and outcome.kind:
        bench.refresh()
    return _well(bench, is_whole=True)


def _seen(bench: Bench, outcome: Outcome, name: str, *, is_later: bool = False) -> list[str]:
    """How what each account says differs from the table."""
    wrong = []
    for vendor in VENDORS:
        condition, problem = bench.condition(vendor), bench.condition(vendor).problem
        kind, words = getattr(problem, "kind", ""), str(problem or "")
        what, remedy = getattr(problem, "what", ""), getattr(problem, "remedy", "")
        if kind != outcome.kind or said(outcome, name, vendor) not in words or outcome.remedy not in words:
            wrong.append(f"{vendor}: ! {kind}: {what} | {remedy}")
        if bench.running[vendor].fake.token in words or not words.isprintable():
            wrong.append(f"{vendor}: says what nobody should read")
        if condition.is_loading or condition.waiting:
            wrong.append(f"{vendor}: still at it")
        # A page without a number that is refused may have expired: the walk begins anew, once.
        is_anew = is_later and vendor in ("northflank", "versori") and outcome.kind in ("rejected", "not found")
        expected = outcome.tries * (2 if is_anew else 1)
        if outcome.kind and bench.tries(vendor) != expected:
            wrong.append(f"{vendor}: {bench.tries(vendor)} tries instead of {expected}")
        if not bench.switches[vendor].struck:
            wrong.append(f"{vendor}: the fault never struck")
    return wrong


def _well(bench: Bench, *, is_whole: bool = False) -> list[str]:
    """What is not as if nothing had happened."""
    wrong = []
    for vendor in VENDORS:
        problem, differing = bench.condition(vendor).problem, bench.wrong(vendor)
        if problem is not None:
            wrong.append(f"{vendor}: afterwards {problem}")
        if is_whole and (differing or bench.stand(vendor).has_more):
            wrong.append(f"{vendor}: afterwards {differing[:3]} {bench.stand(vendor)}")
        if not is_whole and not 0 < bench.held(vendor) <= COUNTS[vendor] + 1:
            wrong.append(f"{vendor}: afterwards {bench.held(vendor)} rows")
    return wrong
