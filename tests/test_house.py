"""The house itself: which way imports run, how large rooms are, what every action has, what the README says."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

from invoicetui.ui import actions
from tests.terminal import ROOT

SOURCES = sorted((ROOT / "invoicetui").rglob("*.py"))
#: What the first frame and the small commands do without.
HEAVY = ("httpx", "keyring", "tomlkit", "tenacity", "pypdfium2", "truststore", "cryptography")


def test_imports_run_one_way() -> None:
    assert lint_imports(str(ROOT / "pyproject.toml"), no_cache=True) == EXIT_STATUS_SUCCESS


@pytest.mark.parametrize("path", [*SOURCES, *sorted((ROOT / "tests").rglob("*.py"))], ids=lambda path: path.name)
def test_no_file_is_over_400_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_and_every_public_class_says_what_it_is_for(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if tree.body:
        assert ast.get_docstring(tree), f"{path.name} says nothing"
    for node in tree.body:
        # The shape of a vendor's record is documented by the vendor; its room says where.
        is_record = "record" in path.name or "vendors" in path.parts
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and len(node.body) > 6 and not is_record:
            assert ast.get_docstring(node), f"{path.name}: {node.name} says nothing"


def test_every_action_has_an_id_keys_a_label_help_and_a_place_where_it_works() -> None:
    assert len({action.id for action in actions.CATALOGUE}) == len(actions.CATALOGUE)
    for action in actions.CATALOGUE:
        assert action.id.count(".") == 1
        assert action.keys
        assert action.label
        assert action.help.endswith(".") is False
        assert action.scope.screens
    assert actions.problems({}) == []


def test_the_readmes_key_table_is_current() -> None:
    assert actions.markdown() in (ROOT / "README.md").read_text(encoding="utf-8")


def loaded(code: str) -> set[str]:
    """The top-level packages in memory after `code`, in a process of its own."""
    script = f"{code}\nimport sys; print(' '.join({{name.partition('.')[0] for name in sys.modules}}))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30)
    return set(ran.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("word", ["--help", "--version", "keys", "paths"])
def test_small_commands_load_nothing_heavy(word: str) -> None:
    code = f"from invoicetui.cli import main\ntry: main([{word!r}])\nexcept SystemExit: pass"
    assert not loaded(code) & {"textual", "rich", "sqlite3", "msgspec", *HEAVY}


def test_the_browser_is_imported_without_what_only_the_network_needs() -> None:
    assert not loaded("import invoicetui.ui.app, invoicetui.session, invoicetui.credentials") & set(HEAVY)


def test_what_a_key_opens_is_imported_by_that_key() -> None:
    rooms = ("command_book", "command_line", "completing", "jumping", "memory", "menu", "pages", "prompt", "settings")
    script = "import sys, invoicetui.ui.app; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30)
    assert not {f"invoicetui.ui.{room}" for room in rooms} & set(ran.stdout.split())
