"""The README's picture: made from the program as it is, and nothing in it comes from elsewhere."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from tests.manual.picture import INVOICE, PATH, picture, tidied

_ADDRESS = re.compile(r"https?://[^\s\"'<>]+|url\([^#)][^)]*\)|@import|@font-face|<script|<image|href")
_KNOWN = {"http://www.w3.org/2000/svg", "https://www.textualize.io"}


def words_of(svg: str) -> str:
    assert set(_ADDRESS.findall(svg)) <= _KNOWN
    return "\n".join("".join(element.itertext()) for element in ElementTree.fromstring(svg).iter())


def test_the_committed_picture_needs_nothing_from_the_web() -> None:
    svg = PATH.read_text(encoding="utf-8")
    assert len(svg) < 80_000
    assert INVOICE in words_of(svg)


async def test_it_is_made_from_the_program_as_it_is() -> None:
    shown = words_of(await picture())
    assert INVOICE in shown
    assert "Premium support" in shown, "the PDF's text stands beside the list"


def test_words_stand_at_their_own_places() -> None:
    run = '<text class="terminal-12-r1" x="24.4" y="20" textLength="9" clip-path="url(#terminal-12-line-0)">{}</text>'
    clip = '<clipPath id="terminal-12-line-0">\n<rect/>\n</clipPath>\n'
    svg = tidied(clip + "@font-face { x }" + run.format("&#160;a&#160;b&amp;&#160;&#160;&#160;c&#160;"))
    assert svg == (
        '<text class="t-r1" x="36.6" y="20" textLength="48.8">a b&amp;</text>'
        '<text class="t-r1" x="122" y="20" textLength="12.2">c</text>'
    )
