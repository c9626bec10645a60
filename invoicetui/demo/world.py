"""The demo: a company's seven accounts at five vendors, whose HTTP APIs are answered in this process.

Nothing here touches config, keyring, cache or network. The rest of the program cannot tell: the demo swaps the HTTP
transport, nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from zlib import crc32

import httpx

from invoicetui.demo.exchange import Call, Pairs, Reply, Server
from invoicetui.demo.meteroid import Meteroid
from invoicetui.demo.northflank import Northflank
from invoicetui.demo.opterius import Opterius, SmallOpterius
from invoicetui.demo.versori import Stripline, Versori
from invoicetui.demo.voxmind import Voxmind
from invoicetui.model import Account, Secret, Side

_ORGANISATION = "42"
_ULID = "01HZ8Q4T6W3M9X5K2V7B1N0CRD"
_VERSORI_PREFIX = "/api/organisations/v1"

_ACCOUNTS = (
    Account(
        "voice-id",
        "voxmind",
        "Voxmind voice ID",
        Side.RECEIVED,
        "https://api.voxmind.demo",
        {"organisation": _ORGANISATION, "document_url": "/organisations/{organisation}/files/{file_ref}"},
    ),
    Account("cloud", "northflank", "Northflank production", Side.RECEIVED, "https://api.northflank.demo"),
    Account(
        "cloud-staging",
        "northflank",
        "Northflank staging",
        Side.RECEIVED,
        "https://api.northflank.demo",
        {"team": "staging"},
    ),
    Account("customers", "meteroid", "Halden Robotics customers", Side.ISSUED, "https://billing.halden-robotics.demo"),
    Account("hosting", "opterius", "Nordhost hosting", Side.RECEIVED, "https://clients.nordhost.demo"),
    Account(
        "domains", "opterius", "Kite Domains", Side.RECEIVED, "https://billing.kite-domains.demo", {"amounts": "major"}
    ),
    Account(
        "integrations",
        "versori",
        "Versori integrations",
        Side.RECEIVED,
        f"https://platform.versori.demo{_VERSORI_PREFIX}",
        {"organisation": _ULID, "auth_scheme": "JWT"},
    ),
)


class World:
    """Seven accounts as they stand on `today`; the same day and seed always give the same invoices.

    `sleep` is what an answer's delay is waited out with. Nothing is made before it is asked for.
    """

    def __init__(
        self, today: date, *, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep, seed: int = 2026
    ) -> None:
        self.accounts = _ACCOUNTS
        self._sleep = sleep
        # One of these is known to no server: it has expired.
        self._tokens = {account.id: f"demo-token-of-{account.id}" for account in _ACCOUNTS}
        token, name = self._tokens.__getitem__, str(seed)
        versori = Versori(today, name, token("integrations"), _ULID, _VERSORI_PREFIX)
        self._servers: Mapping[str, Server] = {
            "api.voxmind.demo": Voxmind(today, name, token("voice-id"), _ORGANISATION),
            "api.northflank.demo": Northflank(today, name, token("cloud")),
            "billing.halden-robotics.demo": Meteroid(today, name, token("customers")),
            "clients.nordhost.demo": Opterius(today, name, token("hosting")),
            "billing.kite-domains.demo": SmallOpterius(today, name, token("domains")),
            "platform.versori.demo": versori,
            "pay.stripline.demo": Stripline(versori),
        }

    def token(self, account_id: str) -> Secret:
        """The demo's keyring. Raises KeyError for an account it does not have."""
        return Secret(self._tokens[account_id])

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts that answer."""
        return frozenset(self._servers)

    @property
    def made(self) -> int:
        """How many invoices were made so far, over all accounts."""
        return sum(server.records.made for server in self._servers.values())

    def transport(self) -> httpx.AsyncBaseTransport:
        """What an httpx.AsyncClient is given instead of the network."""
        return _Transport(self, self._sleep)

    def answer(
        self,
        host: str,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    ) -> Reply:
        """What the vendor at `host` says; `path` and `query` are percent-decoded, header names of any case.

        It waits for nothing: `delay` says how long the vendor takes. Raises KeyError for a host that does not exist.
        """
        server = self._servers[host]
        given = headers.items() if isinstance(headers, Mapping) else headers
        pairs: Pairs = tuple(query)
        reply = server.answer(Call(method, path, pairs, {name.lower(): value for name, value in given}))
        shortest, longest = server.slowness
        spread = crc32(repr((path, pairs)).encode()) % (longest - shortest + 1)
        return replace(reply, delay=(shortest + spread) / 1000)


class _Transport(httpx.AsyncBaseTransport):
    def __init__(self, world: World, sleep: Callable[[float], Awaitable[object]]) -> None:
        self._world = world
        self._sleep = sleep

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        if url.host not in self._world.hosts:
            raise httpx.ConnectError(f"{url.host}: no such host in the demo", request=request)
        query = tuple(url.params.multi_items())
        reply = self._world.answer(url.host, request.method, url.path, query, request.headers)
        await self._sleep(reply.delay)
        return httpx.Response(reply.status, headers=list(reply.headers), content=reply.body, request=request)
