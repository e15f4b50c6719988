"""Rows of one page that follow one another, in whatever form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, Protocol, Self, TypeVar, overload

from ._declarations import Operation
from ._decode.rows import Rows
from ._edges import Brink
from ._seams import Seam

R = TypeVar("R")


class Run(Protocol):
    """Rows of one page that follow one another, in whatever form."""

    def __len__(self) -> int: ...

    def part(self, low: int, high: int) -> Self:
        """Return some of them."""
        ...

    def key(self, index: int) -> Any:
        """Return what identifies a row, if anything does."""
        ...

    def keys(self, low: int, high: int) -> Sequence[Any]:
        """Return what identifies some of them."""
        ...

    def repeated(self, seam: Seam) -> list[int]:
        """Return which of them were met at a seam."""
        ...

    def rows(self) -> Iterable[Any]:
        """Return them one by one, as objects with the rows' attributes."""
        ...


class RowRun(Sequence[R]):
    """A run of rows."""

    def __init__(self, rows: Sequence[Any], operation: Operation) -> None:
        self._rows = rows
        self._operation = operation
        self._keys: Sequence[Any] | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[R]:
        return iter(self._rows)

    @overload
    def __getitem__(self, index: int) -> R: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[R]: ...
    def __getitem__(self, index: int | slice) -> R | Sequence[R]:
        return self._rows[index]

    def part(self, low: int, high: int) -> RowRun[R]:
        return self if (low, high) == (0, len(self)) else RowRun(self[low:high], self._operation)

    def key(self, index: int) -> Any:
        name = self._operation.key
        return None if name is None else getattr(self[index], name)

    def keys(self, low: int, high: int) -> Sequence[Any]:
        if self._keys is None:
            name = self._operation.key
            self._keys = [None] * len(self) if name is None else self._values(name)
        return self._keys[low:high]

    def repeated(self, seam: Seam) -> list[int]:
        if self._operation.key is None or not self:
            return []
        near: list[list[int]] = []
        if seam.edges and self._operation.time is not None:
            near = _lie_near(self._values(self._operation.time), seam.edges)
        return seam.find(self.keys(0, len(self)), near)

    def rows(self) -> Iterable[R]:
        return self._rows

    def _values(self, name: str) -> Sequence[Any]:
        """Return all rows' values of an attribute."""
        if isinstance(self._rows, Rows) and (column := self._rows.columns.get(name)) is not None:
            return column
        return list(map(attrgetter(name), self._rows))


def _lie_near(moments: Sequence[Any], edges: Iterable[Brink]) -> list[list[int]]:
    """Return for each edge the indexes of the times near it; times may be absent."""
    # Most are sorted already, which is seen sooner than the first and the last are found.
    known = sorted(moments if all(moments) else filter(None, moments))
    if not known:
        return []
    first, last = known[0], known[-1]
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
