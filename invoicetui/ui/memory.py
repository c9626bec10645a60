"""config.toml as the place where settings chosen live are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from invoicetui.config import VendorFacts
from invoicetui.errors import ConfigError

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from invoicetui.config.edit import Value


class Memory:
    """Keeps settings in config.toml, in the order in which they were chosen. `path` None: in a demo."""

    def __init__(self, path: Path | None, vendors: Mapping[str, VendorFacts]) -> None:
        self._path, self._vendors = path, vendors
        self._writer: ThreadPoolExecutor | None = None

    @property
    def why_not(self) -> str:
        """Why nothing can be kept; "" when it can."""
        if self._path is None:
            return "the demo keeps nothing"
        return "" if self._path.is_file() else "there is no config.toml yet"

    def keep(self, name: str, value: Value, failed: Callable[[str], None]) -> None:
        """Write a setting; `failed` is called on another thread with the reason when that cannot be done."""
        from concurrent.futures import ThreadPoolExecutor

        from invoicetui.config.edit import set_value

        path = self._path
        assert path is not None

        def write() -> None:
            try:
                set_value(path, name, value, self._vendors)
            except ConfigError as error:
                failed(str(error))

        if self._writer is None:
            # Python waits for an executor's threads at its end: what was chosen last is written, too.
            self._writer = ThreadPoolExecutor(1, "invoicetui-settings")
        self._writer.submit(write)
