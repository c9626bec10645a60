"""The accounts: who they are, how they stand, how much is open; from here into one of them or into all.

New accounts, new tokens and removals begin here.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Static

from invoicetui.errors import CredentialError, InvoicetuiError
from invoicetui.ledger.totals import by_side
from invoicetui.model import Account
from invoicetui.ui import status
from invoicetui.ui.account_book import AccountBook, explained
from invoicetui.ui.account_lines import EVERYTHING, AccountLines, Known, remedy
from invoicetui.ui.account_list import AccountList
from invoicetui.ui.bindings import bindings
from invoicetui.ui.desk import Desk
from invoicetui.ui.form import Form
from invoicetui.ui.habits import Habits
from invoicetui.ui.invoices import InvoicesScreen
from invoicetui.ui.screen import LedgerScreen, latest_of
from invoicetui.ui.trying import Trying

if TYPE_CHECKING:
    from invoicetui.ui.jumping import Jump

WELCOME = """
  No accounts yet.

  A       add your first account
          (Voxmind, Northflank, Meteroid, Opterius, Versori)
          Have its token at hand: it goes into the system's keyring. In a
          shell, `invoicetui account add` asks the same.

  enter   look around in the demo
          (made-up invoices; nothing is stored, nothing is sent)

  ?       all keys of this screen
  q       quit
"""
_DEMO = "the demo has nothing to change: leave it with q, start invoicetui and press A"


class AccountsScreen(LedgerScreen):
    """The root: `q` leaves the program here, `esc` does nothing but stop what was begun."""

    KIND = "accounts"
    AUTO_FOCUS = "AccountList"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("accounts"), *bindings("list", "into")]

    class DemoWanted(Message):
        """There are no accounts and the user would like to look around."""

    def __init__(self, book: AccountBook, desk: Desk, habits: Habits) -> None:
        super().__init__(book.session, desk)
        self._book, self._habits = book, habits
        self._lines = AccountLines(self.session)
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
            self._lines.known = await asyncio.wrap_future(self.session.reader.submit("accounts", read))
        except asyncio.CancelledError:
            return
        self.update_lines()

    # ---- lines

    def update_lines(self) -> None:
        accounts = self.accounts
        in_trouble = status.trouble(self.session.condition(account.id) for account in accounts)
        count = "1 account" if len(accounts) == 1 else f"{len(accounts)} accounts"
        words = count + (f" ({in_trouble}!)" if in_trouble else "")
        self._write("#top", f" invoicetui  {words}", status.sums(by_side(accounts, self._lines.known.totals)))
        if table := self._list():
            titles, *lines = self._lines.write(accounts, self.size.width, lambda: self.spinner)
            self._write("#under", f"  {titles}", [])
            table.show(lines)
        about = self.said or self._about_selected()
        for line in self.query("#about").results(Static):
            if line.content != about:
                line.update(about)
        self.write_hints()

    def _list(self) -> AccountList | None:
        """The list, which is only there when there are accounts."""
        return next(iter(self.query(AccountList)), None) if self.accounts else None

    def _about_selected(self) -> str:
        """Of the account under the cursor: what is wrong and which key helps, else where its token comes from."""
        account = self.selected()
        if account is None:
            return ""
        condition = self.session.condition(account.id)
        if condition.problem is not None and self._book.is_fixed:
            return f"! {condition.problem.what}; {remedy(condition.problem, is_demo=True)}"
        if condition.problem is not None:
            found = self.session.found(account.id)
            if found is None or not isinstance(condition.problem, CredentialError):
                return f"! {condition.problem}"
            return f"! {explained(account, found)}"
        late = self._lines.late(account)
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

    def action_into(self) -> None:
        if self.accounts:
            self.open(self.selected())
        else:
            self.post_message(self.DemoWanted())

    def open(self, account: Account | None) -> None:
        """The list of one account, or with None of all of them."""
        self.app.push_screen(InvoicesScreen(self.session, self.desk, self._habits, account))

    def acts_on(self) -> str:
        account = self.selected()
        return f"{account.label} ({account.id})" if account is not None else EVERYTHING if self.accounts else ""

    @property
    def missing(self) -> str:
        return "" if self.accounts else "there is no account yet; A adds one"

    def jumps(self) -> Iterator[Jump]:
        table = self._list()
        return table.jumps() if table is not None else iter(())

    def action_copy(self) -> None:
        """The selected text, else the account's id."""
        selected, account = self.get_selected_text(), self.selected()
        if selected or account is not None:
            self.copy(selected or (account.id if account is not None else ""))
        else:
            self.say("move to one account first")

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
_NEED_ACCOUNTS = frozenset(("edit", "token", "remove", "verify", "unlock", "copy", "refresh", "refresh_all"))
