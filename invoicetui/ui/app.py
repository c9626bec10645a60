"""The app: themes, keymap, the stack of screens. No widget logic and no HTTP."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from time import monotonic
from types import MappingProxyType
from typing import ClassVar

import textual
from rich.segment import Segments
from rich.traceback import Traceback
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.driver import Driver
from textual.events import Event, InputEvent
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input

from invoicetui.config import VendorFacts
from invoicetui.errors import QueryError
from invoicetui.ledger.order import FIELDS
from invoicetui.ledger.query import parse
from invoicetui.session import Session
from invoicetui.text import clean
from invoicetui.ui import actions
from invoicetui.ui.account_book import AccountBook
from invoicetui.ui.accounts import AccountsScreen
from invoicetui.ui.apart import apart
from invoicetui.ui.bindings import WHILE_TYPING, bindings
from invoicetui.ui.command import Command, CommandLine, Commands, find
from invoicetui.ui.desk import Desk, Run
from invoicetui.ui.driver import considerate
from invoicetui.ui.invoice_screen import InvoiceScreen
from invoicetui.ui.invoices import InvoicesScreen
from invoicetui.ui.outside import SENT
from invoicetui.ui.pages import HelpScreen, ProblemsScreen
from invoicetui.ui.resting import Rests
from invoicetui.ui.screen import LedgerScreen, latest_of
from invoicetui.ui.theme import ANSI

#: A second ctrl+c within this many seconds quits.
TWICE = 2.0
#: The actions of the app's own keys, as methods; Textual's inner ones (tab, clicks, links) are not ours to refuse.
OWN_ACTIONS = frozenset(action.method for action in actions.CATALOGUE if action.scope.name == "app")


class LedgerChanged(Message):
    """Rows or the condition of these accounts changed."""

    def __init__(self, accounts: frozenset[str]) -> None:
        super().__init__()
        self.accounts = accounts


class HostAsked(Message):
    """A document lies on another host than its account; may it be fetched from there? Of one account unless ""."""

    def __init__(self, account: str, host: str, answer: Future[bool]) -> None:
        super().__init__()
        self.account, self.host, self.answer = account, host, answer


class RunEnded(Message):
    """No more documents of a run are saved."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run


class InvoicetuiApp(App[str]):
    """The browser over a session. Its return value is "demo" when the user chose to look around there."""

    CSS_PATH = "app.tcss"
    COMMAND_PALETTE_BINDING = "ctrl+p"
    COMMANDS: ClassVar = {lambda: Commands}
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(
            "app",
            "help",
            "command",
            "back-or-quit",
            "quit",
            "copy-or-quit",
            "suspend",
            "redraw",
            "pane-next",
            "pane-previous",
            "problems",
        )
    ]

    def __init__(
        self,
        session: Session,
        *,
        theme: str = "ansi",
        keys: Mapping[str, str] | None = None,
        config: Path | None = None,
        vendors: Mapping[str, VendorFacts] = MappingProxyType({}),
        desk: Desk | None = None,
        is_colourless: bool = False,
    ) -> None:
        """`config` is the file that accounts are written to, None for a session that has none, like the demo's;
        `vendors` are those that an account may name; without `desk` documents go where the demo's go.
        `is_colourless` (NO_COLOR): no colour at all, in whatever theme."""
        # Textual 8.2.8 chooses what it makes of NO_COLOR before it knows the theme, and would paint in grey.
        super().__init__(ansi_color=True if is_colourless else None)
        self.session = session
        self.keys = dict(keys or {})
        self._book = AccountBook(session, config, vendors)
        self._desk = desk or Desk(session, None, os.environ)
        self._desk.ask = lambda account, host, answer: self._post(HostAsked(account, host, answer))
        self._desk.on_end = lambda run: self._post(RunEnded(run))
        self._interrupted_at = -TWICE
        self._has_begun = False
        self._rests = Rests(self)
        self.register_theme(ANSI)
        self._is_colourless = is_colourless
        self._unknown_theme = "" if theme in self.available_themes else theme
        self.theme = "ansi" if is_colourless or self._unknown_theme else theme
        self.set_keymap(actions.keymap(self.keys))
        session.on_change = self._tell

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Over a question or a line being typed, only keys that mean the same everywhere; q is ours while PDFs come."""
        is_plain = isinstance(self.screen, LedgerScreen) and not isinstance(self.focused, Input)
        if action == "back_or_quit":
            return is_plain and self._desk.is_running
        return is_plain or action in WHILE_TYPING or action not in OWN_ACTIONS

    def _fatal_error(self) -> None:
        """Textual 8.2.8's own prints the local variables of every frame, and one may hold a token."""
        self.bell()
        traceback = Traceback(show_locals=False, width=None, suppress=[textual])
        self._exit_renderables.append(Segments(self.console.render(traceback, self.console.options)))
        self._close_messages_no_wait()

    def _tell(self, accounts: frozenset[str]) -> None:
        self.post_message(LedgerChanged(accounts))

    def _post(self, message: Message) -> None:
        """From any thread."""
        self.post_message(message)

    def on_host_asked(self, event: HostAsked) -> None:
        from invoicetui.ui.menu import Question

        account = self.session.accounts.get(event.account)
        whose = f"a document of {account.label}" if account is not None else "a document"
        question = Question(
            f"{whose} lies on another host: {event.host}", "Fetch it from there? No token is sent there."
        )

        def answered(is_allowed: bool | None) -> None:
            if not event.answer.done():
                event.answer.set_result(bool(is_allowed))

        self.push_screen(question, answered)

    def on_run_ended(self, event: RunEnded) -> None:
        if isinstance(self.screen, LedgerScreen):
            self.screen.say(event.run.words)

    def on_unmount(self) -> None:
        self._desk.close()

    def get_driver_class(self) -> type[Driver]:
        return considerate(super().get_driver_class())

    def get_default_screen(self) -> Screen[None]:
        return AccountsScreen(self._book, self._desk)

    def on_mount(self) -> None:
        accounts = tuple(self.session.accounts.values())
        if accounts:
            # Who leaves it before its first frame takes along what was to follow that.
            self.push_screen(InvoicesScreen(self.session, self._desk, accounts, "inbox"), lambda _: self._begin())
        # Network and decoder are imported by the first wish: after the first frame, which does without them.
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        """Page one of every account, once; whoever opens an account joins what is under way."""
        if self._has_begun:
            return
        self._has_begun = True
        self._rests.begin()
        accounts = tuple(self.session.accounts.values())
        if accounts and not self.session.is_offline:
            query = parse("", accounts)
            self.session.submit(lambda feed: feed.open(query))
        if self._unknown_theme and isinstance(self.screen, LedgerScreen):
            self.screen.say(f"there is no theme {clean(self._unknown_theme)}; the colours are the terminal's own")

    async def on_event(self, event: Event) -> None:
        if isinstance(event, InputEvent):
            self._rests.touched()
        await super().on_event(event)

    def on_ledger_changed(self, event: LedgerChanged) -> None:
        self._rests.touched()
        for screen in self.screen_stack:
            if isinstance(screen, LedgerScreen):
                screen.ledger_changed(event.accounts)

    def on_accounts_screen_demo_wanted(self) -> None:
        self.exit("demo")

    # ---- commands by name

    @property
    def commands(self) -> tuple[Command, ...]:
        accounts = tuple(self.session.accounts)
        return (
            Command("inbox", "The invoices of all accounts", self._inbox),
            Command("accounts", "The accounts and how they stand", self._accounts),
            Command("open", "The invoices of one account", self._open, "ACCOUNT", accounts),
            Command("filter", "Show only what matches a query", self._filter, "QUERY"),
            Command("sort", "Sort the list", self._sort, "FIELD", FIELDS),
            Command("all", "Load every page of the list", self._load_all),
            Command("refresh", "Ask every account's vendor again", self._refresh),
            Command("problems", "Accounts that failed, why, and what helps", self._problems),
            Command("view", "Show the PDF in your own viewer, on this terminal if it draws there", self._view),
            Command("pager", "Read the PDF's text in $PAGER", self._pager),
            Command("keys", "The keys that work here", self._help),
            Command("theme", "Choose the colours", self._theme, "NAME", tuple(sorted(self.available_themes))),
            Command("quit", "Leave", self._leave),
        )

    def run_command(self, typed: str) -> None:
        """Run a line as typed; what it has to say stands at the bottom."""
        found = find(self.commands, typed)
        said = found if isinstance(found, str) else found[0].run(found[1])
        if said and isinstance(self.screen, LedgerScreen):
            self.screen.say(said)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        return ()

    def _list(self) -> InvoicesScreen | None:
        return next((screen for screen in reversed(self.screen_stack) if isinstance(screen, InvoicesScreen)), None)

    def _root(self) -> AccountsScreen:
        while not isinstance(self.screen, AccountsScreen):
            self.pop_screen()
        return self.screen

    def _inbox(self, argument: str) -> str:
        self._root().open(None)
        return ""

    def _accounts(self, argument: str) -> str:
        self._root()
        return ""

    def _open(self, argument: str) -> str:
        account = self.session.accounts.get(argument)
        if account is None:
            return f"open takes an account: {', '.join(self.session.accounts)}"
        self._root().open(account)
        return ""

    def _filter(self, argument: str) -> str:
        screen = self._list()
        if screen is None:
            return "filter works on a list of invoices"
        try:
            screen.apply_filter(argument)
        except QueryError as error:
            return str(error)
        return ""

    def _sort(self, argument: str) -> str:
        screen = self._list()
        field = next((field for field in FIELDS if field == argument), None)
        if screen is None or field is None:
            return f"sort takes {', '.join(FIELDS)}, on a list of invoices"
        screen.sort_by(field)
        return ""

    def _load_all(self, argument: str) -> str:
        screen = self._list()
        if screen is None:
            return "there is no list of invoices to load"
        screen.load_all()
        return ""

    def _refresh(self, argument: str) -> str:
        if isinstance(self.screen, LedgerScreen):
            self.screen.action_refresh_all()
        return ""

    def _problems(self, argument: str) -> str:
        self.action_problems()
        return ""

    def _view(self, argument: str) -> str:
        if not isinstance(self.screen, InvoiceScreen):
            return "view works on an invoice"
        self.screen.view_outside()
        return ""

    def _pager(self, argument: str) -> str:
        if not isinstance(self.screen, InvoiceScreen):
            return "pager works on an invoice"
        self.screen.page_outside()
        return ""

    def _help(self, argument: str) -> str:
        self.action_help()
        return ""

    def _theme(self, argument: str) -> str:
        if self._is_colourless:
            return "NO_COLOR is set: the terminal's own colours stay"
        if argument not in self.available_themes:
            return f"there is no theme {argument}; there are: {', '.join(sorted(self.available_themes))}"
        self.theme = argument
        return ""

    def _leave(self, argument: str) -> str:
        self.exit()
        return ""

    # ---- keys that work everywhere

    def action_help(self) -> None:
        if isinstance(self.screen, LedgerScreen):
            self.push_screen(HelpScreen(self.screen.KIND, self.keys))

    async def action_command(self) -> None:
        # Awaited: the next characters may have come with this key.
        await self.push_screen(CommandLine(self.commands), self._commanded)

    def _commanded(self, typed: str | None) -> None:
        if typed and typed.strip():
            self.run_command(typed)

    def action_problems(self) -> None:
        if not isinstance(self.screen, ProblemsScreen):
            self.push_screen(ProblemsScreen(self.session, self._desk))

    def action_copy_or_quit(self) -> None:
        selected = self.screen.get_selected_text()
        if selected:
            self.copy_to_clipboard(selected)
            if self._desk.outside.is_in_tmux:
                latest_of(self, "copy", partial(self._copy_in_tmux, selected))
            said = SENT
        elif monotonic() - self._interrupted_at < TWICE:
            self.exit()
            return
        else:
            self._interrupted_at = monotonic()
            said = "ctrl+c again quits"
        if isinstance(self.screen, LedgerScreen):
            self.screen.say(said)

    async def _copy_in_tmux(self, text: str) -> None:
        await apart(partial(self._desk.outside.copy_in_tmux, text))

    def action_back_or_quit(self) -> None:
        """q while PDFs are being saved."""
        from invoicetui.ui.menu import Question

        run, screen = self._desk.run, self.screen

        def answered(is_yes: bool | None) -> None:
            if is_yes and isinstance(screen, LedgerScreen):
                self._desk.stop()
                screen.action_back_or_quit()

        if run is not None:
            words = f"PDFs are being saved: {run.done} of {run.total} are done."
            self.push_screen(Question(words, "Stop that and leave? What was saved is kept."), answered)

    def action_suspend(self) -> None:
        self.action_suspend_process()

    def action_redraw(self) -> None:
        self.refresh(layout=True)

    def action_pane_next(self) -> None:
        self.screen.focus_next()

    def action_pane_previous(self) -> None:
        self.screen.focus_previous()
