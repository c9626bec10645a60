"""`invoicetui token`: put a token into the keyring, say where tokens come from, delete one."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
from collections.abc import Callable

from invoicetui.address import host_of
from invoicetui.cli.asking import hidden, is_interactive
from invoicetui.cli.opening import NOTHING, OK, load_config, refuse_demo, say
from invoicetui.config import ID, Config
from invoicetui.credentials import Credentials, Found, State, as_token, child_environment
from invoicetui.credentials.found import bad_token
from invoicetui.credentials.record import Record
from invoicetui.errors import ConfigError, CredentialError, InvoicetuiError, TokenRefused, UsageError
from invoicetui.model import Account, Side
from invoicetui.paths import tokens_path

_MAX_BYTES = 65_536
#: Seconds after which a keyring that is still busy shows its window.
_NO_WINDOW = 0.1
#: The keyring answers, whatever it holds for this account.
_USABLE = (State.OK, State.MISSING, State.BAD_TOKEN)


def run_set(arguments: argparse.Namespace) -> int:
    """Take a token, let the vendor judge it, keep it in the keyring."""
    refuse_demo(arguments)
    if arguments.surplus:
        what = "a token is never an argument: it stands in the shell's history and in the list of processes now"
        raise UsageError(what, "replace it at the vendor; type the new one when asked, or pipe it in with --stdin")
    account = named(load_config(arguments), arguments.account)
    if not arguments.stdin and not is_interactive():
        raise UsageError("there is no terminal to type the token in", "pipe it in: invoicetui token set ID --stdin")
    need_keyring(account)
    credentials = Credentials(environ=child_environment(os.environ), state_path=tokens_path(os.environ))
    read = _first_line if arguments.stdin else lambda: hidden(f"Token for {account.label} (not shown)")
    return keep(account, credentials, read, is_verified=not (arguments.offline or arguments.no_verify))


def run_status(arguments: argparse.Namespace) -> int:
    """One line for each account: the state of its token, and where it comes from."""
    from invoicetui.cli.checking import exit_status

    refuse_demo(arguments)
    accounts = chosen(load_config(arguments), arguments.accounts)
    credentials = Credentials(environ=os.environ, state_path=tokens_path(os.environ))

    async def states() -> list[Found]:
        return [await credentials.find(account) for account in accounts]

    outcomes = asyncio.run(states())
    width = max((len(account.id) for account in accounts), default=0)
    for account, found in zip(accounts, outcomes, strict=True):
        why = "" if found.state is State.OK else f": {words(found.error(account))}"
        print(f"{account.id:{width}}  {found.state}  {found.source or credentials.describe(account)}{why}")
    return exit_status(found.state is State.OK for found in outcomes)


def run_delete(arguments: argparse.Namespace) -> int:
    """Take a token out of the keyring, also that of an account that the config no longer has."""
    refuse_demo(arguments)
    account = _known_or_removed(load_config(arguments), arguments.account)
    found = delete(account)
    if found.state not in (State.OK, State.MISSING):
        say(f"{account.id}: {words(found.error(account))}")
        return NOTHING
    print(f"{account.id}: {'its token was deleted' if found.state is State.OK else 'the keyring holds no token'}")
    if account.env_name in os.environ:
        say(f"{account.env_name} is still set in this environment, and is used")
    return OK


def keep(
    account: Account, credentials: Credentials, read: Callable[[], str | bytes | None], *, is_verified: bool
) -> int:
    """Read a token, verify it and store it; the exit status. The keyring is tried before anybody has to type.

    `credentials` must not look in the environment for this account; `read` returns None to leave it for later.
    """
    found = asyncio.run(_opened(credentials, account))
    if found.state not in _USABLE:
        say(f"{account.id}: {found.state}: {words(found.not_stored().error(account))}")
        return NOTHING
    raw = read()
    if raw is None:
        say(f"{account.id}: no token yet; later: invoicetui token set {account.id}")
        return OK
    secret = as_token(raw)
    if secret is None:
        say(f"{account.id}: {words(bad_token('', 'what was entered', 'enter it again').not_stored().error(account))}")
        return NOTHING
    verified = ""
    if is_verified:
        from invoicetui.cli.checking import check_token

        if is_interactive():
            say(f"{account.id}: asking {host_of(account.base_url)}")
        checked = check_token(account, secret)
        if checked.problem is not None:
            _say_not_stored(account, checked.problem)
            return NOTHING
        verified = f"; {checked.words}"
    stored = asyncio.run(credentials.store(account, secret))
    if stored.state is not State.OK:
        say(f"{account.id}: {stored.state}: {words(stored.error(account))}")
        return NOTHING
    print(f"{account.id}: token kept in {stored.source}{verified}")
    if account.env_name in os.environ:
        say(f"{account.env_name} is set in this environment, and goes before the keyring")
    return OK


def delete(account: Account) -> Found:
    """Take an account's token out of the keyring, for every address it was stored for."""
    credentials = Credentials(environ=os.environ, state_path=tokens_path(os.environ))
    return asyncio.run(credentials.delete(account))


def need_keyring(account: Account) -> None:
    """Raise CredentialError for an account whose token does not come from the keyring."""
    if account.token != "keyring":
        raise CredentialError(
            f"{account.label} takes its token from another source (token = {account.token})",
            f"to keep it in the keyring: invoicetui account edit {account.id} --set token=keyring",
        )


def chosen(config: Config, ids: list[str]) -> list[Account]:
    """The accounts of these ids, all of them for none. Raises ConfigError for an id that is not there."""
    accounts = [named(config, account_id) for account_id in dict.fromkeys(ids)] or list(config.accounts)
    if not accounts:
        raise ConfigError("there are no accounts in the config", "add one: invoicetui account add")
    return accounts


def named(config: Config, account_id: str) -> Account:
    """The account of this id. Raises ConfigError, which does not repeat what cannot be an id: it may be a token."""
    if not ID.fullmatch(account_id):
        raise ConfigError("that is no account's id", f"accounts: {', '.join(a.id for a in config.accounts) or 'none'}")
    return config.account(account_id)


def words(error: InvoicetuiError) -> str:
    """An error's sentence at the shell."""
    return at_the_shell(str(error))


def at_the_shell(sentence: str) -> str:
    """The words of credentials name the browser's keys; at the shell nothing happens on a key."""
    return re.sub(r"\b(press|with) ([Tr])\b", r"\1 \2 in the browser", sentence)


async def _opened(credentials: Credentials, account: Account) -> Found:
    """What the keyring says, once somebody has unlocked it in its own window, if that is open."""
    found = await credentials.find(account)
    if found.state is not State.LOCKED or not is_interactive():
        return found
    try:
        async with asyncio.timeout(_NO_WINDOW):
            await credentials.answered()
    except TimeoutError:
        say(words(found.error(account)))
        await credentials.answered()
        return await credentials.find(account)
    return found


def _say_not_stored(account: Account, problem: InvoicetuiError) -> None:
    say(f"{account.id}: {words(problem)}")
    hint = "" if isinstance(problem, TokenRefused) else "; --no-verify stores it without asking the vendor"
    say(f"{account.id}: nothing was stored{hint}")


def _first_line() -> bytes:
    line = sys.stdin.buffer.readline(_MAX_BYTES + 1)
    return b"" if len(line) > _MAX_BYTES else line


def _known_or_removed(config: Config, account_id: str) -> Account:
    hosts = Record(tokens_path(os.environ)).hosts(account_id)
    if hosts and account_id not in [account.id for account in config.accounts]:
        return Account(account_id, "", account_id, Side.RECEIVED, f"https://{hosts[-1]}")
    return named(config, account_id)
