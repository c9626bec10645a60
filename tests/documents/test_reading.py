"""A page on a grid: whatever printed it, every number is there, and what stood on one line still does."""

from __future__ import annotations

import asyncio
import io
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]  # it has no stubs
import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from invoicetui.documents.pdfium import Page, Pdf, verify
from invoicetui.documents.pieces import Piece
from invoicetui.documents.sheet import Sheet, cells, sheet
from invoicetui.errors import NotPdf
from tests.documents import papers
from tests.servers.pdf import pdf
from tests.terminal import ROOT

NUMBERS = re.compile(r"\d(?:[\d.,:/-]*\d)?")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[papers.Made, ...]:
    return tuple(papers.papers(tmp_path_factory.mktemp("font")))


def sheets(content: bytes, columns: int = 80, zoom: float = 1.0) -> list[Sheet]:
    with Pdf(content) as document:
        return [sheet(document.page(index), columns, zoom) for index in range(document.pages)]


def rows(content: bytes, columns: int = 80) -> list[str]:
    return [row for one in sheets(content, columns) for row in one.rows]


def layer(content: bytes) -> str:
    """The text layer as pdfium itself tells it, by a way we do not go."""
    with pypdfium2.PdfDocument(content) as document:
        out = []
        for page in document:
            text = page.get_textpage()
            out.append(text.get_text_range())
            text.close()
            page.close()
        return "\n".join(out)


def test_there_are_thirty_of_different_make(made: tuple[papers.Made, ...]) -> None:
    assert len(made) == len({one.content for one in made}) == 30


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("index", range(30))
def test_every_number_date_and_amount_is_there(made: tuple[papers.Made, ...], index: int, columns: int) -> None:
    one = made[index]
    shown = "\n".join(rows(one.content, columns))
    expected = Counter(NUMBERS.findall(layer(one.content)))
    assert expected or one.is_scan
    assert Counter(NUMBERS.findall(re.sub(r"\(turned \d+°\)", "", shown))) == expected, f"{one.name}\n{shown}"


@pytest.mark.parametrize("index", range(30))
def test_at_80_columns_facts_stand_whole_and_items_on_one_line_with_their_amount(
    made: tuple[papers.Made, ...], index: int
) -> None:
    one = made[index]
    found = rows(one.content)
    shown = "\n".join(found)
    assert max(map(cells, found), default=0) <= 80
    for fact in one.facts:
        assert fact in shown, f"{fact} is not in {one.name}\n{shown}"
    for item in one.items:
        head = item.name if len(item.name) < 40 else item.name[:30]
        assert any(head in row and item.amount in row for row in found), f"{item} is torn in {one.name}\n{shown}"


@pytest.mark.parametrize("index", range(30))
def test_pages_sizes_and_scans(made: tuple[papers.Made, ...], index: int) -> None:
    one = made[index]
    with Pdf(one.content) as document:
        assert document.pages == one.pages
        page = document.page(document.pages - 1)
        assert page.is_scanned == one.is_scan
        assert page.width > 500
        assert page.height > 500


def test_amounts_end_in_one_column() -> None:
    one = papers.drawn(3, 10, 8)
    found = [row for row in rows(one.content, 100) if "Managed database" in row]
    assert len({len(row) for row in found}) == 1


def test_a_turned_stamp_comes_after_the_text_with_its_angle() -> None:
    found = rows(papers.drawn(3, 10, 3, stamp=30).content)
    assert found[-1] == "(turned 330°) PAID 2026-04-08"
    assert "PAID" not in "".join(found[:-1])


def test_a_typewriters_spaces_hold_words_together_and_columns_apart() -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1)
    canvas.setFont("Courier", 10)
    canvas.drawString(50, 700, "Managed data base   12 h     EUR 1,250.00")
    canvas.save()
    assert re.split(r"\s{2,}", rows(out.getvalue())[0]) == ["Managed data base", "12 h", "EUR 1,250.00"]


def test_right_to_left_text_is_in_the_order_it_is_read(tmp_path: Path) -> None:
    found = rows(papers.arabic(1, tmp_path).content)
    assert found[0].strip() == papers.ARABIC
    # It stood at the right edge.
    assert found[0].startswith(" " * 40)


def piece(text: str, left: float, right: float, base: float = 100, size: float = 10, angle: int = 0) -> Piece:
    return Piece(text, left, right, base, size, angle)


def grid(*pieces: Piece, columns: int = 40) -> list[str]:
    return list(sheet(Page(400, 600, pieces), columns).rows)


class TestGrid:
    def test_margins_are_cut_and_places_kept(self) -> None:
        assert grid(piece("a", 50, 60), piece("b", 200, 210), piece("c", 440, 450)) == [f"a{' ' * 14}b{' ' * 23}c"]

    def test_a_long_text_pushes_its_neighbour_right_and_not_out(self) -> None:
        assert grid(piece("x" * 18, 0, 100), piece("next", 106, 130), piece("9.00", 380, 400)) == [
            f"{'x' * 18}  next{' ' * 12}9.00"
        ]

    def test_what_does_not_fit_is_wrapped_between_words_and_the_amount_stays(self) -> None:
        text = "one two three four five six seven eight nine"
        found = grid(piece(text, 0, 300), piece("12,345.67", 350, 400))
        assert found[0].startswith("one two")
        assert found[0].endswith("12,345.67")
        assert " ".join(" ".join(found).split()).replace(" 12,345.67", "") == text
        assert max(map(len, found)) <= 40

    def test_numbers_that_do_not_fit_go_to_a_next_row_whole(self) -> None:
        numbers = [f"{n}234,567.89" for n in range(1, 8)]
        found = grid(*(piece(text, at * 55, at * 55 + 50) for at, text in enumerate(numbers)))
        assert " ".join(found).split() == numbers
        assert len(found) == 3

    def test_a_cell_in_the_middle_of_two_lines_stands_with_the_first(self) -> None:
        found = grid(piece("first line", 0, 90, 100), piece("second", 0, 60, 112), piece("5.00", 370, 400, 105))
        assert [row.split() for row in found] == [["first", "line", "5.00"], ["second"]]

    def test_bold_by_printing_twice_is_there_once(self) -> None:
        assert grid(piece("Total", 0, 40, 100), piece("Total", 0.3, 40.3, 100.2)) == ["Total"]

    def test_parts_that_touch_are_one_word(self) -> None:
        assert grid(piece("INV", 0, 20), piece("OICE", 20.2, 50)) == ["INVOICE"]

    def test_wide_characters_take_two_cells(self) -> None:
        (row,) = grid(piece("株式会社", 0, 40), piece("9", 395, 400))
        assert (cells(row), row[:4], row[-1]) == (40, "株式会社", "9")

    def test_half_an_empty_page_is_two_rows(self) -> None:
        assert grid(piece("top", 0, 30, 50), piece("bottom", 0, 60, 550)) == ["top", "", "", "bottom"]

    def test_zoom_spreads_the_page(self) -> None:
        wide = sheet(Page(400, 600, (piece("a", 0, 10), piece("b", 390, 400))), 40, 2.0)
        assert (wide.columns, wide.rows) == (80, (f"a{' ' * 77}b",))

    def test_a_page_made_to_keep_us_busy_does_not(self) -> None:
        busy = [piece("1" + "." * 499, at % 50, at % 50 + 1, 100 + at / 1000) for at in range(3000)]
        start = time.process_time()
        sheet(Page(400, 600, tuple(busy)), 40)
        assert time.process_time() - start < 5

    def test_nothing_is_nothing(self) -> None:
        assert grid() == []


def test_search_finds_words_whatever_their_case_and_spaces() -> None:
    (one,) = sheets(pdf("Invoice INV-7", "total   EUR 5.00", "TOTAL eur 6.00"))
    found = [one.rows[match.row][match.start : match.end] for match in one.find("Total  EUR")]
    assert [" ".join(text.split()) for text in found] == ["total EUR", "TOTAL eur"]
    assert [one.rows[match.row] for match in one.find("inv-7")] == ["Invoice INV-7"]
    assert one.find("  ") == ()
    assert one.find("a.*") == ()


def test_what_a_terminal_could_act_on_is_not_in_the_text() -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.drawString(50, 700, "A\x1b[2J\x9b31mB")
    canvas.save()
    assert all(char.isprintable() for row in rows(out.getvalue()) for char in row)


def test_a_thumbnail_is_half_blocks_in_the_pages_proportions(made: tuple[papers.Made, ...]) -> None:
    with Pdf(made[-1].content) as document:
        cells_ = document.thumbnail(0, 40, 30)
    assert (len(cells_), {len(row) for row in cells_}) == (28, {40})
    assert {char for row in cells_ for char, _, _ in row} == {" ", "▀"}
    white = (255, 255, 255)
    assert cells_[-1][0] == (" ", white, white)
    # The scan's dark bar lies near the top.
    assert sum(cells_[3][20][1]) < 300


class TestBroken:
    @pytest.mark.parametrize("content", [b"", b"%PDF-1.4\n", b"<html>", pdf("x")[:200]])
    def test_what_is_no_pdf_is_said_to_be_none(self, content: bytes) -> None:
        with pytest.raises(NotPdf, match="damaged or incomplete"):
            verify(content)
        with pytest.raises(NotPdf):
            Pdf(content)

    def test_a_locked_pdf_is_a_pdf_that_cannot_be_read(self) -> None:
        from reportlab.lib.pdfencrypt import StandardEncryption

        out = io.BytesIO()
        canvas = Canvas(out, encrypt=StandardEncryption("secret", strength=128))
        canvas.drawString(50, 700, "hidden")
        canvas.save()
        verify(out.getvalue())
        with pytest.raises(NotPdf, match="password"):
            Pdf(out.getvalue())

    def test_a_page_that_is_not_there(self) -> None:
        with Pdf(pdf("x")) as document, pytest.raises(IndexError):
            document.page(1)

    def test_a_closed_pdf(self) -> None:
        document = Pdf(pdf("x"))
        document.close()
        document.close()
        with pytest.raises(ValueError, match="closed"):
            document.page(0)


async def test_it_refuses_to_block_an_event_loop() -> None:
    with pytest.raises(RuntimeError, match="event loop"):
        verify(pdf("x"))
    await asyncio.to_thread(verify, pdf("x"))


def test_many_threads_may_read_at_once(made: tuple[papers.Made, ...]) -> None:
    expected = {index: rows(made[index].content) for index in range(0, 28, 4)}
    wrong: list[int] = []

    def work(index: int) -> None:
        wrong.extend(index for _ in range(5) if rows(made[index].content) != expected[index])

    threads = [threading.Thread(target=work, args=(index,)) for index in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


_LEAVING = """
import threading
from invoicetui.documents.pdfium import Pdf
from tests.servers.pdf import pdf
from tests.terminal import ROOT
book, reads = Pdf(pdf("INV-1")), threading.Event()
def read():
    while True:
        book.page(0)
        reads.set()
threading.Thread(target=read, daemon=True).start()
reads.wait()
"""


def test_leaving_while_a_page_is_read_is_no_crash() -> None:
    for _ in range(3):
        argv = [sys.executable, "-c", _LEAVING]
        left = subprocess.run(argv, check=False, capture_output=True, timeout=20, cwd=ROOT)
        assert (left.returncode, left.stderr) == (0, b"")
