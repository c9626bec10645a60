"""`invoicetui help`: the manual in a terminal and in a pipe."""

from __future__ import annotations

import re
from textwrap import dedent

import pytest

from invoicetui.manual import TOPICS, Topic, find
from invoicetui.manual.plain import plain
from invoicetui.ui import actions
from tests.commands import run
from tests.terminal import Terminal
from tests.test_house import HEAVY, loaded


def shown(markdown: str, width: int = 40) -> list[str]:
    return list(plain(dedent(markdown).lstrip("\n"), width, "[{}]".format))


def test_paragraphs_are_wrapped_and_headings_dressed() -> None:
    assert shown(
        """
        # A title

        One sentence that is **longer** than the
        line, and [Search](#search) too.

        Another.
        """
    ) == ["[A title]", "  One sentence that is longer than the", "  line, and Search too.", "", "  Another."]


def test_no_word_is_broken_however_long() -> None:
    word = "`~/.local/share/invoicetui/invoicetui-and-more.log`"
    assert shown(f"Look at {word} first.") == ["  Look at", f"  {word}", "  first."]


def test_lists_hang_and_code_stays_as_it_is() -> None:
    assert shown(
        """
        - an item that runs over the line and
          goes on
        - another

        1. numbered

        <!-- marker -->
        ```sh
        invoicetui list --format json     # longer than the line by far

        next
        ```
        after
        """
    ) == [
        "  - an item that runs over the line and",
        "    goes on",
        "  - another",
        "",
        "  1. numbered",
        "",
        "      invoicetui list --format json     # longer than the line by far",
        "",
        "      next",
        "",
        "  after",
    ]


def test_tables_give_way_as_far_as_their_words_let_them() -> None:
    table = r"""
        | key | what it is for |
        |---|---|
        | `a` | some words that need two lines |
        | `b \| c` | few |
        """
    assert shown(table) == [
        "  key      what it is for",
        "  `a`      some words that need two",
        "           lines",
        "  `b | c`  few",
    ]
    narrow = shown(table, 10)
    assert {"some", "words", "that", "need", "lines", "few"} <= set(" ".join(narrow).split()), "no word is broken"
    assert max(map(len, narrow)) == len("  `a`  words")


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
@pytest.mark.parametrize("width", [80, 100])
def test_every_topic_fits_and_loses_no_word(topic: Topic, width: int) -> None:
    lines = list(plain(topic.text, width))
    code = re.findall(r"^```.*?^```$", topic.text, re.MULTILINE | re.DOTALL)
    for line in lines:
        assert len(line) <= width or line.strip() in "".join(code)
    marks = re.compile(r"\]\(#[^)]*\)|<!--.*?-->|^```\w+$", re.MULTILINE)
    assert set(re.findall(r"\w+", marks.sub(" ", topic.text))) == set(re.findall(r"\w+", "\n".join(lines)))


def test_the_topics_are_listed_with_a_line_each() -> None:
    ran = run("help")
    assert (ran.err, ran.status) == ("", 0)
    for topic in TOPICS:
        assert re.search(rf"^  {topic.name} +{re.escape(topic.line)}$", ran.out, re.MULTILINE)


def test_a_topic_is_printed_without_dress_into_a_pipe() -> None:
    ran = run("help", "search")
    assert ran.out.startswith("Search\n  `/` in the list")
    assert "\x1b" not in ran.out
    assert (ran.err, ran.status) == ("", 0)
    assert max(map(len, ran.out.splitlines())) <= 80


def test_the_keys_are_those_of_the_catalogue() -> None:
    out = run("help", "keys").out
    assert actions.table() in out
    assert "<!--" not in out


def test_a_terminal_shows_bold_titles_and_uses_its_width() -> None:
    with Terminal.python("-m", "invoicetui", "help", "costs", size=(60, 90)) as terminal:
        terminal.wait_for("Costs", "first frame")
        assert terminal.cell(terminal.line("Costs"), 0).bold
        assert not terminal.cell(terminal.line("first frame"), 2).bold
        assert terminal.exit_code() == 0
        assert max(map(len, terminal.screen())) > 50
    with Terminal.python("-m", "invoicetui", "help", "costs", size=(80, 90), env={"TERM": "dumb"}) as terminal:
        terminal.wait_for("Costs")
        assert terminal.exit_code() == 0
        assert b"\x1b" not in terminal.received


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("serach", "did you mean search?"),
        ("c", "did you mean config or costs?"),
        ("zzz", "invoicetui help lists them"),
        ("", "invoicetui help lists them"),
    ],
)
def test_an_unknown_topic_names_the_nearest(word: str, said: str) -> None:
    ran = run("help", word)
    assert (ran.out, ran.status) == ("", 2)
    assert ran.err == f"invoicetui: there is no such topic; {said}\n"


def test_a_beginning_or_another_case_will_do() -> None:
    assert find("DOC").name == find("documents").name == "documents"


@pytest.mark.parametrize("words", [["help"], ["help", "search"], ["help", "keys"]], ids=" ".join)
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    assert not loaded(f"from invoicetui.cli import main\nmain({words!r})") & {
        "textual",
        "rich",
        "sqlite3",
        "msgspec",
        *HEAVY,
    }
