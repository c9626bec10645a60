"""An account as it stands in a form: its id from its label, its keys in config.toml, what in it needs proof."""

from __future__ import annotations

import shlex
import unicodedata
from collections.abc import Collection, Mapping, Sequence

from invoicetui.address import base_address, host_of
from invoicetui.config import ID, VendorFacts
from invoicetui.errors import ConfigError
from invoicetui.model import Account

#: What a key of config.toml is given; None leaves it out.
Entry = str | Sequence[str] | None


def proposed_id(label: str, taken: Collection[str]) -> str:
    """An id like the label: `Acme voice` is acme-voice; with a number when that is taken, "" for a label without
    a Latin letter or digit."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    words = "".join(char if char.isalnum() else " " for char in plain).split()
    name = "-".join(words)[:38].rstrip("-")
    if not name or name not in taken:
        return name
    return next(f"{name}-{number}" for number in range(2, len(taken) + 3) if f"{name}-{number}" not in taken)


def check_id(value: str, taken: Collection[str]) -> str | None:
    if not ID.fullmatch(value):
        return "use lower-case letters, digits and dashes, starting with a letter or digit"
    return f"there is already an account {value}" if value in taken else None


def check_address(value: str) -> str | None:
    try:
        base_address(value)
    except ConfigError as error:
        return str(error)
    return None


def check_command(value: str) -> str | None:
    try:
        words = shlex.split(value)
    except ValueError:
        return "a quote is not closed"
    return None if words and words[0] else "it names no program"


def shown_command(words: Sequence[str]) -> str:
    """A token_command as it is typed into the form."""
    return shlex.join(words)


def entries(account: Account, facts: VendorFacts) -> dict[str, Entry]:
    """The account's keys in config.toml; None for what is as it is without being written."""
    return {
        "vendor": account.vendor,
        "label": account.label,
        "side": account.side if account.side != facts.side else None,
        "base_url": account.base_url if account.base_url != facts.base_url else None,
        **{option.name: account.options.get(option.name) or None for option in facts.options},
        "token": account.token if account.token != "keyring" else None,
        "token_command": account.token_command or None,
    }


def changes(old: Account, new: Account, facts: VendorFacts) -> dict[str, Entry]:
    """The keys of config.toml that differ."""
    before = entries(old, facts)
    return {key: value for key, value in entries(new, facts).items() if value != before[key]}


def is_moved(old: Account, new: Account) -> bool:
    """Whether the account is at another host, to which its token is not carried along."""
    return host_of(old.base_url) != host_of(new.base_url)


def needs_proof(old: Account | None, new: Account) -> bool:
    """Whether something changed of which only the vendor knows if it is right."""
    return old is None or (old.base_url, old.options, old.token, old.token_command) != (
        new.base_url,
        new.options,
        new.token,
        new.token_command,
    )


def chosen_options(written: Mapping[str, str], facts: VendorFacts, old: Account | None) -> dict[str, str]:
    """The options worth writing down: a default that nobody wrote before stays unwritten, or rows would be set aside
    for an account that is the same."""
    before = old.options if old is not None else {}
    return {
        option.name: value
        for option in facts.options
        if (value := written.get(option.name, "")) and (value != option.default or option.name in before)
    }
