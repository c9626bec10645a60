"""The command line as a user runs it: a process of its own, with an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from tests.conftest import Configured


class Ran(NamedTuple):
    """What a command printed, and how it ended."""

    out: str
    err: str
    status: int


def run(*words: str, configured: Configured | None = None, env: Mapping[str, str] | None = None, **how: Any) -> Ran:
    """`invoicetui WORDS`, over the accounts of a fixture's config when there is one."""
    given = {**os.environ, **(configured.env if configured else {}), **(env or {})}
    if configured is not None:
        given["INVOICETUI_CONFIG"] = str(configured.path)
    process = subprocess.run(
        [sys.executable, "-m", "invoicetui", *words],
        check=False,
        env=given,
        capture_output=True,
        text=True,
        timeout=50,
        **how,
    )
    return Ran(process.stdout, process.stderr, process.returncode)
