"""The servers fail as networks do, the faults are what they say, and a test has nothing but its own."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import http.client
import json
import os
import socket
import threading
import time
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ConfigFor, Serve
from tests.servers import faults, network_guard
from tests.servers.client import PATHS, ask, listed, walk
from tests.servers.fake import Fake, due_after, half_month, month
from tests.servers.meteroid import FakeMeteroid
from tests.servers.northflank import FakeNorthflank
from tests.servers.opterius import FakeOpterius
from tests.servers.rows import Row, decimal_text, differences, status_word
from tests.servers.serving import Fault, Reply, Server
from tests.servers.versori import FakeVersori
from tests.servers.voxmind import FakeVoxmind

TODAY = date(2026, 11, 21)
KINDS: tuple[type[Fake], ...] = (FakeVoxmind, FakeNorthflank, FakeMeteroid, FakeOpterius, FakeVersori)


# What a server does with its connections


def test_a_connection_is_kept_and_the_tokens_value_is_not() -> None:
    fake = FakeVoxmind(5)
    with Server(fake.answer, authorization=fake.authorization) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        for _ in range(3):
            connection.request("GET", PATHS["voxmind"] + "?a=%C3%A9", headers={"Authorization": fake.authorization})
            assert connection.getresponse().read()
        connection.close()
        assert (server.connections, [asked.connection for asked in server.asked]) == (1, [1, 1, 1])
        assert fake.token not in repr(server.asked)
        assert server.asked[0].value("a") == "é"
        assert server.asked[0].target.endswith("a=%C3%A9")


def test_closing_ends_the_thread_and_every_connection() -> None:
    server = Server(lambda *_: Reply(body=b"{}"))
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as idle:
        assert ask(server, "/").body == b"{}"
        server.close()
        server.close()
        with contextlib.suppress(ConnectionResetError):  # when it was not even accepted
            assert idle.recv(1) == b""
    assert not any(thread.name == f"fake:{server.port}" for thread in threading.enumerate())
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), timeout=5)


def test_a_mistake_in_a_fake_is_not_mistaken_for_a_vendors_error() -> None:
    def mistaken(*_: object) -> Reply:
        raise KeyError("in the fake")

    server = Server(mistaken)
    assert ask(server, "/").status == 500
    with pytest.raises(KeyError, match="in the fake"):
        server.close()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("cut", http.client.IncompleteRead),
        ("close", http.client.RemoteDisconnected),
        ("reset", ConnectionResetError),
        ("reset_midway", ConnectionResetError),
    ],
)
def test_a_faulty_answer_fails_as_a_network_does(fault: Fault, error: Any, serve: Serve) -> None:
    fake = FakeMeteroid(30)
    running = serve(fake, faults.broken(fake.answer, fault, {2}))
    assert listed(running).status == 200
    with pytest.raises(error) as caught:
        listed(running)
    assert caught.type is error  # http.client calls an orderly close a kind of reset
    assert listed(running).status == 200


def test_a_hanging_answer_ends_with_the_server_and_a_dripping_one_arrives() -> None:
    fake = FakeMeteroid(30)
    with Server(faults.broken(faults.broken(fake.answer, "hang", {1}), "drip", {2})) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=0.2) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            with pytest.raises(TimeoutError):
                client.recv(1)
        started = time.monotonic()
        got = ask(server, PATHS["meteroid"], fake.authorization)
        assert len(got.json["data"]) == 25
        assert time.monotonic() - started > 0.1


# Faults around an answer


def test_refusals_come_as_often_as_told_and_then_it_is_fine(serve: Serve) -> None:
    fake = FakeOpterius(5)
    answer = faults.failing(faults.rate_limited(fake.answer, fake, 2, retry_after="7"), fake, 1, status=500)
    running = serve(fake, answer)
    got = [listed(running) for _ in range(4)]
    assert [one.status for one in got] == [500, 429, 429, 200]
    assert (got[1].header("Retry-After"), got[1].json["message"]) == ("7", "Too Many Attempts.")
    when = "Sat, 21 Nov 2026 10:00:00 GMT"
    late = serve(fake, faults.rate_limited(fake.answer, fake, 1, retry_after=when, start=2))
    assert [listed(late).header("Retry-After") for _ in range(3)] == [None, when, None]


def test_pages_that_never_end(serve: Serve) -> None:
    fake = FakeNorthflank(250)
    running = serve(fake, faults.repeated_cursor(fake.answer))
    first = listed(running).json
    cursor = first["pagination"]["cursor"]
    second, third = listed(running, cursor=cursor).json, listed(running, cursor=cursor).json
    assert second == third != first
    assert second["pagination"] == {"hasNextPage": True, "count": 50, "cursor": cursor}
    meteroid = FakeMeteroid(250)
    stuck = serve(meteroid, faults.without_page(meteroid.answer))
    assert listed(stuck, page=0, per_page=100).json == listed(stuck, page=1, per_page=100).json


@pytest.mark.parametrize("kind", KINDS)
def test_one_record_in_a_hundred_is_malformed_and_its_key_is_known(kind: Any, serve: Serve) -> None:
    fake: Fake = kind(250, today=TODAY)
    damaged = faults.malformed(fake)
    running = serve(fake, damaged)
    found = list(walk(running))
    broken = [record for record in found if not isinstance(record.get(fake.text_field, ""), str)]
    assert len(broken) == damaged.count in (2, 3)
    assert len(set(damaged.keys)) == damaged.count
    raw = damaged.raw[0]
    first = next(asked.reply.body for asked in running.server.asked if raw in asked.reply.body)
    assert damaged.keys[0] == f"unreadable-{hashlib.sha256(raw).hexdigest()[:12]}"
    assert json.loads(first)
    keys = damaged.keys
    assert [record for record in walk(running) if not isinstance(record.get(fake.text_field, ""), str)] == broken
    assert damaged.keys == keys


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_that_are_no_text(kind: Any, serve: Serve) -> None:
    fake: Fake = kind(60, today=TODAY)
    query = {"from": "2000-01-01"} if fake.vendor == "versori" else {"per_page": 60, "perPage": 60}
    bad = listed(serve(fake, faults.with_bytes(fake.answer)), **query)
    with pytest.raises(UnicodeDecodeError):
        bad.body.decode()
    lone = listed(serve(fake, faults.with_bytes(fake.answer, faults.LONE_SURROGATE)), **query)
    assert [r["note"] for r in faults.records(lone.json) if "note" in r] == ["\ud800"]


@pytest.mark.parametrize("kind", KINDS)
def test_an_invoice_that_comes_between_two_pages_is_the_newest(kind: Any, serve: Serve) -> None:
    fake: Fake = kind(120, today=TODAY)
    before = fake.expected("a")
    running = serve(fake, faults.inserted(fake.answer, fake))
    found = list(walk(running))
    after = fake.expected("a")
    assert len(after) == len({row["key"] for row in after}) == len(before) + 1
    (new,) = [row for row in after if row["key"] not in {old["key"] for old in before}]
    assert str(new["issued"]) == max(str(row["issued"]) for row in after if row.get("issued"))
    if fake.vendor in ("meteroid", "opterius"):  # numbers shifted: the last record of a page came again
        assert len(found) == 121
        assert len({record["id"] for record in found}) == 120
    elif fake.vendor == "northflank":  # a cursor does not shift
        assert len(found) == 120


def test_html_moves_expiry_slowness_and_size(serve: Serve) -> None:
    fake = FakeVersori(5)
    page = listed(serve(fake, faults.html(fake.answer)))
    assert (page.status, page.body[:9]) == (200, b"<!DOCTYPE")
    moved = listed(serve(fake, faults.moved(fake.answer, "http://127.0.0.1:9/login")))
    assert (moved.status, moved.header("Location")) == (302, "http://127.0.0.1:9/login")
    expiring = serve(fake, faults.expired(fake.answer, fake, 2))
    assert [listed(expiring).status for _ in range(3)] == [200, 200, 401]
    started = time.monotonic()
    assert listed(serve(fake, faults.slow(fake.answer, 0.1))).status == 200
    assert time.monotonic() - started >= 0.1
    bomb = listed(serve(fake, faults.bomb(fake.answer, megabytes=8)))
    assert bomb.header("Content-Encoding") == "gzip"
    assert len(bomb.body) < 16 * 1024
    assert len(gzip.decompress(bomb.body)) == (8 << 20) + 2
    assert len(listed(serve(fake, faults.oversized(fake.answer, megabytes=2))).body) == (2 << 20) + 2


# What tests stand on


def test_differences_names_what_is_missing_twice_wrong_and_unexpected() -> None:
    want: list[Row] = [{"account": "a", "key": "1", "total": "5.00"}, {"account": "a", "key": "2", "paid_at": None}]
    good: list[Row] = [
        {"account": "a", "key": "1", "total": "5.00", "more": 1},
        {"account": "a", "key": "2", "paid_at": None},
    ]
    assert differences(good, want) == []
    assert differences(good[:1], want) == ["('a', '2') is missing"]
    assert differences([*good, good[0]], want) == ["('a', '1') is there twice"]
    assert differences([*good, {"account": "b", "key": "1"}], want) == ["('b', '1') is unexpected"]
    assert differences([{**good[0], "total": 5}, good[1]], want) == ["('a', '1') total: 5 instead of '5.00'"]
    assert len(differences([{"account": "a", "key": "1"}, good[1]], want)) == 1
    moment: list[Row] = [{"account": "a", "key": "1", "paid_at": "2026-01-01T12:00:00+00:00"}]
    assert differences([{"account": "a", "key": "1", "paid_at": "2026-01-01T12:00:00Z"}], moment) == []
    assert differences([{"account": "a", "key": "1", "paid_at": "2026-01-01T12:00:01Z"}], moment) != []


def test_the_calendar_and_the_words() -> None:
    assert month(date(2026, 3, 3), 0) == (date(2026, 1, 1), date(2026, 1, 31))
    assert month(date(2026, 3, 4), 1) == (date(2026, 1, 1), date(2026, 1, 31))
    assert half_month(TODAY, 1) == (date(2026, 10, 1), date(2026, 10, 15))
    assert due_after(date(2026, 11, 7), 14, TODAY) == date(2026, 11, 27)
    assert [decimal_text(*m) for m in ((1205, 2), (-5, 2), (5000, 0), (0, 3))] == ["12.05", "-0.05", "5000", "0.000"]
    assert status_word("issued", "partial", overdue=True) == "overdue"
    assert status_word("unknown", "paid", overdue=False) == "paid"


def test_a_test_has_a_home_of_its_own_and_no_keyring(private_environment: Path) -> None:
    assert Path.home() == private_environment
    assert os.environ["PYTHON_KEYRING_BACKEND"] == "keyring.backends.null.Keyring"
    assert not [name for name in os.environ if name.startswith("INVOICETUI_")]
    assert os.environ["XDG_CONFIG_HOME"].startswith(str(private_environment))


def test_nothing_beyond_loopback_is_reached(refused_addresses: list[str]) -> None:
    with pytest.raises(PermissionError), socket.socket() as client:
        client.connect(("192.0.2.1", 9))
    with pytest.raises(PermissionError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"", ("192.0.2.1", 9))
    with pytest.raises(PermissionError):
        socket.getaddrinfo("api.example.com", 443)
    assert len(refused_addresses) == 3
    refused_addresses.clear()
    assert [network_guard.is_local(host) for host in ("127.8.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1", "a.b")] == [
        True, True, True, False, False,
    ]  # fmt: skip


def test_a_config_names_the_running_fakes_and_keeps_tokens_out(serve: Serve, config_for: ConfigFor) -> None:
    accounts = {f"my-{kind.__name__[4:].lower()}": serve(kind()) for kind in KINDS}  # type: ignore[call-arg]  # all default
    path, env = config_for(accounts)
    text = path.read_text(encoding="utf-8")
    parsed = tomllib.loads(text)["accounts"]
    assert len(env) == len(parsed) == 5
    assert env["INVOICETUI_TOKEN_MY_METEROID"] == accounts["my-meteroid"].fake.token
    assert parsed["my-voxmind"]["base_url"] == accounts["my-voxmind"].server.url
    assert parsed["my-voxmind"]["document_url"] == "/organisations/{organisation}/files/{file_ref}"
    assert not any(token in text for token in env.values())
    assert len({row["key"] for name, run in accounts.items() for row in run.fake.expected(name)}) == 1251
