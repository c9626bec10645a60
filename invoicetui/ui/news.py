"""What other threads tell the app."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from invoicetui.ui.wishes import Run


class LedgerChanged(Message):
    """Rows or the condition of these accounts changed; of none: how far they are known can be told."""

    def __init__(self, accounts: frozenset[str]) -> None:
        super().__init__()
        self.accounts = accounts


class HostAsked(Message):
    """A document lies on another host than its account; may it be fetched from there? Of one account unless ""."""

    def __init__(self, account: str, host: str, answer: Future[bool]) -> None:
        super().__init__()
        self.account, self.host, self.answer = account, host, answer


class RunEnded(Message):
    """No more documents of a run are saved."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run


class NotKept(Message):
    """A setting holds, but only until the end: `sentence` says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__()
        self.sentence = sentence
