"""The demo's PDFs: real files whose text says what the record says, the same bytes every time."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from urllib.parse import parse_qsl, urlsplit

import pytest

from invoicetui.demo.documents import plain
from invoicetui.demo.meteroid_records import digits_of
from invoicetui.demo.printing import Paper
from invoicetui.demo.world import World
from invoicetui.documents.pdfium import Pdf
from invoicetui.documents.sheet import sheet
from tests.demo_walks import TODAY, Row, get, rows


@pytest.fixture(scope="module")
def world() -> World:
    return World(TODAY)


def text(content: bytes) -> str:
    with Pdf(content) as document:
        return "\n".join(str(sheet(document.page(index), 100)) for index in range(document.pages))


def test_voxmind_serves_the_file_whose_sum_is_file_ref(world: World) -> None:
    for row in rows(world, "voice-id"):
        reply = get(world, "voice-id", f"/organisations/42/files/{row['file_ref']}")
        assert dict(reply.headers)["Content-Type"] == "application/pdf"
        assert sha256(reply.body).hexdigest() == row["file_ref"]
    assert f"VM-42-{row['invoice_sequence']:04d}" in text(reply.body)
    assert get(world, "voice-id", f"/organisations/42/files/{'0' * 64}").status == 404
    assert get(world, "voice-id", f"/organisations/43/files/{row['file_ref']}").status in (403, 404)
    assert get(world, "voice-id", f"/organisations/42/files/{row['file_ref']}", token="wrong").status == 401


def test_meteroid_prints_every_customer_and_amount_in_any_script(world: World) -> None:
    seen: set[str] = set()
    for row in rows(world, "customers")[:400]:
        reply = get(world, "customers", f"/api/v1/invoices/{row['id']}/download")
        is_printed = row["status"] != "DRAFT" and date.fromisoformat(row["invoice_date"]) < TODAY
        assert reply.status == (200 if is_printed else 404)
        if is_printed and row["customer_id"] not in seen:
            seen.add(row["customer_id"])
            check(row, text(reply.body))
    assert len(seen) > 100


def check(row: Row, shown: str) -> None:
    assert row["invoice_number"] in shown
    assert all(word in shown for word in row["customer_details"]["name"].split())
    assert f"{row['currency']} {plain(row['total'], digits_of(row['currency']))}" in shown
    lines = shown.splitlines()
    for line in row["line_items"]:
        total = plain(line["amount_total"], digits_of(row["currency"]))
        assert any(line["name"] in one and one.rstrip().endswith(total) for one in lines)


def test_versoris_links_lead_to_another_host_that_wants_no_token(world: World) -> None:
    found = [row for row in rows(world, "integrations") if row["invoiceURL"]]
    for row in found:
        url = urlsplit(row["invoiceURL"])
        assert url.hostname == "pay.stripline.demo"
        reply = world.answer(url.hostname, "GET", url.path, parse_qsl(url.query))
        assert reply.status == 200
        assert row["invoiceEndDate"] in text(reply.body)
    assert world.answer("pay.stripline.demo", "GET", url.path).status == 404
    assert world.answer("pay.stripline.demo", "GET", f"{url.path}0", parse_qsl(url.query)).status == 404


def test_the_same_bytes_every_time() -> None:
    one, other = (
        get(world, "customers", f"/api/v1/invoices/{rows(world, 'customers')[60]['id']}/download").body
        for world in (World(TODAY), World(TODAY))
    )
    assert one == other


def test_the_writer_takes_any_letter_on_any_page() -> None:
    paper = Paper()
    for line, shown in enumerate(("Plain (text) \\ 50%", "Zażółć gęślą jaźń", "株式会社はるか 12", "İzmir – Łódź €9")):
        paper.text(50, 700 - 20 * line, shown)
    paper.turn()
    paper.text(545, 700, "right edge", right=True)
    with Pdf(paper.content()) as document:
        assert document.pages == 2
        first, second = (document.page(index) for index in range(2))
    assert [piece.text for piece in first.pieces] == [
        "Plain (text) \\ 50%",
        "Zażółć gęślą jaźń",
        "株式会社はるか 12",
        "İzmir – Łódź €9",
    ]
    assert second.pieces[-1].right == pytest.approx(545, abs=1)
