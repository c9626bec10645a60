"""The manual's Markdown as plain lines for a terminal or a pipe: paragraphs, lists, tables and code, no more."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from textwrap import TextWrapper

INDENT = "  "
_CODE_INDENT = "      "
_HEADING = re.compile(r"#+ ")
_ITEM = re.compile(r"(- |\d+\. )")
_COMMENT = re.compile(r"^<!--.*-->$", re.MULTILINE)
#: Fenced code, or lines up to an empty one.
_BLOCK = re.compile(r"^```[^\n]*\n(?P<code>.*?)^```$|(?:^(?!```)[^\n]+\n?)+", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[([^]]*)\]\(#[^)]*\)")
_CELL_BREAK = re.compile(r"(?<!\\)\|")
_GAP = 2


def plain(markdown: str, width: int, heading: Callable[[str], str] = str) -> Iterator[str]:
    """Lines of at most `width` cells, but for code and words longer than that; `heading` dresses a title."""
    is_apart = False
    for block in _BLOCK.finditer(_COMMENT.sub("", markdown)):
        is_heading = _HEADING.match(block[0]) is not None
        if is_apart:
            yield ""
        is_apart = not is_heading
        if block["code"] is not None:
            yield from (f"{_CODE_INDENT}{line}".rstrip() for line in block["code"].splitlines())
        elif is_heading:
            yield heading(_inline(_HEADING.sub("", block[0].strip(), count=1)))
        elif block[0].startswith("|"):
            yield from _table(block[0].splitlines(), width)
        else:
            yield from _text(block[0].splitlines(), width)


def _text(lines: Sequence[str], width: int) -> Iterator[str]:
    """A paragraph, or the items of a list."""
    items: list[str] = []
    for line in lines:
        if _ITEM.match(line) or not items:
            items.append(line)
        else:
            items[-1] += f" {line.strip()}"
    for item in items:
        mark = _ITEM.match(item)
        yield from _wrapped(_inline(item), width, INDENT, INDENT + " " * (len(mark[0]) if mark else 0))


def _table(lines: Sequence[str], width: int) -> Iterator[str]:
    """The rows in columns. The widest give way until all fit, as far as their longest words let them."""
    rows = [[_inline(cell.replace("\\|", "|").strip()) for cell in _CELL_BREAK.split(line)[1:-1]] for line in lines]
    del rows[1]
    columns = list(zip(*rows, strict=True))
    widths = [max(map(len, cells)) for cells in columns]
    least = [max(len(word) for cell in cells for word in cell.split()) for cells in columns]
    room = width - len(INDENT) - _GAP * (len(widths) - 1)
    while sum(widths) > room and (spare := [at for at in range(len(widths)) if widths[at] > least[at]]):
        widths[max(spare, key=widths.__getitem__)] -= 1
    for row in rows:
        cells = [list(_wrapped(cell, size)) for cell, size in zip(row, widths, strict=True)]
        for number in range(max(map(len, cells))):
            parts = [cell[number] if number < len(cell) else "" for cell in cells]
            padded = (part.ljust(size) for part, size in zip(parts, widths, strict=True))
            yield (INDENT + (" " * _GAP).join(padded)).rstrip()


def _inline(text: str) -> str:
    """A link is its title, which is a topic; emphasis goes; code keeps its marks, for it is typed as it stands."""
    return _LINK.sub(r"\1", text).replace("**", "")


def _wrapped(text: str, width: int, first: str = "", rest: str = "") -> Iterator[str]:
    wrapper = TextWrapper(
        width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
    yield from wrapper.wrap(text) or [""]
