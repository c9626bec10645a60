"""`invoicetui keys` and `invoicetui paths`: what needs neither config nor accounts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def run_keys(arguments: argparse.Namespace) -> int:
    """Print the keys of the browser."""
    from invoicetui.ui.actions import table

    print(table())
    return 0


def run_paths(arguments: argparse.Namespace) -> int:
    """Print where files live."""
    from invoicetui import paths

    shown = {
        "config": paths.config_path(arguments.config, os.environ),
        "ledger": paths.ledger_path(os.environ),
        "tokens": paths.tokens_path(os.environ),
        "log": paths.log_path(os.environ),
    }
    for name, path in shown.items():
        print(f"{name:10} {path}")
    return 0
