"""Rules are parsed once, and again when a variable of theirs has changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.css.errors import UnresolvedVariableError

from invoicetui.ui.stylesheet import Stylesheet

RULES = "Label { color: $ink; }"


def sheet() -> Stylesheet:
    made = Stylesheet(variables={"ink": "red"})
    made.add_source(RULES, read_from=("rules", ""))
    return made


def colours(styled: Stylesheet) -> list[str]:
    return [rule.styles.color.hex for rule in styled.rules]


def test_the_same_theme_is_not_parsed_again() -> None:
    styled = sheet()
    before = styled.rules
    styled.set_variables({"ink": "red"})
    styled.reparse()
    assert styled.rules is before


def test_another_theme_is() -> None:
    styled = sheet()
    assert colours(styled) == ["#FF0000"]
    styled.set_variables({"ink": "blue"})
    styled.set_variables({"ink": "blue"})
    styled.reparse()
    assert colours(styled) == ["#0000FF"]
    before = styled.rules
    styled.reparse()
    assert styled.rules is before


def test_rules_that_were_added_are_parsed(tmp_path: Path) -> None:
    styled = sheet()
    assert len(styled.rules) == 1
    more = tmp_path / "more.tcss"
    more.write_text("Button { color: $ink; }", encoding="utf-8")
    styled.read(more)
    styled.reparse()
    assert colours(styled) == ["#FF0000", "#FF0000"]


def test_only_variables_that_rules_name_are_taken_apart() -> None:
    styled = Stylesheet(variables={"ink": "red", "unnamed": "\0 no value of any kind"})
    styled.add_source(RULES, read_from=("rules", ""))
    assert colours(styled) == ["#FF0000"]


def test_a_variable_that_is_not_there_is_named() -> None:
    styled = Stylesheet(variables={"ink": "red"})
    styled.add_source("Label { color: $inc; }", read_from=("rules", ""))
    with pytest.raises(UnresolvedVariableError, match=r"did you mean '\$ink'"):
        _ = styled.rules
