"""Rows that repeat from page to page, or from another window."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from ._checkpoints import Position
from ._declarations import Operation
from ._edges import Brink, Edges
from ._listings import Place
from ._positions import digest_row
from ._windows import Window

REMEMBERED = 1024
_HEAD = 16


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
        begun = resumed or Position(0)
        # Of the pages before the one that is resumed with, no more is known than the last rows.
        last_id = None if begun.skip else begun.last_id
        self._recent = frozenset(begun.recent)
        # The keys of the last rows of the pages before, and of this one.
        self._known: dict[Any, None] = {} if last_id is None else {last_id: None}
        self._keys: list[Any] = []
        self._met = self._met_in_all = 0
        self._head: list[Any] = []
        self._head_before: frozenset[Any] = frozenset()
        self._window: Window | None = None

    def enter(self, place: Place) -> None:
        """Begin a page."""
        self._met = 0
        # Within a page nothing repeats, so that its rows need not be known before the next.
        self._known.update(dict.fromkeys(self._keys))
        self._keys = []
        if (surplus := len(self._known) - REMEMBERED) > REMEMBERED:
            self._known = dict(islice(self._known.items(), surplus, None))
        if self._met_in_all > REMEMBERED:
            self._recent = frozenset()
        if self._head:
            self._head_before, self._head = frozenset(self._head), []
        rule = self._operation.window
        if place.window != self._window and rule is not None:
            self._window = place.window
            self.edges = self._all_edges.around(place, rule.resolution)

    def find(self, keys: Sequence[Any], near: Iterable[Iterable[int]]) -> list[int]:
        """Return which of a page's next rows were met before, and remember them.

        ``keys`` identify the rows, ``near`` are for each edge the indexes of those near it.
        """
        # The first rows of a page may repeat the last of the one before; later ones do not.
        first = keys[: max(0, REMEMBERED - self._met)]
        self._met += len(keys)
        self._met_in_all += len(keys)
        found = {
            index
            for edge, indexes in zip(self.edges, near, strict=False)
            for index in indexes
            if keys[index] is not None and edge.meet(keys[index])
        }
        if recent := self._recent:
            found |= {index for index, key in enumerate(first) if digest_row(key) in recent}
        known, before = self._known.keys(), self._head_before
        if not (known.isdisjoint(first) and before.isdisjoint(first)):
            found |= {n for n, key in enumerate(first) if key in known or key in before}
        self._keys += keys[-REMEMBERED:]
        del self._keys[:-REMEMBERED]
        # By its first rows a page is recognized.
        self._head += keys[: max(0, _HEAD - len(self._head))]
        return sorted(index for index in found if keys[index] is not None)
