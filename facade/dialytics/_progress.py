"""Rows that follow one another on a page, and which of them were met before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from operator import attrgetter
from typing import Any, Protocol, Self, TypeVar

from ._checkpoints import Position
from ._declarations import Operation
from ._edges import Brink, Edges
from ._listings import Place
from ._windows import Window

R = TypeVar("R")

REMEMBERED = 1024
_HEAD = 16


class Run(Protocol):
    """Rows of one page that follow one another, in whatever form."""

    def __len__(self) -> int: ...

    def part(self, low: int, high: int) -> Self:
        """Return some of them."""
        ...

    def key(self, index: int) -> Any:
        """Return what identifies a row, if anything does."""
        ...

    def repeated(self, seam: Seam) -> list[int]:
        """Return which of them were met at a seam."""
        ...

    def rows(self) -> Iterable[Any]:
        """Return them one by one, as objects with the rows' attributes."""
        ...


class RowRun(list[R]):
    """A run of rows."""

    def __init__(self, rows: Iterable[Any], operation: Operation) -> None:
        super().__init__(rows)
        self._operation = operation

    def part(self, low: int, high: int) -> RowRun[R]:
        return self if (low, high) == (0, len(self)) else RowRun(self[low:high], self._operation)

    def key(self, index: int) -> Any:
        name = self._operation.key
        return None if name is None else getattr(self[index], name)

    def repeated(self, seam: Seam) -> list[int]:
        if self._operation.key is None or not self:
            return []
        near: list[list[int]] = []
        if seam.edges and self._operation.time is not None:
            moments = list(map(attrgetter(self._operation.time), self))
            near = _lie_near(moments, seam.edges)
        return seam.find(list(map(attrgetter(self._operation.key), self)), near)

    def rows(self) -> Iterable[R]:
        return self


class Seam:
    """Finds rows of one partition that repeat from page to page, or from another window.

    Rows are known by their key. Remembered are the last of the pages before, and those at the
    edges of windows, so memory stays small, whatever the listing's length.
    """

    def __init__(self, operation: Operation, edges: Edges, resumed: Position | None = None) -> None:
        self.edges: tuple[Brink, ...] = ()
        """The edges of the window that rows may repeat across."""
        self._operation = operation
        self._all_edges = edges
        # Of what was handed out before a resume, the last row's key is all that is known.
        last_id = None if resumed is None else resumed.last_id
        # The last rows' keys, each with the number of the page that it came with last.
        self._known: dict[Any, int] = {} if last_id is None else {last_id: 0}
        # The key of the last row of the page before, and of this one.
        self._last = last_id if resumed is not None and resumed.rows else None
        self._newest: Any = None
        self._page = self._met = 0
        self._head: list[Any] = []
        self._head_before: frozenset[Any] = frozenset()
        self._window: Window | None = None

    def enter(self, place: Place) -> None:
        """Begin a page."""
        self._page, self._met = self._page + 1, 0
        if self._head:
            self._head_before, self._head = frozenset(self._head), []
            self._last = self._newest
        rule = self._operation.window
        if place.window != self._window and rule is not None:
            if self._window is not None:
                self._last = None
            self._window = place.window
            self.edges = self._all_edges.around(place, rule.resolution)

    def find(self, keys: Sequence[Any], near: Iterable[Iterable[int]]) -> list[int]:
        """Return which of a page's next rows were met before, and remember them.

        ``keys`` identify the rows, ``near`` are for each edge the indexes of those near it.
        """
        # The first rows of a page may repeat the last of the one before; later ones do not.
        first = keys[: max(0, REMEMBERED - self._met)]
        self._met += len(keys)
        found = {
            index
            for edge, indexes in zip(self.edges, near, strict=False)
            for index in indexes
            if keys[index] is not None and edge.meet(keys[index])
        }
        known, page = self._known, self._page
        if self._last is not None and self._last in first:
            # Of a run that ended before it, rows up to the last one were handed out.
            found |= set(range(first.index(self._last)))
        if not (known.keys().isdisjoint(first) and self._head_before.isdisjoint(first)):
            found |= {
                index
                for index, key in enumerate(first)
                if known.get(key, page) != page or key in self._head_before
            }
        known.update(dict.fromkeys(keys[-REMEMBERED:], page))
        if (surplus := len(known) - REMEMBERED) > REMEMBERED:
            self._known = dict(islice(known.items(), surplus, None))
        # By its first rows a page is recognized.
        self._head += keys[: max(0, _HEAD - len(self._head))]
        self._newest = keys[-1] if keys else self._newest
        return sorted(index for index in found if keys[index] is not None)


def _lie_near(moments: Sequence[Any], edges: Iterable[Brink]) -> list[list[int]]:
    """Return for each edge the indexes of the times near it; times may be absent."""
    known = moments if None not in moments else [at for at in moments if at is not None]
    if not known:
        return []
    first, last = min(known), max(known)
    return [
        [index for index, at in enumerate(moments) if at is not None and edge.low <= at < edge.high]
        if edge.low <= last and first < edge.high
        else []
        for edge in edges
    ]


def runs(count: int, dropped: Sequence[int], begin: int) -> Iterator[tuple[int, int]]:
    """Yield the stretches of ``range(begin, count)`` that hold none of the dropped indexes."""
    for index in chain((one for one in dropped if one >= begin), [count]):
        if begin < index:
            yield begin, index
        begin = index + 1
