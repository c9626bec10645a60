"""Sessions: closing, connections, waits, changes, and what the next session still knows."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from invoicetui.config import load
from invoicetui.credentials import Credentials
from invoicetui.errors import TokenRefused
from invoicetui.ledger.feed import NEWEST_FIRST, Feed
from invoicetui.ledger.query import Query, parse
from invoicetui.ledger.store import Store
from invoicetui.session import CHANGES_PER_SECOND, Session, vendor_facts
from tests.conftest import ConfigFor, Configured, Running, Serve
from tests.servers import faults
from tests.servers.meteroid import FakeMeteroid
from tests.servers.northflank import FakeNorthflank
from tests.servers.opterius import FakeOpterius


def now() -> datetime:
    return datetime.now(UTC)


def until(holds: Callable[[], object], seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        threading.Event().wait(0.005)


Start = Callable[..., Session]


@pytest.fixture
def start() -> Iterator[Start]:
    """`start(configured)`: a session over its accounts, its ledger in memory or at a path; closed at the end."""
    sessions: list[Session] = []

    def begin(configured: Configured, path: Path | None = None) -> Session:
        accounts = load(configured.path, vendor_facts()).accounts
        session = Session(accounts, Store.open(path, clock=now), Credentials(environ=configured.env), clock=now)
        sessions.append(session)
        return session

    yield begin
    for session in sessions:
        session.close()


def everything(session: Session) -> Query:
    return parse("", list(session.accounts.values()))


def asked(running: Running, name: str = "page") -> list[str]:
    return [request.value(name) or "" for request in running.server.asked]


def expected(running: Running) -> set[str]:
    return {str(row["key"]) for row in running.fake.expected("a")}


def held(session: Session) -> set[str]:
    ids = session.store.view(everything(session), NEWEST_FIRST, list(session.accounts), session.today())
    return {row.key for row in session.store.rows(ids) if row is not None}


def load_all(session: Session) -> None:
    session.submit(lambda feed: feed.load_all(everything(session))).result(10)


def more(session: Session) -> None:
    async def one(feed: Feed) -> None:
        (stand,) = feed.stands(everything(session))
        await feed.more(everything(session), stand)

    session.submit(one).result(10)


# Closing a session


def test_a_session_closes_in_the_middle_of_a_page(serve: Serve, config_for: ConfigFor, start: Start) -> None:
    fake = FakeMeteroid(1_000)
    running = serve(fake, faults.slow(fake.answer, 5, nths=range(2, 99)))
    session = start(config_for({"a": running}))
    session.submit(lambda feed: feed.open(everything(session))).result(10)
    wish = session.submit(lambda feed: feed.load_all(everything(session)))
    until(lambda: session.condition("a").is_loading)
    begun = time.monotonic()
    session.close()
    assert time.monotonic() - begun < 1
    assert wish.cancelled()
    assert session.condition("a").problem is None, "its connection was closed after it had ended"
    session.close()


def test_a_stuck_reader_does_not_keep_a_session_open(serve: Serve, config_for: ConfigFor, start: Start) -> None:
    session = start(config_for({"a": serve(FakeNorthflank(3))}))
    stuck, holds = threading.Event(), threading.Event()

    def hold() -> None:
        with session.store._reading():
            holds.set()
            stuck.wait()

    view = session.reader.submit("view", hold)
    assert holds.wait(5)
    begun = time.monotonic()
    session.close()
    assert time.monotonic() - begun < 2
    stuck.set()
    view.result(5)
    session.store.close()


# The ledger between sessions


def test_the_next_session_goes_on_where_this_one_ended(
    serve: Serve, config_for: ConfigFor, start: Start, tmp_path: Path
) -> None:
    running = serve(FakeOpterius(650))
    configured, path = config_for({"a": running}), tmp_path / "ledger" / "ledger.db"
    first = start(configured, path)
    for _ in range(3):
        more(first)
    (stand,) = first.stands(everything(first))
    first.close()
    assert asked(running) == ["1", "2", "3"]
    running.server.asked.clear()

    second = start(configured, path)
    assert len(held(second)) == 300, "before anything is asked"
    second.submit(lambda feed: feed.open(everything(second))).result(10)
    (resumed,) = second.stands(everything(second))
    assert (resumed.horizon, resumed.total) == (stand.horizon, 650)
    load_all(second)
    assert asked(running) == ["1", "4", "5", "6", "7"]
    assert held(second) == expected(running)
    second.close()
    running.server.asked.clear()

    running.fake.add()
    third = start(configured, path)
    load_all(third)
    assert asked(running) == ["1"]
    assert held(third) == expected(running)
    assert third.condition("a").problem is None


def test_a_cursor_survives_the_night(serve: Serve, config_for: ConfigFor, start: Start, tmp_path: Path) -> None:
    running = serve(FakeNorthflank(350, generation="G3"))
    configured, path = config_for({"a": running}), tmp_path / "ledger" / "ledger.db"
    first = start(configured, path)
    more(first)
    more(first)
    first.close()
    running.server.asked.clear()
    second = start(configured, path)
    load_all(second)
    assert len(running.server.asked) == 3, "the first page, and the two that were never read"
    assert held(second) == expected(running)


def test_ten_thousand_invoices_cost_one_request(serve: Serve, config_for: ConfigFor, start: Start) -> None:
    running = serve(FakeMeteroid(10_000))
    session = start(config_for({"a": running}))
    wishes = [session.submit(lambda feed: feed.open(everything(session))) for _ in range(5)]
    for wish in wishes:
        wish.result(10)
    assert asked(running) == ["0"]
    assert session.condition("a").total == 10_000


def test_a_refresh_brings_old_invoices_that_were_paid(serve: Serve, config_for: ConfigFor, start: Start) -> None:
    fake = FakeOpterius(400)
    running = serve(fake)
    session = start(config_for({"a": running}))
    load_all(session)
    at = next(index for index in range(350, 400) if fake.truths[index].status == "overdue")
    key = str(fake.truths[at].id)
    row = session.store.find("a", key)
    assert row is not None
    assert row.status(session.today()) == "overdue"
    fake.truths[at] = replace(fake.truths[at], status="paid", amount_due=0)
    session.submit(lambda feed: feed.refresh(["a"])).result(10)
    row = session.store.find("a", key)
    assert row is not None
    assert row.status(session.today()) == "paid"
    assert session.condition("a").problem is None


# Connections


def test_a_wait_is_told_while_it_lasts(serve: Serve, config_for: ConfigFor, start: Start) -> None:
    fake = FakeMeteroid(5)
    running = serve(fake, faults.slow(faults.rate_limited(fake.answer, fake, 1), 0.3, nths=(2,)))
    session = start(config_for({"a": running}))
    wish = session.submit(lambda feed: feed.open(everything(session)))
    until(lambda: session.condition("a").waiting)
    assert session.condition("a").waiting == "rate limited, again in 1 s (1 of 4)"
    until(lambda: len(running.server.asked) == 2 or not session.condition("a").waiting)
    until(lambda: not session.condition("a").waiting, 0.25)
    assert not wish.done(), "the retry is under way, and the wait is over"
    wish.result(10)
    assert session.condition("a").problem is None


def test_a_wait_that_nobody_waits_for_is_told_no_more(serve: Serve, config_for: ConfigFor, start: Start) -> None:
    fake = FakeMeteroid(5)
    running = serve(fake, faults.rate_limited(fake.answer, fake, 1, retry_after="30"))
    session = start(config_for({"a": running}))
    wish = session.submit(lambda feed: feed.open(everything(session)))
    until(lambda: session.condition("a").waiting)
    wish.cancel()
    until(lambda: not session.condition("a").waiting, 1)
    assert not session.condition("a").is_loading


def test_a_refused_token_closes_no_connection_that_is_in_use(serve: Serve, config_for: ConfigFor, start: Start) -> None:
    fake = FakeOpterius(5)
    running = serve(fake, faults.slow(faults.replaced(fake.answer, fake.refusal(401), (2,)), 0.2, nths=(1,)))
    session = start(config_for({"a": running}))
    fetch = session.submit(_fetcher).result(10)
    first, second = (session.feed().vendors["a"].single(str(truth.id)) for truth in fake.truths[:2])
    answered = session.submit(lambda feed: fetch(first))
    until(lambda: running.server.asked)
    with pytest.raises(TokenRefused, match="INVOICETUI_TOKEN_A") as refused:
        session.submit(lambda feed: fetch(second)).result(10)
    assert fake.token not in str(refused.value)
    assert answered.result(10).status == 200
    assert len(running.server.asked) == 2


def test_a_refused_token_is_looked_for_again(serve: Serve, config_for: ConfigFor, start: Start) -> None:
    configured = config_for({"a": serve(FakeNorthflank(3))})
    right = configured.env["INVOICETUI_TOKEN_A"]
    configured.env["INVOICETUI_TOKEN_A"] = "wrong"
    session = start(configured)
    session.submit(lambda feed: feed.open(everything(session))).result(10)
    assert isinstance(session.condition("a").problem, TokenRefused)
    configured.env["INVOICETUI_TOKEN_A"] = right
    session.submit(lambda feed: feed.refresh(["a"])).result(10)
    assert session.condition("a").problem is None
    assert len(held(session)) == 3


def test_what_was_asked_for_the_account_as_it_was_goes_to_no_other_host(
    serve: Serve, config_for: ConfigFor, start: Start
) -> None:
    old, new = serve(FakeNorthflank(3, token="old-token")), serve(FakeNorthflank(5, token="new-token"))
    configured = config_for({"a": old})
    session = start(configured)
    session.submit(lambda feed: feed.open(everything(session))).result(10)
    former = session.submit(_fetcher).result(10)
    session.put_account(replace(session.accounts["a"], base_url=new.server.url)).result(10)
    request = session.feed().vendors["a"].single("x")
    with pytest.raises(CancelledError):
        session.submit(lambda feed: former(request)).result(10)
    assert new.server.asked == []


async def _fetcher(feed: Feed) -> Any:
    return feed._fetch["a"]


# Changes


def test_changes_are_told_at_once_and_then_at_most_ten_times_a_second(
    serve: Serve, config_for: ConfigFor, start: Start
) -> None:
    session = start(config_for({"a": serve(FakeNorthflank(3))}))
    told: list[tuple[float, frozenset[str]]] = []
    session.on_change = lambda accounts: told.append((time.monotonic(), accounts))

    async def busy(feed: Feed) -> float:
        begun = time.monotonic()
        while time.monotonic() < begun + 0.45:
            session._change("a")
            session._change("b")
            await asyncio.sleep(0.001)
        return begun

    begun = session.submit(busy).result(5)
    until(lambda: told[-1][0] > begun + 0.45)
    assert told[0][0] - begun < 0.1
    assert 3 <= len(told) <= 0.55 * CHANGES_PER_SECOND + 2
    assert all(later - earlier > 0.09 for (earlier, _), (later, _) in pairwise(told))
    assert told[0][1] <= {"a", "b"}
    assert told[-1][1] == {"a", "b"}


def test_the_first_news_of_an_account_is_its_first_page(serve: Serve, config_for: ConfigFor, start: Start) -> None:
    fake = FakeNorthflank(3)
    session = start(config_for({"a": serve(fake, faults.slow(fake.answer, 0.05))}))
    seen: list[int] = []
    session.on_change = lambda accounts: seen.append(len(held(session)))
    assert session.condition("a").is_loading, "as it is shown from the beginning"
    session.submit(lambda feed: feed.open(everything(session))).result(10)
    until(lambda: seen)
    assert seen[0] == 3


def test_after_much_was_loaded_the_ledger_is_tidied(
    serve: Serve, config_for: ConfigFor, start: Start, tmp_path: Path
) -> None:
    path = tmp_path / "ledger.sqlite"
    session = start(config_for({"a": serve(FakeMeteroid(2000))}), path)
    before = path.stat().st_size
    load_all(session)
    until(lambda: path.stat().st_size > before + 500_000)


@pytest.mark.skipif(find_spec("click") is None, reason="httpx has no command line without click")
def test_httpx_comes_without_its_command_line() -> None:
    script = (
        "import sys\nfrom datetime import UTC, datetime\nfrom invoicetui.account import Account, Side\n"
        "from invoicetui.ledger.store import Store\nfrom invoicetui.session import Session\n"
        "account = Account('a', 'northflank', 'a', Side.RECEIVED, 'https://a.invalid')\n"
        "clock = lambda: datetime.now(UTC)\n"
        "session = Session([account], Store.open(None, clock=clock), None, clock=clock)\n"
        "session.visitor('a', 'https://b.invalid')\nprint('httpx' in sys.modules, 'click' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30)
    assert ran.stdout.split() == ["True", "False"]
