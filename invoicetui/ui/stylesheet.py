"""The rules that widgets are styled by."""

from __future__ import annotations

from textual.css import stylesheet


class Stylesheet(stylesheet.Stylesheet):
    """Parses its rules again when a variable of the theme has another value, and otherwise only what was added.

    Textual 8.2.8 tells the theme once more when the app starts, and parses everything a second time before the first
    frame.
    """

    def __init__(self, *, variables: dict[str, str]) -> None:
        super().__init__(variables=variables)
        self._known = dict(variables)
        self._is_stale = False

    def set_variables(self, variables: dict[str, str]) -> None:
        self._is_stale |= variables != self._known
        if self._is_stale:
            self._known = dict(variables)
            super().set_variables(variables)

    def reparse(self) -> None:
        if self._is_stale:
            super().reparse()
            self._is_stale = False
        else:
            _ = self.rules  # parses what was added
