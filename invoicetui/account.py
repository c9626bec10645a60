"""Accounts as the config describes them, and the tokens that belong to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from invoicetui.cleaned import Cleaned


class Side(StrEnum):
    """Whether an account's invoices are owed by us (received) or to us (issued). Sums never mix the two."""

    RECEIVED = "received"
    ISSUED = "issued"


class Secret:
    """A token that shows itself to nobody who does not ask for it by name.

    Masked in repr, str, format and rich; refuses pickling, copying and hashing, so that no cache, log or crash report
    can hold it by accident.
    """

    __slots__ = ("_value",)
    __hash__ = None  # type: ignore[assignment]  # deliberately not a dict key: a cache would keep it

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The token itself; only for the line that puts it on the wire or into the keyring."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(****)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __rich_repr__(self) -> Any:
        yield "****"

    def __eq__(self, other: object) -> bool:
        import hmac

        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("a Secret is neither pickled nor copied")


@dataclass(frozen=True, slots=True)
class Account(Cleaned):
    """One account at one vendor, as config.toml describes it. It never holds a token.

    `options` are the vendor's own (organisation, team, amounts …) after the vendor's checks, all strings.
    `token` is the one configured source: keyring, command, env or ask.
    """

    id: str
    vendor: str
    label: str
    side: Side
    base_url: str
    options: Mapping[str, str] = field(default_factory=dict)
    token: str = "keyring"
    token_command: tuple[str, ...] = ()
    document_hosts: tuple[str, ...] = ()
    ca_file: str = ""
    client_cert: str = ""
    client_key: str = ""

    @property
    def env_name(self) -> str:
        """The environment variable that holds this account's token when it is set."""
        return "INVOICETUI_TOKEN_" + self.id.upper().replace("-", "_")
