"""What is said of each account in a line: how it stands, how much of it is loaded, what is open."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from invoicetui.errors import InvoicetuiError, TokenRefused
from invoicetui.ledger.totals import Totals
from invoicetui.model import Account
from invoicetui.session import Session
from invoicetui.ui import status
from invoicetui.ui.columns import fit

EVERYTHING = "All accounts"
#: From this width on there is room for where tokens come from and what is late.
BROAD = 120
#: Cells for what is open: one amount, and the mark that there are more.
OPEN_WIDTH = 16
_REFUSED_ON_PURPOSE = "the demo refuses it on purpose; with your own accounts, T on the accounts screen enters another"


def remedy(problem: InvoicetuiError, *, is_demo: bool) -> str:
    """What helps. The demo has no keyring and takes no tokens, whatever a refusal advises."""
    return _REFUSED_ON_PURPOSE if is_demo and isinstance(problem, TokenRefused) else problem.remedy


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger holds of the accounts: rows and sums by account id."""

    counts: Mapping[str, int]
    totals: Mapping[str, Totals]


class AccountLines:
    """The lines over what is `known`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.known = Known({}, {})

    def write(self, accounts: Sequence[Account], width: int, spinner: Callable[[], str]) -> list[str]:
        """The titles, the line of all accounts and one for each. `spinner` is asked only while one loads."""
        widths = _widths(width)
        everything = {"ACCOUNT": EVERYTHING, "LOADED": f"{sum(self.known.counts.values()):,}"}
        lines = [self._cells(account, widths, spinner) for account in accounts]
        return [_line(cells, widths) for cells in ({head: head for head in widths}, everything, *lines)]

    def late(self, account: Account) -> list[str]:
        """What is overdue, an amount for each currency."""
        totals = self.known.totals.get(account.id)
        return [str(item.overdue) for item in totals.sums.values() if item.overdue_count] if totals else []

    def _open(self, account: Account) -> list[str]:
        totals = self.known.totals.get(account.id)
        return [str(item.open) for item in totals.sums.values() if item.open_count] if totals else []

    def _cells(self, account: Account, widths: Mapping[str, int], spinner: Callable[[], str]) -> dict[str, str]:
        condition = self._session.condition(account.id)
        count = self.known.counts.get(account.id, 0)
        if condition.total is not None and condition.total > count:
            rows = f"{count:,}/{condition.total:,}"
        else:
            rows = f"{count:,}" + ("+" if condition.has_more else "")
        age = status.ago(condition.fetched_at, self._session.clock()).removesuffix(" ago").removeprefix("just ")
        return {
            "ACCOUNT": account.label,
            "VENDOR": account.vendor,
            "STATE": self._state(account, spinner),
            "LOADED": rows,
            "DATA": age,
            "TOKEN": self._session.source(account.id),
            "LATE": status.whole(self.late(account), widths.get("LATE", 0)),
            "OPEN": status.whole(self._open(account), widths.get("OPEN", 0)),
        }

    def _state(self, account: Account, spinner: Callable[[], str]) -> str:
        condition = self._session.condition(account.id)
        if self._session.is_offline:
            return "offline"
        if condition.waiting:
            return f"{spinner()} waiting"
        if condition.is_loading:
            return f"{spinner()} loading"
        if condition.problem is not None:
            return f"! {getattr(condition.problem, 'kind', 'error')}"
        return "ok" if condition.fetched_at else "-"


def _widths(width: int) -> dict[str, int]:
    """Column titles and widths; those that have no room are left out, and what is open has the rest."""
    widths = {"ACCOUNT": 22 if width >= 100 else 18, "VENDOR": 10, "STATE": 15, "LOADED": 11, "DATA": 6}
    if width >= BROAD:
        widths |= {"TOKEN": 22, "LATE": 14}
    for title in ("VENDOR", "DATA", "LOADED"):
        # An amount and its mark that there are more need this much; half an amount is a wrong one.
        if width - 3 - sum(widths.values()) - len(widths) < OPEN_WIDTH:
            del widths[title]
    rest = width - 3 - sum(widths.values()) - len(widths)
    return widths | {"OPEN": rest} if rest >= OPEN_WIDTH else widths


def _line(cells: Mapping[str, str], widths: Mapping[str, int]) -> str:
    return " ".join(fit(cells.get(head, ""), width) for head, width in widths.items())
