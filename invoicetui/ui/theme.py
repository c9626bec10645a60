"""The theme of the terminal itself."""

from __future__ import annotations

from textual.theme import BUILTIN_THEMES, Theme

#: The terminal's own colours on its own background: no probe, readable on dark and on light. Of its sixteen colours
#: only red and magenta can be read on black and on white alike; blue vanishes on the one, the others on the other.
ANSI = Theme(
    name="ansi",
    ansi=True,
    primary="ansi_default",
    secondary="ansi_default",
    warning="ansi_magenta",
    error="ansi_red",
    success="ansi_default",
    accent="ansi_default",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    dark=True,
    variables={
        "ansi-background": "ansi_default",
        "ansi-foreground": "ansi_default",
        "border": "ansi_default",
        "border-blurred": "ansi_default",
        "block-cursor-foreground": "ansi_default",
        "block-cursor-background": "ansi_default",
        "block-cursor-text-style": "reverse",
        "input-cursor-background": "ansi_default",
        "input-cursor-foreground": "ansi_default",
        "input-cursor-text-style": "reverse",
        "input-selection-background": "ansi_default",
        "input-selection-foreground": "ansi_default",
        "scrollbar": "ansi_default",
        "scrollbar-hover": "ansi_default",
        "scrollbar-active": "ansi_default",
        "scrollbar-corner-color": "ansi_default",
        "scrollbar-background": "ansi_default",
        "scrollbar-background-hover": "ansi_default",
        "scrollbar-background-active": "ansi_default",
    },
)


def names() -> tuple[str, ...]:
    """The themes there are."""
    return tuple(sorted({ANSI.name, *BUILTIN_THEMES}))
