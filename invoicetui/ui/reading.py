"""One invoice's document on its way to a screen: wished for, had, or not to be had, and then why."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from invoicetui.errors import (
    AddressRefused,
    DocumentError,
    HostRefused,
    InvoicetuiError,
    LinkExpired,
    NoDocument,
    NotPdf,
    NotSaved,
    NotYet,
)
from invoicetui.ui.book import Book, Facts

if TYPE_CHECKING:
    from invoicetui.ledger.store import Row
    from invoicetui.ui.desk import Desk
    from invoicetui.ui.wishes import Wish

_WHY = {
    NoDocument: "no document",
    NotYet: "not yet",
    LinkExpired: "expired link",
    HostRefused: "another host",
    NotPdf: "not a PDF",
    NotSaved: "not written",
    AddressRefused: "address refused",
}


class Reading:
    """For the loop that paints. `problem` hands in why the document could not be had a moment ago."""

    def __init__(self, desk: Desk, row: Row, problem: InvoicetuiError | None = None) -> None:
        self.row, self.problem = row, problem
        self._desk = desk
        self.wish: Wish | None = None
        self.book: Book | None = None
        self.facts: Facts | None = None

    def is_of(self, row: Row | None) -> bool:
        """Whether it is this row's document."""
        return row is not None and (row.account, row.key) == (self.row.account, self.row.key)

    @property
    def is_loading(self) -> bool:
        return self.wish is not None

    async def load(self, *, is_again: bool = False) -> None:
        """Have the document, or the problem. Cancelling it ends the fetch."""
        self.close()
        self.problem = None
        self.wish = wish = self._desk.fetch(self.row, is_again=is_again)
        try:
            book = Book(await asyncio.wrap_future(wish.future))
            try:
                self.facts = await book.facts()
            except BaseException:
                book.close()
                raise
            self.book = book
        except InvoicetuiError as error:
            self.problem = error
        finally:
            # One that was overtaken ends after the next has begun.
            if self.wish is wish:
                self.wish = None

    def close(self) -> None:
        if self.book is not None:
            self.book.close()
        self.book = self.facts = None

    def trouble(self) -> tuple[str, str, str]:
        """Why there is no PDF: in a word or two, in a sentence, and what helps. Only while there is a `problem`."""
        problem = self.problem
        if problem is None:
            return "", "", ""
        why = next((word for kind, word in _WHY.items() if isinstance(problem, kind)), "")
        remedy = problem.remedy
        if isinstance(problem, HostRefused):
            remedy = f"r asks again; document_hosts in the account allows {problem.host} for good"
        elif isinstance(problem, NotYet) or not (remedy or isinstance(problem, NoDocument)):
            remedy = "r tries again"
        is_vendors = not isinstance(problem, DocumentError)
        return (
            why or (str(getattr(problem, "kind", "no token")) if is_vendors else "it cannot be had"),
            problem.what,
            remedy,
        )
