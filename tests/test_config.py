"""config.toml as it is read."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicetui.config import Config, load, parse
from invoicetui.config.lines import line_of, statements
from invoicetui.errors import ConfigError
from invoicetui.model import Account, Side
from invoicetui.private_file import Content
from invoicetui.text import _plain
from tests.config_facts import VENDORS

WHOLE = """\
theme = "nord"
mouse = false
documents_folder = "~/Documents/invoices"
document_name = "{vendor}/{number}"
viewer = ["zathura", "{path}"]
[keys]
"invoice.open" = "o"
list.next = ["j", "down"]
[accounts.acme-voice]
vendor = "voxmind"
label = "Acme voice – Köln"
side = "issued"
base_url = "https://API.voxmind.ai:443/x/"
organisation = 42
filter = "sub_id=3"
document_hosts = ["Files.example.com:443", "127.0.0.1:8443"]
token = "command"
token_command = ["pass", "show", "acme/voxmind"]
ca_file = "/etc/ca.pem"
client_cert = "~/c.pem"
client_key = "~/k.pem"
[accounts.m]
vendor = "meteroid"
base_url = "https://billing.example.com"
"""

MINIMAL = '[accounts.a]\nvendor = "voxmind"\norganisation = "1"\n'


def config_of(tmp_path: Path, text: str | bytes, mode: int = 0o600) -> Config:
    path = tmp_path / "config.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return load(path, VENDORS)


def mistake_in(tmp_path: Path, text: str | bytes) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        config_of(tmp_path, text)
    return caught.value


def test_no_file_is_an_empty_config(tmp_path: Path) -> None:
    path = tmp_path / "none" / "config.toml"
    assert load(path, VENDORS) == Config(path)
    assert not path.parent.exists()


def test_everything_is_read(tmp_path: Path) -> None:
    config = config_of(tmp_path, WHOLE)
    assert config == Config(
        tmp_path / "config.toml",
        theme="nord",
        mouse=False,
        documents_folder=Path.home() / "Documents/invoices",
        document_name="{vendor}/{number}",
        viewer=("zathura", "{path}"),
        keys={"invoice.open": "o", "list.next": "j,down"},
        accounts=(
            Account(
                id="acme-voice",
                vendor="voxmind",
                label="Acme voice – Köln",
                side=Side.ISSUED,
                base_url="https://api.voxmind.ai/x",
                options={"organisation": "42", "filter": "sub_id=3"},
                token="command",
                token_command=("pass", "show", "acme/voxmind"),
                document_hosts=("files.example.com", "127.0.0.1:8443"),
                ca_file="/etc/ca.pem",
                client_cert=str(Path.home() / "c.pem"),
                client_key=str(Path.home() / "k.pem"),
            ),
            Account(id="m", vendor="meteroid", label="m", side=Side.ISSUED, base_url="https://billing.example.com"),
        ),
    )


def test_what_is_left_out_is_the_vendors(tmp_path: Path) -> None:
    (account,) = config_of(tmp_path, MINIMAL).accounts
    assert (account.label, account.side, account.base_url) == ("a", Side.RECEIVED, "https://api.voxmind.ai")
    assert (account.token, account.token_command, account.env_name) == ("keyring", (), "INVOICETUI_TOKEN_A")


def test_defaults_are_not_looked_at_as_if_somebody_had_typed_them(tmp_path: Path) -> None:
    _plain.cache_clear()
    config_of(tmp_path, MINIMAL)
    assert _plain.cache_info().currsize == 0, "the pattern for other letters is made when there is one"


def test_an_account_by_its_id(tmp_path: Path) -> None:
    config = config_of(tmp_path, WHOLE)
    assert config.account("m").vendor == "meteroid"
    with pytest.raises(ConfigError, match='no account acme-voicr; did you mean "acme-voice"'):
        config.account("acme-voicr")
    with pytest.raises(ConfigError, match="invoicetui account add"):
        Config(tmp_path).account("x")


@pytest.mark.parametrize(
    "text", [WHOLE.replace("\n", "\r\n"), "\ufeff" + WHOLE, WHOLE.encode("utf-8-sig").replace(b"\n", b"\r\n")]
)
def test_what_windows_editors_write_is_read(tmp_path: Path, text: str | bytes) -> None:
    assert config_of(tmp_path, text) == config_of(tmp_path, WHOLE)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        # not TOML
        ('theme = "x"\n\nmouse = yes\n', 3, "not valid TOML"),
        ("theme = ", 1, "not valid TOML"),
        ('theme = "a"\ntheme = "b"\n', 2, "not valid TOML.*overwrite"),
        (b'theme = "x"\nlabel = "\xff"\n', 2, "UTF-8"),
        ("theme = " + "[" * 5000, 0, "not (valid|usable) TOML"),
        # the top of the file
        ('\nmouse = true\nthme = "x"\n', 3, 'unknown key thme; did you mean "theme"'),
        ("colour = 1\n", 1, "unknown key colour; known keys: theme, mouse"),
        ("theme = 3\n", 1, "theme must be a string in quotes, not a number"),
        ('mouse = "yes"\n', 1, "mouse must be true or false, not a string"),
        ("mouse = 1\n", 1, "mouse must be true or false, not a number"),
        ('preview = "on"\n', 1, "preview must be true or false, not a string"),
        ('preview_side = "left"\n', 1, 'preview_side cannot be "left"'),
        ("preview_width = 29\n", 1, "preview_width must be a whole number from 30 to 120"),
        ("preview_width = 121\n", 1, "preview_width must be a whole number from 30 to 120"),
        ("preview_width = true\n", 1, "preview_width must be a whole number from 30 to 120"),
        ('preview_width = "60"\n', 1, "preview_width must be a whole number from 30 to 120"),
        ('\nsort = "totals"\n', 2, 'sort cannot be "totals"; did you mean "total"'),
        ('viewer = "zathura {path}"\n', 1, "viewer must be a list, not a string; write viewer ="),
        ('viewer = ["zathura"]\n', 1, "no element .{path}."),
        ('viewer = ["{path}"]\n', 1, "no element .{path}. after the program"),
        ('viewer = ["sh", "-c", "cat {path}"]\n', 1, "no element .{path}."),
        ('viewer = [\n "zathura",\n 3]\n', 1, "list of strings; it holds a number"),
        ("viewer = []\n", 1, "empty list"),
        ('documents_folder = "invoices"\n', 1, "whole path"),
        ('document_name = "{number.__class__}"\n', 1, "brace"),
        ('document_name = "../{number}"\n', 1, "below the documents folder"),
        ('document_name = "/tmp/x"\n', 1, "below the documents folder"),
        ("[accounts]\n[keys]\na = 3\n", 3, "a must be a string in quotes, not a number"),
        ("[keys]\na = []\n", 2, "a is an empty list"),
        ('[keys]\na = ""\n', 2, "a has no key"),
        ('[keys]\n"a.b" = "x"\na.b = "y"\n', 3, "a.b stands twice"),
        ("keys = 3\n", 1, r"keys must be a table, not a number; write it as \[keys\]"),
        ("accounts = []\n", 1, "accounts must be a table, not a list"),
        ("[[accounts]]\nx = 1\n", 1, "accounts must be a table, not a list"),
        # an account
        (f"{MINIMAL}[accounts.Acme]\n", 4, 'cannot be called "Acme"; use lower-case'),
        ("[accounts.-a]\n", 1, "cannot be called"),
        (f"[accounts.{'a' * 42}]\n", 1, "at most 41"),
        ('[accounts."a_b"]\n', 1, "cannot be called"),
        ('accounts.a = "voxmind"\n', 1, r"a must be a table, not a string; write it as \[accounts.a\]"),
        ("# x\n[accounts.a]\n", 2, r"\[accounts.a\] has no vendor; add vendor = one of voxmind, meteroid"),
        ('[accounts.a]\nvendor = "voxmnd"\n', 2, 'vendor cannot be "voxmnd"; did you mean "voxmind"'),
        ('[accounts.a]\nvendor = "stripe"\n', 2, "one of voxmind, meteroid"),
        ('[accounts.a]\nvendor = "voxmind"\n', 1, "has no organisation; add organisation: its number"),
        ('[accounts.a]\nvendor = "voxmind"\norganisation = ""\n', 3, "has no organisation"),
        ('[accounts.a]\nvendor = "meteroid"\n', 1, "has no base_url; add base_url = the https:// address of your Mete"),
        (f"{MINIMAL}organization = 1\n", 4, r"unknown key organization in \[accounts.a\]; did you mean .organisation"),
        (f"{MINIMAL}team = 't'\n", 4, r"team in \[accounts.a\] is a key of meteroid; remove it or correct vendor"),
        (f"{MINIMAL}filter = 1.5\n", 4, "filter must be a string in quotes, not a number"),
        (f"{MINIMAL}filter = true\n", 4, "filter must be a string in quotes, not true or false"),
        (f"{MINIMAL}filter = 2026-01-01\n", 4, "not a date"),
        (f"{MINIMAL}label = 3\n", 4, "label must be a string"),
        (f'{MINIMAL}label = " "\n', 4, "label is empty"),
        (f'{MINIMAL}label = "a\\u001b[2J"\n', 4, "label holds control or invisible characters"),
        (f'{MINIMAL}filter = "{"x" * 501}"\n', 4, "filter is longer than 500"),
        (f'{MINIMAL}side = "recieved"\n', 4, 'did you mean "received"'),
        (f'{MINIMAL}base_url = "http://api.voxmind.ai"\n', 4, "base_url: http:// would send the token readable"),
        (f'{MINIMAL}base_url = "https://u:pw@x.example"\n', 4, "base_url: .*user name or password"),
        (f'{MINIMAL}token = "keychain"\n', 4, 'did you mean "keyring"'),
        (f'{MINIMAL}token = "plain"\n', 4, "one of keyring, command, env, ask"),
        (f'{MINIMAL}token = "command"\n', 4, "needs token_command"),
        (f'{MINIMAL}token = "env"\ntoken_command = ["x"]\n', 5, 'needs token = "command"'),
        (f'{MINIMAL}token_command = ["x"]\n', 4, 'needs token = "command"'),
        (
            f'{MINIMAL}token = "command"\ntoken_command = "pass show x"\n',
            5,
            "must be a list, not a string; write token",
        ),
        (f'{MINIMAL}token = "command"\ntoken_command = [" "]\n', 5, "names no program"),
        (f'{MINIMAL}document_hosts = ["https://x.example/y"]\n', 4, "no host; write names"),
        (f'{MINIMAL}document_hosts = ["u@x.example"]\n', 4, "no host"),
        (f'{MINIMAL}ca_file = "ca.pem"\n', 4, "whole path"),
        (f'{MINIMAL}client_key = "/k.pem"\n', 4, "client_key needs client_cert"),
        (
            '[accounts.m]\nvendor = "meteroid"\nbase_url = "https://m.example"\nteam = "a b"\n',
            4,
            "team: must be one word",
        ),
        ('[accounts.m]\nvendor = "meteroid"\nbase_url = "https://m.example"\namounts = "mayor"\n', 4, 'mean "major"'),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str | bytes, line: int, words: str) -> None:
    error = mistake_in(tmp_path, text)
    assert re.search(words, str(error)), str(error)
    assert error.line == line
    assert str(error).startswith(f"line {line}: ") or not line


def test_one_wrong_account_fails_the_whole_file(tmp_path: Path) -> None:
    assert mistake_in(tmp_path, f"{MINIMAL}[accounts.b]\nvendor = 1\n").line == 5


def test_the_mistake_cannot_act_on_a_terminal(tmp_path: Path) -> None:
    error = mistake_in(tmp_path, '"\\u001b]0;pwned\\u0007" = 1\n')
    assert "\x1b" not in str(error)
    assert "pwned" in str(error)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"{tmp_path} cannot be read"):
        load(tmp_path, VENDORS)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "loop", VENDORS)


@pytest.mark.parametrize(
    ("text", "line"),
    [(f'{MINIMAL}token = "command"\ntoken_command = ["id"]\n', 5), ('theme = "x"\nviewer = ["less", "{path}"]\n', 2)],
)
@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_a_file_others_can_write_may_not_name_programs(tmp_path: Path, text: str, line: int, mode: int) -> None:
    with pytest.raises(ConfigError, match=r"names a program to run.*chmod 600") as caught:
        config_of(tmp_path, text, mode)
    assert caught.value.line == line
    assert config_of(tmp_path, text, 0o644).path
    assert config_of(tmp_path, MINIMAL, mode).accounts


def test_reading_loads_neither_the_toml_writer_nor_difflib(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(WHOLE)
    code = (
        "import sys; from pathlib import Path; from invoicetui.config import load;"
        "from tests.config_facts import VENDORS;"
        f"load(Path({str(tmp_path / 'config.toml')!r}), VENDORS);"
        "print(*sorted({'tomlkit', 'difflib', 'platformdirs', 'tempfile'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""


TRICKY = '''\
# [accounts.no]
a = """
[accounts.x]
b = 1
"""  # "
c = [
  # [d]
  "]", { e = "}" },
]
[ "q.r" . s ]
t.u = 'x'
t."v w" = { y = 1 }

[[list]]
z = 1
[[list]]
z = 2
'''


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("a",), 2),
        (("b",), 0),
        (("accounts",), 0),
        (("c",), 6),
        (("q.r",), 10),
        (("q.r", "s"), 10),
        (("q.r", "s", "t", "u"), 11),
        (("q.r", "s", "t", "v w", "y"), 12),
        (("list", "z"), 15),
        ((), 0),
    ],
)
def test_lines_are_found_in_any_toml(keys: tuple[str, ...], line: int) -> None:
    assert line_of(TRICKY, keys) == line


def test_statements_cover_all_that_is_no_comment() -> None:
    joined = "\n".join(statement.text for statement in statements(TRICKY))
    assert tomllib.loads(joined) == tomllib.loads(TRICKY)


@given(st.binary(max_size=60) | st.text(st.sampled_from("[]{}=\"'.,#\n abc1"), max_size=40).map(str.encode))
def test_any_bytes_are_a_config_or_a_config_error(data: bytes) -> None:
    line = 0
    try:
        config = parse(Path("config.toml"), Content(data, is_exposed=False), VENDORS)
    except ConfigError as error:
        line = error.line
    else:
        assert not config.accounts
    assert line <= data.count(b"\n") + 1
