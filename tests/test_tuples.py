"""Named tuples of ours are what typing's are."""

from __future__ import annotations

import pickle
import typing

import pytest

from invoicetui.tuples import NamedTuple


class Ours(NamedTuple):
    """A place."""

    x: int
    y: int | None = None
    words: tuple[str, ...] = ("here",)

    #: No field.
    unit = "cell"

    @property
    def sum(self) -> int:
        return self.x + (self.y or 0)

    def moved(self, by: int) -> Ours:
        return self._replace(x=self.x + by)


class Typings(typing.NamedTuple):
    """A place."""

    x: int
    y: int | None = None
    words: tuple[str, ...] = ("here",)


def test_it_is_a_tuple_with_names_and_defaults() -> None:
    here = Ours(1)
    assert here == (1, None, ("here",))
    assert (here.x, here.y, here.words) == here
    assert Ours(y=2, x=1) == Ours(1, 2)
    assert repr(here) == "Ours(x=1, y=None, words=('here',))"
    with pytest.raises(AttributeError):
        here.x = 2  # type: ignore[misc]  # that is the test
    with pytest.raises(TypeError):
        Ours()  # type: ignore[call-arg]  # likewise


def test_it_has_the_methods_and_names_of_its_body() -> None:
    assert (Ours(1, 2).sum, Ours(1).moved(2), Ours.unit) == (3, Ours(3), "cell")
    assert (Ours.__doc__, Ours.__name__, Ours.__qualname__, Ours.__module__) == ("A place.", "Ours", "Ours", __name__)
    assert pickle.loads(pickle.dumps(Ours(1))) == Ours(1)


@pytest.mark.parametrize("name", ["_fields", "_field_defaults", "__match_args__", "__annotations__"])
def test_it_tells_of_itself_what_typings_tell(name: str) -> None:
    theirs = getattr(Typings, name)
    if name == "__annotations__":
        theirs = {field: found.__forward_arg__ for field, found in theirs.items()}
    assert getattr(Ours, name) == theirs
