"""Asks the feed for the pages of one list, and ends what it asked for."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from invoicetui.ledger.feed import Stand
    from invoicetui.ledger.query import Query
    from invoicetui.session import Session


class Pager:
    """The wishes of one list: one next page an account at a time, or all pages."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._pages: dict[str, Future[None]] = {}
        self._everything: Future[None] | None = None
        #: How many rows the list had when an account's page was last asked for.
        self._sizes: dict[str, int] = {}

    @property
    def is_loading_all(self) -> bool:
        return self._everything is not None and not self._everything.done()

    def next_page(self, query: Query, stand: Stand, size: int) -> None:
        """The page after those that `stand` knows, unless one is on its way; the list has `size` rows now."""
        wish = self._pages.get(stand.account)
        if wish is None or wish.done():
            self._sizes[stand.account] = size
            self._pages[stand.account] = self._session.submit(lambda feed: feed.more(query, stand))

    def is_fruitless(self, stand: Stand, size: int) -> bool:
        """Whether the last page asked for brought the list no row: going on by itself might load everything."""
        return self._sizes.get(stand.account) == size

    def all_pages(self, query: Query) -> None:
        self._everything = self._session.submit(lambda feed: feed.load_all(query))

    def start_anew(self) -> None:
        """The list looks for something else now."""
        self._sizes.clear()

    def stop(self) -> None:
        """End what is under way; what came is kept."""
        for wish in (*self._pages.values(), self._everything):
            if wish is not None:
                wish.cancel()
