"""What `--help` prints: the catalogue's texts as argparse of Python 3.11 lays them out, without its slow import."""

from __future__ import annotations

import os
import sys

from invoicetui.cli.catalogue import COMMON, EPILOG, ROOT, Argument, Command

#: Help stands at most this far to the right.
_AT = 24
_HELP = Argument("--help", help="show this help message and exit", short="-h", kind="flag")

Line = tuple[int, str, str]


def columns() -> int:
    """The width of what is printed: COLUMNS, or the terminal's, or 80."""
    try:
        wide = int(os.environ["COLUMNS"])
    except (KeyError, ValueError):
        wide = 0
    if wide <= 0:
        try:
            wide = os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ is not None else 1).columns
        except (OSError, ValueError):
            wide = 0
    return wide or 80


def text(path: tuple[str, ...], command: Command, width: int) -> str:
    """The whole help of a command, which the words of `path` lead to, for a terminal of `width` columns."""
    room = width - 2
    arguments = [one for one in command.arguments if one.help is not None]
    words = [_line(2, one) for one in arguments if not one.is_option]
    options = [_line(2, one) for one in (_HELP, *arguments) if one.is_option]
    sections = [("positional arguments", words), ("options", options)]
    if command.is_common:
        sections.append(("options for every command", [_line(2, one) for one in COMMON]))
    if command.parts:
        parts = [(4, part.name, part.help) for part in command.parts]
        sections.append(("commands" if command is ROOT else "actions", [(2, command.metavar, ""), *parts]))
    at = min(max(len(head) + indent for _, lines in sections for indent, head, _ in lines) + 2, _AT, max(room - 20, 4))
    blocks = [usage(path, command, width)]
    if command.description:
        blocks.append("\n".join(wrapped(command.description, max(room, 11))) + "\n")
    for title, lines in sections:
        if lines:
            blocks.append(f"{title}:\n" + "".join(_laid_out(line, at, room) for line in lines))
    if command is ROOT:
        blocks.append("\n".join(wrapped(EPILOG, max(room, 11))) + "\n")
    return "\n".join(blocks)


def usage(path: tuple[str, ...], command: Command, width: int) -> str:
    """How the command is called, over as many lines as it takes."""
    start, room = "usage: ", width - 2
    program = " ".join(("invoicetui", *path))
    options, words = _parts(command)
    whole = " ".join([program, *options, *words])
    if len(start) + len(whole) <= room:
        return f"{start}{whole}\n"
    if len(start) + len(program) <= 0.75 * room:
        indent = " " * (len(start) + len(program) + 1)
        lines = _lines([program, *options], len(start), indent, room) + _lines(words, len(indent), indent, room)
        lines[0] = lines[0].lstrip()
        return start + "\n".join(lines) + "\n"
    indent = " " * len(start)
    lines = _lines([*options, *words], len(indent), indent, room)
    if len(lines) > 1:
        lines = _lines(options, len(indent), indent, room) + _lines(words, len(indent), indent, room)
    return start + "\n".join([program, *lines]) + "\n"


def _parts(command: Command) -> tuple[list[str], list[str]]:
    """The options and the words of the usage."""
    options, words = ["[-h]"], []
    given = [*(COMMON if command.is_common else ()), *(one for one in command.arguments if one.help is not None)]
    for at, one in enumerate(given):
        called = f"{one.short or one.name} {one.value}".strip() if one.kind != "version" else one.name
        if one.is_option:
            if at and one.one_of and given[at - 1].one_of == one.one_of:
                options[-1] = f"{options[-1][:-1]} | {called}]"
            else:
                options.append(f"[{called}]")
        else:
            words.append({"optional": f"[{one.value}]", "words": f"[{one.value} ...]"}.get(one.kind, one.value))
    return options, words + ([command.metavar, "..."] if command.parts else [])


def _lines(parts: list[str], begun: int, indent: str, room: int) -> list[str]:
    """Parts one beside another, as many as fit; `begun` cells of the first line are taken."""
    lines: list[str] = []
    line: list[str] = []
    length = begun - 1
    for part in parts:
        if length + 1 + len(part) > room and line:
            lines.append(indent + " ".join(line))
            line, length = [], len(indent) - 1
        line.append(part)
        length += len(part) + 1
    return [*lines, indent + " ".join(line)] if line else lines


def _line(indent: int, argument: Argument) -> Line:
    if not argument.is_option:
        return indent, argument.value, argument.help or ""
    value = "" if argument.kind == "version" else argument.value
    names = filter(None, (argument.short, argument.name))
    return indent, ", ".join(f"{name} {value}".strip() for name in names), argument.help or ""


def _laid_out(line: Line, at: int, room: int) -> str:
    indent, head, about = line
    if not about:
        return f"{' ' * indent}{head}\n"
    texts = wrapped(about, max(room - at, 11))
    if len(head) <= at - indent - 2:
        first = f"{' ' * indent}{head:<{at - indent - 2}}  {texts.pop(0)}\n"
    else:
        first = f"{' ' * indent}{head}\n"
    return first + "".join(f"{' ' * at}{text}\n" for text in texts)


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most `width`, broken at spaces, behind hyphens inside words, and nowhere else if it can
    be."""
    lines = [""]
    for word in text.split():
        pieces = _pieces(word)
        for at, piece in enumerate(pieces):
            gap = " " if at == 0 and lines[-1] else ""
            if len(lines[-1]) + len(gap) + len(piece) <= width:
                lines[-1] += gap + piece
                continue
            if lines[-1]:
                lines.append("")
            while len(piece) > width:
                lines[-1] = piece[:width]
                piece = piece[width:]
                lines.append("")
            lines[-1] = piece
    return lines


def _pieces(word: str) -> list[str]:
    """A word, cut behind the hyphens that stand between letters."""
    pieces, begin = [], 0
    for at in range(1, len(word) - 2):
        before, behind = word[at - 1], word[at + 1 : at + 3]
        is_inside = before.isalpha() and behind[0].isalnum() and behind[1].isalpha()
        if word[at] == "-" and is_inside:
            pieces.append(word[begin : at + 1])
            begin = at + 1
    return [*pieces, word[begin:]]
