"""A record as the vendor sent it, fit to be looked at: pure ASCII but for the mark that a link was cut.

Imports no Textual: the command line shows records too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from invoicetui.text import ELLIPSIS

#: More than this is no record anybody reads, and would hold up the screen.
LIMIT = 200_000
_ESCAPED = re.compile(r"[^\n -~]")
# A scheme and its authority, or an authority alone; slashes may be escaped as JSON allows. A link may be a secret.
_LINK = re.compile(r"((?:[A-Za-z][A-Za-z0-9+.-]{0,20}:|(?<![^\s\"'(<=]))(?:\\?/){2})([^\s/?#\\\"'<>]+)([^\s\"'<>]*)")


def raw_text(raw: bytes) -> str:
    """The record re-dumped: its own numbers and order, duplicate names kept, one value a line, links masked.

    Bytes that are not JSON come as they are, escaped.
    """
    try:
        value = json.loads(
            raw, object_pairs_hook=_Members, parse_float=_Number, parse_int=_Number, parse_constant=_Number
        )
        text = "".join(_dump(value, "\n"))
    except (ValueError, RecursionError):
        text = _masked(raw.decode("utf-8", "backslashreplace").replace("\r\n", "\n"), _escaped)
    if len(text) > LIMIT:
        text = f"{text[:LIMIT]}\n({len(text) - LIMIT:,} more characters are not shown)"
    return text


def mask_links(text: str) -> str:
    """`https://host/…` for every link in `text`: what follows the host may be all it takes to read the document."""
    return _masked(text, str)


def _masked(text: str, escape: Callable[[str], str]) -> str:
    """`text` escaped, its links masked; the mark itself is the only thing that is not escaped."""
    parts, at = [], 0
    for match in _LINK.finditer(text):
        start, authority, rest = match.groups()
        host = authority.rpartition("@")[2]
        if host == authority and rest in ("", "/"):
            continue
        parts += [escape(text[at : match.start()]), escape(f"{start}{host}/"), ELLIPSIS]
        at = match.end()
    return "".join((*parts, escape(text[at:])))


class _Members(list[tuple[str, Any]]):
    """A JSON object's members: unlike a dict it holds a name that comes twice."""


class _Number(str):
    """A JSON number as it was written."""


def _dump(value: Any, newline: str) -> Iterator[str]:
    inner = newline + "  "
    if isinstance(value, _Members):
        for at, (name, member) in enumerate(value):
            yield f"{'{' if at == 0 else ','}{inner}{_quoted(name)}: "
            yield from _dump(member, inner)
        yield f"{newline}}}" if value else "{}"
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield f"{'[' if at == 0 else ','}{inner}"
            yield from _dump(item, inner)
        yield f"{newline}]" if value else "[]"
    elif isinstance(value, _Number):
        yield value
    elif isinstance(value, str):
        yield _quoted(value)
    else:
        yield json.dumps(value)


def _quoted(text: str) -> str:
    return _masked(text, lambda part: json.dumps(part)[1:-1].replace("\x7f", "\\u007f")).join('""')


def _escaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: json.dumps(match[0])[1:-1] if match[0] != "\x7f" else "\\u007f", text)
