"""`invoicetui doctor`: what is well and what is not, a line each, with what to do. No secret, no part of one."""

from __future__ import annotations

import argparse
import asyncio
import os
import ssl
import stat
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from invoicetui import paths
from invoicetui.address import host_of
from invoicetui.cli.opening import NOTHING, OK, load_config, now, refuse_demo
from invoicetui.cli.terminal_facts import terminal_facts
from invoicetui.cli.tokens import at_the_shell
from invoicetui.config import Config
from invoicetui.credentials import Credentials, State
from invoicetui.errors import ConfigError, CredentialError
from invoicetui.model import Account
from invoicetui.text import clean


class Verdict(StrEnum):
    """How well something is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Finding(NamedTuple):
    """One line: about what, what was found, and what to do about it ("" only when all is well)."""

    verdict: Verdict
    about: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        tail = f"; {self.remedy}" if self.remedy else ""
        return f"{self.verdict:4}  {clean(f'{self.about}: {self.what}{tail}', 1000)}"


def run(arguments: argparse.Namespace) -> int:
    """Print what is found, as it is found; 1 when something failed."""
    refuse_demo(arguments)
    has_failed = False
    for finding in _findings(arguments):
        print(finding, flush=True)
        has_failed = has_failed or finding.verdict is Verdict.FAIL
    return NOTHING if has_failed else OK


def _findings(arguments: argparse.Namespace) -> Iterator[Finding]:
    path = paths.config_path(arguments.config, os.environ)
    config, problem = Config(path), None
    try:
        config = load_config(arguments)
    except ConfigError as error:
        problem = error
    yield from _terminal(config, arguments)
    yield _config(config, problem)
    yield from _settings(config)
    yield _ledger(paths.ledger_path(os.environ), is_kept=not arguments.no_cache)
    yield _keyring(config.accounts, os.environ)
    yield from _network(os.environ)
    yield from _accounts(config.accounts, arguments)


def _terminal(config: Config, arguments: argparse.Namespace) -> Iterator[Finding]:
    has_mouse = config.mouse and not arguments.no_mouse
    for what, remedy in terminal_facts(os.environ, has_mouse=has_mouse):
        yield Finding(Verdict.WARN if remedy else Verdict.OK, "terminal", what, remedy)


def _config(config: Config, problem: ConfigError | None) -> Finding:
    if problem is not None:
        remedy = problem.remedy or "correct that line"
        return Finding(Verdict.FAIL, "config", f"{config.path}: {problem.what}", remedy)
    try:
        status = config.path.stat()
    except OSError:
        return Finding(Verdict.WARN, "config", f"{config.path} does not exist yet", "invoicetui account add makes it")
    count = len(config.accounts)
    what = f"{config.path}, {count} account{'' if count == 1 else 's'}"
    if os.name == "posix" and status.st_mode & 0o022:
        return Finding(Verdict.WARN, "config", f"{what}, others can change it", f"chmod 600 {config.path}")
    if os.name == "posix" and status.st_mode & 0o044:
        return Finding(Verdict.WARN, "config", f"{what}, others can read it", f"chmod 600 {config.path}")
    if not count:
        return Finding(Verdict.WARN, "config", what, "add one: invoicetui account add")
    return Finding(Verdict.OK, "config", what)


def _settings(config: Config) -> Iterator[Finding]:
    """What only the browser would say otherwise, when it starts."""
    from invoicetui.cli.settings import wrong_keys, wrong_name, wrong_theme

    for verdict, wrong in (
        (Verdict.FAIL, wrong_keys(config)),
        (Verdict.FAIL, wrong_name(config)),
        (Verdict.WARN, wrong_theme(config)),
    ):
        if wrong is not None:
            yield Finding(verdict, "config", f"{config.path}: {wrong.what}", wrong.remedy)


def _ledger(path: Path, *, is_kept: bool) -> Finding:
    if not is_kept:
        return Finding(Verdict.OK, "ledger", "in memory only, as asked")
    if not path.exists():
        folder = next(parent for parent in path.parents if parent.exists())
        if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
            return Finding(Verdict.OK, "ledger", f"{path} does not exist yet and can be made")
        what = f"{path} cannot be made, so invoices are forgotten at exit"
        return Finding(Verdict.WARN, "ledger", what, f"make {folder} a folder that you can write to")
    from invoicetui.ledger.store import Store

    store = Store.open(path, clock=now)
    store.close()
    if store.warning:
        what = store.warning.removesuffix(".")
        return Finding(Verdict.WARN, "ledger", what, "what can be fetched again will be; the file is in your hands")
    if os.name == "posix" and stat.S_IMODE(path.parent.stat().st_mode) & 0o077:
        return Finding(Verdict.WARN, "ledger", f"{path}, in a folder others can enter", f"chmod 700 {path.parent}")
    return Finding(Verdict.OK, "ledger", f"{path} opens")


def _keyring(accounts: Sequence[Account], environ: Mapping[str, str]) -> Finding:
    """The state of the keyring without opening its window; it fails only when an account depends on it."""
    needing = [account.id for account in accounts if account.token == "keyring" and account.env_name not in environ]
    found = asyncio.run(Credentials(environ=environ).keyring_state())
    bus = ""
    if os.name == "posix" and "DBUS_SESSION_BUS_ADDRESS" not in environ and found.state is State.NO_BACKEND:
        bus = " (DBUS_SESSION_BUS_ADDRESS is not set: no session bus)"
    if found.state is State.OK:
        return Finding(Verdict.OK, "keyring", f"{found.source.removeprefix('keyring ').strip('()')}, unlocked")
    what = f"{found.detail.partition(';')[0]}{bus}"
    remedy = "start one, or use token_command or INVOICETUI_TOKEN_<ID>"
    if found.state is State.LOCKED:
        remedy = "unlock it: log in on this machine's desktop, or run gnome-keyring-daemon --replace --unlock"
    elif found.state is State.TIMEOUT:
        remedy = "look for its window, or restart it"
    if needing:
        return Finding(Verdict.FAIL, "keyring", f"{what}; needed by {', '.join(needing)}", remedy)
    return Finding(Verdict.WARN, "keyring", f"{what}; no account needs it", remedy)


def _network(environ: Mapping[str, str]) -> Iterator[Finding]:
    from invoicetui.transport.proxy import proxy_for

    try:
        # Every address but loopback is https://, and a host of no account is exempt only when all are.
        proxy = proxy_for("https://invoicetui.invalid", environ)
    except ConfigError as error:
        yield Finding(Verdict.FAIL, "proxy", error.what, error.remedy)
    else:
        # The host only: the rest may hold a password.
        host = urlsplit(proxy).netloc.rpartition("@")[2] if proxy else ""
        yield Finding(Verdict.OK, "proxy", host or "none")
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        if (value := environ.get(name)) and not os.path.exists(value):
            what = f"{name} names {value}, which does not exist"
            yield Finding(Verdict.FAIL, "certificates", what, f"unset {name}, or correct it")
            return
    yield Finding(Verdict.OK, "certificates", f"the system's ({_certificate_place(environ)})")


def _certificate_place(environ: Mapping[str, str]) -> str:
    verify = ssl.get_default_verify_paths()
    named = environ.get("SSL_CERT_FILE") or environ.get("SSL_CERT_DIR")
    return named or verify.cafile or verify.capath or "its own store"


def _accounts(accounts: Sequence[Account], arguments: argparse.Namespace) -> Iterator[Finding]:
    if not accounts:
        return
    credentials = Credentials(environ=os.environ, state_path=paths.tokens_path(os.environ))
    if arguments.offline:
        yield from asyncio.run(_tokens(accounts, credentials))
        return
    from invoicetui.cli.checking import check

    for each in check(accounts, credentials):
        about = _about(each.account)
        if each.problem is None:
            yield Finding(Verdict.OK, about, f"token: {each.source}; answers with {each.words}")
            continue
        state = f": {State[each.problem.state]}" if isinstance(each.problem, CredentialError) else ""
        remedy = each.problem.remedy or f"try again: invoicetui account check {each.account.id}"
        yield Finding(Verdict.FAIL, about, f"token: {each.source}{state}; {each.problem.what}", at_the_shell(remedy))


async def _tokens(accounts: Sequence[Account], credentials: Credentials) -> list[Finding]:
    findings = []
    for account in accounts:
        found = await credentials.find(account)
        where = f"token: {found.source or credentials.describe(account)}: {found.state}"
        if found.state is State.OK:
            findings.append(Finding(Verdict.OK, _about(account), f"{where}; not asked"))
        else:
            error = found.error(account)
            findings.append(
                Finding(Verdict.FAIL, _about(account), f"{where}; {error.what}", at_the_shell(error.remedy))
            )
    return findings


def _about(account: Account) -> str:
    return f"account {account.id} ({host_of(account.base_url)})"
