"""CSV as Arrow record batches, without going through Python objects.

Arrow's reader does the work; the row reader says what is right. Where Arrow refuses a document, or
may have read it otherwise, the row reader takes over after the rows that were handed out.
"""

from __future__ import annotations

import csv
from array import array
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import chain
from typing import Any, Final

from attrs import frozen

from ._arrow import arrow_csv, pa
from ._body import Body
from ._columnar import convert_rows
from ._csv_tables import CsvTable, find_table
from ._decode.csv_rows import read_csv
from ._decode.values import Reject
from .errors import DialyticsError

# What is not longer is read at once, as one batch: Arrow need not look for the ends of rows first.
_WHOLE: Final = 4 << 20
_BLOCK: Final = 1 << 20
_HEAD: Final = 1 << 12
_MARK: Final = b"\xef\xbb\xbf"
_REFUSALS: Final = (pa.ArrowException, csv.Error, UnicodeDecodeError, DialyticsError)


def read_csv_batches(
    body: Body,
    row_class: Any,
    wanted: frozenset[str] | None = None,
    reject: Reject | None = None,
) -> Iterator[pa.RecordBatch]:
    """Yield the record batches of a CSV document, none of them empty.

    They hold the values that ``read_csv`` gives, and what it refuses is refused, but for two things
    that are read all the same: a bare carriage return outside quotes, where the rows on both sides
    are whole; and what is not UTF-8 in a column that is not wanted.

    Raises:
        IncompleteBody: The document ends in the middle of a row.
        InvalidResponse: A row or the header is not what was promised, or does not fit its column.
    """
    done = 0
    with suppress(*_REFUSALS):
        for batch in _read_fast(body, row_class, wanted):
            yield batch
            done += batch.num_rows
        return
    # Errors say what is wrong, and where, in our own words.
    blanks: set[int] = set()
    read = partial(read_csv, body.pieces(), row_class, wanted, skip=blanks.add)
    yield from convert_rows(read, row_class, reject, done, blanks)


def read_csv_batch(
    body: Body, row_class: Any, wanted: frozenset[str] | None = None
) -> pa.RecordBatch | None:
    """Return all that ``read_csv_batches`` yields, where that is one batch and quickly read."""
    if body.size > _WHOLE:
        return None
    with suppress(*_REFUSALS):
        found = _open(body, row_class, wanted)
        if found is not None and _size(kept := _take(found.pieces)) <= _WHOLE:
            batches = [*_read_whole(found, kept)]
            return batches[0] if len(batches) == 1 else None
    return None


@frozen(eq=False)
class _Document:
    """A document whose header was read: its bytes, and how many of them are to be left out."""

    table: CsvTable
    pieces: Iterator[Any]
    skip: int


def _open(body: Body, row_class: Any, wanted: frozenset[str] | None) -> _Document | None:
    """Read a document's header; return none if there is none."""
    pieces: Iterator[Any] = body.pieces()
    head: list[Any] = []
    found = find_table(_small(pieces, head), row_class, wanted)
    if found is None:
        return None
    table, skip = found
    if b"".join(piece[:3] for piece in head)[:3] == _MARK:
        skip += len(_MARK)
    return _Document(table, chain(head, pieces), skip)


def _small(pieces: Iterable[Any], taken: list[Any]) -> Iterator[bytes]:
    """Yield what a header needs and little more; note the pieces that it was taken from."""
    for piece in pieces:
        taken.append(piece)
        for start in range(0, len(piece), _HEAD):
            yield bytes(piece[start : start + _HEAD])


def _read_fast(
    body: Body, row_class: Any, wanted: frozenset[str] | None
) -> Iterator[pa.RecordBatch]:
    found = _open(body, row_class, wanted)
    if found is None:
        return
    kept = _take(found.pieces)
    if _size(kept) <= _WHOLE:
        yield from _read_whole(found, kept)
        return
    feed = _Feed(chain(_give(kept), found.pieces), found.skip, found.table.end)
    options = found.table.options(_BLOCK)
    with arrow_csv.open_csv(pa.PythonFile(feed, mode="r"), **options) as reader:
        yield from found.table.finish(reader)


def _read_whole(found: _Document, pieces: Iterable[Any]) -> Iterator[pa.RecordBatch]:
    content = pa.py_buffer(b"".join([*pieces, found.table.end]))
    options = found.table.options(content.size, is_text=_is_text(content))
    read = arrow_csv.read_csv(pa.BufferReader(content.slice(found.skip)), **options)
    yield from found.table.finish(read.to_batches())


def _is_text(content: pa.Buffer) -> bool:
    """Tell whether all is UTF-8; to ask that of each cell takes several times as long."""
    ends = pa.py_buffer(array("i", [0, content.size]))
    with suppress(pa.ArrowInvalid):
        pa.StringArray.from_buffers(1, ends, content).validate(full=True)
        return True
    return False


def _take(pieces: Iterator[Any]) -> deque[Any]:
    """Take the pieces of a document, but not many more than are read at once."""
    taken: deque[Any] = deque()
    size = 0
    while size <= _WHOLE and (piece := next(pieces, None)) is not None:
        taken.append(piece)
        size += len(piece)
    return taken


def _give(taken: deque[Any]) -> Iterator[Any]:
    """Yield pieces and let go of them."""
    while taken:
        yield taken.popleft()


def _size(pieces: Iterable[Any]) -> int:
    return sum(map(len, pieces))


class _Feed:
    """A document as a file that Arrow reads: without its header, and with one more row."""

    closed = False

    def __init__(self, pieces: Iterable[Any], skip: int, end: bytes) -> None:
        self._pieces: Iterator[Any] = chain(pieces, [end])
        self._skip = skip
        self._rest = self._held = memoryview(b"")

    def read(self, size: int) -> bytes | memoryview:
        """Return the next bytes: a view where that can be."""
        parts = [self._held] if self._held else []
        size -= len(self._held)
        while size and self._fill():
            part, self._rest = self._rest[:size], self._rest[size:]
            parts.append(part)
            size -= len(part)
        # Between a carriage return and its line feed no block may end: Arrow drops the line feed
        # that the next one begins with, also inside quotes.
        self._held = memoryview(b"")
        if parts and bytes(parts[-1][-1:]) == b"\r":
            parts[-1], self._held = parts[-1][:-1], parts[-1][-1:]
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        """Let go of the document."""
        self.closed, self._pieces = True, iter(())
        self._rest = self._held = memoryview(b"")

    def _fill(self) -> bool:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return False
            self._rest = memoryview(piece)[self._skip :]
            self._skip = max(0, self._skip - len(piece))
        return True
