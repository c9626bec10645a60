"""The browser with documents: vendors that have PDFs, a folder to save into, a world outside that starts nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fpdf import FPDF

from invoicetui.config import load
from invoicetui.credentials import Credentials
from invoicetui.ledger.store import Store
from invoicetui.session import Session, vendor_facts
from invoicetui.ui.app import InvoicetuiApp
from invoicetui.ui.desk import Desk
from invoicetui.ui.outside import Outside
from tests.conftest import Configured
from tests.servers.pdf import pdf_reply
from tests.servers.serving import Answer, Query, Reply
from tests.ui.browsing import Browser, now

SSH = {"SSH_CONNECTION": "10.0.0.9 51234 10.0.0.1 2222", "USER": "kim"}


def nothing_starts(argv: Sequence[str], **how: Any) -> Any:
    raise AssertionError(f"{argv} was started")


class Reader(Browser):
    """A browser, and where its documents go."""

    desk: Desk
    folder: Path

    async def screen_is(self, name: str) -> None:
        await self.until(lambda: type(self.app.screen).__name__ == name)


@asynccontextmanager
async def reading(
    configured: Configured,
    home: Path,
    size: tuple[int, int] = (80, 24),
    *,
    environ: Mapping[str, str] = SSH,
    which: Callable[[str], str | None] | None = None,
    popen: Callable[..., Any] | None = nothing_starts,
    viewer: tuple[str, ...] = (),
    is_cached: bool = True,
) -> AsyncIterator[Reader]:
    """The browser over a config, as if at the end of an SSH line; whatever is started fails the test."""
    settings = load(configured.path, vendor_facts())._replace(documents_folder=home / "saved", viewer=viewer)
    environ = {**configured.env, "HOME": str(home), "XDG_RUNTIME_DIR": str(home / ".run"), **environ}
    session = Session(settings.accounts, Store.open(None, clock=now), Credentials(environ=environ), clock=now)
    outside = Outside(environ, viewer=viewer, platform="linux", which=which or (lambda name: None), popen=popen)
    desk = Desk(session, settings, environ, is_cached=is_cached, outside=outside)
    app = InvoicetuiApp(session, desk=desk, vendors=vendor_facts())
    try:
        async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
            reader = Reader(app, pilot, session)
            reader.desk, reader.folder = desk, home / "saved"
            yield reader
    finally:
        await asyncio.to_thread(session.close)


def with_document(answer: Answer, content: bytes | Reply) -> Answer:
    """A vendor's answers, but every document is this one."""

    def changed(method: str, path: str, query: Query, headers: Mapping[str, str], body: bytes) -> Reply:
        reply = answer(method, path, query, headers, body)
        if not path.endswith("/download"):
            return reply
        return content if isinstance(content, Reply) else pdf_reply(content)

    return changed


def pages(*texts: str, attachment: tuple[str, bytes] | None = None) -> bytes:
    """A PDF with a page for each text."""
    paper = FPDF()
    paper.set_font("Helvetica", size=11)
    for text in texts:
        paper.add_page()
        for at, line in enumerate(text.split("\n")):
            paper.text(20, 20 + at * 6, line)
    if attachment is not None:
        paper.embed_file(basename=attachment[0], bytes=attachment[1], compress=True)
    return bytes(paper.output())
