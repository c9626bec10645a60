import copy
import pickle
import traceback
from datetime import date, timedelta
from itertools import product

import pytest

from invoicetui.model import (
    Account,
    Document,
    DocumentKind,
    Invoice,
    Kind,
    Lifecycle,
    Line,
    Payment,
    Secret,
    Side,
    Status,
)
from invoicetui.money import Money

TODAY = date(2026, 11, 21)
DUES = {"none": None, "past": TODAY - timedelta(days=1), "today": TODAY, "future": TODAY + timedelta(days=1)}
AMOUNTS = {"none": None, "zero": Money(0, "USD", 2), "some": Money(1, "USD", 2), "negative": Money(-1, "USD", 2)}


def table(kind: Kind, lifecycle: Lifecycle, payment: Payment, due: str, amount: str) -> Status:
    """The design's order of words, written down a second time."""
    is_late = lifecycle is Lifecycle.ISSUED and due == "past" and amount == "some"
    first_that_applies = (
        (Status.UPCOMING, kind is Kind.UPCOMING),
        (Status.DRAFT, lifecycle is Lifecycle.DRAFT),
        (Status.VOID, lifecycle is Lifecycle.VOID),
        (Status.UNCOLLECTIBLE, lifecycle is Lifecycle.UNCOLLECTIBLE),
        (Status.PAID, payment is Payment.PAID),
        (Status.OVERDUE, is_late),
        (Status.PARTIAL, payment is Payment.PARTIAL),
        (Status.OPEN, lifecycle is Lifecycle.ISSUED and payment in (Payment.UNPAID, Payment.FAILED)),
        (Status.UNKNOWN, True),
    )
    return next(status for status, applies in first_that_applies if applies)


def invoice(**fields: object) -> Invoice:
    return Invoice(account="acme", vendor="versori", key="1", **fields)  # type: ignore[arg-type]  # any field, by name


def test_status_of_every_combination() -> None:
    seen = set()
    for kind, lifecycle, payment, due, amount in product(Kind, Lifecycle, Payment, DUES, AMOUNTS):
        found = invoice(
            kind=kind, lifecycle=lifecycle, payment=payment, due=DUES[due], amount_due=AMOUNTS[amount]
        ).status(TODAY)
        assert found is table(kind, lifecycle, payment, due, amount), (kind, lifecycle, payment, due, amount)
        seen.add(found)
    assert seen == set(Status)


def test_only_what_is_late_is_overdue() -> None:
    for kind, lifecycle, payment, due, amount in product(Kind, Lifecycle, Payment, DUES, AMOUNTS):
        one = invoice(kind=kind, lifecycle=lifecycle, payment=payment, due=DUES[due], amount_due=AMOUNTS[amount])
        assert one.is_overdue(TODAY) == (one.status(TODAY) is Status.OVERDUE)


def test_status_words_in_the_list() -> None:
    shown = {status: status.short for status in Status}
    assert list(shown.values()) == ["NEXT", "DRFT", "VOID", "UNCL", "PAID", "LATE", "PART", "OPEN", "?"]


def test_an_invoice_cannot_hold_what_a_terminal_acts_on() -> None:
    one = invoice(
        number="A\x1b[31m\u202e1",
        memo="two\nlines\x07",
        metadata={"k\x1b": "v\x9b"},
        usage={"calls\x00": "many\x08"},
        lines=(Line("name\x1b", sublines=(Line("sub\x1b"),)),),
        document=Document(DocumentKind.URL, "https://x.example/\x1b"),
    )
    for bad in ("\\x1b", "\\x07", "\\x9b", "\\x00", "\\x08", "\\u202e"):
        assert bad not in repr(one)
    assert one.number == "A\N{REPLACEMENT CHARACTER}[31m1"
    assert one.memo == "two\nlines\N{REPLACEMENT CHARACTER}"
    assert one.document is not None
    assert "\x1b" not in one.document.location


def test_clean_text_is_kept_as_it_is() -> None:
    number = "INV-\N{EURO SIGN}-1"
    assert invoice(number=number).number == number
    assert invoice(memo="x" * 9000).memo == "x" * 9000
    assert len(invoice(number="x" * 9000).number or "") == 500


def test_a_new_key_changes_nothing_else() -> None:
    one = invoice(number="7")
    assert one.with_key("2") == Invoice(account="acme", vendor="versori", key="2", number="7")
    assert one.is_readable
    assert not one.with_key("unreadable-0123456789ab").is_readable


def test_a_documents_address_is_not_in_its_repr() -> None:
    assert "sig" not in repr(invoice(document=Document(DocumentKind.URL, "https://x.example/?sig=1")))


def test_the_environment_variable_of_an_account() -> None:
    account = Account("acme-voice-2", "voxmind", "Acme", Side.RECEIVED, "https://api.example.com")
    assert account.env_name == "INVOICETUI_TOKEN_ACME_VOICE_2"


TOKEN = "vm_live_hunter2"


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = Secret(TOKEN)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>40}", "{}".format(secret)]  # noqa: UP032  # every way
    shown += [repr([secret]), repr({"a": secret})]
    shown += [str(part) for part in secret.__rich_repr__()]
    assert not any("hunter2" in text for text in shown)
    assert secret.reveal() == TOKEN


def test_a_secret_is_not_in_a_traceback() -> None:
    def fails(secret: Secret) -> None:
        raise ValueError(secret)

    with pytest.raises(ValueError, match="Secret") as caught:
        fails(Secret(TOKEN))
    lines = traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
    assert "hunter2" not in "".join(lines)


@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy, hash], ids=["pickle", "copy", "deep", "hash"])
def test_a_secret_is_not_kept_by_accident(take: object) -> None:
    with pytest.raises(TypeError):
        take(Secret(TOKEN))  # type: ignore[operator]  # one of the callables above


def test_secrets_compare_by_value() -> None:
    assert Secret(TOKEN) == Secret(TOKEN)
    assert Secret(TOKEN) != Secret("other")
    assert Secret(TOKEN) != TOKEN


def test_a_secret_has_no_dictionary_to_look_into() -> None:
    with pytest.raises(TypeError):
        vars(Secret(TOKEN))
