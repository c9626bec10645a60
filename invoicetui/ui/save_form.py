"""Saving PDFs elsewhere, under other names, or all of some days."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from invoicetui.errors import ConfigError, QueryError
from invoicetui.ledger.feed import NEWEST_FIRST
from invoicetui.ledger.query import parse
from invoicetui.model import Account
from invoicetui.session import Session
from invoicetui.ui.desk import Desk
from invoicetui.ui.fields import Field, text_input
from invoicetui.ui.form import Form

if TYPE_CHECKING:
    from invoicetui.ledger.store import Row


class SaveForm(Form):
    """Begins to save and answers with ""; the desk says how far it is."""

    def __init__(
        self, session: Session, desk: Desk, accounts: Sequence[Account], row: Row | None, tagged: Sequence[int]
    ) -> None:
        super().__init__()
        self._session, self._desk, self._accounts = session, desk, tuple(accounts)
        self._row, self._tagged = row, tuple(tagged)

    def compose(self) -> ComposeResult:
        if self._tagged:
            what = f"the {len(self._tagged)} tagged invoices"
        else:
            what = (self._row.number or self._row.key) if self._row is not None else "no invoice"
        with Vertical(classes="sheet"):
            yield Static(f" save PDFs: {what}, or those of a period", classes="line title", markup=False)
            yield Field("folder", "Folder", text_input(str(self._desk.folder)), "made when it is missing")
            yield Field(
                "period",
                "Period",
                text_input(),
                f"days of issue, 2026-03 or 2026-01..2026-03, of what is loaded; empty: {what}",
                check=self._wrong_period,
            )
            names = "fields: vendor account label year month issued number key total currency customer"
            yield Field("names", "Names", text_input(self._desk.pattern), names, is_required=True)
            yield Static(id="form-bottom", markup=False)
            yield Static(" enter next, then save  ctrl+s save  esc cancel", classes="line hints", markup=False)

    async def attempt(self) -> str | None:
        folder = _whole(self.field("folder").value)
        if not folder.is_absolute():
            self.fail("folder", "start it with / or ~/")
            return None
        names, period = self.field("names").value, self.field("period").value
        try:
            place = self._desk.folder_of(folder, names or self._desk.pattern)
        except ConfigError as error:
            self.fail("names", str(error))
            return None
        if wrong := self._wrong_period(period):
            self.fail("period", wrong)
            return None
        ids = await self._ids(period)
        if not ids:
            self.fail("period", "no invoice that is loaded was issued then; G G in the list loads all")
            return None
        self._desk.save_all(ids, place)
        return ""

    async def _ids(self, period: str) -> tuple[int, ...]:
        if not period:
            return self._tagged or ((self._row.id,) if self._row is not None else ())
        query, names = parse(f"issued:{period}", self._accounts), [account.id for account in self._accounts]
        store, today = self._session.store, self._session.today()
        wish = self._session.reader.submit("period", lambda: store.view(query, NEWEST_FIRST, names, today))
        ids = await asyncio.wrap_future(wish)
        return tuple(ids)

    def _wrong_period(self, text: str) -> str | None:
        if not text:
            return None
        try:
            parse(f"issued:{text}", self._accounts)
        except QueryError as error:
            return str(error)
        return "a period is one word" if " " in text.strip() else None


def _whole(text: str) -> Path:
    """A path as a person types it."""
    return Path(os.path.expanduser(text))
