"""The README's picture: the demo on a fixed day, as an SVG that needs nothing from the web.

To make it anew: python -m tests.manual.picture
"""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

from tests.ui.test_screens import demo

PATH = Path(__file__).with_name("browser.svg")
SIZE = (160, 38)
THEME = "tokyo-night"
INVOICE = "HR-2026-10705"
FONTS = "ui-monospace, 'Fira Code', 'DejaVu Sans Mono', Menlo, Consolas, monospace"
#: The line of the first invoice, and how many tabs lie before the PDF.
FIRST_ROW, TABS = 3, 4
#: How wide Textual draws a cell.
CELL = 12.2

_FACE = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
_RUN = re.compile(
    r'<text class="([^"]+-r\d+)" x="([\d.]+)" y="([\d.]+)" textLength="[\d.]+" clip-path="[^"]+">([^<]*)</text>'
)
_CLIP = re.compile(r'<clipPath id="[^"]+-line-\d+">.*?</clipPath>\s*', re.DOTALL)
_GAP = re.compile(r"(?:&#160;){2,}")


async def picture() -> str:
    """The invoice list, and beside it an invoice's PDF as text, as SVG."""
    async with demo(SIZE) as browser:
        browser.app.theme = THEME
        line = next(number for number, line in enumerate(browser.lines()) if INVOICE in line)
        await browser.press(*"j" * (line - FIRST_ROW), "enter", *["right_square_bracket"] * TABS)
        await browser.sees("1 page", INVOICE, "Premium support")
        await browser.rests()
        return tidied(browser.app.export_screenshot(title="invoicetui --demo"))


def tidied(svg: str) -> str:
    """Textual's picture without its web font, each word where it belongs whatever font the reader has."""
    svg = _CLIP.sub("", _FACE.sub("", svg))
    name = re.search(r"terminal-\d+", svg)
    assert name is not None
    svg = _RUN.sub(_words, svg.replace("font-family: Fira Code, monospace", f"font-family: {FONTS}"))
    # The number is a hash of the whole; the picture is alone on its page.
    return re.sub(r"[ \t]+\n", "\n", svg.replace(name[0], "t"))


def _words(run: re.Match[str]) -> str:
    """A run's words, each at its own place: not every viewer stretches a text, and some drop its first spaces."""
    style, x, y, text = run.groups()
    out, at = [], float(x)
    for piece in re.split(f"({_GAP.pattern})", text):
        cells = len(re.sub("&[^;]+;", "x", piece))
        words = piece.replace("&#160;", " ").strip()
        if words:
            begin = at + CELL * (len(piece) - len(piece.removeprefix("&#160;"))) / len("&#160;")
            length = CELL * len(re.sub("&[^;]+;", "x", words))
            out.append(f'<text class="{style}" x="{begin:g}" y="{y}" textLength="{length:g}">{words}</text>')
        at += CELL * cells
    return "".join(out)


if __name__ == "__main__":
    PATH.write_text(asyncio.run(picture()), encoding="utf-8")
    sys.stdout.write(f"{PATH}\n")
