"""Lists that are counted out while others may change them: what was met, and whether it moved.

A page begins with the last row of the one before; is that another one, the list has moved. Where a
response holds several lists it is not known whether limit and offset count each of them or all
together: what fits either has not moved, until a page tells which of them it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import chain, islice

from attrs import field, frozen


def digest_key(key: object) -> bytes:
    """Return what stands for a row's key: of all rows it is kept while a list is read."""
    key = str(key) if isinstance(key, int) else key
    return hashlib.blake2b(repr(key).encode("utf-8", "surrogatepass"), digest_size=16).digest()


@frozen
class Leaf:
    """One page by its rows' digests: where it begins, and its lists."""

    offset: int
    lists: tuple[tuple[bytes, ...], ...] = field(repr=False)

    @classmethod
    def of(cls, offset: int, digests: Sequence[bytes], counts: Sequence[int]) -> Leaf:
        """Cut a page's rows into its lists."""
        rest = iter(digests)
        return cls(offset, tuple(tuple(islice(rest, count)) for count in counts))

    @property
    def longest(self) -> int:
        """The length of the longest list."""
        return max(map(len, self.lists), default=0)

    @property
    def end(self) -> int:
        """The offset behind the longest list."""
        return self.offset + self.longest

    def __iter__(self) -> Iterator[bytes]:
        return chain.from_iterable(self.lists)

    def __len__(self) -> int:
        return sum(map(len, self.lists))


class Census:
    """The rows that were met of one list, in as many rounds as it is read."""

    def __init__(self) -> None:
        self.widest = 0
        """The length of the longest list in any page."""
        # Each row with the list that it was met in first.
        self._known: dict[bytes, int] = {}
        self._before: Leaf | None = None
        self._pages: set[tuple[tuple[bytes, ...], ...]] = set()
        self._each = self._together = True
        self._surely_each = False

    @property
    def may_part(self) -> bool:
        """Whether limit and offset may count each list."""
        return self._each

    @property
    def may_mix(self) -> bool:
        """Whether limit and offset may count all lists together."""
        return self._together

    def begin(self) -> None:
        """Begin a round at the list's start."""
        self._before = None
        self._pages.clear()
        self._each = True
        self._together = not self._surely_each

    def forget(self) -> None:
        """Take no row as met."""
        self._known.clear()

    def note(self, digest: bytes, index: int) -> None:
        """Take a row as met in a list."""
        self._known.setdefault(digest, index)

    def follow(self, before: Leaf) -> None:
        """Take a page as the one before."""
        self._before = before

    def has_moved(self, leaf: Leaf, limit: int) -> bool:
        """Tell whether a page does not fit the one before it in this round."""
        # Counted together, no more rows come than are asked for.
        self._surely_each |= len(leaf) > limit
        self._together &= not self._surely_each
        before = self._before
        if before is None:
            return False
        leading = self._leading(leaf)
        counted = [max(0, before.offset + len(one) - leaf.offset) for one in before.lists]
        each = self._each and leading == counted
        together = self._together and sum(leading) == max(
            0, before.offset + len(before) - leaf.offset
        )
        if not (each or together):
            return True
        self._each, self._together = each, together
        return any(
            new[:count] != old[len(old) - count :]
            for new, old, count in zip(leaf.lists, before.lists, leading, strict=True)
        )

    def is_repeated(self, leaf: Leaf) -> bool:
        """Tell whether a page with rows came before in this round."""
        return leaf.lists in self._pages

    def count_shared(self, leaf: Leaf) -> int:
        """Count the rows that a page's lists begin with and that are in the page before."""
        return sum(self._leading(leaf))

    def count_astray(self, leaf: Leaf) -> int:
        """Count the rows that were met before, those aside that it shares with the page before."""
        return sum(1 for one in leaf if one in self._known) - self.count_shared(leaf)

    def find(self, leaf: Leaf, index: int) -> int | None:
        """Return where in one of a page's lists the first row is that was met in that list."""
        known = self._known
        return next(
            (place for place, one in enumerate(leaf.lists[index]) if known.get(one) == index), None
        )

    def take(self, leaf: Leaf, floors: Sequence[int]) -> list[list[int]]:
        """Take a page's rows as met, in each list from some row on; return which are new."""
        fresh = []
        # What is in the page before was handed out with it, or passed over.
        lows = map(max, floors, self._leading(leaf))
        for index, (digests, low) in enumerate(zip(leaf.lists, lows, strict=True)):
            new = []
            for place, digest in islice(enumerate(digests), low, None):
                if digest not in self._known:
                    self._known[digest] = index
                    new.append(place)
            fresh.append(new)
        self._before, self.widest = leaf, max(self.widest, leaf.longest)
        if leaf.longest:
            self._pages.add(leaf.lists)
        return fresh

    def _leading(self, leaf: Leaf) -> list[int]:
        """Return how many rows each list begins with that are in the page before."""
        before = self._before
        if before is None:
            return [0 for _ in leaf.lists]
        return [
            next((place for place, one in enumerate(new) if one not in known), len(new))
            for new, known in zip(leaf.lists, map(frozenset, before.lists), strict=True)
        ]
