"""Whatever goes wrong, the config file is as it was, or as it was meant to be."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.accounts_file import FILE, account
from tests.commands import Ran
from tests.conftest import Configured

TYPOS = [
    ('theme = "nord"', 'teme = "nord"', 2, 'did you mean "theme"?'),
    ('theme = "nord"', "theme = nord", 2, "not valid TOML"),
    ('theme = "nord"', "theme = 1", 2, "theme must be a string in quotes, not a number"),
    ("[accounts.acme-voice]", "[acounts.acme-voice]", 5, 'did you mean "accounts"?'),
    ("[accounts.acme-voice]", "[accounts.acme_voice]", 5, 'an account cannot be called "acme_voice"'),
    ("[accounts.acme-voice]", "[accounts.acme-voice", 5, "not valid TOML"),
    ('vendor = "voxmind"', 'vender = "voxmind"', 5, "has no vendor"),
    ('vendor = "voxmind"', 'vendor = "voxmnd"', 6, 'did you mean "voxmind"?'),
    ("organisation = 42", "organization = 42", 7, 'did you mean "organisation"?'),
    ("organisation = 42", "organisation = 4.2", 7, "organisation must be a string in quotes"),
    ('label = "Acme voice"', "label = 'Acme voice", 8, "not valid TOML"),
    ('token = "env"', 'tokn = "env"', 13, 'did you mean "token"?'),
    ('token = "env"', 'token = "vm_S3CRET"', 13, "one of keyring, command, env, ask"),
    ('token = "env"', 'base_url = "api.northflank.com"', 13, "write it as https://host/path"),
]


def test_a_typo_in_each_place_is_named_with_its_line_and_loses_nothing(tmp_path: Path) -> None:
    def broken(number: int) -> tuple[str, Ran, str]:
        right, wrong, _, _ = TYPOS[number]
        text = FILE.replace(right, wrong)
        config = Configured(tmp_path / f"{number}.toml", {})
        config.path.write_text(text)
        config.path.chmod(0o600)
        words = ("list",) if number % 2 else ("add", "x", "--vendor", "northflank")
        return text, account(*words, config=config), config.path.read_text()

    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        outcomes = list(pool.map(broken, range(len(TYPOS))))
    for (_, wrong, line, said), (text, ran, after) in zip(TYPOS, outcomes, strict=True):
        assert ran.status == 2, wrong
        assert ran.err.startswith(f"invoicetui: line {line}: "), (wrong, ran.err)
        assert said in ran.err, wrong
        assert "S3CRET" not in ran.err
        assert after == text


@pytest.mark.parametrize("room", [0, 64])
def test_a_full_disk_leaves_the_file_as_it_was(config: Configured, room: int) -> None:
    def without_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    for words in (
        ("add", "new", "--vendor", "northflank"),
        ("edit", "cloud", "--set", "label=x"),
        ("remove", "cloud", "--yes"),
    ):
        # Python does not notice when its bytecode is cut short by the limit, and would load it the next time.
        ran = account(*words, config=config, env={"PYTHONDONTWRITEBYTECODE": "1"}, preexec_fn=without_room)
        assert ran.status == 2
        assert ran.err == f"invoicetui: {config.path} cannot be written: File too large; the file is as it was\n"
        assert os.listdir(config.path.parent) == ["config.toml"]
        assert config.path.read_text() == FILE


def test_two_that_write_at_the_same_time_lose_nothing(config: Configured) -> None:
    names = [f"n{number}" for number in range(6)]
    command = [sys.executable, "-m", "invoicetui", "--config", str(config.path), "account", "add"]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    writers = [subprocess.Popen([*command, name, "--vendor", "northflank"], **pipes) for name in names]
    assert [writer.wait(50) for writer in writers] == [0] * len(names)
    rows = json.loads(account("list", "--format", "json", config=config).out)
    assert {row["id"] for row in rows} == {"acme-voice", "cloud", *names}
    assert config.path.read_text().startswith(FILE)
