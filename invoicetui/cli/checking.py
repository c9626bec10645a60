"""Asking accounts' vendors whether the tokens work: a first page each, kept nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from invoicetui.cli.opening import NOTHING, OK, SOME_FAILED, now
from invoicetui.credentials import Credentials, Found, State
from invoicetui.errors import InvoicetuiError
from invoicetui.ledger.query import parse
from invoicetui.ledger.store import Store
from invoicetui.model import Account, Secret
from invoicetui.session import Session


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of asking. `source` is where the token is from; `problem` None when the vendor answered.

    `count` is how many invoices there are, or at least how many unless `is_all`; `unreadable` of the first page are
    not what the vendor promised.
    """

    account: Account
    source: str
    problem: InvoicetuiError | None
    count: int = 0
    is_all: bool = False
    unreadable: int = 0

    @property
    def words(self) -> str:
        """The answer in words: `250 invoices`, or the error's sentence."""
        if self.problem is not None:
            return str(self.problem)
        count = f"{self.count:,} invoice{'' if self.count == 1 else 's'}" if self.count else "no invoices"
        known = count if self.is_all else f"at least {count}"
        return known + (f", {self.unreadable} of the first page unreadable" if self.unreadable else "")


def check(accounts: Sequence[Account], credentials: Credentials) -> list[Checked]:
    """Ask all accounts at the same time for their first page. Nothing is read from or written to the ledger's file."""
    session = Session(accounts, Store.open(None, clock=now), credentials, clock=now)
    try:
        query = parse("", accounts)
        session.submit(lambda feed: feed.open(query)).result()
        counts = session.store.counts([account.id for account in accounts])
        return [_checked(session, account, counts.get(account.id, 0)) for account in accounts]
    finally:
        session.close()


def _checked(session: Session, account: Account, arrived: int) -> Checked:
    condition = session.condition(account.id)
    return Checked(
        account,
        session.source(account.id),
        condition.problem,
        arrived if condition.total is None else condition.total,
        is_all=condition.total is not None or not condition.has_more,
        unreadable=len(condition.notes),
    )


def check_token(account: Account, secret: Secret) -> Checked:
    """The same with a token that is kept nowhere yet."""
    source = "what was entered"
    stand_in = replace(account, token="command", token_command=(source,))
    return check([stand_in], Credentials(environ={}, run=lambda argv, environ: Found(State.OK, secret, source)))[0]


def exit_status(successes: Iterable[bool]) -> int:
    """0 when all succeeded (or there were none), 3 when some did, 1 when none did."""
    outcomes = list(successes)
    if all(outcomes):
        return OK
    return SOME_FAILED if any(outcomes) else NOTHING
