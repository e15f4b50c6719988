"""Which of a CSV document's cells go where."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import repeat
from typing import Any, Generic, TypeAlias

from attrs import frozen

from .csv_header import check_names, tell_apart
from .rows import Rows
from .values import (
    BULK,
    Cells,
    Column,
    Convert,
    R,
    convert_value,
    converter,
    fold,
    is_wanted,
    require,
)

BulkReader: TypeAlias = Callable[[Mapping[int, Cells], int], list[R] | None]


@frozen
class Layout(Generic[R]):
    """Which cell goes to which column, and which names nobody knows.

    Columns without a place are absent: ``None``.
    """

    row_class: type[R]
    known: tuple[tuple[Column, int | None, Convert], ...]
    extra: tuple[tuple[str, int], ...]
    width: int

    @classmethod
    def of(
        cls, names: Sequence[str], row_class: type[R], wanted: Collection[str] | None = None
    ) -> Layout[R]:
        """Match a header's names; of the columns, only the wanted and the required ones.

        Raises:
            InvalidResponse: None of the row class's columns is there, or not all required ones.
        """
        check_names(tuple(names), row_class)
        places: dict[str, int] = {}
        for place, name in enumerate(names):
            places.setdefault(fold(name), place)
        columns = row_class.COLUMNS
        taken = {fold(column.name) for column in columns} | {fold(n) for n in row_class.DROPPED}
        known = tuple(
            (
                column,
                places.get(fold(column.name)) if is_wanted(column, wanted) else None,
                converter(column),
            )
            for column in columns
        )
        first = {places[name] for name in taken & places.keys()}
        extra = tuple((n, place) for place, n in enumerate(tell_apart(names)) if place not in first)
        return cls(row_class, known, extra if wanted is None else (), len(names))

    @property
    def places(self) -> tuple[int, ...]:
        """The places of the cells that are read, ascending."""
        known = (place for _, place, _ in self.known if place is not None)
        return tuple(sorted({*known, *(place for _, place in self.extra)}))

    def bulk_reader(self, kept: Collection[str] = ()) -> BulkReader[R] | None:
        """Return a function that reads many rows at once, given by place, and how many.

        It gives ``None`` if any row needs more care; there is none where all do. The values of the
        attributes to be kept stay beside the rows.
        """
        present = [column for column, place, _ in self.known if place is not None]
        missing = any(column.required and place is None for column, place, _ in self.known)
        if missing or not present or any(o.repeated or o.kind not in BULK for o in present):
            return None
        converts = [(place, column) for column, place, _ in self.known]
        while not self.extra and converts[-1][0] is None:
            # What stands behind the last of the others is absent by default.
            converts.pop()
        row_class, extra = self.row_class, self.extra
        beside = {
            column.attribute: number
            for number, (place, column) in enumerate(converts)
            if place is not None and column.attribute in kept
        }

        def read(cells: Mapping[int, Cells], count: int) -> list[R] | None:
            if not count:
                return []
            values = _convert(converts, cells)
            if values is None:
                return None
            if extra:
                names = [name for name, _ in extra]
                lines = zip(*(cells[place] for _, place in extra), strict=True)
                values.append(dict(zip(names, line, strict=True)) for line in lines)
            rows = map(row_class, *values)
            return Rows(rows, {name: values[at] for name, at in beside.items()})

        return read

    def row_reader(self) -> Callable[[Sequence[str], int], R]:
        """Return a function that reads one row's cells, and says what is wrong with them."""
        known, extra, row_class = self.known, self.extra, self.row_class

        def read(cells: Sequence[str], position: int) -> R:
            values: list[Any] = []
            for column, place, convert in known:
                cell = "" if place is None else cells[place]
                # CSV has no null: an empty cell is an absent value.
                if cell:
                    values.append(convert_value(column, convert, cell, position))
                elif column.required:
                    raise require(column, position)
                else:
                    values.append(None)
            return row_class(
                *values, *([{name: cells[place] for name, place in extra}] if extra else ())
            )

        return read


def _convert(
    converts: Sequence[tuple[int | None, Column]], cells: Mapping[int, Cells]
) -> list[Any] | None:
    # Column by column: most of the work is then done by compiled code.
    values: list[Any] = []
    try:
        for place, column in converts:
            if place is None:
                values.append(repeat(None))
            elif column.required and "" in cells[place]:
                return None
            else:
                values.append(BULK[column.kind](cells[place]))
    except (ValueError, KeyError, OverflowError):
        return None
    return values
