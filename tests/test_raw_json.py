"""Raw records: escaped, masked, and otherwise as they came."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicetui.raw_json import LIMIT, mask_links, raw_text
from invoicetui.text import ELLIPSIS


def test_a_record_is_laid_out_and_nothing_is_lost() -> None:
    raw = b'{"id":7,"total":12.50,"big":1E400,"id":8,"list":[1,{"a":null},[]],"none":{},"yes":true,"s":"a\\"b"}'
    assert raw_text(raw) == (
        "{\n"
        '  "id": 7,\n'
        '  "total": 12.50,\n'
        '  "big": 1E400,\n'
        '  "id": 8,\n'
        '  "list": [\n'
        "    1,\n"
        "    {\n"
        '      "a": null\n'
        "    },\n"
        "    []\n"
        "  ],\n"
        '  "none": {},\n'
        '  "yes": true,\n'
        '  "s": "a\\"b"\n'
        "}"
    )


def test_everything_beyond_ascii_is_escaped() -> None:
    raw = '{"n\u00e4me": "\\u001b]52;c;x\\u0007 \x7f\u202e\u009b \U0001f4c4 \\ud800"}'.encode()
    text = raw_text(raw)
    assert text.isascii()
    assert not [char for char in text if not char.isprintable() and char != "\n"]
    assert '"n\\u00e4me"' in text
    assert "\\u001b]52;c;x\\u0007 \\u007f\\u202e\\u009b \\ud83d\\udcc4 \\ud800" in text


@pytest.mark.parametrize(
    ("link", "masked"),
    [
        ("https://files.example.com/a/b.pdf?sig=SECRET", "https://files.example.com/…"),
        ("HTTPS://files.example.com:8443?sig=SECRET", "HTTPS://files.example.com:8443/…"),
        ("https://SECRET:SECRET@files.example.com/", "https://files.example.com/…"),
        ("https://files.example.com#SECRET", "https://files.example.com/…"),
        ("s3://bucket/SECRET", "s3://bucket/…"),
        ("//files.example.com/SECRET", "//files.example.com/…"),
        (
            "see https://a.example/SECRET and https://b.example/SECRET!",
            "see https://a.example/… and https://b.example/…",
        ),
        ("https://example.com", "https://example.com"),
        ("https://example.com/", "https://example.com/"),
        ("10 // 2", "10 // 2"),
        ("plain", "plain"),
    ],
)
def test_links_are_masked_after_the_host(link: str, masked: str) -> None:
    assert mask_links(link) == masked
    raw = json.dumps({"url": link, link: 1}).encode()
    assert raw_text(raw) == f'{{\n  "url": "{masked}",\n  "{masked}": 1\n}}'
    assert "SECRET" not in raw_text(raw.replace(b"/", b"\\/")), "slashes may be escaped"
    assert "SECRET" not in raw_text(raw[:-1] + b", broken"), "also in what is not JSON"
    assert "SECRET" not in raw_text(raw.replace(b"/", b"\\/")[:-1])


def test_the_vendors_own_ellipsis_is_escaped() -> None:
    text = raw_text('{"a": "…https://a.example/b … é"}'.encode())
    assert text == f'{{\n  "a": "\\u2026https://a.example/{ELLIPSIS} \\u2026 \\u00e9"\n}}'


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe\x1b[31m", b'{"a": "\xff"}', b"[" * 100_000, b"<html>\r\n\x00</html>"])
def test_what_is_no_json_is_shown_escaped(raw: bytes) -> None:
    text = raw_text(raw)
    assert text.isascii()
    assert not [char for char in text if not char.isprintable() and char != "\n"]


def test_an_endless_record_is_cut_and_says_so() -> None:
    text = raw_text(json.dumps(["x" * LIMIT]).encode())
    assert len(text) < LIMIT + 100
    assert text.endswith(" more characters are not shown)")


def test_long_words_do_not_take_long() -> None:
    raw_text(json.dumps(["a" * 3_000_000, "a:/" * 300_000]).encode())  # the timeout is the assertion


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    )
)
def test_what_holds_no_link_stays_the_same_json(value: object) -> None:
    raw = json.dumps(value).encode()
    if ELLIPSIS not in raw_text(raw):
        assert json.loads(raw_text(raw)) == value
