"""Text that vendors should never send, and an answer that sends it in every field."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from tests.servers.serving import Answer, Query, Reply

#: What none of these may do: colour, clear, retitle, write the clipboard, link, run an action, end the program, hide.
PAYLOADS = (
    "\x1b]52;c;UFdORUQ=\x07",
    "\x1b]0;PWNED-TITLE\x1b\\",
    "\x1b[2J\x1b[HPAID IN FULL",
    "\x1b]8;;https://evil.example/\x1b\\click\x1b]8;;\x1b\\",
    "\x9b31mred",
    "\x9d0;PWNED-TITLE\x9c",
    "a\u202eb\u2066c\u200bd\u2060e\ufefff\u00ad",
    "\x00nul\x05enq\x0eso\x08bs\rcr\x7fdel",
    "[@click=app.quit]x[/]",
    "[/b] [bold] [link=https://evil.example] unclosed [",
    "Z\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307algo",
    "\u3164\u2800\u115f",
    "株式会社はるか 👩‍👩‍👧‍👦 مرحبا",
    "=HYPERLINK(1)",
    "../../../../etc/passwd",
    "$(reboot) `reboot` ; reboot",
    "long " * 4000,
)
#: None of these bytes may reach a terminal, whoever wrote them.
FORBIDDEN = (
    b"PWNED-TITLE\x1b",
    b"PWNED-TITLE\x07",
    b"\x1b]0;PWNED",
    b"\x1b]52",
    b"\x1b]8;",
    "\x9b".encode(),
    "\x9d".encode(),
    "\u202e".encode(),
    "\u2066".encode(),
    "\u200b".encode(),
    b"\x05",
    b"\x0e",
)
#: Fields whose words the vendor's API defines: another word there is another test.
_DEFINED = frozenset(
    """id invoice_date due_date created_at updated_at finalized_at voided_at paid_at start_date end_date snapshot_at
    processed_at marked_as_uncollectible_at status payment_status invoice_type currency currency_code currencyCode
    quantity unit_price tax_rate payment_type exemption_type invoiceStartDate invoiceEndDate cursor code country
    payment_method_type total amount subtotal""".split()
)


def hostile(answer: Answer) -> Answer:
    """Every free text in every JSON answer becomes one of the payloads, in turn; names of members, too, in maps."""
    turn = 0

    def poison(value: Any, name: str = "") -> Any:
        nonlocal turn
        if isinstance(value, dict):
            is_map = name in ("quotas", "usageStatistics", "metaData")
            return {(_payload(len(key)) + key if is_map else key): poison(item, key) for key, item in value.items()}
        if isinstance(value, list):
            return [poison(item, name) for item in value]
        if isinstance(value, str) and name not in _DEFINED:
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


def _payload(turn: int) -> str:
    return PAYLOADS[turn % len(PAYLOADS)]
