"""A listing's pages as record batches, and what else becomes of them: tables, streams, files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, overload

from ._arrow import functions, pa
from ._columnar import UTC_TIME, arrow_schema, rows_to_batches
from ._csv_batches import read_csv_batches
from ._decode.values import Reject
from ._listings import Fetched, Listing
from ._progress import Seam
from .errors import ArgumentError


class BatchRun:
    """A run of rows in one record batch."""

    def __init__(self, batch: pa.RecordBatch, listing: Listing[Any]) -> None:
        self.batch = batch
        self._listing = listing

    def __len__(self) -> int:
        return int(self.batch.num_rows)

    def part(self, low: int, high: int) -> BatchRun:
        """Return some of them."""
        return BatchRun(self.batch.slice(low, high - low), self._listing)

    def key(self, index: int) -> Any:
        """Return what identifies a row, if anything does."""
        name = self._listing.operation.key
        return None if name is None else self.batch.column(name)[index].as_py()

    def repeated(self, seam: Seam) -> list[int]:
        """Return which of them were met at a seam."""
        key, time = self._listing.operation.key, self._listing.operation.time
        if key is None:
            return []
        near: list[list[int]] = []
        if time is not None:
            moments = self.batch.column(time)
            for edge in seam.edges:
                after = functions.greater_equal(moments, pa.scalar(edge.low, UTC_TIME))
                before = functions.less(moments, pa.scalar(edge.high, UTC_TIME))
                near.append(functions.indices_nonzero(functions.and_(after, before)).to_pylist())
        return seam.find(_Values(self.batch.column(key)), near)

    def rows(self) -> Iterator[Any]:
        """Yield the rows as objects, without what the spec does not know."""
        columns = [column.to_pylist() for column in self.batch.columns[:-1]]
        return map(self._listing.row_class, *columns)


class _Values(Sequence[Any]):
    """A column's values, converted when they are asked for."""

    def __init__(self, column: pa.Array) -> None:
        self._column = column

    def __len__(self) -> int:
        return len(self._column)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            start, stop, _ = index.indices(len(self))
            return self._column.slice(start, max(0, stop - start)).to_pylist()
        return self._column[index].as_py()


def read_runs(
    listing: Listing[Any], page: Fetched[Any], reject: Reject | None = None
) -> Iterator[BatchRun]:
    """Yield a page's rows in record batches; what cannot be read is given to ``reject``."""
    if page.is_csv:
        batches = read_csv_batches(page.reply.body, listing.row_class, listing.columns, reject)
    else:
        batches = chain.from_iterable(
            rows_to_batches(rows, listing.row_class, reject) for rows in listing.rows(page, reject)
        )
    for batch in batches:
        yield BatchRun(batch, listing)


def new_table(listing: Listing[Any], batches: Iterable[pa.RecordBatch]) -> pa.Table:
    """Return batches of a listing as one table."""
    return pa.Table.from_batches(batches, arrow_schema(listing.row_class))


def new_stream(listing: Listing[Any], batches: object, requested_schema: object) -> object:
    """Return the PyCapsule of a stream of batches.

    Raises:
        ArgumentError: The batches can be had asynchronously only.
    """
    if not isinstance(batches, Iterator):
        raise ArgumentError(
            "an asynchronous pager cannot be read as a stream; await its to_arrow(), or use the "
            "synchronous client"
        )
    reader = pa.RecordBatchReader.from_batches(arrow_schema(listing.row_class), batches)
    return reader.__arrow_c_stream__(requested_schema)
