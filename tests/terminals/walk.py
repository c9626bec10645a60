"""The way through every screen of the program, a step each: what it is called, what is pressed, what then is there."""

from __future__ import annotations

from typing import NamedTuple

#: As a terminal sends it that was asked for keys in kitty's form: no key that follows makes an alt of it.
ESC = "\x1b[27u"
ENTER, PALETTE = "\r", "\x10"


def pasted(text: str) -> str:
    """Typed all at once: a list that is filtered at every letter has no time to move its cursor in between."""
    return f"\x1b[200~{text}\x1b[201~"


class Step(NamedTuple):
    """`keys` are sent one after another, each once the screen rests; `sees` stands on the screen when all came."""

    name: str
    keys: tuple[str, ...]
    sees: str
    #: A list with a cursor, or a menu, is on it.
    has_cursor: bool = False


#: With accounts, from the inbox on. A step without a name only leads on.
STEPS = (
    Step("inbox", (), "token refused", has_cursor=True),
    Step("sort", ("s",), "sort by"),
    Step("tagged", (ESC, " ", " "), "2 tagged", has_cursor=True),
    Step("copy-menu", ("U", "Y"), "esc closes", has_cursor=True),
    Step("show-with", (ESC, "O"), "show the PDF with", has_cursor=True),
    Step("save-form", (ESC, "D"), "save PDFs"),
    Step("help", (ESC, "?"), "keys that work here"),
    Step("problems", ("q", "!"), "what to do"),
    Step("command", ("q", ":", "the"), ":the"),
    Step("palette", (ESC, PALETTE, "refr"), "refresh"),
    Step("filter", (ESC, "/", pasted("status:nope")), "expected"),
    Step("nothing-found", (ESC, "/", pasted("zzzz"), ENTER), "0 shown"),
    Step("filtered", (ESC, "/", pasted("HR-2026-10705"), ENTER), "> 2026-11-08", has_cursor=True),
    Step("summary", (ENTER,), "Subtotal"),
    Step("lines", ("]",), "[Lines]"),
    Step("tax", ("]",), "[Tax"),
    Step("usage", ("]",), "[Usage]"),
    Step("pdf", ("]",), "1 page"),
    Step("raw", ("]",), "[Raw]"),
    Step("page", ("o",), "Hafenstrasse"),
    Step("page-search", ("/", "total", ENTER), "on this page"),
    Step("accounts", (ESC, "q", "q", ESC, "h"), "All accounts", has_cursor=True),
    Step("edit-account", ("j", "j", "E"), "change Northflank"),
    Step("new-token", (ESC, "T"), "token for Northflank"),
    Step("remove-account", (ESC, "X"), "remove Northflank"),
    Step("add-account", (ESC, "A"), "add an account"),
    Step("one-account", (ESC, "j", "j", "j", "j", ENTER), "5 of 5", has_cursor=True),
    Step("another-host", ("q", "j", ENTER, "j", "j", "o"), "another host"),
)
#: Without accounts.
BARE = (Step("no-accounts", (), "No accounts yet"),)
