"""Rows that follow one another on a page, and which of them were met before."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from operator import attrgetter
from typing import Any, Protocol, Self, TypeVar

from ._checkpoints import Position
from ._declarations import Operation
from ._listings import Place
from ._windows import Window

R = TypeVar("R")

_REMEMBERED = 1024


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
        edges: list[int] = []
        if seam.edges and self._operation.time is not None:
            (before, low), (high, after) = seam.edges
            moments = list(map(attrgetter(self._operation.time), self))
            if not _lie_within(moments, low, high):
                near = (at and (before <= at < low or high <= at < after) for at in moments)
                edges = [index for index, it_is in enumerate(near) if it_is]
        return seam.find(list(map(attrgetter(self._operation.key), self)), edges)

    def rows(self) -> Iterable[R]:
        return self


class Seam:
    """Finds rows that repeat from one page or window to the next.

    Rows are known by their key. Remembered are the last of the page before and those at the edges
    of this window and the one before, so memory stays small, whatever the listing's length.
    """

    def __init__(self, operation: Operation, resumed: Position | None = None) -> None:
        self._operation = operation
        # Of what was handed out before a resume, the last row's key is all that is known.
        last_id = None if resumed is None else resumed.last_id
        self._page: deque[Any] = deque([] if last_id is None else [last_id], _REMEMBERED)
        self._before: set[Any] = set()
        self._met = 0
        self._edges: set[Any] = set()
        self._edges_before: set[Any] = set()
        self._window: Window | None = None

    def enter(self, place: Place) -> None:
        """Begin a page; an empty one keeps the memory of the one before."""
        if self._page:
            self._before, self._met = set(self._page), 0
            self._page.clear()
        if place.window != self._window:
            self._window = place.window
            self._edges_before, self._edges = self._edges, set()

    @property
    def edges(self) -> tuple[tuple[datetime, datetime], ...]:
        """The times near the window's start and near its end, each from and until."""
        rule, window = self._operation.window, self._window
        if rule is None or window is None:
            return ()
        near = rule.resolution
        return tuple((edge - near, edge + near) for edge in (window.start, window.end))

    def find(self, keys: Sequence[Any], near: Iterable[int]) -> list[int]:
        """Return which of a page's next rows were met before, and remember them.

        ``keys`` identify the rows, ``near`` are the indexes of those near an edge.
        """
        # The first rows of a page may repeat the last of the one before; later ones do not.
        first = keys[: max(0, _REMEMBERED - self._met)]
        self._met += len(keys)
        found = set()
        for index in near:
            key = keys[index]
            self._edges.add(key)
            if key in self._edges_before:
                found.add(index)
        if self._before and not self._before.isdisjoint(first):
            found |= {index for index, key in enumerate(first) if key in self._before}
        self._page.extend(keys[-_REMEMBERED:])
        return sorted(index for index in found if keys[index] is not None)


def _lie_within(moments: Sequence[datetime], low: datetime, high: datetime) -> bool:
    try:
        return low <= min(moments) and max(moments) < high
    except TypeError:
        # One is absent.
        return False


def runs(count: int, dropped: Sequence[int], begin: int) -> Iterator[tuple[int, int]]:
    """Yield the stretches of ``range(begin, count)`` that hold none of the dropped indexes."""
    for index in chain((one for one in dropped if one >= begin), [count]):
        if begin < index:
            yield begin, index
        begin = index + 1
