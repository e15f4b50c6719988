"""How far a listing has been handed out, and which rows were met before."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from operator import attrgetter
from typing import Any, Generic, TypeVar

from attrs import evolve

from ._checkpoints import Checkpoint, Position
from ._declarations import Operation
from ._listings import Fetched, Place
from ._stats import Stats
from ._windows import Window

R = TypeVar("R")

_REMEMBERED = 1024


class Standing(Generic[R]):
    """How far one partition has been handed out.

    While a run of rows is handed out, only the count of all rows is kept up, row by row: where
    the run stands follows from it.
    """

    def __init__(self, stats: Stats, resumed: Position | None = None) -> None:
        self.place: Place | None = None
        self._stats = stats
        self._resumed = resumed
        self._skip = 0 if resumed is None else resumed.skip
        self._rows = 0 if resumed is None else resumed.rows
        self._last: R | None = None
        self._run: Sequence[R] = ()
        self._before = 0

    def enter(self, place: Place) -> int:
        """Begin a page; return how many of its rows were handed out before."""
        self._resumed, self.place = None, place
        return self._skip

    def begin(self, run: Sequence[R], skip: int) -> None:
        """Begin to hand out rows that follow one another, the first so many into the page."""
        self._skip, self._run, self._before = skip, run, self._stats.rows

    def end(self, skip: int) -> None:
        """End a run, at so many rows into the page."""
        if self._run:
            self._rows, self._last, self._run = self._rows + len(self._run), self._run[-1], ()
        self._skip = skip

    def leave(self, page: Fetched[Any]) -> bool:
        """End a page; tell whether its partition ended with it."""
        place, self._skip = page.place, 0
        if page.following is not None:
            self.place = place.after(page.following)
            return False
        rest = place.rest()
        self.place = rest[0] if rest else None
        return not rest

    def freeze(self, key: str | None) -> Position | None:
        """Return the position after the row that was last handed out; ``None`` before any page."""
        place = self.place
        if place is None or self._resumed is not None:
            return self._resumed
        handed = self._stats.rows - self._before if self._run else 0
        last = self._run[handed - 1] if handed else self._last
        window = None if place.window == place.partition.window else place.window
        return Position(
            place.partition.index,
            place.cursor,
            place.number,
            self._skip + handed,
            self._rows + handed,
            None if key is None or last is None else getattr(last, key),
            window,
        )


class Progress(Generic[R]):
    """How far all partitions of a listing have been handed out: what checkpoints are taken of."""

    def __init__(self, start: Checkpoint, stats: Stats) -> None:
        self._start = start
        self._stats = stats
        self._done = start.done
        self._finished = set(start.finished)
        self._standings: dict[int, Standing[R]] = {
            position.partition: Standing(stats, position) for position in start.positions
        }

    def standing(self, partition: int) -> Standing[R]:
        """Return where a partition stands."""
        return self._standings.setdefault(partition, Standing(self._stats))

    def finish(self, partition: int) -> None:
        """Note that all of a partition has been handed out."""
        del self._standings[partition]
        self._finished.add(partition)
        self._stats.partitions_done += 1
        while self._done in self._finished:
            self._finished.remove(self._done)
            self._done += 1

    def checkpoint(self, key: str | None) -> Checkpoint:
        """Return where the listing stands after the row that was last handed out."""
        frozen = (self._standings[index].freeze(key) for index in sorted(self._standings))
        return evolve(
            self._start,
            done=self._done,
            finished=tuple(sorted(self._finished)),
            positions=tuple(position for position in frozen if position is not None),
        )


class Seam(Generic[R]):
    """Finds rows that repeat from one page or window to the next.

    Rows are known by their key. Remembered are the last of the page before and those at the edges
    of this window and the one before, so memory stays small, whatever the listing's length.
    """

    def __init__(self, operation: Operation, resumed: Position | None = None) -> None:
        self._operation = operation
        self._key = None if operation.key is None else attrgetter(operation.key)
        self._time = None if operation.time is None else attrgetter(operation.time)
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

    def repeated(self, rows: Sequence[R]) -> list[int]:
        """Return which of a page's next rows were met at a seam, and remember them."""
        if self._key is None or not rows:
            return []
        keys = list(map(self._key, rows))
        # The first rows of a page may repeat the last of the one before; later ones do not.
        near = max(0, _REMEMBERED - self._met)
        self._met += len(rows)
        found = self._at_edges(rows, keys)
        if self._before and not self._before.isdisjoint(islice(keys, near)):
            found |= {index for index, key in enumerate(keys[:near]) if key in self._before}
        self._page.extend(keys[-_REMEMBERED:])
        return sorted(index for index in found if keys[index] is not None)

    def _at_edges(self, rows: Sequence[R], keys: Sequence[Any]) -> set[int]:
        rule, window, time = self._operation.window, self._window, self._time
        if rule is None or window is None or time is None:
            return set()
        low, high = window.start + rule.resolution, window.end - rule.resolution
        moments = list(map(time, rows))
        if None not in moments and min(moments) >= low and max(moments) < high:
            return set()
        found = set()
        for index, moment in enumerate(moments):
            if moment is not None and not low <= moment < high:
                self._edges.add(keys[index])
                if keys[index] in self._edges_before:
                    found.add(index)
        return found


def runs(count: int, dropped: Sequence[int], begin: int) -> Iterator[tuple[int, int]]:
    """Yield the stretches of ``range(begin, count)`` that hold none of the dropped indexes."""
    for index in chain((one for one in dropped if one >= begin), [count]):
        if begin < index:
            yield begin, index
        begin = index + 1
