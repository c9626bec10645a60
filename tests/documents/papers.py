"""Thirty invoices as different programs print them, with what stands on each: made here, so that it is known."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._g_l_y_f import Glyph
from fpdf import FPDF
from reportlab.lib.pagesizes import A4, LETTER, landscape
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

ARABIC = "فاتورة ضريبية"
JAPANESE = ("請求書", "株式会社はるか", "合計金額")


@dataclass(frozen=True)
class Item:
    name: str
    quantity: str
    price: str
    amount: str


@dataclass(frozen=True)
class Made:
    """A file and what is on it: `facts` anywhere, each item's name and amount on one line, `pages` in all."""

    name: str
    content: bytes
    facts: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()
    pages: int = 1
    is_scan: bool = False


def items(number: int, currency: str, words: str = "Managed database, region {} (hours)") -> tuple[Item, ...]:
    """Lines whose numbers differ from one another, and from those of other counts."""
    return tuple(
        Item(
            words.format(at + 1),
            f"{at * 37 + number:,}",
            f"{at}.{number:02d}5",
            f"{currency} {at * 1234 + 11:,}.{at:02d}",
        )
        for at in range(number)
    )


def facts(number: int) -> tuple[tuple[str, str], ...]:
    return (
        ("Invoice number", f"INV-2026-{number:04d}"),
        ("Date of issue", f"2026-03-{number % 28 + 1:02d}"),
        ("Date due", f"30 April 20{number % 50 + 30}"),
        ("VAT ID", f"DE 8119075{number:02d}"),
    )


def platypus(number: int, size: float, lines: int, *, page: tuple[float, float] = A4, wraps: bool = False) -> Made:
    """reportlab's tables: numbers to the right, cells in the middle of wrapped ones, over as many pages as it takes."""
    style = getSampleStyleSheet()
    words = (
        "Managed database in region {} with point-in-time recovery, billed by the hour"
        if wraps
        else "Database, region {}"
    )
    made = items(lines, "EUR", words)
    normal = style["Normal"].clone("n", fontSize=size, leading=size * 1.2)
    rows: list[list[object]] = [["Description", "Qty", "Unit price", "Amount"]]
    rows += [[Paragraph(i.name, normal) if wraps else i.name, i.quantity, i.price, i.amount] for i in made]
    width = page[0] - 144
    table = Table(rows, colWidths=[width * 0.45, width * 0.13, width * 0.17, width * 0.25], repeatRows=1)
    grid = [
        ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
        ("FONTSIZE", (0, 0), (-1, -1), size),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ]
    table.setStyle(TableStyle([*grid, ("ROWBACKGROUNDS", (0, 1), (-1, -1), ["#ffffff", "#eeeeee"])]))
    told = facts(number)
    head = Table(
        [[Paragraph("Acme Cloud Ltd<br/>1 Test Street<br/>London", normal), "\n".join(f"{a}: {b}" for a, b in told)]]
    )
    out = io.BytesIO()
    document = SimpleDocTemplate(out, pagesize=page, invariant=1)
    total = Table([["Total due", f"EUR {lines * 999:,}.50"]], colWidths=[width * 0.75, width * 0.25])
    total.setStyle(TableStyle([("ALIGN", (1, 0), (1, 0), "RIGHT")]))
    document.build([Paragraph(f"Invoice {told[0][1]}", style["Title"]), head, Spacer(1, 12), table, total])
    found = (*(value for _, value in told), f"EUR {lines * 999:,}.50")
    return Made(f"platypus {number}", out.getvalue(), found, made, document.page)


def drawn(
    number: int,
    size: float,
    lines: int,
    *,
    stamp: int = 0,
    page: tuple[float, float] = A4,
    parts: str = "",
    turn: int = 0,
) -> Made:
    """reportlab's canvas: two columns at the head, amounts to the right; `parts` draws words or letters singly."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=page, invariant=1)
    width, height = page
    if turn:
        canvas.setPageRotation(turn)
        canvas.translate(height, 0)
        canvas.rotate(90)
        width, height = height, width
    canvas.setFont("Helvetica-Bold", size * 2)
    canvas.drawString(50, height - 60, "INVOICE")
    canvas.setFont("Helvetica", size)

    def put(x: float, y: float, text: str) -> None:
        step = {"": [text], "words": [f"{word} " for word in text.split()], "letters": list(text)}[parts]
        for piece in step:
            canvas.drawString(x, y, piece)
            x += canvas.stringWidth(piece, "Helvetica", size)

    for at, (label, value) in enumerate(facts(number)):
        put(50, height - 100 - at * size * 1.4, f"{label} {value}")
        put(
            width / 2 + 30,
            height - 100 - at * size * 1.4,
            ("Bill to", "Halden Robotics GmbH", "Hafenstrasse 41", "70327 Stuttgart")[at],
        )
    made = items(lines, "$")
    y, pages = height - 200, 1
    for item in made:
        if y < 60:
            canvas.showPage()
            canvas.setFont("Helvetica", size)
            y, pages = height - 60, pages + 1
        put(50, y, item.name)
        for x, text in ((width - 220, item.quantity), (width - 140, item.price), (width - 50, item.amount)):
            put(x - canvas.stringWidth(text, "Helvetica", size), y, text)
        y -= size * 1.5
    if stamp:
        canvas.saveState()
        canvas.translate(200, 300)
        canvas.rotate(stamp)
        canvas.setFont("Helvetica-Bold", 40)
        canvas.drawString(0, 0, "PAID 2026-04-08")
        canvas.restoreState()
    canvas.save()
    more = ("PAID 2026-04-08",) if stamp else ()
    return Made(f"drawn {number}", out.getvalue(), (*(value for _, value in facts(number)), *more), made, pages)


def tabled(number: int, size: float, lines: int, *, form: str = "A4") -> Made:
    """fpdf2's tables."""
    pdf = FPDF(format=form)
    pdf.add_page()
    pdf.set_font("Helvetica", size=size)
    for label, value in facts(number):
        pdf.cell(0, 6, f"{label}: {value}", new_x="LMARGIN", new_y="NEXT")
    made = items(lines, "USD", "Build minutes, plan {}")
    with pdf.table(col_widths=(50, 15, 20, 30), text_align=("LEFT", "RIGHT", "RIGHT", "RIGHT")) as table:
        for cells in (("Item", "Count", "Rate", "Sum"), *((i.name, i.quantity, i.price, i.amount) for i in made)):
            row = table.row()
            for cell in cells:
                row.cell(cell)
    return Made(
        f"tabled {number}", bytes(pdf.output()), tuple(value for _, value in facts(number)), made, pdf.pages_count
    )


def celled(number: int, size: float, lines: int) -> Made:
    """fpdf2's cells: no table, dates down the middle, amounts aligned right, serif letters."""
    pdf = FPDF(format="Letter")
    pdf.add_page()
    pdf.set_font("Times", size=size)
    pdf.cell(95, 6, "Supplier Inc.")
    pdf.cell(95, 6, f"No. {facts(number)[0][1]}", align="R", new_x="LMARGIN", new_y="NEXT")
    made = items(lines, "GBP", "Seat {}, monthly")
    for at, item in enumerate(made):
        pdf.cell(80, 5, item.name)
        pdf.cell(50, 5, f"2026-{at % 12 + 1:02d}-15", align="C")
        pdf.cell(60, 5, item.amount, align="R", new_x="LMARGIN", new_y="NEXT")
    return Made(f"celled {number}", bytes(pdf.output()), (facts(number)[0][1],), made, pdf.pages_count)


def japanese(number: int) -> Made:
    """Wide characters, beside numbers that must keep their columns."""
    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiKakuGo-W5"))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1)
    canvas.setFont("HeiseiKakuGo-W5", 11)
    for at, text in enumerate(JAPANESE):
        canvas.drawString(60, 780 - at * 20, text)
    made = items(6, "JPY", "ロボット保守サービス {}")
    for at, item in enumerate(made):
        canvas.drawString(60, 650 - at * 18, item.name)
        canvas.drawRightString(520, 650 - at * 18, item.amount)
    canvas.drawRightString(520, 780, facts(number)[0][1])
    canvas.save()
    return Made("japanese", out.getvalue(), (*JAPANESE, facts(number)[0][1]), made)


def arabic(number: int, folder: Path) -> Made:
    """Letters that run from right to left, with amounts at the left edge."""
    pdf = FPDF()
    pdf.add_page()
    pdf.add_font("boxes", fname=str(boxes(folder)))
    pdf.set_font("boxes", size=12)
    # Drawn as it looks: programs that set such text put its last letter down first.
    pdf.cell(190, 8, ARABIC[::-1], align="R", new_x="LMARGIN", new_y="NEXT")
    made = items(5, "AED", "خدمة {}")
    for item in made:
        pdf.cell(60, 7, item.amount)
        pdf.cell(130, 7, item.name[::-1], align="R", new_x="LMARGIN", new_y="NEXT")
    pdf.cell(60, 7, facts(number)[0][1])
    return Made("arabic", bytes(pdf.output()), (ARABIC, facts(number)[0][1]), made)


def scan() -> Made:
    """A picture and nothing else."""
    from PIL import Image, ImageDraw

    picture = Image.new("L", (400, 560), 255)
    ImageDraw.Draw(picture).rectangle((40, 40, 360, 90), fill=30)
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1)
    canvas.drawInlineImage(picture, 0, 0, 595, 842)
    canvas.save()
    return Made("scan", out.getvalue(), is_scan=True)


def boxes(folder: Path) -> Path:
    """A font in which every letter is a box: a text layer asks no more of one."""
    letters = [*range(0x20, 0x7F), *range(0x621, 0x64B)]
    names = {code: f"g{code:04X}" for code in letters}
    tall, glyph = _box(-200, 800), _box(0, 600)
    font = FontBuilder(1000, isTTF=True)
    order = [".notdef", *names.values()]
    font.setupGlyphOrder(order)
    font.setupCharacterMap(names)
    font.setupGlyf({**dict.fromkeys(order, glyph), ".notdef": tall})
    font.setupHorizontalMetrics(dict.fromkeys(order, (500, 50)))
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": "Boxes", "styleName": "Regular", "psName": "Boxes"})
    font.setupOS2(sTypoAscender=800, usWinAscent=800, usWinDescent=200)
    font.setupPost()
    path = folder / "boxes.ttf"
    font.save(path)
    return path


def _box(low: int, high: int) -> Glyph:
    pen = TTGlyphPen(None)
    pen.moveTo((50, low))
    for point in ((50, high), (450, high), (450, low)):
        pen.lineTo(point)
    pen.closePath()
    return pen.glyph()


def papers(folder: Path) -> Iterator[Made]:
    """All thirty."""
    number = count(1).__next__
    for size, lines in ((7, 8), (8, 22), (9, 5), (10, 12), (11, 3), (12, 9)):
        yield platypus(number(), size, lines)
    yield platypus(number(), 9, 70)
    yield platypus(number(), 9, 10, wraps=True)
    yield platypus(number(), 11, 4, page=LETTER, wraps=True)
    yield platypus(number(), 8, 20, page=landscape(A4))
    for size, lines in ((7, 20), (9, 10), (10, 6), (12, 4)):
        yield drawn(number(), size, lines)
    yield drawn(number(), 9, 90)
    yield drawn(number(), 10, 8, stamp=30)
    yield drawn(number(), 10, 8, stamp=90)
    yield drawn(number(), 10, 8, page=LETTER, stamp=-20)
    yield drawn(number(), 10, 7, parts="words")
    yield drawn(number(), 9, 7, parts="letters")
    yield drawn(number(), 10, 8, turn=90)
    for size, lines in ((8, 10), (9, 25), (11, 6)):
        yield tabled(number(), size, lines)
    yield tabled(number(), 9, 60, form="Letter")
    yield celled(number(), 9, 14)
    yield celled(number(), 12, 40)
    yield japanese(number())
    yield arabic(number(), folder)
    yield scan()
