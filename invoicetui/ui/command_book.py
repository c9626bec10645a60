"""The commands of the program: what each is called, what it takes, what it does on the screen that is in front."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from textual.app import App

from invoicetui.errors import ConfigError, QueryError
from invoicetui.ledger.order import FIELDS
from invoicetui.session import Session
from invoicetui.ui.accounts import AccountsScreen
from invoicetui.ui.command import Command, find
from invoicetui.ui.completing import of_query, of_words
from invoicetui.ui.desk import Desk
from invoicetui.ui.invoice_screen import InvoiceScreen
from invoicetui.ui.invoices import InvoicesScreen
from invoicetui.ui.screen import LedgerScreen
from invoicetui.ui.settings import Settings
from invoicetui.ui.wishes import homely


class CommandBook:
    """Runs commands by name. `pages` are those that a key opens from anywhere, by the name of its action."""

    def __init__(
        self,
        app: App[str],
        session: Session,
        desk: Desk,
        settings: Settings,
        pages: Mapping[str, Callable[[], None]],
    ) -> None:
        self._app, self._session, self._desk, self._settings, self._pages = app, session, desk, settings, pages

    @property
    def commands(self) -> tuple[Command, ...]:
        accounts = tuple(self._session.accounts.values())
        query, themes = of_query(accounts), of_words(sorted(self._app.available_themes))
        return (
            Command("inbox", "The invoices of all accounts", self._inbox),
            Command("accounts", "The accounts and how they stand", self._accounts),
            Command(
                "open", "The invoices of one account", self._open, "ACCOUNT", of_words(one.id for one in accounts)
            ),
            Command("filter", "Show only what matches a query", self._filter, "QUERY", query),
            Command("sort", "Sort the list", self._sort, "FIELD", of_words(FIELDS)),
            Command("undo", "Bring back the filter and the order before the last change", self._undo),
            Command("redo", "Bring back what undo took away", self._redo),
            Command("all", "Load every page of the list", self._load_all),
            Command("refresh", "Ask every account's vendor again", self._refresh),
            Command("problems", "Accounts that failed, why, and what helps", self._problems, aliases=("errors",)),
            Command("download", "Save the PDF, or those of the tagged invoices", self._download, "[FOLDER]"),
            Command("view", "Show the PDF in your own viewer, on this terminal if it draws there", self._view),
            Command("pager", "Read the PDF's text in $PAGER", self._pager),
            Command("keys", "The keys that work here", self._help, aliases=("help",)),
            Command("theme", "Choose the colours", self._theme, "NAME", themes),
            Command("set", "Change a setting; alone, show them all", self._set, "[NAME=VALUE]",
                    self._settings.completion),
            Command("quit", "Leave", self._leave, aliases=("q", "exit")),
        )  # fmt: skip

    def run(self, typed: str) -> None:
        """Run a line as typed; what it has to say stands at the bottom, or on a page when that is too narrow."""
        found = find(self.commands, typed)
        said = found if isinstance(found, str) else found[0].run(found[1])
        if said and isinstance(self._app.screen, LedgerScreen):
            self._app.screen.tell("this cannot be done" if isinstance(found, str) else found[0].name, said)

    def root(self) -> AccountsScreen:
        """Close every screen above the accounts."""
        while not isinstance(self._app.screen, AccountsScreen):
            self._app.pop_screen()
        return self._app.screen

    def _list(self) -> InvoicesScreen | None:
        stack = reversed(self._app.screen_stack)
        return next((screen for screen in stack if isinstance(screen, InvoicesScreen)), None)

    def _inbox(self, argument: str) -> str:
        if not self._session.accounts:
            return "there is no account yet"
        self.root().open(None)
        return ""

    def _accounts(self, argument: str) -> str:
        self.root()
        return ""

    def _open(self, argument: str) -> str:
        account = self._session.accounts.get(argument)
        if account is None:
            return f"open takes an account: {', '.join(self._session.accounts)}"
        self.root().open(account)
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

    def _undo(self, argument: str) -> str:
        screen = self._list()
        if screen is None:
            return "undo works on a list of invoices"
        screen.action_undo()
        return ""

    def _redo(self, argument: str) -> str:
        screen = self._list()
        if screen is None:
            return "redo works on a list of invoices"
        screen.action_redo()
        return ""

    def _load_all(self, argument: str) -> str:
        screen = self._list()
        if screen is None:
            return "there is no list of invoices to load"
        screen.load_all()
        return ""

    def _refresh(self, argument: str) -> str:
        if isinstance(self._app.screen, LedgerScreen):
            self._app.screen.action_refresh_all()
        return ""

    def _problems(self, argument: str) -> str:
        self._pages["problems"]()
        return ""

    def _download(self, argument: str) -> str:
        screen = self._app.screen
        row = screen.selected() if isinstance(screen, InvoiceScreen) else None
        if not isinstance(screen, InvoiceScreen) or row is None:
            return "download works on an invoice: choose one first"
        if not argument:
            screen.action_download()
            return ""
        folder = Path(argument).expanduser()
        if not folder.is_absolute():
            return "start the folder with / or ~/"
        try:
            place = self._desk.folder_of(folder, self._desk.pattern)
        except ConfigError as error:
            return str(error)
        screen.save_all(screen.tagged() or (row.id,), place)
        return ""

    def _view(self, argument: str) -> str:
        if not isinstance(self._app.screen, InvoiceScreen):
            return "view works on an invoice"
        self._app.screen.view_outside()
        return ""

    def _pager(self, argument: str) -> str:
        if not isinstance(self._app.screen, InvoiceScreen):
            return "pager works on an invoice"
        self._app.screen.page_outside()
        return ""

    def _help(self, argument: str) -> str:
        self._pages["help"]()
        return ""

    def _theme(self, argument: str) -> str:
        if not argument:
            return f"theme = {self._app.theme}; there are: {', '.join(sorted(self._app.available_themes))}"
        return self._settings.change("theme", argument)

    def _set(self, argument: str) -> str:
        name, sign, value = (part.strip() for part in argument.partition("="))
        if sign:
            return self._settings.change(name, value)
        if argument:
            return f"write it as {argument}=…; :set alone shows what there is"
        others = [("documents_folder", homely(self._desk.folder)), ("document_name", self._desk.pattern)]
        if isinstance(self._app.screen, LedgerScreen):
            self._app.screen.notice("settings, changed by :set name=value", self._settings.page(others))
        return ""

    def _leave(self, argument: str) -> str:
        self._app.exit()
        return ""
