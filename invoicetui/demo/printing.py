"""A small PDF 1.4 writer: text in Helvetica at its place, rules, bands and a stamp; the same bytes for the same page.

Nothing is compressed and no font is embedded. What Windows-1252 cannot write gets a font with names of its own (and
what they mean, for whoever copies the text), Japanese the font that viewers bring for it.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby

WIDTH, HEIGHT = 595, 842
_REGULAR = """278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556
278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944
667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 278 556
500 722 500 500 500 334 260 334 584"""
_BOLD = """278 333 474 556 556 889 722 238 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 333
333 584 584 584 611 975 722 722 722 722 667 611 778 722 278 556 722 611 833 722 778 667 778 722 667 611 722 667 944 667
667 611 333 278 333 584 556 333 556 611 556 611 556 333 611 611 278 278 556 278 889 611 611 611 611 389 556 333 611 556
778 556 556 500 389 280 389 584"""
#: Adobe's advance widths of the ASCII characters from the space on, in thousandths of the size.
_WIDTHS = {is_bold: tuple(map(int, table.split())) for is_bold, table in ((False, _REGULAR), (True, _BOLD))}
_OTHER_WIDTH, _WIDE_WIDTH = 556, 1000


class Paper:
    """One document of A4 pages; places are points from the lower left corner. `turn` begins the next page."""

    def __init__(self) -> None:
        self._pages: list[list[str]] = [[]]
        self._codes: dict[str, int] = {}

    def turn(self) -> None:
        """Begin the next page."""
        self._pages.append([])

    @property
    def pages(self) -> int:
        return len(self._pages)

    def text(self, x: float, y: float, text: str, size: float = 9, *, bold: bool = False, right: bool = False) -> None:
        """Text that begins at `x`, or ends there with `right`."""
        at = x - self._width(text, size, bold) if right else x
        self._pages[-1].extend(self._shown(at, y, text, size, bold))

    def rule(self, x: float, y: float, to: float) -> None:
        self._pages[-1].append(f"0.5 w {x:g} {y:g} m {to:g} {y:g} l S")

    def band(self, x: float, y: float, width: float, height: float, grey: float) -> None:
        """A filled rectangle; what is printed later stands on it."""
        self._pages[-1].append(f"{grey:g} g {x:g} {y:g} {width:g} {height:g} re f 0 g")

    def stamp(self, x: float, y: float, text: str, degrees: float) -> None:
        """Large letters in a light red, turned to the left."""
        cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        matrix = f"{cosine:.5f} {sine:.5f} {-sine:.5f} {cosine:.5f} {x:g} {y:g}"
        shown = " ".join(self._shown(0, 0, text, 34, True))
        self._pages[-1].append(f"q {matrix} cm 0.85 0.3 0.3 rg {shown} Q")

    def content(self) -> bytes:
        """The file."""
        kids = " ".join(f"{8 + 2 * page} 0 R" for page in range(self.pages))
        fonts = "/F1 3 0 R /F2 4 0 R /F3 5 0 R /F4 7 0 R"
        objects = [
            "<< /Type /Catalog /Pages 2 0 R >>",
            f"<< /Type /Pages /Kids [{kids}] /Count {self.pages} /MediaBox [0 0 {WIDTH} {HEIGHT}]"
            f" /Resources << /Font << {fonts} >> >> >>",
            *(
                f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>"
                for name in ("Helvetica", "Helvetica-Bold")
            ),
            self._other_font(),
            _stream(self._meanings()),
            "<< /Type /Font /Subtype /Type0 /BaseFont /KozMinPr6N-Regular /Encoding /UniJIS-UTF16-H /DescendantFonts"
            " [<< /Type /Font /Subtype /CIDFontType0 /BaseFont /KozMinPr6N-Regular /CIDSystemInfo << /Registry (Adobe)"
            " /Ordering (Japan1) /Supplement 6 >> /DW 1000 /FontDescriptor << /Type /FontDescriptor /Flags 4"
            " /FontName /KozMinPr6N-Regular /FontBBox [-437 -340 1147 1317] /ItalicAngle 0 /Ascent 880 /Descent -120"
            " /CapHeight 742 /StemV 86 >> >>] >>",
        ]
        for number, page in enumerate(self._pages):
            objects += [f"<< /Type /Page /Parent 2 0 R /Contents {9 + 2 * number} 0 R >>", _stream("\n".join(page))]
        return _file(objects)

    def _shown(self, x: float, y: float, text: str, size: float, bold: bool) -> Iterator[str]:
        for font, part in _parts(text, bold):
            yield f"BT /{font} {size:g} Tf {x:.2f} {y:.2f} Td {self._string(font, part)} Tj ET"
            x += self._width(part, size, bold and font == "F2")

    def _string(self, font: str, part: str) -> str:
        if font == "F4":
            return f"<{part.encode('utf-16-be').hex()}>"
        if font == "F3":
            # More than these are on no invoice; a further one is shown as the last.
            return f"<{''.join(f'{self._codes.setdefault(c, min(33 + len(self._codes), 255)):02x}' for c in part)}>"
        return f"<{part.encode('cp1252').hex()}>"

    @staticmethod
    def _width(text: str, size: float, bold: bool) -> float:
        return sum(_advance(c, bold and font == "F2") for font, part in _parts(text, bold) for c in part) * size / 1000

    def _other_font(self) -> str:
        names = " ".join(f"/uni{ord(char):04X}" for char in self._codes)
        count = max(1, len(self._codes))
        widths = " ".join(str(_advance(char, False)) for char in self._codes) or str(_OTHER_WIDTH)
        return (
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica"
            f" /Encoding << /Type /Encoding /Differences [33 {names}] >> /ToUnicode 6 0 R"
            f" /FirstChar 33 /LastChar {32 + count} /Widths [{widths}]"
            " /FontDescriptor << /Type /FontDescriptor /FontName /Helvetica /Flags 32 /FontBBox [-166 -225 1000 931]"
            " /ItalicAngle 0 /Ascent 718 /Descent -207 /CapHeight 718 /StemV 88 >> >>"
        )

    def _meanings(self) -> str:
        lines = [f"<{code:02x}> <{char.encode('utf-16-be').hex()}>" for char, code in self._codes.items()]
        blocks = [lines[at : at + 100] for at in range(0, len(lines), 100)]
        listed = "\n".join(f"{len(block)} beginbfchar\n{chr(10).join(block)}\nendbfchar" for block in blocks)
        return (
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
            "/CMapName /Demo-UCS def /CMapType 2 def\n1 begincodespacerange <00> <ff> endcodespacerange\n"
            f"{listed}\nendcmap CMapName currentdict /CMap defineresource pop end end"
        )


def _parts(text: str, bold: bool) -> Iterator[tuple[str, str]]:
    """The text in parts of one font. A word goes to the other font whole: readers lose single letters without shape."""
    for is_wide, group in groupby(text, lambda char: unicodedata.east_asian_width(char) in "WF"):
        part = "".join(group)
        if is_wide:
            yield "F4", part
            continue
        words = (word for word in re.split("(?<= )", part) if word)
        for font, same in groupby(words, lambda word: ("F2" if bold else "F1") if _is_western(word) else "F3"):
            yield font, "".join(same)


def _is_western(text: str) -> bool:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _advance(char: str, bold: bool) -> int:
    if unicodedata.east_asian_width(char) in "WF":
        return _WIDE_WIDTH
    base = unicodedata.normalize("NFKD", char)[0]
    return _WIDTHS[bold][ord(base) - 32] if " " <= base <= "~" else _OTHER_WIDTH


def _stream(content: str) -> str:
    return f"<< /Length {len(content)} >>\nstream\n{content}\nendstream"


def _file(objects: Sequence[str]) -> bytes:
    out, places = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, item in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{item}\nendobj\n".encode("ascii")
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    size, start = len(objects) + 1, len(out)
    trailer = f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    return out + f"xref\n0 {size}\n0000000000 65535 f \n{table}{trailer}".encode("ascii")
