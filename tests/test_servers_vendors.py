"""The fake vendors are only worth something when they are honest: every form, as the documents have it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pypdfium2  # type: ignore[import-untyped]  # it has no stubs
import pytest

from tests.conftest import Serve
from tests.servers import faults
from tests.servers.client import PATHS, ask, listed, walk
from tests.servers.fake import Fake
from tests.servers.meteroid import FakeMeteroid
from tests.servers.northflank import FakeNorthflank
from tests.servers.opterius import FakeOpterius
from tests.servers.pdf import FakeFiles, pdf
from tests.servers.serving import Answer, Server
from tests.servers.versori import FakeVersori
from tests.servers.voxmind import FakeVoxmind

TODAY = date(2026, 11, 21)
KINDS: tuple[type[Fake], ...] = (FakeVoxmind, FakeNorthflank, FakeMeteroid, FakeOpterius, FakeVersori)


FORMS: list[Callable[[], Fake]] = [
    lambda: FakeVoxmind(today=TODAY),
    lambda: FakeVoxmind(today=TODAY, has_total_pages=False),
    *(lambda g=g, e=e: FakeNorthflank(201, generation=g, last=e, today=TODAY)
      for g in ("G1", "G2", "G3", "G4") for e in ("flag", "cursor", "bare")),
    lambda: FakeMeteroid(today=TODAY),
    lambda: FakeMeteroid(today=TODAY, casing="pascal", is_naive=False, children=3),
    lambda: FakeOpterius(today=TODAY),
    lambda: FakeOpterius(today=TODAY, form="source"),
    lambda: FakeVersori(today=TODAY),
    lambda: FakeVersori(today=TODAY, newest_first=False, scheme="JWT"),
]  # fmt: skip


@pytest.mark.parametrize("make", FORMS)
def test_a_walk_by_the_documents_finds_every_invoice_once(make: Callable[[], Fake], serve: Serve) -> None:
    running = serve(make())
    found = list(walk(running))
    expected = [row for row in running.fake.expected("a") if row.get("kind") != "upcoming"]
    assert len({(row["account"], row["key"]) for row in expected}) == len(expected) == len(found)
    assert all(asked.authorization == "expected" for asked in running.server.asked)
    if running.fake.vendor in ("voxmind", "meteroid", "opterius"):
        assert {str(record["id"]) for record in found} == {row["key"] for row in expected}
    assert [row for row in expected if not isinstance(row.get("status", ""), str)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_without_the_token_there_is_a_401_in_the_vendors_form_and_nothing_else(kind: type[Fake], serve: Serve) -> None:
    fake, server = serve(kind(today=TODAY))  # type: ignore[call-arg]  # every fake has defaults for the rest
    for wrong in ("", "Bearer wrong", f"Basic {fake.token}"):
        got = ask(server, PATHS[fake.vendor], wrong)
        assert got.status == 401
        assert not faults.records(got.json)
        assert set(got.json) & {"code", "error", "message"}
    assert [asked.authorization for asked in server.asked] == ["missing", "other", "other"]
    assert ask(server, "/elsewhere", fake.authorization).status == 404


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_day_makes_the_same_invoices_and_none_is_due_near_it(kind: type[Fake]) -> None:
    make: Any = kind
    assert make(today=TODAY).expected("a") == make(today=TODAY).expected("a")
    for ahead in range(0, 400, 7):
        today = TODAY + timedelta(days=ahead)
        for row in make(40, today=today).expected("a"):
            due = row.get("due")
            assert due is None or abs((date.fromisoformat(str(due)) - today).days) > 2
            assert row.get("kind") == "upcoming" or str(row.get("issued") or "") < today.isoformat()


def test_voxmind_pages_filters_and_sorts_as_documented(serve: Serve) -> None:
    running = serve(FakeVoxmind(today=TODAY))
    got = listed(running)
    assert (len(got.json["results"]), got.header("X-Total-Pages"), got.header("X-RateLimit-Limit")) == (
        100,
        "3",
        "2500",
    )
    assert len(listed(running, page=3).json["results"]) == 50
    assert listed(running, page=4).json == {"results": []}
    assert (len(listed(running, per_page=300).json["results"]), len(listed(running, per_page=999).json["results"])) == (
        250,
        250,
    )
    only = listed(running, filter="sub_id=3,created_at=gte:2026-01-01T00:00:00Z", sort="sub_id:asc,created_at:desc")
    dates = [record["created_at"] for record in only.json["results"]]
    assert dates == sorted(dates, reverse=True)
    assert dates[-1] >= "2026-01-01"
    assert {record["sub_id"] for record in only.json["results"]} == {3}
    assert all(r["sub_id"] != 3 for r in listed(running, filter="sub_id!=3").json["results"])
    assert len(listed(running, filter="created_at=like:2026-0_-%").json["results"]) > 20
    for query in (
        {"filter": "nonsense"},
        {"filter": "colour=red"},
        {"sort": "id"},
        {"page": "0"},
        {"filter": "id!=gt:3"},
    ):
        bad = listed(running, **query)
        assert bad.status == bad.json["code"] == 400
        assert bad.json["errors"][0]["field"] == next(iter(query))


def test_voxmind_singles_are_bare_files_are_what_file_ref_says_and_others_are_forbidden(serve: Serve) -> None:
    fake, server = running = serve(FakeVoxmind(today=TODAY, over_cap="refuse", has_total_pages=False))
    record = listed(running).json["results"][0]
    assert listed(running).header("X-Total-Pages") is None
    assert listed(running, per_page=301).status == 400
    assert ask(server, f"{PATHS['voxmind']}/{record['id']}", fake.authorization).json == record
    file = ask(server, f"/organisations/42/files/{record['file_ref']}", fake.authorization)
    assert file.header("Content-Type") == "application/pdf"
    assert hashlib.sha256(file.body).hexdigest() == record["file_ref"]
    assert ask(server, "/organisations/42/files/ffff", fake.authorization).status == 404
    assert ask(server, "/organisations/43/invoices", fake.authorization).json["code"] == 403
    assert ask(server, f"{PATHS['voxmind']}/1", fake.authorization).json["code"] == 404


def test_voxmind_moments_stand_on_both_sides_of_a_month_and_a_filtered_account_expects_less() -> None:
    fake = FakeVoxmind(today=TODAY, filter="sub_id=3")
    created = [truth.created for truth in fake.truths]
    assert any(at.hour == 23 for at in created)
    assert any((at.day, at.hour) == (1, 0) for at in created)
    assert 0 < len(fake.expected("a")) < 250
    assert fake.options()["filter"] == "sub_id=3"


@pytest.mark.parametrize("generation", ["G1", "G2"])
def test_northflanks_first_generations_send_an_object_for_one(generation: Any, serve: Serve) -> None:
    one = serve(FakeNorthflank(1, generation=generation, today=TODAY))
    record = listed(one).json["data"]["invoices"]
    assert isinstance(record, dict)
    assert set(record) - {"paid"} == (
        {"period", "currency", "total", "subTotal"} if generation == "G1" else {"period", "total"}
    )
    many = serve(FakeNorthflank(201, generation=generation, today=TODAY))
    assert [len(faults.records(listed(many, per_page=100, page=n).json)) for n in (1, 2, 3)] == [100, 100, 1]
    assert isinstance(listed(many, per_page=100, page=3).json["data"]["invoices"], dict)
    assert ask(many.server, f"{PATHS['northflank']}/details", many.fake.authorization).json["data"]["lineItems"]


def test_northflanks_amounts_are_cents_in_one_generation_and_units_in_another(serve: Serve) -> None:
    old, new = FakeNorthflank(60, generation="G3", today=TODAY), FakeNorthflank(60, generation="G4", today=TODAY)
    cents, units = (next(iter(walk(serve(fake))))["total"] for fake in (old, new))
    assert Decimal(cents) == Decimal(units) * 100
    assert old.expected("a")[0]["total"] == new.expected("a")[0]["total"] == f"{Decimal(units):.2f}"
    assert new.expected("a")[5] | {"total": "x"} == new.expected("a")[5] | {"currency": "JPY", "total": "x"}
    assert "." not in str(new.expected("a")[5]["total"])
    wire = {record["id"]: record for record in walk(serve(FakeNorthflank(60, generation="G3", today=TODAY)))}
    half = old.expected("a")[3]
    assert wire[str(half["key"])]["total"] == Decimal(str(half["total"])) * 100
    assert str(half["total"])[-4] == "."
    assert set(wire[old.truths[6].id]) == {"id", "currency"}
    assert "paid" not in wire[old.truths[8].id]
    assert "currency" not in wire[old.truths[10].id]


def test_northflank_ends_empties_teams_caps_and_errors(serve: Serve) -> None:
    for empty, data in (("list", {"invoices": []}), ("null", {"invoices": None}), ("missing", {})):
        assert listed(serve(FakeNorthflank(0, empty=empty))).json["data"] == data  # type: ignore[arg-type]  # one of its words
    last = {"flag": {"hasNextPage", "count"}, "cursor": {"hasNextPage", "count", "cursor"}, "bare": {"count"}}
    for end, keys in last.items():
        page = listed(serve(FakeNorthflank(3, last=end))).json["pagination"]  # type: ignore[arg-type]  # one of its words
        assert set(page) == keys
        assert not page.get("hasNextPage")
    fake, server = running = serve(FakeNorthflank(150, over_cap="refuse"))
    assert len(faults.records(listed(running).json)) == 50
    assert listed(running, per_page=101).json["error"]["status"] == 400
    assert listed(running, cursor="guess").json["error"]["status"] == 400
    assert int(listed(running).header("x-ratelimit-reset") or 0) < 3600
    assert len(faults.records(listed(serve(FakeNorthflank(150)), per_page=500).json)) == 100
    team = serve(FakeNorthflank(3, team="my-team"))
    path = "/v1/teams/my-team/billing/invoices"
    assert len(faults.records(ask(team.server, path, team.fake.authorization).json)) == 3
    assert listed(team).json["error"] == {"status": 404, "message": "Not found", "id": "", "details": {}}
    assert team.fake.options()["team"] == "my-team"
    single = ask(server, f"{PATHS['northflank']}/{fake.truths[0].id}", fake.authorization)  # type: ignore[attr-defined]  # its own
    assert single.json["data"]["lineItems"]


def test_two_northflank_invoices_of_one_period_are_told_apart_by_an_ordinal() -> None:
    keys = [row["key"] for row in FakeNorthflank(30, generation="G1", today=TODAY).expected("a")]
    assert keys[21] == f"{keys[20]}.2"
    assert keys[0] == "2026-10-16..2026-10-31"
    assert len(FakeNorthflank(10_000, generation="G2", today=TODAY).expected("a")) == 10_000


def test_meteroid_counts_pages_from_zero_and_forgets_the_total_past_the_end(serve: Serve) -> None:
    running = serve(FakeMeteroid(today=TODAY))
    assert listed(running, page=2, per_page=100).json["pagination_meta"] == {
        "page": 2, "per_page": 100, "total_items": 250, "total_pages": 3,
    }  # fmt: skip
    past = listed(running, page=3, per_page=100).json
    assert past == {"data": [], "pagination_meta": {"page": 3, "per_page": 100, "total_items": 0, "total_pages": 0}}
    default = listed(running).json
    assert (len(default["data"]), default["pagination_meta"]["per_page"]) == (25, 10)
    created = [record["created_at"] for record in default["data"]]
    assert created == sorted(created, reverse=True)
    assert listed(running, order_by="amount.up").json["code"] == "BAD_REQUEST"
    totals = [r["total"] for r in listed(running, order_by="amount.asc", per_page=100).json["data"]]
    assert totals == sorted(totals)
    assert totals[0] == -4500


@pytest.mark.parametrize(("casing", "void", "draft"), [("snake", "VOID", "DRAFT"), ("pascal", "Void", "Draft")])
def test_meteroid_understands_statuses_in_its_own_casing_only(casing: Any, void: str, draft: str, serve: Serve) -> None:
    running = serve(FakeMeteroid(today=TODAY, casing=casing))
    both = listed(running, statuses=[void, draft], per_page=100).json
    assert {record["status"] for record in both["data"]} == {void, draft}
    assert both["pagination_meta"]["total_items"] == len(both["data"])
    for wrong in (void.swapcase(), f"{void},{draft}"):
        got = listed(running, statuses=wrong)
        assert (got.status, got.header("Content-Type")) == (400, "text/plain; charset=utf-8")
        assert got.body.startswith(b"Failed to deserialize query string: ")
    for bad in ({"page": "x"}, {"page": -1}, {"per_page": 101}):
        assert listed(running, **bad).body.startswith(b"Failed to deserialize")


def test_meteroid_void_ones_of_ten_thousand_are_two_pages(serve: Serve) -> None:
    fake = FakeMeteroid(10_000, today=TODAY)
    found = listed(serve(fake), statuses="VOID", per_page=100).json["pagination_meta"]
    assert found["total_items"] == sum(row["lifecycle"] == "void" for row in fake.expected("a"))
    assert found["total_pages"] == 2


def test_meteroid_filters_singles_and_files(serve: Serve) -> None:
    fake, server = running = serve(FakeMeteroid(today=TODAY, children=2, pdf_after=1))
    record = next(r for r in listed(running, per_page=100).json["data"] if r["subscription_id"] and r["finalized_at"])
    for name in (record["customer_id"], record["customer_details"]["alias"]):
        found = listed(running, customer_id=name, per_page=100).json["data"]
        assert {r["customer_id"] for r in found} == {record["customer_id"]}
    child = next(truth for truth in fake.truths if truth.is_child)  # type: ignore[attr-defined]  # its own
    shown = [r["id"] for r in listed(running, subscription_id=child.subscription, per_page=100).json["data"]]
    assert child.id in shown
    assert child.id not in {row["key"] for row in fake.expected("a")}
    single = f"{PATHS['meteroid']}/{record['id']}"
    assert ask(server, single, fake.authorization).json == record
    pending = ask(server, f"{single}/download", fake.authorization)
    assert (pending.status, "pending" in pending.json["message"]) == (404, True)
    file = ask(server, f"{single}/download", fake.authorization)
    assert (file.header("Content-Type"), file.body[:5]) == ("application/pdf", b"%PDF-")
    assert ask(server, f"{PATHS['meteroid']}/inv_unknown", fake.authorization).json["code"] == "INTERNAL_SERVER_ERROR"
    assert ask(server, "/api/v1/nothing", fake.authorization).json["code"] == "NOT_FOUND"


def test_meteroid_money_and_moments_are_what_the_server_sends() -> None:
    fake = FakeMeteroid(today=TODAY)
    rows = fake.expected("a")
    money = {(row["currency"], row["total"]) for row in rows}
    special = {("AED", "-45.00"), ("JPY", "5500"), ("KWD", "12.345"), ("ISK", "123.45"), ("MGA", "700")}
    assert special | {("VND", "9007199254740993")} <= money
    wires = [fake.wire(truth) for truth in fake.truths]
    assert {str(wire["created_at"])[-1] for wire in wires} <= set("0123456789")
    assert sum(wire["invoice_number"] == "draft" for wire in wires) > 10
    assert {row["vendor_status"] for row in rows} >= {"FINALIZED / PAID", "VOID / UNPAID", "IN_REVIEW / UNPAID"}
    assert {row.get("status") for row in rows} >= {
        "draft", "void", "uncollectible", "paid", "overdue", "partial", "open", "unknown",
    }  # fmt: skip
    old = FakeMeteroid(today=TODAY, casing="pascal", is_naive=False)
    assert {row["vendor_status"] for row in old.expected("a")} >= {"Finalized / PartiallyPaid", "InReview / Unpaid"}
    assert old.wire(old.truths[0])["invoice_type"] == "Recurring"
    assert str(old.wire(old.truths[0])["created_at"]).endswith("Z")


def test_opterius_pages_and_filters_as_documented(serve: Serve) -> None:
    fake, server = running = serve(FakeOpterius(today=TODAY))
    first = listed(running).json
    assert first["meta"] == {"current_page": 1, "last_page": 17, "per_page": 15, "total": 250}
    assert listed(running, per_page=500).json["meta"]["per_page"] == 100
    assert listed(running, page=99).json["data"] == []
    assert {r["status"] for r in listed(running, status="overdue", per_page=100).json["data"]} == {"overdue"}
    bad = listed(running, status="late")
    assert (bad.status, bad.json["errors"]) == (422, {"status": ["The selected status is invalid."]})
    assert listed(serve(FakeOpterius(over_cap="refuse")), per_page=101).status == 422
    record = first["data"][0]
    assert set(record) == {
        "id", "invoice_number", "status", "subtotal", "tax_amount", "total", "amount_due", "currency_code",
        "due_date", "paid_at", "created_at",
    }  # fmt: skip
    assert ask(server, f"{PATHS['opterius']}/{record['id']}", fake.authorization).json == {"data": record}
    assert ask(server, f"{PATHS['opterius']}/1", fake.authorization).json["message"] == "Not Found"
    rows = {row["currency"]: row for row in fake.expected("a")}
    assert "." not in str(rows["JPY"]["total"])
    assert str(rows["KWD"]["total"])[-4] == "."


def test_opterius_code_sends_everything_in_units_under_other_names(serve: Serve) -> None:
    fake, server = running = serve(FakeOpterius(today=TODAY, form="source"))
    whole = listed(running, page=2, per_page=1).json
    assert list(whole) == ["data"]
    assert len(whole["data"]) == 250
    rows = {row["key"]: row for row in fake.expected("a")}
    for record in whole["data"]:
        row = rows[str(record["id"])]
        subunits = Decimal(str(row["total"])) * {"JPY": 1, "KWD": 1000}.get(record["currency"], 100)
        assert Decimal(record["total"]) * 100 == subunits
    assert {record["currency"] for record in whole["data"]} == {"USD", "EUR", "JPY", "KWD"}
    assert {record["status"] for record in whole["data"]} >= {"draft", "refunded"}
    assert {type(record["total"]) for record in whole["data"]} == {int, Decimal}
    assert listed(running, status="nonsense").json == {"data": []}
    assert {"subtotal", "tax", "items"} <= set(ask(server, f"{PATHS['opterius']}/400", fake.authorization).json)
    assert ask(server, PATHS["opterius"]).json == {"error": "Invalid or expired token."}


def test_laravel_talks_html_to_those_who_do_not_ask_for_json(serve: Serve) -> None:
    fake, server = running = serve(FakeOpterius(today=TODAY))
    missing = ask(server, f"{PATHS['opterius']}/1", fake.authorization, accept="*/*")
    assert (missing.status, missing.body[:9]) == (404, b"<!DOCTYPE")
    login = ask(server, PATHS["opterius"], accept="text/html")
    assert (login.status, login.header("Location")) == (302, "/login")
    assert listed(running, accept="*/*", status="late").status == 302


def test_versori_compares_the_date_it_is_told_to_with_both_ends_in(serve: Serve) -> None:
    def count(start: str, end: str, **form: Any) -> int:
        running = serve(FakeVersori(30, today=TODAY, **form))
        return len(faults.records(listed(running, **{"from": start, "to": end}).json))

    assert count("2026-10-01", "2026-10-31") == count("2026-10-31", "2026-10-31") == 3
    assert count("2026-10-01", "2026-10-30") == count("2026-10-31", "2026-10-31", is_to_inclusive=False) == 0
    assert count("2026-10-01", "2026-10-01", compares="start") == count("2026-10-15", "2026-10-15", compares="overlap")
    assert count("2026-10-02", "2026-10-31", compares="start") == 0
    assert count("2026-10-31", "2026-11-05", compares="overlap") == count(
        "2026-09-30", "2026-09-30", compares="overlap"
    )


def test_versori_without_dates_tells_of_the_upcoming_invoice_in_three_forms(serve: Serve) -> None:
    array = listed(serve(FakeVersori(3, today=TODAY))).json
    assert [(r["invoiceStartDate"], r["invoiceEndDate"]) for r in array] == [("2026-11-01", "2026-11-30")]
    assert listed(serve(FakeVersori(3, today=TODAY, single="object"))).json == array[0]
    assert listed(serve(FakeVersori(3, has_upcoming=False))).json == []
    assert listed(serve(FakeVersori(3, has_upcoming=False, empty="null"))).json is None
    running = serve(FakeVersori(3, today=TODAY, single="object", empty="null"))
    assert listed(running, **{"from": "2027-01-01"}).json is None
    assert listed(running, to="2026-11-21").json[0]["invoiceEndDate"] == "2026-10-31"
    assert listed(running, to="yesterday").json["code"] == "invalid_argument"
    assert ask(running.server, "/organisations/x/billing/invoices", running.fake.authorization).status == 403


def test_versori_money_is_split_and_two_invoices_of_one_period_and_currency_are_kept_apart(serve: Serve) -> None:
    fake = FakeVersori(30, today=TODAY, scheme="JWT", files="http://127.0.0.1:9")
    assert fake.authorization.startswith("JWT ")
    found = list(walk(serve(fake)))
    assert found[0]["totalAmount"] == {"isNegative": False, "currencyCode": "GBP", "integral": 12, "fractional": 5}
    assert found[7]["totalAmount"] | {"currencyCode": ""} == {
        "isNegative": True, "currencyCode": "", "integral": 0, "fractional": 0,
    }  # fmt: skip
    rows = fake.expected("a")
    assert [rows[n]["total"] for n in (0, 4, 7)] == ["12.05", "-3.50", "0.00"]
    assert rows[0]["key"] == "2026-10-01..2026-10-31.GBP"
    assert rows[13]["key"] == f"{rows[12]['key']}.2"
    assert rows[-1]["status"] == "upcoming"
    assert found[0]["invoiceURL"] == "http://127.0.0.1:9/i/ref00000?s=ap"
    assert len({row["key"] for row in FakeVersori(10_000, today=TODAY).expected("a")}) == 10_001


def test_the_document_host_gives_files_pages_and_redirects_to_whoever_knows_the_link(
    serve_answer: Callable[[Answer], Server],
) -> None:
    for links, status, kind in (("pdf", 200, "application/pdf"), ("page", 200, "text/html; charset=utf-8")):
        got = ask(serve_answer(FakeFiles(links).answer), "/i/ref1", s="ap")  # type: ignore[arg-type]  # one of its words
        assert (got.status, got.header("Content-Type")) == (status, kind)
    server = serve_answer(FakeFiles("redirect").answer)
    location = ask(server, "/i/ref1", s="ap").header("Location")
    assert location == "/i/ref1/pdf?s=ap"
    assert ask(server, urlsplit(location).path, s="ap").body.startswith(b"%PDF-")
    assert ask(server, "/i/ref1").status == 404
    assert server.asked[0].authorization == "missing"


def test_the_files_are_real_pdfs() -> None:
    with pypdfium2.PdfDocument(pdf("Invoice (7)", r"a\b")) as document:
        page = document[0]
        text = page.get_textpage()
        assert text.get_text_bounded().split() == ["Invoice", "(7)", r"a\b"]
        text.close()
        page.close()
