"""Screens that are read and closed: the keys that work, and what is in trouble: accounts, records, PDFs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from invoicetui.session import Session
from invoicetui.ui import present, status
from invoicetui.ui.account_lines import remedy
from invoicetui.ui.actions import CATALOGUE, Action
from invoicetui.ui.bindings import WHILE_TYPING, bindings
from invoicetui.ui.desk import Desk
from invoicetui.ui.key_names import shown
from invoicetui.ui.menu import Hints
from invoicetui.ui.reading_pane import ReadingPane
from invoicetui.ui.screen import LedgerScreen

#: What the mouse does everywhere, as the help says it.
_MOUSE = (
    ("click", "Choose a row, a tab, a part of the title's path, a hint at the bottom; a column's title sorts"),
    ("wheel", "Scroll"),
    ("drag", "Select text where text is read; y copies it"),
    ("shift+drag", "Select as the terminal does it, anywhere (in some terminals alt+drag)"),
)


class HelpScreen(ModalScreen[None]):
    """The keys that work on a screen, its own first; `/` searches them. `keys` are those by action id, `about` is what
    they act on now."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("app", "help", "cancel", "back-or-quit"),
        *bindings("list", "back"),
        *bindings("invoices", "filter"),
    ]
    AUTO_FOCUS = "ReadingPane"

    def __init__(self, keys: Mapping[str, Sequence[str]], about: str) -> None:
        super().__init__()
        self._keys, self._about = keys, about
        # What works on few screens is about this one; what works on all is known from the others.
        self._actions = sorted((one for one in CATALOGUE if one.id in keys), key=lambda one: len(one.scope.screens))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action in WHILE_TYPING or not isinstance(self.focused, Input)

    def compose(self) -> ComposeResult:
        yield Static(id="help-title", classes="line title", markup=False)
        yield ReadingPane()
        yield Hints(("/ search", "filter"), ("q close", "back"))

    def on_resize(self) -> None:
        about = f" keys that work here{f', now on {self._about}' if self._about else ''}"
        self.query_one("#help-title", Static).update(status.cut(about, self.size.width - 1))
        self._write("".join(box.value for box in self.query(Input)))

    def _write(self, wanted: str) -> None:
        groups: dict[str, list[tuple[str, str]]] = {}
        for action in self._actions:
            if wanted.casefold() in f"{action.id} {action.help} {self._shown(action)}".casefold():
                groups.setdefault(action.group, []).append((self._shown(action), action.help))
        for name, what in _MOUSE:
            if wanted.casefold() in f"mouse {name} {what}".casefold():
                groups.setdefault("Mouse", []).append((name, what))
        pane = self.query_one(ReadingPane)
        pane.write(present.sections(groups.items(), pane.width) if groups else Content("no such key"))

    def _shown(self, action: Action) -> str:
        return " ".join(map(shown, self._keys[action.id]))

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
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("list", "back"),
        *bindings("app", "problems"),
        *bindings("problems"),
    ]

    def __init__(self, session: Session, desk: Desk, *, is_demo: bool = False) -> None:
        super().__init__(session, desk)
        self._is_demo = is_demo

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

    def _accounts(self) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        """Accounts in trouble, and those with records that could not be read."""
        for account in self.session.accounts.values():
            condition = self.session.condition(account.id)
            fields = [("unreadable", note) for note in condition.notes]
            if condition.problem is not None:
                fields = [
                    ("what happened", condition.problem.what),
                    ("what to do", remedy(condition.problem, is_demo=self._is_demo) or "r asks again"),
                    ("token", self.session.source(account.id)),
                    *fields,
                ]
            if fields:
                yield f"{account.label} ({account.id})", fields

    def _parts(self) -> list[tuple[str, list[tuple[str, str]]]]:
        parts = [*self._accounts(), *self._documents()]
        if self.session.store.warning:
            parts.append(("ledger", [("what happened", self.session.store.warning)]))
        return parts

    def update_lines(self) -> None:
        parts, pane = self._parts(), self.query_one(ReadingPane)
        pane.write(present.sections(parts, pane.width) if parts else Content("No account is in trouble."))
        accounts = self.session.accounts
        in_trouble = status.trouble(self.session.condition(account) for account in accounts)
        self.write_title(f"{in_trouble} of {len(accounts)} accounts", [])
        self.write_bottom(f"{self.spinner} asking again" if self.is_busy else self.said)
        self.write_hints()

    def _documents(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """What could not be saved when PDFs were last saved together."""
        run, failures = self.desk.run, self.desk.failures
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

    def action_copy(self) -> None:
        """The selected text, else all that is in trouble: a line each, as one would put it into a message."""
        lines = [
            f"{heading}: " + "; ".join(value for label, value in fields if label != "token")
            for heading, fields in self._parts()
        ]
        text = self.get_selected_text() or "\n".join(lines)
        if text:
            self.copy(text)
        else:
            self.say("there is nothing to copy: no account is in trouble")
