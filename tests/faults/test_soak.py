"""Thousands of faults at random under a browser that somebody keeps using: it ends as if nothing had happened.

INVOICETUI_SOAK is how many faults to sit out, INVOICETUI_SOAK_SEED the seed of another course.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
from textual import events
from textual.keys import _character_to_key

from invoicetui.errors import InvoicetuiError
from invoicetui.ledger.feed import Feed
from tests.conftest import ConfigFor, Running
from tests.faults.bench import KINDS, SIZE, VENDORS, Bench, impatient, session_over
from tests.faults.outcomes import OUTCOMES, Change
from tests.faults.test_browser import browser_over
from tests.servers.fake import Fake
from tests.servers.faults import Switch, sized
from tests.servers.serving import Query, Reply, Server
from tests.ui.browsing import Browser

FAULTS = int(os.environ.get("INVOICETUI_SOAK", "2000"))
SEED = int(os.environ.get("INVOICETUI_SOAK_SEED", "7"))
COUNTS = {"voxmind": 15, "northflank": 15, "meteroid": 15, "opterius": 15, "versori": 60}
#: Faults that take real time are rare, or a run would be long and not hard.
SLOW = {"silence": 0.002, "in drips": 0.005, "late": 0.05}
LEFT_OUT = {"a bomb", "too large"}
KEYS = (
    *("j", "k", "g", "G", "ctrl+f", "ctrl+b", "r", "R", "r", "R", "escape", "enter", "h", "tab"),
    *("!", "]", "S", "?"),
)
FILTERS = ("status:open", "status:paid", "vendor:versori", "issued:2026", "total>100", "nothing", "status:overdue")


class Chaos(Switch):
    """Answers go wrong at random while `is_on`; `counts` says how often which did."""

    def __init__(self, fake: Fake, course: random.Random) -> None:
        super().__init__(sized(fake.answer, SIZE))
        self.is_on = True
        self.counts: Counter[str] = Counter()
        self._course = course
        self._changes: Mapping[str, Change] = {
            name: outcome.change(fake) for name, outcome in OUTCOMES.items() if name not in LEFT_OUT
        }
        self._weights = [SLOW.get(name, 1.0) for name in self._changes]

    def __call__(self, method: str, path: str, query: Query, headers: Mapping[str, str], body: bytes) -> Reply:
        reply = super().__call__(method, path, query, headers, body)
        # A refusal, of a casing that is not known yet, is fault enough, and has no list to change.
        if not self.is_on or self._course.random() < 0.15 or reply.status != 200:
            return reply
        (name,) = self._course.choices(list(self._changes), self._weights)
        self.counts[name] += 1
        return self._changes[name](reply)


@contextmanager
def chaotic(config_for: ConfigFor) -> Iterator[tuple[Bench, dict[str, Chaos]]]:
    """A bench of its own: the fixtures' servers end only when the test has."""
    fakes = {name: KINDS[name](COUNTS[name]) for name in VENDORS}
    chaos = {name: Chaos(fake, random.Random(f"{SEED} {name}")) for name, fake in fakes.items()}
    running = {
        name: Running(fake, Server(chaos[name], authorization=fake.authorization)) for name, fake in fakes.items()
    }
    configured = config_for(running)
    session = session_over(configured, client=impatient(read_seconds=0.5, max_body=1 << 20))
    try:
        yield Bench(running, chaos, session, configured), chaos
    finally:
        session.close()
        for one in running.values():
            one.server.close()


def _open_files() -> Counter[str]:
    """What this process has open, sockets without their numbers."""
    found: Counter[str] = Counter()
    for name in os.listdir("/proc/self/fd"):
        try:
            found[os.readlink(f"/proc/self/fd/{name}").partition(":[")[0]] += 1
        except FileNotFoundError:  # the listing's own
            continue
    return found


def _held() -> tuple[Counter[str], set[str], int]:
    gc.collect()
    names = {thread.name for thread in threading.enumerate() if not thread.name.startswith("asyncio_")}
    return _open_files(), names, len(asyncio.all_tasks())


def struck(bench: Bench) -> int:
    """How many faults there were."""
    return sum(one.counts.total() for one in bench.switches.values() if isinstance(one, Chaos))


class Person:
    """Uses the browser at random, and the vendors' offices go on working meanwhile."""

    def __init__(self, bench: Bench, browser: Browser, course: random.Random) -> None:
        self._bench, self._browser, self._course = bench, browser, course
        self._wishes: list[Future[Any]] = []

    async def act(self) -> None:
        """One thing that a person or an office might do, and as many wishes as meet 40 faults."""
        doings: tuple[tuple[int, Callable[[], Any]], ...] = (
            (40, self._key),
            (4, self._filter),
            (4, self._load_all),
            (6, self.home),
            (3, self._bill),
            (3, self._pay),
            (2, self._edit),
            (2, self._renew_token),
        )
        (doing,) = self._course.choices([doing for _, doing in doings], [weight for weight, _ in doings])
        await doing()
        enough = struck(self._bench) + 40
        while struck(self._bench) < enough:
            await self._wish()

    async def rest(self) -> None:
        """Wait for every wish that was not given up."""
        await asyncio.gather(*map(asyncio.wrap_future, self._wishes), return_exceptions=True)

    async def press(self, *keys: str) -> None:
        """Not the pilot's, which waits up to a second for a process that is never idle."""
        for key in keys:
            character = key if len(key) == 1 else None
            self._browser.app.post_message(events.Key(_character_to_key(key) if character else key, character))
            await self._handled()

    async def _handled(self) -> None:
        """Wait until the app has come to the end of what it was told."""
        told = asyncio.Event()
        self._browser.app.call_later(told.set)
        await told.wait()

    async def home(self) -> None:
        """Back to the inbox, wherever that is from."""
        await self.press("escape", "escape", "escape", "escape", "g", "enter")

    async def _key(self) -> None:
        await self.press(self._course.choice(KEYS))

    async def _filter(self) -> None:
        await self.home()
        await self.press("/", *self._course.choice(FILTERS), "enter")

    async def _load_all(self) -> None:
        await self.home()
        await self.press("G", "G")

    async def _wish(self) -> None:
        """A refresh, everything, a filtered list or single invoices; one in three is given up half way."""
        bench, names = self._bench, self._course.sample(VENDORS, 3)
        query = bench.query(self._course.choice(("", *FILTERS)), names)
        keys = {name: self._course.choice(bench.running[name].fake.expected(name))["key"] for name in names}
        work: Callable[[Feed], Coroutine[Any, Any, None]] = self._course.choice(
            (
                lambda feed: feed.refresh(names),
                lambda feed: feed.load_all(query),
                lambda feed: feed.open(query),
                lambda feed: _details(feed, keys),
            )
        )
        self._wishes.append(bench.begin(work))
        await asyncio.sleep(self._course.random() / 100)
        if self._course.random() < 0.3:
            self._course.choice(self._wishes).cancel()
        self._wishes = [wish for wish in self._wishes if not wish.done()][-9:]

    async def _bill(self) -> None:
        vendor = self._course.choice(("voxmind", "meteroid"))
        self._bench.running[vendor].fake.add()

    async def _pay(self) -> None:
        fake: Any = self._bench.running["opterius"].fake
        # On the first page: an older one is asked for singly, and no more in a session in which that was refused.
        open_ones = [at for at, truth in enumerate(fake.truths[:SIZE]) if truth.status in ("unpaid", "overdue")]
        if open_ones:
            at = self._course.choice(open_ones)
            fake.truths[at] = replace(fake.truths[at], status="paid", amount_due=0)

    async def _edit(self) -> None:
        """The account's label changes: what runs for it ends."""
        account = self._bench.session.accounts[self._course.choice(VENDORS)]
        label = f"{account.id} {self._course.randrange(10)}"
        await asyncio.wrap_future(self._bench.session.put_account(replace(account, label=label)))

    async def _renew_token(self) -> None:
        vendor = self._course.choice(VENDORS)
        token = f"renewed/{self._course.randrange(1 << 40)}"
        self._bench.running[vendor].fake.token = token
        self._bench.env[f"INVOICETUI_TOKEN_{vendor.upper()}"] = token


async def _details(feed: Feed, keys: Mapping[str, Any]) -> None:
    for name, key in keys.items():
        with suppress(InvoicetuiError):
            await feed.detail(name, key)


@pytest.mark.timeout(60 + FAULTS // 20)
async def test_whatever_happened_ends_with_what_the_vendors_hold_and_nothing_left_behind(config_for: ConfigFor) -> None:
    await asyncio.to_thread(gc.collect)
    before = _held()
    course = random.Random(SEED)
    with chaotic(config_for) as (bench, chaos):
        async with browser_over(bench, (80, 16)) as browser:
            await browser.until(lambda: bench.session._feed is not None)
            person = Person(bench, browser, course)
            while struck(bench) < FAULTS:
                await person.act()
            await person.rest()
            for one in chaos.values():
                one.is_on = False
            await person.home()
            await person.press("R")
            await browser.rests()
            await asyncio.wrap_future(bench.begin(lambda feed: feed.refresh(bench.session.accounts)))
            await asyncio.wrap_future(bench.begin(lambda feed: feed.load_all(bench.query())))
            await browser.rests()
            for vendor in VENDORS:
                assert (vendor, bench.condition(vendor).problem, bench.wrong(vendor)) == (vendor, None, [])
                assert not bench.stand(vendor).has_more
            assert "!" not in "".join(browser.lines()[:-1])
        await asyncio.to_thread(bench.session.close)
    seen = Counter[str]()
    for one in chaos.values():
        seen += one.counts
    assert seen.total() >= FAULTS
    assert FAULTS < 2000 or seen.keys() >= OUTCOMES.keys() - LEFT_OUT - SLOW.keys(), "every kind of fault struck"
    await asyncio.sleep(0)
    assert _held() == before
