"""Tags: which invoices of a list the next key is about, and what they come to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from invoicetui.account import Side
from invoicetui.money import Money
from invoicetui.session import Session
from invoicetui.standing import Kind
from invoicetui.tuples import NamedTuple
from invoicetui.ui.apart import apart
from invoicetui.ui.bindings import bindings
from invoicetui.ui.desk import Desk
from invoicetui.ui.invoice_screen import NOTHING, InvoiceScreen
from invoicetui.ui.reviews import Reviews
from invoicetui.ui.screen import latest_of
from invoicetui.ui.table import InvoiceTable

if TYPE_CHECKING:
    from invoicetui.account import Account
    from invoicetui.ledger.store import Row, View

_BLOCK = 512


class Tags:
    """Row ids, in the order in which they were tagged. A range is open between its first key and its second."""

    def __init__(self) -> None:
        self._ids: dict[int, None] = {}
        #: The row a range began at.
        self.anchor: int | None = None

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, id: object) -> bool:
        return id in self._ids

    def __iter__(self) -> Iterator[int]:
        return iter(self._ids)

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(self._ids)

    def toggle(self, id: int) -> None:
        if id in self._ids:
            del self._ids[id]
        else:
            self._ids[id] = None

    def add(self, ids: Iterable[int]) -> None:
        self._ids.update(dict.fromkeys(ids))
        self.anchor = None

    def clear(self) -> bool:
        """Take all away, and an open range; whether there was any."""
        had_any = bool(self._ids) or self.anchor is not None
        self._ids.clear()
        self.anchor = None
        return had_any


class Sums(NamedTuple):
    """What tagged invoices come to: totals by side and currency, credit notes subtracted; currencies never add.

    `unknown` have no known amount; `hidden` are tagged but not in the list as it is filtered now.
    """

    totals: Mapping[tuple[Side, str], Money]
    unknown: int = 0
    hidden: int = 0

    def words(self, count: int) -> list[str]:
        """`3 tagged`, `USD 1,234.50`, `EUR 3.00`, `issued EUR 9.00`, `+1 unknown`."""
        parts = [f"{count:,} tagged" + (f" ({self.hidden:,} not shown)" if self.hidden else "")]
        for (side, _), money in sorted(self.totals.items(), key=lambda item: (item[0][0] is Side.ISSUED, item[0][1])):
            parts.append(f"issued {money}" if side is Side.ISSUED else str(money))
        return [*parts, f"+{self.unknown:,} unknown"] if self.unknown else parts


def add_up(
    ids: Sequence[int],
    shown: View,
    rows: Callable[[Sequence[int]], Sequence[Row | None]],
    accounts: Mapping[str, Account],
    is_wanted: Callable[[], bool],
) -> Sums | None:
    """Read the tagged rows and add their totals, as long as somebody wants to know. Blocks."""
    totals: dict[tuple[Side, str], Money] = {}
    unknown = 0
    for start in range(0, len(ids), _BLOCK):
        if not is_wanted():
            return None
        for row in rows(ids[start : start + _BLOCK]):
            if row is None or row.account not in accounts:
                continue
            total = row.total
            if total is None:
                unknown += 1
                continue
            if row.kind is Kind.CREDIT_NOTE:
                total = Money(-abs(total.minor), total.currency, total.exponent)
            key = (accounts[row.account].side, total.currency)
            totals[key] = totals[key] + total if key in totals else total
    return Sums(totals, unknown, shown.lacking(ids))


class TaggingScreen(InvoiceScreen):
    """A list whose rows can be tagged. Tags belong to invoices: they stay when the list is filtered or sorted."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("invoices", "tag", "tag-range", "tag-all", "untag")]

    def __init__(self, session: Session, desk: Desk) -> None:
        super().__init__(session, desk)
        self.tags = Tags()
        self._tagged = Sums({})
        self._asked = 0
        self._additions = Reviews(self, self.add_up_tags)

    @property
    def table(self) -> InvoiceTable:
        """The list."""
        raise NotImplementedError

    @property
    def shown_ids(self) -> View:
        """The rows of the list, in order."""
        raise NotImplementedError

    def tagged(self) -> tuple[int, ...]:
        return self.tags.ids

    def tag_words(self) -> list[str]:
        """How many are tagged, and what they come to; nothing when none is."""
        return self._tagged.words(len(self.tags)) if self.tags else []

    def tags_changed(self) -> None:
        """Mark the tagged rows, and add them up."""
        self.table.mark(self.tags)
        self.add_up_tags()
        self.update_lines()

    def add_up_tags(self, *, is_later: bool = False) -> None:
        """Add up what is tagged; `is_later`: nobody chose anything else, but rows came."""
        if self.tags and is_later:
            self._additions.rows_came()
        elif self.tags:
            latest_of(self, "tags", self._add_up)

    async def _add_up(self) -> None:
        ids, shown, rows = self.tags.ids, self.shown_ids, self.session.store.rows
        accounts = {account.id: account for account in self.shown_accounts}
        self._asked = asked = self._asked + 1
        # Not on the reader thread: many tagged rows would keep the next view waiting.
        sums = await self._additions.read(
            apart(lambda: add_up(ids, shown, rows, accounts, lambda: self._asked == asked))
        )
        if sums is not None:
            self._tagged = sums
            self.update_lines()

    def action_tag(self) -> None:
        """Tag or untag the row and go on to the next."""
        here = self.table.cursor_id
        if here is None:
            self.say(NOTHING)
            return
        self.tags.toggle(here)
        self.tags_changed()
        self.table.move_to(self.table.cursor + 1)

    def action_tag_range(self) -> None:
        """Begin a range at the row, or end it here."""
        here, ids = self.table.cursor_id, self.shown_ids
        begun = self._index(self.tags.anchor)
        if here is None:
            self.say(NOTHING)
        elif begun is None:
            self.tags.anchor = here
            self.said = ""
            self.update_lines()
        else:
            first, last = sorted((begun, self.table.cursor))
            self.tags.add(ids[first : last + 1])
            self.tags_changed()

    def _index(self, id: int | None) -> int | None:
        return None if id is None else self.table.source.find(id)

    def action_tag_all(self) -> None:
        """Every row the list shows, which is what is loaded."""
        self.tags.add(self.shown_ids)
        self.tags_changed()

    def action_untag(self) -> None:
        self.tags.clear()
        self.tags_changed()
