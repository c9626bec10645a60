"""Sorting: the moment between the sort key and its letter, and how a column is sorted first."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen
from textual.widgets import Static

from invoicetui.ledger.order import Field, Sort
from invoicetui.ui.actions import CATALOGUE, keys_of, shown
from invoicetui.ui.bindings import bindings


class SortMenu(ModalScreen[Field | None]):
    """Answers with the field to sort by; None when the user thought better of it."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("sort"), *bindings("app", "cancel", "back-or-quit")]

    def compose(self) -> ComposeResult:
        letters = [f"{shown(keys_of(action)[0])} {action.label}" for action in CATALOGUE if action.scope.name == "sort"]
        yield Static(" sort by  " + "  ".join(letters) + "  esc", classes="line", markup=False)

    def action_date(self) -> None:
        self.dismiss("date")

    def action_due(self) -> None:
        self.dismiss("due")

    def action_number(self) -> None:
        self.dismiss("number")

    def action_vendor(self) -> None:
        self.dismiss("vendor")

    def action_total(self) -> None:
        self.dismiss("total")

    def action_status(self) -> None:
        self.dismiss("status")

    def action_period(self) -> None:
        self.dismiss("period")

    def action_cancel(self) -> None:
        self.dismiss(None)

    def action_back_or_quit(self) -> None:
        self.dismiss(None)


def default_order(field: Field) -> Sort:
    """How a column is first sorted: dates and amounts from the top, words from A."""
    return Sort(field, field in ("date", "due", "total", "period"))
