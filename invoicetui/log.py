"""What INVOICETUI_DEBUG=1 writes down: a private file that people attach to bug reports, so it holds no secret.

Without that variable nothing is logged and no token is remembered here.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from invoicetui import private_file
from invoicetui.text import clean, clean_block

MASK = "****"
#: A log larger than this is begun anew.
MAX_BYTES = 1 << 20
_LINE, _TRACE = 4_000, 100_000
_TOKEN_PREFIX = "INVOICETUI_TOKEN_"

_HEADER = re.compile(
    r"""(authorization|api[-_]?key|cookie)   # the end of the header's name
        (["']?\s*[:=,]\s*(?:b(?=["']))?)                                   # what is between it and its value
        (?:(["'])(?:(?!\3)[^\n])*\3?|[^\n]*)""",
    re.IGNORECASE | re.VERBOSE,
)
_SCHEME = re.compile(r"\b(bearer|jwt|basic)(\s+)[^\s'\",;)\]}]+", re.IGNORECASE)
_USER = re.compile(r"(?<=://)[^\s/?#'\"<>]*@")
_URL_QUERY = re.compile(r"(://[^\s?#'\"<>]*)[?#][^\s'\"<>]*")
_PATH_QUERY = re.compile(r"(?<=[\w/.~%-])\?[\w.~%\[\]-]+=[^\s'\"<>]*")

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Redacting(logging.Formatter):
    """Formats records without live secrets, header values, URL queries and control characters.

    A message is one line; the lines of a traceback are indented, so that no text can forge a record.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._secrets: set[str] = set()

    def hide(self, secret: str) -> None:
        """Mask this text in everything that is formatted from now on, also as it looks in a URL, a repr or JSON."""
        forms = {secret, quote(secret, safe=""), repr(secret)[1:-1], json.dumps(secret)[1:-1]}
        self._secrets |= {form for form in forms if form}

    def redacted(self, text: str, *, is_block: bool) -> str:
        """`text` as it may be shown and kept."""
        # Before cleaning, which may cut a secret in two; and after it, when nothing invisible divides one.
        text = self._masked(text)
        return self._masked(clean_block(text, _TRACE) if is_block else clean(text, _LINE))

    def format(self, record: logging.LogRecord) -> str:
        try:
            message = record.getMessage()
        except Exception:
            message = f"{clean(record.msg)} (its arguments do not fit)"
        when = self.formatTime(record, "%Y-%m-%dT%H:%M:%S")
        line = self.redacted(f"{when} {record.levelname} {record.name}: {message}", is_block=False)
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line

    def formatException(self, ei: ExcInfo) -> str:
        """A traceback without locals, every line of it indented."""
        text = self.redacted(super().formatException(ei), is_block=True)
        return "\n".join(f"    {line}" for line in text.splitlines())

    def _masked(self, text: str) -> str:
        # The longest first: one secret may be the beginning of another.
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, MASK)
        text = _HEADER.sub(_without_value, text)
        text = _SCHEME.sub(rf"\1\2{MASK}", text)
        text = _URL_QUERY.sub(rf"\1?{MASK}", _USER.sub("", text))
        return _PATH_QUERY.sub(f"?{MASK}", text)


def _without_value(match: re.Match[str]) -> str:
    # Its quotes stay: what follows them is not part of the value when the text is masked again.
    quotation = match[3] or ""
    return f"{match[1]}{match[2]}{quotation}{MASK}{quotation}"


class _Log:
    """The one log of this process."""

    formatter: Redacting | None = None


def start(path: Path, environ: Mapping[str, str]) -> str:
    """Begin to log into `path` (0600, its folder 0700); one sentence when that cannot be, else "".

    For INVOICETUI_DEBUG=1 only. The libraries beneath us stay at warnings: at INFO and DEBUG httpx and httpcore log
    whole URLs and response headers.
    """
    _Log.formatter = formatter = Redacting()
    for name, value in environ.items():
        if name.startswith(_TOKEN_PREFIX):
            formatter.hide(value.strip())
    try:
        private_file.make_folder(path.parent)
        stream = os.fdopen(_opened(path), "a", encoding="utf-8")
    except OSError as error:
        return f"no log: {path} cannot be written: {error.strerror or type(error).__name__}"
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logging.getLogger().addHandler(handler)
    logging.getLogger("invoicetui").setLevel(logging.DEBUG)
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return ""


def hide(secret: str) -> None:
    """Mask this secret in everything that is logged from now on; nothing is kept when nothing is logged."""
    if _Log.formatter is not None:
        _Log.formatter.hide(secret)


def traceback_of(error: BaseException) -> str:
    """The traceback of an error as it may be shown."""
    formatter = _Log.formatter or Redacting()
    return formatter.formatException((type(error), error, error.__traceback__))


def _opened(path: Path) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(path, flags, 0o600)
    try:
        if hasattr(os, "fchmod"):
            os.fchmod(handle, 0o600)
        if os.fstat(handle).st_size > MAX_BYTES:
            os.ftruncate(handle, 0)
    except BaseException:
        os.close(handle)
        raise
    return handle
