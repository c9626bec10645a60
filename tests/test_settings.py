"""Settings that only the browser or the documents can judge: told at start and by doctor, with line and remedy."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.commands import run
from tests.terminal import Terminal

WRONG = [
    (
        'theme = "ansi"\n[keys]\n"invoice.opn" = "o"\n',
        3,
        'there is no action "invoice.opn"; did you mean "invoice.open"?',
    ),
    ('[keys]\ninvoice.open = "o"\ninvoice.raw = "shft+x"\n', 3, 'there is no key "shft+x"'),
    ('# mine\n[keys]\n"invoice.raw" = "o"\n', 3, '"o" is the key of both "invoice.open" and "invoice.raw"'),
    (
        'mouse = true\ndocument_name = "{vendor}/{numbr}"\n',
        2,
        "document_name has an unknown field {numbr}; fields: vendor",
    ),
]


def written(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(("text", "line", "said"), WRONG)
def test_the_browser_does_not_start_over_it(tmp_path: Path, text: str, line: int, said: str) -> None:
    path = written(tmp_path, text)
    with Terminal([sys.executable, "-m", "invoicetui", "--config", str(path)], (200, 24)) as terminal:
        assert terminal.exit_code() == 2
        shown = " ".join(terminal.text().split())
    assert shown.startswith(f"invoicetui: line {line}: ")
    assert said in shown
    assert b"\x1b[?1049h" not in terminal.received, "it never took the screen"


@pytest.mark.parametrize(("text", "line", "said"), WRONG)
def test_doctor_says_it(tmp_path: Path, text: str, line: int, said: str) -> None:
    ran = run("doctor", "--offline", "--config", str(written(tmp_path, text)))
    assert ran.status == 1
    (found,) = (each for each in ran.out.splitlines() if each.startswith("fail"))
    assert f"line {line}: " in found
    assert said in found


def test_doctor_knows_the_themes(tmp_path: Path) -> None:
    ran = run("doctor", "--offline", "--config", str(written(tmp_path, 'mouse = true\ntheme = "nrod"\n')))
    (found,) = (each for each in ran.out.splitlines() if "there is no theme" in each)
    assert found.startswith("warn")
    assert "line 2: there is no theme nrod" in found
    assert found.endswith('did you mean "nord"?')
    fine = run("doctor", "--offline", "--config", str(written(tmp_path, 'theme = "nord"\n')))
    assert "there is no theme" not in fine.out


@pytest.mark.parametrize("path", ["", "  ", "papers/", "."])
def test_a_pdf_needs_a_files_name(tmp_path: Path, path: str) -> None:
    ran = run("pdf", "a", "b", "--demo", "-o", path, cwd=Path(__file__).parent.parent)
    assert (ran.out, ran.status) == ("", 2)
    assert ran.err.startswith("invoicetui: -o names ")
