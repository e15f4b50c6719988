"""CSV responses, read as a stream of bytes."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from attrs import frozen

from ..errors import IncompleteBody, InvalidResponse
from .values import Column, Convert, R, convert_value, converter, fold, require

_DELIMITERS = (",", ";", "\t", "|")
_LONGEST_FIELD = 1 << 26


def read_csv(pieces: Iterable[bytes], row_class: type[R]) -> Iterator[R]:
    """Yield the rows of a CSV document.

    Columns are matched without regard to case and underscores; those that the row class does not
    know go to ``extra``. A row class without columns takes any header. The delimiter is taken from
    the header line.

    Raises:
        IncompleteBody: The document ends in the middle of a row.
        InvalidResponse: A row or the header is not what was promised.
    """
    # Process-wide and only ever raised: what a bot answers can be longer than csv's 128 kB.
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_FIELD))
    try:
        yield from _read_rows(_split_lines(pieces), row_class)
    except csv.Error:
        raise InvalidResponse("the response is not valid CSV") from None


def _read_rows(texts: Iterator[str], row_class: type[R]) -> Iterator[R]:
    header = next((text for text in texts if text.strip()), None)
    if header is None:
        return
    lines = _Lines(chain([header], texts))
    reader = csv.reader(lines, delimiter=max(_DELIMITERS, key=header.count))
    names = next(reader)
    if lines.ended:
        raise IncompleteBody("the CSV ends inside its header")
    read = _Layout.of(names, row_class).row_reader(row_class)
    width, short = len(names), None
    for position, found in enumerate(reader):
        # The only cell of a row may be empty, and writers need not quote it.
        cells = found or ([""] if width == 1 and not lines.ended else [])
        if short is not None and (cells or not lines.ended):
            raise _ragged(short, width)
        if lines.ended and (cells or short is not None):
            raise IncompleteBody("the CSV ends in the middle of a row")
        if not cells:
            continue
        if len(cells) > width:
            raise _ragged(position, width)
        if len(cells) < width:
            short = position
            continue
        yield read(cells, position)


class _Lines:
    """The lines of a document and an empty one after them.

    The parser takes a line only when it needs one: a row that took the last has an open quote.
    """

    def __init__(self, texts: Iterator[str]) -> None:
        self.ended = False
        self._texts = texts

    def __iter__(self) -> Iterator[str]:
        yield from self._texts
        self.ended = True
        yield ""


@frozen
class _Layout:
    """Which cell goes to which column, and which names nobody knows."""

    known: tuple[tuple[Column, int | None, Convert], ...]
    extra: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, names: list[str], row_class: type[R]) -> _Layout:
        places: dict[str, int] = {}
        for place, name in enumerate(names):
            places.setdefault(fold(name), place)
        known = tuple(
            (column, places.get(fold(column.name)), converter(column))
            for column in row_class.COLUMNS
        )
        if known and all(place is None for _, place, _ in known):
            raise InvalidResponse("the response's first line names none of the CSV's columns")
        taken = {place for _, place, _ in known}
        extra = tuple((name, place) for place, name in enumerate(names) if place not in taken)
        return cls(known, extra)

    def row_reader(self, row_class: type[R]) -> Callable[[list[str], int], R]:
        known, extra = self.known, self.extra

        def read(cells: list[str], position: int) -> R:
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
            return row_class(*values, {name: cells[place] for name, place in extra})

        return read


def _ragged(position: int, width: int) -> InvalidResponse:
    return InvalidResponse(
        f"row {position} does not have the header's {width} cells", position=position
    )


def _split_lines(pieces: Iterable[bytes]) -> Iterator[str]:
    # Only at line feeds: str.splitlines would cut texts at U+2028, U+0085 and form feeds.
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    rest = ""
    try:
        for piece in pieces:
            *whole, rest = (rest + decoder.decode(piece)).split("\n")
            for line in whole:
                yield line + "\n"
    except UnicodeDecodeError:
        raise InvalidResponse("the CSV is not valid UTF-8") from None
    if decoder.getstate()[0]:
        raise IncompleteBody("the CSV ends in the middle of a character")
    if rest:
        yield rest + "\n"
