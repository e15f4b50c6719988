"""How far a listing has been handed out, and which rows were met before."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from attrs import evolve

from ._checkpoints import Position
from ._declarations import Operation
from ._listings import Fetched, Place
from ._windows import Window

R = TypeVar("R")


class Standing:
    """How far a listing has been handed out: what checkpoints are taken of."""

    def __init__(self, done: int, resumed: Position | None) -> None:
        self.done = done
        self.place: Place | None = None
        self.skip = 0
        self.rows = 0
        self.last: Any = None
        self._resumed = resumed

    def enter(self, place: Place) -> int:
        """Begin a page; return how many of its rows were handed out before."""
        resumed, self._resumed = self._resumed, None
        if resumed is not None:
            self.rows, self.skip = resumed.rows, resumed.skip
        else:
            self.skip = 0
        self.place = place
        return self.skip

    def leave(self, page: Fetched[Any]) -> bool:
        """End a page; tell whether its partition ended with it."""
        place, self.skip = page.place, 0
        if page.following is not None:
            self.place = evolve(place, cursor=page.following, number=place.number + 1)
        elif rest := place.rest():
            self.place = rest[0]
        else:
            self.done, self.rows, self.place = place.partition.index + 1, 0, None
        return self.place is None

    def freeze(self, key: str | None) -> tuple[int, Position | None]:
        """Return how many partitions are done and the position in the next one."""
        place = self.place
        if place is None:
            return self.done, self._resumed
        last_id = None if key is None or self.last is None else getattr(self.last, key)
        window = None if place.window == place.partition.window else place.window
        return self.done, Position(
            place.partition.index,
            place.cursor,
            place.number,
            self.skip,
            self.rows,
            last_id,
            window,
        )


class Seam(Generic[R]):
    """Drops rows that repeat from one page or window to the next.

    Rows are known by their key. Remembered are those of the page before and those at the edges of
    this window and the one before, so memory stays that of a page, whatever the listing's length.
    """

    def __init__(self, operation: Operation, resumed: Position | None = None) -> None:
        self.operation = operation
        self._page: set[Any] = set()
        # Of what was handed out before a resume, the last row's key is all that is known.
        last_id = None if resumed is None else resumed.last_id
        self._page_before: set[Any] = set() if last_id is None else {last_id}
        self._edges: set[Any] = set()
        self._edges_before: set[Any] = set()
        self._window: Window | None = None

    def enter(self, place: Place) -> None:
        """Begin a page; an empty one keeps the memory of the one before."""
        if self._page:
            self._page_before, self._page = self._page, set()
        if place.window != self._window:
            self._window = place.window
            self._edges_before, self._edges = self._edges, set()

    def repeats(self, row: R) -> bool:
        """Tell whether the row was met at a seam; remember it if it stands at one."""
        if self.operation.key is None or (key := getattr(row, self.operation.key)) is None:
            return False
        self._page.add(key)
        if self._at_edge(row):
            self._edges.add(key)
            if key in self._edges_before:
                return True
        return key in self._page_before

    def _at_edge(self, row: R) -> bool:
        rule, window, name = self.operation.window, self._window, self.operation.time
        if rule is None or window is None or name is None:
            return False
        moment = getattr(row, name)
        if moment is None:
            return False
        near = rule.resolution
        return bool(moment < window.start + near or moment >= window.end - near)
