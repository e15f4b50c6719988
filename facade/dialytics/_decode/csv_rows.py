"""CSV responses, read as a stream of bytes."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice
from typing import TypeAlias

from ..errors import IncompleteBody, InvalidResponse
from .csv_header import allow_long_fields, read_names, unreadable
from .csv_layout import BulkReader, Layout
from .csv_table import is_wider
from .csv_text import Lines, new_scan, unquote
from .values import Cells, R, Reject

Skip: TypeAlias = Callable[[int], None]

# Few enough to stay in the processor's cache.
_BATCH = 128
_BATCH_BYTES = 1 << 17
# Of rows that are not read whole, more fit in.
_SCANNED_BATCH = 256
_SCANNED_TEXT = 1 << 18
# How long a row may be, or what looks like one, to be read quickly.
_LONGEST_ROW = 1 << 18


def read_csv(
    pieces: Iterable[bytes],
    row_class: type[R],
    wanted: Collection[str] | None = None,
    reject: Reject | None = None,
    *,
    skip: Skip | None = None,
    kept: Collection[str] = (),
) -> Iterator[list[R]]:
    """Yield the rows of a CSV document, many at a time.

    Columns are matched without regard to case and to what stands between words; those that the row
    class does not know go to ``extra``. A row class without columns takes any header. The delimiter
    is taken from the header line; one behind the last cell of each row does no harm. Where
    attributes are wanted, only they and the required ones are read. A row that is not what was
    promised is given to ``reject`` after the rows before it, if there is one. Blank lines count
    as rows do; ``skip`` is told where they are. The values of the attributes to be kept stay
    beside the rows.

    Raises:
        IncompleteBody: The document ends in the middle of a row.
        InvalidResponse: A row or the header is not what was promised; the rows before it have come.
    """
    allow_long_fields()
    lines = Lines(pieces)
    texts = iter(lines)
    found = read_names(lines, texts)
    if found is None:
        return
    names, delimiter = found
    layout = Layout.of(names, row_class, wanted)
    read_bulk, first = layout.bulk_reader(kept), 0
    for rows in _read_quickly(lines, layout, delimiter, read_bulk):
        yield rows
        first += len(rows)
    yield from _read_carefully(
        lines, layout, delimiter, read_bulk, first=first, reject=reject, skip=skip
    )


def _read_quickly(
    lines: Lines, layout: Layout[R], delimiter: str, read_bulk: BulkReader[R] | None
) -> Iterator[list[R]]:
    """Yield rows until one needs more care; that and what follows is given back."""
    places = layout.places
    # Of many cells csv makes texts faster; and in a single column an empty line may be a row.
    if read_bulk is None or len(places) * 2 > layout.width or layout.width == 1:
        return
    scan = new_scan(delimiter, layout.width, places)

    def read_scanned() -> list[R] | None:
        columns = map(unquote, zip(*cells, strict=True))
        return read_bulk(dict(zip(places, columns, strict=False)), len(cells))

    cells: list[tuple[str, ...]] = []
    blocks: list[bytes] = []
    rest, held = "", 0
    while more := lines.take():
        try:
            text = rest + more.decode()
        except UnicodeDecodeError:
            lines.give_back(more)
            break
        blocks.append(more)
        held += len(more)
        found, rest = scan(text)
        cells += found
        if len(cells) >= _SCANNED_BATCH or (cells and held >= _SCANNED_TEXT):
            if (rows := read_scanned()) is None:
                break
            yield rows
            cells, blocks, held = [], [rest.encode()], 0
        if len(rest) > _LONGEST_ROW:
            break
    if rows := read_scanned():
        yield rows
        blocks = [rest.encode()]
    lines.give_back(b"".join(blocks))


def _read_carefully(
    lines: Lines,
    layout: Layout[R],
    delimiter: str,
    read_bulk: BulkReader[R] | None,
    *,
    first: int,
    reject: Reject | None,
    skip: Skip | None,
) -> Iterator[list[R]]:
    """Yield rows as csv reads them, the first of which has a position."""
    width = layout.width
    found = csv.reader(iter(lines), delimiter=delimiter)
    reader = chain.from_iterable(_drop_ends(found, width))
    read_row = layout.row_reader()
    for batch, failure in _batches(reader, lines, width):
        whole = batch[:-1] if lines.ended and batch and not batch[-1] else batch
        cells = None if lines.ended and whole is batch else _transpose(whole, width)
        rows = None if read_bulk is None or cells is None else read_bulk(cells, len(whole))
        if rows is None:
            yield from _read_each(
                batch, first, width, read_row, reject=reject, skip=skip, lines=lines
            )
        elif rows:
            yield rows
        first += len(batch)
        if failure is not None:
            raise failure


def _transpose(rows: Sequence[Sequence[str]], width: int) -> dict[int, Cells] | None:
    """Return the cells by their place, if all rows have so many."""
    if not rows or len(rows[0]) != width:
        return None
    with suppress(ValueError):
        return dict(enumerate(zip(*rows, strict=True)))
    return None


def _drop_ends(rows: Iterator[list[str]], width: int) -> Iterator[Iterable[list[str]]]:
    """Yield rows, some at a time, without the empty cell behind a last delimiter.

    All have one if the first has; a single one of that length has a delimiter too many.
    """
    for row in rows:
        wider = is_wider(row, width)
        yield [row[:-1] if wider else row]
        if row:
            yield (_drop_end(row, width) for row in rows) if wider else rows


def _drop_end(row: list[str], width: int) -> list[str]:
    if is_wider(row, width):
        return row[:-1]
    # One cell more marks it as ragged.
    return [*row, ""] if len(row) == width else row


def _batches(
    reader: Iterator[list[str]], lines: Lines, width: int
) -> Iterator[tuple[list[list[str]], InvalidResponse | None]]:
    """Yield lines' cells, many at a time, with what went wrong after them."""
    failure: InvalidResponse | None = None
    count, most = 0, 1
    while failure is None:
        batch: list[list[str]] = []
        try:
            # Keeps what was read before an error.
            batch.extend(islice(reader, most))
            # What follows a short line tells whether the document was cut there.
            while batch and len(batch[-1]) < width and len(batch) < most + _BATCH:
                batch.append(next(reader))
        except StopIteration:
            pass
        except (csv.Error, UnicodeDecodeError) as error:
            failure = unreadable(error)
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
    read: Callable[[Sequence[str], int], R],
    *,
    reject: Reject | None,
    skip: Skip | None,
    lines: Lines,
) -> Iterator[list[R]]:
    """Read line by line, so that what is wrong is named and nothing before it is lost."""
    rows: list[R] = []
    for position, cells in enumerate(batch, start=first):
        last = lines.ended and position == first + len(batch) - 1
        # Of a short line, the document's last, only the end's own empty one follows.
        is_open = lines.open and lines.ended and batch[position - first + 1 :] == [[]]
        blank = not cells and (last or width > 1)
        if blank or (len(cells) == 1 < width and not (last or is_open or cells[0].strip())):
            if skip is not None:
                skip(position)
            continue
        # The only cell of a row may be empty, and writers need not quote it.
        whole = cells or [""]
        try:
            if last or (len(whole) < width and is_open):
                raise IncompleteBody("the CSV ends in the middle of a row")
            if len(whole) != width:
                raise _ragged(position, width)
            rows.append(read(whole, position))
        except InvalidResponse as error:
            if rows:
                yield rows
                rows = []
            if reject is None or isinstance(error, IncompleteBody):
                raise
            reject(error, cells)
    if rows:
        yield rows


def _ragged(position: int, width: int) -> InvalidResponse:
    return InvalidResponse(
        f"row {position} does not have the header's {width} cells", position=position
    )
