"""What the terminal is, as far as the environment and the terminal driver say; nothing is sent to it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping

#: Below this a row's columns do not fit, whatever is left out.
SMALLEST = (40, 10)


def terminal_facts(environ: Mapping[str, str], *, has_mouse: bool) -> Iterator[tuple[str, str]]:
    """Pairs of what is so and what to do about it, which is "" where nothing has to be done."""
    term = environ.get("TERM", "")
    is_terminal = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))
    if not is_terminal:
        yield "stdin or stderr is no terminal, so the browser cannot start here", "use invoicetui list"
    elif term in ("", "dumb", "unknown") and os.name == "posix":
        yield f"TERM is {term or 'not set'}, so the browser cannot start here", "set TERM, or use invoicetui list"
    size = _size()
    shown = f"{size[0]}×{size[1]}" if size else "size unknown"
    what = ", ".join([f"TERM {term or 'not set'}", shown, _colours(environ, term), *_surroundings(environ)])
    is_small = size is not None and (size[0] < SMALLEST[0] or size[1] < SMALLEST[1])
    yield f"{what}, mouse {'on' if has_mouse else 'off'}", "make the window larger" if is_small else ""


def _size() -> tuple[int, int] | None:
    for stream in (sys.stderr, sys.stdout, sys.stdin):
        try:
            columns, rows = os.get_terminal_size(stream.fileno())
        except (OSError, ValueError, AttributeError):
            continue
        return (columns, rows) if columns and rows else None
    return None


def _colours(environ: Mapping[str, str], term: str) -> str:
    if environ.get("NO_COLOR"):
        return "no colours (NO_COLOR)"
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "16 million colours"
    return "256 colours" if "256color" in term else "16 colours"


def _surroundings(environ: Mapping[str, str]) -> list[str]:
    names = {"tmux": "TMUX", "screen": "STY", "SSH": "SSH_CONNECTION"}
    return [f"in {name}" if name != "SSH" else "over SSH" for name, variable in names.items() if environ.get(variable)]
