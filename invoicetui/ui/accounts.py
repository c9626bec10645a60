"""The accounts: who they are, how they stand, how much is open; from here into one of them or into all."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Click
from textual.geometry import Region
from textual.message import Message
from textual.widgets import Static

from invoicetui.ledger.totals import Totals, by_side
from invoicetui.model import Account
from invoicetui.session import Session
from invoicetui.ui import status
from invoicetui.ui.bindings import bindings
from invoicetui.ui.columns import fit
from invoicetui.ui.invoices import InvoicesScreen
from invoicetui.ui.screen import LedgerScreen, latest_of

EVERYTHING = "All accounts"
WELCOME = """
  No accounts yet.

  enter   look around in the demo: five embedded vendors, nothing stored, nothing sent

  An account of your own is a few lines in

    {config}

    [accounts.acme-voice]
    vendor = "voxmind"          # voxmind, northflank, meteroid, opterius or versori
    organisation = "42"
    token = "env"               # export INVOICETUI_TOKEN_ACME_VOICE=...

  Then start invoicetui again.
"""


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger holds of the accounts: rows and sums by account id."""

    counts: Mapping[str, int]
    totals: Mapping[str, Totals]


class AccountList(VerticalScroll, can_focus=True):
    """The accounts as lines, the first for all of them; moves like every list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(
            "list",
            "move-down",
            "move-up",
            "half-page-down",
            "half-page-up",
            "page-down",
            "page-up",
            "first",
            "last",
            "into",
        )
    ]

    class Moved(Message):
        """The cursor is on another line."""

    class Activated(Message):
        """The user wants to go into the line the cursor is on."""

    def __init__(self) -> None:
        super().__init__(Static(classes="text", markup=False))
        self.cursor = 0
        self._lines: list[str] = []

    def show(self, lines: list[str]) -> None:
        """The lines without their marks; the cursor stays."""
        self._lines = lines
        self._paint()

    def _paint(self) -> None:
        parts: list[Content | tuple[str, str]] = []
        for index, line in enumerate(self._lines):
            is_cursor = index == self.cursor
            text = f"{'>' if is_cursor else ' '} {line}\n"
            parts.append((text, "reverse") if is_cursor else Content(text))
        self.query_one(Static).update(Content.assemble(*parts))

    def move_to(self, index: int) -> None:
        self.cursor = max(0, min(index, len(self._lines) - 1))
        self._paint()
        self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False)
        self.post_message(self.Moved())

    def on_click(self, event: Click) -> None:
        index = event.y + self.scroll_offset.y
        if index == self.cursor:
            self.post_message(self.Activated())
        elif index < len(self._lines):
            self.move_to(index)

    def action_move_down(self) -> None:
        self.move_to(self.cursor + 1)

    def action_move_up(self) -> None:
        self.move_to(self.cursor - 1)

    def action_half_page_down(self) -> None:
        self.move_to(self.cursor + max(1, self.size.height // 2))

    def action_half_page_up(self) -> None:
        self.move_to(self.cursor - max(1, self.size.height // 2))

    def action_page_down(self) -> None:
        self.move_to(self.cursor + self.size.height)

    def action_page_up(self) -> None:
        self.move_to(self.cursor - self.size.height)

    def action_first(self) -> None:
        self.move_to(0)

    def action_last(self) -> None:
        self.move_to(len(self._lines) - 1)

    def action_into(self) -> None:
        self.post_message(self.Activated())


class AccountsScreen(LedgerScreen):
    """The root: `q` leaves the program here, `esc` does nothing."""

    KIND = "accounts"
    AUTO_FOCUS = "AccountList"

    class DemoWanted(Message):
        """There are no accounts and the user would like to look around."""

    def __init__(self, session: Session, config: str) -> None:
        super().__init__(session)
        self.accounts: tuple[Account, ...] = tuple(session.accounts.values())
        self._config = config
        self._known = Known({}, {})

    def compose(self) -> ComposeResult:
        yield Static(id="top", classes="line", markup=False)
        yield Static(id="under", classes="line heading", markup=False)
        if self.accounts:
            yield AccountList()
        else:
            yield Static(WELCOME.format(config=self._config), id="welcome", markup=False)
        yield Static(id="bottom", classes="line", markup=False)
        yield Static(id="hints", classes="line", markup=False)

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
        in_trouble = status.trouble(self.session.condition(account.id) for account in self.accounts)
        words = f"{len(self.accounts)} accounts" + (f" ({in_trouble}!)" if in_trouble else "")
        self._write("#top", f" invoicetui  {words}", status.sums(by_side(self.accounts, self._known.totals)))
        if self.accounts:
            widths = self._widths()
            heads = ("ACCOUNT", "VENDOR", "STATE", "LOADED", "DATA", "OPEN")
            titles = "  " + " ".join(fit(head, width) for head, width in zip(heads, widths, strict=True))
            self._write("#under", titles, [])
            table = self.query_one(AccountList)
            table.show([self._all_line(widths), *(self._line(account, widths) for account in self.accounts)])
        self._write("#bottom", " " + status.cut(self.said or self._about_selected(), self.size.width - 2), [])
        self._write("#hints", " " + self.hints(), [])

    def _widths(self) -> tuple[int, ...]:
        """Label, vendor, state, loaded, age, and the rest for what is open."""
        label = 22 if self.size.width >= 100 else 18
        used = (label, 10, 15, 11, 6)
        return (*used, max(8, self.size.width - 2 - sum(used) - len(used)))

    def _all_line(self, widths: tuple[int, ...]) -> str:
        total = sum(self._known.counts.values())
        cells = (EVERYTHING, "", "", f"{total:,}", "", "")
        return " ".join(fit(cell, width) for cell, width in zip(cells, widths, strict=True))

    def _line(self, account: Account, widths: tuple[int, ...]) -> str:
        condition = self.session.condition(account.id)
        count = self._known.counts.get(account.id, 0)
        if condition.total is not None and condition.total > count:
            rows = f"{count:,}/{condition.total:,}"
        else:
            rows = f"{count:,}" + ("+" if condition.has_more else "")
        totals = self._known.totals.get(account.id)
        open_now = "  ".join(str(item.open) for item in totals.sums.values() if item.open_count) if totals else ""
        age = status.ago(condition.fetched_at, self.session.clock())
        cells = (account.label, account.vendor, self._state(account), rows, age.removesuffix(" ago"), open_now)
        return " ".join(fit(cell, width) for cell, width in zip(cells, widths, strict=True))

    def _state(self, account: Account) -> str:
        condition = self.session.condition(account.id)
        if self.session.is_offline:
            return "offline"
        if condition.waiting:
            return f"{self.spinner} waiting"
        if condition.is_loading:
            return f"{self.spinner} loading"
        if condition.problem is not None:
            return f"! {getattr(condition.problem, 'kind', 'no token')}"
        return "ok" if condition.fetched_at else "-"

    def _about_selected(self) -> str:
        account = self.selected()
        if account is None:
            return ""
        condition = self.session.condition(account.id)
        if condition.problem is not None:
            return f"! {condition.problem}"
        totals = self._known.totals.get(account.id)
        late = [str(item.overdue) for item in totals.sums.values() if item.overdue_count] if totals else []
        parts = [f"token: {self.session.source(account.id)}", *([f"late {'  '.join(late)}"] if late else [])]
        return condition.waiting or " · ".join(parts)

    # ---- keys

    def selected(self) -> Account | None:
        """The account under the cursor; None on the line of all."""
        at = self.query_one(AccountList).cursor - 1 if self.accounts else -1
        return self.accounts[at] if at >= 0 else None

    def on_account_list_moved(self) -> None:
        self.said = ""
        self.update_lines()

    def on_account_list_activated(self) -> None:
        self.open(self.selected())

    def open(self, account: Account | None) -> None:
        """The list of one account, or with None of all of them."""
        if account is None:
            self.app.push_screen(InvoicesScreen(self.session, self.accounts, "inbox"))
        else:
            self.app.push_screen(InvoicesScreen(self.session, [account], account.label))

    def key_enter(self) -> None:
        if not self.accounts:
            self.post_message(self.DemoWanted())

    def action_refresh(self) -> None:
        account = self.selected()
        self.refresh_accounts([account.id] if account is not None else self.session.accounts)

    async def action_cancel(self) -> None:
        """esc never quits."""

    def action_back_or_quit(self) -> None:
        self.app.exit()
