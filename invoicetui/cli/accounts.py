"""`invoicetui account`: the accounts of the config, and whether they answer."""

from __future__ import annotations

import argparse
import os
import re
import shlex
from collections.abc import Callable, Sequence

from invoicetui.address import host_of
from invoicetui.cli import tokens
from invoicetui.cli.account_form import SOURCES, check_command, filled
from invoicetui.cli.asking import ask, confirm, hidden, is_interactive
from invoicetui.cli.columns import show
from invoicetui.cli.opening import NOTHING, OK, load_config, refuse_demo, say
from invoicetui.config import ACCOUNT_KEYS, Config
from invoicetui.config.edit import Value, add_account, change_account, remove_account
from invoicetui.config.table import nearest
from invoicetui.credentials import Credentials, State, child_environment
from invoicetui.errors import ConfigError, UsageError
from invoicetui.model import Account, Side
from invoicetui.paths import config_path, tokens_path
from invoicetui.session import vendor_facts

COLUMNS = ("id", "label", "vendor", "host", "side", "token")


def run_add(arguments: argparse.Namespace) -> int:
    """Write a new account into the config; on a terminal, go on to its token."""
    refuse_demo(arguments)
    config, vendors = load_config(arguments), vendor_facts()
    form = filled(arguments, config, vendors)
    path = config_path(arguments.config, os.environ)
    account = _changed(lambda: add_account(path, form.account_id, form.values, vendors)).account(form.account_id)
    print(f"{account.id}: added to {path}")
    if account.token == "keyring" and is_interactive() and account.env_name not in os.environ:
        return _take_token(account, arguments)
    _say_how(account)
    return OK


def run_list(arguments: argparse.Namespace) -> int:
    """Print the accounts; nothing is fetched, from a vendor or a keyring."""
    refuse_demo(arguments)
    accounts = load_config(arguments).accounts
    credentials = Credentials(environ=os.environ, state_path=tokens_path(os.environ))
    rows = [
        (account.id, account.label, account.vendor, host_of(account.base_url), str(account.side), source)
        for account in accounts
        for source in (credentials.describe(account),)
    ]
    if arguments.format == "json":
        from invoicetui.output import json_array

        for line in json_array(dict(zip(COLUMNS, row, strict=True)) for row in rows):
            print(line)
    elif rows:
        show(COLUMNS, rows, giving=("label", "host", "token"))
    else:
        say("there are no accounts in the config; add one: invoicetui account add")
    return OK


def run_edit(arguments: argparse.Namespace) -> int:
    """Change keys of an account, and no others; the id itself never changes."""
    refuse_demo(arguments)
    old = tokens.named(load_config(arguments), arguments.account)
    values = _values(arguments, old)
    if not values:
        raise UsageError("nothing to change", "give --set key=value or --unset key")
    path, vendors = config_path(arguments.config, os.environ), vendor_facts()
    account = _changed(lambda: change_account(path, old.id, values, vendors)).account(old.id)
    print(f"{account.id}: {', '.join(values)} changed in {path}")
    if host_of(account.base_url) != host_of(old.base_url) and account.token == "keyring":
        say(f"{account.id}: the keyring's token is for {host_of(old.base_url)} only")
        _say_how(account)
    elif account.token != old.token:
        _say_how(account)
    return OK


def run_remove(arguments: argparse.Namespace) -> int:
    """Take an account out of the config, and its token out of the keyring."""
    refuse_demo(arguments)
    account = tokens.named(load_config(arguments), arguments.account)
    is_token_kept = arguments.keep_token
    if not arguments.yes:
        if not is_interactive():
            raise UsageError("there is nobody to ask", f"add --yes to remove {account.id} without asking")
        if ask(f"Type the label to remove the account ({account.label})") not in (account.label, account.id):
            say(f"{account.id}: that is not its label; nothing was removed")
            return NOTHING
        if account.token == "keyring" and not is_token_kept:
            is_token_kept = not confirm("Delete its token from the keyring, too?")
    path = config_path(arguments.config, os.environ)
    _changed(lambda: remove_account(path, account.id, vendor_facts()))
    print(f"{account.id}: removed from {path}")
    if is_token_kept:
        return OK
    found = tokens.delete(account)
    if found.state is State.OK:
        print(f"{account.id}: its token was deleted from {found.source}")
    elif found.state not in (State.MISSING, State.NO_BACKEND, State.UNSAFE):
        say(f"{account.id}: its token was not deleted: {tokens.words(found.error(account))}")
        say(f"{account.id}: try again later: invoicetui token delete {account.id}")
        return NOTHING
    return OK


def run_check(arguments: argparse.Namespace) -> int:
    """Find each account's token and ask its vendor for the first page; with --offline only find the token."""
    refuse_demo(arguments)
    if arguments.offline:
        return tokens.run_status(arguments)
    from invoicetui.cli.checking import check, exit_status

    accounts = tokens.chosen(load_config(arguments), arguments.accounts)
    checked = check(accounts, Credentials(environ=os.environ, state_path=tokens_path(os.environ)))
    width = max(len(account.id) for account in accounts)
    for each in checked:
        if each.problem is None:
            print(f"{each.account.id:{width}}  ok: {each.words} (token: {each.source})")
        else:
            print(f"{each.account.id:{width}}  failed: {tokens.words(each.problem)}")
    return exit_status(each.problem is None for each in checked)


def _take_token(account: Account, arguments: argparse.Namespace) -> int:
    credentials = Credentials(environ=child_environment(os.environ), state_path=tokens_path(os.environ))
    question = f"Token for {account.label} (not shown; Enter for later)"
    return tokens.keep(account, credentials, lambda: hidden(question) or None, is_verified=not arguments.offline)


def _say_how(account: Account) -> None:
    """What is left to do for the token."""
    how = {
        "keyring": f"invoicetui token set {account.id}",
        "command": f"the command prints it; try: invoicetui account check {account.id}",
        "env": f"set {account.env_name} where invoicetui is started",
        "ask": "press T in the browser each time",
    }
    say(f"{account.id}: next, its token: {how[account.token]}")


def _changed(change: Callable[[], Config]) -> Config:
    """Make a change to a file that was right before; what is wrong now has no line in it."""
    try:
        return change()
    except ConfigError as error:
        raise ConfigError(re.sub(r"^line \d+: ", "", error.what), error.remedy) from None


def _values(arguments: argparse.Namespace, account: Account) -> dict[str, Value]:
    """What --set and --unset ask for, by key; in the order of the command line."""
    options = vendor_facts()[account.vendor].options
    known = [*ACCOUNT_KEYS, *(option.name for option in options)]
    choices = {"side": tuple(Side), "vendor": tuple(vendor_facts())} | {one.name: one.choices for one in options}
    out: dict[str, Value] = {}
    for word in arguments.set:
        key, sign, text = word.partition("=")
        if not sign:
            raise UsageError("--set has no =", "write --set key=value")
        _need_key("--set", key, known, arguments)
        if choices.get(key) and text not in choices[key]:
            raise UsageError(f"--set {key} takes one of its words", nearest(text, choices[key], "one of"))
        out[key] = _value(key, text)
    for key in arguments.unset:
        _need_key("--unset", key, known, arguments)
        out[key] = None
    return out


def _need_key(option: str, key: str, known: Sequence[str], arguments: argparse.Namespace) -> None:
    """Raises UsageError, which does not repeat the word: it may be a token given by mistake."""
    # A changed vendor brings keys of its own; the config's own check judges those.
    if key not in known and not any(word.startswith("vendor=") for word in arguments.set):
        raise UsageError(f"{option} takes a key of the account", nearest(key, known))


def _value(key: str, text: str) -> Value:
    if key == "token_command":
        if problem := check_command(text):
            raise UsageError(f"token_command: {problem}")
        return shlex.split(text)
    if key == "token" and text not in SOURCES:
        # Not repeated: it may be the token itself.
        raise UsageError("token says where the token comes from, and never holds it", nearest(text, SOURCES, "one of"))
    return [host.strip() for host in text.split(",")] if key == "document_hosts" else text
