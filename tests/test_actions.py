"""The catalogue of actions: whole, without clashes, and strict about what a user may bind."""

from __future__ import annotations

import subprocess
import sys
from typing import ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.widgets import Static

from invoicetui.ledger.order import FIELDS
from invoicetui.ui.actions import BY_ID, CATALOGUE, SCOPES, keymap, keys_of, markdown, problems, table
from invoicetui.ui.bindings import bindings
from invoicetui.ui.columns import COLUMNS
from invoicetui.ui.key_names import shown


def test_every_action_says_what_it_is() -> None:
    assert len(BY_ID) == len(CATALOGUE)
    for action in CATALOGUE:
        assert action.scope is SCOPES[action.id.partition(".")[0]]
        assert action.keys, action.id
        assert action.label, action.id
        assert action.group, action.id
        assert action.help[0].isupper(), action.id
        assert not action.help.endswith("."), action.id
        assert "[" not in action.help + action.label, "Textual reads tooltips as markup"
        assert action.method.isidentifier()


def test_the_defaults_are_names_textual_knows_and_do_not_clash() -> None:
    defaults = {action.id: action.keys for action in CATALOGUE}
    assert problems(defaults) == []
    assert keymap(defaults) == defaults


def test_the_footer_stays_short() -> None:
    for screen in ("accounts", "invoices", "detail"):
        shown_there = [action for action in CATALOGUE if action.in_footer and screen in action.scope.screens]
        assert len(shown_there) <= 9, screen


def test_every_order_has_a_letter_and_a_column() -> None:
    assert {action.name for action in CATALOGUE if action.scope.name == "sort"} == set(FIELDS)
    assert {column.sort for column in COLUMNS} - {""} == set(FIELDS)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("ctrl+i", "tab"),
        ("ctrl+j", "enter"),
        ("ctrl+m", "enter"),
        ("ctrl+H", "Backspace"),
        ("ctrl+[", "esc"),
        ("ctrl+left_square_bracket", "esc"),
        ("nonsense", "there is no key"),
        ("pagedwn", 'did you mean "pagedown"'),
        ("hyper+x", "there is no key"),
        ("ctrl+", "ctrl goes with a letter"),
        ("ctrl+5", "ctrl goes with a letter"),
        ("ctrl+ctrl+a", "there is no key"),
        ("shift+a", "the character that shift makes"),
        ("", "at least one key"),
        ("  ", "at least one key"),
        ("w,,e", "comma"),
        (",", "comma"),
        ("f99", "there is no key"),
        ("\N{COMBINING ACUTE ACCENT}", "there is no key"),
        ("\x1b", "there is no key"),
    ],
)
def test_a_key_no_terminal_sends_is_refused(written: str, said: str) -> None:
    found = problems({"app.refresh": written})
    assert found
    assert "app.refresh" in found[0]
    assert said in found[0]
    assert keymap({"app.refresh": written}) == {}


@pytest.mark.parametrize(
    ("written", "keys"),
    [
        ("w", "w"),
        ("W", "W"),
        (" w , f5 ", "w,f5"),
        ("F5", "f5"),
        ("*", "asterisk"),
        ("comma", "comma"),
        ("+", "plus"),
        ("-", "minus"),
        ("_", "underscore"),
        ("ctrl+E", "ctrl+e"),
        ("shift+up", "shift+up"),
        ("alt+w", "alt+w"),
        ("w,w", "w"),
        ("space", "space"),
    ],
)
def test_a_key_is_named_as_textual_names_it(written: str, keys: str) -> None:
    assert problems({"sort.date": written}) == []
    assert keymap({"sort.date": written}) == {"sort.date": keys}


def test_an_unknown_action_is_told_with_the_nearest() -> None:
    assert problems({"list.frist": "w"}) == ['there is no action "list.frist"; did you mean "list.first"?']
    assert problems({"x": "w"}) == ['there is no action "x"']
    assert keymap({"list.frist": "w"}) == {}


def test_one_key_for_two_actions_of_a_screen_is_a_problem() -> None:
    assert problems({"app.refresh": "R"}) == ['"R" is the key of both "app.refresh" and "app.refresh-all"']
    assert problems({"detail.next-tab": "/,x"}) == ['"x" is the key of both "invoice.raw" and "detail.next-tab"']
    assert problems({"invoices.filter": "w", "invoices.sort": "w"}) != []


def test_keys_may_change_places_and_screens_may_share_them() -> None:
    assert problems({"app.refresh": "R", "app.refresh-all": "r"}) == []
    assert problems({"detail.next-tab": "/"}) == []  # no filter there
    assert problems({"sort.date": "r"}) == []  # the letter after the sort key means nothing else


def test_keys_are_shown_as_people_write_them() -> None:
    assert [shown(key) for key in ("question_mark", "escape", "pagedown", "ctrl+d", "f1", "J", "shift+tab")] == [
        "?",
        "esc",
        "PgDn",
        "ctrl+d",
        "F1",
        "J",
        "shift+tab",
    ]


def test_the_key_table_has_every_action_and_the_users_keys() -> None:
    text = table({"app.refresh": "f5"})
    for action in CATALOGUE:
        line = next(line for line in text.splitlines() if f" {action.id} " in line)
        assert action.help in line
        keys = ["F5"] if action.id == "app.refresh" else [shown(key) for key in keys_of(action)]
        assert line.split()[: len(keys)] == keys
    assert [line for line in text.splitlines() if line and line[0] != " "] == [s.title for s in SCOPES.values()]


def test_the_readme_table_has_every_action_once() -> None:
    rows = [row for row in markdown().splitlines() if "| `" in row]
    assert len(rows) == len(CATALOGUE)
    assert all(row.count("|") == 5 for row in rows)
    assert "| Everywhere | `?` `F1` | `app.help` | Show the keys that work here |" in rows


def test_the_catalogue_loads_without_textual() -> None:
    code = "import sys, invoicetui.ui.actions as a; a.table(); print('textual' in sys.modules, 'rich' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"


def test_bindings_carry_id_and_help() -> None:
    (found,) = bindings("list", "first")
    assert isinstance(found, Binding)
    assert (found.key, found.action, found.id) == ("g,home", "first", "list.first")
    assert found.tooltip == BY_ID["list.first"].help
    assert len(bindings("sort")) == len(FIELDS)
    with pytest.raises(ValueError, match="no action of list: frist"):
        bindings("list", "frist")


class _Pressed(App[None]):
    BINDINGS: ClassVar = [*bindings("app", "refresh", "refresh-all"), *bindings("list", "first", "last")]

    def __init__(self) -> None:
        super().__init__()
        self.done: list[str] = []

    def compose(self) -> ComposeResult:
        yield Static("x")

    def action_refresh(self) -> None:
        self.done.append("refresh")

    def action_refresh_all(self) -> None:
        self.done.append("refresh-all")

    def action_first(self) -> None:
        self.done.append("first")


async def test_textual_takes_the_keymap() -> None:
    app = _Pressed()
    async with app.run_test() as pilot:
        await pilot.press("r", "R", "g", "home")
        app.set_keymap(keymap({"app.refresh": "R", "app.refresh-all": "r", "list.first": "*"}))
        await pilot.press("r", "R", "g", "home", "asterisk")
    assert app.done == ["refresh", "refresh-all", "first", "first", "refresh-all", "refresh", "first"]
