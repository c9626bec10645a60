"""Cells as a terminal is told to show them, in few bytes: a style is named when it changes, default colours never."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby, repeat
from operator import itemgetter

from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style
from textual.strip import Strip

#: The SGR parameters that make a character look as it does, and those that make a blank look as it does there.
Look = tuple[str, str]
#: A character and its look; of a blank's look there is no more than is seen of it.
Cell = tuple[str, Look]
#: What a terminal shows that was told nothing.
PLAIN: Look = ("", "")
#: What is there before anything is written.
BLANK: Cell = (" ", PLAIN)
_CHARACTER, _LOOK = itemgetter(0), itemgetter(1)


class Pen:
    """Writes cells anywhere on the screen. `written` is all of it, and leaves the terminal in its default style."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._pieces: list[str] = []
        self._look = PLAIN

    @property
    def written(self) -> str:
        return "".join([*self._pieces, "\x1b[m"] if self._look[0] else self._pieces)

    def write_cells(self, x: int, y: int, cells: list[Cell]) -> None:
        """A run of cells from column `x` of line `y` on."""
        self._pieces.append(f"\x1b[{y + 1};{x + 1}H")
        for look, run in groupby(cells, _LOOK):
            self._write("".join(map(_CHARACTER, run)), look)

    def erase(self, x: int, y: int, count: int) -> None:
        """So many cells from column `x` of line `y` on become BLANK."""
        self._pieces.append(f"\x1b[{y + 1};{x + 1}H")
        self._write("", PLAIN)
        self._pieces.append(f"\x1b[{count}X")

    def write_strip(self, x: int, y: int, strip: Strip) -> None:
        """A whole strip from column `x` of line `y` on."""
        self._pieces.append(f"\x1b[{y + 1};{x + 1}H")
        if _has_links(strip):
            self._write(strip.render(self._console), PLAIN)
            return
        system = _system(self._console)
        for text, style, _ in strip:
            self._write(text, _look(style, system))

    def _write(self, text: str, look: Look) -> None:
        # A blank may look the same in the style that is on: it need not be named anew between bold words.
        is_on = look == self._look or (text.isspace() and look[1] == self._look[1])
        if not is_on:
            named, was_named = look[0], self._look[0]
            self._pieces.append(f"\x1b[{'0;' if named and was_named else ''}{named}m" if named != was_named else "")
            self._look = look
        self._pieces.append(text)


def cells(strip: Strip, console: Console) -> list[Cell]:
    """The cells of a strip, one a column; none when only the terminal knows how wide its characters are."""
    if _has_links(strip) or not strip.text.isascii():
        return []
    system = _system(console)
    found: list[Cell] = []
    for text, style, _ in strip:
        look = _look(style, system)
        blank = (look[1], look[1])
        if look == blank:
            found += zip(text, repeat(look))
        else:
            found += [(character, blank if character == " " else look) for character in text]
    return found


def _system(console: Console) -> ColorSystem:
    return console._color_system or ColorSystem.TRUECOLOR


def _has_links(strip: Strip) -> bool:
    return any(style is not None and style.link for _, style, _ in strip)


@lru_cache(4096)
def _look(style: Style | None, system: ColorSystem) -> Look:
    if style is None:
        return PLAIN
    parameters = _parameters(style, system)
    is_seen = any((style.reverse, style.underline, style.underline2, style.strike, style.overline, style.blink))
    return parameters, parameters if is_seen else _parameters(Style(bgcolor=style.bgcolor), system)


def _parameters(style: Style, system: ColorSystem) -> str:
    """Without 39 and 49, for what is not said is the default."""
    rendered = Strip.render_style(style.clear_meta_and_links(), "\0", system).partition("\0")[0]
    parameters = iter(rendered[2:-1].split(";"))
    kept: list[str] = []
    for parameter in parameters:
        if parameter in ("38", "48"):
            kind = next(parameters)
            kept += [parameter, kind, *(next(parameters) for _ in range(1 if kind == "5" else 3))]
        elif parameter not in ("39", "49"):
            kept.append(parameter)
    return ";".join(kept)
