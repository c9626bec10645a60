"""The README, put together from its head, the manual's topics and the action catalogue's table.

To write it anew after a change to any of them: python -m tests.manual.readme
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from invoicetui.manual import KEY_TABLE, TOPICS, Topic
from invoicetui.ui import actions
from tests.terminal import ROOT

PATH = ROOT / "README.md"
HEAD = Path(__file__).with_name("head.md")


def readme() -> str:
    """The whole file: a part's title is one level below that of the topic it belongs to."""
    contents = "\n".join(
        f"{'  ' * bool(topic.part_of)}- [{title(topic)}](#{topic.name}): {topic.line}" for topic in TOPICS
    )
    sections = (f"{'#' * (1 + bool(topic.part_of))}{topic.text}" for topic in TOPICS)
    text = "\n".join((HEAD.read_text(encoding="utf-8"), f"{contents}\n", *sections))
    return text.replace(f"{KEY_TABLE}\n", actions.markdown())


def title(topic: Topic) -> str:
    """The topic's first heading."""
    return topic.text.partition("\n")[0].removeprefix("# ")


def anchor(heading: str) -> str:
    """What a heading is called in links, as the web sites that show Markdown make it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


if __name__ == "__main__":
    PATH.write_text(readme(), encoding="utf-8")
    sys.stdout.write(f"{PATH}\n")
