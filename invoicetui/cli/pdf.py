"""`invoicetui pdf`: an invoice's PDF, saved, on stdout, or as text."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from invoicetui.cli.opening import NOTHING, OK, load_config, open_session, say
from invoicetui.errors import UsageError
from invoicetui.text import clean

if TYPE_CHECKING:
    from invoicetui.documents.fetching import Allow
    from invoicetui.documents.shelf import File, Shelf
    from invoicetui.ledger.feed import Feed
    from invoicetui.model import Invoice
    from invoicetui.session import Session

_PIPE_COLUMNS = 100


def run(arguments: argparse.Namespace) -> int:
    """Find the invoice, get its PDF, put it where it is wanted; the exit status."""
    if arguments.output == "-":
        if arguments.text:
            raise UsageError("-o - prints the PDF itself", "leave out --text, or name a file")
        if sys.stdout.isatty():
            raise UsageError("a PDF is nothing to print on a terminal", "name a file, pipe it on, or try --text")
    elif arguments.output is not None:
        _need_file_name(arguments.output)
    from invoicetui.documents.place import host_name
    from invoicetui.filing import open_shelf

    allowed = [host_name(host) for host in arguments.allow_host]
    settings = None if arguments.demo else load_config(arguments)
    session = open_session(arguments, settings)
    try:
        session.account(arguments.account)
        shelf = open_shelf(session, settings, os.environ, is_cached=not arguments.no_cache, allowed=allowed)
        invoice = _located(session, arguments)
        if invoice is None:
            say(f"{arguments.account}: there is no invoice {clean(arguments.key)}")
            return NOTHING
        progress = _Progress()
        try:
            got = session.submit(lambda feed: shelf.get(invoice, allow=_asker(), on_progress=progress.show)).result()
        finally:
            progress.clear()
        return _deliver(session, shelf, invoice, got, arguments)
    finally:
        session.close()


def _need_file_name(path: str) -> None:
    """Before a vendor is asked for anything. Raises UsageError."""
    if not path.strip():
        raise UsageError("-o names no file: the path is empty", "name a file, or - for stdout")
    if path.endswith(("/", os.sep)) or os.path.isdir(path):
        raise UsageError("-o names a folder, not a file", "put the file's name behind it, or set documents_folder")


def _located(session: Session, arguments: argparse.Namespace) -> Invoice | None:
    async def find(feed: Feed) -> Invoice | None:
        if arguments.offline:
            return feed.invoice(arguments.account, arguments.key)
        return await feed.locate(arguments.account, arguments.key)

    return session.submit(find).result()


def _deliver(session: Session, shelf: Shelf, invoice: Invoice, file: File, arguments: argparse.Namespace) -> int:
    if arguments.output == "-":
        sys.stdout.buffer.write(file.content)
        return OK
    if file.matches(invoice):
        say("the file matches file_ref")
    if arguments.output is not None:
        from invoicetui.documents.saving import save

        saved = save(Path(arguments.output).absolute(), file.content, is_numbered=False)
    elif not arguments.text:
        saved = session.submit(lambda feed: shelf.save(invoice, file)).result()
    else:
        return _print_text(file)
    if not saved.is_new:
        say("it was there already, with the same content")
    if arguments.text:
        return _print_text(file)
    print(saved.path)
    return OK


def _print_text(file: File) -> int:
    from invoicetui.documents.pdfium import Pdf
    from invoicetui.documents.sheet import sheet

    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else _PIPE_COLUMNS
    is_empty = True
    with Pdf(file.content) as pdf:
        for index in range(pdf.pages):
            page = pdf.page(index)
            if index:
                print("\f" if not sys.stdout.isatty() else "")
            if page.is_scanned:
                say(f"page {index + 1} is a picture without a text layer (scanned)")
            rows = sheet(page, columns).rows
            is_empty = is_empty and not rows
            for row in rows:
                print(row)
    return NOTHING if is_empty else OK


def _asker() -> Allow:
    """Asks on a terminal; where there is none, nobody is asked and nothing allowed."""
    from invoicetui.documents.fetching import nobody

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return nobody

    def ask(host: str) -> bool:
        question = f"The document lies on {host}, not on the account's own host. Get it from there? [y/N] "
        print(question, end="", file=sys.stderr, flush=True)
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    return ask


class _Progress:
    """One line on a terminal while bytes arrive; nothing anywhere else."""

    def __init__(self) -> None:
        self._is_on = sys.stderr.isatty()
        self._shown = ""

    def show(self, so_far: int, total: int | None) -> None:
        line = f"{so_far // 1024:,} KiB" + (f" of {total // 1024:,}" if total else "")
        if self._is_on and line != self._shown:
            self._shown = line
            print(f"\r{line}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self._shown:
            print("\r" + " " * len(self._shown) + "\r", end="", file=sys.stderr, flush=True)
