"""CSV as Arrow record batches, without going through Python objects.

Arrow's reader does the work; the row reader says what is right. Where Arrow refuses a document, or
may have read it otherwise, the row reader takes over after the rows that were handed out.
"""

from __future__ import annotations

import csv
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Any, Final

from attrs import frozen

from ._arrow import arrow_csv, functions, pa
from ._body import Body
from ._columnar import TEXT, TYPES, UTC_TIME, arrow_schema, is_flat, rows_to_batches, to_json
from ._decode.csv_layout import Layout
from ._decode.csv_rows import read_csv
from ._decode.csv_text import DELIMITERS, Lines
from ._decode.values import Column, Reject
from .errors import DialyticsError

_BLOCK: Final = 1 << 20
_HEAD: Final = 1 << 12
_MARK: Final = b"\xef\xbb\xbf"
_LOCAL_TIME: Final = pa.timestamp("us")
# Nobody else can write this cell: it stands in a row after the last.
_END: Final = secrets.token_hex(16)
_PORTAL: Final = r"^(\d\d)/(\d\d)/(\d{4}) (\d\d:\d\d:\d\d)$"


def read_csv_batches(
    body: Body,
    row_class: Any,
    wanted: frozenset[str] | None = None,
    reject: Reject | None = None,
) -> Iterator[pa.RecordBatch]:
    """Yield the record batches of a CSV document, none of them empty.

    They hold the values that ``read_csv`` gives, and what it refuses is refused, but for three
    things that are read all the same: a bare carriage return outside quotes, where the rows on both
    sides are whole; the year 0; and ``nan(...)``, which is not a number.

    Raises:
        IncompleteBody: The document ends in the middle of a row.
        InvalidResponse: A row or the header is not what was promised, or does not fit its column.
    """
    done = 0
    with suppress(pa.ArrowException, csv.Error, UnicodeDecodeError, DialyticsError):
        for batch in _read_fast(body, row_class, wanted):
            yield batch
            done += batch.num_rows
        return
    yield from _read_slowly(body, row_class, done, wanted, reject)


def _read_slowly(
    body: Body,
    row_class: Any,
    done: int,
    wanted: frozenset[str] | None,
    reject: Reject | None,
) -> Iterator[pa.RecordBatch]:
    """Read rows and make batches of them; errors say what is wrong, and where, in our own words."""
    for rows in read_csv(body.pieces(), row_class, wanted, reject):
        yield from rows_to_batches(rows[done:], row_class, reject)
        done = max(0, done - len(rows))


class _DoubtError(DialyticsError):
    """Arrow and the row reader may differ; never leaves this module."""


def _read_fast(
    body: Body, row_class: Any, wanted: frozenset[str] | None
) -> Iterator[pa.RecordBatch]:
    pieces: Iterator[Any] = body.pieces()
    head: list[Any] = []
    found = _read_head(_small(pieces, head), row_class, wanted)
    if found is None:
        return
    table, skip = found
    if b"".join(piece[:3] for piece in head)[:3] == _MARK:
        skip += len(_MARK)
    feed = _Feed(chain(head, pieces), skip, table.end)
    ended = False
    with arrow_csv.open_csv(pa.PythonFile(feed, mode="r"), *table.options) as reader:
        for batch in reader:
            count = batch.num_rows
            ended = count > 0 and batch.column(table.end_column)[-1].as_py() == _END
            if ended:
                batch = batch.slice(0, count - 1)  # noqa: PLW2901  # a second name would keep it
            if count > ended:
                yield table.finish(batch)
    if not ended:
        raise _DoubtError("an open quote has swallowed the document's end")


def _small(pieces: Iterable[Any], taken: list[Any]) -> Iterator[bytes]:
    """Yield what a header needs and little more; note the pieces that it was taken from."""
    for piece in pieces:
        taken.append(piece)
        for start in range(0, len(piece), _HEAD):
            yield bytes(piece[start : start + _HEAD])


def _read_head(
    pieces: Iterable[bytes], row_class: Any, wanted: frozenset[str] | None
) -> tuple[_Table, int] | None:
    """Read the header and look at the first row; None if there is no header.

    The number tells where the header's line feed is: read from there, no byte order mark is taken
    off the first row.
    """
    lines = Lines(pieces)
    taken: list[str] = []
    texts = _note(lines, taken)
    first = next((text for text in texts if text.strip()), None)
    if first is None:
        return None
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(chain([first], texts), delimiter=delimiter)
    names = tuple(next(reader))
    if lines.ended:
        raise _DoubtError("the document ends inside its header")
    end = len("".join(taken).encode()) - 1
    row = tuple(next(filter(None, reader), ()))
    known = _layout(row_class, names, wanted).known
    times = [place for column, place, _ in known if column.kind == "timestamp"]
    cells = (row[place] for place in times if place is not None and place < len(row))
    return _table(row_class, names, wanted, delimiter, _time_type(cells)), end


@lru_cache(maxsize=64)
def _layout(row_class: Any, names: tuple[str, ...], wanted: frozenset[str] | None) -> Layout[Any]:
    return Layout.of(names, row_class, wanted)


def _note(texts: Iterable[str], taken: list[str]) -> Iterator[str]:
    for text in texts:
        taken.append(text)
        yield text


def _time_type(cells: Iterable[str]) -> pa.DataType:
    """Tell from the first times how Arrow is to read them all."""
    for cell in filter(None, cells):
        with suppress(ValueError):
            return UTC_TIME if datetime.fromisoformat(cell).tzinfo else _LOCAL_TIME
        return TEXT
    return UTC_TIME


class _Feed:
    """A document as a file that Arrow reads: without its header, and with one more row."""

    closed = False

    def __init__(self, pieces: Iterable[Any], skip: int, end: bytes) -> None:
        self._pieces: Iterator[Any] = chain(pieces, [end])
        self._skip = skip
        self._rest = memoryview(b"")

    def read(self, size: int) -> bytes | memoryview:
        """Return the next bytes: a view where that can be."""
        parts: list[memoryview] = []
        while size and self._fill():
            part, self._rest = self._rest[:size], self._rest[size:]
            parts.append(part)
            size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        """Let go of the document."""
        self.closed, self._pieces, self._rest = True, iter(()), memoryview(b"")

    def _fill(self) -> bool:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return False
            self._rest = memoryview(piece)[self._skip :]
            self._skip = max(0, self._skip - len(piece))
        return True


@frozen(eq=False)
class _Table:
    """How Arrow is to read the documents of one header, and what is left to be done then."""

    schema: pa.Schema
    options: tuple[arrow_csv.ReadOptions, arrow_csv.ParseOptions, arrow_csv.ConvertOptions]
    end: bytes
    end_column: int
    extra: Mapping[str, int]
    required: Sequence[int]
    converters: Sequence[tuple[int, Callable[[pa.Array], pa.Array]]]

    def finish(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return a batch as the schema has it, if the row reader would read the same."""
        arrays = batch.columns
        if any(arrays[place].null_count for place in self.required):
            raise _DoubtError("a cell is empty that must not be")
        for place, convert in self.converters:
            arrays[place] = convert(arrays[place])
        known = len(self.schema) - 1
        extra = {name: arrays[place] for name, place in self.extra.items()}
        arrays[known:] = [_join(extra) if extra else pa.nulls(batch.num_rows, TEXT)]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)


@lru_cache(maxsize=64)
def _table(
    row_class: Any,
    names: tuple[str, ...],
    wanted: frozenset[str] | None,
    delimiter: str,
    time_type: pa.DataType,
) -> _Table:
    layout = _layout(row_class, names, wanted)
    columns = row_class.COLUMNS
    # In a single column an empty line may be a row; and no cell is a list or an object.
    if len(names) < 2 or not all(
        is_flat(column) for column, place, _ in layout.known if place is not None
    ):
        raise _DoubtError("the row reader decides what these cells are")
    attributes = {place: column.attribute for column, place, _ in layout.known}
    read_names = [attributes.get(place, f"+{place}") for place in range(len(names))]
    types = {column.attribute: _read_as(column, time_type) for column in columns}
    types |= {f"+{place}": TEXT for _, place in layout.extra}
    texts = [name for name in read_names if types.get(name) == TEXT]
    if not texts:
        raise _DoubtError("there is no place for a mark at the end")
    end = delimiter.join(_END if name == texts[0] else "" for name in read_names)
    return _Table(
        arrow_schema(row_class),
        _options(read_names, delimiter, types),
        f"\n{end}\n".encode(),
        [*types].index(texts[0]),
        # Where a name occurs twice among the unknown, the last cell counts.
        {name: [*types].index(f"+{place}") for name, place in layout.extra},
        tuple(place for place, column in enumerate(columns) if column.required),
        tuple(
            (place, _CONVERTERS[column.kind])
            for place, column in enumerate(columns)
            if column.kind in _CONVERTERS and is_flat(column)
        ),
    )


def _options(
    names: list[str], delimiter: str, types: dict[str, pa.DataType]
) -> tuple[arrow_csv.ReadOptions, arrow_csv.ParseOptions, arrow_csv.ConvertOptions]:
    return (
        # Arrow reads the blocks of a stream one by one, with or without threads.
        arrow_csv.ReadOptions(block_size=_BLOCK, column_names=names, use_threads=False),
        arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        arrow_csv.ConvertOptions(
            column_types=types,
            include_columns=[*types],
            include_missing_columns=True,
            null_values=[""],
            strings_can_be_null=True,
            true_values=["true", "True", "TRUE", "1"],
            false_values=["false", "False", "FALSE", "0"],
        ),
    )


def _read_as(column: Column, time_type: pa.DataType) -> pa.DataType:
    if not is_flat(column) or column.kind == "int64":
        # Arrow would take 0x1F for a number.
        return TEXT
    return time_type if column.kind == "timestamp" else TYPES[column.kind]


def _read_integers(array: pa.Array) -> pa.Array:
    data = array.buffers()[2]
    cells = b"" if data is None else data.to_pybytes()
    if b"x" in cells or b"X" in cells:
        raise _DoubtError("a number is hexadecimal")
    return array.cast(TYPES["int64"])


def _read_times(array: pa.Array) -> pa.Array:
    if array.type == TEXT:
        # Arrow's own reader of such forms makes 2 March of 02/30.
        array = functions.replace_substring_regex(array, _PORTAL, r"\3-\1-\2T\4").cast(_LOCAL_TIME)
    return array.view(UTC_TIME)


_CONVERTERS: Final[Mapping[str, Callable[[pa.Array], pa.Array]]] = {
    "int64": _read_integers,
    "timestamp": _read_times,
}


def _join(columns: Mapping[str, pa.Array]) -> pa.Array:
    """Return columns as JSON objects."""
    parts: list[Any] = []
    for name, array in columns.items():
        parts += [f'{"," if parts else "{"}{to_json(name)}:"', _escape(array), '"']
    return functions.binary_join_element_wise(
        *parts, "}", "", null_handling="replace", null_replacement=""
    )


def _escape(array: pa.Array) -> pa.Array:
    """Return texts as they stand in JSON between quotes."""
    data = array.buffers()[2]
    if data is None:
        return array
    cells = pa.Array.from_buffers(pa.uint8(), data.size, [None, data])
    if (functions.min(cells).as_py() or 0) < 0x20:
        escaped = [None if text is None else to_json(text)[1:-1] for text in array.to_pylist()]
        return pa.array(escaped, TEXT)
    for mark in ("\\", '"'):
        if mark.encode() in data.to_pybytes():
            array = functions.replace_substring(array, mark, f"\\{mark}")
    return array
