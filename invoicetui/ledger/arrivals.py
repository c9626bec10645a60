"""Late answers: which of an account's rows were written by the answer to which question."""

from __future__ import annotations

from collections import OrderedDict


class Arrivals:
    """No answer overwrites that of a later question, although walks and single invoices are asked for at one time.

    Only the last few thousand rows are remembered: no answer takes longer than they do.
    """

    KEPT = 5_000

    def __init__(self) -> None:
        self._questions = 0
        self._written: OrderedDict[str, int] = OrderedDict()

    def ask(self) -> int:
        """The number of a question that is about to be asked."""
        self._questions += 1
        return self._questions

    def admit(self, key: str, question: int) -> bool:
        """Whether the answer to a question may be written to this row; it then counts as written."""
        if self._written.get(key, 0) > question:
            return False
        self._written[key] = question
        self._written.move_to_end(key)
        if len(self._written) > self.KEPT:
            self._written.popitem(last=False)
        return True
