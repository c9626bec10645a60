"""The accounts: who they are, how they stand, how much is open; from here into one of them or into all.

New accounts, new tokens and removals begin here.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Static

from invoicetui.errors import CredentialError, InvoicetuiError
from invoicetui.ledger.totals import Totals, by_side
from invoicetui.model import Account
from invoicetui.ui import status
from invoicetui.ui.account_book import AccountBook, explained
from invoicetui.ui.account_list import AccountList
from invoicetui.ui.bindings import bindings
from invoicetui.ui.columns import fit
from invoicetui.ui.desk import Desk
from invoicetui.ui.form import Form
from invoicetui.ui.invoices import InvoicesScreen
from invoicetui.ui.screen import LedgerScreen, latest_of
from invoicetui.ui.trying import Trying

EVERYTHING = "All accounts"
#: From this width on there is room for where tokens come from and what is late.
BROAD = 120
WELCOME = """
  No accounts yet.

  A       add your first account
          (Voxmind, Northflank, Meteroid, Opterius, Versori)

  enter   look around in the demo
          (made-up invoices; nothing is stored, nothing is sent)

  q       quit
"""
_DEMO = "the demo has nothing to change: leave it with q, start invoicetui and press A"


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger holds of the accounts: rows and sums by account id."""

    counts: Mapping[str, int]
    totals: Mapping[str, Totals]


#: Cells for what is open: one amount, and the mark that there are more.
OPEN_WIDTH = 16


class AccountsScreen(LedgerScreen):
    """The root: `q` leaves the program here, `esc` does nothing but stop what was begun."""

    KIND = "accounts"
    AUTO_FOCUS = "AccountList"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("accounts")]

    class DemoWanted(Message):
        """There are no accounts and the user would like to look around."""

    def __init__(self, book: AccountBook, desk: Desk) -> None:
        super().__init__(book.session)
        self._book, self._desk = book, desk
        self._known = Known({}, {})
        self._trying = Trying(self)

    @property
    def accounts(self) -> tuple[Account, ...]:
        return tuple(self.session.accounts.values())

    def compose(self) -> ComposeResult:
        yield Static(id="top", classes="line", markup=False)
        yield Static(id="under", classes="line heading", markup=False)
        yield AccountList() if self.accounts else Static(WELCOME, id="welcome", markup=False)
        yield Static(id="about", markup=False)
        yield Static(id="hints", classes="line", markup=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return bool(action not in _NEED_ACCOUNTS or self.accounts) and super().check_action(action, parameters)

    def on_mount(self) -> None:
        self.review()

    def on_screen_resume(self) -> None:
        self.review()

    def on_resize(self) -> None:
        self.update_lines()

    def ledger_changed(self, accounts: frozenset[str]) -> None:
        if self.is_current:
            self.review()

    @property
    def is_busy(self) -> bool:
        return any(self.session.condition(account.id).is_loading for account in self.accounts)

    def review(self) -> None:
        """Read counts and sums again, on the reader thread."""
        if self.accounts:
            latest_of(self, "view", self._review)
        else:
            self.update_lines()

    async def _review(self) -> None:
        names, today, store = [account.id for account in self.accounts], self.session.today(), self.session.store

        def read() -> Known:
            return Known(store.counts(names), store.totals(names, today))

        try:
            self._known = await asyncio.wrap_future(self.session.reader.submit("accounts", read))
        except asyncio.CancelledError:
            return
        self.update_lines()

    # ---- lines

    def update_lines(self) -> None:
        accounts = self.accounts
        in_trouble = status.trouble(self.session.condition(account.id) for account in accounts)
        count = "1 account" if len(accounts) == 1 else f"{len(accounts)} accounts"
        words = count + (f" ({in_trouble}!)" if in_trouble else "")
        self._write("#top", f" invoicetui  {words}", status.sums(by_side(accounts, self._known.totals)))
        if table := self._list():
            widths = self._widths()
            titles = "  " + " ".join(fit(head, width) for head, width in widths.items())
            self._write("#under", titles, [])
            table.show([self._all_line(widths), *(self._line(account, widths) for account in accounts)])
        about = self.said or self._about_selected()
        for line in self.query("#about").results(Static):
            if line.content != about:
                line.update(about)
        self._write("#hints", " " + self.hints(), [])

    def _list(self) -> AccountList | None:
        """The list, which is only there when there are accounts."""
        return next(iter(self.query(AccountList)), None) if self.accounts else None

    def _widths(self) -> dict[str, int]:
        """Column titles and widths; those that have no room are left out, and what is open has the rest."""
        width = self.size.width
        widths = {"ACCOUNT": 22 if width >= 100 else 18, "VENDOR": 10, "STATE": 15, "LOADED": 11, "DATA": 6}
        if width >= BROAD:
            widths |= {"TOKEN": 22, "LATE": 14}
        for title in ("VENDOR", "DATA", "LOADED"):
            # An amount and its mark that there are more need this much; half an amount is a wrong one.
            if width - 3 - sum(widths.values()) - len(widths) < OPEN_WIDTH:
                del widths[title]
        rest = width - 3 - sum(widths.values()) - len(widths)
        return widths | {"OPEN": rest} if rest >= OPEN_WIDTH else widths

    def _all_line(self, widths: Mapping[str, int]) -> str:
        total = sum(self._known.counts.values())
        return _cells({"ACCOUNT": EVERYTHING, "LOADED": f"{total:,}"}, widths)

    def _line(self, account: Account, widths: Mapping[str, int]) -> str:
        condition = self.session.condition(account.id)
        count = self._known.counts.get(account.id, 0)
        if condition.total is not None and condition.total > count:
            rows = f"{count:,}/{condition.total:,}"
        else:
            rows = f"{count:,}" + ("+" if condition.has_more else "")
        age = status.ago(condition.fetched_at, self.session.clock()).removesuffix(" ago").removeprefix("just ")
        cells = {
            "ACCOUNT": account.label,
            "VENDOR": account.vendor,
            "STATE": self._state(account),
            "LOADED": rows,
            "DATA": age,
            "TOKEN": self.session.source(account.id),
            "LATE": status.whole(self._late(account), widths.get("LATE", 0)),
            "OPEN": status.whole(self._open(account), widths.get("OPEN", 0)),
        }
        return _cells(cells, widths)

    def _open(self, account: Account) -> list[str]:
        totals = self._known.totals.get(account.id)
        return [str(item.open) for item in totals.sums.values() if item.open_count] if totals else []

    def _late(self, account: Account) -> list[str]:
        totals = self._known.totals.get(account.id)
        return [str(item.overdue) for item in totals.sums.values() if item.overdue_count] if totals else []

    def _state(self, account: Account) -> str:
        condition = self.session.condition(account.id)
        if self.session.is_offline:
            return "offline"
        if condition.waiting:
            return f"{self.spinner} waiting"
        if condition.is_loading:
            return f"{self.spinner} loading"
        if condition.problem is not None:
            return f"! {getattr(condition.problem, 'kind', 'error')}"
        return "ok" if condition.fetched_at else "-"

    def _about_selected(self) -> str:
        """Of the account under the cursor: what is wrong and which key helps, else where its token comes from."""
        account = self.selected()
        if account is None:
            return ""
        condition = self.session.condition(account.id)
        if condition.problem is not None:
            found = self.session.found(account.id)
            if found is None or not isinstance(condition.problem, CredentialError):
                return f"! {condition.problem}"
            return f"! {explained(account, found)}"
        late = self._late(account)
        parts = [f"token: {self.session.source(account.id)}", *([f"late {'  '.join(late)}"] if late else [])]
        return condition.waiting or " · ".join(parts)

    # ---- keys

    def selected(self) -> Account | None:
        """The account under the cursor; None on the line of all."""
        table, accounts = self._list(), self.accounts
        at = table.cursor - 1 if table else -1
        return accounts[at] if 0 <= at < len(accounts) else None

    def on_account_list_moved(self) -> None:
        self.said = ""
        self.update_lines()

    def on_account_list_activated(self) -> None:
        self.open(self.selected())

    def open(self, account: Account | None) -> None:
        """The list of one account, or with None of all of them."""
        if account is None:
            self.app.push_screen(InvoicesScreen(self.session, self._desk, self.accounts, "inbox"))
        else:
            self.app.push_screen(InvoicesScreen(self.session, self._desk, [account], account.label))

    def key_enter(self) -> None:
        if not self.accounts:
            self.post_message(self.DemoWanted())

    def action_refresh(self) -> None:
        account = self.selected()
        self.refresh_accounts([account.id] if account is not None else self.session.accounts)

    async def action_cancel(self) -> None:
        """esc never quits."""
        if self._trying.is_running and self._trying.stop():
            self.workers.cancel_group(self, "trying")
            self.say("stopped")

    def action_back_or_quit(self) -> None:
        self.app.exit()

    # ---- accounts and tokens that change

    def _chosen(self, *, is_change: bool = True) -> Account | None:
        """The account that a key is about; None after saying why there is none."""
        account = self.selected()
        if is_change and self._book.is_fixed:
            self.say(_DEMO)
            return None
        if account is None:
            self.say("move to one account first")
        return account

    def action_add(self) -> None:
        from invoicetui.ui.account_form import AccountForm

        if self._book.is_fixed:
            self.say(_DEMO)
        else:
            self._ask(AccountForm(self._book), "is added; enter opens it")

    def action_edit(self) -> None:
        from invoicetui.ui.account_form import AccountForm

        if account := self._chosen():
            self._ask(AccountForm(self._book, account), "is changed")

    def action_token(self) -> None:
        from invoicetui.ui.token_form import TokenForm

        if account := self._chosen():
            if self.session.is_offline:
                self.say("offline: the vendor cannot be asked whether it takes a token")
            else:
                self._ask(TokenForm(self._book, account))

    def action_remove(self) -> None:
        from invoicetui.ui.removal_form import RemovalForm

        if account := self._chosen():
            self._ask(RemovalForm(self._book, account))

    def _ask(self, form: Form, done: str = "") -> None:
        """Put a form over the accounts. It answers with a sentence, or with the account of which `done` can be said."""

        def answered(answer: str | None) -> None:
            if answer is not None:
                latest_of(self, "answered", partial(self._show_answer, answer, done))

        self.app.push_screen(form, answered)

    async def _show_answer(self, answer: str, done: str) -> None:
        await self._show_accounts(answer)
        self.say(f"{self.session.accounts[answer].label} {done}" if done else answer)

    async def _show_accounts(self, select: str) -> None:
        table = next(iter(self.query(AccountList)), None)
        if self.accounts and table is None:
            await self.query("#welcome").remove()
            table = AccountList()
            await self.mount(table, before="#about")
            self.set_focus(table)
        elif not self.accounts and table is not None:
            await table.remove()
            self._write("#under", "", [])
            await self.mount(Static(WELCOME, id="welcome", markup=False), before="#about")
        self.update_lines()
        if table is not None and self.accounts:
            names = list(self.session.accounts)
            table.place(names.index(select) + 1 if select in names else min(table.cursor, len(names)))
        self.review()

    def action_verify(self) -> None:
        if self.session.is_offline:
            self.say("offline: the vendor cannot be asked")
        elif account := self._chosen(is_change=False):
            self._try(lambda: self._book.check(account, self._trying.doing, self._trying.from_elsewhere))

    def action_unlock(self) -> None:
        account = self._chosen(is_change=False)
        if account is None:
            return
        if account.token != "command":
            self.say(f"{account.label} has no token_command to unlock; its token: {self.session.source(account.id)}")
            return
        try:
            with self.app.suspend():
                sys.stderr.write(f"invoicetui: the token_command of {account.label}; ctrl+c stops it\n")
                found = self.session.credentials.unlock(account)
        except SuspendNotSupported:
            self.say(f"no terminal to hand over: run {account.token_command[0]} in another one, then press r")
            return
        if found.secret is None:
            self.say(f"! {found.sentence(account.label)}")
        else:
            self._try(partial(self._book.go_on, account, found.secret))

    def _try(self, work: Callable[[], Coroutine[None, None, str]]) -> None:
        """Do something that takes a while, in place of what was tried before; its answer or error is said."""

        async def attempt() -> None:
            with self._trying.running(self._say_now):
                try:
                    answer = await work()
                except InvoicetuiError as error:
                    answer = f"! {error}"
            self.say(answer)

        latest_of(self, "trying", attempt)

    def _say_now(self, sentence: str) -> None:
        self.said = sentence
        self.update_lines()


#: What there is nothing for without an account.
_NEED_ACCOUNTS = frozenset(("edit", "token", "remove", "verify", "unlock", "refresh", "refresh_all"))


def _cells(cells: Mapping[str, str], widths: Mapping[str, int]) -> str:
    return " ".join(fit(cells.get(head, ""), width) for head, width in widths.items())
