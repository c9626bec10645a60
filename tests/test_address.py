"""base_url: what may stand there, and what host a token is bound to."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicetui.address import base_address, host_of, is_inside
from invoicetui.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "address", "host"),
    [
        ("https://api.voxmind.ai", "https://api.voxmind.ai", "api.voxmind.ai"),
        ("  HTTPS://API.Voxmind.AI:443/ ", "https://api.voxmind.ai", "api.voxmind.ai"),
        ("https://acme.example:8443/api/v1//", "https://acme.example:8443/api/v1", "acme.example:8443"),
        ("https://acme.example./API", "https://acme.example/API", "acme.example"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "127.0.0.1:8080"),
        ("http://localhost", "http://localhost", "localhost"),
        ("http://[::1]:80/x", "http://[::1]/x", "[::1]"),
        ("https://[2001:DB8:0:0::1]:8443", "https://[2001:db8::1]:8443", "[2001:db8::1]:8443"),
        ("https://xn--mller-kva.example", "https://xn--mller-kva.example", "xn--mller-kva.example"),
    ],
)
def test_an_address_is_normalised(text: str, address: str, host: str) -> None:
    assert base_address(text) == address
    assert base_address(address) == address
    assert host_of(text) == host


@pytest.mark.parametrize(
    "text",
    [
        *("", "acme.example", "ftp://acme.example", "https://", "https:///x", "//acme.example", "https:acme.example"),
        *("http://acme.example", "http://127.0.0.1.evil.example", "http://localhost.evil.example", "http://0.0.0.0"),
        *("https://u:p@acme.example", "https://@acme.example", "https://127.0.0.1@evil.example"),
        *("https://acme.example?x", "https://acme.example/?", "https://acme.example#", "https://acme.example/x#y"),
        *("https://acme.example/a b", "https://acme.example\t/a", "https://acme.example\\@evil.example"),
        *(
            "https://acme.example:0",
            "https://acme.example:99999",
            "https://acme.example:x",
            "https://[::1",
            "https://[x]",
        ),
        *("https://müller.example", "https://acme..example", "https://-acme.example", "https://[fe80::1%25eth0]"),
        *("https://acme.example/../x", "https://acme.example/a//b", "https://acme.example/%2e%2e/x", "https://a%00b"),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        base_address(text)
    assert caught.value.what
    assert caught.value.remedy


def test_the_refusal_does_not_repeat_a_password() -> None:
    with pytest.raises(ConfigError) as caught:
        base_address("https://me:s3cret@acme.example")
    assert "s3cret" not in str(caught.value) + repr(caught.value)
    assert "user name or password" in str(caught.value)


@given(st.text(st.sampled_from("htps:/@.[]\\?#%1:a-_ \tA"), max_size=25).map(lambda rest: "https://" + rest))
def test_the_http_client_agrees_on_the_host(text: str) -> None:
    try:
        address = base_address(text)
    except ConfigError:
        return
    url = httpx.URL(address)
    port = f":{url.port}" if url.port else ""
    assert host_of(text) == (f"[{url.host}]" if ":" in url.host else url.host) + port


FORMS = ("{}", "::ffff:{}", "::{}", "64:ff9b::{}", "64:ff9b:1::{}")
INSIDE = ("10.1.2.3", "127.0.0.1", "169.254.169.254", "192.168.0.1", "100.64.0.1", "224.0.0.1")


@pytest.mark.parametrize("form", FORMS)
def test_an_ipv4_address_is_judged_alike_inside_an_ipv6_one(form: str) -> None:
    assert all(is_inside(form.format(address)) for address in INSIDE)
    assert not is_inside(form.format("93.184.216.34"))


def test_other_addresses_and_names_inside_a_network() -> None:
    addresses = ("::", "::1", "fd00::1", "fe80::1", "ff02::1", "2002:a00:1::", "[::ffff:a00:1]", "printer.local.")
    assert all(map(is_inside, addresses))
    assert not any(map(is_inside, ("2606:2800:220:1::1", "2002:5db8:d822::", "a.example", "10.example", "")))
