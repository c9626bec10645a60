"""An open PDF for a screen: what is known of the file, and its pages fitted to a width."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from invoicetui.errors import InvoicetuiError, NotPdf
from invoicetui.ui.apart import apart

if TYPE_CHECKING:
    from invoicetui.documents.einvoice import Comparison
    from invoicetui.documents.pdfium import Cell, Page, Pdf
    from invoicetui.documents.sheet import Sheet
    from invoicetui.ui.wishes import Got

T = TypeVar("T")

#: Pages whose text is kept, for fitting it to another width; and a picture's most cells, for each costs bytes.
_KEPT, _WIDEST = 64, 400


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the file. `is_einvoice`: an electronic invoice is inside, `trouble` why it cannot be read.

    `is_match`: the vendor's `file_ref` is the file's SHA-256.
    """

    pages: int
    size: int
    digest: str
    is_match: bool = False
    is_einvoice: bool = False
    compared: tuple[Comparison, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page, counted from 0, fitted to a width; without any text it comes with a picture, if it shows one."""

    index: int
    sheet: Sheet
    picture: tuple[tuple[Cell, ...], ...] = ()


class Book:
    """The methods that return something work beside the loop, in turn. `close` it when nobody reads it any more."""

    def __init__(self, got: Got) -> None:
        self.got = got
        self._pdf: Pdf | None = None
        self._facts: Facts | None = None
        self._pages: OrderedDict[int, Page] = OrderedDict()
        self._turn = threading.Lock()
        self._is_closed = False

    async def facts(self) -> Facts:
        """Raises NotPdf."""
        return await apart(partial(self._in_turn, self._read_facts))

    async def leaf(self, index: int, columns: int, rows: int, zoom: float = 1.0) -> Leaf:
        """Page `index` on `columns` cells times `zoom`, its picture no higher than `rows`. Raises NotPdf."""
        return await apart(lambda: self._in_turn(lambda pdf: self._fit(pdf, index, columns, rows, zoom)))

    def close(self) -> None:
        """Let go of the file, as soon as whoever reads it now is done."""
        threading.Thread(target=self._close, name="invoicetui-close", daemon=True).start()

    def _close(self) -> None:
        with self._turn:
            self._is_closed = True
            if self._pdf is not None:
                self._pdf.close()
                self._pdf = None

    def _in_turn(self, work: Callable[[Pdf], T]) -> T:
        from invoicetui.documents.pdfium import Pdf

        with self._turn:
            if self._is_closed:
                raise NotPdf("the PDF was closed meanwhile")
            if self._pdf is None:
                self._pdf = Pdf(self.got.file.content)
            return work(self._pdf)

    def _read_facts(self, pdf: Pdf) -> Facts:
        if self._facts is None:
            from invoicetui.documents.einvoice import compare, embedded

            invoice, file = self.got.invoice, self.got.file
            facts = Facts(pdf.pages, len(file.content), file.digest, file.matches(invoice))
            try:
                inside = embedded(pdf.attachments())
            except InvoicetuiError as error:
                self._facts = replace(facts, is_einvoice=True, trouble=str(error))
            else:
                compared = compare(inside, invoice) if inside is not None else ()
                self._facts = replace(facts, is_einvoice=inside is not None, compared=compared)
        return self._facts

    def _fit(self, pdf: Pdf, index: int, columns: int, rows: int, zoom: float) -> Leaf:
        from invoicetui.documents.sheet import sheet

        page = self._pages.get(index)
        if page is None:
            page = self._pages[index] = pdf.page(index)
            if len(self._pages) > _KEPT:
                self._pages.popitem(last=False)
        fitted = sheet(page, columns, zoom)
        if fitted.rows or not page.has_image:
            return Leaf(index, fitted)
        across, down = (min(round(cells * zoom), _WIDEST) for cells in (columns, rows))
        return Leaf(index, fitted, pdf.thumbnail(index, across, down))
