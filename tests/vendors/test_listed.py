"""The list's quick reading of a record and the whole one come to the same row, whatever a server sends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date

import pytest

from invoicetui.model import Account, Invoice, Side
from invoicetui.vendors import vendor_class
from invoicetui.vendors.base import EVERYTHING, Vendor
from tests.hostile import hostile
from tests.servers import faults
from tests.servers.fake import Fake
from tests.servers.meteroid import FakeMeteroid
from tests.servers.northflank import FakeNorthflank
from tests.servers.opterius import FakeOpterius
from tests.servers.serving import Answer
from tests.servers.versori import FakeVersori
from tests.servers.voxmind import FakeVoxmind
from tests.vendors.contract import assert_listed_as_read

TODAY = date(2026, 11, 21)
FORMS: dict[str, Callable[[], Fake]] = {
    "voxmind": lambda: FakeVoxmind(45, today=TODAY),
    **{
        f"northflank {generation}": lambda generation=generation: FakeNorthflank(45, generation=generation, today=TODAY)
        for generation in ("G1", "G2", "G3", "G4")
    },
    "meteroid": lambda: FakeMeteroid(45, today=TODAY),
    "meteroid as it was": lambda: FakeMeteroid(45, casing="pascal", is_naive=False, today=TODAY),
    "opterius": lambda: FakeOpterius(45, today=TODAY),
    "opterius by its source": lambda: FakeOpterius(45, form="source", today=TODAY),
    "versori": lambda: FakeVersori(45, today=TODAY),
}
FAULTS: dict[str, Callable[[Fake], Answer]] = {
    "none": lambda fake: fake.answer,
    "hostile": lambda fake: hostile(fake.answer),
    "malformed": lambda fake: faults.malformed(fake, every=2),
    "no UTF-8": lambda fake: faults.with_bytes(fake.answer, every=2),
    "half a character": lambda fake: faults.with_bytes(fake.answer, faults.LONE_SURROGATE, every=2),
}


def _records(vendor: Vendor, fake: Fake, answer: Answer) -> Iterator[bytes]:
    headers = {"authorization": fake.authorization, "accept": "application/json"}
    for listing in vendor.split(EVERYTHING):
        token: str | None = vendor.first(listing)
        while token is not None:
            request = vendor.request(listing, token)
            reply = answer("GET", request.path, list(request.params), headers, b"")
            assert reply.status == 200
            page = vendor.page(listing, token, reply.body, {name.lower(): value for name, value in reply.headers})
            yield from page.records
            token = page.next


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("form", FORMS)
def test_every_record_is_listed_as_it_is_read(form: str, fault: str) -> None:
    fake = FORMS[form]()
    vendor = _vendor(fake)
    readable: Counter[bool] = Counter()
    for raw in _records(vendor, fake, FAULTS[fault](fake)):
        assert_listed_as_read(vendor, raw)
        (entry,) = vendor.entries([raw])
        readable[entry.problem is None] += 1
    assert readable.total() >= 45
    if fault != "hostile":  # its texts make some dates unreadable
        assert bool(readable[False]) == (fault == "malformed")


@pytest.mark.parametrize("form", FORMS)
def test_what_servers_send_is_never_read_whole_for_the_list(form: str) -> None:
    fake = FORMS[form]()

    def read(self: Vendor, raw: bytes, detail: bytes | None = None, *, is_upcoming: bool = False) -> Invoice:
        raise AssertionError(f"read whole: {raw!r}")

    kind = vendor_class(fake.vendor)
    vendor = _vendor(fake, type("Hasty", (kind,), {"read": read}))
    keys = [vendor.listed(raw).key for raw in _records(vendor, fake, fake.answer)]
    assert len(keys) >= 45


def _vendor(fake: Fake, kind: type[Vendor] | None = None) -> Vendor:
    kind = kind or vendor_class(fake.vendor)
    base_url = kind.base_url or "https://billing.example.com"
    return kind(Account("acme", fake.vendor, "Acme", Side.RECEIVED, base_url, fake.options()), lambda: TODAY)
