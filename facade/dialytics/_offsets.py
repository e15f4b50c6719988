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
    """One page by its rows' digests: where it begins, its lists, and the first that is no row."""

    offset: int
    lists: tuple[tuple[bytes, ...], ...] = field(repr=False)
    spoilt: int | None = field(default=None, repr=False)

    @classmethod
    def of(
        cls,
        offset: int,
        digests: Sequence[bytes],
        counts: Sequence[int],
        spoilt: int | None = None,
    ) -> Leaf:
        """Cut a page's rows into its lists."""
        rest = iter(digests)
        return cls(offset, tuple(tuple(islice(rest, count)) for count in counts), spoilt)

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
        self._fullest = 0
        # Each row with the list that it was met in first.
        self._known: dict[bytes, int] = {}
        self._before: Leaf | None = None
        self._pages: set[tuple[tuple[bytes, ...], ...]] = set()
        # Whether limit and offset may count each list, and all of them together.
        self._each = self._together = True
        self._surely_each = False

    def begin(self) -> None:
        """Begin a round at the list's start."""
        self._before = None
        self._pages.clear()
        self._each = True
        self._together = not self._surely_each

    def note(self, digest: bytes, index: int) -> None:
        """Take a row as met in a list."""
        self._known.setdefault(digest, index)

    def follow(self, before: Leaf) -> None:
        """Take a page as the one before."""
        self._before = before

    def learn(self, leaf: Leaf, limit: int) -> None:
        """See how a page's lists are counted: together, no more rows come than are asked for."""
        self._surely_each |= len(leaf) > limit
        self._together &= not self._surely_each

    def fits(self, leaf: Leaf, limit: int) -> bool:
        """Tell whether a page fits the one before it in this round: if not, the list has moved."""
        self.learn(leaf, limit)
        before = self._before
        if before is None:
            return True
        leading = self._leading(leaf)
        counted = [max(0, before.offset + len(one) - leaf.offset) for one in before.lists]
        whole = max(0, before.offset + len(before) - leaf.offset)
        self._each &= leading == counted
        # What is in the page before comes first in a page.
        inside = any(
            not known.isdisjoint(new[count:])
            for new, known, count in zip(
                leaf.lists, map(frozenset, before.lists), leading, strict=True
            )
        )
        self._together &= sum(leading) == whole and not inside
        return (self._each or self._together) and all(
            new[:count] == old[len(old) - count :]
            for new, old, count in zip(leaf.lists, before.lists, leading, strict=True)
        )

    def may_lack_room(self, leaf: Leaf, limit: int) -> bool:
        """Tell whether a page may have had no room for more: others had not more rows either."""
        if not self._each:
            # A list that has moved can look as if all were counted together.
            return True
        mixed = self._together and len(leaf) >= min(limit, self._fullest)
        return mixed or leaf.longest >= min(limit, self.widest)

    def count_room(self) -> int:
        """Count the rows that a page has to have room for, beside new ones."""
        before = self._before
        if before is None:
            return 0
        mixed = len(before) - before.longest + 1 if self._together else 0
        return max(len(before.lists), mixed)

    def is_repeated(self, leaf: Leaf) -> bool:
        """Tell whether a page with rows came before in this round."""
        return leaf.lists in self._pages

    def count_shared(self, leaf: Leaf) -> int:
        """Count the rows that a page's lists begin with and that are in the page before."""
        return sum(self._leading(leaf))

    def find(self, leaf: Leaf, index: int) -> int | None:
        """Return where in one of a page's lists the first row is that was met in that list."""
        known = self._known
        return next(
            (place for place, one in enumerate(leaf.lists[index]) if known.get(one) == index), None
        )

    def take(self, leaf: Leaf, floors: Sequence[int]) -> tuple[list[list[int]], int]:
        """Take a page's rows as met, in each list from some row on.

        Returns:
            Which of each list are new, and how many were met before, those aside that it shares
            with the page before.
        """
        fresh, astray = [], 0
        # What is in the page before was handed out with it, or passed over.
        lows = map(max, floors, self._leading(leaf))
        for index, (digests, low) in enumerate(zip(leaf.lists, lows, strict=True)):
            new = []
            for place, digest in islice(enumerate(digests), low, None):
                if digest not in self._known:
                    self._known[digest] = index
                    new.append(place)
            fresh.append(new)
            astray += len(digests) - low - len(new)
        self._before, self.widest = leaf, max(self.widest, leaf.longest)
        self._fullest = max(self._fullest, len(leaf))
        self._pages.add(leaf.lists)
        return fresh, astray

    def _leading(self, leaf: Leaf) -> list[int]:
        """Return how many rows each list begins with that are in the page before."""
        before = self._before
        if before is None:
            return [0 for _ in leaf.lists]
        return [
            next((place for place, one in enumerate(new) if one not in known), len(new))
            for new, known in zip(leaf.lists, map(frozenset, before.lists), strict=True)
        ]
