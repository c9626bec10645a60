"""InvoiceTable: a virtual table over a view's rows. It paints what is on the screen and asks for nothing else.

Built on Textual's line API; a paint hands over whole cached lines, so that a million rows scroll like a hundred.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from math import ceil
from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.color import Color
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar
from textual.strip import Strip

from invoicetui.ui.bindings import bindings
from invoicetui.ui.columns import Fitted
from invoicetui.ui.painter import Painter
from invoicetui.ui.source import Empty, Source

if TYPE_CHECKING:
    from invoicetui.account import Account
    from invoicetui.ledger.order import Sort

#: The styles that are the same in every theme.
_LOOKS = {"": Style(), "header": Style(bold=True), "quiet": Style(dim=True)}
#: Lines kept ready to paint, several screens of them.
_STRIPS = 1024


class InvoiceTable(ScrollView, can_focus=True, inherit_bindings=False):
    """A list of invoices with one header line and a cursor row. Takes neither border nor padding.

    `accounts` are those whose invoices may come, by id; `today` decides what is overdue.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    InvoiceTable {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("list", "move-down", "move-up", "half-page-down", "half-page-up", "page-down", "page-up"),
        *bindings("list", "first", "into", "sideways-left", "sideways-right"),
    ]

    class OnRow(Message):
        """Something about the row at `index` of `table`."""

        def __init__(self, table: InvoiceTable, index: int) -> None:
            super().__init__()
            self.table, self.index = table, index

        @property
        def control(self) -> InvoiceTable:
            return self.table

    class CursorMoved(OnRow):
        """The cursor is on another row, or on the same one of another source. Of several only the last arrives."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, InvoiceTable.CursorMoved)

    class WindowMoved(OnRow):
        """Other rows are in sight; `index` is the first of them. Of several only the last arrives."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, InvoiceTable.WindowMoved)

    class Activated(OnRow):
        """The user wants to see the invoice at `index`."""

    class HeaderClicked(Message):
        """The user wants the order called `sort`."""

        def __init__(self, table: InvoiceTable, sort: str) -> None:
            super().__init__()
            self.table, self.sort = table, sort

        @property
        def control(self) -> InvoiceTable:
            return self.table

    def __init__(self, accounts: Mapping[str, Account], today: Callable[[], date], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._today = today
        self._source: Source = Empty()
        self._cursor = 0
        self._tail: tuple[str, ...] = ()
        self._tags: Collection[int] = ()
        self._strips: OrderedDict[tuple[int, bool], Strip] = OrderedDict()
        self._painted: dict[int, Strip] = {}
        self._styles: dict[str, Style] = {}
        self._bar_shown = (0, 0)
        self._painter = Painter(self._style)
        self._painter.take(accounts)

    # What is shown

    @property
    def source(self) -> Source:
        return self._source

    def show(self, source: Source, *, keep: int | None = None, sort: Sort | None = None) -> None:
        """Show another view. The cursor stays on the row called `keep`, as high on the screen as it was.

        When that row is gone the cursor stays at its index; without `keep` it goes to the first row. `sort` marks the
        column the view is ordered by; without it the mark stays.
        """
        height = self._cursor - self.scroll_offset.y
        was_in_sight = 0 <= height < self.page_rows
        self._source = source
        self._painter.sort = sort or self._painter.sort
        found = 0 if keep is None else source.find(keep)
        index = self._cursor if found is None else found
        self._cursor = max(0, min(index, len(source) - 1))
        self._resize()
        self.scroll_to(y=self._cursor - height, animate=False, force=True)
        if was_in_sight or keep is None:
            self._reveal()
        self.refresh_rows()
        self.post_message(self.CursorMoved(self, self._cursor))

    def refresh_rows(self) -> None:
        """Rows, their number or labels changed: of the lines in sight those are painted again that look different."""
        self._strips.clear()
        self._compare()

    def _compare(self) -> None:
        self._cursor = max(0, min(self._cursor, len(self._source) - 1))
        self._resize()
        if not self._prepare():
            self.refresh()
            return
        # Neighbours in one region: telling Textual of one costs about as much as a line.
        first = None
        for y in range(self.size.height + 1):
            differs = y < self.size.height and self._line_at(y) != self._painted.get(y)
            if differs and first is None:
                first = y
            elif not differs and first is not None:
                self.refresh(Region(0, first, self._width, y - first))
                first = None

    def set_accounts(self, accounts: Mapping[str, Account]) -> None:
        """The accounts whose invoices may come; their number and side decide which columns are worth their room."""
        self._painter.take(accounts)
        self.refresh_rows()

    @property
    def tail(self) -> tuple[str, ...]:
        """Lines below the last row, such as what is not loaded yet."""
        return self._tail

    @tail.setter
    def tail(self, lines: Sequence[str]) -> None:
        if tuple(lines) != self._tail:
            self._tail = tuple(lines)
            for line in [line for line in self._strips if line[0] >= len(self._source)]:
                del self._strips[line]
            self._compare()

    def mark(self, tags: Collection[int]) -> None:
        """The rows called so are tagged, and no others; to be called again when `tags` changed."""
        self._tags = tags
        self.refresh_rows()

    @property
    def columns(self) -> tuple[Fitted, ...]:
        """The columns in sight, from left to right."""
        return self._painter.columns

    # Where the cursor is

    @property
    def cursor(self) -> int:
        """The cursor's index; 0 when there are no rows."""
        return self._cursor

    @property
    def cursor_id(self) -> int | None:
        """What the cursor's row is called."""
        return self._source.id(self._cursor) if len(self._source) else None

    @property
    def page_rows(self) -> int:
        """How many rows have room, at least one."""
        return max(1, self.size.height - 1)

    @property
    def first_visible(self) -> int:
        return self.scroll_offset.y

    @property
    def last_visible(self) -> int:
        """The index of the last row in sight; -1 when there is none."""
        return min(self.scroll_offset.y + self.page_rows, len(self._source)) - 1

    def move_to(self, index: int) -> None:
        """Put the cursor on a row, or on the nearest there is, and bring it into sight."""
        index = max(0, min(index, len(self._source) - 1))
        old, self._cursor = self._cursor, index
        if not self._reveal() and index != old:
            self._refresh_row(old)
            self._refresh_row(index)
        if index != old:
            self.post_message(self.CursorMoved(self, index))

    def move_to_end(self) -> None:
        self.move_to(len(self._source) - 1)

    def _reveal(self) -> bool:
        """Scroll as little as brings the cursor into sight, with the tail below the last row; whether it scrolled."""
        before = self.scroll_offset.y
        end = self._cursor + (len(self._tail) if self._cursor == len(self._source) - 1 else 0)
        self.scroll_to(y=min(max(before, end - self.page_rows + 1), self._cursor), animate=False, force=True)
        return self.scroll_offset.y != before

    def _refresh_row(self, index: int) -> None:
        line = index - self.scroll_offset.y + 1
        if 1 <= line < self.size.height:
            self.refresh(Region(0, line, self._width, 1))

    # Keys and mouse

    def action_move_down(self) -> None:
        self.move_to(self._cursor + 1)

    def action_move_up(self) -> None:
        self.move_to(self._cursor - 1)

    def action_half_page_down(self) -> None:
        self.move_to(self._cursor + max(1, self.page_rows // 2))

    def action_half_page_up(self) -> None:
        self.move_to(self._cursor - max(1, self.page_rows // 2))

    def action_page_down(self) -> None:
        self.move_to(self._cursor + self.page_rows)

    def action_page_up(self) -> None:
        self.move_to(self._cursor - self.page_rows)

    def action_first(self) -> None:
        self.move_to(0)

    def action_into(self) -> None:
        if len(self._source):
            self.post_message(self.Activated(self, self._cursor))

    def action_sideways_left(self) -> None:
        self._painter.sideways(-1)
        self.refresh_rows()

    def action_sideways_right(self) -> None:
        self._painter.sideways(1)
        self.refresh_rows()

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor, one on the cursor's row activates it: a double click does both."""
        event.stop()
        if event.y == 0:
            if sort := self._painter.sort_at(event.x):
                self.post_message(self.HeaderClicked(self, sort))
            return
        index = self.scroll_offset.y + event.y - 1
        if index >= len(self._source):
            return
        if index == self._cursor:
            self.action_into()
        else:
            self.move_to(index)

    # Painting

    def on_resize(self) -> None:
        """Another height may have put the cursor out of sight."""
        self._resize()
        if len(self._source):
            self._reveal()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """As ScrollView's, but a bar that looks the same is not drawn again: that would take as long as the rows."""
        bar = self.vertical_scrollbar
        bar.set_reactive(ScrollBar.position, bar.validate_position(new_value))
        if (shown := self._bar()) != self._bar_shown:
            self._bar_shown = shown
            bar.refresh()
        if round(old_value) != round(new_value):
            self.refresh(self.size.region)
            self.post_message(self.WindowMoved(self, round(new_value)))

    def notify_style_update(self) -> None:
        self._strips.clear()
        self._painted.clear()
        self._styles.clear()
        super().notify_style_update()

    @property
    def _width(self) -> int:
        """Without the scroll bar."""
        return self.scrollable_content_region.width

    def _resize(self) -> None:
        """The header stands on the first line and takes it from the rows."""
        size = Size(self._width, 1 + len(self._source) + len(self._tail))
        if size == self.virtual_size:
            return
        # The ordinary assignment lays out and paints the whole screen, for every page that arrives.
        self.set_reactive(InvoiceTable.virtual_size, size)
        if (bar := self._bar()) != self._bar_shown:
            self._bar_shown = bar
            self._scroll_update(size)
        if self.scroll_y > self.max_scroll_y:
            self.scroll_to(y=self.max_scroll_y, animate=False, force=True)

    def _bar(self) -> tuple[int, int]:
        """Where the scroll bar's thumb starts and how long it is, in the eighths of a line in which it is drawn."""
        height, total = self.size.height, self.virtual_size.height
        if not 0 < height < total:
            return 0, 0
        thumb = max(1.0, height * height / total)
        return int((height - thumb) * self.scroll_y / (total - height) * 8), ceil(thumb * 8)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of `crop`, whole and ready: Textual's own styling of single lines would cost more than the rest."""
        self._prepare()
        strips, top = [], self.scroll_offset.y
        for y in crop.line_range:
            strip = self._painted[y] = self._line(top + y - 1 if y else -1)
            strips.append(strip)
        if crop.column_span != (0, self._width):
            # Before the bar is laid out there is a cell without it, and Textual drops a strip that is too short.
            style = self._style("")
            return [strip.crop_extend(*crop.column_span, style) for strip in strips]
        return strips

    def _prepare(self) -> bool:
        """Take note of another width or day; whether there is anything to paint on."""
        width, today = self._width, self._today()
        if (width, today) != (self._painter.width, self._painter.today):
            self._painter.today = today
            self._painter.resize(width)
            self._strips.clear()
            self._painted.clear()
        return self.is_attached and width > 0

    def _line_at(self, y: int) -> Strip:
        return self._line(self.scroll_offset.y + y - 1 if y else -1)

    def _line(self, index: int) -> Strip:
        """The line of a row, of the tail after the rows, or of the header (-1), from the cache if it is there."""
        is_cursor = index == self._cursor
        strip = self._strips.get((index, is_cursor))
        if strip is not None:
            self._strips.move_to_end((index, is_cursor))
            return strip
        row, count = None, len(self._source)
        if index < 0:
            segments = self._painter.header()
        elif index < count:
            row = self._source.row(index)
            is_tagged = bool(self._tags) and self._source.id(index) in self._tags
            segments = self._painter.row(row, is_cursor=is_cursor, is_tagged=is_tagged)
        else:
            segments = self._painter.tail(self._tail[index - count] if index - count < len(self._tail) else "")
        strip = Strip(segments, self._painter.width)
        for line_filter in self.get_line_filters():
            strip = strip.apply_filter(line_filter, self.background_colors[1])
        if row is not None or not 0 <= index < count:  # a row that is not at hand is asked for at every paint
            self._strips[index, is_cursor] = strip
            if len(self._strips) > _STRIPS:
                self._strips.popitem(last=False)
        return strip

    def _style(self, name: str) -> Style:
        style = self._styles.get(name)
        if style is None:
            style = self._styles[name] = self.rich_style + self._look(name)
        return style

    def _look(self, name: str) -> Style:
        """What sets a style apart from a row's. In CSS each would cost as much as a widget."""
        if name == "cursor":
            return Style(reverse=True, dim=None if self.has_focus else True)
        if name == "late":
            return Style(color=Color.parse(self.app.theme_variables["warning"]).rich_color, bold=True)
        return _LOOKS[name]
