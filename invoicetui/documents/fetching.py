"""Fetches the PDF of an invoice: the token to the account's own origin only, other hosts only when they are allowed."""

from __future__ import annotations

import asyncio
import re
import threading
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection
from concurrent.futures import Future
from typing import Protocol

from invoicetui.documents.pdfium import verify
from invoicetui.documents.place import Place, checked, place_of
from invoicetui.errors import (
    AddressRefused,
    DocumentError,
    HostRefused,
    LinkExpired,
    NotAllowed,
    NotFound,
    NotPdf,
    NotYet,
    RateLimited,
    Rejected,
    TokenRefused,
    VendorError,
)
from invoicetui.model import DocumentKind, Invoice
from invoicetui.transport import Client, Download
from invoicetui.vendors.base import Vendor

MAX_PDF = 25 * 2**20
MAX_REDIRECTS = 3

#: Bytes so far, and of all where that is known; called on the loop that fetches.
Progress = Callable[[int, int | None], None]
#: Whether documents may come from this host (`files.example.com:8443`); called in a thread, so it may ask a person.
Allow = Callable[[str], bool]


class Home(Protocol):
    """Downloads from an account's own origin, with its token. Raises what Client.download does, CredentialError too."""

    def __call__(self, account: str, url: str, *, limit: int, on_progress: Progress) -> Awaitable[Download]: ...


def nobody(host: str) -> bool:
    """The Allow of who cannot be asked."""
    return False


class Fetcher:
    """Gets documents for any number of accounts. To be used on one event loop; `aclose` it at the end.

    `vendor` and `home` are by account id, `visit` makes a client without any token for (account id, origin). `allowed`
    are hosts that were allowed for every account beforehand.
    """

    def __init__(
        self,
        vendor: Callable[[str], Vendor],
        home: Home,
        visit: Callable[[str, str], Client],
        *,
        allowed: Collection[str] = (),
    ) -> None:
        self._vendor, self._home, self._visit = vendor, home, visit
        self._allowed = frozenset(allowed)
        self._visitors: dict[tuple[str, str], Client] = {}
        self._answers: dict[tuple[str, str], bool] = {}
        self._asking: defaultdict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)

    def vendor(self, account: str) -> Vendor:
        """The vendor that reads this account's records."""
        return self._vendor(account)

    async def fetch(
        self, invoice: Invoice, *, allow: Allow = nobody, on_progress: Progress = lambda so_far, total: None
    ) -> bytes:
        """The verified PDF. Raises DocumentError, VendorError (the account's own origin), CredentialError, ConfigError.

        `allow` is asked once per host and account, unless the account's document_hosts name the host.
        """
        vendor = self._vendor(invoice.account)
        place = place_of(vendor, invoice)
        is_home = place.is_home
        for _ in range(MAX_REDIRECTS + 1):
            if not is_home:
                await self._need_permission(vendor, place, allow)
            try:
                got = await self._download(vendor, place, is_home, on_progress)
            except VendorError as error:
                raise _explained(error, vendor, invoice, place, is_home=is_home) from None
            if not got.moved_to:
                await asyncio.to_thread(_judge, got.body)
                return got.body
            place = checked(got.moved_to, vendor.account)
            # Who was sent away and back again comes back as a stranger: the other host chose that address.
            is_home = is_home and place.is_home
        raise AddressRefused(f"the document moved more than {MAX_REDIRECTS} times", "get it in a browser")

    async def aclose(self) -> None:
        """Close the connections to other hosts."""
        visitors, self._visitors = self._visitors, {}
        for client in visitors.values():
            await client.aclose()

    async def _download(self, vendor: Vendor, place: Place, is_home: bool, on_progress: Progress) -> Download:
        account = vendor.account.id
        if is_home:
            return await self._home(account, place.url, limit=MAX_PDF, on_progress=on_progress)
        key = (account, place.base_url)
        if key not in self._visitors:
            self._visitors[key] = self._visit(account, place.base_url)
        return await self._visitors[key].download(place.url, limit=MAX_PDF, on_progress=on_progress)

    async def _need_permission(self, vendor: Vendor, place: Place, allow: Allow) -> None:
        account, host = vendor.account, place.host
        if place.is_home or host in account.document_hosts or host in self._allowed:
            return
        async with self._asking[account.id, host]:
            if (account.id, host) not in self._answers:
                self._answers[account.id, host] = await _answered(allow, host)
        if not self._answers[account.id, host]:
            raise HostRefused(
                f"the document lies on another host, {host}",
                f"allow it with --allow-host {host}, or document_hosts in the account",
                host=host,
            )


async def _answered(allow: Allow, host: str) -> bool:
    """Ask in a daemon thread: a person may never answer, and the program must be able to end all the same."""
    answer: Future[bool] = Future()

    def ask() -> None:
        if not answer.set_running_or_notify_cancel():
            return
        try:
            answer.set_result(allow(host))
        except BaseException as error:
            answer.set_exception(error)

    threading.Thread(target=ask, name="invoicetui-ask", daemon=True).start()
    return await asyncio.wrap_future(answer)


def _explained(
    error: VendorError, vendor: Vendor, invoice: Invoice, place: Place, *, is_home: bool
) -> DocumentError | VendorError:
    """What a refusal means for a document."""
    document = vendor.document(invoice)
    kind = document.kind if document is not None else None
    is_gone = isinstance(error, NotAllowed | NotFound) or (isinstance(error, Rejected) and error.status == 410)
    if is_home and isinstance(error, NotFound) and kind is DocumentKind.ENDPOINT:
        # Meteroid's 404 of /download: "No attached PDF. Generation may be pending".
        return NotYet(f"{vendor.label} has not made this PDF yet", "try again in a while")
    if is_home and isinstance(error, NotFound) and kind is DocumentKind.REFERENCE:
        return DocumentError(f"{place.host} has no document under this reference", "check document_url")
    if is_gone and kind is DocumentKind.URL:
        return LinkExpired(f"{place.host} does not honour the document's link any more", "refresh, and try again")
    if is_home or isinstance(error, RateLimited):
        return error
    if isinstance(error, TokenRefused | NotAllowed):
        return DocumentError(f"{place.host} wants a log-in for the document", "get it in a browser")
    return DocumentError(error.what, "try again later, or get it in a browser")


def _judge(body: bytes) -> None:
    """Blocks. Raises NotPdf with what came instead."""
    if b"%PDF-" not in body[:1024]:
        start = body[:1024].lstrip().lower()
        if re.match(rb"(\xef\xbb\xbf)?\s*<(!doctype|html|head|\?xml|!--)", start):
            raise NotPdf("a web page came instead of the PDF, often a log-in page", "get it in a browser")
        if start[:1] in (b"{", b"["):
            raise NotPdf("JSON came instead of the PDF", "get it in a browser")
        if not body:
            raise NotPdf("nothing came instead of the PDF", "try again later")
        raise NotPdf("what came is not a PDF", "get it in a browser")
    if b"%%EOF" not in body[-65_536:]:
        raise NotPdf("the PDF is incomplete: its end is missing", "try again")
    verify(body)
