"""What other processes get to see of ours."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress

_PR_SET_DUMPABLE = 4
_TOKEN_PREFIX = "INVOICETUI_TOKEN_"


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for any program we start (viewer, pager, opener, token_command): without our tokens."""
    return {name: value for name, value in environ.items() if not name.startswith(_TOKEN_PREFIX)}


def harden_process(environ: Mapping[str, str]) -> None:
    """Files of ours are private, and no core dump or debugger of the same user reads tokens from our memory.

    INVOICETUI_DEBUG=1 lets debuggers and core dumps in again.
    """
    os.umask(0o077)
    if environ.get("INVOICETUI_DEBUG") == "1":
        return
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # It also closes /proc/PID/environ, where variables stay readable after they are removed from os.environ.
        with suppress(ImportError, OSError, AttributeError):
            import ctypes

            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
