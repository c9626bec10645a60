"""A PDF's pages and what is known of its file, as Content, made of plain strings, never of markup."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from textual.content import Content, Span

if TYPE_CHECKING:
    from invoicetui.documents.pdfium import Cell
    from invoicetui.documents.sheet import Match
    from invoicetui.ui.book import Facts, Leaf

BLANK = "(this page is blank)"
SCANNED = "(this page is a scan: a picture without text, so there is nothing to search or copy)"
_NAMES = {"amount_due": "still due"}


def page(leaf: Leaf, matches: Sequence[Match] = (), current: Match | None = None) -> Content:
    """A page's rows, its matches reversed and the current one underlined as well; a scan is a picture with a word."""
    if leaf.picture:
        return Content("\n").join([Content(SCANNED), Content(""), *map(_pixels, leaf.picture)])
    if not leaf.sheet.rows:
        return Content(BLANK)
    by_row: dict[int, list[Match]] = {}
    for match in matches:
        by_row.setdefault(match.row, []).append(match)
    return Content("\n").join(_row(text, by_row.get(at, ()), current) for at, text in enumerate(leaf.sheet.rows))


def pages(leaves: Sequence[Leaf], count: int, width: int) -> Content:
    """Pages below one another, each but the first under a line that says where it begins."""
    parts: list[Content] = []
    for leaf in leaves:
        if leaf.index:
            title = f"-- page {leaf.index + 1} of {count} "
            parts.append(Content.styled(f"\n{title}{'-' * max(0, width - len(title))}\n", "dim"))
        parts.append(page(leaf))
    if leaves and len(leaves) < count:
        parts.append(Content.styled(f"\n({count - len(leaves)} more pages: enter shows them)", "dim"))
    return Content("\n").join(parts)


def text(leaves: Sequence[Leaf]) -> str:
    """The same for a pager: plain, a form feed between pages."""
    return "\n\f\n".join(str(leaf.sheet) if leaf.sheet.rows else SCANNED if leaf.picture else BLANK for leaf in leaves)


def facts(found: Facts) -> str:
    """The file in a line: pages, size, whether it is the one the record means, what the invoice inside says."""
    parts = [f"{found.pages} page{'s' if found.pages != 1 else ''}", f"{found.size / 1024:,.0f} KiB"]
    if found.is_match:
        parts.append("matches file_ref")
    if found.is_einvoice:
        parts.append(einvoice(found))
    return " · ".join(parts)


def einvoice(found: Facts) -> str:
    """Whether the electronic invoice inside says what the vendor's API says; disagreements first, in full."""
    if found.trouble:
        return f"! e-invoice inside: {found.trouble}"
    differ = [
        f"{_name(one.field)} {one.embedded}, the API says {one.api}" for one in found.compared if not one.is_equal
    ]
    agree = [_name(one.field) for one in found.compared if one.is_equal]
    if differ:
        return f"! e-invoice inside differs: {'; '.join(differ)}"
    return f"e-invoice inside agrees: {', '.join(agree)}" if agree else "e-invoice inside, with nothing to compare"


def details(found: Facts) -> Mapping[str, str]:
    """The file at length, by label, for the tab."""
    parts = {"File": f"{found.pages} page{'s' if found.pages != 1 else ''}, {found.size:,} bytes"}
    if found.is_match:
        parts["Reference"] = "matches file_ref"
    if found.is_einvoice:
        parts["E-invoice"] = einvoice(found)
    return parts


def _name(field: str) -> str:
    return _NAMES.get(field, field)


def _row(text: str, matches: Sequence[Match], current: Match | None) -> Content:
    spans = [
        Span(match.start, match.end, "bold reverse underline" if match == current else "reverse") for match in matches
    ]
    return Content(text, spans=spans)


def _pixels(cells: Sequence[Cell]) -> Content:
    """A line of half blocks; cells that look the same share a style."""
    return Content.assemble(*_runs(cells))


def _runs(cells: Sequence[Cell]) -> Iterator[tuple[str, str]]:
    for look, run in groupby(cells, key=lambda cell: cell):
        char, fore, back = look
        yield char * len(list(run)), f"{_rgb(fore)} on {_rgb(back)}"


def _rgb(colour: tuple[int, int, int]) -> str:
    return f"rgb({colour[0]},{colour[1]},{colour[2]})"
