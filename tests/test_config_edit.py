"""config.toml as it is changed: nothing but the change, and never half of it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from invoicetui.config import load
from invoicetui.config.edit import Value, add_account, change_account, remove_account, set_value
from invoicetui.errors import ConfigError
from tests.config_facts import VENDORS

FILE = """\
# Ada's invoices

theme = "nord"   # dark

# the first one
[accounts.acme]  # voice
vendor = "voxmind"
organisation = 42   # of two
# filter = "x"

# the second one
[accounts.m]
vendor = "meteroid"
base_url = "https://m.example"

# keys last
[keys]
"invoice.open" = "o"
# the end
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(FILE)
    return path


def test_the_first_account_makes_the_file(tmp_path: Path) -> None:
    path = tmp_path / "invoicetui" / "config.toml"
    values: dict[str, Value] = {"vendor": "voxmind", "label": 'Ada "A" Köln', "organisation": "42", "filter": None}
    config = add_account(path, "acme", values, VENDORS)
    assert config == load(path, VENDORS)
    assert config.account("acme").label == 'Ada "A" Köln'
    assert path.read_text() == (
        '[accounts.acme]\nvendor = "voxmind"\nlabel = "Ada \\"A\\" Köln"\norganisation = "42"\n'
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_another_account_is_added_at_the_end(path: Path) -> None:
    values: dict[str, Value] = {
        "vendor": "voxmind",
        "organisation": "7",
        "token": "command",
        "token_command": ["pass", "show", "x y"],
    }
    config = add_account(path, "new", values, VENDORS)
    assert config.account("new").token_command == ("pass", "show", "x y")
    added = '\n[accounts.new]\nvendor = "voxmind"\norganisation = "7"\n'
    added += 'token = "command"\ntoken_command = ["pass", "show", "x y"]\n'
    assert path.read_text() == FILE + added


def test_a_value_is_changed_in_its_place(path: Path) -> None:
    change_account(path, "acme", {"organisation": "43", "label": "Acme"}, VENDORS)
    expected = FILE.replace("organisation = 42   # of two\n", 'organisation = "43"   # of two\nlabel = "Acme"\n')
    assert path.read_text() == expected
    change_account(path, "acme", {"label": None, "organisation": "44", "filter": None}, VENDORS)
    assert path.read_text() == FILE.replace("42 ", '"44" ')


def test_an_account_is_removed_and_the_comments_stay(path: Path) -> None:
    config = remove_account(path, "acme", VENDORS)
    assert [account.id for account in config.accounts] == ["m"]
    start, end = FILE.index("[accounts.acme]"), FILE.index("# filter")
    assert path.read_text() == FILE[:start] + FILE[end:]
    assert remove_account(path, "m", VENDORS).accounts == ()
    assert '# the second one\n\n# keys last\n[keys]\n"invoice.open" = "o"\n# the end\n' in path.read_text()


def test_values_at_the_top(path: Path) -> None:
    assert set_value(path, "theme", "ansi", VENDORS).theme == "ansi"
    assert set_value(path, "mouse", False, VENDORS).mouse is False
    assert set_value(path, "viewer", ["zathura", "{path}"], VENDORS).viewer == ("zathura", "{path}")
    new = 'theme = "ansi"   # dark\nmouse = false\nviewer = ["zathura", "{path}"]\n'
    assert path.read_text() == FILE.replace('theme = "nord"   # dark\n', new)
    for name in ("theme", "mouse", "viewer"):
        set_value(path, name, None, VENDORS)
    assert path.read_text() == FILE.replace('theme = "nord"   # dark\n', "")
    set_value(path, "theme", "nord", VENDORS)
    assert path.read_text().startswith('theme = "nord"\n\n# Ada')


def test_line_ends_and_a_missing_last_one(path: Path) -> None:
    path.write_bytes(FILE.rstrip("\n").replace("\n", "\r\n").encode())
    set_value(path, "mouse", False, VENDORS)
    data = path.read_bytes()
    assert b"mouse = false\r\n" in data
    assert data.count(b"\n") == data.count(b"\r\n") == FILE.count("\n") + 1


def test_a_multi_line_value_is_replaced_whole(path: Path) -> None:
    path.write_text('viewer = [  # mine\n  "less",\n  "{path}",\n]\nmouse = true\n')
    set_value(path, "viewer", ["cat", "{path}"], VENDORS)
    assert path.read_text() == 'viewer = ["cat", "{path}"]\nmouse = true\n'


@pytest.mark.parametrize(
    "text",
    [
        'accounts = { acme = { vendor = "voxmind", organisation = "1" } }\n',
        'accounts.acme = { vendor = "voxmind", organisation = "1" }\n',
        'accounts.acme.vendor = "voxmind"\naccounts.acme.organisation = "1"\n',
        '[accounts]\nacme.vendor = "voxmind"\nacme.organisation = "1"\n',
    ],
)
def test_what_cannot_be_changed_line_by_line_is_left_alone(path: Path, text: str) -> None:
    path.write_text(text)
    values: dict[str, Value] = {"organisation": "2"}
    for change in (
        lambda: change_account(path, "acme", values, VENDORS),
        lambda: remove_account(path, "acme", VENDORS),
    ):
        with pytest.raises(ConfigError, match="change it in an editor"):
            change()
        assert path.read_text() == text


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"vendor": "voxmind"}, "no organisation"),
        ({"vendor": "voxmind", "organisation": "1", "base_url": "http://x.example"}, "readable"),
        ({"vendor": "voxmind", "organisation": "1", "label": "a\x1b[2J"}, "control"),
        ({"vendor": "voxmind", "organisation": "1", "token_command": ["x"]}, "needs token"),
        ({"vendor": "nobody"}, "vendor cannot be"),
    ],
)
def test_a_change_that_would_be_wrong_is_not_made(path: Path, values: dict[str, Value], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        add_account(path, "new", values, VENDORS)
    assert path.read_text() == FILE


def test_an_id_is_given_once_and_must_exist_to_be_changed(path: Path) -> None:
    with pytest.raises(ConfigError, match="already an account acme"):
        add_account(path, "acme", {"vendor": "voxmind", "organisation": "1"}, VENDORS)
    for change in (lambda: change_account(path, "no", {}, VENDORS), lambda: remove_account(path, "no", VENDORS)):
        with pytest.raises(ConfigError, match="no account no"):
            change()
    with pytest.raises(ConfigError, match="cannot be called"):
        add_account(path, "Not an id]", {"vendor": "voxmind", "organisation": "1"}, VENDORS)
    assert path.read_text() == FILE


def test_a_file_with_a_mistake_is_not_touched(path: Path) -> None:
    path.write_text(FILE + "oops\n")
    with pytest.raises(ConfigError, match="line 20"):
        set_value(path, "theme", "ansi", VENDORS)
    assert path.read_text() == FILE + "oops\n"


def test_a_program_planted_in_an_open_file_is_not_made_trusted(path: Path) -> None:
    planted = FILE + '[accounts.x]\nvendor="voxmind"\norganisation=1\ntoken="command"\ntoken_command=["evil"]\n'
    path.write_text(planted)
    path.chmod(0o666)
    with pytest.raises(ConfigError, match="names a program"):
        set_value(path, "theme", "ansi", VENDORS)
    assert path.read_text() == planted
    assert stat.S_IMODE(path.stat().st_mode) == 0o666


def test_a_link_into_a_dotfiles_folder_stays(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link" / "config.toml"
    link.parent.mkdir()
    link.symlink_to(path)
    set_value(link, "theme", "ansi", VENDORS)
    assert link.is_symlink()
    assert load(path, VENDORS).theme == "ansi"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "config.toml"
    with pytest.raises(ConfigError, match=r"config\.toml cannot be (read|written): Not a directory"):
        set_value(path, "theme", "ansi", VENDORS)


def test_writers_at_the_same_time_lose_nothing(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from invoicetui.config.edit import add_account;"
        "from tests.config_facts import VENDORS;"
        "[add_account(Path(sys.argv[1]), f'{sys.argv[2]}{n}', {'vendor': 'voxmind', 'organisation': '1'}, VENDORS)"
        " for n in range(5)]"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(path), name]) for name in "xyz"]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert len(load(path, VENDORS).accounts) == 17
    assert os.listdir(path.parent) == ["config.toml"]


class EditorSaving(dict[str, object]):
    """Vendors whose look-up saves the file behind the writer's back, as an editor does that takes no lock."""

    def __init__(self, path: Path, times: int) -> None:
        super().__init__(VENDORS)
        self.path, self.times = path, times

    def __getitem__(self, name: str) -> object:
        if self.times:
            self.times -= 1
            self.path.write_text(FILE + f"# edited {self.times}\n")
        return super().__getitem__(name)


def test_what_an_editor_saved_meanwhile_is_kept(path: Path) -> None:
    set_value(path, "theme", "ansi", EditorSaving(path, 1))  # type: ignore[arg-type]  # its values are VENDORS'
    assert path.read_text() == FILE.replace("nord", "ansi") + "# edited 0\n"


def test_an_editor_that_never_stops_wins(path: Path) -> None:
    with pytest.raises(ConfigError, match="keeps being changed"):
        set_value(path, "theme", "ansi", EditorSaving(path, 1000))  # type: ignore[arg-type]  # its values are VENDORS'
    assert path.read_text().startswith(FILE)


def test_a_reader_meanwhile_never_sees_half_a_file(path: Path) -> None:
    is_done = threading.Event()
    seen: set[str] = set()

    def read() -> None:
        while not is_done.is_set():
            seen.add(load(path, VENDORS).theme)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(30):
        set_value(path, "theme", f"t{number}", VENDORS)
    is_done.set()
    reader.join()
    assert seen <= {"nord", *(f"t{number}" for number in range(30))}
    assert seen
