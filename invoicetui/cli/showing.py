"""`invoicetui show`: one invoice whole."""

from __future__ import annotations

import argparse
from datetime import date
from typing import TYPE_CHECKING

from invoicetui.cli.opening import NOTHING, OK, open_session, say
from invoicetui.text import clean

if TYPE_CHECKING:
    from invoicetui.ledger.feed import Feed
    from invoicetui.model import Account, Invoice

#: Cells a line has, on a terminal and in a pipe.
_WIDTH = 100


def run(arguments: argparse.Namespace) -> int:
    """Look in the ledger, then ask the vendor, then walk its pages."""
    from invoicetui import output

    session = open_session(arguments)
    try:
        account = session.account(arguments.account)
        invoice = session.submit(lambda feed: _find(feed, arguments)).result()
        if invoice is None:
            say(f"{arguments.account}: there is no invoice {clean(arguments.key)}")
            return NOTHING
        today = session.today()
        raw, detail = session.store.raw(invoice.account, invoice.key) or (b"null", None)
        if arguments.format == "json":
            print(output.invoice_json(invoice, today, raw, detail))
        elif invoice.problem is not None and not invoice.is_readable:
            from invoicetui.ui import present

            print(present.unreadable(invoice, account, raw, detail, _WIDTH).plain)
        else:
            _print_invoice(invoice, account, today)
        return OK
    finally:
        session.close()


def _print_invoice(invoice: Invoice, account: Account, today: date) -> None:
    from invoicetui.ui import present

    parts = {
        "": present.summary(invoice, account, today, _WIDTH),
        "Lines\n": present.lines(invoice, _WIDTH),
        "Tax and payments\n": present.taxes_and_payments(invoice, _WIDTH),
        "Usage\n": present.usage(invoice, _WIDTH),
    }
    print("\n\n".join(title + part.plain for title, part in parts.items()))


async def _find(feed: Feed, arguments: argparse.Namespace) -> Invoice | None:
    if arguments.offline:
        return feed.invoice(arguments.account, arguments.key)
    return await feed.locate(arguments.account, arguments.key)
