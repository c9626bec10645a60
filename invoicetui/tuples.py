"""Named tuples that are quickly defined.

typing's own compile the text of every annotation, which for twenty classes takes longer than to lay out the first
screen. To a type checker they are the same.
"""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING, Any

__all__ = ["NamedTuple"]

if TYPE_CHECKING:
    from typing import NamedTuple
else:

    class _Definition(type):
        """Makes of a class body with annotated fields a tuple with these names, and of the rest its methods."""

        def __new__(meta, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(meta, name, bases, body)
            fields = body.get("__annotations__", {})
            values = [body.pop(field) for field in fields if field in body]
            made = namedtuple(name, fields, defaults=values, module=body.pop("__module__"))
            for key, value in body.items():
                setattr(made, key, value)
            return made

    class NamedTuple(metaclass=_Definition):
        """Base of named tuples, written as with typing.NamedTuple."""
