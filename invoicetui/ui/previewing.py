"""A list with the invoice of its cursor beside it, to the right or below; where that has no room, on its own screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from invoicetui.ui.bindings import bindings
from invoicetui.ui.detail import RAW, DetailPane, no_further
from invoicetui.ui.habits import Habits
from invoicetui.ui.invoice_screen import InvoiceScreen
from invoicetui.ui.table import InvoiceTable

if TYPE_CHECKING:
    from invoicetui.ledger.store import Row
    from invoicetui.ui.jumping import Jump

#: From here on list and detail stand side by side, from here on the detail has room to spare, and from so many lines on
#: it has room below the list.
WIDE, BROAD, HIGH = 110, 150, 20
#: The list keeps this many columns, whatever the detail is given.
_LIST = 48


class PreviewingScreen(InvoiceScreen):
    """Shows the selected invoice beside the list as the layout says, or opens it on a screen of its own."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("list", "into"),
        *bindings("invoice", "raw"),
        *bindings("invoices", "preview", "preview-side"),
    ]
    habits: Habits
    #: The tab that was read when the room changed, until it is shown where it belongs now.
    _tab_read: int | None = None

    @property
    def table(self) -> InvoiceTable:
        raise NotImplementedError

    def step(self, by: int) -> Row | None:
        """Move the selection; the invoice it is on then, or None at either end."""
        raise NotImplementedError

    @property
    def pane(self) -> DetailPane:
        return self.query_one(DetailPane)

    def _has_room(self) -> bool:
        # Our own size is an older one when we come back from under another screen.
        size = self.app.size
        return size.width >= WIDE if self.habits.layout.preview_side == "right" else size.height >= HIGH

    @property
    def has_preview(self) -> bool:
        """The selected invoice is shown beside the list."""
        return self.habits.layout.preview and self._has_room()

    def lay_out(self) -> None:
        """Give list and detail their places."""
        self.choose_places()
        layout, width = self.habits.layout, self.app.size.width
        is_right = layout.preview_side == "right"
        if is_right and layout.preview_width is not None:
            self.pane.styles.width = min(layout.preview_width, max(1, width - _LIST))
        elif self.pane.styles.clear_rule("width"):
            self.pane.refresh(layout=True)

    def choose_places(self) -> None:
        """Say by classes where the detail stands."""
        width, is_right = self.app.size.width, self.habits.layout.preview_side == "right"
        places = {
            "-right": self.has_preview and is_right,
            "-below": self.has_preview and not is_right,
            "-narrow": width < WIDE,
            "-wide": WIDE <= width < BROAD,
            "-broad": width >= BROAD,
        }
        # Of the screen itself no style depends on them.
        self.update_classes(places, update=bool(self.children))

    def layout_changed(self) -> None:
        self.lay_out()
        if not self.has_preview and self.pane.has_focus_within:
            self.set_focus(self.table)
        self.call_after_refresh(self.show_selected)
        self.update_lines()

    def show_selected(self) -> None:
        """Let the detail beside the list follow the cursor."""
        if self.has_preview:
            self.pane.preview(self.selected())

    # ---- another size

    def on_resize(self) -> None:
        self.lay_out()
        self.show_selected()
        if not self.has_preview and self.pane.has_focus_within:
            self._tab_read = self.pane.tab
            self.set_focus(self.table)
        self._read_on()
        self.update_lines()

    def on_screen_resume(self) -> None:
        self.lay_out()
        self._read_on()

    def _read_on(self) -> None:
        """Who reads an invoice goes on reading it where list and detail begin or cease to fit side by side."""
        row, tab = self.selected(), self._tab_read
        if row is None or tab is None or not self.is_active:
            return
        self._tab_read = None
        if self.has_preview:
            self.pane.tab = tab
            self.pane.open(row)
            self.call_after_refresh(self.pane.focus_content)
        else:
            self._read_alone(row, tab)

    def _read_alone(self, row: Row, tab: int = 0) -> None:
        from invoicetui.ui.detail_screen import DetailScreen

        self.app.push_screen(DetailScreen(self.session, self.desk, row, self.step, tab=tab, beside=self._take))

    def _take(self, width: int, tab: int) -> bool:
        """Whether the invoice on a screen of its own now belongs beside the list, at `tab`."""
        if not self.has_preview:
            return False
        self._tab_read = tab
        return True

    # ---- keys

    def on_invoice_table_activated(self) -> None:
        self.action_into()

    def action_into(self) -> None:
        row = self.selected()
        if row is None:
            self.say("there is no invoice to open")
        elif self.has_preview:
            if self.pane.has_focus_within and self.pane.is_on_pdf:
                self.show_page(row)
                return
            self.pane.open(row)
            self.pane.focus_content()
        else:
            self._read_alone(row)

    def on_detail_pane_stepped(self, event: DetailPane.Stepped) -> None:
        if row := self.step(event.by):
            self.pane.open(row)
        else:
            self.say(no_further(event.by))

    def action_raw(self) -> None:
        row = self.selected()
        if row is None:
            self.say("there is no invoice to show")
        elif self.has_preview:
            self.pane.open(row)
            self.pane.show_raw()
        else:
            self._read_alone(row, RAW)

    def action_preview(self) -> None:
        """Show the detail beside the list, or the list alone."""
        if self.has_preview:
            self.say(self.habits.change("preview", "off"))
            return
        said = "" if self.habits.layout.preview else self.habits.change("preview", "on")
        self.say(said if self._has_room() else self._no_room())

    def action_preview_side(self) -> None:
        """To the other side of the list."""
        if not self.habits.layout.preview:
            self.habits.change("preview", "on")
        side = "below" if self.habits.layout.preview_side == "right" else "right"
        said = self.habits.change("preview_side", side)
        self.say(said if self._has_room() else self._no_room())

    def _no_room(self) -> str:
        if self.habits.layout.preview_side == "right":
            return f"the invoice stands to the right from {WIDE} columns on; P puts it below the list"
        return f"the invoice stands below the list from {HIGH} lines on; P puts it to the right"

    # ---- where a letter can lead

    def jumps(self) -> Iterator[Jump]:
        from invoicetui.ui.jumping import Jump, of_tabs

        table = self.table
        if self.has_preview:
            yield from of_tabs(self.pane)
        for at in range(table.first_visible, table.last_visible + 1):
            yield Jump(table.region.x, table.region.y + 1 + at - table.first_visible, self._jump_to(at))

    def _jump_to(self, index: int) -> Callable[[], None]:
        def go() -> None:
            self.set_focus(self.table)
            self.table.move_to(index)

        return go
