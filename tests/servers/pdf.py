"""Small real PDF files, and a host that hands them out to whoever knows the link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from tests.servers.serving import Query, Reply


def pdf(*lines: str) -> bytes:
    """A one-page PDF 1.4 with these lines of text, ASCII only, the same bytes every time."""
    shown = b"".join(
        b"(%b) Tj 0 -18 Td " % line.encode("ascii").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
        for line in lines
    )
    content = b"BT /F1 12 Tf 72 760 Td " + shown + b"ET"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
    )
    out, places = b"%PDF-1.4\n", []
    for number, item in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, item)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        table,
        len(objects) + 1,
        len(out),
    )


def pdf_reply(content: bytes, disposition: str = "") -> Reply:
    headers = (("Content-Type", "application/pdf"),)
    return Reply(200, (*headers, ("Content-Disposition", disposition)) if disposition else headers, content)


class FakeFiles:
    """The payment provider's host that `invoiceURL` points to: the link is the secret, no token is wanted.

    `links`: "pdf" answers with the file, "page" with a web page for people, "redirect" sends on to the file.
    """

    def __init__(self, links: Literal["pdf", "page", "redirect"] = "pdf") -> None:
        self.links = links

    def answer(self, method: str, path: str, query: Query, headers: Mapping[str, str], body: bytes) -> Reply:
        parts = path.strip("/").split("/")
        if parts[0] != "i" or len(parts) < 2 or ("s", "ap") not in query:
            return Reply(404, (("Content-Type", "text/html"),), b"<!DOCTYPE html><title>Not found</title>")
        if parts[-1] == "pdf" or self.links == "pdf":
            return pdf_reply(pdf("Invoice", parts[1]), 'attachment; filename="../../Invoice.pdf"')
        if self.links == "redirect":
            return Reply(302, (("Location", f"/i/{parts[1]}/pdf?s=ap"),))
        return Reply(
            200, (("Content-Type", "text/html; charset=utf-8"),), b"<!DOCTYPE html><title>Your invoice</title>"
        )
