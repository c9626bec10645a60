"""`invoicetui help`: the manual on stdout, for reading or for `| less`."""

from __future__ import annotations

import argparse
import os
import shutil
import sys

from invoicetui.cli.opening import OK
from invoicetui.manual import KEY_TABLE, TOPICS, Topic, find

#: Longer lines are hard to read, however wide the terminal is.
MOST_COLUMNS = 100
_INDENT = "  "


def run(arguments: argparse.Namespace) -> int:
    """Print the topics, or the text of one."""
    if arguments.topic is None:
        _print_topics()
    else:
        _print_text(find(arguments.topic))
    return OK


def _print_topics() -> None:
    width = max(len(topic.name) for topic in TOPICS)
    print("The manual, by topic: invoicetui help TOPIC\n")
    for topic in TOPICS:
        print(f"{_INDENT}{topic.name:{width}}  {topic.line}")
    print("\ninvoicetui COMMAND --help says what a command takes, and ? in the browser what a key does.")


def _print_text(topic: Topic) -> None:
    from invoicetui.manual.plain import plain

    columns = min(shutil.get_terminal_size().columns, MOST_COLUMNS)
    before, marker, after = topic.text.partition(KEY_TABLE)
    for part in (before, after):
        for line in plain(part.strip("\n"), columns, _heading):
            print(line)
        if marker:
            from invoicetui.ui.actions import table

            print(table())
            marker = ""


def _heading(title: str) -> str:
    is_dressed = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    return f"\x1b[1m{title}\x1b[0m" if is_dressed else title
