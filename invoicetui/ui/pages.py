"""Screens that are read and closed: the keys that work, and what is in trouble: accounts, records, PDFs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from invoicetui.session import Session
from invoicetui.ui import present, status
from invoicetui.ui.actions import CATALOGUE, Action, keys_of, shown
from invoicetui.ui.bindings import WHILE_TYPING, bindings
from invoicetui.ui.desk import Desk
from invoicetui.ui.screen import LedgerScreen


class ReadingPane(VerticalScroll, can_focus=True):
    """Text that the movement keys of lists scroll."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(
            "list", "move-down", "move-up", "half-page-down", "half-page-up", "page-down", "page-up", "first", "last"
        )
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(Static(classes="text", markup=False), id=id)

    @property
    def width(self) -> int:
        """The cells a line of text has."""
        return max(30, self.size.width - 2)

    def write(self, text: Content) -> None:
        self.query_one(Static).update(text)

    def action_move_down(self) -> None:
        self.scroll_down(animate=False)

    def action_move_up(self) -> None:
        self.scroll_up(animate=False)

    def action_half_page_down(self) -> None:
        self.scroll_relative(y=self.size.height // 2, animate=False)

    def action_half_page_up(self) -> None:
        self.scroll_relative(y=-(self.size.height // 2), animate=False)

    def action_page_down(self) -> None:
        self.scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        self.scroll_page_up(animate=False)

    def action_first(self) -> None:
        self.scroll_home(animate=False)

    def action_last(self) -> None:
        self.scroll_end(animate=False)


class HelpScreen(ModalScreen[None]):
    """The keys of one kind of screen, by group; `/` searches them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("app", "help", "cancel", "back-or-quit"),
        *bindings("list", "back"),
        *bindings("invoices", "filter"),
    ]
    AUTO_FOCUS = "ReadingPane"

    def __init__(self, kind: str, keys: Mapping[str, str]) -> None:
        super().__init__()
        self._keys = keys
        self._actions = [action for action in CATALOGUE if kind in action.scope.screens]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action in WHILE_TYPING or not isinstance(self.focused, Input)

    def compose(self) -> ComposeResult:
        yield Static(" keys that work here", classes="line", markup=False)
        yield ReadingPane()
        yield Static(" / search  q close", classes="line hints", markup=False)

    def on_resize(self) -> None:
        self._write("")

    def _write(self, wanted: str) -> None:
        groups: dict[str, list[tuple[str, str]]] = {}
        for action in self._actions:
            if wanted.casefold() in f"{action.id} {action.help} {' '.join(self._shown(action))}".casefold():
                groups.setdefault(action.group, []).append((" ".join(self._shown(action)), action.help))
        pane = self.query_one(ReadingPane)
        pane.write(present.sections(groups.items(), pane.width) if groups else Content("no such key"))

    def _shown(self, action: Action) -> list[str]:
        return [shown(key) for key in keys_of(action, self._keys)]

    async def action_filter(self) -> None:
        if not self.query(Input):
            box = Input(placeholder="search the keys", compact=True)
            box.cursor_blink = False
            await self.mount(box, before=self.query_one(ReadingPane))
            self.set_focus(box)

    @on(Input.Changed)
    def _search(self, event: Input.Changed) -> None:
        self._write(event.value)

    @on(Input.Submitted)
    def _searched(self) -> None:
        self.query_one(ReadingPane).focus()

    def action_cancel(self) -> None:
        if self.query(Input):
            self.query(Input).remove()
            self._write("")
            self.query_one(ReadingPane).focus()
        else:
            self.dismiss()

    def action_back(self) -> None:
        self.dismiss()

    action_help = action_back_or_quit = action_back


class ProblemsScreen(LedgerScreen):
    """Which accounts failed, why, and what helps; records that could not be read; PDFs that were not saved; what the
    ledger has to say."""

    KIND = "problems"
    AUTO_FOCUS = "ReadingPane"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("list", "back"), *bindings("app", "problems")]

    def __init__(self, session: Session, desk: Desk) -> None:
        super().__init__(session)
        self._desk = desk

    def compose(self) -> ComposeResult:
        yield Static(id="top", classes="line", markup=False)
        yield ReadingPane()
        yield Static(id="bottom", classes="line", markup=False)
        yield Static(id="hints", classes="line", markup=False)

    def on_mount(self) -> None:
        self.update_lines()

    def ledger_changed(self, accounts: frozenset[str]) -> None:
        self.update_lines()

    def on_resize(self) -> None:
        self.update_lines()

    @property
    def is_busy(self) -> bool:
        return any(self.session.condition(account).is_loading for account in self.session.accounts)

    def update_lines(self) -> None:
        parts: list[tuple[str, list[tuple[str, str]]]] = []
        in_trouble = 0
        for account in self.session.accounts.values():
            condition = self.session.condition(account.id)
            fields = [("unreadable", note) for note in condition.notes]
            if condition.problem is not None:
                in_trouble += 1
                fields = [
                    ("what happened", condition.problem.what),
                    ("what to do", condition.problem.remedy or "r asks again"),
                    ("token", self.session.source(account.id)),
                    *fields,
                ]
            if fields:
                parts.append((f"{account.label} ({account.id})", fields))
        parts += self._documents()
        if self.session.store.warning:
            parts.append(("ledger", [("what happened", self.session.store.warning)]))
        pane = self.query_one(ReadingPane)
        pane.write(present.sections(parts, pane.width) if parts else Content("No account is in trouble."))
        count = len(self.session.accounts)
        self._write("#top", f" invoicetui  problems  {in_trouble} of {count} accounts", [])
        turning = f" {self.spinner} asking again" if self.is_busy else f" {self.said}"
        self._write("#bottom", status.cut(turning, self.size.width), [])
        self._write("#hints", " " + self.hints(), [])

    def _documents(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """What could not be saved when PDFs were last saved together."""
        run, failures = self._desk.run, self._desk.failures
        if run is None or not failures:
            return []
        fields = [(f"{entry.account} {entry.number or entry.key}", entry.result) for entry in failures]
        return [(f"PDFs that were not saved ({len(failures)})", [("saving", run.words), *fields])]

    def action_refresh(self) -> None:
        self.refresh_accounts(
            [name for name in self.session.accounts if self.session.condition(name).problem is not None]
            or list(self.session.accounts)
        )

    def action_problems(self) -> None:
        self.dismiss()
