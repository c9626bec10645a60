"""Terminal drivers that stand between the real program and its terminal: TEXTUAL_DRIVER names one of them.

The program under test stays whole; Textual itself takes another driver from its environment.
"""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

#: A frame with the cursor on a row: its mark, and a date.
ROW = re.compile(r"> \d{4}-\d\d-\d\d")


class FirstFrame(LinuxDriver):
    """Ends the process right after the first frame with rows; $LOADED names a file for the modules loaded then."""

    _has_rows: ClassVar[bool] = False

    def write(self, data: str) -> None:
        super().write(data)
        type(self)._has_rows |= ROW.search(data) is not None
        if self._has_rows and "\x1b[?2026l" in data:
            loaded = sorted(sys.modules)
            if self._writer_thread is not None:
                self._writer_thread.stop()
            if path := os.environ.get("LOADED"):
                Path(path).write_text("\n".join(loaded), encoding="utf-8")
            os._exit(0)


class Sluggish(LinuxDriver):
    """Sleeps 20 ms at every key, as a careless handler would."""

    def process_message(self, message: Message) -> None:
        if isinstance(message, events.Key):
            time.sleep(0.02)
        super().process_message(message)


class Wordy(LinuxDriver):
    """Writes 1 kB more at every key: colours set again and again."""

    def process_message(self, message: Message) -> None:
        if isinstance(message, events.Key):
            self.write("\x1b[0m" * 256)
        super().process_message(message)
