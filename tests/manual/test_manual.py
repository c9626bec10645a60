"""What the manual says is so: its commands parse, its configs load, its links lead somewhere, the README is it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from invoicetui import manual
from invoicetui.cli import grammar, main
from invoicetui.config import ACCOUNT_KEYS, TOP_KEYS, Config, load
from invoicetui.documents.naming import relative_path
from invoicetui.errors import ConfigError
from invoicetui.ledger.query import parse
from invoicetui.ledger.terms import KEYS
from invoicetui.model import Invoice, Status
from invoicetui.output import FIELDS
from invoicetui.paths import config_path
from invoicetui.session import vendor_facts
from invoicetui.ui import actions
from tests.manual.readme import PATH, anchor, readme, title
from tests.terminal import ROOT

TEXTS = {topic.name: topic.text for topic in manual.TOPICS}
VENDORS = [topic.name for topic in manual.TOPICS if topic.part_of == "accounts"]
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_DEMO = "python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/invoicetui --demo\n"
_TESTS = "python3 -m venv .venv && .venv/bin/pip install -q -e '.[test]' && .venv/bin/python -m pytest\n"


def blocks(text: str, language: str) -> list[str]:
    return [code for kind, code in _FENCE.findall(text) if kind == language]


def words_of(line: str) -> list[str]:
    """The words after `invoicetui` in a line for the shell, up to a pipe or a redirection; none when it is not ours."""
    words = shlex.split(line, comments=True) if "invoicetui" in line else []
    while words and "=" in words[0]:
        del words[0]
    if not words or words[0].rpartition("/")[2] != "invoicetui":
        return []
    end = next((at for at, word in enumerate(words) if word in ("|", "<", ">", "&&")), len(words))
    return words[1:end]


def commands() -> list[str]:
    lines = [line for text in TEXTS.values() for block in blocks(text, "sh") for line in block.splitlines()]
    lines += [code for text in TEXTS.values() for code in _INLINE.findall(_FENCE.sub("", text))]
    return [line for line in dict.fromkeys(lines) if words_of(line) or line.strip() == "invoicetui"]


def configured(path: Path, content: str) -> Config:
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)
    return load(path, vendor_facts())


def example(path: Path) -> Config:
    """The config topic's file."""
    return configured(path, blocks(TEXTS["config"], "toml")[0])


# ---- one source


def test_the_readme_is_the_manual() -> None:
    assert PATH.read_text(encoding="utf-8") == readme(), "write it anew: python -m tests.manual.readme"


def test_every_topic_has_a_text_and_every_text_is_a_topic() -> None:
    there = {path.stem for path in Path(manual.__file__).parent.glob("*.md")}
    assert there == set(TEXTS)
    for topic in manual.TOPICS:
        assert anchor(title(topic)) == topic.name
        assert topic.line
        assert topic.part_of in ("", *TEXTS)


def test_every_link_leads_somewhere() -> None:
    text = readme()
    anchors = {anchor(heading) for heading in re.findall(r"^#+ (.+)$", _FENCE.sub("", text), re.MULTILINE)}
    links = re.findall(r"\]\(([^)]+)\)", _FENCE.sub("", text))
    assert len(links) > len(manual.TOPICS)
    for link in links:
        assert link[1:] in anchors if link.startswith("#") else (ROOT / link).is_file(), link


def test_the_two_commands_stand_where_others_look_for_them() -> None:
    for marker, command in (("demo", _DEMO), ("tests", _TESTS)):
        assert f"<!-- {marker} -->\n```sh\n{command}```\n" in readme()
    assert "<!-- tests -->" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


# ---- commands


@pytest.mark.parametrize("line", commands())
def test_every_command_parses(line: str, tmp_path: Path) -> None:
    arguments = grammar.parse(words_of(line))
    query = " ".join(f'"{word}"' if " " in word else word for word in getattr(arguments, "query", ()))
    parse(query, example(tmp_path / "config.toml").accounts)
    if topic := getattr(arguments, "topic", None):
        assert topic == "TOPIC" or manual.find(topic)


def test_enough_commands_were_found() -> None:
    """So that a change of style does not leave the test above with nothing to do."""
    lines = commands()
    assert len(lines) > 40
    named = {words_of(line)[0] for line in lines if words_of(line)}
    assert named >= {"account", "token", "list", "show", "pdf", "doctor", "cache", "keys", "paths", "help"}


# ---- configs


@pytest.mark.parametrize(
    ("name", "at"), [(n, at) for n, text in TEXTS.items() for at in range(len(blocks(text, "toml")))]
)
def test_every_config_loads(name: str, at: int, tmp_path: Path) -> None:
    config = configured(tmp_path / "config.toml", blocks(TEXTS[name], "toml")[at])
    assert config.accounts
    assert actions.problems(dict(config.keys)) == []


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_vendors_line_and_its_table_make_the_same_account(vendor: str, private_environment: Path) -> None:
    lines = [line for block in blocks(TEXTS[vendor], "sh") for line in block.splitlines()]
    (added,) = [words_of(line) for line in lines if "account add" in line]
    assert main(added) == 0
    (account,) = load(config_path(None, {"HOME": str(private_environment)}), vendor_facts()).accounts
    (shown,) = configured(private_environment / "shown.toml", blocks(TEXTS[vendor], "toml")[0]).accounts
    assert vendor == account.vendor
    defaults = {option.name: option.default for option in vendor_facts()[vendor].options if option.default}
    for each in (account, shown):
        assert (each.id, each.base_url, each.token) == (account.id, account.base_url, "keyring")
        assert defaults | dict(each.options) == defaults | dict(account.options)


def test_the_config_topic_has_every_key(tmp_path: Path) -> None:
    text = blocks(TEXTS["config"], "toml")[0]
    options = [option.name for facts in vendor_facts().values() for option in facts.options]
    for key in (*TOP_KEYS, *ACCOUNT_KEYS, *options):
        assert re.search(rf"^{key} = |^\[{key}[].]", text, re.MULTILINE), key
    assert {account.vendor for account in example(tmp_path / "config.toml").accounts} == set(vendor_facts())


def test_every_field_of_document_name_exists(tmp_path: Path) -> None:
    fields = re.findall(r"`(\{\w+\})`", TEXTS["config"].partition("`document_name` knows")[2].partition("A `")[0])
    account = example(tmp_path / "config.toml").accounts[0]
    invoice = Invoice(account=account.id, vendor=account.vendor, key="1")
    assert len(fields) == 11
    with pytest.raises(ConfigError, match=", ".join(field.strip("{}") for field in fields)):
        relative_path("{nothing}", invoice, account)


# ---- words


def test_the_search_topic_has_every_key_and_every_status_of_the_language(tmp_path: Path) -> None:
    terms = [row.split("|")[1].strip(" `") for row in TEXTS["search"].splitlines() if row.startswith("| `")]
    for term in terms:
        parse(term, example(tmp_path / "config.toml").accounts)
    assert {term.lstrip("-").partition(":")[0] for term in terms if ":" in term} == set(KEYS)
    for status in Status:
        assert f"`{status}`" in TEXTS["search"]
        assert f"`{status.short}`" in TEXTS["everyday"]


def test_the_scripts_topic_has_every_field_of_a_row() -> None:
    assert " ".join(FIELDS) in " ".join(TEXTS["scripts"].split())


def test_no_text_names_a_key_that_does_not_exist() -> None:
    written = {written for action in actions.CATALOGUE for written in map(actions.shown, actions.keys_of(action))}
    for name in ("everyday", "documents"):
        for key in re.findall(r"`(\S|PgDn|PgUp|Up|esc|enter|space|tab|ctrl\+\S)`", _FENCE.sub("", TEXTS[name])):
            assert key in written, key
