"""The ids of a view stand in blocks, and are one sequence all the same."""

from __future__ import annotations

import random
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoicetui.ledger.store.changes import Changes
from invoicetui.ledger.view import BLOCK, Stamp, View

STAMPS = [Stamp((), is_descending, 0, 0) for is_descending in (True, False)]


def _ids(counts: dict[int, int], *, is_descending: bool) -> list[int]:
    """So many ids a day, days in order, within a day in no order that ids say; no day comes last."""
    dice = random.Random(3)
    out: list[int] = []
    for day in sorted(counts, key=lambda day: (day == 0, -day if is_descending else day)):
        of_day = [day << 24 | number for number in range(counts[day])]
        dice.shuffle(of_day)
        out += of_day
    return out


def _view(ids: list[int], stamp: Stamp | None, size: int = BLOCK) -> View:
    return View((array("q", ids[at : at + size]) for at in range(0, len(ids), size)), stamp)


@given(
    st.dictionaries(st.integers(0, 30), st.integers(0, 6), max_size=12),
    st.integers(1, 9),
    st.sampled_from([*STAMPS, None]),
    st.integers(-70, 70),
    st.integers(-70, 70),
)
def test_it_is_a_sequence(counts: dict[int, int], size: int, stamp: Stamp | None, first: int, end: int) -> None:
    ids = _ids(counts, is_descending=stamp is None or stamp.is_descending)
    view = _view(ids, stamp, size)
    assert (list(view), len(view)) == (ids, len(ids))
    assert view[first:end].tolist() == ids[first:end]
    assert view[first:end:-2].tolist() == ids[first:end:-2]
    assert [view[at] for at in range(-len(ids), len(ids))] == ids + ids
    for at in (len(ids), -len(ids) - 1):
        with pytest.raises(IndexError):
            view[at]
    absent = [31 << 24, 7, 15 << 24 | 99]
    assert [view.find(id) for id in [*ids, *absent]] == [*range(len(ids)), None, None, None]
    assert view.lacking([*ids[:2], *absent]) == 3
    if stamp is not None:
        assert all([id >> 24 for id in view[slice(*view.span(day))]] == [day] * counts.get(day, 0) for day in range(32))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(STAMPS), st.integers(1, 3))
def test_a_view_with_days_replaced_shares_what_did_not_change(seed: int, stamp: Stamp, times: int) -> None:
    dice = random.Random(seed)
    counts = {day: dice.randrange(400) for day in range(60)}
    view = _view(_ids(counts, is_descending=stamp.is_descending), stamp)
    for _ in range(times):
        days = dice.sample(range(70), dice.randrange(4))
        counts |= {day: dice.choice([0, 1, 300, 3 * BLOCK]) for day in days}
        fresh = _ids({day: counts[day] for day in days}, is_descending=dice.random() < 0.5)
        older, view = view, view.replaced(days, fresh, stamp)
        assert [row for row in view if row >> 24 not in days] == [row for row in older if row >> 24 not in days]
        assert sorted(row for row in view if row >> 24 in days) == sorted(fresh)
        ranks = [(day == 0, -day if stamp.is_descending else day) for day in (row >> 24 for row in view)]
        assert ranks == sorted(ranks)
        shared = {id(block) for block in older._blocks} & {id(block) for block in view._blocks}
        # The blocks of those days, one on either side that a small one may have joined, and a small last one.
        made_anew = 1 + sum(len(list(older._parts(*older.span(day)))) + 2 for day in days)
        assert len(shared) >= len(older._blocks) - made_anew
        assert max(map(len, view._blocks), default=0) <= 2 * BLOCK


def test_blocks_neither_crumble_nor_grow() -> None:
    """A list into which rows come for hours."""
    dice = random.Random(1)
    counts = dict.fromkeys(range(1, 400), 250)
    view = _view(_ids(counts, is_descending=True), STAMPS[0])
    for _ in range(600):
        day = dice.randrange(1, 400)
        counts[day] = max(0, counts[day] + dice.randrange(-250, 300))
        view = view.replaced([day], _ids({day: counts[day]}, is_descending=True), STAMPS[0])
    assert len(view) == sum(counts.values())
    sizes = [len(block) for block in view._blocks]
    assert max(sizes) <= 2 * BLOCK
    assert min(sizes[:-1]) >= BLOCK // 2


def test_changes_are_remembered_by_day_and_account_until_they_are_too_many() -> None:
    changes = Changes()
    changes.note(1, {5, 6})
    changes.note(2, ())
    first = changes.revision
    assert (first, changes.of(1), changes.of(2), changes.of(None)) == (1, 1, 0, 0)
    changes.note(2, {6, 0})
    assert changes.since(0) == [5, 6, 0]
    assert changes.since(first) == [6, 0]
    assert changes.since(changes.revision) == []
    assert (changes.of(1), changes.of(2)) == (1, 2)
    for day in range(10_000):
        changes.note(3, {day})
    assert changes.since(first) is None
    assert len(changes.since(changes.revision - 100) or ()) == 100
    assert len(changes._days) < 5000
