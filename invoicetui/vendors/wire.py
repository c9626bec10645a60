"""Readers every vendor shares: JSON with clear paths in its errors, texts, dates.

Records are decoded into plain values with exact numbers and then held against a msgspec Struct, which says what the
vendor promised; what no field of the Struct covers is still there for `extras`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from invoicetui.errors import Malformed
from invoicetui.text import REPLACEMENT
from invoicetui.vendors.base import loads

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)


class Number(Decimal):
    """A JSON number. msgspec takes a string for a plain Decimal, and a string is not what these fields promise."""

    __slots__ = ()


_ANY = msgspec.json.Decoder(float_hook=Decimal)
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ELEMENTS = msgspec.json.Decoder(list[msgspec.Raw])
# What the decoders raise besides their own error: bad UTF-8, exponents beyond Decimal's, nesting without end.
_REFUSALS = (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError)
_COMPLAINT = re.compile(r"expected `?([^`]+?)`?, got `?([^`]+?)`?(?: - at `(.+)`)?", re.IGNORECASE)
_MISSING = re.compile(r"Object missing required field `(.+?)`(?: - at `(.+)`)?")
_JSON_WORDS = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "decimal": "number",
    "bool": "boolean",
    "dict": "object",
    "list": "array",
    "NoneType": "null",
    "Decimal": "number",
}
_SEGMENT = re.compile(r"[A-Za-z0-9_.~-]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
#: More digits than this before or behind the point are no amount, and printing them could fill the memory.
MAX_DIGITS = 40
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Unix seconds reach this in the year 5138: a larger number counts milliseconds.
_MILLISECONDS = Decimal(100_000_000_000)


def malformed(path: str, expected: str, got: str) -> Malformed:
    return Malformed(f"{path}: expected {expected}, got {got}", path=path, expected=expected)


def value(raw: bytes, path: str = "$") -> object:
    """Any JSON, numbers as int or Decimal. What msgspec refuses (a lone surrogate) the standard library reads.

    Raises Malformed, which says so when the answer is HTML.
    """
    try:
        return _ANY.decode(raw)
    except _REFUSALS:
        pass
    try:
        return loads(raw.decode("utf-8", "replace").encode())
    except (ValueError, ArithmeticError, RecursionError):
        text = raw.lstrip()
        got = "HTML, not JSON" if text.startswith(b"<") else "not JSON" if text else "empty, not JSON"
        subject = "the answer is" if path == "$" else f"{path} is"
        raise Malformed(f"{subject} {got}", path=path, expected="JSON") from None


def members(raw: bytes, path: str = "$") -> dict[str, bytes]:
    """An object's members as received, or dumped again where msgspec refuses the whole. Raises Malformed."""
    try:
        return {name: bytes(member) for name, member in _MEMBERS.decode(raw).items()}
    except _REFUSALS:
        found = value(raw, path)
    if not isinstance(found, dict):
        raise malformed(path, "object", json_word(found))
    return {name: dumped(member) for name, member in found.items()}


def elements(raw: bytes, path: str = "$") -> tuple[bytes, ...]:
    """An array's elements as received, or dumped again one by one. Raises Malformed."""
    try:
        return tuple(map(bytes, _ELEMENTS.decode(raw)))
    except _REFUSALS:
        found = value(raw, path)
    if not isinstance(found, list):
        raise malformed(path, "array", json_word(found))
    return tuple(dumped(element) for element in found)


def answer(kind: type[S]) -> Callable[[bytes], S | None]:
    """Reads an answer that is as the vendor documents it in one pass; None for any other: `members` and `elements` take
    more, and say what is wrong with the rest.
    """
    decode = msgspec.json.Decoder(kind).decode

    def read(body: bytes) -> S | None:
        try:
            return decode(body)
        except _REFUSALS:
            return None

    return read


def record(raw: bytes, kind: type[msgspec.Struct], detail: bytes | None = None) -> dict[str, Any]:
    """A record's members; those of `detail` that are not null stand before the list's own. Raises Malformed.

    A member that no field of `kind` covers makes no record unreadable: what cannot be read of it is text, as it came.
    """
    try:
        found = value(raw)
    except Malformed:
        found = _apart(raw, kind)
        if found is None:
            raise
    if not isinstance(found, dict):
        raise malformed("$", "object", json_word(found))
    if detail is not None:
        found = found | {name: member for name, member in record(detail, kind).items() if member is not None}
    return found


def _apart(raw: bytes, kind: type[msgspec.Struct]) -> dict[str, Any] | None:
    """The members read one by one; None when one that `kind` covers, or the whole, cannot be."""
    out: dict[str, Any] = {}
    try:
        for name, member in _MEMBERS.decode(raw).items():
            try:
                out[name] = value(bytes(member))
            except Malformed:
                if name in kind.__struct_encode_fields__:
                    return None
                out[name] = bytes(member).decode("utf-8", "replace")
    except _REFUSALS:
        return None
    return out


def skimmer(kind: type[S]) -> Callable[[bytes], S]:
    """Reads a record straight into `kind`, at a fraction of what `record` and `typed` take; what it refuses, they read.

    What no field of `kind` covers is passed over, not judged. Raises Malformed with the place and what came.
    """
    decode = msgspec.json.Decoder(kind, dec_hook=_number, float_hook=Decimal).decode

    def skim(raw: bytes) -> S:
        try:
            return decode(raw)
        except _REFUSALS:
            return typed(record(raw, kind), kind)

    return skim


def typed(found: object, kind: type[T], path: str = "$") -> T:
    """`found` as a Struct or other type. Raises Malformed with the place, what was expected and what came."""
    try:
        try:
            return msgspec.convert(found, kind, dec_hook=_number)
        except UnicodeEncodeError:  # a lone surrogate in a name, or where a string is not expected
            return msgspec.convert(_sound(found), kind, dec_hook=_number)
    except RecursionError:
        raise malformed(path, "a record", "values nested too deeply") from None
    except msgspec.ValidationError as error:
        raise _explained(str(error), path) from None


def _sound(found: object) -> object:
    """The same value with every lone surrogate replaced, as `clean` would do."""
    if isinstance(found, str):
        return _SURROGATE.sub(REPLACEMENT, found)
    if isinstance(found, dict):
        return {_sound(name): _sound(item) for name, item in found.items()}
    return [_sound(item) for item in found] if isinstance(found, list) else found


def _number(kind: type, found: object) -> Number:
    if kind is Number and type(found) in (int, Decimal):
        return Number(found)  # type: ignore[arg-type]  # int or Decimal, as the line above makes sure
    raise ValueError(f"expected number, got {json_word(found)}")


def number(found: object, path: str) -> int | Decimal | None:
    """A JSON number that was decoded as whatever came. Raises Malformed for anything else but null."""
    if found is None or type(found) in (int, Decimal):
        return found  # type: ignore[return-value]  # None, int or Decimal, as the line above makes sure
    raise malformed(path, "number", json_word(found))


def _explained(complaint: str, path: str) -> Malformed:
    if match := _MISSING.fullmatch(complaint):
        return malformed(f"{path}{(match[2] or '$')[1:]}.{match[1]}", "a value", "nothing")
    if match := _COMPLAINT.fullmatch(complaint):
        expected = " or ".join(_word(word) for word in match[1].split(" | ") if word != "null")
        return malformed(path + (match[3] or "$")[1:], expected, _word(match[2]))
    what, _, place = complaint.partition(" - at ")
    at = path + place.strip("`")[1:]
    return Malformed(f"{at}: {what}", path=at)


def _word(name: str) -> str:
    return _JSON_WORDS.get(name.rpartition(".")[2], name)


def json_word(found: object) -> str:
    """What JSON calls the type of a decoded value."""
    return _word(type(found).__name__)


def dumped(found: object, *, is_ascii: bool = True) -> bytes:
    """Compact JSON with every number exactly as it was. Raises Malformed for nesting without end."""
    try:
        return _dump(found, is_ascii).encode("utf-8", "surrogatepass")
    except RecursionError:
        raise malformed("$", "a record", "values nested too deeply") from None


def _dump(found: object, is_ascii: bool) -> str:
    if isinstance(found, dict):
        pairs = [f"{json.dumps(name, ensure_ascii=is_ascii)}:{_dump(item, is_ascii)}" for name, item in found.items()]
        return "{" + ",".join(pairs) + "}"
    if isinstance(found, list):
        return "[" + ",".join([_dump(item, is_ascii) for item in found]) + "]"
    return str(found) if isinstance(found, Decimal) else json.dumps(found, ensure_ascii=is_ascii)


def shown(found: object) -> str:
    """A decoded value as text: strings as they are, everything else as compact JSON, as deep as that can be shown."""
    if isinstance(found, str):
        return found
    try:
        return dumped(found, is_ascii=False).decode("utf-8", "surrogatepass")
    except Malformed:
        return "(nested too deeply)"


def note(into: dict[str, str], name: str, found: object) -> None:
    """Keep a value that has no field of its own; null says nothing, and no earlier note is overwritten."""
    if found is None:
        return
    free, count = name, 1
    while free in into:
        count += 1
        free = f"{name} ({count})"
    into[free] = shown(found)


def extras(found: Mapping[str, Any], kind: type[msgspec.Struct], into: dict[str, str], prefix: str = "") -> None:
    """Note every member that no field of `kind` covers."""
    for name, item in found.items():
        if name not in kind.__struct_encode_fields__:
            note(into, prefix + name, item)


def bounded(number: Decimal | None) -> Decimal | None:
    """The number, or None when it is absurdly large or long."""
    if number is None or not number.is_finite():
        return None
    _, digits, exponent = number.as_tuple()
    is_sane = abs(number.adjusted()) <= MAX_DIGITS and len(digits) <= 2 * MAX_DIGITS
    return number if is_sane and isinstance(exponent, int) and abs(exponent) <= MAX_DIGITS else None


def instant(text: str | None, path: str) -> datetime | None:
    """An ISO 8601 date and time in UTC; without an offset it is UTC, a bare date is midnight. Raises Malformed."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise malformed(path, "date and time", f'"{text[:40]}"') from None


def day(text: str | None, path: str) -> date | None:
    """An ISO 8601 date; of a date and time, the day in UTC. Raises Malformed."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        found = instant(text, path)
    except Malformed:
        raise malformed(path, "date", f'"{text[:40]}"') from None
    return found.date() if found else None


def unix(seconds: int | Decimal | None, path: str) -> datetime | None:
    """Unix time, in seconds or (beyond the year 5138) milliseconds. Raises Malformed outside the calendar."""
    if seconds is None:
        return None
    exact = Decimal(seconds)
    try:
        if bounded(exact) is None:
            raise OverflowError
        micros = exact * (1000 if abs(exact) > _MILLISECONDS else 1_000_000)
        return _EPOCH + timedelta(microseconds=int(micros))
    except OverflowError:
        raise malformed(path, "Unix time", str(seconds)[:40]) from None


def segment(text: str) -> str:
    """A text from a record or an option, as one segment of a path."""
    if _SEGMENT.fullmatch(text):
        return text
    return quote(text.encode("utf-8", "replace"), safe="")
