"""What an HTTP status means, in words, with the vendor's own message where there is one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import quote

from invoicetui.errors import NotAllowed, NotFound, RateLimited, Rejected, TokenRefused, VendorDown, VendorError
from invoicetui.model import Secret
from invoicetui.text import clean

_NEW_TOKEN = "set a new one with T on the accounts screen or `invoicetui token set`"
_WORDS = 200  # characters of a vendor's message that fit an error line
_YEAR = 366 * 86_400.0


def refusal(host: str, status: int, body: bytes, secret: Secret | None, until: datetime | None = None) -> VendorError:
    """The error for a 4xx or 5xx answer; `until` is when the vendor said it may be asked again."""
    said, is_plain = vendor_words(body)
    said = without(secret, said)
    said = f": {clean(said, _WORDS)}" if said else ""
    match status:
        case 401 if secret is None:
            return TokenRefused(f"{host} wants a token{said}", _NEW_TOKEN)
        case 401:
            return TokenRefused(f"{host} refused the token{said}", _NEW_TOKEN)
        case 403:
            remedy = "give the token the right to read billing, or check the organisation or team"
            return NotAllowed(f"{host} does not allow this{said}", remedy)
        case 404:
            return NotFound(f"{host} has nothing there{said}", "check base_url and the organisation or team")
        case 429:
            return RateLimited(f"{host} asks us to slow down{said}", "wait a while, then try again", until=until)
        case _ if status < 500:
            what = f"{host} did not accept the request (HTTP {status}){said}"
            return Rejected(what, "check the account's settings", status=status, is_plain=is_plain)
        case _:
            return VendorDown(f"{host} is in trouble (HTTP {status}){said}", "try again later")


def asked_to_wait(host: str, status: int, body: bytes, secret: Secret | None, until: datetime) -> RateLimited:
    """The error for a wait longer than a page may take; the time is UTC, rounded up to the minute."""
    said = clean(without(secret, vendor_words(body)[0]), _WORDS)
    minute = (until + timedelta(seconds=59, microseconds=999_999)).astimezone(UTC)
    what = f"{host} asks to wait until {minute:%Y-%m-%d %H:%M} UTC (HTTP {status})"
    return RateLimited(f"{what}: {said}" if said else what, "try again then", until=until)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds the Retry-After header asks to wait, given in seconds or as an HTTP date; None without a readable one.

    X-RateLimit-Reset is not read: Voxmind and Laravel send a Unix time (Voxmind's is the monthly reset), Northflank
    the seconds left.
    """
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", value, re.ASCII):
        return min(float(value), _YEAR)
    try:
        then = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    then = then if then.tzinfo is not None else then.replace(tzinfo=UTC)
    return min(max((then - now).total_seconds(), 0.0), _YEAR)


def vendor_words(body: bytes) -> tuple[str, bool]:
    """What an error body says, "" for nothing readable; and whether it was plain text, neither JSON nor HTML."""
    text = body.decode("utf-8", "replace").strip()
    if not text:
        return "", False
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        if re.match(r"<(!doctype|html|\?xml|head|body|!--)", text, re.IGNORECASE):
            return "an HTML page", False
        # Mostly replacements or control characters: some binary format, and no words.
        first = text.splitlines()[0]
        is_text = sum(char.isprintable() and char != "\ufffd" for char in first) > 0.9 * len(first)
        return (first if is_text else ""), is_text
    parts = [part for message in _messages(found) if (part := message.strip().rstrip("."))]
    return ": ".join(dict.fromkeys(parts)), False


def without(secret: Secret | None, text: str) -> str:
    """`text` with the token masked, should a vendor repeat it, as sent or percent-encoded."""
    text = clean(text, 10 * _WORDS)
    if secret is None or len(secret.reveal()) < 6:
        return text
    return text.replace(secret.reveal(), "****").replace(quote(secret.reveal(), safe=""), "****")


def _messages(found: object) -> Iterator[str]:
    """The messages of the vendors' error bodies, the general one first:

    {"message"}; {"error": "…"} (Opterius); {"error": {"message"}} (Northflank); {"message", "cause"} (Versori);
    "errors" as [{"field", "message"}] (Voxmind) or {field: [message]} (Laravel).
    """
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict):
        for name in ("message", "error", "cause", "detail", "title"):
            value = found.get(name)
            if isinstance(value, str):
                yield value
            elif isinstance(value, dict):
                yield from (text for key in ("message", "cause") if isinstance(text := value.get(key), str))
        yield from _field_messages(found.get("errors"))


def _field_messages(errors: object) -> Iterator[str]:
    if isinstance(errors, dict):
        errors = [
            {"field": field, "message": message}
            for field, messages in errors.items()
            for message in (messages if isinstance(messages, list) else [messages])
        ]
    for error in errors[:5] if isinstance(errors, list) else []:
        if isinstance(error, str):
            yield error
        elif isinstance(error, dict) and isinstance(error.get("message"), str):
            field = error.get("field")
            yield f"{field} – {error['message']}" if isinstance(field, str) else error["message"]
