"""`invoicetui account`: added, listed, edited, removed and checked, as a user runs it."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.accounts_file import FILE, account
from tests.commands import run
from tests.conftest import ConfigFor, Configured, Running, Serve
from tests.servers import faults
from tests.servers.fake import Fake
from tests.servers.meteroid import FakeMeteroid
from tests.servers.northflank import FakeNorthflank
from tests.servers.opterius import FakeOpterius
from tests.servers.versori import FakeVersori
from tests.servers.voxmind import FakeVoxmind
from tests.terminal import Terminal

# ---- add


def test_the_first_account_makes_a_private_file(tmp_path: Path) -> None:
    config = Configured(tmp_path / "new" / "config.toml", {})
    words = ("add", "acme-voice", "--vendor", "voxmind", "--option", "organisation=42", "--label", "Köln & Co")
    ran = account(*words, config=config)
    assert (ran.out, ran.status) == (f"acme-voice: added to {config.path}\n", 0)
    assert ran.err == "invoicetui: acme-voice: next, its token: invoicetui token set acme-voice\n"
    text = '[accounts.acme-voice]\nvendor = "voxmind"\nlabel = "Köln & Co"\norganisation = "42"\n'
    assert config.path.read_text() == text
    assert stat.S_IMODE(config.path.stat().st_mode) == 0o600


def test_another_account_leaves_the_rest_as_it_was(config: Configured) -> None:
    words = ("add", "billing", "--vendor", "meteroid", "--base-url", "https://m.example/", "--side", "received")
    ran = account(*words, "--token-command", "pass", "-q", "show", "a b", config=config)
    assert ran.status == 0
    assert "the command prints it" in ran.err
    added = '\n[accounts.billing]\nvendor = "meteroid"\nbase_url = "https://m.example/"\nside = "received"\n'
    added += 'token = "command"\ntoken_command = ["pass", "-q", "show", "a b"]\n'
    assert config.path.read_text() == FILE + added


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "missing: ID, --vendor (voxmind, northflank, meteroid, opterius, versori)"),
        (("--vendor", "voxmind"), "missing: ID, --option organisation=…"),
        (("x", "--vendor", "meteroid"), "missing: --base-url"),
        (("x", "--vendor", "northflank", "--token", "command"), "missing: --token-command"),
        (("x", "--vendor", "metroid"), '--vendor names no vendor there is; did you mean "meteroid"?'),
        (("x", "--option", "team=a"), "--option belongs to a vendor; add --vendor"),
        (("x", "--vendor", "northflank", "--option", "team"), "--option has no =; write --option name=value"),
        (("x", "--vendor", "northflank", "--option", "tem=a"), "--option names none of this vendor's; did you mean"),
        (("x", "--vendor", "northflank", "--option", "amounts=mjor"), '--option amounts: did you mean "major"?'),
        (("x", "--vendor", "voxmind", "--option", "organisation=.."), "--option organisation: "),
        (("X_y", "--vendor", "northflank"), "ID: use lower-case letters, digits and dashes"),
        (("cloud", "--vendor", "northflank"), "ID: there is already an account cloud"),
        (("x", "--vendor", "northflank", "--base-url", "http://a.example"), "--base-url: http:// would send the token"),
        (("x", "--vendor", "northflank", "--label", "a\x1b[2J"), "label holds control or invisible characters"),
        (("x", "--vendor", "northflank", "--demo"), "the demo has accounts of its own"),
    ],
)
def test_what_is_missing_or_wrong_is_named_and_nothing_is_written(
    config: Configured, words: tuple[str, ...], said: str
) -> None:
    ran = account("add", *words, config=config)
    assert ran.status == 2
    assert ran.err.startswith(f"invoicetui: {said}")
    assert len(ran.err.splitlines()) == 1
    assert config.path.read_text() == FILE


@pytest.mark.parametrize(
    "words",
    [
        ("account", "add", "x", "--vendor", "northflank", "--token", "vm_S3CRET"),
        ("account", "add", "x", "--vendor", "northflank", "--base-url", "https://u:vm_S3CRET@a.example"),
        ("account", "edit", "cloud", "--set", "token=vm_S3CRET"),
        ("account", "check", "vm_S3CRET"),
        ("token", "set", "vm_S3CRET"),
        ("token", "set", "acme-voice", "vm_S3CRET"),
        ("token", "set", "acme-voice", "--token=vm_S3CRET"),
        ("token", "set", "acme-voice", "--value", "vm_S3CRET"),
        ("token", "status", "--token", "vm_S3CRET"),
        ("token", "delete", "vm_S3CRET"),
    ],
)
def test_a_token_in_the_wrong_place_is_not_repeated(config: Configured, words: tuple[str, ...]) -> None:
    ran = run(*words, configured=config)
    assert ran.status == 2
    assert "S3CRET" not in ran.out + ran.err
    assert ran.err


def test_questions_on_a_terminal(config: Configured) -> None:
    env = {"INVOICETUI_CONFIG": str(config.path)}
    with Terminal.python("-m", "invoicetui", "account", "add", size=(130, 60), env=env) as terminal:
        terminal.wait_for("5  versori", "Number or word:")
        terminal.send("nine\n")
        terminal.wait_for("answer with a number from 1 to 5, or a word")
        terminal.send("versori\n")
        terminal.wait_for("Id, in the config and never changed [versori]:")
        terminal.send("cloud\n")
        terminal.wait_for("there is already an account cloud")
        terminal.send("flows-2\n")
        terminal.wait_for("Label, as it is shown [flows-2]:")
        terminal.send("Flöws\n")
        terminal.wait_for("[https://platform.versori.com/api/organisations/v1]:")
        terminal.send("http://x.example\n")
        terminal.wait_for("http:// would send the token readable")
        terminal.send("\n")
        terminal.wait_for("Organisation (the organisation's id):")
        terminal.send("\n")
        terminal.wait_for("an answer is needed")
        terminal.send("org-1\n")
        terminal.wait_for("1  Bearer", "2  JWT", "Number or word [Bearer]:")
        terminal.send("2\n")
        terminal.wait_for("Where its token comes from", "Number or word [keyring]:")
        terminal.send("2\n")
        terminal.wait_for("Command:")
        terminal.send("pass show 'a\n")
        terminal.wait_for("a quotation mark is not closed")
        terminal.send("pass show 'a b'\n")
        assert terminal.exit_code() == 0
        assert "flows-2: added to" in terminal.text()
    added = '\n[accounts.flows-2]\nvendor = "versori"\nlabel = "Flöws"\norganisation = "org-1"\nauth_scheme = "JWT"\n'
    added += 'token = "command"\ntoken_command = ["pass", "show", "a b"]\n'
    assert config.path.read_text() == FILE + added


def test_a_keyring_that_is_not_there_is_said_before_anybody_types_a_token(config: Configured) -> None:
    env = {"INVOICETUI_CONFIG": str(config.path)}
    words = ("-m", "invoicetui", "account", "add", "new", "--vendor", "northflank")
    with Terminal.python(*words, size=(200, 24), env=env) as terminal:
        assert terminal.exit_code() == 1
        assert "new: added to" in terminal.text()
        assert "this machine has no keyring" in terminal.text()
        assert "not shown" not in terminal.text()
    assert "[accounts.new]" in config.path.read_text()


@pytest.mark.parametrize(("keys", "status"), [("\x04", 2), ("\x03", 130)])
def test_leaving_the_questions_writes_nothing(config: Configured, keys: str, status: int) -> None:
    # ctrl+c only becomes a signal on a terminal that is the session's own.
    script = "import fcntl, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); from invoicetui.cli import main; "
    script += "sys.exit(main(['account', 'add']))"
    with Terminal.python("-c", script, env={"INVOICETUI_CONFIG": str(config.path)}) as terminal:
        terminal.wait_for("Number or word:")
        terminal.send(keys)
        assert terminal.exit_code() == status
        assert "Traceback" not in terminal.text()
    assert config.path.read_text() == FILE


# ---- list, edit, remove


def test_list_fetches_nothing(config: Configured) -> None:
    ran = account("list", "--format", "json", config=config, env={"INVOICETUI_TOKEN_ACME_VOICE": "vm_S3CRET"})
    assert (ran.err, ran.status) == ("", 0)
    voice = {"vendor": "voxmind", "host": "api.voxmind.ai", "side": "received", "label": "Acme voice"}
    cloud = {"vendor": "northflank", "host": "api.northflank.com", "side": "received", "label": "cloud"}
    assert json.loads(ran.out) == [
        {"id": "acme-voice", **voice, "token": "environment INVOICETUI_TOKEN_ACME_VOICE"},
        {"id": "cloud", **cloud, "token": "environment INVOICETUI_TOKEN_CLOUD"},
    ]
    table = account("list", config=config).out
    lines = [line.split() for line in table.splitlines() if line.strip()]
    assert lines[0] == ["id", "label", "vendor", "host", "side", "token"]
    assert lines[2] == ["acme-voice", "Acme", "voice", "voxmind", "api.voxmind.ai", "received", "keyring"]


def test_list_without_accounts(tmp_path: Path) -> None:
    config = Configured(tmp_path / "none.toml", {})
    assert account("list", "--format", "json", config=config) == ("[]\n", "", 0)
    assert "add one: invoicetui account add" in account("list", config=config).err


def test_edit_changes_what_was_asked_for(config: Configured) -> None:
    words = ("edit", "acme-voice", "--set", "label=Voice", "--set", "filter=sub_id=3", "--set", "side=issued")
    ran = account(*words, config=config)
    assert (ran.out, ran.err, ran.status) == (
        f"acme-voice: label, filter, side changed in {config.path}\n",
        "",
        0,
    )
    changed = FILE.replace('"Acme voice"   # ours\n', '"Voice"   # ours\nfilter = "sub_id=3"\nside = "issued"\n')
    assert config.path.read_text() == changed
    account("edit", "acme-voice", "--unset", "filter", "--unset", "side", "--set", "label=Acme voice", config=config)
    assert config.path.read_text() == FILE


def test_edit_says_what_becomes_of_the_token(config: Configured) -> None:
    ran = account("edit", "acme-voice", "--set", "base_url=https://v.example", config=config)
    assert "the keyring's token is for api.voxmind.ai only" in ran.err
    assert "invoicetui token set acme-voice" in ran.err
    words = ("--set", "token=command", "--set", "token_command=pass show 'x y'", "--set", "document_hosts=a.example, b")
    assert account("edit", "cloud", *words, config=config).status == 0
    text = config.path.read_text()
    assert 'token = "command"\ntoken_command = ["pass", "show", "x y"]\ndocument_hosts = ["a.example", "b"]\n' in text
    ran = account("edit", "cloud", "--set", "token=env", "--unset", "token_command", config=config)
    assert "set INVOICETUI_TOKEN_CLOUD where" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "nothing to change"),
        (("--set", "label"), "--set has no ="),
        (("--set", "lable=x"), '--set takes a key of the account; did you mean "label"?'),
        (("--unset", "team"), "--unset takes a key of the account"),
        (("--unset", "vendor"), "[accounts.acme-voice] has no vendor"),
        (("--unset", "organisation"), "[accounts.acme-voice] has no organisation"),
        (("--set", "label="), "label is empty"),
        (("--set", "token_command='"), "token_command: a quotation mark is not closed"),
        (
            ("--set", "token=comand"),
            'token says where the token comes from, and never holds it; did you mean "command"',
        ),
        (("--set", "token=command"), 'token = "command" needs token_command'),
        (("--set", "base_url=http://v.example"), "base_url: http:// would send the token readable"),
        (("--set", "vendor=northflank"), "organisation in [accounts.acme-voice] is a key of"),
    ],
)
def test_an_edit_that_would_be_wrong_is_not_made(config: Configured, words: tuple[str, ...], said: str) -> None:
    ran = account("edit", "acme-voice", *words, config=config)
    assert ran.status == 2
    assert ran.err.startswith(f"invoicetui: {said}")
    assert config.path.read_text() == FILE


def test_an_account_that_is_not_there_is_told_with_the_nearest(config: Configured) -> None:
    for words in (("edit", "clod", "--set", "label=x"), ("remove", "clod", "--yes"), ("check", "clod")):
        ran = account(*words, config=config)
        assert (ran.err, ran.status) == ('invoicetui: there is no account clod; did you mean "cloud"?\n', 2)


def test_remove_asks_for_yes_where_nobody_can_be_asked(config: Configured) -> None:
    ran = account("remove", "cloud", config=config)
    assert (ran.status, config.path.read_text()) == (2, FILE)
    assert "--yes" in ran.err
    ran = account("remove", "cloud", "--yes", config=config)
    assert (ran.out, ran.err, ran.status) == (f"cloud: removed from {config.path}\n", "", 0)
    # A comment above a table belongs to whoever wrote it.
    assert config.path.read_text() == FILE[: FILE.index("[accounts.cloud]")]
    # Where there is no keyring none can hold its token.
    assert account("remove", "acme-voice", "--yes", config=config).status == 0
    assert "[accounts" not in config.path.read_text()


def test_remove_asks_for_the_label_on_a_terminal(config: Configured) -> None:
    env = {"INVOICETUI_CONFIG": str(config.path)}
    words = ("-m", "invoicetui", "account", "remove", "acme-voice")
    with Terminal.python(*words, env=env) as terminal:
        terminal.wait_for("Type the label to remove the account (Acme voice):")
        terminal.send("acme\n")
        assert terminal.exit_code() == 1
        assert "nothing was removed" in terminal.text()
    assert config.path.read_text() == FILE
    with Terminal.python(*words, env=env) as terminal:
        terminal.wait_for("(Acme voice):")
        terminal.send("Acme voice\n")
        terminal.wait_for("Delete its token from the keyring, too? [yes]:")
        terminal.send("maybe\n")
        terminal.wait_for("answer yes or no")
        terminal.send("n\n")
        assert terminal.exit_code() == 0
    assert "acme-voice" not in config.path.read_text()


# ---- check


def test_check_says_how_many_invoices_there_are(serve: Serve, config_for: ConfigFor, private_environment: Path) -> None:
    fakes: dict[str, Fake] = {
        "voice": FakeVoxmind(7),
        "cloud": FakeNorthflank(1),
        "billing": FakeMeteroid(250),
        "hosting": FakeOpterius(0),
        "flows": FakeVersori(3),
    }
    servers = {name: serve(fake) for name, fake in fakes.items()}
    ran = run("account", "check", configured=config_for(servers))
    assert (ran.err, ran.status) == ("", 0)
    lines = dict(line.split(None, 1) for line in ran.out.splitlines())
    assert lines["voice"] == "ok: 7 invoices (token: environment INVOICETUI_TOKEN_VOICE)"
    assert lines["cloud"].startswith("ok: 1 invoice (")
    assert lines["billing"].startswith("ok: 250 invoices (")
    assert lines["hosting"].startswith("ok: no invoices (")
    assert lines["flows"].startswith("ok: ")
    assert all(len(running.server.asked) <= 2 for running in servers.values())
    assert not list(private_environment.rglob("*.sqlite*"))


def test_check_tells_each_failure_and_the_exit_status(serve: Serve, config_for: ConfigFor) -> None:
    servers = {"good": serve(FakeVoxmind(3)), "bad": serve(FakeNorthflank(3)), "none": serve(FakeMeteroid(3))}
    configured = config_for(servers)
    env = {"INVOICETUI_TOKEN_BAD": "vm_S3CRET", "INVOICETUI_TOKEN_NONE": "two words"}
    ran = run("account", "check", configured=configured, env=env)
    assert ran.status == 3
    good, bad, none = ran.out.splitlines()
    assert good.startswith("good  ok: 3 invoices")
    assert bad.startswith("bad   failed: 127.0.0.1:")
    assert "refused the token" in bad
    assert "INVOICETUI_TOKEN_BAD" in bad
    assert none.startswith("none  failed: what INVOICETUI_TOKEN_NONE holds is not a token")
    assert "S3CRET" not in ran.out + ran.err
    assert run("account", "check", "bad", "none", configured=configured, env=env).status == 1
    assert run("account", "check", "good", configured=configured, env=env).status == 0
    assert not servers["none"].server.asked
    before = len(servers["good"].server.asked)
    ran = run("account", "--offline", "check", "good", configured=configured)
    assert (ran.out, ran.status) == ("good  ok  environment INVOICETUI_TOKEN_GOOD\n", 0)
    assert len(servers["good"].server.asked) == before


def test_check_tells_of_unreadable_records(serve: Serve, config_for: ConfigFor) -> None:
    fake = FakeMeteroid(100)
    ran = run("account", "check", configured=config_for({"billing": serve(fake, faults.malformed(fake))}))
    assert "ok: 100 invoices, 1 of the first page unreadable" in ran.out


def test_two_accounts_at_one_host_have_a_token_each(serve: Serve, tmp_path: Path) -> None:
    running: Running = serve(FakeVoxmind(3))
    path = tmp_path / "config.toml"
    entry = f'vendor = "voxmind"\nbase_url = "{running.server.url}"\norganisation = "42"\ntoken = "env"\n'
    path.write_text(f"[accounts.a-b]\n{entry}[accounts.a-b-2]\n{entry}")
    env = {"INVOICETUI_TOKEN_A_B": running.fake.token, "INVOICETUI_TOKEN_A_B_2": "another"}
    ran = run("account", "check", configured=Configured(path, env))
    assert ran.status == 3
    assert [line.split()[:2] for line in ran.out.splitlines()] == [["a-b", "ok:"], ["a-b-2", "failed:"]]
    assert sorted(asked.authorization for asked in running.server.asked) == ["expected", "other"]
