"""pyarrow's own streaming reader of CSV, and Parquet files written from it."""
# pyright: reportMissingImports=false

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from dialytics_clients.digitalcx.rows import Interaction

from .http import Query

_TYPES = {
    "text": pa.string(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
    "timestamp": pa.timestamp("ms", "UTC"),
}
_SCHEMA = pa.schema([(column.name, _TYPES[column.kind]) for column in Interaction.COLUMNS])
_OPTIONS = {
    "parse_options": pa.csv.ParseOptions(newlines_in_values=True),
    "convert_options": pa.csv.ConvertOptions(
        column_types=_SCHEMA, null_values=[""], strings_can_be_null=True
    ),
}


def iterate_batches(pieces: Iterable[bytes]) -> Iterator[pa.RecordBatch]:
    """Yield the record batches of one page, of one explicit schema."""
    with io.BufferedReader(_Stream(iter(pieces)), 1 << 20) as stream:
        yield from pa.csv.open_csv(stream, **_OPTIONS)


def count_batches(pieces: Iterable[bytes]) -> int:
    """Read a page as record batches; return how many rows it has."""
    return sum(batch.num_rows for batch in iterate_batches(pieces))


def write_window(folder: Path, query: Query, pages: Iterator[bytes]) -> int:
    """Write the pages of one window into a Parquet file."""
    name, rows = query["startDate"][:10], 0
    with pa.parquet.ParquetWriter(folder / f"{name}.parquet", _SCHEMA) as writer:
        for page in pages:
            for batch in iterate_batches([page]):
                writer.write_batch(batch)
                rows += batch.num_rows
    return rows


def count_window(_: Query, pages: Iterator[bytes]) -> int:
    """Read the pages of one window as record batches."""
    return sum(count_batches([page]) for page in pages)


class _Stream(io.RawIOBase):
    """Pieces of bytes as a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any buffer there
        if not self._rest:
            self._rest = memoryview(next(self._pieces, b""))
        taken, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)
