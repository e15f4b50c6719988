"""How Arrow is to read the CSV documents of one header, and what is left to be done then."""

from __future__ import annotations

import csv
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from attrs import frozen

from ._arrow import arrow_csv, pa
from ._columnar import TEXT, UTC_TIME, arrow_schema, is_flat
from ._csv_columns import (
    LOCAL_TIME,
    Convert,
    DoubtError,
    find_converter,
    join_columns,
    read_as,
)
from ._decode.csv_header import read_names
from ._decode.csv_layout import Layout
from ._decode.csv_text import Lines

# Nobody else can write this cell: it stands in a row after the last.
_END: Final = secrets.token_hex(16)


@frozen(eq=False)
class CsvTable:
    """What the documents of one header have in common.

    Attributes:
        end: A row to be put behind a document, to see that it has come to its end.
    """

    end: bytes
    _schema: pa.Schema
    _names: Sequence[str]
    _parse: arrow_csv.ParseOptions
    _convert: Mapping[bool, arrow_csv.ConvertOptions]
    _end_column: int
    _extra: Mapping[str, int]
    _required: Sequence[int]
    _converters: Sequence[tuple[int, Convert]]

    def options(self, block_size: int, *, is_text: bool = False) -> dict[str, Any]:
        """Return Arrow's options for documents that are read in blocks of so many bytes.

        Of what is known to be text, no cell is checked to be.
        """
        # Blocks of a stream are read one by one, with or without threads.
        read = arrow_csv.ReadOptions(
            block_size=block_size, column_names=self._names, use_threads=False
        )
        return {
            "read_options": read,
            "parse_options": self._parse,
            "convert_options": self._convert[is_text],
        }

    def finish(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield what Arrow has read as the schema has it, if the row reader would read the same.

        Raises:
            DoubtError: It may read something else.
        """
        held: pa.RecordBatch | None = None
        for batch in filter(len, batches):
            if held is not None:
                yield self._finish(held)
            # Whether its last row is one is known when the document has come to its end.
            held = batch
        if held is None or held.column(self._end_column)[-1].as_py() != _END:
            raise DoubtError("an open quote has swallowed the document's end")
        if len(held) > 1:
            yield self._finish(held.slice(0, len(held) - 1))

    def _finish(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        arrays = batch.columns
        if any(arrays[place].null_count for place in self._required):
            raise DoubtError("a cell is empty that must not be")
        for place, convert in self._converters:
            arrays[place] = convert(arrays[place])
        for place, array in enumerate(arrays):
            # Empty columns are many, and take as much as others: they share theirs.
            if array.type == TEXT and array.null_count == len(array):
                arrays[place] = _nulls(len(array))
        known = len(self._schema) - 1
        extra = {name: arrays[place] for name, place in self._extra.items()}
        arrays[known:] = [join_columns(extra) if extra else _nulls(batch.num_rows)]
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema)


def find_table(
    pieces: Iterable[bytes], row_class: Any, wanted: frozenset[str] | None
) -> tuple[CsvTable, int] | None:
    """Read a document's header and look at its first row; return none if there is no header.

    The number tells where the header's line feed is: read from there, no byte order mark is taken
    off the first row.

    Raises:
        DoubtError: Only the row reader knows how such documents are read.
    """
    lines = Lines(pieces)
    taken: list[str] = []
    texts = _note(lines, taken)
    found = read_names(lines, texts)
    if found is None:
        return None
    names, delimiter = found
    end = len("".join(taken).encode()) - 1
    row = tuple(next(filter(None, csv.reader(texts, delimiter=delimiter)), ()))
    known = _layout(row_class, names, wanted).known
    times = [place for column, place, _ in known if column.kind == "timestamp"]
    cells = (row[place] for place in times if place is not None and place < len(row))
    return _table(row_class, names, wanted, delimiter, _time_type(cells)), end


@lru_cache(maxsize=4)
def _nulls(count: int) -> pa.Array:
    return pa.nulls(count, TEXT)


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
            return UTC_TIME if datetime.fromisoformat(cell).tzinfo else LOCAL_TIME
        return TEXT
    return UTC_TIME


@lru_cache(maxsize=64)
def _table(
    row_class: Any,
    names: tuple[str, ...],
    wanted: frozenset[str] | None,
    delimiter: str,
    time_type: pa.DataType,
) -> CsvTable:
    layout = _layout(row_class, names, wanted)
    columns = row_class.COLUMNS
    # In a single column an empty line may be a row; and no cell is a list or an object.
    if len(names) < 2 or not all(
        is_flat(column) for column, place, _ in layout.known if place is not None
    ):
        raise DoubtError("the row reader decides what these cells are")
    attributes = {place: column.attribute for column, place, _ in layout.known}
    read_names = [attributes.get(place, f"+{place}") for place in range(len(names))]
    types = {column.attribute: read_as(column, time_type) for column in columns}
    types |= {f"+{place}": TEXT for _, place in layout.extra}
    texts = [name for name in read_names if types.get(name) == TEXT]
    if not texts:
        raise DoubtError("there is no place for a mark at the end")
    end = delimiter.join(_END if name == texts[0] else "" for name in read_names)
    converters = ((place, find_converter(column)) for place, column in enumerate(columns))
    return CsvTable(
        f"\n{end}\n".encode(),
        arrow_schema(row_class),
        read_names,
        arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        {is_text: _conversion(types, is_text=is_text) for is_text in (False, True)},
        [*types].index(texts[0]),
        {name: [*types].index(f"+{place}") for name, place in layout.extra},
        tuple(place for place, column in enumerate(columns) if column.required),
        tuple((place, convert) for place, convert in converters if convert is not None),
    )


def _conversion(types: Mapping[str, pa.DataType], *, is_text: bool) -> arrow_csv.ConvertOptions:
    return arrow_csv.ConvertOptions(
        check_utf8=not is_text,
        column_types=types,
        include_columns=[*types],
        include_missing_columns=True,
        null_values=[""],
        strings_can_be_null=True,
        true_values=["true", "True", "TRUE", "1"],
        false_values=["false", "False", "FALSE", "0"],
    )
