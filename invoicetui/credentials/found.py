"""What came of looking for a token, in nine states that are never mixed up, each with its words."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum

from invoicetui import log
from invoicetui.errors import CredentialError
from invoicetui.model import Account, Secret
from invoicetui.text import clean

_TOKEN = re.compile(r"[\x21-\x7e]{1,8192}")
_NOT_A_TOKEN = "is not a token (empty, spaces or control characters)"


class State(StrEnum):
    """What is the matter with an account's token; a vendor's refusal (401) is not among them."""

    OK = "ok"
    MISSING = "missing"
    NO_BACKEND = "no keyring"
    LOCKED = "locked"
    TIMEOUT = "time-out"
    UNSAFE = "unsafe"
    TOO_LONG = "too long"
    BAD_TOKEN = "bad token"
    FAILED = "failed"


def as_token(raw: str | bytes | None) -> Secret | None:
    """The token in what somebody typed, a command printed or a variable holds; None when it cannot be one.

    Visible ASCII only: an HTTP library refuses anything else with an error that repeats the whole header.
    """
    if isinstance(raw, bytes):
        try:
            raw = raw.decode("ascii")
        except UnicodeDecodeError:
            return None
    raw = (raw or "").strip(" \t\r\n")
    if not _TOKEN.fullmatch(raw):
        return None
    log.hide(raw)
    return Secret(raw)


@dataclass(frozen=True, slots=True)
class Found:
    """The answer. `source` says where the token is from or was looked for: `keyring (SecretService)`, `command: pass`.

    `detail` and `remedy` are clauses in our own words, never an exception's text; {label} and {set} in them stand for
    the account's label and the way to enter a token. `is_pending`: the keyring was asked and may still answer;
    `Credentials.answered` waits for that.
    """

    state: State
    secret: Secret | None = None
    source: str = ""
    detail: str = ""
    remedy: str = field(default="", kw_only=True)
    is_pending: bool = field(default=False, kw_only=True)

    def sentence(self, label: str) -> str:
        """For the screen: what is the matter and which key helps."""
        if self.state is State.OK:
            return f"Token: {self.source}."
        parts = [_filled(part, label, "press T") for part in (self.detail, self.remedy) if part]
        return " ".join(f"{part[:1].upper()}{part[1:]}." for part in parts)

    def error(self, account: Account) -> CredentialError:
        """The same as an exception. Only for a state other than OK."""
        how = f"press T or run `invoicetui token set {account.id}`"
        what, remedy = (_filled(part, account.label, how) for part in (self.detail, self.remedy))
        kind = "no token" if self.state is State.MISSING else str(self.state)
        return CredentialError(what, remedy, state=self.state.name, kind=kind)

    def not_stored(self) -> Found:
        """The same, after an attempt to store a token."""
        return replace(self, detail=f"{self.detail}; nothing was stored")


def _filled(words: str, label: str, how: str) -> str:
    return words.replace("{set}", how).replace("{label}", clean(label))


def missing(source: str) -> Found:
    return Found(State.MISSING, None, source, "no token for {label} yet", remedy="{set} to enter one")


def moved(source: str, old: str, new: str) -> Found:
    """There was a token for this account, but for another host: it is not carried along."""
    detail = f"the address of {{label}} changed from {old} to {new}; enter the token again to allow it"
    return Found(State.MISSING, None, source, detail, remedy="{set} to enter it")


def not_set(env_name: str) -> Found:
    """`token = "env"`, and the variable is not there."""
    detail = f"{{label}} takes its token from the environment, and {env_name} is not set"
    return Found(State.MISSING, None, f"environment {env_name}", detail, remedy="set it and start again")


def asked() -> Found:
    """`token = "ask"`, and nobody has entered one yet."""
    detail = "the token of {label} is kept nowhere and asked for each time"
    return Found(State.MISSING, None, "asked for each time", detail, remedy="press T to enter it")


def no_backend(env_name: str, why: str = "") -> Found:
    detail = "this machine has no keyring (usual over SSH)" + (f": {why}" if why else "")
    remedy = f"press T to use a token for this session, or set token_command in the config, or {env_name}"
    return Found(State.NO_BACKEND, None, "keyring", detail, remedy=remedy)


def locked(source: str, *, may_prompt: bool) -> Found:
    if may_prompt:
        remedy = "unlock it and press r, or press T to use a token for this session"
        return Found(State.LOCKED, None, source, "the keyring is locked", remedy=remedy)
    detail = "the keyring is locked, and its password window cannot open here"
    remedy = (
        "unlock it on that machine's desktop or with gnome-keyring-daemon, or press T to use a token for this session"
    )
    return Found(State.LOCKED, None, source, detail, remedy=remedy)


def waiting(source: str) -> Found:
    """On a desktop: the keyring's own window is open, and somebody may be typing into it."""
    detail = "waiting for you to unlock the keyring in its own window"
    remedy = "press T to use a token for this session instead"
    return Found(State.LOCKED, None, source, detail, remedy=remedy, is_pending=True)


def keyring_timeout(source: str, seconds: float, *, is_pending: bool = True) -> Found:
    detail = f"the keyring has not answered for {seconds:g} s; still working without {{label}}"
    return Found(State.TIMEOUT, None, source, detail, remedy="press r to try again", is_pending=is_pending)


def command_timeout(source: str, seconds: float) -> Found:
    program = source.removeprefix("command: ")
    detail = f"the command {program} was stopped after {seconds:g} s; it may be waiting for a passphrase"
    return Found(State.TIMEOUT, None, source, detail, remedy="run it once in a terminal, then press r")


def unsafe(name: str) -> Found:
    detail = f"found {name}: it would store the token unencrypted; not used"
    remedy = "press T to use a token for this session, or set token_command in the config"
    return Found(State.UNSAFE, None, "keyring", detail, remedy=remedy)


def too_long(source: str, length: int, most: int) -> Found:
    detail = f"{length} characters; Windows Credential Manager holds {most}"
    return Found(State.TOO_LONG, None, source, detail, remedy="use token_command")


def bad_token(source: str, what: str, remedy: str) -> Found:
    """`what` is the subject: "what the command printed"."""
    return Found(State.BAD_TOKEN, None, source, f"{what} {_NOT_A_TOKEN}", remedy=remedy)


def failed(source: str, detail: str, remedy: str) -> Found:
    return Found(State.FAILED, None, source, detail, remedy=remedy)
