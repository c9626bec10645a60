import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoicetui.vendors.paging import Cursor, DateWindow, PageNumber, SinglePage

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize("base", [0, 1])
@pytest.mark.parametrize("pages", [1, 2, 7])
def test_numbered_pages_end_at_their_count(base: int, pages: int) -> None:
    paging = PageNumber(base)
    token: str | None = paging.first()
    seen = []
    while token is not None:
        seen.append(token)
        token = paging.after(token, 3, pages)
    assert seen == [paging.nth(index) for index in range(pages)]
    assert seen[0] == str(base)


def test_without_a_count_a_short_page_is_the_last() -> None:
    paging = PageNumber(1, size=10)
    assert paging.after("1", 10, None) == "2"
    assert paging.after("2", 9, None) is None
    assert paging.after("2", 11, None) == "3"


def test_an_empty_page_is_the_last_whatever_the_count_says() -> None:
    assert PageNumber(1).after("2", 0, 50) is None


def test_numbered_pages_ask_for_their_size() -> None:
    assert PageNumber(0, size=25).params("3") == (("page", "3"), ("per_page", "25"))


def test_a_cursor_ends_when_it_is_missing_or_there_is_no_more() -> None:
    paging = Cursor()
    assert paging.after("abc", has_next=True) == "abc"
    assert paging.after("abc", has_next=False) is None
    assert paging.after("", has_next=True) is None
    assert paging.after(None, has_next=True) is None


def test_the_first_page_has_no_cursor() -> None:
    paging = Cursor()
    assert paging.params(paging.first()) == (("per_page", "100"),)
    assert paging.params("abc") == (("per_page", "100"), ("cursor", "abc"))


def walk(windows: DateWindow, full: set[int], earliest: date | None = None) -> list[str]:
    """The tokens asked for when the windows of these places hold something."""
    token: str | None = windows.first(TODAY, earliest)
    tokens: list[str] = []
    while token is not None:
        tokens.append(token)
        at = len(tokens) - 1
        token = windows.after(token, is_first=at == 0, is_empty=at not in full, earliest=earliest)
    return tokens


@pytest.mark.parametrize(
    ("full", "count"), [(set(), 3), ({0}, 3), ({1}, 4), ({0, 2}, 5), ({3}, 3), ({0, 1, 2, 3, 4}, 7)]
)
def test_two_empty_windows_in_a_row_end_the_walk(full: set[int], count: int) -> None:
    assert len(walk(DateWindow(), full)) == count


def test_windows_overlap_and_cover_every_day() -> None:
    windows = DateWindow()
    tokens = walk(windows, {0, 1, 2})
    spans = [dict(windows.params(token)) for token in tokens]
    assert spans[0]["to"] == TODAY.isoformat()
    for newer, older in itertools.pairwise(spans):
        shared = date.fromisoformat(older["to"]) - date.fromisoformat(newer["from"])
        assert shared == timedelta(days=31)


def test_windows_stop_at_the_earliest_day() -> None:
    windows = DateWindow()
    earliest = date(2024, 5, 6)
    tokens = walk(windows, set(range(99)), earliest)
    assert windows.start(tokens[-1]) == earliest
    assert all(windows.start(token) > earliest for token in tokens[:-1])


def test_windows_that_are_never_empty_end_at_1970() -> None:
    windows = DateWindow()
    tokens = walk(windows, set(range(999)))
    assert windows.start(tokens[-1]) == date(1970, 1, 1)
    assert len(set(tokens)) == len(tokens)


@settings(max_examples=50, deadline=None, database=None)
@given(st.dates(date(1970, 1, 1), date(2100, 1, 1)), st.dates(date(1970, 1, 1), date(2100, 1, 1)))
def test_every_window_lies_before_the_last(latest: date, earliest: date) -> None:
    windows = DateWindow()
    token: str | None = windows.first(latest, earliest)
    starts = []
    while token is not None:
        starts.append(windows.start(token))
        token = windows.after(token, is_first=False, is_empty=False, earliest=earliest)
    assert starts == sorted(set(starts), reverse=True)
    assert starts[-1] == earliest


def test_a_single_page_has_no_parameters() -> None:
    assert SinglePage().params(SinglePage().first()) == ()
