"""The registry of vendors; a vendor's module is imported when it is first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from invoicetui.vendors.facts import FACTS

if TYPE_CHECKING:
    from invoicetui.vendors.base import Vendor

#: Vendor names in the order the account form offers them; module and class are named after them.
NAMES = tuple(FACTS)


def vendor_class(name: str) -> type[Vendor]:
    """The class of a vendor by its name in the config. Raises KeyError for a name that is not in NAMES."""
    if name not in NAMES:
        raise KeyError(name)
    found: type[Vendor] = getattr(import_module(f"invoicetui.vendors.{name}"), name.capitalize())
    return found
