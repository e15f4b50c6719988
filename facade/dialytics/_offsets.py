"""Lists that are counted out while others may change them: what was met, and whether it moved.

A page begins with the last row of the one before; is that another one, the list has moved. Where a
response holds several lists it is not known whether limit and offset count each of them or all
together: what fits either has not moved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import chain, islice

from attrs import field, frozen


def digest_key(key: object) -> bytes:
    """Return what stands for a row's key: of all rows it is kept while a list is read."""
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
        self._known: set[bytes] = set()
        self._before: Leaf | None = None
        self._pages: set[tuple[tuple[bytes, ...], ...]] = set()

    def begin(self) -> None:
        """Begin a round at the list's start."""
        self._before = None
        self._pages.clear()

    def note(self, digest: bytes) -> None:
        """Take a row as met."""
        self._known.add(digest)

    def follow(self, before: Leaf) -> None:
        """Take a page as the one before, and its rows as met."""
        self._known.update(before)
        self._before = before

    def has_moved(self, leaf: Leaf) -> bool:
        """Tell whether a page does not fit the one before it in this round."""
        before = self._before
        if before is None:
            return False
        leading = self._leading(leaf)
        each = [max(0, before.offset + len(one) - leaf.offset) for one in before.lists]
        together = max(0, before.offset + len(before) - leaf.offset)
        if leading != each and sum(leading) != together:
            return True
        return any(
            new[:count] != old[len(old) - count :]
            for new, old, count in zip(leaf.lists, before.lists, leading, strict=True)
        )

    def is_repeated(self, leaf: Leaf) -> bool:
        """Tell whether a page with rows came before in this round."""
        return leaf.lists in self._pages

    def goes_on(self, leaf: Leaf) -> bool:
        """Tell whether a page has rows behind those that it shares with the one before."""
        return len(leaf) > sum(self._leading(leaf))

    def count_astray(self, leaf: Leaf) -> int:
        """Count the rows that were met before, those aside that it shares with the page before."""
        return sum(1 for one in leaf if one in self._known) - sum(self._leading(leaf))

    def take(self, leaf: Leaf) -> list[int]:
        """Take a page's rows as met; return the indexes of those that are new."""
        fresh = []
        for index, digest in enumerate(leaf):
            if digest not in self._known:
                self._known.add(digest)
                fresh.append(index)
        self.turn(leaf)
        return fresh

    def find(self, leaf: Leaf) -> int | None:
        """Return the index of a page's first row that was met before."""
        return next((index for index, one in enumerate(leaf) if one in self._known), None)

    def count_new(self, leaf: Leaf, until: int) -> int:
        """Count a page's rows before an index, without those that the page before has too."""
        places = (
            place >= shared
            for one, shared in zip(leaf.lists, self._leading(leaf), strict=True)
            for place in range(len(one))
        )
        return sum(islice(places, until))

    def turn(self, leaf: Leaf) -> None:
        """Go on to the next page, with nothing of this one met but what they share."""
        self._before, self.widest = leaf, max(self.widest, leaf.longest)
        if leaf.longest:
            self._pages.add(leaf.lists)

    def _leading(self, leaf: Leaf) -> list[int]:
        """Return how many rows each list begins with that are in the page before."""
        before = self._before
        if before is None:
            return [0 for _ in leaf.lists]
        return [
            next((place for place, one in enumerate(new) if one not in known), len(new))
            for new, known in zip(leaf.lists, map(frozenset, before.lists), strict=True)
        ]
