"""Questions on a terminal. They and their prompts go to stderr: stdout is for what a command prints."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence

from invoicetui.cli.opening import say
from invoicetui.errors import UsageError

#: What is wrong with an answer, or None.
Check = Callable[[str], str | None]


def is_interactive() -> bool:
    """Whether there is somebody to ask."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def ask(question: str, default: str = "", check: Check = lambda answer: None, *, is_required: bool = False) -> str:
    """A line, stripped; an empty one is the default. Asks again until it is right. UsageError when the input ends."""
    prompt = f"{question} [{default}]: " if default else f"{question}: "
    while True:
        answer = _line(prompt) or default
        problem = check(answer) if answer else "an answer is needed" if is_required else None
        if problem is None:
            return answer
        print(f"  {problem}", file=sys.stderr)


def choose(question: str, choices: Mapping[str, str], default: str = "") -> str:
    """One of the words that `choices` explains, by itself or by its number."""
    print(f"{question}:", file=sys.stderr)
    width = max(map(len, choices))
    for number, (word, explained) in enumerate(choices.items(), 1):
        print(f"  {number}  {word:{width}}  {explained}".rstrip(), file=sys.stderr)
    words = list(choices)

    def check(answer: str) -> str | None:
        return None if _chosen(answer, words) else f"answer with a number from 1 to {len(words)}, or a word"

    return _chosen(ask("Number or word", default, check, is_required=True), words)


def confirm(question: str) -> bool:
    """Yes unless the answer says no."""
    wrong = {"y": None, "yes": None, "n": None, "no": None}
    answer = ask(question, "yes", lambda text: wrong.get(text.lower(), "answer yes or no"))
    return answer.lower() in ("y", "yes")


def hidden(question: str) -> str:
    """What is typed, which the terminal does not show. Raises UsageError when it could not be kept from showing."""
    import getpass
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)
            return getpass.getpass(f"{question}: ", stream=sys.stderr)
    except getpass.GetPassWarning:
        raise UsageError("this terminal would show what you type", "pipe the token in with --stdin") from None
    except EOFError:
        raise UsageError("the input ended", "nothing was changed") from None


def _chosen(answer: str, words: Sequence[str]) -> str:
    if answer.isdecimal() and 1 <= int(answer) <= len(words):
        return words[int(answer) - 1]
    return answer if answer in words else ""


def _line(prompt: str) -> str:
    while True:
        print(prompt, end="", file=sys.stderr, flush=True)
        try:
            line = sys.stdin.readline()
        except UnicodeDecodeError:
            say("that was not text in this terminal's encoding")
            continue
        if not line:
            print(file=sys.stderr)
            raise UsageError("the input ended", "nothing was changed")
        return line.strip()
