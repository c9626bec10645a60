"""The field a token is typed into: the token leaves it through `take` and in no other way."""

from __future__ import annotations

from textual.message import Message
from textual.widgets import Input

from invoicetui.credentials import as_token
from invoicetui.model import Secret

_MASKED = "********"


class TokenInput(Input):
    """A masked line without copy and cut, whose events carry no value. Use `take`, never `value`.

    What Textual itself logs of keys and pastes when TEXTUAL_LOG is set is beyond it.
    """

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(password=True, select_on_focus=False, compact=True, id=id)
        self.cursor_blink = False

    @property
    def is_empty(self) -> bool:
        return not self.value.strip()

    def take(self) -> Secret | None:
        """The token, and the field is empty after it; None for what cannot be a token."""
        typed = self.value
        with self.prevent(Input.Changed):
            self.clear()
        return as_token(typed)

    def post_message(self, message: Message) -> bool:
        # These carry the value, and TEXTUAL_LOG and the development console write messages down.
        if isinstance(message, Input.Changed | Input.Submitted | Input.Blurred):
            message.value = _MASKED
        return super().post_message(message)

    def action_copy(self) -> None:
        """What is masked on the screen does not go to the clipboard either; over SSH that is another machine's."""
        self.app.bell()

    def action_cut(self) -> None:
        self.app.bell()
