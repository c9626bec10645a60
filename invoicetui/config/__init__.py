"""config.toml as it is read: every mistake is a ConfigError that names its line and the nearest right word."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from invoicetui import private_file
from invoicetui.account import Account, Side
from invoicetui.address import base_address, host_of
from invoicetui.config.table import Table, nearest
from invoicetui.errors import ConfigError
from invoicetui.tuples import NamedTuple

DOCUMENT_NAME = "{vendor}/{year}/{issued}_{vendor}_{number}"
#: An account's id: part of the keyring's key, of file names and of the environment variable's name.
ID = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
TOKEN_SOURCES = ("keyring", "command", "env", "ask")
TOP_KEYS = (
    *("theme", "mouse", "preview", "preview_side", "preview_width", "sort"),
    *("documents_folder", "document_name", "viewer", "keys", "accounts"),
)
#: Where the invoice stands beside the list, and how few and how many columns it may have there.
SIDES = ("right", "below")
LEAST_PREVIEW, MOST_PREVIEW = 30, 120
#: What a list can be ordered by when it is opened: the fields of the ledger's orders.
SORTS = ("date", "due", "number", "vendor", "total", "status", "period")
ACCOUNT_KEYS = (
    *("vendor", "label", "side", "base_url", "token", "token_command", "document_hosts"),
    *("ca_file", "client_cert", "client_key"),
)
_FIELD = re.compile(r"\{[a-z_]+\}")


class OptionFacts(Protocol):
    """One key that a vendor adds to its accounts; `vendors.base.Option` is one."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def help(self) -> str: ...
    @property
    def is_required(self) -> bool: ...
    @property
    def default(self) -> str: ...
    @property
    def choices(self) -> tuple[str, ...]: ...
    @property
    def check(self) -> Callable[[str], str | None]: ...


class VendorFacts(NamedTuple):
    """What the config needs to know of a vendor; `base_url` is "" when every installation has its own."""

    name: str
    label: str
    base_url: str
    side: Side
    options: Sequence[OptionFacts] = ()


class Layout(NamedTuple):
    """How a list is shown: whether an invoice stands beside it, where, in how many columns, and its first order.

    `preview_width` None leaves it to the terminal's width.
    """

    preview: bool = True
    preview_side: str = "right"
    preview_width: int | None = None
    sort: str = "date"


class Config(NamedTuple):
    """The whole file. `documents_folder` None means the user's own (paths.documents_folder); `viewer` empty: none.

    `keys` maps action ids to keys, several joined by commas; which ids and keys exist is for the action catalogue
    to judge, and which themes exist for the browser.
    """

    path: Path
    theme: str = "ansi"
    mouse: bool = True
    layout: Layout = Layout()
    documents_folder: Path | None = None
    document_name: str = DOCUMENT_NAME
    viewer: tuple[str, ...] = ()
    keys: Mapping[str, str] = MappingProxyType({})
    accounts: tuple[Account, ...] = ()

    def account(self, account_id: str) -> Account:
        """Raises ConfigError, with the nearest id there is."""
        for account in self.accounts:
            if account.id == account_id:
                return account
        known = [account.id for account in self.accounts]
        remedy = nearest(account_id, known, "accounts:") if known else "add one with `invoicetui account add`"
        raise ConfigError(f"there is no account {account_id}", remedy)


def load(path: Path, vendors: Mapping[str, VendorFacts]) -> Config:
    """Read config.toml; a file that does not exist is an empty Config. Raises ConfigError.

    Of `vendors`, by name, only those are looked up that an account names, unless something is wrong.
    """
    content = read(path)
    return Config(path) if content is None else parse(path, content, vendors)


def read(path: Path) -> private_file.Content | None:
    """The file's bytes, or None when there is none. Raises ConfigError."""
    try:
        return private_file.read(path)
    except OSError as error:
        what = f"{path} cannot be read: {error.strerror or type(error).__name__}"
        raise ConfigError(what, "make it readable or name another with --config") from None


def parse(path: Path, content: private_file.Content, vendors: Mapping[str, VendorFacts]) -> Config:
    """The Config in a file's bytes. Raises ConfigError for the first mistake in it."""
    text, values = decode(content.data)
    top = Table(text, values)
    top.refuse_unknown(TOP_KEYS)
    config = Config(
        path,
        theme=top.string("theme", "ansi"),
        mouse=top.flag("mouse", True),
        layout=_layout(top),
        documents_folder=_documents_folder(top),
        document_name=_document_name(top),
        viewer=_viewer(top),
        keys=top.table("keys").bindings(),
        accounts=tuple(_accounts(top.table("accounts"), vendors)),
    )
    if content.is_exposed:
        _refuse_programs(config, top)
    return config


def decode(data: bytes) -> tuple[str, dict[str, Any]]:
    """The text of a file, without a byte order mark, and its values. Raises ConfigError with the line."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError("this is not UTF-8 text", "save the file as UTF-8", line=line) from None
    text = text.replace("\r\n", "\n")
    try:
        return text, tomllib.loads(text)
    except RecursionError:
        raise ConfigError("the file is not usable TOML: too many brackets") from None
    except ValueError as error:
        from invoicetui.config.lines import place_of

        what, line = place_of(error, text)
        raise ConfigError(f"the file is not valid TOML: {what}", line=line) from None


def _refuse_programs(config: Config, top: Table) -> None:
    """Whoever can write the file could have us run anything: what it names is only run when that is its owner."""
    accounts = top.table("accounts")
    commands = [
        accounts.table(account.id).wrong("token_command", "") for account in config.accounts if account.token_command
    ]
    named = [top.wrong("viewer", "")] if config.viewer else []
    for place in commands + named:
        raise ConfigError(
            "the file names a program to run, and others than you can write the file",
            f"make it yours alone: chmod 600 {config.path}",
            line=place.line,
        )


def _layout(top: Table) -> Layout:
    return Layout(
        preview=top.flag("preview", True),
        preview_side=top.choice("preview_side", SIDES, SIDES[0]),
        preview_width=top.whole("preview_width", LEAST_PREVIEW, MOST_PREVIEW),
        sort=top.choice("sort", SORTS, SORTS[0]),
    )


def _documents_folder(top: Table) -> Path | None:
    return Path(_file(top, "documents_folder")) if "documents_folder" in top else None


def _document_name(top: Table) -> str:
    name = top.string("document_name", DOCUMENT_NAME)
    rest = _FIELD.sub("x", name)
    if "{" in rest or "}" in rest:
        raise top.wrong(
            "document_name", "document_name has a brace that is no {word}", f'write it like "{DOCUMENT_NAME}"'
        )
    if any(segment.strip() in ("", ".", "..") for segment in rest.split("/")) or "\\" in rest:
        raise top.wrong(
            "document_name", "document_name must be a path below the documents folder", "use single slashes"
        )
    return name


def _viewer(top: Table) -> tuple[str, ...]:
    example = '["zathura", "{path}"]'
    viewer = top.strings("viewer", example)
    if viewer and ("{path}" not in viewer[1:] or not viewer[0].strip()):
        raise top.wrong("viewer", 'viewer has no element "{path}" after the program', f"write viewer = {example}")
    return viewer


def _file(table: Table, key: str) -> str:
    """A path on this machine, or "" when the key is missing; never relative, for nobody knows to which folder."""
    value = table.string(key)
    path = os.path.expanduser(value)
    if key in table and not os.path.isabs(path):
        raise table.wrong(key, f"{key} must be a whole path", "start it with / or ~/")
    return path


def _accounts(tables: Table, vendors: Mapping[str, VendorFacts]) -> Iterator[Account]:
    for account_id in tables:
        if not ID.fullmatch(account_id):
            remedy = "use lower-case letters, digits and dashes, at most 41, starting with a letter or digit"
            raise tables.wrong(account_id, f'an account cannot be called "{account_id}"', remedy)
        yield _account(account_id, tables.table(account_id), vendors)


def _account(account_id: str, table: Table, vendors: Mapping[str, VendorFacts]) -> Account:
    if "vendor" not in table:
        raise table.wrong("", f"{table.name} has no vendor", f"add vendor = one of {', '.join(vendors)}")
    vendor = vendors[table.choice("vendor", vendors, "")]
    names = [option.name for option in vendor.options]
    if any(key not in ACCOUNT_KEYS and key not in names for key in table):
        table.refuse_unknown((*ACCOUNT_KEYS, *names), _owners(vendors))
    label = table.string("label", account_id)
    if not label.strip():
        raise table.wrong("label", "label is empty", "give it a name or remove the line")
    token, command = _token(table)
    if table.string("client_key") and not table.string("client_cert"):
        raise table.wrong("client_key", "client_key needs client_cert", "add client_cert")
    return Account(
        id=account_id,
        vendor=vendor.name,
        label=label,
        side=Side(table.choice("side", list(Side), vendor.side)),
        base_url=_base_url(table, vendor),
        options=dict(_options(table, vendor)),
        token=token,
        token_command=command,
        document_hosts=_document_hosts(table),
        ca_file=_file(table, "ca_file"),
        client_cert=_file(table, "client_cert"),
        client_key=_file(table, "client_key"),
    )


def _owners(vendors: Mapping[str, VendorFacts]) -> dict[str, str]:
    """Every vendor's keys, and whose they are."""
    owners: dict[str, list[str]] = {}
    for name in vendors:
        for option in vendors[name].options:
            owners.setdefault(option.name, []).append(name)
    return {key: " and ".join(names) for key, names in owners.items()}


def _options(table: Table, vendor: VendorFacts) -> Iterator[tuple[str, str]]:
    for option in vendor.options:
        value = table.string(option.name, is_number_taken=True)
        if not value:
            if option.is_required:
                raise table.wrong(
                    option.name, f"{table.name} has no {option.name}", f"add {option.name}: {option.help}"
                )
            continue
        if option.choices:
            table.choice(option.name, option.choices, value)
        if problem := option.check(value):
            raise table.wrong(option.name, f"{option.name}: {problem}")
        yield option.name, value


def _base_url(table: Table, vendor: VendorFacts) -> str:
    value = table.string("base_url") or vendor.base_url
    if not value:
        remedy = f"add base_url = the https:// address of your {vendor.label}"
        raise table.wrong("base_url", f"{table.name} has no base_url", remedy)
    try:
        return base_address(value)
    except ConfigError as error:
        raise table.wrong("base_url", f"base_url: {error.what}", error.remedy) from None


def _token(table: Table) -> tuple[str, tuple[str, ...]]:
    source = table.string("token", "keyring")
    if source not in TOKEN_SOURCES:
        # Not repeated: it may be the token itself.
        remedy = nearest(source, TOKEN_SOURCES, "one of")
        raise table.wrong("token", "token says where the token comes from, and never holds it", remedy)
    command = table.strings("token_command", '["pass", "show", "acme/token"]')
    if command and not command[0].strip():
        raise table.wrong("token_command", "token_command names no program")
    if source == "command" and not command:
        raise table.wrong(
            "token", 'token = "command" needs token_command', 'add token_command = ["program", "argument"]'
        )
    if command and source != "command":
        raise table.wrong("token_command", 'token_command needs token = "command"', "add that line, or remove this one")
    return source, command


def _document_hosts(table: Table) -> tuple[str, ...]:
    hosts = table.strings("document_hosts", '["files.example.com"]')
    try:
        return tuple(_document_host(host) for host in hosts)
    except ConfigError:
        remedy = "write names, with a port if it is not 443: files.example.com:8443"
        raise table.wrong("document_hosts", "document_hosts holds something that is no host", remedy) from None


def _document_host(text: str) -> str:
    """`host_of`'s form of a host, so that the two can be compared."""
    if "/" in text:
        raise ConfigError("a host has no slash")
    return host_of(f"https://{text}")
