"""What every screen over the ledger has: a session, a desk, a title that says where one is, a line for what it says, a
spinner only while something loads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from rich.cells import cell_len
from textual import on
from textual.binding import BindingType
from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.events import Click, ScreenResume
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.timer import Timer
from textual.widgets import Input, Static
from textual.worker import WorkType

from invoicetui.session import Session
from invoicetui.ui import status
from invoicetui.ui.actions import CATALOGUE, keys_of
from invoicetui.ui.apart import apart
from invoicetui.ui.bindings import WHILE_TYPING, bindings
from invoicetui.ui.desk import Desk
from invoicetui.ui.key_names import shown

if TYPE_CHECKING:
    from invoicetui.ui.jumping import Jump

    Part: TypeAlias = "LedgerScreen"

_FRAMES = "|/-\\"
SAID_SECONDS = 8.0
#: What stands between the screens of a title's path, and how many lines the sentence at the bottom may take.
_BETWEEN = " > "
SAID_LINES = 4


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


def alike(render: Callable[[Region], list[Strip]], crop: Region) -> list[Strip]:
    """The lines of a widget that looks the same on each of them: the first, as often as there are lines."""
    return render(Region(crop.x, crop.y, crop.width, min(1, crop.height))) * crop.height


if not TYPE_CHECKING:

    class Part:
        """Base of what a screen is put together from. To a type checker it is the screen; it handles messages by
        methods' names alone.

        Of every screen class Textual makes tables of keys, styles and methods: for five of them that takes as long as
        to paint the list.
        """


class LedgerScreen(Screen[None]):
    """A screen that shows what the ledger holds and is told when that changes."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("app", "cancel", "back-or-quit", "refresh", "refresh-all")]
    #: Its name in the action catalogue's scopes.
    KIND = ""
    #: The name of the screen below it, where it may be the first one that is made.
    BELOW = ""

    def __init_subclass__(cls, **options: bool) -> None:
        # Textual finds handlers in whatever a screen is put together from, but keys only in its own classes.
        parts = [part.__dict__ for part in reversed(cls.__mro__) if not issubclass(part, DOMNode)]
        cls.BINDINGS = [*chain(*(part.get("BINDINGS", []) for part in parts)), *cls.__dict__.get("BINDINGS", [])]
        super().__init_subclass__(**options)

    def __init__(self, session: Session, desk: Desk) -> None:
        super().__init__()
        self.session, self.desk = session, desk
        #: The sentence that answers the last key, until the next one.
        self.said = ""
        self._frame = 0
        self._spinning: Timer | None = None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action in WHILE_TYPING or not isinstance(self.focused, Input)

    def _clear_tooltip(self) -> None:
        """There are none. Textual 8.2.8 looks for one at every key, and says at length that it found nothing."""

    def render_lines(self, crop: Region) -> list[Strip]:
        return alike(super().render_lines, crop)

    @on(ScreenResume)
    def _opened(self, event: ScreenResume) -> None:
        if not self.stack_updates:
            # What it opens with was styled a moment ago.
            event.refresh_styles = False
        else:
            self.write_hints()

    def ledger_changed(self, accounts: frozenset[str]) -> None:
        """Rows or conditions of these accounts changed."""

    def layout_changed(self) -> None:
        """The user wants lists laid out otherwise."""

    def update_lines(self) -> None:
        """Write the status lines."""

    @property
    def below(self) -> str:
        """The kind of the screen under this one, "" when that is none of ours."""
        stack = self.app.screen_stack
        under = stack[stack.index(self) - 1] if self in stack[1:] else None
        return under.KIND if isinstance(under, LedgerScreen) else ""

    @property
    def crumb(self) -> str:
        """What this screen is called in the path of the title."""
        return self.KIND

    def acts_on(self) -> str:
        """What the keys of this screen act on now, for the help; "" when that is plain."""
        return ""

    @property
    def missing(self) -> str:
        """Why a key of this screen has nothing to act on now; "" when there is no more to say of it."""
        return ""

    def jumps(self) -> Iterator[Jump]:
        """The places in sight that a letter can lead to."""
        yield from ()

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

    def tell(self, title: str, sentence: str) -> None:
        """A sentence at the bottom, or on a page of its own when it is too long for that."""
        if cell_len(sentence) <= self.size.width - 2 and "\n" not in sentence:
            self.say(sentence)
        else:
            self.notice(title, sentence)

    def notice(self, title: str, text: str) -> None:
        """A text that stays until it is closed."""
        from invoicetui.ui.menu import Notice

        self.app.push_screen(Notice(title, text))

    # ---- lines

    def _write(self, selector: str, left: str, right: Sequence[str]) -> None:
        """One line, rewritten only when it changed: an equal line costs no bytes over SSH."""
        text = status.one_line(left, right, self.size.width)
        for line in self.query(selector).results(Static):
            if line.content != text:
                line.update(text, layout=False)

    def _path(self) -> list[str]:
        """The names of the screens from the root to this one, as the title has room for them."""
        stack = self.app.screen_stack if self.is_running else []
        screens = [screen for screen in stack if isinstance(screen, LedgerScreen)]
        screens = screens[: screens.index(self) + 1] if self in screens else [self]
        room = max(12, self.size.width // 3)
        return [*filter(None, [screens[0].BELOW]), *(status.cut(screen.crumb, room) for screen in screens)]

    def write_title(self, words: str, right: Sequence[str], *, gives_way: bool = False) -> None:
        """The path to this screen and what there is to say of it; words that give way leave room for `right`, and are
        not said when the path says them."""
        names = self._path()
        path = " " + _BETWEEN.join(names)
        if gives_way:
            room = self.size.width - cell_len(path) - sum(cell_len(part) + 2 for part in right) - 5
            words = status.cut(words, room) if words not in names and room >= 8 else ""
        self._write("#top", f"{path}  {words}" if words else path, right)

    def write_bottom(self, sentence: str) -> None:
        """The line at the bottom; a long sentence takes the lines it needs."""
        lines = status.wrapped(sentence, max(10, self.size.width - 2), SAID_LINES)
        text = "\n".join(f" {line}" for line in lines)
        for line in self.query("#bottom").results(Static):
            if line.content != text:
                line.styles.height = len(lines)
                line.update(text, layout=False)

    def write_hints(self) -> None:
        """The line of keys, at the very bottom; under another screen some of them rest, and nobody sees it."""
        if self.is_current:
            self._write("#hints", " " + self.hints(), [])

    def hints(self) -> str:
        """The keys most useful here and now, as many as fit, help always among them."""
        return "  ".join(words for words, _ in self._hints())

    def _hints(self) -> list[tuple[str, str]]:
        """The words of the hints, each with its key as Textual calls it."""
        bound: dict[str | None, list[str]] = {}
        for key, live in self.active_bindings.items():
            bound.setdefault(live.binding.id, []).append(key)
        useful = [action for action in CATALOGUE if action.in_footer and action.id in bound]
        # Of several keys the catalogue's first, unless the user has chosen others.
        keys = {
            action.id: next((key for key in keys_of(action) if key in bound[action.id]), bound[action.id][0])
            for action in useful
        }
        useful.sort(key=lambda action: (action.id != "app.help", action.scope.name == "app"))
        room, kept = self.size.width - 2, []
        for action in useful:
            words = f"{shown(keys[action.id])} {action.label}"
            if len(words) + 2 <= room:
                kept.append((words, keys[action.id]))
                room -= len(words) + 2
        return [*kept[1:], *kept[:1]]

    def on_click(self, event: Click) -> None:
        """A click on a screen of the title's path goes there, one on a hint presses its key."""
        line = event.widget.id if event.widget is not None else ""
        if line == "top":
            path = self._path()
            above = [(name, len(path) - 1 - at) for at, name in enumerate(path)]
            for _ in range(status.at_cell(above, event.x - 1, len(_BETWEEN)) or 0):
                self.app.pop_screen()
        elif line == "hints":
            key = status.at_cell(self._hints(), event.x - 1, 2)
            if key is not None:
                self.app.simulate_key(key)

    # ---- copying

    def copy(self, text: str) -> None:
        """Send a text to the terminal's clipboard; no terminal says whether it took it, so the text is shown."""
        self.app.copy_to_clipboard(text)
        if self.desk.outside.is_in_tmux:
            latest_of(self, "copy", partial(self._copy_in_tmux, text))
        from invoicetui.ui.outside import SENT

        is_short = cell_len(text) + len(SENT) + 4 <= self.size.width and "\n" not in text
        if is_short:
            self.say(f"{SENT}: {text}")
        else:
            self.notice(SENT, text)

    async def _copy_in_tmux(self, text: str) -> None:
        await apart(partial(self.desk.outside.copy_in_tmux, text))

    # ---- keys

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
