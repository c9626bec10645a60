"""`invoicetui account` over a config with a user's own comments."""

from __future__ import annotations

from tests.commands import Ran, run
from tests.conftest import ACCOUNTS_FILE as FILE
from tests.conftest import Configured

__all__ = ["FILE", "account"]


def account(*words: str, config: Configured, **how: object) -> Ran:
    return run("account", *words, configured=config, **how)  # type: ignore[arg-type]  # passed on as it is
