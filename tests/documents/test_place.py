"""Where a document is: what records and templates name, and what is never asked."""

from __future__ import annotations

import pytest

from invoicetui.documents.place import checked, host_name, place_of
from invoicetui.errors import AddressRefused, NoDocument, UsageError
from invoicetui.model import DocumentKind
from invoicetui.vendors import vendor_class
from tests.documents.desk import account, invoice

HOSTILE = [
    "file:///etc/passwd",
    "javascript:alert(1)",
    "-oProxyCommand=x",
    "https://user:pw@host.example/",
    "https://pw@host.example/",
    "http://169.254.169.254/latest/meta-data/",
    "https://169.254.169.254/latest/meta-data/",
    "https://169.254.169.254./",
    "https://0xa9fea9fe/",
    "https://2852039166/",
    "https://169.254.43518/",
    "https://[::ffff:169.254.169.254]/",
    "https://[::169.254.169.254]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[64:ff9b:1::a00:1]/",
    "https://[2002:a01:203::1]/",
    "https://[::]/",
    "https://[fe80::1]/",
    "https://[fd00:ec2::254]/",
    "https://10.1.2.3/",
    "https://192.168.0.1:8443/",
    "https://172.16.0.1/",
    "https://100.64.0.1/",
    "https://0.0.0.0/",
    "https://metadata.google.internal/",
    "https://printer.local/",
    "http://host.example/invoice.pdf",
    "ftp://host.example/invoice.pdf",
    "data:application/pdf;base64,JVBERi0=",
    "//host.example/x",
    "/relative",
    "https://",
    "https:///x",
    "https://[::1",
    "https://host.example:0/",
    "https://host.example:99999/",
    "https://host.example\\@evil.example/",
    "https://host.example/a b",
    "https://host.example/\x1b[2J",
    "https://host.example/\n",
    "https://höst.example/",
    "https://ho\u200bst.example\ufffd/",
    "https://host.example/" + "a" * 10_000,
    "",
    None,
    7,
]


@pytest.mark.parametrize("url", HOSTILE, ids=lambda url: str(url)[:40])
def test_hostile_addresses_are_refused_in_words_that_do_not_repeat_them(url: object) -> None:
    with pytest.raises(AddressRefused) as caught:
        checked(url, account(base_url="https://api.acme.example"))
    said = str(caught.value)
    assert said.startswith(("the address", "documents are fetched", "the document lies"))
    assert not any(secret in said for secret in ("pw", "passwd", "alert", "Proxy", "meta-data", "a" * 20, "\x1b"))


@pytest.mark.parametrize(
    ("url", "host", "base"),
    [
        ("https://Files.Example.com/a?s=1#frag", "files.example.com", "https://files.example.com"),
        ("https://files.example.com:443/a", "files.example.com", "https://files.example.com"),
        ("https://files.example.com:8443/a", "files.example.com:8443", "https://files.example.com:8443"),
        ("https://93.184.216.34/a", "93.184.216.34", "https://93.184.216.34"),
        ("https://[64:ff9b::5db8:d822]/a", "[64:ff9b::5db8:d822]", "https://[64:ff9b::5db8:d822]"),
        ("http://127.0.0.1:8080/a", "127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080/a", "[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_good_addresses(url: str, host: str, base: str) -> None:
    place = checked(url, account(base_url="https://api.acme.example"))
    assert (place.host, place.base_url, place.is_home) == (host, base, False)
    assert "frag" not in place.url
    assert url.partition("#")[0] not in repr(place)


def test_an_address_is_sent_as_it_was_signed_but_for_letters_no_request_can_carry() -> None:
    signed = "https://f.example/a%2Fb/%7Bc?X-Sig=a%3D&e=%20"
    assert checked(signed, account()).url == signed
    assert checked("https://f.example/Rechnung für März.pdf".replace(" ", "_"), account()).url == (
        "https://f.example/Rechnung_f%C3%BCr_M%C3%A4rz.pdf"
    )


@pytest.mark.parametrize("host", ["10.1.2.3:8443", "files.internal", "[fd00::7]", "[64:ff9b::a01:203]"])
def test_document_hosts_may_name_one_in_a_private_network_and_the_refusal_says_so(host: str) -> None:
    with pytest.raises(AddressRefused) as caught:
        checked(f"https://{host}/x.pdf", account(base_url="https://api.acme.example", document_hosts=("10.1.2.3",)))
    assert str(caught.value) == (
        f"the document lies in a private network, on {host}; "
        f'add "{host}" to document_hosts in the account if that is right'
    )
    place = checked(f"https://{host}/x.pdf", account(base_url="https://api.acme.example", document_hosts=(host,)))
    assert (place.host, place.is_home) == (host, False)


@pytest.mark.parametrize("base", ["https://10.0.0.5/api", "https://billing.internal"])
def test_an_account_may_itself_live_in_a_private_network(base: str) -> None:
    place = checked(f"{base}/x.pdf", account(base_url=base))
    assert place.is_home


@pytest.mark.parametrize(
    ("template", "base", "url"),
    [
        ("/organisations/{organisation}/files/{file_ref}", "https://a.example", "https://a.example/organisations/42/files/ab%2Fc"),
        ("files/{id}.pdf", "https://a.example/api/v1", "https://a.example/api/files/7.pdf"),
        ("https://cdn.example/{file_ref}?o={organisation}", "https://a.example", "https://cdn.example/ab%2Fc?o=42"),
    ],
)  # fmt: skip
def test_a_reference_goes_into_the_accounts_template(template: str, base: str, url: str) -> None:
    owner = account("voxmind", base, options={"document_url": template})
    place = place_of(vendor_class("voxmind")(owner), invoice("ab/c", DocumentKind.REFERENCE))
    assert place.url == url
    assert place.is_home == url.startswith(base.partition("/api")[0])


@pytest.mark.parametrize("reference", [".", ".."])
def test_a_reference_cannot_climb(reference: str) -> None:
    owner = account("voxmind", "https://a.example", options={"document_url": "/files/{file_ref}/pdf"})
    with pytest.raises(AddressRefused, match="file_ref"):
        place_of(vendor_class("voxmind")(owner), invoice(reference, DocumentKind.REFERENCE))


def test_an_endpoint_lies_below_base_url_and_cannot_climb() -> None:
    vendor = vendor_class("meteroid")(account("meteroid", "https://a.example/x"))
    place = place_of(vendor, invoice("/api/v1/invoices/inv_1/download", DocumentKind.ENDPOINT))
    assert (place.url, place.is_home) == ("https://a.example/x/api/v1/invoices/inv_1/download", True)
    with pytest.raises(AddressRefused):
        place_of(vendor, invoice("/api/v1/invoices/../../admin", DocumentKind.ENDPOINT))


@pytest.mark.parametrize(
    ("vendor", "words"),
    [("northflank", "only in its web application"), ("opterius", "client portal"), ("meteroid", "names no PDF")],
)
def test_without_a_document_the_vendors_own_sentence(vendor: str, words: str) -> None:
    with pytest.raises(NoDocument, match=words):
        place_of(vendor_class(vendor)(account(vendor, "https://a.example")), invoice(None))


def test_a_reference_without_a_template_names_the_option() -> None:
    with pytest.raises(NoDocument, match="document_url"):
        place_of(vendor_class("voxmind")(account("voxmind")), invoice("ab", DocumentKind.REFERENCE))


def test_hosts_as_people_give_them() -> None:
    assert host_name("Files.Example.com:443") == "files.example.com"
    assert host_name("127.0.0.1:8080") == "127.0.0.1:8080"
    for wrong in ("https://x.example", "u@x.example", "", "a b"):
        with pytest.raises(UsageError):
            host_name(wrong)
