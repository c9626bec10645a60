"""The demo's vendors answer as the vendors' documentation and source say, and always the same on the same day."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice, pairwise
from urllib.parse import urlsplit

import httpx
import pytest

from invoicetui.demo.customers import COUNT as CUSTOMERS
from invoicetui.demo.customers import customer
from invoicetui.demo.data import Calendar, Lazy, identifier, number_of, percent_of, shares
from invoicetui.demo.world import World
from invoicetui.model import Side, Status
from invoicetui.vendors import NAMES, vendor_class
from invoicetui.vendors.base import EVERYTHING, Entry, Vendor
from tests.demo_walks import COUNTS, DAYS, LISTS, TODAY, Row, account, ask, get, meteroid, read, rows


@pytest.fixture(scope="module")
def world() -> World:
    return World(TODAY)


class TestAccounts:
    def test_every_vendor_is_there_and_ids_are_unique(self, world: World) -> None:
        assert {item.vendor for item in world.accounts} == set(NAMES)
        ids = [item.id for item in world.accounts]
        assert len(set(ids)) == len(ids)
        assert set(ids) == set(LISTS)
        assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in ids)
        assert [item.id for item in world.accounts if item.side is Side.ISSUED] == ["customers"]

    def test_accounts_say_what_their_vendor_asks(self, world: World) -> None:
        for item in world.accounts:
            options = {option.name: option for option in vendor_class(item.vendor).options}
            assert item.options.keys() <= options.keys()
            for option in options.values():
                assert item.options.get(option.name) or not option.is_required
                assert not item.options.get(option.name) or option.check(item.options[option.name]) is None

    @pytest.mark.parametrize("name", LISTS)
    def test_a_token_opens_its_own_account_only(self, world: World, name: str) -> None:
        others = [world.token(other).reveal() for other in LISTS if other != name]
        # The live token of the same host is right there, and sees no such team.
        others_expected = {401, 404} if name == "cloud-staging" else {401}
        assert {get(world, name, token=other).status for other in others} == others_expected
        reply = get(world, name, token="")
        assert reply.status == 401
        assert world.token(name).reveal().encode() not in reply.body
        assert get(world, name).status == (401 if name == "cloud-staging" else 200)

    def test_the_scheme_word_counts(self, world: World) -> None:
        token = world.token("integrations").reveal()
        path = urlsplit(account(world, "integrations").base_url).path + LISTS["integrations"]
        answer = [
            world.answer("platform.versori.demo", "GET", path, (), {"authorization": f"{word} {token}"}).status
            for word in ("JWT", "Bearer")
        ]
        assert answer == [200, 401]

    def test_only_get_is_answered(self, world: World) -> None:
        bearer = {"Authorization": f"Bearer {world.token('hosting').reveal()}"}
        assert world.answer("clients.nordhost.demo", "POST", LISTS["hosting"], (), bearer).status == 405


class TestErrors:
    @pytest.mark.parametrize(
        ("name", "status", "body"),
        [
            ("voice-id", 401, {"code": 401, "message": "Invalid or expired authentication credentials"}),
            ("customers", 401, {"code": "UNAUTHORIZED", "message": "Unauthorized"}),
            ("hosting", 401, {"message": "Unauthenticated."}),
            ("domains", 401, {"error": "Invalid or expired token."}),
            ("integrations", 401, {"code": "unauthenticated", "message": "The request carries no valid credentials"}),
        ],
    )
    def test_refusal_in_the_vendors_form(self, world: World, name: str, status: int, body: Row) -> None:
        reply = get(world, name, token="wrong")
        assert (reply.status, json.loads(reply.body)) == (status, body)

    def test_an_expired_token(self, world: World) -> None:
        reply = get(world, "cloud-staging")
        error = json.loads(reply.body)["error"]
        assert (reply.status, error["status"]) == (401, 401)
        assert error.keys() == {"status", "message", "id", "details"}

    @pytest.mark.parametrize("name", [name for name in LISTS if name != "cloud-staging"])
    def test_an_unknown_path_is_404_with_the_keys_of_a_refusal(self, world: World, name: str) -> None:
        reply = get(world, name, "/nowhere")
        assert reply.status == 404
        keys = {"cloud": {"error"}, "hosting": {"message"}, "domains": {"message"}}.get(name, {"code", "message"})
        assert json.loads(reply.body).keys() == keys

    def test_another_organisation(self, world: World) -> None:
        assert get(world, "voice-id", "/organisations/43/invoices").status == 403
        assert get(world, "integrations", "/organisations/OTHER/billing/invoices").status == 403
        assert get(world, "cloud", "/v1/teams/staging/billing/invoices").status == 404

    @pytest.mark.parametrize(
        ("name", "path"),
        [
            ("voice-id", "/organisations/42/invoices/9999"),
            ("cloud", "/v1/billing/invoices/835994C3-00001"),
            ("cloud", "/v1/billing/invoices/00000000-14700"),
            ("hosting", "/api/v1/invoices/1"),
            ("domains", "/api/v1/invoices/1"),
        ],
    )
    def test_an_unknown_invoice_is_404(self, world: World, name: str, path: str) -> None:
        assert get(world, name, path).status == 404

    def test_meteroid_answers_500_for_an_unknown_invoice(self, world: World) -> None:
        for made_up in ("inv_7n42DGM5Tflk9n8mt7Fhc7", identifier("inv", 1), "inv_short"):
            reply = get(world, "customers", f"/api/v1/invoices/{made_up}")
            assert (reply.status, json.loads(reply.body)["code"]) == (500, "INTERNAL_SERVER_ERROR")

    @pytest.mark.parametrize("query", [{"statuses": "Draft"}, {"page": "x"}, {"page": -1}, {"per_page": 101}])
    def test_meteroid_answers_a_wrong_query_in_plain_text(self, world: World, query: Row) -> None:
        reply = get(world, "customers", **query)
        assert reply.status == 400
        assert dict(reply.headers)["Content-Type"].startswith("text/plain")
        assert reply.body.startswith(b"Failed to deserialize query string: ")

    def test_wrong_values_elsewhere(self, world: World) -> None:
        for name, query in (
            ("voice-id", {"page": 0}),
            ("voice-id", {"filter": "colour=red"}),
            ("voice-id", {"filter": "id=gte:many"}),
            ("voice-id", {"sort": "id:sideways"}),
            ("cloud", {"cursor": "####"}),
            ("cloud", {"cursor": "\N{SNOWMAN}"}),
            ("cloud", {"per_page": 101}),
            ("customers", {"order_by": "colour.asc"}),
            ("integrations", {"to": "yesterday"}),
        ):
            assert get(world, name, None, **query).status == 400, (name, query)
        for query in ({"status": "late"}, {"page": 0}, {"per_page": 500}):
            reply = get(world, "hosting", None, **query)
            assert reply.status == 422
            assert json.loads(reply.body)["errors"].keys() == query.keys()

    def test_opterius_answers_html_unless_json_is_asked_for(self, world: World) -> None:
        reply = world.answer("clients.nordhost.demo", "GET", "/nowhere", (), {})
        assert dict(reply.headers)["Content-Type"].startswith("text/html")

    def test_a_host_that_does_not_exist(self, world: World) -> None:
        with pytest.raises(KeyError):
            world.answer("api.example.com", "GET", "/")


class TestSameEveryTime:
    def test_same_day_same_bytes(self) -> None:
        assert [get(World(TODAY), name) for name in LISTS] == [get(World(TODAY), name) for name in LISTS]

    def test_another_seed_is_another_world(self) -> None:
        other = World(TODAY, seed=7)
        for name in COUNTS:
            assert get(other, name).body != get(World(TODAY), name).body

    def test_an_invoice_is_the_same_tomorrow(self) -> None:
        tomorrow = World(TODAY + timedelta(days=1))
        for name in ("voice-id", "cloud"):
            after = {row["id"]: row for row in rows(tomorrow, name)}
            before = rows(World(TODAY), name)
            assert before[9] == after[before[9]["id"]]
        before = list(meteroid(World(TODAY), customer_id=customer(0).id))
        after = {row["id"]: row for row in meteroid(tomorrow, customer_id=customer(0).id)}
        assert before[-5] == after[before[-5]["id"]]

    def test_only_what_is_asked_for_is_made(self) -> None:
        world = World(TODAY)
        assert world.made == 0
        get(world, "customers", per_page=100)
        assert world.made == 100
        get(world, "customers", per_page=100)
        assert world.made == 100
        drafts = read(get(world, "customers", statuses="DRAFT", per_page=1))["data"]
        assert len(drafts) == 1
        assert world.made <= 101
        get(world, "cloud-staging")
        get(world, "cloud", per_page=50)
        get(world, "hosting", per_page=20, page=2)
        assert world.made <= 101 + 50 + 20


class TestData:
    def test_lazy_makes_each_once(self) -> None:
        asked: list[int] = []

        def make(index: int) -> int:
            asked.append(index)
            return index * 2

        lazy = Lazy(5, make)
        assert (lazy[-1], lazy[1:3], lazy[1]) == (8, [2, 4], 2)
        assert (asked, lazy.made, len(lazy)) == ([4, 1, 2], 3, 5)
        with pytest.raises(IndexError):
            lazy[5]

    @pytest.mark.parametrize("today", DAYS)
    def test_calendar_counts_back_from_today(self, today: date) -> None:
        calendar = Calendar(today, (31, 15, 1))
        slots = [calendar[index] for index in range(80)]
        assert slots[0].day <= today < slots[0].day + timedelta(days=17)
        assert all(older.day < newer.day for newer, older in pairwise(slots))
        assert [slots[0].serial - slot.serial for slot in slots] == list(range(80))
        assert [calendar.index(slot.serial) for slot in slots] == list(range(80))
        assert all(slot.first <= slot.day <= slot.last for slot in slots)

    def test_shares_lose_nothing(self) -> None:
        assert shares(1001, (1, 1, 1)) == [335, 333, 333]
        assert (percent_of(1005, 100), percent_of(1004, 100), percent_of(999, 0)) == (101, 100, 0)

    def test_identifiers_read_back(self) -> None:
        for number in (0, 1, 10_714, 2**32 - 1):
            assert re.fullmatch(r"inv_[0-9A-Za-z]{22}", identifier("inv", number))
            assert number_of("inv", identifier("inv", number)) == number
        # 22 digits hold more than 128 bits, so 2**128 more has the same remainder.
        one = identifier("inv", 1)
        digits = string.digits + string.ascii_uppercase + string.ascii_lowercase
        value = sum(digits.index(digit) * 62**place for place, digit in enumerate(reversed(one[4:]))) + 2**128
        alias = "inv_" + "".join(digits[value // 62**place % 62] for place in reversed(range(22)))
        for wrong in ("", "inv_", "inv_" + "z" * 22, identifier("cus", 1), "inv_" + "é" * 22, alias):
            assert number_of("inv", wrong) is None

    def test_customers(self) -> None:
        people = [customer(number) for number in range(CUSTOMERS)]
        assert len({who.name for who in people}) == len({who.id for who in people}) == CUSTOMERS
        assert len({who.alias for who in people}) == CUSTOMERS
        names = {who.name for who in people}
        assert {"Müller & Söhne GmbH", "株式会社はるか", "Ærø Wind A/S", "Çelik Yapı", "ACME [EU] Ltd"} <= names
        assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", who.alias) for who in people)


class TestTransport:
    async def test_it_answers_and_waits_as_the_vendor_does(self) -> None:
        waits: list[float] = []

        async def sleep(seconds: float) -> None:
            waits.append(seconds)

        world = World(TODAY, sleep=sleep)
        async with httpx.AsyncClient(transport=world.transport()) as client:
            for name, path in LISTS.items():
                where = account(world, name)
                word = where.options.get("auth_scheme", "Bearer")
                headers = {"Authorization": f"{word} {world.token(name).reveal()}"}
                response = await client.get(where.base_url + path, params={"to": "2026-10-31"}, headers=headers)
                reply = get(world, name, to="2026-10-31")
                assert (response.status_code, response.content) == (reply.status, reply.body)
                assert waits[-1] == reply.delay
                for header, value in reply.headers:
                    assert response.headers[header] == value
            assert all(0.04 <= wait <= 0.12 for wait in waits[:-1])
            assert len(set(waits)) > 3
            assert 1.1 <= waits[-1] <= 1.3
            with pytest.raises(httpx.ConnectError):
                await client.get("https://api.voxmind.ai/organisations/42/invoices")

    async def test_repeated_parameters_and_encoding_arrive(self) -> None:
        async def sleep(seconds: float) -> None:
            return None

        world = World(TODAY, sleep=sleep)
        base = account(world, "customers").base_url
        headers = {"Authorization": f"Bearer {world.token('customers').reveal()}"}
        async with httpx.AsyncClient(transport=world.transport(), headers=headers) as client:
            url = httpx.URL(base + LISTS["customers"] + "?statuses=DRAFT&statuses=%56OID&per_page=100")
            response = await client.get(url)
        assert {row["status"] for row in response.json()["data"]} == {"DRAFT", "VOID"}


class TestReaders:
    """The vendors' own readers understand every record, walked as they walk."""

    @pytest.mark.parametrize("name", COUNTS)
    def test_every_record_is_readable(self, world: World, name: str) -> None:
        entries = list(walked(world, reader(world, name)))
        assert [entry.problem for entry in entries if entry.problem] == []
        assert len({entry.invoice.key for entry in entries}) == COUNTS[name] + (name == "integrations")
        assert {entry.invoice.status(TODAY) for entry in entries} == STATUSES[name]

    @pytest.mark.parametrize("name", ["voice-id", "cloud", "hosting", "domains"])
    def test_the_single_endpoint_says_more(self, world: World, name: str) -> None:
        vendor = reader(world, name)
        for entry in islice(walked(world, vendor), 3):
            listed = entry.invoice
            request = vendor.detail(listed)
            assert request is not None
            reply = ask(world, vendor.account, request.path, request.params)
            full = vendor.read(entry.raw, vendor.unwrap(reply.body))
            assert (full.key, full.total, full.number) == (listed.key, listed.total, listed.number)
            assert (full.lines != listed.lines) == (name != "voice-id")


STATUSES = {
    "voice-id": {Status.UNKNOWN},
    "cloud": {Status.PAID, Status.OPEN},
    "customers": set(Status) - {Status.UPCOMING, Status.UNKNOWN},
    "hosting": {Status.PAID, Status.OPEN, Status.OVERDUE, Status.VOID},
    "domains": {Status.PAID, Status.OVERDUE},
    "integrations": {Status.UNKNOWN, Status.UPCOMING},
}


def reader(world: World, name: str) -> Vendor:
    where = account(world, name)
    return vendor_class(where.vendor)(where, lambda: TODAY)


def walked(world: World, vendor: Vendor) -> Iterator[Entry]:
    """Every entry of an account, by the vendor module's own paging."""
    for listing in vendor.split(EVERYTHING):
        token: str | None = vendor.first(listing)
        while token is not None:
            request = vendor.request(listing, token)
            reply = ask(world, vendor.account, request.path, request.params)
            assert reply.status == 200, reply.body
            headers = {header.lower(): value for header, value in reply.headers}
            page = vendor.page(listing, token, reply.body, headers)
            yield from vendor.entries(page.records, is_upcoming=listing.is_upcoming)
            token = page.next
