"""What every form does: from field to field, verify and save, say what is wrong, stop, leave."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.events import DescendantFocus
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from invoicetui.errors import InvoicetuiError
from invoicetui.ui.bindings import bindings
from invoicetui.ui.fields import Field
from invoicetui.ui.screen import latest_of
from invoicetui.ui.token_input import TokenInput
from invoicetui.ui.trying import Trying


class Form(ModalScreen[str | None]):
    """Fields, and a line with the id `form-bottom`. Answers with what `attempt` returned, None when it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("form", "accept", "next", "previous", "save"),
        *bindings("app", "cancel"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.trying = Trying(self)

    @abstractmethod
    async def attempt(self) -> str | None:
        """Do what the form is for; None when `fail` has said why not. May raise InvoicetuiError."""

    def field(self, name: str) -> Field:
        return next(field for field in self.query(Field) if field.name == name)

    def say(self, sentence: str) -> None:
        """Say something at the bottom."""
        line = self.query_one("#form-bottom", Static)
        if line.content != sentence:
            line.update(sentence)

    def fail(self, name: str, sentence: str) -> None:
        """Say beside a field what is wrong and go there; without a field, at the bottom."""
        if not name:
            self.say(f"! {sentence}")
            return
        field = self.field(name)
        field.complain(sentence)
        field.control.focus()
        self.say("! nothing was changed; see above")

    async def _attempt(self) -> None:
        with self.trying.running(self.say):
            try:
                answer = await self.attempt()
            except InvoicetuiError as error:
                self.fail("", str(error))
                return
        if answer is not None:
            self.dismiss(answer)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """With its help, not only the line that is typed into."""
        for ancestor in event.widget.ancestors:
            if isinstance(ancestor, Field):
                ancestor.scroll_visible(animate=False)

    def action_next(self) -> None:
        self.focus_next()

    def action_previous(self) -> None:
        self.focus_previous()

    def action_accept(self) -> None:
        if isinstance(self.focused, TokenInput | Button) or self.focused is self.focus_chain[-1]:
            self.action_save()
        else:
            self.focus_next()

    @on(Button.Pressed)
    def action_save(self) -> None:
        if not self.trying.is_running:
            latest_of(self, "attempt", self._attempt)

    async def action_cancel(self) -> None:
        if not self.trying.is_running:
            self.dismiss(None)
        elif self.trying.stop():
            self.workers.cancel_group(self, "attempt")
            self.say("stopped; nothing was changed")
