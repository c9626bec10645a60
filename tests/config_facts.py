"""Two vendors as the config sees them, with every kind of option."""

from __future__ import annotations

from invoicetui.config import VendorFacts
from invoicetui.model import Side
from invoicetui.vendors.facts import Option


def check_team(value: str) -> str | None:
    return None if " " not in value else "must be one word"


VENDORS = {
    "voxmind": VendorFacts(
        "voxmind",
        "Voxmind",
        "https://api.voxmind.ai",
        Side.RECEIVED,
        (Option("organisation", "Organisation", "its number", is_required=True), Option("filter", "Filter", "")),
    ),
    "meteroid": VendorFacts(
        "meteroid",
        "Meteroid",
        "",
        Side.ISSUED,
        (
            Option("team", "Team", "", check=check_team),
            Option("amounts", "Amounts", "", default="minor", choices=("minor", "major")),
        ),
    ),
}
