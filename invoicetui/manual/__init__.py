"""The manual: a text a topic, printed by `invoicetui help TOPIC` and put together in the README.

Each text is a Markdown file beside this one. What stands in the README and what the terminal shows cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from invoicetui.errors import UsageError

#: Stands in the text of `keys` where the action catalogue's table belongs.
KEY_TABLE = "<!-- keys -->"


@dataclass(frozen=True, slots=True)
class Topic:
    """One text. `line` says what it is about; `part_of` names the topic whose section in the README it belongs to."""

    name: str
    line: str
    part_of: str = ""

    @property
    def text(self) -> str:
        """Markdown. The first line is the title, which in lower case and with dashes for spaces is `name`."""
        return (Path(__file__).parent / f"{self.name}.md").read_text(encoding="utf-8")


#: In the order in which people need them, which is the README's.
TOPICS = (
    Topic("install", "install it, try it on the demo, run its tests"),
    Topic("accounts", "add, change, check and remove accounts"),
    Topic("voxmind", "a Voxmind account", "accounts"),
    Topic("northflank", "a Northflank account", "accounts"),
    Topic("meteroid", "a Meteroid account", "accounts"),
    Topic("opterius", "an Opterius Commerce account", "accounts"),
    Topic("versori", "a Versori account", "accounts"),
    Topic("tokens", "where tokens come from, also where there is no keyring"),
    Topic("everyday", "the list, the detail, loading, sorting, tagging, refreshing"),
    Topic("search", "the query language"),
    Topic("documents", "open, read, save and copy PDFs, also over SSH"),
    Topic("terminals", "SSH, tmux, mosh, VS Code: clipboard, mouse, colours, keys"),
    Topic("scripts", "JSON, CSV and exit statuses, for scripts and pipes"),
    Topic("config", "every key of config.toml"),
    Topic("files", "where everything is stored, and how to remove it"),
    Topic("security", "what becomes of tokens, links, PDFs and vendors' text"),
    Topic("screen-readers", "for people who listen to their terminal"),
    Topic("troubleshooting", "what is the matter, and what helps"),
    Topic("costs", "what it costs in time, bytes and memory"),
    Topic("keys", "every key, and how to change it"),
)
_BY_NAME = {topic.name: topic for topic in TOPICS}


def find(name: str) -> Topic:
    """The topic of this name, or the only one that begins so. Raises UsageError, which names the nearest."""
    word = name.lower()
    begun = [topic for topic in TOPICS if topic.name.startswith(word)] if word else []
    found = _BY_NAME.get(word) or (begun[0] if len(begun) == 1 else None)
    if found is None:
        # What was typed is not repeated: it may be anything.
        raise UsageError("there is no such topic", _nearest(word, begun))
    return found


def _nearest(word: str, begun: Iterable[Topic]) -> str:
    from difflib import get_close_matches

    close = [topic.name for topic in begun] or get_close_matches(word, _BY_NAME, n=1)
    return f"did you mean {' or '.join(close)}?" if close else "invoicetui help lists them"
