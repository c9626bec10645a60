"""What commands open and say: the config, a session, a line on stderr, an exit status."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from datetime import datetime

    from invoicetui.config import Config
    from invoicetui.credentials import Credentials
    from invoicetui.session import Session

OK, NOTHING, USAGE, SOME_FAILED = 0, 1, 2, 3


def say(sentence: str) -> None:
    """A line on stderr."""
    print(f"invoicetui: {sentence}", file=sys.stderr)


def refuse_demo(arguments: argparse.Namespace) -> None:
    """For commands about the user's own accounts. Raises UsageError."""
    if arguments.demo:
        from invoicetui.errors import UsageError

        raise UsageError("the demo has accounts of its own, which cannot be changed", "leave out --demo")


def now() -> datetime:
    """The clock of every command."""
    from datetime import UTC, datetime

    return datetime.now(UTC)


def load_config(arguments: argparse.Namespace) -> Config:
    """The config that a command's options name. Raises ConfigError."""
    from invoicetui.config import load
    from invoicetui.paths import config_path
    from invoicetui.session import vendor_facts

    return load(config_path(arguments.config, os.environ), vendor_facts())


def open_session(arguments: argparse.Namespace, settings: Config | None = None) -> Session:
    """The session of a command: over the config's accounts, or over the demo and nothing else."""
    from invoicetui.ledger.store import Store
    from invoicetui.session import Session

    if arguments.demo:
        from invoicetui.credentials import Credentials
        from invoicetui.demo.world import World

        world = World(now().astimezone().date())
        transport = world.transport()
        credentials = Credentials(environ={}, keyring=None)
        for account in world.accounts:
            credentials.use_for_session(account, world.token(account.id))
        return Session(
            world.accounts,
            Store.open(None, clock=now),
            credentials,
            clock=now,
            http=lambda account: transport,
            is_offline=arguments.offline,
        )
    from invoicetui.paths import ledger_path

    config = settings or load_config(arguments)
    store = Store.open(None if arguments.no_cache else ledger_path(os.environ), clock=now)
    if store.warning:
        say(store.warning)
    return Session(config.accounts, store, _credentials, clock=now, is_offline=arguments.offline)


def _credentials() -> Credentials:
    from invoicetui.credentials import Credentials
    from invoicetui.paths import tokens_path

    return Credentials(environ=os.environ, state_path=tokens_path(os.environ))
