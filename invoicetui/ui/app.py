"""The app: themes, keymap, the stack of screens. No widget logic and no HTTP."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, partial
from pathlib import Path
from time import monotonic
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import textual
from textual.app import SystemCommand
from textual.binding import BindingType
from textual.driver import Driver
from textual.events import Event, InputEvent, Key
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input

from invoicetui.config import Layout, VendorFacts
from invoicetui.ledger.query import parse
from invoicetui.session import Session
from invoicetui.text import clean
from invoicetui.ui import actions
from invoicetui.ui.ahead import import_ahead
from invoicetui.ui.apart import apart
from invoicetui.ui.bindings import WHILE_TYPING, bindings
from invoicetui.ui.desk import Desk
from invoicetui.ui.driver import considerate
from invoicetui.ui.habits import Habits
from invoicetui.ui.invoices import InvoicesScreen
from invoicetui.ui.news import HostAsked, LedgerChanged, NotKept, RunEnded
from invoicetui.ui.resting import Rests
from invoicetui.ui.screen import LedgerScreen, latest_of
from invoicetui.ui.scrolling import ScrollingApp
from invoicetui.ui.stylesheet import Stylesheet
from invoicetui.ui.theme import ANSI

if TYPE_CHECKING:
    from textual.await_complete import AwaitComplete

    from invoicetui.ui.account_book import AccountBook
    from invoicetui.ui.accounts import AccountsScreen
    from invoicetui.ui.command_book import CommandBook
    from invoicetui.ui.settings import Settings

#: The rules of all screens but the list.
OTHERS = Path(__file__).with_name("others.tcss")
#: Seconds after which what the first keys may need is imported: the network comes first.
AFTER = 0.5
#: A second ctrl+c within this many seconds quits.
TWICE = 2.0
#: The actions of the app's own keys, as methods; Textual's inner ones (tab, clicks, links) are not ours to refuse.
OWN_ACTIONS = frozenset(action.method for action in actions.CATALOGUE if action.scope.name == "app")


class InvoicetuiApp(ScrollingApp, inherit_css=False):
    """The browser over a session. Its return value is "demo" when the user chose to look around there."""

    #: What the first frame shows; the rules of all else are read when that stands. Textual's own for an app are about
    #: what is not here: maximised widgets, a header, a panel of keys.
    CSS_PATH = "app.tcss"
    # Textual would bind a key of its own choice; ours comes from the catalogue.
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("app", "help", "command", "palette", "jump", "back-or-quit", "quit", "copy-or-quit", "suspend"),
        *bindings("app", "redraw", "pane-next", "pane-previous", "problems"),
    ]
    _has_theme = False

    def __init__(
        self,
        session: Session,
        *,
        theme: str = "ansi",
        keys: Mapping[str, str] | None = None,
        config: Path | None = None,
        vendors: Mapping[str, VendorFacts] = MappingProxyType({}),
        desk: Desk | None = None,
        layout: Layout = Layout(),  # noqa: B008  # frozen
        is_mouse_on: bool = True,
        is_colourless: bool = False,
    ) -> None:
        """`config` is the file that accounts and settings are written to, None for a session that has none, like the
        demo's; `vendors` are those that an account may name; without `desk` documents go where the demo's go.
        `is_colourless` (NO_COLOR): no colour at all, in whatever theme."""
        # Textual 8.2.8 chooses what it makes of NO_COLOR before it knows the theme, and would paint in grey.
        super().__init__(ansi_color=True if is_colourless else None)
        # Two widgets more on every screen, for what we never show.
        self._disable_tooltips = self._disable_notifications = True
        self.session = session
        self.keys = dict(keys or {})
        self._config, self._vendors = config, vendors
        self._desk = desk or Desk(session, None, os.environ)
        self._desk.ask = lambda account, host, answer: self._post(HostAsked(account, host, answer))
        self._desk.on_end = lambda run: self._post(RunEnded(run))
        self.habits = Habits(layout, self._change)
        self._is_mouse_on = is_mouse_on
        self._interrupted_at = -TWICE
        self._has_asked = self._has_begun = False
        self._rests = Rests()
        self.register_theme(ANSI)
        self._is_colourless = is_colourless
        self._unknown_theme = "" if theme in self.available_themes else theme
        self.theme = "ansi" if is_colourless or self._unknown_theme else theme
        self._has_theme = True
        self.stylesheet = Stylesheet(variables=self.get_css_variables())
        self.set_keymap(actions.keymap(self.keys))
        session.on_change = self._tell

    def get_css_variables(self) -> dict[str, str]:
        # Textual's constructor asks for them, too, and would work out all colours of a theme that is not ours.
        return super().get_css_variables() if self._has_theme else {}

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Over a question or a line being typed, only keys that mean the same everywhere; q is ours while PDFs come."""
        is_plain = isinstance(self.screen, LedgerScreen) and not isinstance(self.focused, Input)
        if action == "back_or_quit":
            return is_plain and self._desk.is_running
        return is_plain or action in WHILE_TYPING or action not in OWN_ACTIONS

    def _fatal_error(self) -> None:
        """Textual 8.2.8's own prints the local variables of every frame, and one may hold a token."""
        from rich.segment import Segments
        from rich.traceback import Traceback

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

    @cached_property
    def _book(self) -> AccountBook:
        from invoicetui.ui.account_book import AccountBook

        return AccountBook(self.session, self._config, self._vendors)

    def get_default_screen(self) -> Screen[None]:
        if self.session.accounts:
            return InvoicesScreen(self.session, self._desk, self.habits)
        return self._accounts_screen()

    def _accounts_screen(self) -> AccountsScreen:
        from invoicetui.ui.accounts import AccountsScreen

        self.stylesheet.read(OTHERS)
        return AccountsScreen(self._book, self._desk, self.habits)

    def pop_screen(self) -> AwaitComplete:
        """Below the list that the program opens on stand the accounts; they are made when somebody climbs to them."""
        if len(self.screen_stack) > 1 or not isinstance(self.screen, InvoicesScreen):
            return super().pop_screen()
        # Textual 8.2.8 takes a callback away that it never gave to the screen it opens on.
        self.screen._push_result_callback(self.screen, None)
        # Who leaves before the first frame takes along what was to follow it.
        self._begin()
        return self.switch_screen(self._accounts_screen())

    def on_mount(self) -> None:
        # Network and decoder are imported by the first wish: after the first frame, which does without them.
        self.call_after_refresh(self._begin)

    def post_display_hook(self) -> None:
        # What Textual still does before it calls back after the first frame takes as long as a vendor's answer.
        if not self._has_asked and self.is_running and self.screen.size.width:
            self._ask()

    def _ask(self) -> None:
        """Page one of every account, once; whoever opens an account joins what is under way."""
        if self.session.accounts and not self._has_asked:
            query = parse("", tuple(self.session.accounts.values()))
            if self.session.is_offline:
                self.session.submit(lambda feed: feed.know(query)).add_done_callback(lambda _: self._tell(frozenset()))
            else:
                self.session.submit(lambda feed: feed.open(query))
        self._has_asked = True

    def _begin(self) -> None:
        """What follows the first frame, once."""
        if self._has_begun:
            return
        self._has_begun = True
        self.stylesheet.read(OTHERS)
        self._rests.begin()
        self._ask()
        self.set_timer(AFTER, import_ahead)
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
                screen.ledger_changed(event.accounts) if event.accounts else screen.update_lines()

    def on_accounts_screen_demo_wanted(self) -> None:
        self.exit("demo")

    # ---- settings and commands

    @cached_property
    def settings(self) -> Settings:
        """What can be set while the program runs."""
        from invoicetui.ui.memory import Memory
        from invoicetui.ui.settings import Settings

        def changed() -> None:
            for screen in self.screen_stack:
                if isinstance(screen, LedgerScreen):
                    screen.layout_changed()

        return Settings(
            self,
            self.habits,
            Memory(self._book.path, self._book.vendors),
            is_mouse_on=self._is_mouse_on,
            is_colourless=self._is_colourless,
            changed=changed,
            failed=lambda sentence: self._post(NotKept(sentence)),
        )

    def _change(self, name: str, text: str) -> str:
        return self.settings.change(name, text)

    @cached_property
    def _commands(self) -> CommandBook:
        from invoicetui.ui.command_book import CommandBook

        pages = {"help": self.action_help, "problems": self.action_problems}
        return CommandBook(self, self.session, self._desk, self.settings, pages)

    def run_command(self, typed: str) -> None:
        """Run a line as typed."""
        self._commands.run(clean(typed))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        return ()

    def on_not_kept(self, event: NotKept) -> None:
        if isinstance(self.screen, LedgerScreen):
            self.screen.say(event.sentence)

    # ---- keys that work everywhere

    def on_key(self, event: Key) -> None:
        """A key that nobody took: if it means something elsewhere, say where."""
        screen = self.screen
        if not isinstance(screen, LedgerScreen) or isinstance(self.focused, Input):
            return
        if said := actions.why_not(event.key, screen.KIND, self.keys, screen.missing):
            screen.say(said)

    def action_help(self) -> None:
        from invoicetui.ui.pages import HelpScreen

        if isinstance(self.screen, LedgerScreen):
            keys: dict[str, list[str]] = {}
            for key, live in self.screen.active_bindings.items():
                keys.setdefault(live.binding.id or "", []).append(key)
            self.push_screen(HelpScreen(keys, self.screen.acts_on()))

    async def action_command(self) -> None:
        await self._begin_command("")

    async def _begin_command(self, begun: str) -> None:
        from invoicetui.ui.command_line import CommandLine

        # Awaited: the next characters may have come with this key.
        await self.push_screen(CommandLine(self._commands.commands, self.habits.commands, begun), self._commanded)

    def _commanded(self, typed: str | None) -> None:
        from invoicetui.ui.prompt import keep

        if typed and typed.strip():
            keep(self.habits.commands, clean(typed))
            self.run_command(typed)

    def action_palette(self) -> None:
        from invoicetui.ui.command_line import palette

        def begin(begun: str) -> None:
            self.call_later(self._begin_command, begun)

        self.push_screen(palette(self._commands.commands, self.run_command, begin))

    async def action_jump(self) -> None:
        from invoicetui.ui.jumping import JumpScreen

        if not isinstance(self.screen, LedgerScreen):
            return
        if jumps := tuple(self.screen.jumps()):
            # Awaited: the letter may have come with this key.
            await self.push_screen(JumpScreen(jumps))
        else:
            self.screen.say("there is nothing to jump to here")

    def action_problems(self) -> None:
        from invoicetui.ui.pages import ProblemsScreen

        if not isinstance(self.screen, ProblemsScreen):
            self.push_screen(ProblemsScreen(self.session, self._desk, is_demo=self._book.is_fixed))

    def action_copy_or_quit(self) -> None:
        selected = self.screen.get_selected_text()
        if selected:
            self.copy_to_clipboard(selected)
            if self._desk.outside.is_in_tmux:
                latest_of(self, "copy", partial(self._copy_in_tmux, selected))
            from invoicetui.ui.outside import SENT

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
        self._to_pane(self.screen.focus_next)

    def action_pane_previous(self) -> None:
        self._to_pane(self.screen.focus_previous)

    def _to_pane(self, move: Callable[[], object]) -> None:
        if len(self.screen.focus_chain) > 1:
            move()
        elif isinstance(self.screen, LedgerScreen):
            self.screen.say("there is one pane here")
