"""Garbage collection only while nobody types: a full pass takes longer than a key may."""

from __future__ import annotations

import gc

from textual.app import App
from textual.timer import Timer

#: Seconds without a key after which garbage is collected.
REST = 0.3


class Rests:
    """Collects once after each burst of keys or changes. The caller has switched automatic collection off."""

    def __init__(self, app: App[str]) -> None:
        self._app = app
        self._timer: Timer | None = None

    def begin(self) -> None:
        """The first frame stands: what start-up made lives until the end and is not looked through any more.

        Nor is it now: that would take as long as the first answer of a vendor.
        """
        gc.freeze()

    def touched(self) -> None:
        """Something happened; garbage waits until nothing does."""
        if not gc.isenabled():
            if self._timer is not None:
                self._timer.stop()
            self._timer = self._app.set_timer(REST, self._collect)

    def _collect(self) -> None:
        self._timer = None
        gc.collect()
