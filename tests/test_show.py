"""`invoicetui show` of invoices that the list can read and nobody can read whole."""

from __future__ import annotations

import json
from typing import Any

from tests.commands import run
from tests.conftest import ConfigFor, Serve
from tests.servers.faults import Damaged
from tests.servers.meteroid import FakeMeteroid
from tests.servers.opterius import FakeOpterius
from tests.servers.serving import Reply

REASON = "$.line_items[0].quantity: expected string, got integer"


def _damage(record: dict[str, Any]) -> None:
    record["line_items"][0]["quantity"] = 3


def test_a_line_that_cannot_be_read_hides_neither_row_nor_money(serve: Serve, config_for: ConfigFor) -> None:
    fake = FakeMeteroid(5)
    configured = config_for({"billing": serve(fake, Damaged(fake.answer, _damage, every=1))})
    ran = run("list", "--format", "json", configured=configured)
    assert (ran.status, ran.err) == (0, "")
    rows = {row["key"]: row for row in json.loads(ran.out)}
    expected = {row["key"]: row for row in fake.expected("billing")}
    assert {key: (row["total"], row["amount_due"], row["period_start"]) for key, row in rows.items()} == {
        key: (row["total"], row["amount_due"], row["period_start"]) for key, row in expected.items()
    }
    key = next(iter(rows))

    shown = run("show", "billing", key, "--offline", configured=configured)
    assert (shown.status, shown.err) == (0, "")
    assert shown.out.startswith(f"{rows[key]['number']}\n")
    assert f"Not all of this record can be read: {REASON}." in shown.out
    assert f"\n\nLines\nNot all of this record can be read: {REASON}.\n" in shown.out
    assert "Nothing can be read of the record's payments; paid:" in shown.out
    assert "has no lines" not in shown.out
    assert "lists no" not in shown.out
    assert "says nothing about usage" not in shown.out

    ran = run("show", "billing", key, "--offline", "--format", "json", configured=configured)
    found = json.loads(ran.out)
    assert ran.status == 0
    assert found["problem"] == REASON
    assert {name: found[name] for name in rows[key]} == rows[key]
    parts = ("lines", "taxes", "discounts", "payments", "usage", "memo", "instants", "metadata")
    assert {name: found[name] for name in parts} == dict.fromkeys(parts), "unknown is not none at all"
    assert found["raw"]["line_items"][0]["quantity"] == 3


def test_a_detail_that_cannot_be_read_leaves_the_lists_record(serve: Serve, config_for: ConfigFor) -> None:
    fake = FakeOpterius(5)

    def answer(method: str, path: str, query: Any, headers: Any, body: bytes) -> Reply:
        reply = fake.answer(method, path, query, headers, body)
        is_single = path.rpartition("/")[2].isdigit()
        return fake.json({"data": {"id": 301, "items": "many"}}) if is_single else reply

    configured = config_for({"hosting": serve(fake, answer)})
    rows = json.loads(run("list", "--format", "json", configured=configured).out)
    (row,) = [row for row in rows if row["key"] == "301"]
    reason = "in the vendor's detail, $.items: expected array, got string"

    ran = run("show", "hosting", "301", "--format", "json", configured=configured)
    found = json.loads(ran.out)
    assert (ran.status, ran.err) == (0, "")
    assert {name: found[name] for name in row} == row
    assert (found["problem"], found["raw_detail"]) == (reason, None)

    text = run("show", "hosting", "301", configured=configured)
    assert text.status == 0
    assert text.out.startswith(f"{row['number']}\n")
    assert f"Not all of this record can be read: {reason}." in " ".join(text.out.split())
