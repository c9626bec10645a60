"""What every screen over the ledger has: a session, a line for what it says, a spinner only while something loads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Input, Static
from textual.worker import WorkType

from invoicetui.session import Session
from invoicetui.ui import status
from invoicetui.ui.actions import CATALOGUE, keys_of, shown
from invoicetui.ui.bindings import WHILE_TYPING, bindings

_FRAMES = "|/-\\"
SAID_SECONDS = 8.0


def latest_of(node: DOMNode, group: str, work: Callable[[], Awaitable[None]]) -> None:
    """Run a coroutine function of `node` in place of the one of the same group that may still run.

    Not a coroutine: one that is overtaken before it began would never be awaited.
    """

    async def run() -> None:
        try:
            await work()
        except NoMatches:
            # Textual 8.2.8 removes children before it cancels their parent's workers: what came back to a screen that
            # is on its way out finds its lines gone.
            if node.is_attached and not any(getattr(one, "_pruning", False) for one in node.ancestors_with_self):
                raise

    guarded: WorkType[None] = run
    node.run_worker(guarded, group=group, exclusive=True)


class LedgerScreen(Screen[None]):
    """A screen that shows what the ledger holds and is told when that changes."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("app", "cancel", "back-or-quit", "refresh", "refresh-all")]
    #: Its name in the action catalogue's scopes.
    KIND = ""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        #: The sentence that answers the last key, until the next one.
        self.said = ""
        #: The user's own keys by action id, for the hints.
        self.keys: Mapping[str, str] = {}
        self._frame = 0
        self._spinning: Timer | None = None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action in WHILE_TYPING or not isinstance(self.focused, Input)

    def ledger_changed(self, accounts: frozenset[str]) -> None:
        """Rows or conditions of these accounts changed."""

    def update_lines(self) -> None:
        """Write the status lines."""

    @property
    def is_busy(self) -> bool:
        """Something this screen waits for is under way."""
        return False

    @property
    def spinner(self) -> str:
        """One cell that turns while something loads; its timer lives no longer than that."""
        if self._spinning is None:
            self._spinning = self.set_interval(0.25, self._turn)
        return _FRAMES[self._frame % len(_FRAMES)]

    def _turn(self) -> None:
        self._frame += 1
        if not self.is_busy and self._spinning is not None:
            self._spinning.stop()
            self._spinning = None
        self.update_lines()

    def on_descendant_focus(self) -> None:
        """Other keys work now."""
        self.update_lines()

    def say(self, sentence: str) -> None:
        """Answer a key in the line at the bottom, for a while."""
        self.said = sentence
        self.update_lines()
        self.set_timer(SAID_SECONDS, lambda: self._unsay(sentence))

    def _unsay(self, sentence: str) -> None:
        if self.said == sentence:
            self.said = ""
            self.update_lines()

    def _write(self, selector: str, left: str, right: Sequence[str]) -> None:
        """One line, rewritten only when it changed: an equal line costs no bytes over SSH."""
        text = status.one_line(left, right, self.size.width)
        for line in self.query(selector).results(Static):
            if line.content != text:
                line.update(text)

    def hints(self) -> str:
        """The keys most useful here and now, as many as fit, help always among them."""
        active = {live.binding.id for live in self.active_bindings.values()}
        useful = [action for action in CATALOGUE if action.in_footer and action.id in active]
        useful.sort(key=lambda action: (action.id != "app.help", action.scope.name == "app"))
        room, kept = self.size.width - 2, []
        for action in useful:
            words = f"{shown(keys_of(action, self.keys)[0])} {action.label}"
            if len(words) + 2 <= room:
                kept.append(words)
                room -= len(words) + 2
        return "  ".join([*kept[1:], *kept[:1]])

    def refresh_accounts(self, accounts: Iterable[str]) -> None:
        """Ask vendors again, whatever the age of the data."""
        names = list(accounts)
        if self.session.is_offline:
            self.say("offline: nothing is fetched")
            return
        self.said = ""
        self.session.submit(lambda feed: feed.refresh(names))
        self.update_lines()

    def action_refresh_all(self) -> None:
        self.refresh_accounts(self.session.accounts)

    def action_back(self) -> None:
        self.dismiss()

    def action_back_or_quit(self) -> None:
        self.action_back()

    async def action_cancel(self) -> None:
        self.action_back()
