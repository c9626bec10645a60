"""How the terminal is taken and given back: it is asked nothing, and it is left as it was, whoever ends the program."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from functools import partial
from typing import Any

from textual.driver import Driver
from textual.events import Paste
from textual.message import Message

from invoicetui.text import clean_block
from invoicetui.ui.pace import Pace, PacedFile

#: Seconds for an orderly end once a signal asks for one; then the process ends as it is.
LAST_SECONDS = 5
_ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


def considerate(kind: type[Driver]) -> type[Driver]:
    """A driver like `kind`, which is Textual 8.2.8's for this platform, with the manners that it lacks."""

    class Considerate(kind):  # type: ignore[valid-type, misc]  # which class it is, the platform decides
        pace: Pace | None = None
        _file: Any

        def _request_terminal_sync_mode_support(self) -> None:
            # An answer may come late, in pieces, or after the end, and would be keys for us or for the shell. A
            # terminal that does not know synchronised output ignores its marks.
            self._app._sync_available = True

        def _query_in_band_window_resize(self) -> None:
            """The window's size comes by signal; asking has the trouble that the other question has."""

        def _get_terminal_size(self) -> tuple[int, int]:
            # Drawn is on stderr; the parent asks stdout, which may be a file.
            for stream in (sys.__stderr__, sys.__stdin__):
                try:
                    size = os.get_terminal_size(stream.fileno() if stream is not None else -1)
                except (OSError, ValueError):
                    continue
                if size.columns and size.lines:
                    return size.columns, size.lines
            width, height = super()._get_terminal_size()
            return width, height

        def process_message(self, message: Message) -> None:
            if isinstance(message, Paste):
                # Copied from anywhere; a line that is typed into shows it as it is.
                message.text = clean_block(message.text)
            super().process_message(message)

        def start_application_mode(self) -> None:
            if self.pace is None:
                self.pace = Pace()
                self._file = PacedFile(self._file, self.pace)
            super().start_application_mode()
            loop = asyncio.get_running_loop()
            for number in _ENDING if sys.platform != "win32" else ():
                loop.add_signal_handler(number, partial(self._end, number))

        def _end(self, number: int) -> None:
            # With the terminal gone, what is still to be written may wait for ever.
            signal.alarm(LAST_SECONDS)
            self._app.exit(return_code=128 + number)

    return Considerate
