"""Rules are parsed once, and again when a variable of theirs has changed."""

from __future__ import annotations

from pathlib import Path

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
