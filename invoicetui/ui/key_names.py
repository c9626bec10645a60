"""How keys are called: as Textual names them, as people write them, and which no terminal sends."""

from __future__ import annotations

import difflib
import unicodedata

# A terminal sends the same byte for both, so that a program cannot tell them apart.
_SAME_BYTE = {
    "ctrl+i": "tab",
    "ctrl+j": "enter",
    "ctrl+m": "enter",
    "ctrl+h": "backspace",
    "ctrl+left_square_bracket": "escape",
}
_NAMED = frozenset(
    "up down left right home end insert delete pageup pagedown tab enter escape space backspace".split()
) | {f"f{number}" for number in range(1, 25)}
# Textual's names for characters whose Unicode name is not what people call them.
_RENAMED = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}
_SHOWN = {"escape": "esc", "pagedown": "PgDn", "pageup": "PgUp", "up": "Up", "down": "Down", "left": "Left",
          "right": "Right", "home": "Home", "end": "End", "backspace": "Backspace"}  # fmt: skip


def shown(key: str) -> str:
    """A key as people write it: `?`, `PgDn`, `ctrl+d`."""
    *modifiers, last = key.split("+")
    return "+".join((*modifiers, _SHOWN.get(last) or _CHARACTERS.get(last) or (last.upper() if _is_f(last) else last)))


def keys(written: str) -> tuple[list[str], list[str]]:
    """The keys of an override under Textual's names, and what is wrong with the others."""
    good: list[str] = []
    wrong: list[str] = []
    if not written.strip():
        return good, ["it needs at least one key"]
    for part in written.strip().split(","):
        word = part.strip()
        if not word:
            wrong.append('a key is missing beside a comma; the comma itself is called "comma"')
            continue
        key, mistake = _key(word)
        if mistake:
            wrong.append(mistake)
        elif key not in good:
            good.append(key)
    return good, wrong


def _key(word: str) -> tuple[str, str]:
    """One key's name for Textual, or what is wrong with it."""
    *modifiers, last = word.split("+") if not word.endswith("+") else (*word[:-1].rstrip("+").split("+"), "plus")
    modifiers = [modifier.lower() for modifier in modifiers if modifier]
    last = _name(last if len(last) == 1 else last.lower())
    if "ctrl" in modifiers and len(last) == 1:
        last = last.lower()
    key = "+".join((*modifiers, last))
    is_character = len(last) == 1 or last in _CHARACTERS
    if not (is_character or last in _NAMED) or set(modifiers) - {"ctrl", "shift", "alt"}:
        near = difflib.get_close_matches(last, [*_NAMED, *_CHARACTERS], 1)
        return key, f'there is no key "{word}"' + (f'; did you mean "{near[0]}"?' if near else "")
    if len(modifiers) != len(set(modifiers)):
        return key, f'there is no key "{word}"'
    if key in _SAME_BYTE:
        return key, f'a terminal cannot tell "{word}" from {shown(_SAME_BYTE[key])}'
    if is_character and "shift" in modifiers:
        return key, f'a terminal does not send "{word}"; write the character that shift makes'
    if "ctrl" in modifiers and is_character and not (last.isascii() and last.isalpha() and len(last) == 1):
        return key, f'not every terminal sends "{word}"; ctrl goes with a letter'
    return key, ""


def _name(last: str) -> str:
    if len(last) != 1 or last.isalnum():
        return last
    return _character_name(last)


def _character_name(char: str) -> str:
    name = unicodedata.name(char, "").lower().replace("-", "_").replace(" ", "_")
    return _RENAMED.get(name, name)


def _is_f(last: str) -> bool:
    return len(last) > 1 and last[0] == "f" and last[1:].isdigit()


# Every printable ASCII character that is neither letter nor digit, by Textual's name for it.
_CHARACTERS = {_character_name(char): char for char in map(chr, range(33, 127)) if not char.isalnum()}
