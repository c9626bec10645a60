"""Which columns fit which width, and how a cell is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from invoicetui.text import clean
from invoicetui.ui.columns import COLUMNS, GUTTER, fit, join, layout, most_skipped


def names(width: int, **options: bool) -> list[str]:
    return [column.name for column, _ in layout(width, **options)]


def test_what_a_person_needs_stands_at_80_columns() -> None:
    for width in (79, 80):  # with and without a scroll bar
        assert names(width) == ["date", "account", "number", "status", "total", "due"]
        fitted = {column.name: cells for column, cells in layout(width)}
        assert fitted["date"] == fitted["due"] == 10
        assert fitted["total"] >= len("USD 9,999,999.99")
        assert fitted["number"] >= len("INV-2026-0000017")
        assert fitted["status"] == 4


def test_a_narrow_list_has_four_columns_and_a_short_date() -> None:
    for width in (39, 40, 59):
        assert names(width) == ["date", "vendor", "status", "total"]
        assert layout(width)[0].width == 5
    assert len(names(60)) > 4


def test_a_wide_list_shows_more() -> None:
    assert {"vendor", "open"} <= set(names(119))
    assert names(160) == [column.name for column in COLUMNS]


def test_a_single_accounts_list_does_not_repeat_its_name() -> None:
    assert {"account", "vendor"}.isdisjoint(names(200, is_single=True))


def test_what_we_issued_shows_the_customer() -> None:
    assert "customer" not in names(79)
    assert "customer" in names(79, is_issued=True)
    assert {"customer", "number"} <= set(names(79, is_issued=True, is_single=True))


@given(st.integers(0, 250), st.booleans(), st.booleans(), st.integers(0, 9))
def test_a_layout_never_leaves_its_width(width: int, is_single: bool, is_issued: bool, skip: int) -> None:
    columns = layout(width, is_single=is_single, is_issued=is_issued, skip=skip)
    assert columns
    assert GUTTER + sum(cells for _, cells in columns) + len(columns) - 1 <= max(width, GUTTER + 1)
    assert all(cells <= column.most for column, cells in columns)
    assert len({column.name for column, _ in columns}) == len(columns)


@pytest.mark.parametrize("width", [20, 40, 79, 119, 200])
@pytest.mark.parametrize("is_single", [False, True])
def test_every_column_can_be_reached_sideways(width: int, is_single: bool) -> None:
    most = most_skipped(width, is_single=is_single)
    seen = {column.name for skip in range(most + 1) for column, _ in layout(width, is_single=is_single, skip=skip)}
    assert seen == {column.name for column in COLUMNS}


def test_cells_are_padded_and_cut_in_cells_not_characters() -> None:
    assert fit("abc", 5) == "abc  "
    assert fit("abc", 5, is_right=True) == "  abc"
    assert fit("abcdef", 5) == "abcd~"
    assert fit("請求書一覧", 10) == "請求書一覧"
    assert fit("請求書一覧", 9) == "請求書一~"
    assert fit("請求書一覧", 8) == "請求書 ~"  # half a character does not fit
    assert fit("ab", 1) == "~"
    assert fit("ab", 0) == ""


@given(st.text(max_size=30), st.integers(1, 20), st.booleans())
def test_a_fitted_cell_has_its_width(text: str, width: int, is_right: bool) -> None:
    assert cell_len(fit(clean(text), width, is_right=is_right)) == width


def test_cells_are_joined_to_their_columns() -> None:
    columns = layout(40)
    assert join(["04-01", "voxmind", "PAID", "USD 1.00"], columns) == [
        "04-01",
        "voxmind   ",
        "PAID",
        "        USD 1.00",
    ]
    with pytest.raises(ValueError, match="longer"):
        join(["04-01"], columns)
