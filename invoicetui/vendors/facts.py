"""The vendors as people choose them: names, addresses, and what the config and the account form ask of each.

Apart from the modules that read their records, so that a config is read without their decoder.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from invoicetui.account import Side
from invoicetui.tuples import NamedTuple


class Option(NamedTuple):
    """One thing the account form asks and config.toml holds for a vendor. Values are strings.

    `check` returns what is wrong with a value, or None. `is_identity`: rows fetched under another value do not belong
    to the account as it is now.
    """

    name: str
    label: str
    help: str
    is_required: bool = False
    default: str = ""
    choices: tuple[str, ...] = ()
    check: Callable[[str], str | None] = lambda value: None
    is_identity: bool = False


class Facts(NamedTuple):
    """One vendor; `base_url` is "" when every installation has its own, `side` what its invoices mostly are."""

    name: str
    label: str
    side: Side
    base_url: str = ""
    options: tuple[Option, ...] = ()


def checked_choice(choices: Iterable[str]) -> Callable[[str], str | None]:
    """A check for an option that takes one of a few words."""
    allowed = tuple(choices)
    return lambda value: None if value in allowed else f"must be {' or '.join(allowed)}"


def is_segment(text: str) -> bool:
    """Whether a text can stand alone between two slashes of a path."""
    return bool(text) and text not in (".", "..")


_CONDITION = re.compile(r"\w[\w.]*!?=.+")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_PLACEHOLDERS = frozenset(("organisation", "file_ref", "id"))


def _check_filter(value: str) -> str | None:
    # Only the beginning: whether a comma inside a value can be escaped is not documented.
    is_right = not value or _CONDITION.match(value)
    return None if is_right else "must look like sub_id=3 or created_at=gte:2026-01-01T00:00:00Z"


def _check_document_url(value: str) -> str | None:
    names = set(_PLACEHOLDER.findall(value))
    if unknown := sorted(names - _PLACEHOLDERS):
        return f"knows no {{{unknown[0]}}}, only {{organisation}}, {{file_ref}} and {{id}}"
    return None if not value or names & {"file_ref", "id"} else "must contain {file_ref} or {id}"


def _check_team(value: str) -> str | None:
    return None if not value or is_segment(value) else "must be the team's id"


def _check_organisation(value: str) -> str | None:
    return None if is_segment(value) else "must be the organisation's id, such as 42"


VOXMIND = Facts(
    "voxmind",
    "Voxmind",
    Side.RECEIVED,
    "https://api.voxmind.ai",
    (
        Option(
            "organisation",
            "Organisation",
            "the organisation's id; a token belongs to one",
            is_required=True,
            check=_check_organisation,
            is_identity=True,
        ),
        Option(
            "filter",
            "Filter",
            "Voxmind's own filter, sent with every list: sub_id=3",
            check=_check_filter,
            is_identity=True,
        ),
        Option(
            "document_url",
            "PDF address",
            "where a PDF is, with {file_ref} or {id}: /organisations/{organisation}/files/{file_ref}",
            check=_check_document_url,
        ),
    ),
)
NORTHFLANK = Facts(
    "northflank",
    "Northflank",
    Side.RECEIVED,
    "https://api.northflank.com",
    (
        Option("team", "Team", "the team's id, for a team's invoices", check=_check_team, is_identity=True),
        Option(
            "amounts",
            "Amounts",
            "minor: the API answers in cents (1200 is 12.00); major: in whole units (12.00)",
            default="minor",
            choices=("minor", "major"),
            check=checked_choice(("minor", "major")),
            is_identity=True,
        ),
    ),
)
METEROID = Facts(
    "meteroid",
    "Meteroid",
    Side.ISSUED,
    "",
    (),
)
OPTERIUS = Facts(
    "opterius",
    "Opterius Commerce",
    Side.RECEIVED,
    "",
    (
        Option(
            "amounts",
            "Amounts",
            "minor: the API answers in cents (2200 is 22.00), as documented; major: in whole units (22 is 22.00)",
            default="minor",
            choices=("minor", "major"),
            check=checked_choice(("minor", "major")),
            is_identity=True,
        ),
    ),
)
VERSORI = Facts(
    "versori",
    "Versori",
    Side.RECEIVED,
    "https://platform.versori.com/api/organisations/v1",
    (
        Option(
            "organisation",
            "Organisation",
            "the organisation's id",
            is_required=True,
            check=_check_organisation,
            is_identity=True,
        ),
        Option(
            "auth_scheme",
            "Authorization",
            "Bearer for an API key, JWT for a signed token",
            default="Bearer",
            choices=("Bearer", "JWT"),
            check=checked_choice(("Bearer", "JWT")),
        ),
    ),
)

#: By name, in the order the account form offers them.
FACTS = {facts.name: facts for facts in (VOXMIND, NORTHFLANK, METEROID, OPTERIUS, VERSORI)}
