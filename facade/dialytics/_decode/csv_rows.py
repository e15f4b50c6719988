"""CSV responses, read as a stream of bytes."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice, repeat
from typing import Any

from attrs import frozen

from ..errors import IncompleteBody, InvalidResponse
from .values import BULK, Column, Convert, R, convert_value, converter, fold, require

_DELIMITERS = (",", ";", "\t", "|")
_LONGEST_FIELD = 1 << 26
# Few enough to stay in the processor's cache.
_BATCH = 256
_BATCH_BYTES = 1 << 17


def read_csv(pieces: Iterable[bytes], row_class: type[R]) -> Iterator[list[R]]:
    """Yield the rows of a CSV document, many at a time.

    Columns are matched without regard to case and underscores; those that the row class does not
    know go to ``extra``. A row class without columns takes any header. The delimiter is taken from
    the header line.

    Raises:
        IncompleteBody: The document ends in the middle of a row.
        InvalidResponse: A row or the header is not what was promised; the rows before it have come.
    """
    # Process-wide and only ever raised: what a bot answers can be longer than csv's 128 kB.
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_FIELD))
    lines = _Lines(pieces)
    texts = iter(lines)
    header = next((text for text in texts if text.strip()), None)
    if header is None:
        return
    reader = csv.reader(chain([header], texts), delimiter=max(_DELIMITERS, key=header.count))
    try:
        names = next(reader)
    except csv.Error:
        raise _no_csv() from None
    if lines.ended:
        raise IncompleteBody("the CSV ends inside its header")
    layout = _Layout.of(names, row_class)
    read_quickly, read_carefully = layout.bulk_reader(row_class), layout.row_reader(row_class)
    first = 0
    for batch, failure in _batches(reader, lines, len(names)):
        whole = batch[:-1] if lines.ended and batch and not batch[-1] else batch
        rows = None if lines.ended and whole is batch else read_quickly(whole)
        if rows is None:
            yield from _read_each(batch, first, len(names), read_carefully, ended=lines.ended)
        elif rows:
            yield rows
        first += len(batch)
        if failure is not None:
            raise failure


def _batches(
    reader: Iterator[list[str]], lines: _Lines, width: int
) -> Iterator[tuple[list[list[str]], InvalidResponse | None]]:
    """Yield lines' cells, many at a time, with what went wrong after them."""
    failure: InvalidResponse | None = None
    count, most = 0, 1
    while failure is None:
        batch: list[list[str]] = []
        try:
            # Keeps what was read before an error.
            batch.extend(islice(reader, most))
            if batch and len(batch[-1]) < width:
                # What follows tells whether the document was cut there.
                batch.extend(islice(reader, 1))
        except csv.Error:
            failure = _no_csv()
        except InvalidResponse as error:
            failure = error
        if not batch and failure is None:
            return
        yield batch, failure
        count += len(batch)
        most = max(1, min(_BATCH, count * _BATCH_BYTES // lines.size))


def _read_each(
    batch: list[list[str]],
    first: int,
    width: int,
    read: Callable[[list[str], int], R],
    *,
    ended: bool,
) -> Iterator[list[R]]:
    """Read line by line, so that what is wrong is named and nothing before it is lost."""
    rows: list[R] = []
    try:
        for position, cells in enumerate(batch, start=first):
            last = ended and position == first + len(batch) - 1
            if last and cells:
                raise IncompleteBody("the CSV ends in the middle of a row")
            if not cells and (last or width > 1):
                continue
            # The only cell of a row may be empty, and writers need not quote it.
            whole = cells or [""]
            if len(whole) < width and _is_cut(batch, position - first, ended=ended):
                raise IncompleteBody("the CSV ends in the middle of a row")
            if len(whole) != width:
                raise _ragged(position, width)
            rows.append(read(whole, position))
    except InvalidResponse:
        if rows:
            yield rows
        raise
    if rows:
        yield rows


def _is_cut(batch: list[list[str]], index: int, *, ended: bool) -> bool:
    """Tell whether a short line is the document's last: only the end's own empty one follows."""
    return ended and batch[index + 1 :] == [[]]


class _Lines:
    """The lines of a document and an empty one after them.

    The parser takes a line only when it needs one: a row that took the last has an open quote.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.ended = False
        self.size = 0
        self._pieces = pieces

    def __iter__(self) -> Iterator[str]:
        # Only at line feeds: str.splitlines would cut texts at U+2028, U+0085 and form feeds.
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        rest = ""
        try:
            for piece in self._pieces:
                self.size += len(piece)
                *whole, rest = (rest + decoder.decode(piece)).split("\n")
                for line in whole:
                    yield line + "\n"
        except UnicodeDecodeError:
            raise InvalidResponse("the CSV is not valid UTF-8") from None
        if decoder.getstate()[0]:
            raise IncompleteBody("the CSV ends in the middle of a character")
        if rest:
            yield rest + "\n"
        self.ended = True
        yield ""


@frozen
class _Layout:
    """Which cell goes to which column, and which names nobody knows."""

    known: tuple[tuple[Column, int | None, Convert], ...]
    extra: tuple[tuple[str, int], ...]
    width: int

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
        return cls(known, extra, len(names))

    def bulk_reader(self, row_class: type[R]) -> Callable[[list[list[str]]], list[R] | None]:
        """Return a function that reads many rows at once, or ``None`` if any needs more care."""
        # Column by column: most of the work is then done by compiled code.
        converts = [(place, BULK[column.kind], column) for column, place, _ in self.known]
        names, places = zip(*self.extra, strict=True) if self.extra else ((), ())
        width = self.width

        def read(batch: list[list[str]]) -> list[R] | None:
            if not batch:
                return []
            if {*map(len, batch)} != {width}:
                return None
            columns = list(zip(*batch, strict=True))
            values: list[Iterable[Any]] = []
            try:
                for place, convert, column in converts:
                    if column.required and (place is None or "" in columns[place]):
                        return None
                    if place is None:
                        values.append(repeat(None))
                    else:
                        values.append(convert(columns[place]))
            except (ValueError, KeyError, OverflowError):
                return None
            if not names:
                return list(map(row_class, *values)) if values else None
            cells = zip(*(columns[place] for place in places), strict=True)
            extras = (dict(zip(names, line, strict=True)) for line in cells)
            return list(map(row_class, *values, extras))

        return read

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
            return row_class(
                *values, *([{name: cells[place] for name, place in extra}] if extra else ())
            )

        return read


def _no_csv() -> InvalidResponse:
    return InvalidResponse("the response is not valid CSV")


def _ragged(position: int, width: int) -> InvalidResponse:
    return InvalidResponse(
        f"row {position} does not have the header's {width} cells", position=position
    )
