"""The smallest Textual program: one line of text, no theme of its own."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Label


class LabelProgram(App[None]):
    def compose(self) -> ComposeResult:
        yield Label("ready")


if __name__ == "__main__":
    LabelProgram().run(mouse=False)
