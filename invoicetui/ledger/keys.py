"""Which keys were seen: a few bytes each, for a list may have a million."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable

#: So many are looked for as Python keeps them; of all others there are sorted blocks of at most _LARGE.
_RECENT, _LARGE = 4_096, 32_768


class Keys:
    """A set of texts that holds 64 bits of each: among a million, two look alike once in thirty million lists."""

    __slots__ = ("_blocks", "_recent")

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._recent: set[int] = set()
        self._blocks: list[array[int]] = []
        self.add(keys)

    def __len__(self) -> int:
        return len(self._recent) + sum(map(len, self._blocks))

    def __contains__(self, key: str) -> bool:
        return bool(self.known((key,)))

    def known(self, keys: Iterable[str]) -> Collection[str]:
        """Those of `keys` that it holds."""
        return {key for key in keys if (mark := hash(key)) in self._recent or self._is_in_a_block(mark)}

    def add(self, keys: Iterable[str]) -> None:
        """Hold these, too."""
        for mark in map(hash, keys):
            if not self._is_in_a_block(mark):
                self._recent.add(mark)
        if len(self._recent) >= _RECENT:
            self._seal()

    def copy(self) -> Keys:
        other = Keys()
        other._recent, other._blocks = set(self._recent), list(self._blocks)
        return other

    def _is_in_a_block(self, mark: int) -> bool:
        for block in self._blocks:
            at = bisect_left(block, mark)
            if at < len(block) and block[at] == mark:
                return True
        return False

    def _seal(self) -> None:
        """A block of what is recent, joined to those that are no larger: so there are few, and few numbers move."""
        made = sorted(self._recent)
        self._recent = set()
        while self._blocks and len(self._blocks[-1]) <= len(made) < _LARGE:
            made = sorted([*self._blocks.pop(), *made])
        self._blocks.append(array("q", made))
