"""Adding and changing an account: what its vendor's options ask, proved by the vendor before anything is written."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from textual import constants, on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from invoicetui.address import base_address, host_of
from invoicetui.config import TOKEN_SOURCES
from invoicetui.credentials import State
from invoicetui.errors import ConfigError, NotAllowed, TokenRefused, VendorError
from invoicetui.model import Account, Secret, Side
from invoicetui.ui.account_book import AccountBook
from invoicetui.ui.account_draft import (
    check_address,
    check_command,
    check_id,
    chosen_options,
    is_moved,
    needs_proof,
    proposed_id,
    shown_command,
)
from invoicetui.ui.fields import Choice, Field, text_input
from invoicetui.ui.form import Form
from invoicetui.ui.token_input import TokenInput

_SOURCES = {
    "keyring": "kept in the system's keyring; nothing is written in plain text",
    "command": "printed by a program each time: pass, op, gpg",
    "env": "taken from {env} in the environment",
    "ask": "kept nowhere: asked for at each start",
}
_HINTS = " enter next  up back  left right choose  ctrl+s save  esc"
_LOGGED = "TEXTUAL_LOG is set, keys are being logged"


@dataclass(frozen=True, slots=True)
class _Proved:
    """What came of asking for proof: a token to keep, or none when the account has one already."""

    secret: Secret | None = None


class AccountForm(Form):
    """A new account, or with `account` that one, whose id and vendor stay. Answers with the id of what was saved."""

    def __init__(self, book: AccountBook, account: Account | None = None) -> None:
        super().__init__()
        self._book, self._old = book, account
        self._facts = book.vendors[account.vendor if account else next(iter(book.vendors))]
        #: Entered and not wrong so far, with its host: it need not be typed again unless the address changes.
        self._entered: tuple[str, Secret] | None = None
        self._proposed = ""

    # ---- fields

    def compose(self) -> ComposeResult:
        title = f"change {self._old.label}" if self._old else "add an account"
        yield Static(f" invoicetui  {title}", classes="line title", markup=False)
        with VerticalScroll(id="fields", can_focus=False):
            yield from self._top_fields()
            with Vertical(id="options"):
                yield from self._vendor_fields()
            yield from self._token_fields()
            yield Button("Verify and save", id="save", compact=True)
        yield Static(id="form-bottom", markup=False)
        yield Static(_HINTS, classes="line hints", markup=False)

    def _top_fields(self) -> Iterator[Field]:
        old = self._old
        if old:
            yield Field("vendor", "Vendor", Static(self._facts.name, markup=False), "an account's vendor stays")
        else:
            yield Field("vendor", "Vendor", Choice(tuple(self._book.vendors)), "whose invoices these are")
        yield Field(
            "label", "Label", text_input(old.label if old else ""), "what you call it: Acme voice", is_required=True
        )
        if old:
            yield Field("id", "Id", Static(old.id, markup=False), "an id never changes")
        else:
            check = partial(check_id, taken=self._book.session.accounts)
            yield Field(
                "id", "Id", text_input(), "its name in commands and config.toml; never changes", check=check,
                is_required=True,
            )  # fmt: skip

    def _vendor_fields(self) -> Iterator[Field]:
        old, facts = self._old, self._facts
        address = old.base_url if old else facts.base_url
        own = "the vendor's public one, unless you have another" if facts.base_url else f"where your {facts.label} is"
        box = text_input(address, "https://")
        yield Field("base_url", "Address", box, own, check=check_address, is_required=True)
        sides = Choice([str(side) for side in Side], str(old.side if old else facts.side))
        yield Field("side", "Invoices are", sides, "received: you owe them; issued: they are owed to you")
        for option in facts.options:
            value = (old.options.get(option.name) if old else "") or option.default
            control: Widget = Choice(option.choices, value) if option.choices else text_input(value)
            yield Field(
                option.name,
                option.label,
                control,
                option.help + ("" if option.is_required or option.choices else " (optional)"),
                check=option.check,
                is_required=option.is_required,
            )

    def _token_fields(self) -> Iterator[Field]:
        old = self._old
        yield Field("token", "Token from", Choice(TOKEN_SOURCES, old.token if old else "keyring"))
        words = text_input(shown_command(old.token_command) if old else "", "pass show acme/voxmind")
        help = "the program and its arguments; no shell, its first line is the token"
        yield Field("token_command", "Command", words, help, check=check_command, is_required=True)
        yield Field("secret", "Token", TokenInput())

    def _value(self, name: str) -> str:
        return self.field(name).value

    def on_mount(self) -> None:
        self._advise()
        self.field("label" if self._old else "vendor").control.focus()

    def _advise(self) -> None:
        """What the fields around the token say depends on the others."""
        source = self._value("token")
        command = self.field("token_command")
        command.display = source == "command"
        env_name = f"INVOICETUI_TOKEN_{(self._value('id') or 'ID').upper().replace('-', '_')}"
        self.field("token").advise(_SOURCES[source].format(env=env_name))
        if source == "command" and (words := command.value) and not check_command(words):
            command.advise(f"runs {shlex.split(words)}, without a shell".replace("'", '"'))
        self.field("secret").advise(self._token_help(source))

    def _token_help(self, source: str) -> str:
        if constants.LOG_FILE:
            return _LOGGED
        if self._entered is not None:
            same = self._entered[0] == self._host()
            return "entered; leave empty to use it" if same else "the address changed: enter the token again"
        if self._old is not None and self._host() != host_of(self._old.base_url):
            return "the address changed: enter the token again"
        if source in ("command", "env"):
            return "not needed; one that is entered is used until the program ends"
        if self._old is not None:
            return "leave empty to keep the present one"
        return "it is not shown; the vendor is asked before anything is saved"

    def _host(self) -> str:
        try:
            return host_of(self._value("base_url"))
        except ConfigError:
            return ""

    # ---- typing

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        field = event.input.query_ancestor(Field)
        if field.name == "label" and self._old is None:
            self._propose()
        field.review()
        if field.name == "base_url":
            self.field("secret").review()
        if field.name in ("id", "base_url", "token_command"):
            self._advise()
        self.say("")

    def _propose(self) -> None:
        """The id follows the label until somebody writes another one."""
        box = self.field("id").control
        if isinstance(box, Input) and box.value in ("", self._proposed):
            self._proposed = proposed_id(self._value("label"), self._book.session.accounts)
            box.value = self._proposed

    @on(Choice.Changed)
    async def _chosen(self, event: Choice.Changed) -> None:
        field = event.choice.query_ancestor(Field)
        if field.name == "vendor":
            self._facts = self._book.vendors[event.choice.value]
            options = self.query_one("#options")
            await options.remove_children()
            await options.mount_all(self._vendor_fields())
        for other in (field, self.field("secret")):
            other.review()
        self._advise()
        self.say("")

    # ---- saving

    async def attempt(self) -> str | None:
        draft = self._draft()
        proved = await self._proved(draft) if draft is not None else None
        if draft is None or proved is None or not await self._is_kept(draft, proved):
            self._advise()
            return None
        return draft.id

    def _draft(self) -> Account | None:
        """The account as the form has it; None, and the fields say why, when it cannot be one."""
        wrong = [field for field in self.query(Field) if field.display and not _is_right(field)]
        if wrong:
            wrong[0].control.focus()
            self.say(f"{len(wrong)} {'field needs' if len(wrong) == 1 else 'fields need'} another look")
            return None
        source = self._value("token")
        options = {option.name: self._value(option.name) for option in self._facts.options}
        account = self._old or Account(self._value("id"), self._facts.name, "", self._facts.side, "")
        return replace(
            account,
            label=self._value("label"),
            side=Side(self._value("side")),
            base_url=base_address(self._value("base_url")),
            options=chosen_options(options, self._facts, self._old),
            token=source,
            token_command=tuple(shlex.split(self._value("token_command"))) if source == "command" else (),
        )

    async def _proved(self, draft: Account) -> _Proved | None:
        """A token that the vendor takes, or none when no proof is needed or possible; None after saying why not."""
        entered = self.field("secret").control
        assert isinstance(entered, TokenInput)
        if not entered.is_empty:
            secret = entered.take()
            if secret is None:
                self.fail("secret", "this is not a token (empty, spaces or control characters)")
                return None
            self._entered = (host_of(draft.base_url), secret)
        elif self._entered is not None and self._entered[0] != host_of(draft.base_url):
            self._entered = None
        if self._entered is None:
            return await self._found(draft)
        secret = self._entered[1]
        return _Proved(secret) if await self._is_taken(draft, secret) else None

    async def _found(self, draft: Account) -> _Proved | None:
        """Without one that was entered: the token that the account has, or why that will not do."""
        if not needs_proof(self._old, draft):
            return _Proved()
        is_known = self._old is not None and not is_moved(self._old, draft)
        if draft.token in ("keyring", "ask") and not is_known:
            self.fail("secret", "the token is missing: enter it")
            return None
        self.trying.doing("looking for the token")
        found = await self._book.session.credentials.find(draft)
        if found.secret is not None:
            is_taken = await self._is_taken(draft, found.secret)
            # The present token goes along to where it is kept from now on.
            is_to_keep = draft.token == "keyring" and self._old is not None and self._old.token != "keyring"
            return _Proved(found.secret if is_to_keep else None) if is_taken else None
        if draft.token == "env" and found.state is State.MISSING:
            return _Proved()
        if draft.token in ("keyring", "ask"):
            self.fail("secret", f"{found.error(draft).what}; enter it here")
        else:
            self.fail("token", found.sentence(draft.label))
        return None

    async def _is_taken(self, draft: Account, secret: Secret) -> bool:
        if self._book.session.is_offline:
            self.fail("", "offline: the vendor cannot be asked; start without --offline")
            return False
        self.trying.doing(f"asking {host_of(draft.base_url)}")
        try:
            await self._book.verify(draft, secret, self.trying.from_elsewhere)
        except TokenRefused as error:
            self._entered = None
            self.fail("secret", error.what)
        except NotAllowed as error:
            self.fail("secret", str(error))
        except VendorError as error:
            self.fail("base_url", str(error))
        else:
            return True
        return False

    async def _is_kept(self, draft: Account, proved: _Proved) -> bool:
        """The token first: an account in the config whose token was lost would be worse than the reverse."""
        self.trying.must_finish("saving")
        if proved.secret is not None:
            kept = await self._book.keep(draft, proved.secret)
            if kept.state is not State.OK:
                others = "choose here instead: ask (this session only), env, or command"
                self.fail("token", f"{kept.error(draft).what}; {others}")
                return False
        try:
            if self._old is None:
                await self._book.add(draft)
            else:
                await self._book.change(self._old, draft)
        except ConfigError:
            if self._old is None and proved.secret is not None:
                await self._book.session.credentials.delete(draft)
            raise
        return True


def _is_right(field: Field) -> bool:
    problem = field.problem()
    if not problem and field.is_required and not field.value:
        problem = f"needed: {field.help}"
    field.complain(problem)
    return not problem
