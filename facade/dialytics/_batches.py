"""A listing's pages as record batches, and what else becomes of them: tables, streams, files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, overload

from attrs import evolve

from ._arrow import functions, pa
from ._body import Body
from ._columnar import arrow_schema, convert_rows, to_number
from ._csv_batches import read_csv_batch, read_csv_batches
from ._decode.values import Reject
from ._edges import Brink
from ._listings import Fetched, Listing
from ._seams import Seam
from .errors import ArgumentError


class BatchRun:
    """A run of rows in one record batch."""

    def __init__(self, batch: pa.RecordBatch, listing: Listing[Any]) -> None:
        self.batch = batch
        self._listing = listing
        name = listing.operation.key
        self._keys = None if name is None else batch.column(name)

    def __len__(self) -> int:
        return int(self.batch.num_rows)

    def part(self, low: int, high: int) -> BatchRun:
        """Return some of them."""
        return BatchRun(self.batch.slice(low, high - low), self._listing)

    def key(self, index: int) -> Any:
        """Return what identifies a row, if anything does."""
        return None if self._keys is None else self._keys[index].as_py()

    def keys(self, low: int, high: int) -> list[Any]:
        """Return what identifies some of them."""
        if self._keys is None:
            return [None] * len(range(len(self))[low:high])
        return list(_Values(self._keys)[low:high])

    def repeated(self, seam: Seam) -> list[int]:
        """Return which of them were met at a seam."""
        if self._keys is None:
            return []
        time = self._listing.operation.time
        near: list[list[int]] = []
        if time is not None and seam.edges:
            near = _lie_near(self.batch.column(time), seam.edges)
        return seam.find(_Values(self._keys), near)

    def rows(self) -> Iterator[Any]:
        """Yield the rows as objects, without what the spec does not know."""
        columns = map(_to_list, self.batch.columns[:-1])
        return map(self._listing.row_class, *columns)


def _lie_near(moments: pa.Array, edges: Iterable[Brink]) -> list[list[int]]:
    """Return for each edge the indexes of the times near it."""
    # As numbers: Arrow knows times before the year 1.
    first, last = (moment.value for moment in functions.min_max(moments).values())
    if first is None:
        return []
    near: list[list[int]] = []
    for edge in edges:
        low, high = to_number(edge.low), to_number(edge.high)
        near.append([])
        if low <= last and first < high:
            numbers = enumerate(moments.view(pa.int64()).to_pylist())
            near[-1] += (index for index, at in numbers if at is not None and low <= at < high)
    return near


def _to_list(column: pa.Array) -> list[Any]:
    try:
        return list(column.to_pylist())
    except OverflowError:
        # Arrow has times that Python has not; no filter asks for one.
        return [None] * len(column)


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


def read_batch(listing: Listing[Any], page: Fetched[Any]) -> Fetched[Any]:
    """Return a page with its rows in a record batch, if that is easily done; else as it is."""
    if not page.is_csv:
        return page
    batch = read_csv_batch(page.reply.body, listing.row_class, listing.columns)
    if batch is None:
        return page
    return evolve(page, batch=batch, reply=evolve(page.reply, body=Body(b"")))


def read_runs(
    listing: Listing[Any], page: Fetched[Any], reject: Reject | None = None
) -> Iterator[BatchRun]:
    """Yield a page's rows in record batches; what cannot be read is given to ``reject``."""
    batches: Iterable[pa.RecordBatch]
    if page.batch is not None:
        batches = [page.batch]
    elif page.is_csv:
        batches = read_csv_batches(page.reply.body, listing.row_class, listing.columns, reject)
    else:
        batches = convert_rows(partial(listing.rows, page), listing.row_class, reject)
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
