"""The one door to pdfium: every call holds one lock, because the library is not thread-safe.

Everything here blocks and refuses to run on an event loop. Every object is closed by us while the lock is held: what is
left to the garbage collector is closed on any thread, at any moment.
"""

from __future__ import annotations

import asyncio
import atexit
import ctypes
import math
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from invoicetui.documents.pieces import Letter, Piece, pieces_of
from invoicetui.errors import NotPdf
from invoicetui.text import clean

MAX_LETTERS = 50_000
MAX_ATTACHMENT = 5 * 2**20
_LOCK = threading.Lock()
#: Seconds for what is being read when the program ends.
_LAST = 1.0
_MAX_SPACES = 2  # in a row; more of them stand for a column
_PASSWORD = 4  # FPDF_ERR_PASSWORD

#: A character, its colour and the colour behind it, as red, green and blue.
Cell = tuple[str, tuple[int, int, int], tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it is shown: size in points, and its text, each piece with its place.

    `has_image`: it shows a picture; looked for only where there is no text.
    """

    width: float
    height: float
    pieces: tuple[Piece, ...]
    has_image: bool = False

    @property
    def is_scanned(self) -> bool:
        """There is a picture, and no text to read in it."""
        return self.has_image and not self.pieces


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file inside the PDF; `content` is None when it is larger than MAX_ATTACHMENT."""

    name: str
    content: bytes | None


def verify(content: bytes) -> None:
    """Raise NotPdf unless pdfium opens it. One that only wants a password is a PDF. Blocks."""
    with _locked() as library:
        try:
            document = library.PdfDocument(content)
        except library.PdfiumError as error:
            if getattr(error, "err_code", None) == _PASSWORD:
                return
            raise _damaged() from None
        try:
            if len(document) == 0:
                raise NotPdf("the PDF has no pages", "get it in a browser")
        finally:
            document.close()


class Pdf:
    """An open PDF, for one reader at a time; every method blocks. Use it as a context manager, or `close` it.

    Raises NotPdf for what pdfium cannot open, a file with a password among it, and for a page it cannot read.
    """

    def __init__(self, content: bytes) -> None:
        with _locked() as library:
            try:
                self._document: Any = library.PdfDocument(content)
            except library.PdfiumError as error:
                if getattr(error, "err_code", None) == _PASSWORD:
                    raise NotPdf("the PDF is locked with a password", "open it in a PDF viewer") from None
                raise _damaged() from None
            self.pages: int = len(self._document)

    def __enter__(self) -> Pdf:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Safe to call twice."""
        with _locked():
            document, self._document = self._document, None
            if document is not None:
                document.close()

    def page(self, index: int) -> Page:
        """The text of page `index`, counted from 0, with its places."""
        with self._page(index) as (library, page):
            width, height = page.get_size()
            text = page.get_textpage()
            try:
                pieces = pieces_of(_letters(library.raw, text.raw, Shown(page)))
            finally:
                text.close()
            images = () if pieces else page.get_objects(filter=[library.raw.FPDF_PAGEOBJ_IMAGE], max_depth=3)
            return Page(width, height, pieces, any(True for _ in images))

    def thumbnail(self, index: int, columns: int, rows: int) -> tuple[tuple[Cell, ...], ...]:
        """The page as at most `columns` by `rows` half-block cells, its proportions kept for cells twice as high as
        wide; colours are rounded so that neighbours often agree."""
        with self._page(index) as (library, page):
            width, height = page.get_size()
            scale = min(columns / width, rows * 2 / height)
            across, down = max(1, int(width * scale)), max(2, int(height * scale) // 2 * 2)
            bitmap = library.PdfBitmap.new_native(across, down, library.raw.FPDFBitmap_BGRx)
            try:
                bitmap.fill_rect((255, 255, 255, 255), 0, 0, across, down)
                arguments = (bitmap.raw, page.raw, 0, 0, across, down, 0, library.raw.FPDF_ANNOT)
                library.raw.FPDF_RenderPageBitmap(*arguments)
                stride, data = bitmap.stride, bytes(bitmap.buffer)
            finally:
                bitmap.close()
        lines = [_colours(data, y * stride, across) for y in range(down)]
        return tuple(
            tuple(_cell(top, bottom) for top, bottom in zip(lines[y], lines[y + 1], strict=True))
            for y in range(0, down, 2)
        )

    def attachments(self) -> tuple[Attachment, ...]:
        """The files inside, at most twenty."""
        with self._open() as library:
            found = []
            for index in range(min(self._document.count_attachments(), 20)):
                attachment = self._document.get_attachment(index)
                size = ctypes.c_ulong()
                library.raw.FPDFAttachment_GetFile(attachment.raw, None, 0, ctypes.byref(size))
                content = None
                if 0 < size.value <= MAX_ATTACHMENT:
                    buffer = ctypes.create_string_buffer(size.value)
                    library.raw.FPDFAttachment_GetFile(attachment.raw, buffer, size, ctypes.byref(size))
                    content = buffer.raw
                found.append(Attachment(clean(attachment.get_name(), 100), content))
            return tuple(found)

    @contextmanager
    def _open(self) -> Iterator[Any]:
        with _locked() as library:
            if self._document is None:
                raise ValueError("the PDF is closed")
            yield library

    @contextmanager
    def _page(self, index: int) -> Iterator[tuple[Any, Any]]:
        with self._open() as library:
            if not 0 <= index < self.pages:
                raise IndexError(index)
            try:
                page = self._document[index]
            except library.PdfiumError:
                raise NotPdf(f"page {index + 1} of the PDF is damaged", "open it in a PDF viewer") from None
            try:
                yield library, page
            finally:
                page.close()


@contextmanager
def _locked() -> Iterator[Any]:
    """The library, ours alone for a moment; imported when it is first needed, for its start is the slowest of all."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        raise RuntimeError("pdfium blocks; it is not for an event loop")
    with _LOCK:
        yield _library()


@cache
def _library() -> Any:
    import pypdfium2  # type: ignore[import-untyped]  # it has no stubs

    # Python's end takes objects away from threads that still read, and pypdfium2 5.15 the library: the process crashes.
    # So whoever reads then has a second to get done, nobody begins any more, and the process's end frees the library.
    # What ends comes in the order opposite to its beginning: first the weak references that close documents, then ours.
    weakref.finalize(_library, int).detach()
    atexit.register(_LOCK.acquire, timeout=_LAST)
    scope = getattr(pypdfium2, "_library_scope", None)
    if scope is not None:
        atexit.unregister(scope.destroy_lib)
    return pypdfium2


def _damaged() -> NotPdf:
    return NotPdf("the PDF is damaged or incomplete", "try again, or get it in a browser")


def _letters(raw: Any, text: Any, shown: Shown) -> list[Letter]:
    """Every character that is no white space, with its box as shown.

    The box is the loose one: as wide as the character advances and as high as its font, so that neighbours touch.
    """
    box, x, y = raw.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    box_ref, x_ref, y_ref = ctypes.byref(box), ctypes.byref(x), ctypes.byref(y)
    out: list[Letter] = []
    spaces: list[float] = []
    low = high = base = 0.0
    angle = 0
    for index in range(min(raw.FPDFText_CountChars(text), MAX_LETTERS)):
        code = raw.FPDFText_GetUnicode(text, index)
        raw.FPDFText_GetLooseCharBox(text, index, box_ref)
        if code <= 0x20 or code in (0xA0, 0xFFFE):
            spaces.append(box.right - box.left)
            continue
        if box.bottom != low or box.top != high:
            # The same height at the same place is the same line: these two calls cost as much as all the rest.
            low, high = box.bottom, box.top
            raw.FPDFText_GetCharOrigin(text, index, x_ref, y_ref)
            base = shown.base(x.value, y.value)
            angle = (round(math.degrees(raw.FPDFText_GetCharAngle(text, index))) + shown.rotation) % 360
        place = shown.box(box.left, low, box.right, high)
        space = sum(spaces) if len(spaces) <= _MAX_SPACES else 0.0
        out.append(Letter(chr(code), *place, base, angle, bool(spaces), space))
        spaces.clear()
    return out


class Shown:
    """From a page's own coordinates, which know nothing of its /Rotate, to the page as shown, y downwards."""

    def __init__(self, page: Any) -> None:
        self.rotation: int = page.get_rotation()
        edges: tuple[float, float, float, float] = page.get_bbox()
        self._left, self._bottom, self._right, self._top = edges

    def box(self, left: float, low: float, right: float, high: float) -> tuple[float, float, float, float]:
        """Left, right, top and bottom."""
        match self.rotation:
            case 0:
                return left - self._left, right - self._left, self._top - high, self._top - low
            case 90:
                return low - self._bottom, high - self._bottom, left - self._left, right - self._left
            case 180:
                return self._right - right, self._right - left, low - self._bottom, high - self._bottom
            case _:
                return self._top - high, self._top - low, self._right - right, self._right - left

    def base(self, x: float, y: float) -> float:
        """The line that a text begun at (x, y) stands on."""
        match self.rotation:
            case 0:
                return self._top - y
            case 90:
                return x - self._left
            case 180:
                return y - self._bottom
            case _:
                return self._right - x


def _colours(data: bytes, start: int, count: int) -> list[tuple[int, int, int]]:
    return [
        (data[at + 2] & 0xF0 | 15, data[at + 1] & 0xF0 | 15, data[at] & 0xF0 | 15)
        for at in range(start, start + count * 4, 4)
    ]


def _cell(top: tuple[int, int, int], bottom: tuple[int, int, int]) -> Cell:
    return (" ", top, top) if top == bottom else ("\N{UPPER HALF BLOCK}", top, bottom)
