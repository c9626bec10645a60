"""Plain http.client, to look at the fakes with: what it does is what their vendors' documents say, and no more."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from tests.conftest import Running
from tests.servers import faults
from tests.servers.meteroid import FakeMeteroid
from tests.servers.northflank import FakeNorthflank
from tests.servers.opterius import FakeOpterius
from tests.servers.serving import Server
from tests.servers.versori import FakeVersori

PATHS = {
    "voxmind": "/organisations/42/invoices",
    "northflank": "/v1/billing/invoices",
    "meteroid": "/api/v1/invoices",
    "opterius": "/api/v1/invoices",
    "versori": "/organisations/01HGW2N7EHJVJ4CJ999RRS2E97/billing/invoices",
}


class Got:
    """An answer, read to its end; `json` has exact numbers."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.header = response.getheader
        self.body = response.read()

    @property
    def json(self) -> Any:
        return json.loads(self.body, parse_float=Decimal)


def ask(server: Server, path: str, authorization: str = "", *, accept: str = "application/json", **query: Any) -> Got:
    """One GET on a connection of its own; a list as a value repeats the name."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    headers = {"Accept": accept, **({"Authorization": authorization} if authorization else {})}
    try:
        target = path + ("?" + urlencode(query, doseq=True) if query else "")
        connection.request("GET", target, headers=headers)
        with connection.getresponse() as response:
            return Got(response)
    finally:
        connection.close()


def listed(running: Running, **query: Any) -> Got:
    fake, server = running
    return ask(server, PATHS[fake.vendor], fake.authorization, **query)


def walk(running: Running) -> Iterator[dict[str, Any]]:
    """All records, the way the vendor's documents say; no client of ours is involved."""
    fake = running.fake
    if isinstance(fake, FakeNorthflank):
        query: dict[str, Any] = {"perPage" if fake.generation == "G4" else "per_page": 100}
        while True:
            page = listed(running, **query).json
            yield from faults.records(page)
            if not page["pagination"].get("hasNextPage") or "cursor" not in page["pagination"]:
                return
            query["cursor"] = page["pagination"]["cursor"]
    if isinstance(fake, FakeVersori):
        yield from faults.records(listed(running, **{"from": "1970-01-01"}).json)
        return
    number = 0 if isinstance(fake, FakeMeteroid) else 1
    while True:
        got = listed(running, page=number, per_page=100)
        found = faults.records(got.json)
        yield from found
        is_whole = isinstance(fake, FakeOpterius) and fake.form == "source"
        if len(found) < 100 or is_whole:
            return
        number += 1
