"""Wiring for documents: a session's accounts, the documents folder and the cache make a shelf."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from invoicetui.config import DOCUMENT_NAME, Config
from invoicetui.documents.cache import Cache
from invoicetui.documents.fetching import Fetcher
from invoicetui.documents.saving import Folder
from invoicetui.documents.shelf import Shelf
from invoicetui.paths import documents_cache, documents_folder

if TYPE_CHECKING:
    from invoicetui.session import Session


def open_shelf(
    session: Session,
    settings: Config | None,
    environ: Mapping[str, str],
    *,
    is_cached: bool,
    allowed: Collection[str] = (),
) -> Shelf:
    """The shelf of a session's documents, for use on its engine thread; nothing is opened or made before it is needed.

    `settings` None is the demo: it has no cache, and a folder of its own below the usual one. `allowed` are hosts that
    documents may come from besides the accounts' own.
    """
    fetcher = Fetcher(
        lambda account: session.feed().vendors[account], session.download, session.visitor, allowed=allowed
    )
    if settings is None:
        return Shelf(fetcher, Folder(documents_folder() / "demo", DOCUMENT_NAME), None)
    root: Path = settings.documents_folder or documents_folder()
    cache = Cache(documents_cache(environ)) if is_cached else None
    return Shelf(fetcher, Folder(root, settings.document_name), cache, is_offline=session.is_offline)
