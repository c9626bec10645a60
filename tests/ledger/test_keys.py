"""Keys that were seen: as a set would know them, in a fraction of its memory."""

from __future__ import annotations

import random
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from invoicetui.ledger.keys import Keys


@given(st.lists(st.frozensets(st.text(max_size=3))), st.frozensets(st.text(max_size=3)))
def test_it_knows_what_was_added(added: list[frozenset[str]], asked: frozenset[str]) -> None:
    keys, truth = Keys(), set[str]()
    for some in added:
        keys.add(some)
        truth |= some
        assert set(keys.known(asked)) == truth & asked
        assert len(keys) == len(truth)


def test_many_are_known_as_well_and_counted_once() -> None:
    dice = random.Random(7)
    keys, truth = Keys(f"a{number}" for number in range(5_000)), {f"a{number}" for number in range(5_000)}
    while len(truth) < 60_000:
        page = {f"a{dice.randrange(120_000)}" for _ in range(dice.choice([1, 100, 9_000]))}
        assert set(keys.known(page)) == truth & page
        keys.add(page)
        truth |= page
        assert len(keys) == len(truth)
    assert "a1" in keys
    assert "a120001" not in keys


def test_a_million_rows_would_take_some_megabytes() -> None:
    pages = [[f"inv_{number:032x}" for number in range(start, start + 100)] for start in range(0, 100_000, 100)]
    tracemalloc.start()
    keys = Keys()
    for page in pages:
        keys.add(page)
    now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(keys) == 100_000
    assert len(keys._blocks) < 7
    assert now < 1.5e6
    assert most < 6e6
