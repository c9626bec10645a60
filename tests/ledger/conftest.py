from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from invoicetui.ledger.store import Store
from tests.ledger.ledgers import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """A ledger in memory and one in a file: what holds for one holds for the other."""
    opened = Store.open(tmp_path / "cache" / "ledger.db" if request.param == "file" else None, clock=clock)
    assert opened.warning == ""
    yield opened
    opened.close()
