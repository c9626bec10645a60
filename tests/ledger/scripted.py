"""A vendor made of a list of rows: its pages can be changed, held back or refused while a walk reads them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, ClassVar

from invoicetui.errors import Malformed, NotFound, Rejected
from invoicetui.ledger.feed import Feed
from invoicetui.ledger.order import Sort
from invoicetui.ledger.query import Query, parse
from invoicetui.ledger.store import Store, WalkState
from invoicetui.ledger.walk import Walk
from invoicetui.model import Account, Document, Invoice, Lifecycle, Payment, Status
from invoicetui.vendors.base import Capabilities, Listing, Page, Request, Vendor, Wanted
from tests.ledger.ledgers import TODAY, Clock, account

SIZE = 10
#: Rows are issued a day apart, the first on the day after this.
BEGIN = date(2020, 1, 1)
OPEN = Listing((("state", "open"),))
Envelope = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Server:
    """Rows newest first, in pages of SIZE; a page is named by its number, or by the last row of the page before.

    `asked` holds what was asked for, in order: a page's token (after `open:` in the list of open rows) or `one KEY`.
    `change(asked, envelope)` may alter an answer, wait, or raise.
    """

    def __init__(self, count: int = 0, *, is_numbered: bool = True, has_totals: bool = True) -> None:
        self.is_numbered, self.has_totals = is_numbered, has_totals
        self.rows: list[Envelope] = []
        self._last = 0
        self.add(count)
        self.asked: list[str] = []
        self.most_at_once = self._at_once = 0
        self.change: Callable[[str, Envelope], Awaitable[Envelope]] | None = None

    def add(self, count: int = 1, state: str = "paid") -> None:
        """Newer rows than all there ever were."""
        for number in range(self._last + 1, self._last + count + 1):
            self.rows.insert(0, {"id": number, "day": str(BEGIN + timedelta(days=number)), "state": state})
        self._last += count

    def row(self, number: int) -> Envelope:
        return next(row for row in self.rows if row["id"] == number)

    def remove(self, *numbers: int) -> None:
        self.rows = [row for row in self.rows if row["id"] not in numbers]

    @property
    def keys(self) -> set[str]:
        return {str(row["id"]) for row in self.rows}

    async def fetch(self, request: Request) -> Answer:
        params = dict(request.params)
        kind = "open:" if "state" in params else ""
        asked = kind + params["token"] if "token" in params else f"one {request.path.rpartition('/')[2]}"
        self.asked.append(asked)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            await asyncio.sleep(0)
            envelope = self._page(params) if "token" in params else self._one(request.path.rpartition("/")[2])
            if self.change is not None:
                envelope = await self.change(asked, envelope)
        finally:
            self._at_once -= 1
        if envelope.get("row", ...) is None:
            raise NotFound("no such row")
        return Answer(json.dumps(envelope).encode())

    def _one(self, key: str) -> Envelope:
        found = [row for row in self.rows if str(row["id"]) == key]
        return {"row": {**found[0], "note": "detail"} if found else None}

    def _page(self, params: Mapping[str, str]) -> Envelope:
        rows = [row for row in self.rows if params.get("state") in (None, row["state"])]
        token = params["token"]
        if self.is_numbered:
            start = (int(token) - 1) * SIZE
        elif token:
            numbers = [row["id"] for row in rows]
            if int(token) not in numbers:
                raise Rejected("what cursor?")
            start = numbers.index(int(token)) + 1
        else:
            start = 0
        page = rows[start : start + SIZE]
        following = str(int(token) + 1) if self.is_numbered else str(page[-1]["id"]) if page else None
        pages = -(-len(rows) // SIZE)
        return {
            "rows": page,
            "next": following if start + SIZE < len(rows) else None,
            "total": len(rows) if self.has_totals else None,
            "pages": pages if self.has_totals and self.is_numbered else None,
        }


class Scripted(Vendor):
    name = "scripted"
    label = "Scripted"
    capabilities: ClassVar[Capabilities] = Capabilities(
        order="issued", statuses=frozenset((Status.OPEN, Status.PAID, Status.OVERDUE, Status.PARTIAL, Status.UNKNOWN))
    )

    def __init__(self, owner: Account, *, is_numbered: bool = True) -> None:
        super().__init__(owner, lambda: TODAY)
        self.is_numbered = is_numbered
        self.lessons = 0

    def listings(self, wanted: Wanted) -> tuple[Listing, ...]:
        is_filtered = self.capabilities.has_open_filter and wanted.statuses
        return (OPEN,) if is_filtered and Status.PAID not in wanted.statuses else (Listing(),)

    def first(self, listing: Listing) -> str:
        return "1" if self.is_numbered else ""

    def nth(self, listing: Listing, index: int) -> str | None:
        return str(index + 1) if self.is_numbered else None

    def request(self, listing: Listing, token: str) -> Request:
        return Request("/rows", (*listing.params, ("token", token)))

    def page(self, listing: Listing, token: str, body: bytes, headers: Mapping[str, str]) -> Page:
        sent = json.loads(body)
        return Page(
            tuple(json.dumps(row).encode() for row in sent["rows"]),
            sent["next"],
            total=sent.get("total"),
            total_pages=sent.get("pages"),
        )

    def learns(self, refusal: Rejected) -> bool:
        self.lessons -= 1
        return self.lessons >= 0

    def read(self, raw: bytes, detail: bytes | None = None, *, is_upcoming: bool = False) -> Invoice:
        row = json.loads(raw) | (json.loads(detail) if detail else {})
        invoice = self._listed(row)
        if not isinstance(row.get("note", ""), str):
            raise Malformed("$.note: expected string, got integer")
        return replace(invoice, memo=row.get("note"))

    def listed(self, raw: bytes, *, is_upcoming: bool = False) -> Invoice:
        return self._listed(json.loads(raw))

    def _listed(self, row: Envelope) -> Invoice:
        if "id" not in row:
            raise Malformed("no id")
        if row["day"] == "never":
            raise Malformed("$.day: expected date, got string")
        return Invoice(
            account=self.account.id,
            vendor=self.name,
            key=str(row["id"]),
            issued=date.fromisoformat(row["day"]) if row["day"] else None,
            lifecycle=Lifecycle.ISSUED,
            payment=Payment.UNPAID if row["state"] == "open" else Payment.PAID,
        )

    def detail(self, invoice: Invoice) -> Request | None:
        return self.single(invoice.key)

    def single(self, key: str) -> Request | None:
        return Request(f"/rows/{key}") if key.isdigit() else None

    def unwrap(self, body: bytes) -> bytes:
        return json.dumps(json.loads(body)["row"]).encode()

    def document(self, invoice: Invoice) -> Document | None:
        return None


class Filtering(Scripted):
    """Its server can list what is open and nothing else."""

    capabilities = Capabilities(order="issued", statuses=Scripted.capabilities.statuses, has_open_filter=True)


def walk(server: Server, store: Store, listing: Listing | None = None, **options: Any) -> Walk:
    vendor = Scripted(account("acme", "scripted"), is_numbered=server.is_numbered)
    return Walk(vendor, listing or Listing(), server.fetch, store, Clock(), **options)


def stored(store: Store, owner: str = "acme") -> set[str]:
    """The keys of every row."""
    ids = store.view(parse("", [account(owner)]), Sort(), [owner], TODAY)
    return {row.key for row in store.rows(ids) if row is not None}


class Gate:
    """Holds answers back: `reached` is set when one waits, `open()` lets all go."""

    def __init__(self, *asked: str) -> None:
        self._asked = asked
        self.reached = asyncio.Event()
        self._open = asyncio.Event()

    def open(self) -> None:
        self._open.set()

    async def __call__(self, asked: str, envelope: Envelope) -> Envelope:
        if asked in self._asked:
            self.reached.set()
            await self._open.wait()
        return envelope


def failing(error: Exception, *asked: str) -> Callable[[str, Envelope], Awaitable[Envelope]]:
    async def change(what: str, envelope: Envelope) -> Envelope:
        if what in asked:
            raise error
        return envelope

    return change


class Watched:
    """A store that notes what is written when, and can refuse."""

    def __init__(self, store: Store, events: list[str], refusal: Exception | None = None) -> None:
        self._store, self._events, self.refusal = store, events, refusal

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def put_page(self, owner: str, entries: Sequence[Any], state: WalkState, **options: Any) -> Any:
        if self.refusal is not None:
            raise self.refusal
        self._events.append(f"put {state.pages}")
        return self._store.put_page(owner, entries, state, **options)

    def put_state(self, state: WalkState) -> None:
        self._events.append(f"state {state.pages}")
        self._store.put_state(state)


def pages(first: int, last: int) -> list[str]:
    """Tokens of numbered pages."""
    return [str(number) for number in range(first, last + 1)]


async def settle(turns: int = 20) -> None:
    """Let everything run that needs no more than turns of the event loop."""
    for _ in range(turns):
        await asyncio.sleep(0)


def feed(store: Store, *servers: Server, kind: type[Scripted] = Scripted, **options: Any) -> Feed:
    """A feed over accounts a, b, c and so on, one for each server."""
    made = Feed({}, {}, store, clock=Clock(), **options)
    for name, server in zip("abcdef", servers, strict=False):
        made.put(kind(account(name, "scripted"), is_numbered=server.is_numbered), server.fetch)
    return made


def query(text: str = "", names: str = "a") -> Query:
    return parse(text, [account(name, "scripted") for name in names])


def paid(store: Store, key: str) -> bool:
    row = store.find("a", key)
    assert row is not None
    return row.payment == "paid"
