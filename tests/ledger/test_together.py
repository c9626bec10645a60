"""Pages that have arrived together are stored together, all or none, and the walk stands where the ledger does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from invoicetui.errors import LedgerError
from invoicetui.ledger.store import Put, Store, WalkState, encoded
from invoicetui.ledger.walk import TOGETHER
from tests.ledger.ledgers import entry, invoice, listed
from tests.ledger.scripted import Server, stored, walk


class Refusing:
    """A store that refuses one page, once."""

    def __init__(self, store: Store, page: int) -> None:
        self._store, self._page = store, page

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def put_page(self, owner: str, rows: Sequence[Any], state: WalkState, **options: Any) -> Put:
        if state.pages == self._page:
            self._page = 0
            raise LedgerError("the disk is full")
        return self._store.put_page(owner, rows, state, **options)


def transactions(store: Store) -> list[str]:
    """The beginnings of those that are written from now on."""
    begun: list[str] = []
    store._writer.set_trace_callback(lambda sql: begun.append(sql) if sql.startswith("BEGIN IMM") else None)
    return begun


async def test_numbered_pages_share_transactions(store: Store) -> None:
    mine = walk(Server(400), store)
    begun = transactions(store)
    await mine.rest()
    assert len(stored(store)) == 400
    assert 40 / TOGETHER <= len(begun) <= 30


async def test_pages_that_come_one_after_another_are_stored_as_they_come(store: Store) -> None:
    mine = walk(Server(100, is_numbered=False), store)
    begun = transactions(store)
    await mine.rest()
    assert len(stored(store)) == 100
    assert len(begun) == 10


@pytest.mark.parametrize("page", range(2, 9))
async def test_a_page_that_is_refused_takes_those_with_it_back_and_no_more(store: Store, page: int) -> None:
    server = Server(200)
    mine = walk(server, Refusing(store, page))  # type: ignore[arg-type]  # stands in for the store
    with pytest.raises(LedgerError):
        await mine.rest()
    assert page - TOGETHER <= mine.state.pages < page
    assert len(stored(store)) == 10 * mine.state.pages
    assert mine.state == store.walk("acme", "")
    assert mine.progress.arrived == mine.state.pages
    await mine.rest()
    assert (stored(store), mine.problem) == (server.keys, None)


def test_writes_within_are_all_kept_or_none(store: Store) -> None:
    first, second = ([encoded(entry(invoice(key)))] for key in ("a1", "a2"))
    with store.together():
        store.put_page("acme", first, WalkState("acme", "", pages=1), walked=True)
        store.put_page("acme", second, WalkState("acme", "", pages=2), walked=True)
    assert listed(store) == ["a1", "a2"]
    third = [encoded(entry(invoice("a3")))]

    def put_both() -> None:
        with store.together():
            store.put_page("acme", third, WalkState("acme", "", pages=3), walked=True)
            store.put_page("acme", [], WalkState("acme", "", total=10**30), walked=True)

    with pytest.raises(LedgerError):
        put_both()
    assert listed(store) == ["a1", "a2"]
    state = store.walk("acme", "")
    assert state is not None
    assert state.pages == 2
    store.put_page("acme", third, WalkState("acme", "", pages=3), walked=True)
    assert listed(store) == ["a1", "a2", "a3"]
