"""What `invoicetui account add` needs to know: from its options, and what they leave open from whoever is there."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from invoicetui.address import base_address
from invoicetui.cli.asking import ask, choose, is_interactive
from invoicetui.config import ID, Config, OptionFacts, VendorFacts
from invoicetui.config.edit import Value
from invoicetui.config.table import nearest
from invoicetui.errors import ConfigError, UsageError

SOURCES = {
    "keyring": "this machine's keyring",
    "command": "a program prints it: pass, op, keyctl …",
    "env": "an environment variable",
    "ask": "kept nowhere, entered each time the browser starts",
}


@dataclass(slots=True)
class Form:
    """An account as far as it is known; `missing` names what it cannot do without."""

    config: Config
    vendors: Mapping[str, VendorFacts]
    account_id: str = ""
    vendor: VendorFacts | None = None
    label: str = ""
    base_url: str = ""
    side: str = ""
    token: str = ""
    token_command: list[str] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)

    @property
    def missing(self) -> list[str]:
        """In the words of the command line."""
        out = [] if self.account_id else ["ID"]
        if self.vendor is None:
            return [*out, f"--vendor ({', '.join(self.vendors)})"]
        out += [] if self.base_url or self.vendor.base_url else ["--base-url"]
        required = [option.name for option in self.vendor.options if option.is_required]
        out += [f"--option {name}=…" for name in required if not self.options.get(name)]
        return out if self.token != "command" or self.token_command else [*out, "--token-command"]

    @property
    def values(self) -> dict[str, Value]:
        """The entries of [accounts.ID], in the order in which they are written."""
        assert self.vendor is not None
        entries: dict[str, Value] = {"vendor": self.vendor.name, "label": self.label, "base_url": self.base_url}
        entries |= {"side": self.side, **self.options, "token": self.token, "token_command": self.token_command}
        return {key: value for key, value in entries.items() if value}


def filled(arguments: argparse.Namespace, config: Config, vendors: Mapping[str, VendorFacts]) -> Form:
    """The form as the command's options fill it; when that leaves something open, also by asking, if there is whom.

    Raises UsageError for what is wrong or missing. When nothing required is missing nothing is asked.
    """
    form = _given(arguments, Form(config, vendors))
    if form.missing and not is_interactive():
        raise UsageError(f"missing: {', '.join(form.missing)}", "give it, or run this in a terminal to be asked")
    if form.missing:
        _ask(form)
    return form


def _given(arguments: argparse.Namespace, form: Form) -> Form:
    form.account_id = arguments.id or ""
    form.label, form.side = arguments.label or "", arguments.side or ""
    form.token_command = arguments.token_command or []
    form.token = arguments.token or ("command" if form.token_command else "")
    if form.account_id and (problem := _check_id(form, form.account_id)):
        raise UsageError(f"ID: {problem}")
    if arguments.vendor:
        if arguments.vendor not in form.vendors:
            raise UsageError("--vendor names no vendor there is", nearest(arguments.vendor, form.vendors, "vendors:"))
        form.vendor = form.vendors[arguments.vendor]
    if arguments.base_url:
        form.base_url = arguments.base_url
        if problem := check_address(form.base_url):
            raise UsageError(f"--base-url: {problem}")
    if arguments.option and form.vendor is None:
        raise UsageError("--option belongs to a vendor", "add --vendor")
    for word in arguments.option:
        name, sign, value = word.partition("=")
        known = {option.name: option for option in form.vendor.options} if form.vendor else {}
        if not sign:
            raise UsageError("--option has no =", "write --option name=value")
        if name not in known:
            raise UsageError("--option names none of this vendor's", nearest(name, known, "options:") if known else "")
        if problem := check_option(known[name], value):
            raise UsageError(f"--option {name}: {problem}")
        form.options[name] = value
    return form


def _ask(form: Form) -> None:
    if form.vendor is None:
        labels = {name: form.vendors[name].label for name in form.vendors}
        form.vendor = form.vendors[choose("Vendor", labels)]
    vendor = form.vendor
    if not form.account_id:
        form.account_id = ask(
            "Id, in the config and never changed", _free_id(form), lambda text: _check_id(form, text), is_required=True
        )
    form.label = form.label or ask("Label, as it is shown", form.account_id)
    form.base_url = form.base_url or _ask_address(vendor)
    for option in vendor.options:
        if option.name not in form.options:
            form.options[option.name] = _ask_option(option)
    form.token = form.token or choose("Where its token comes from", SOURCES, "keyring")
    if form.token == "command" and not form.token_command:
        form.token_command = shlex.split(ask("Command", check=check_command, is_required=True))


def _ask_address(vendor: VendorFacts) -> str:
    """Empty for the vendor's own address: the config then follows a later version of the program."""
    question = f"Address of your {vendor.label} (https://…)"
    answer = ask(question, vendor.base_url, check_address, is_required=not vendor.base_url)
    return "" if answer == vendor.base_url else answer


def _ask_option(option: OptionFacts) -> str:
    """Empty for the option's default."""
    if option.choices:
        chosen = choose(f"{option.label} ({option.help})", dict.fromkeys(option.choices, ""), option.default)
        return "" if chosen == option.default else chosen
    note = "" if option.is_required else "; Enter for none"
    question = f"{option.label} ({option.help}{note})"
    return ask(question, option.default, lambda text: check_option(option, text), is_required=option.is_required)


def check_option(option: OptionFacts, value: str) -> str | None:
    """What is wrong with an option's value, or None."""
    if option.choices and value not in option.choices:
        return nearest(value, option.choices, "one of")
    if not value:
        return "it is empty"
    return option.check(value)


def check_address(text: str) -> str | None:
    """What is wrong with a base_url, or None; the words never repeat it."""
    try:
        base_address(text)
    except ConfigError as error:
        return str(error)
    return None


def check_command(text: str) -> str | None:
    """What is wrong with a command line, or None."""
    try:
        return None if shlex.split(text) else "it names no program"
    except ValueError:
        return "a quotation mark is not closed"


def _check_id(form: Form, text: str) -> str | None:
    if not ID.fullmatch(text):
        return "use lower-case letters, digits and dashes, at most 41, starting with a letter or digit"
    return f"there is already an account {text}" if text in _ids(form) else None


def _ids(form: Form) -> list[str]:
    return [account.id for account in form.config.accounts]


def _free_id(form: Form) -> str:
    """A proposal: the label in an id's letters, else the vendor's name, numbered when it is taken."""
    assert form.vendor is not None
    base = re.sub(r"[^a-z0-9]+", "-", form.label.lower()).strip("-")[:36] or form.vendor.name
    taken = _ids(form)
    return next(name for name in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if name not in taken)
