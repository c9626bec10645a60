"""The rules that widgets are styled by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from textual.css import stylesheet
from textual.css.tokenize import tokenize_value
from textual.css.tokenizer import Token


class _Tokens:
    """What a variable's value consists of, found out when a rule names it: of two hundred variables ten are named."""

    __slots__ = ("_found", "_value")

    def __init__(self, value: str) -> None:
        self._value = value
        self._found: list[Token] | None = None

    def __iter__(self) -> Iterator[Token]:
        if self._found is None:
            self._found = list(tokenize_value(self._value, ("__name__", "")))
        return iter(self._found)


def _tokens(variables: Mapping[str, str]) -> dict[str, _Tokens]:
    return {name: _Tokens(value) for name, value in variables.items()}


class Stylesheet(stylesheet.Stylesheet):
    """Parses its rules again when a variable of the theme has another value, and otherwise only what was added.

    Textual 8.2.8 tells the theme once more when the app starts, and parses everything a second time before the first
    frame.
    """

    def __init__(self, *, variables: dict[str, str]) -> None:
        super().__init__(variables=variables)
        self._known = dict(variables)
        self._tokens = _tokens(variables)
        self._is_stale = False

    @property
    def _variable_tokens(self) -> dict[str, _Tokens]:  # type: ignore[override]  # its lists are only gone through
        # Textual takes the values of all variables apart before it reads the first rule.
        return self._tokens

    def set_variables(self, variables: dict[str, str]) -> None:
        self._is_stale |= variables != self._known
        if self._is_stale:
            self._known = dict(variables)
            self._tokens = _tokens(variables)
            super().set_variables(variables)

    def reparse(self) -> None:
        if self._is_stale:
            super().reparse()
            self._is_stale = False
        else:
            _ = self.rules  # parses what was added
