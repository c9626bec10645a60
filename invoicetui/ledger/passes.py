"""How far a walk is, and what it has seen since it last began: enough to tell whether its pages would never end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from invoicetui.errors import InvoicetuiError
from invoicetui.ledger.keys import Keys
from invoicetui.ledger.store import Encoded, WalkState
from invoicetui.vendors.base import Entry, Page

#: How often a pass goes back for rows that moved to an earlier page; a server whose total is never the same ends here.
MAX_SHIFTS = 3


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a walk is: one value at any moment, for any thread.

    `arrived` counts the pages of this session, `problem` says why the walk cannot go on by itself (cleared when a page
    arrives), `unreadable` has a sentence for each record that could not be read (its key and why), by
    key.
    """

    state: WalkState
    is_open: bool = False
    is_loading: bool = False
    arrived: int = 0
    problem: InvoicetuiError | None = None
    unreadable: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_more(self) -> bool:
        """There are pages that were not read, whether or not they can be had now."""
        return not (self.is_open and self.state.is_exhausted)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A page, the token it was asked for with, and the number of the question."""

    token: str
    question: int
    page: Page


@dataclass(slots=True)
class Pass:
    """Pages since the walk last began at its first one with nothing known behind it.

    `keys` of the rows that it brought, `tokens` of the pages. `is_whole`: it has read every page so far itself, none
    was read in an earlier one. `pushed` counts the rows that came in front since: they repeat as many further on.
    `shifts` counts how often it went back.
    """

    keys: Keys = field(default_factory=Keys)
    tokens: set[str] = field(default_factory=set)
    is_whole: bool = False
    pushed: int = 0
    shifts: int = 0

    def copy(self) -> Pass:
        return replace(self, keys=self.keys.copy(), tokens=set(self.tokens))

    def may_shift(self) -> bool:
        """Whether it may go back once more; if so that is counted."""
        self.shifts += 1
        return self.shifts <= MAX_SHIFTS

    def was_read(self, token: str, arrival: Arrival) -> bool:
        """Whether a page is the one that just arrived or came before it."""
        return token == arrival.token or token in self.tokens

    def stopped(self, arrival: Arrival, fresh: int, again: int, max_pages: int) -> str:
        """Why the page that arrived must be the last, or ""; to be asked once a page.

        `fresh` counts its rows that this pass had not brought, `again` the others.
        """
        page = arrival.page
        if page.next is not None and self.was_read(page.next, arrival):
            return "the vendor sent the same cursor again, so its pages would never end"
        if page.records and not page.may_repeat and not fresh:
            if again > self.pushed:
                return "the vendor sent the same page again, so the pages after it cannot be read"
            self.pushed -= again
        if page.next is not None and len(self.tokens) + 1 >= max_pages:
            return f"the vendor's list did not end after {max_pages:,} pages"
        return ""


@dataclass(frozen=True, slots=True)
class Taken:
    """A page that arrived, its records as they were read, and by key what the ledger keeps of each."""

    arrival: Arrival
    entries: Sequence[Entry]
    rows: Mapping[str, Encoded]

    @property
    def keys(self) -> list[str]:
        return [entry.invoice.key for entry in self.entries]

    @property
    def problems(self) -> dict[str, str]:
        """A sentence for each record that could not be read, by key."""
        bad = [(entry.invoice.key, entry.problem) for entry in self.entries if entry.problem is not None]
        return {key: f"{key}: {problem}" for key, problem in bad}


def is_window_known(before: WalkState, page: Page) -> bool:
    """A first window that reaches back to when the last one was read leaves no gap, even if both hold nothing."""
    return page.reaches is not None and before.fetched_at is not None and before.fetched_at.date() >= page.reaches


def change(before: int | None, now: int | None) -> int:
    """By how much a count has changed, as far as that is known."""
    return now - before if before is not None and now is not None else 0


def advanced(state: WalkState, page: Page, entries: Sequence[Entry], *, pages: int) -> WalkState:
    """How far a walk is when it stood there and then read this page."""
    days = [entry.invoice.issued for entry in entries if entry.invoice.issued is not None]
    reached = [page.reaches] if page.reaches is not None else days
    return state._replace(
        next=page.next,
        is_exhausted=page.next is None,
        total=page.total if page.total is not None else state.total,
        horizon=min([*reached, state.horizon] if state.horizon else reached, default=None),
        pages=pages,
    )
