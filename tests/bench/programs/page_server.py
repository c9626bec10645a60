"""A vendor with many pages, all of them ready: `python -m tests.bench.programs.page_server VENDOR PAGES DELAY`.

Meteroid by page number, Northflank by cursor. Every answer leaves DELAY seconds after its request came. A process of
its own and no parsing to speak of, so that it takes no time away from who asks.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Sequence

from tests.bench.wire_records import batches

SIZE = 100
SEED = 11
_TOKEN = re.compile(rb"^GET [^ ]*?[?&](?:page=|cursor=c)(\d+)")
_LIST = re.compile(rb"^GET [^ ?]*/invoices[ ?]")


def pages(vendor: str, count: int) -> list[bytes]:
    """The bodies of all pages of rich invoices."""
    out = []
    for number, batch in enumerate(batches(vendor, count * SIZE, SEED, SIZE, is_rich=True)):
        rows = b"[" + b",".join(batch) + b"]"
        if vendor == "meteroid":
            totals = f'{{"page":{number},"per_page":{SIZE},"total_items":{count * SIZE},"total_pages":{count}}}'
            out.append(b'{"data":' + rows + b',"pagination_meta":' + totals.encode() + b"}")
        else:
            after = f',"cursor":"c{number + 1}"' if number + 1 < count else ""
            has_next = "true" if after else "false"
            paging = f'{{"hasNextPage":{has_next},"count":{SIZE}{after}}}'
            out.append(b'{"data":{"invoices":' + rows + b'},"pagination":' + paging.encode() + b"}")
    return out


class Answering(asyncio.Protocol):
    """One connection: requests one after another, each answered when its time has come."""

    def __init__(self, bodies: Sequence[bytes], delay: float) -> None:
        self._bodies, self._delay = bodies, delay
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            asyncio.get_running_loop().call_later(self._delay, self._answer, head)

    def _answer(self, head: bytes) -> None:
        if self._transport.is_closing():
            return
        found = _TOKEN.match(head)
        index = int(found[1]) if found else 0
        is_there = _LIST.match(head) is not None and index < len(self._bodies)
        body = self._bodies[index] if is_there else b'{"message":"not found"}'
        status = b"200 OK" if is_there else b"404 Not Found"
        kind = b"\r\nContent-Type: application/json\r\nContent-Length: "
        self._transport.write(b"HTTP/1.1 " + status + kind + str(len(body)).encode() + b"\r\n\r\n" + body)


async def _serve(vendor: str, count: int, delay: float) -> None:
    bodies = pages(vendor, count)
    server = await asyncio.get_running_loop().create_server(lambda: Answering(bodies, delay), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    # Until whoever started us closes our input.
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
