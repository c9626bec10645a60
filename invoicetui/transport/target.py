"""Where a request goes: a path below an account's base_url."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote, urlencode, urlsplit

from invoicetui.errors import Malformed


def target(base_url: str, path: str, params: Sequence[tuple[str, str]] = ()) -> str:
    """The address of `path` (already percent-encoded) below a `base_address`, with `params` encoded as values.

    A prefix given twice counts once: below https://x/api/v1, /api/v1/invoices is https://x/api/v1/invoices. Whole
    segments only, the longest run that both ends the base and starts the path. Raises Malformed for . and .. segments
    (an id from a record can be one): HTTP libraries and servers resolve them, and climb out of the base.
    """
    if re.search(r"(^|/)(\.|%2e){1,2}(/|$)", path, re.IGNORECASE):
        raise Malformed("a path would climb out of the account's address", "the record's id is not usable")
    parts = urlsplit(base_url)
    base = [segment for segment in parts.path.split("/") if segment]
    asked = path.lstrip("/").replace("?", "%3F").replace("#", "%23").split("/")
    twice = (n for n in range(min(len(base), len(asked)), 0, -1) if base[-n:] == asked[:n])
    address = "/".join([f"{parts.scheme}://{parts.netloc}", *base, *asked[next(twice, 0) :]])
    return f"{address}?{urlencode(params, quote_via=quote, safe='')}" if params else address
