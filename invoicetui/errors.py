"""Every error says what happened and what to do; its words are safe to show anywhere.

InvoicetuiError
├── UsageError            the command line asks for something that cannot be
│   └── QueryError        a mistake in a query, with its place
├── ConfigError           config.toml, with its line
├── CredentialError       no usable token for an account, and why
├── LedgerError           the ledger's file cannot be used
├── DocumentError         one invoice's PDF cannot be had, read or kept
│   ├── NoDocument        there is none, or the vendor's API offers none
│   ├── AddressRefused    its address is not one that is ever asked
│   ├── HostRefused       it lies on a host that nobody allowed
│   ├── NotYet            the vendor has not made it yet
│   ├── LinkExpired       its link is not honoured any more
│   ├── NotPdf            what came is no PDF, or a damaged one
│   └── NotSaved          the disk, the folder or the name does not allow it
│       └── DiskFull      nothing more fits there, another file neither
└── VendorError           one account's vendor; never more than one account is affected
    ├── TokenRefused      401
    ├── NotAllowed        403
    ├── NotFound          404
    ├── RateLimited       429 with a wait longer than we are willing to sit out
    ├── Rejected          another 4xx: the vendor did not understand the request
    ├── Moved             a redirect; tokens are not carried to another address
    ├── VendorDown        5xx
    ├── Unreachable       DNS, TCP, TLS, proxy, time-out, a body that stopped half way
    ├── Malformed         answered, but not what was promised
    └── WalkStopped       a guard ended a walk over pages that would not end
"""

from __future__ import annotations

from datetime import datetime

from invoicetui.text import clean


class InvoicetuiError(Exception):
    """`what` happened and the `remedy`, each a clause without a final full stop; str() joins them."""

    def __init__(self, what: object, remedy: object = "") -> None:
        self.what = clean(what)
        self.remedy = clean(remedy)
        super().__init__(self.what, self.remedy)

    def __str__(self) -> str:
        return f"{self.what}; {self.remedy}" if self.remedy else self.what


class UsageError(InvoicetuiError):
    """The command line asks for something that cannot be."""


class QueryError(UsageError):
    """A mistake in a query: `at` is its offset in `text`, `expected` what would have been right."""

    def __init__(self, what: object, *, text: str = "", at: int = 0, expected: object = "") -> None:
        super().__init__(what, f"expected {clean(expected)}" if expected else "")
        self.text = clean(text)
        self.at = at
        self.expected = clean(expected)


class ConfigError(InvoicetuiError):
    """Something in config.toml; `line` counts from 1, 0 when the error has no line."""

    def __init__(self, what: object, remedy: object = "", *, line: int = 0) -> None:
        super().__init__(f"line {line}: {clean(what)}" if line else what, remedy)
        self.line = line


class CredentialError(InvoicetuiError):
    """There is no usable token; `state` is the name of one of credentials.State, `kind` says it in a word or two."""

    def __init__(self, what: object, remedy: object = "", *, state: str = "", kind: str = "no token") -> None:
        super().__init__(what, remedy)
        self.state, self.kind = state, kind


class LedgerError(InvoicetuiError):
    """The ledger's file cannot be read or written."""


class DocumentError(InvoicetuiError):
    """One invoice's PDF cannot be had, read or kept. No word of it repeats a link, which may itself be a secret."""


class NoDocument(DocumentError):
    """The record names no document, or the vendor's API offers none."""


class AddressRefused(DocumentError):
    """The document's address is not one that is ever asked: scheme, user name, network, length, characters."""


class HostRefused(DocumentError):
    """The document lies on `host` (with its port unless it is 443), which is not the account's and nobody allowed."""

    def __init__(self, what: object, remedy: object = "", *, host: str = "") -> None:
        super().__init__(what, remedy)
        self.host = clean(host)


class NotYet(DocumentError):
    """The vendor has not made the PDF yet; trying again later is worth it."""


class LinkExpired(DocumentError):
    """The link that the record holds is not honoured any more; a fresh record may hold a new one."""


class NotPdf(DocumentError):
    """What came is not a PDF, too large to be one of ours, damaged or incomplete."""


class NotSaved(DocumentError):
    """A file or folder cannot be written; nothing was left behind."""


class DiskFull(NotSaved):
    """The disk or the user's quota is used up: the next file will not fit either."""


class VendorError(InvoicetuiError):
    """An account's vendor did not give what was asked. Its own words, if any, are in `what`."""

    kind = "vendor error"


class TokenRefused(VendorError):
    """401: the token is wrong, expired or revoked."""

    kind = "token refused"


class NotAllowed(VendorError):
    """403: the token is right but may not do this."""

    kind = "not allowed"


class NotFound(VendorError):
    """404."""

    kind = "not found"


class RateLimited(VendorError):
    """The vendor asks to wait longer than a page may take; `until` is when it may answer again, if it said."""

    kind = "rate limited"

    def __init__(self, what: object, remedy: object = "", *, until: datetime | None = None) -> None:
        super().__init__(what, remedy)
        self.until = until


class Rejected(VendorError):
    """400, 422 and other 4xx; `is_plain` when the body was plain text instead of JSON, `status` the HTTP code."""

    kind = "rejected"

    def __init__(self, what: object, remedy: object = "", *, status: int = 400, is_plain: bool = False) -> None:
        super().__init__(what, remedy)
        self.status = status
        self.is_plain = is_plain


class Moved(VendorError):
    """A redirect. API calls follow none: the token goes to its own origin only."""

    kind = "moved"


class VendorDown(VendorError):
    """5xx, after the retries."""

    kind = "vendor down"


class Unreachable(VendorError):
    """No complete answer: name, connection, TLS, proxy, time-out, or a body that stopped half way."""

    kind = "unreachable"


class Malformed(VendorError):
    """An answer that is not what was promised; `path` is the JSON path (`$.data[3].total`)."""

    kind = "not what was promised"

    def __init__(self, what: object, remedy: object = "", *, path: str = "", expected: str = "") -> None:
        super().__init__(what, remedy)
        self.path = clean(path)
        self.expected = clean(expected)


class WalkStopped(VendorError):
    """The pages would not have ended: a cursor came again, or a page did, or there were 10,000."""

    kind = "stopped"
