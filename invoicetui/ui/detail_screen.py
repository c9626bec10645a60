"""One invoice on a screen of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from invoicetui.session import Session
from invoicetui.ui.bindings import bindings
from invoicetui.ui.desk import Desk
from invoicetui.ui.detail import DetailPane, no_further
from invoicetui.ui.invoice_screen import InvoiceScreen
from invoicetui.ui.screen import LedgerScreen

if TYPE_CHECKING:
    from invoicetui.ledger.store import Row
    from invoicetui.ui.jumping import Jump


class DetailScreen(InvoiceScreen, LedgerScreen):
    """One invoice on the whole terminal, for widths at which list and detail do not fit side by side."""

    KIND = "detail"
    AUTO_FOCUS = "ReadingPane"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("list", "into", "back"), *bindings("invoice", "raw")]

    def __init__(
        self,
        session: Session,
        desk: Desk,
        row: Row,
        step: Callable[[int], Row | None],
        *,
        tab: int = 0,
        beside: Callable[[int, int], bool] = lambda width, tab: False,
    ) -> None:
        """`beside(width, tab)` says whether the list takes the invoice back, to show it beside itself."""
        super().__init__(session, desk)
        self.row = row
        self._tab = tab
        self._step, self._beside = step, beside

    def compose(self) -> ComposeResult:
        yield Static(id="top", classes="line", markup=False)
        yield DetailPane(self.session, self.desk)
        yield Static(id="bottom", classes="line", markup=False)
        yield Static(id="hints", classes="line", markup=False)

    @property
    def pane(self) -> DetailPane:
        return self.query_one(DetailPane)

    def selected(self) -> Row | None:
        return self.row

    def on_mount(self) -> None:
        self.pane.tab = self._tab
        self.pane.open(self.row)
        self.update_lines()

    def on_resize(self) -> None:
        self._follow_width()
        self.update_lines()

    def on_screen_resume(self) -> None:
        self._follow_width()

    def _follow_width(self) -> None:
        if self.is_active and self._beside(self.app.size.width, self.pane.tab):
            self.dismiss()

    @property
    def crumb(self) -> str:
        return self.row.number or self.row.key

    def jumps(self) -> Iterator[Jump]:
        from invoicetui.ui.jumping import of_tabs

        return of_tabs(self.pane)

    def update_lines(self) -> None:
        row = self.row
        label, word = self.session.accounts[row.account].label, row.status(self.session.today())
        self.write_title(label, [str(row.total or "n/a"), str(word)], gives_way=True)
        self.write_bottom(self.doing() or self.said)
        self.write_hints()

    def on_detail_pane_stepped(self, event: DetailPane.Stepped) -> None:
        row = self._step(event.by)
        if row is None:
            self.say(no_further(event.by))
            return
        self.row = row
        self.said = ""
        self.pane.open(row)
        self.update_lines()

    @property
    def is_busy(self) -> bool:
        return self.is_fetching

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return super().check_action(action, parameters) and (action != "into" or self.pane.is_on_pdf)

    def action_into(self) -> None:
        """From the PDF's tab to the page view."""
        self.show_page(self.row)

    async def action_cancel(self) -> None:
        if not (self.pane.stop_fetching() or self.stop_fetching()):
            self.action_back()

    def action_raw(self) -> None:
        self.pane.show_raw()

    def action_refresh(self) -> None:
        if self.session.is_offline:
            self.say("offline: nothing is fetched")
        else:
            self.pane.open(self.row, is_again=True)
