"""The desk at which screens ask for documents: fetched, saved, handed to viewers, many at once; and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from copy import copy
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from invoicetui.errors import NoDocument
from invoicetui.paths import documents_cache, documents_folder
from invoicetui.session import Session

if TYPE_CHECKING:
    from invoicetui.config import Config
    from invoicetui.documents.bulk import Summary
    from invoicetui.documents.manifest import Entry
    from invoicetui.documents.saving import Folder
    from invoicetui.documents.shelf import Shelf
    from invoicetui.ledger.feed import Feed
    from invoicetui.ledger.store import Row
    from invoicetui.model import Invoice
    from invoicetui.ui.outside import Outside
    from invoicetui.ui.wishes import Got, Run, Wish

_BLOCK = 128
#: The account's id ("" when it is one of several), the host, and where the answer goes. Called on any thread.
Ask = Callable[[str, str, "Future[bool]"], None]


class Desk:
    """Every method is for the thread that paints, and none holds it up. `settings` None is the demo.

    `ask` is whom to ask whether a document may come from another host; it is called on another thread.
    """

    def __init__(
        self,
        session: Session,
        settings: Config | None,
        environ: Mapping[str, str],
        *,
        is_cached: bool = False,
        outside: Outside | None = None,
    ) -> None:
        self._session, self._settings, self._environ, self._is_cached = session, settings, dict(environ), is_cached
        self._outside = outside
        self.ask: Ask = lambda account, host, answer: answer.set_result(False)
        #: Called on another thread when a run is over, however it ended.
        self.on_end: Callable[[Run], None] = lambda run: None
        self.run: Run | None = None
        #: Files that were saved in this session, by account and key.
        self.saved: dict[tuple[str, str], Path] = {}
        self._shelf: Shelf | None = None
        self._allowed: set[tuple[str, str]] = set()
        self._questions: set[Future[bool]] = set()
        self._is_closed = False

    @property
    def outside(self) -> Outside:
        """What leaves the terminal."""
        from invoicetui.ui.outside import Outside

        if self._outside is None:
            self._outside = Outside(self._environ, viewer=self._settings.viewer if self._settings else ())
        return self._outside

    def close(self) -> None:
        """Nobody answers any more: who waits for an answer, or asks from now on, hears no."""
        self._is_closed = True
        self.stop()
        for answer in tuple(self._questions):
            if not answer.done():
                answer.set_result(False)

    # ---- where documents go

    @property
    def folder(self) -> Path:
        """Where documents are saved unless another folder is named."""
        if self._settings is None:
            return documents_folder() / "demo"
        return self._settings.documents_folder or documents_folder()

    @property
    def pattern(self) -> str:
        """How files are named unless another pattern is given."""
        from invoicetui.config import DOCUMENT_NAME

        return self._settings.document_name if self._settings else DOCUMENT_NAME

    def folder_of(self, root: Path, pattern: str) -> Folder:
        """Another folder. Raises ConfigError for a pattern with a field that does not exist."""
        from invoicetui.documents.naming import relative_path
        from invoicetui.documents.saving import Folder
        from invoicetui.model import Invoice

        for account in self._session.accounts.values():
            relative_path(pattern, Invoice(account.id, account.vendor, "key"), account)
        return Folder(root, pattern)

    # ---- one document

    def fetch(self, row: Row, *, is_again: bool = False) -> Wish:
        """The document of a row, from the cache unless `is_again`, which also asks again about hosts once refused."""
        from invoicetui.ui.wishes import Wish

        wish = Wish()
        wish.future = self._session.submit(lambda feed: self._fetch(feed, row, wish, is_again=is_again))
        return wish

    def save(self, row: Row) -> Wish:
        """The same, into the documents folder."""
        from invoicetui.ui.wishes import Got, Wish

        wish = Wish("saving the PDF")

        async def work(feed: Feed) -> Got:
            got = await self._fetch(feed, row, wish)
            saved = await self._shelf_with(None).save(got.invoice, got.file)
            self.saved[row.account, row.key] = saved.path
            return Got(got.invoice, got.file, saved)

        wish.future = self._session.submit(work)
        return wish

    def hand_out(self, got: Got) -> Future[Path]:
        """A file for a viewer: the saved one, else one of our own that only its owner can read."""

        async def work(feed: Feed) -> Path:
            from invoicetui.documents.saving import Folder

            known = self.saved.get((got.invoice.account, got.invoice.key))
            if known is not None and known.is_file():
                return known
            runtime = self._environ.get("XDG_RUNTIME_DIR", "")
            root = Path(runtime) / "invoicetui" if runtime else documents_cache(self._environ) / "opened"
            return (await self._shelf_with(Folder(root, self.pattern)).save(got.invoice, got.file)).path

        return self._session.submit(work)

    async def _fetch(self, feed: Feed, row: Row, wish: Wish, *, is_again: bool = False) -> Got:
        from invoicetui.ui.wishes import Got

        invoice = feed.invoice(row.account, row.key)
        if invoice is None:
            raise NoDocument("the ledger does not hold this invoice any more", "refresh the list")
        if is_again:
            self._shelf = None
        file = await self._shelf_with(None).get(
            invoice, allow=partial(self._allow, row.account), on_progress=wish.progressed, is_again=is_again
        )
        return Got(invoice, file)

    # ---- many documents

    @property
    def is_running(self) -> bool:
        """Many documents are under way."""
        return self.run is not None and self.run.is_running

    @property
    def failures(self) -> tuple[Entry, ...]:
        """What could not be saved of the last run, with the reasons."""
        return tuple(self.run.failed) if self.run is not None else ()

    def save_all(self, ids: Sequence[int], folder: Folder | None = None) -> Run:
        """Save the documents of many rows, three at a time; one run after another, so only when none is running."""
        from invoicetui.ui.wishes import Run

        run = self.run = Run(len(ids))

        async def work(feed: Feed) -> Summary:
            from invoicetui.documents.bulk import Bulk

            def paused(account: str, seconds: float) -> None:
                run.pause = f"{account} asks to wait {seconds:.0f} s"

            shelf = self._shelf_with(folder)
            bulk = Bulk(shelf, allow=partial(self._allow, ""), on_entry=run.entered, on_pause=paused)
            return await bulk.run(self._invoices(feed, ids, run))

        run.future = self._session.submit(work)
        run.future.add_done_callback(lambda done: self.on_end(run))
        return run

    def stop(self) -> None:
        """End the run; what was saved is kept, and the next run goes on from there."""
        if self.run is not None:
            self.run.future.cancel()

    def _invoices(self, feed: Feed, ids: Sequence[int], run: Run) -> Iterator[Invoice]:
        for start in range(0, len(ids), _BLOCK):
            for row in self._session.store.rows(ids[start : start + _BLOCK]):
                invoice = feed.invoice(row.account, row.key) if row is not None else None
                if invoice is None:
                    run.total -= 1  # it has gone since it was tagged
                    continue
                run.current = invoice.number or invoice.key
                yield invoice

    # ---- on the engine thread, and on its helpers

    def _shelf_with(self, folder: Folder | None) -> Shelf:
        from invoicetui.filing import open_shelf

        if self._shelf is None:
            self._shelf = open_shelf(self._session, self._settings, self._environ, is_cached=self._is_cached)
        if folder is None:
            return self._shelf
        other = copy(self._shelf)
        other.folder = folder
        return other

    def _allow(self, account: str, host: str) -> bool:
        """Ask the user, and wait. Hosts once allowed stay so for the account; one of many accounts is asked each."""
        if (account, host) in self._allowed:
            return True
        answer: Future[bool] = Future()
        self._questions.add(answer)
        try:
            if self._is_closed:
                return False
            self.ask(account, host, answer)
            is_allowed = answer.result()
        finally:
            self._questions.discard(answer)
        if is_allowed and account:
            self._allowed.add((account, host))
        return is_allowed
