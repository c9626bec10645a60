"""`invoicetui list` over real HTTP: every row of five vendors, in every form their servers take."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from tests.commands import run
from tests.conftest import ConfigFor, Running, Serve
from tests.servers import faults
from tests.servers.fake import Fake
from tests.servers.meteroid import FakeMeteroid
from tests.servers.northflank import FakeNorthflank
from tests.servers.opterius import FakeOpterius
from tests.servers.versori import FakeVersori
from tests.servers.voxmind import FakeVoxmind


def fakes(form: str) -> dict[str, Fake]:
    """Five vendors of 250 invoices; the forms together hold every casing, generation and variant documented."""
    match form:
        case "as documented":
            return {
                "voice": FakeVoxmind(),
                "cloud": FakeNorthflank(generation="G1"),
                "billing": FakeMeteroid(casing="pascal", is_naive=False),
                "hosting": FakeOpterius(),
                "flows": FakeVersori(),
            }
        case "as in their source":
            return {
                "voice": FakeVoxmind(has_total_pages=False),
                "cloud": FakeNorthflank(generation="G3", last="cursor"),
                "billing": FakeMeteroid(casing="snake"),
                "hosting": FakeOpterius(form="source"),
                "flows": FakeVersori(compares="overlap", scheme="JWT", newest_first=False),
            }
        case _:
            return {
                "voice": FakeVoxmind(filter="sub_id=1"),
                "cloud": FakeNorthflank(generation="G4", team="ours", last="bare"),
                "billing": FakeMeteroid(casing="snake", is_naive=False),
                "hosting": FakeOpterius(form="source", amounts="major"),
                "flows": FakeVersori(compares="start", is_to_inclusive=False, empty="null"),
            }


def listed(out: str) -> dict[tuple[str, str], dict[str, Any]]:
    rows = json.loads(out)
    found = {(row["account"], row["key"]): row for row in rows}
    assert len(found) == len(rows), "a row came twice"
    return found


def compare(rows: dict[tuple[str, str], dict[str, Any]], servers: dict[str, Running]) -> None:
    """Every row that the servers hold is there as they hold it, and no other."""
    expected = {
        (row["account"], row["key"]): row for name, running in servers.items() for row in running.fake.expected(name)
    }
    assert set(rows) == set(expected)
    for key, row in expected.items():
        printed = rows[key]
        if row.get("paid_at"):
            printed = {**printed, "paid_at": moment(printed["paid_at"])}
            row = {**row, "paid_at": moment(row["paid_at"])}
        assert {name: printed[name] for name in row} == row


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("form", "zone"),
    [("as documented", "Asia/Tokyo"), ("as in their source", "America/Juneau"), ("otherwise", "Asia/Tokyo")],
)
def test_every_row_of_five_accounts_is_printed_once(serve: Serve, config_for: ConfigFor, form: str, zone: str) -> None:
    servers = {name: serve(fake) for name, fake in fakes(form).items()}
    ran = run("list", "--all", "--format", "json", configured=config_for(servers), env={"TZ": zone})
    assert (ran.err, ran.status) == ("", 0)
    compare(listed(ran.out), servers)


def test_a_refused_token_hides_no_other_account(serve: Serve, config_for: ConfigFor) -> None:
    servers = {name: serve(fake) for name, fake in fakes("as documented").items()}
    configured = config_for(servers)
    wrong = {"INVOICETUI_TOKEN_CLOUD": "not-the-token"}
    ran = run("list", "--all", "--format", "json", configured=configured, env=wrong)
    assert ran.status == 3
    compare(listed(ran.out), {name: running for name, running in servers.items() if name != "cloud"})
    (line,) = ran.err.splitlines()
    assert "cloud" in line
    assert "refused the token" in line
    assert "INVOICETUI_TOKEN_CLOUD" in line
    assert "not-the-token" not in ran.err + ran.out


def test_no_account_answers(serve: Serve, config_for: ConfigFor) -> None:
    configured = config_for({"cloud": serve(FakeNorthflank(3))})
    ran = run("list", "--format", "json", configured=configured, env={"INVOICETUI_TOKEN_CLOUD": "wrong"})
    assert (ran.status, json.loads(ran.out)) == (1, [])


def test_a_status_filter_costs_the_matching_pages_only(serve: Serve, config_for: ConfigFor) -> None:
    running = serve(FakeMeteroid(10_000, voids=50))
    ran = run("list", "--all", "status:void", "--format", "json", configured=config_for({"billing": running}))
    rows = listed(ran.out)
    void = {("billing", row["key"]) for row in running.fake.expected("billing") if row.get("status") == "void"}
    assert set(rows) == void
    assert 100 < len(void) <= 200
    # One more than the two pages: the casing of the server's words is not known before its first answer.
    assert len(running.server.asked) == 3


def test_the_newest_few_over_all_accounts(serve: Serve, config_for: ConfigFor) -> None:
    servers = {"voice": serve(FakeVoxmind()), "hosting": serve(FakeOpterius())}
    ran = run("list", "--limit", "130", "--format", "ndjson", configured=config_for(servers))
    rows = [json.loads(line) for line in ran.out.splitlines()]
    everything = [row for name, running in servers.items() for row in running.fake.expected(name)]
    everything.sort(key=lambda row: (row["account"], row["key"]))
    everything.sort(key=lambda row: row["issued"], reverse=True)
    assert [(row["account"], row["key"]) for row in rows] == [(row["account"], row["key"]) for row in everything[:130]]


def test_one_bad_record_of_a_hundred_is_one_honest_line(serve: Serve, config_for: ConfigFor) -> None:
    fake = FakeMeteroid(100)
    damaged = faults.malformed(fake)
    running = serve(fake, damaged)
    ran = run("list", "--all", "--format", "json", configured=config_for({"billing": running}))
    rows = listed(ran.out)
    unreadable = [row for row in rows.values() if row["key"].startswith("unreadable-")]
    assert len(rows) == 100
    assert [row["key"] for row in unreadable] == damaged.keys
    assert unreadable[0]["status"] == "unknown"
    assert unreadable[0]["total"] is None
    assert len(ran.err.splitlines()) == 1
    assert ran.status == 0
    shown = run("show", "billing", damaged.keys[0], "--offline", configured=config_for({"billing": running}))
    (reason,) = [line.partition(f"billing: {damaged.keys[0]}: ")[2] for line in ran.err.splitlines()]
    assert shown.out.startswith(f"This record cannot be read\n{reason}.\n")
    assert '"paid_at": null' in shown.out, "the record itself"
    assert "n/a" not in shown.out
    assert "no lines" not in shown.out


@pytest.mark.parametrize("fault", ["repeated cursor", "ignored page", "html", "cut", "reset", "rate limited"])
def test_a_fault_ends_in_the_right_rows_and_an_honest_line(serve: Serve, config_for: ConfigFor, fault: str) -> None:
    fake: Fake = FakeNorthflank(250) if fault == "repeated cursor" else FakeMeteroid(250)
    answer, rows_left = {
        "repeated cursor": (faults.repeated_cursor(fake.answer), None),
        "ignored page": (faults.without_page(fake.answer), 100),
        "html": (faults.html(fake.answer, nths=(2,)), 100),
        "cut": (faults.broken(fake.answer, "cut", (2,)), 250),
        "reset": (faults.broken(fake.answer, "reset", (2,)), 250),
        "rate limited": (faults.rate_limited(fake.answer, fake, 1, start=2), 250),
    }[fault]
    running = serve(fake, answer)
    ran = run("list", "--all", "--format", "json", configured=config_for({"one": running}))
    rows = listed(ran.out)
    if rows_left == 250:
        assert (ran.err, ran.status) == ("", 0)
        compare(rows, {"one": running})
    else:
        assert ran.status == 3
        assert len(ran.err.splitlines()) == 1
        assert rows_left is None or len(rows) == rows_left
        assert set(rows) < {("one", row["key"]) for row in fake.expected("one")}
