"""Asking the demo's vendors as its accounts, and walking their lists as their paging says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from invoicetui.demo.exchange import Reply
from invoicetui.demo.world import World
from invoicetui.model import Account

TODAY = date(2026, 11, 21)
DAYS = (TODAY, date(2026, 3, 1), date(2028, 2, 29), date(2026, 12, 31), date(2027, 1, 1))
ULID = "01HZ8Q4T6W3M9X5K2V7B1N0CRD"
LISTS = {
    "voice-id": "/organisations/42/invoices",
    "cloud": "/v1/billing/invoices",
    "cloud-staging": "/v1/teams/staging/billing/invoices",
    "customers": "/api/v1/invoices",
    "hosting": "/api/v1/invoices",
    "domains": "/api/v1/invoices",
    "integrations": f"/organisations/{ULID}/billing/invoices",
}
Row = dict[str, Any]


def account(world: World, name: str) -> Account:
    return next(item for item in world.accounts if item.id == name)


def get(world: World, name: str, path: str | None = None, *, token: str | None = None, **query: Any) -> Reply:
    """Ask as the account `name`; a query value that is a list repeats; `start` stands for the keyword `from`."""
    where = account(world, name)
    url = urlsplit(where.base_url)
    scheme = where.options.get("auth_scheme", "Bearer")
    pairs = [
        ("from" if key == "start" else key, str(value))
        for key, values in query.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    secret = world.token(name).reveal() if token is None else token
    headers = {"Authorization": f"{scheme} {secret}", "Accept": "application/json"}
    return world.answer(url.hostname or "", "GET", url.path + (LISTS[name] if path is None else path), pairs, headers)


def read(reply: Reply) -> Any:
    assert reply.status == 200, reply.body
    assert dict(reply.headers)["Content-Type"] == "application/json"
    return json.loads(reply.body, parse_float=Decimal)


def rows(world: World, name: str) -> list[Row]:
    return list(PAGES[name](world))


def voxmind(world: World) -> Iterator[Row]:
    page, pages = 1, 1
    while page <= pages:
        reply = get(world, "voice-id", per_page=25, page=page)
        pages = int(dict(reply.headers)["X-Total-Pages"])
        yield from read(reply)["results"]
        page += 1


def northflank(world: World) -> Iterator[Row]:
    cursor: dict[str, Any] = {}
    while True:
        body = read(get(world, "cloud", per_page=50, **cursor))
        assert body["pagination"]["count"] == len(body["data"]["invoices"])
        yield from body["data"]["invoices"]
        assert body["pagination"]["hasNextPage"] == ("cursor" in body["pagination"])
        if not body["pagination"]["hasNextPage"]:
            return
        cursor = {"cursor": body["pagination"]["cursor"]}


def meteroid(world: World, **query: Any) -> Iterator[Row]:
    page = 0
    while True:
        body = read(get(world, "customers", per_page=100, page=page, **query))
        meta = body["pagination_meta"]
        assert (meta["page"], meta["per_page"]) == (page, 100)
        yield from body["data"]
        page += 1
        if page >= meta["total_pages"]:
            return


def opterius(world: World, **query: Any) -> Iterator[Row]:
    page, pages = 1, 1
    while page <= pages:
        body = read(get(world, "hosting", per_page=40, page=page, **query))
        assert (body["meta"]["current_page"], body["meta"]["per_page"]) == (page, 40)
        pages = body["meta"]["last_page"]
        yield from body["data"]
        page += 1


def opterius_source(world: World) -> Iterator[Row]:
    body = read(get(world, "domains"))
    assert body.keys() == {"data"}
    yield from body["data"]


def versori(world: World) -> Iterator[Row]:
    end, empty = TODAY + timedelta(days=1000), 0
    while empty < 2:
        start = end - timedelta(days=364)
        found = read(get(world, "integrations", start=start, to=end))
        assert found is None or found
        empty = empty + 1 if found is None and end < date(2026, 1, 1) else 0
        yield from found or []
        end = start - timedelta(days=1)


PAGES: Mapping[str, Any] = {
    "voice-id": voxmind,
    "cloud": northflank,
    "customers": meteroid,
    "hosting": opterius,
    "domains": opterius_source,
    "integrations": versori,
}
COUNTS = {"voice-id": 60, "cloud": 132, "customers": 3000, "hosting": 180, "domains": 5, "integrations": 30}


def ask(world: World, where: Account, path: str, params: tuple[tuple[str, str], ...]) -> Reply:
    url = urlsplit(where.base_url)
    word = where.options.get("auth_scheme", "Bearer")
    headers = {"Authorization": f"{word} {world.token(where.id).reveal()}", "Accept": "application/json"}
    return world.answer(url.hostname or "", "GET", url.path + path, params, headers)
