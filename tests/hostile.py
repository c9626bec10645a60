"""Text that vendors should never send, answers that send it in every field, and what of it may reach a terminal."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from tests.servers.fake import JSON, dumps
from tests.servers.serving import Answer, Query, Reply

#: What none of these may do: colour, clear, retitle, ask, write the clipboard, link, run an action, end the program,
#: turn the reading direction, hide, paint over other lines, be a formula, be a path, fill the memory.
PAYLOADS = (
    "\x1b]52;c;UFdORUQ=\x07",
    "\x1b]0;PWNED-TITLE\x1b\\",
    "\x1b[2J\x1b[HPAID IN FULL",
    "\x1b]8;;https://evil.example/\x1b\\click\x1b]8;;\x1b\\",
    "\x1b[6n\x1b[c\x1b]11;?\x07\x1bP+q544e\x1b\\\x1b_apc\x1b\\\x1b^pm\x1b\\",
    "\x9b31mred",
    "\x9d0;PWNED-TITLE\x9c",
    "a\u202eb\u2066c\u200bd\u2060e\ufefff\u00adg\u061ch\u200fi\u202d",
    "\U000e0001\U000e0041\U000e0042tagged\ue000private\U000f0000",
    "\x00nul\x05enq\x0eso\x0fsi\x08bs\rcr\x0bvt\x0cff\x7fdel\x85nel\u2028ls\u2029ps",
    "[@click=app.quit]x[/]",
    "[@click=app.bell()]",
    "[/b] [bold] [link=https://evil.example] unclosed [",
    "[/]",
    "[link='https://evil.example/']x[/link] [on red]y",
    "Z\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307algo",
    "\u3164\u2800\u115f",
    "株式会社はるか 👩‍👩‍👧‍👦 مرحبا 🏳️‍🌈 नमस्ते",
    "\ud800lone\udfff",
    "=HYPERLINK(1)",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\uff1d1\uff0b1",
    "../../../../etc/passwd",
    "..\\..\\CON",
    "nul",
    "/",
    "$(reboot) `reboot` ; reboot",
)
#: 100 kB and more: seldom, for they cost the machine what they would cost a terminal.
_LONG = ("long " * 20_000, "無" * 40_000)
#: The sequences in which the program itself speaks: colours, places, modes, keys, scrolled lines, the pointer's shape.
_OURS = re.compile(r"\x1b\[[0-9;?<>=]*[mHhluKrLMX]|\x1b\]22;[a-z-]*\x07")
_COPIED = re.compile(r"\x1b\]52;c;([A-Za-z0-9+/=]*)(?:\x07|\x1b\\)")
_JOINERS = "\u200c\u200d"
_INVISIBLE = "\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5"
#: Fields whose words the vendor's API defines: with another word there a record has another meaning or none.
_DEFINED = frozenset(
    """id invoice_date due_date created_at updated_at finalized_at voided_at paid_at start_date end_date snapshot_at
    processed_at marked_as_uncollectible_at status payment_status invoice_type currency currency_code currencyCode
    quantity unit_price tax_rate payment_type exemption_type invoiceStartDate invoiceEndDate cursor code country
    payment_method_type total amount subtotal""".split()
)


def intruders(data: bytes | str, *, copies: bool = False) -> list[str]:
    """What no terminal may be sent, of all that was written to one; with `copies` texts may go to its clipboard."""
    text = data.decode("utf-8", "surrogateescape") if isinstance(data, bytes) else data
    found = []
    if copies:
        found = [intruder for copied in clipboard(text) for intruder in intruders(copied.replace("\n", " "))]
        text = _COPIED.sub("", text)
    text = _OURS.sub("", text)
    for at, char in enumerate(text):
        kind = unicodedata.category(char)
        if kind in ("Cc", "Cs", "Co", "Zl", "Zp"):
            is_bad = char not in "\r\n"
        else:
            is_bad = char in _INVISIBLE or (kind == "Cf" and not (char in _JOINERS and ord(text[at - 1]) > 0x7F))
        if is_bad:
            found.append(f"{char!r} in {text[max(0, at - 20) : at + 20]!r}")
    return found


def clipboard(data: bytes | str) -> list[str]:
    """The texts that were sent to the terminal's clipboard."""
    text = data.decode("utf-8", "surrogateescape") if isinstance(data, bytes) else data
    return [base64.b64decode(encoded).decode() for encoded in _COPIED.findall(text)]


def hostile(answer: Answer, *, everywhere: bool = False) -> Answer:
    """Every free text in every JSON answer becomes one of the payloads, in turn; names of members, too, in maps.

    `everywhere`: the texts, too, whose words the vendor's API defines; little can be read of such records.
    """
    turn = 0

    def poison(value: Any, name: str = "") -> Any:
        nonlocal turn
        if isinstance(value, dict):
            is_map = name in ("quotas", "usageStatistics", "metaData")
            return {(_payload(len(key)) + key if is_map else key): poison(item, key) for key, item in value.items()}
        if isinstance(value, list):
            return [poison(item, name) for item in value]
        if isinstance(value, str) and (everywhere or name not in _DEFINED):
            turn += 1
            return _payload(turn)
        return value

    def changed(method: str, path: str, query: Query, headers: Mapping[str, str], body: bytes) -> Reply:
        reply = answer(method, path, query, headers, body)
        try:
            document = json.loads(reply.body)
        except ValueError:
            return reply
        return dataclasses.replace(reply, body=json.dumps(poison(document)).encode())

    return changed


def refusing(status: int, start: int, *, is_plain: bool = False) -> Answer:
    """Nothing but errors, in every form that the five vendors have, or in plain text; another payload every time."""
    turn = start

    def answer(method: str, path: str, query: Query, headers: Mapping[str, str], body: bytes) -> Reply:
        nonlocal turn
        turn += 1
        said = _payload(turn)
        if is_plain:
            return Reply(status, (("Content-Type", "text/plain"),), f"plain words {said}".encode("utf-8", "replace"))
        fields = [{"field": said[:40], "message": said}]
        forms: tuple[object, ...] = (
            {"message": said, "cause": said},
            {"error": said},
            {"error": {"message": said, "status": status}},
            {"message": "no", "errors": fields},
            {"message": "no", "errors": {said[:40]: [said]}},
        )
        return Reply(status, (JSON,), json.dumps(forms[turn % len(forms)]).encode())

    return answer


def paper() -> bytes:
    """A PDF whose letters stand for what a terminal acts on: its font says that A is ESC, B a right-to-left mark …"""
    meaning = {"A": 0x1B, "B": 0x202E, "C": 0x9B, "D": 0x07, "E": 0x200B, "F": 0x9D, "G": 0x5B, "H": 0x5D}
    lines = "".join(f"<{ord(letter):02X}> <{code:04X}>\n" for letter, code in meaning.items())
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def\n"
        f"1 begincodespacerange <00> <FF> endcodespacerange\n{len(meaning)} beginbfchar\n{lines}endbfchar\n"
        "endcmap end end"
    ).encode()
    content = (
        b"BT /F1 12 Tf 72 760 Td (total AG2J due AH0;PWNEDDB EUR C31m) Tj 0 -18 Td ([/b] [@click=app.quit]x) Tj ET"
    )
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(cmap), cmap),
    )
    out, places = b"%PDF-1.4\n", []
    for number, item in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, item)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    return out + b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        count,
        table,
        count,
        len(out),
    )


def toml(text: str) -> str:
    """A TOML string that means this text."""
    return dumps(text).decode().replace("\x7f", "\\u007f")


def _payload(turn: int) -> str:
    return _LONG[turn // 150 % 2] if turn % 150 == 75 else PAYLOADS[turn % len(PAYLOADS)]
