"""Rows as Arrow record batches, of one schema per row class."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any, Final

import msgspec

from ._arrow import pa
from ._decode.values import Column, Reject
from .errors import InvalidResponse

TEXT: Final = pa.string()
UTC_TIME: Final = pa.timestamp("us", "UTC")
TYPES: Final[Mapping[str, Any]] = {
    "text": TEXT,
    "int64": pa.int64(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
    "timestamp": UTC_TIME,
}

_ALL: Final[Sequence[int]] = range(1 << 62)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_encode = msgspec.json.Encoder().encode


def arrow_schema(row_class: Any) -> pa.Schema:
    """Return the schema of a row class's record batches: the same whatever a response holds.

    One field per column of the spec, in its order, under the row's attribute; the vendor's own
    name is in the field's metadata (``vendor_name``). Times are microseconds in UTC. What has no
    flat type (free-form JSON, records, lists) is its JSON as text. ``extra`` comes last: the
    columns that the spec does not know, as a JSON object, or null.
    """
    return _new_schema(row_class)


@cache
def _new_schema(row_class: Any) -> pa.Schema:
    fields = [
        pa.field(
            column.attribute,
            TYPES[column.kind] if is_flat(column) else TEXT,
            nullable=not column.required,
            metadata={"vendor_name": column.name},
        )
        for column in row_class.COLUMNS
    ]
    return pa.schema([*fields, pa.field("extra", TEXT)])


def rows_to_batch(
    rows: Sequence[Any], row_class: Any, places: Sequence[int] = _ALL
) -> pa.RecordBatch:
    """Return rows, each of which has its place in the page, as one record batch.

    Raises:
        InvalidResponse: A value does not fit its column, such as an integer of more than 64 bits.
    """
    schema = arrow_schema(row_class)
    arrays = [
        _to_array(_values(rows, column), field.type, column.name, places)
        for column, field in zip(row_class.COLUMNS, schema, strict=False)
    ]
    extra = [to_json(row.extra) if row.extra else None for row in rows]
    return pa.RecordBatch.from_arrays(
        [*arrays, _to_array(extra, TEXT, "extra", places)], schema=schema
    )


def convert_rows(
    read: Callable[[Reject | None], Iterable[Sequence[Any]]],
    row_class: Any,
    reject: Reject | None = None,
    done: int = 0,
    blanks: Collection[int] = (),
) -> Iterator[pa.RecordBatch]:
    """Yield a page's rows as record batches, without the first ones that are done.

    ``read`` yields them, many at a time, and gives bad ones to what it is called with; it adds the
    places that are no rows to ``blanks`` as it meets them.
    """
    met = 0

    def count(error: InvalidResponse, row: object) -> None:
        nonlocal met
        met = (met if error.position is None else error.position) + 1
        if reject is not None:
            reject(error, row)

    for rows in filter(None, read(None if reject is None else count)):
        places: Sequence[int] = range(met, met + len(rows))
        if blanks:
            found = (place for place in _ALL[met:] if place not in blanks)
            places = [*islice(found, len(rows))]
        met = places[-1] + 1
        yield from rows_to_batches(rows[done:], row_class, reject, places[done:])
        done = max(0, done - len(rows))


def rows_to_batches(
    rows: Sequence[Any],
    row_class: Any,
    reject: Reject | None = None,
    places: Sequence[int] = _ALL,
) -> Iterator[pa.RecordBatch]:
    """Yield rows, each of which has its place in the page, as record batches.

    It is one, unless a value does not fit its column. Such a row is given to ``reject`` after the
    rows before it; without it, it raises.
    """
    while rows:
        try:
            yield rows_to_batch(rows, row_class, places)
        except InvalidResponse as error:
            at = places.index(error.position or 0)
            # Another row before it may not fit another column.
            yield from rows_to_batches(rows[:at], row_class, reject, places)
            if reject is None:
                raise
            reject(error, rows[at])
            rows, places = rows[at + 1 :], places[at + 1 :]
        else:
            return


def is_flat(column: Column) -> bool:
    """Tell whether a column's values have a type of their own, and are not JSON."""
    return column.kind in TYPES and not column.repeated


def to_number(moment: datetime) -> int:
    """Return what a time is in a column: microseconds.

    The first of Arrow's own scalars that is made imports pandas, where that is installed (40 MB).
    """
    return (moment - _EPOCH) // timedelta.resolution


def _values(rows: Sequence[Any], column: Any) -> list[Any]:
    # Where the attribute gives what a JSON text stands for, the slot has the text.
    values = [getattr(row, column.slot) for row in rows]
    if is_flat(column):
        return values
    if column.kind == "record":
        values = [_to_fields(value) for value in values]
    return [None if value is None else to_json(value) for value in values]


def _to_fields(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_to_fields(item) for item in value]
    return None if value is None else value.to_dict()


def to_json(value: object) -> str:
    """Return a value as JSON without spaces."""
    return _encode(value).decode()


def _to_array(values: list[Any], kind: pa.DataType, name: str, places: Sequence[int]) -> pa.Array:
    with suppress(ValueError, TypeError, OverflowError, pa.ArrowException):
        return pa.array(values, kind)
    # The places may go on.
    placed = zip(places, values, strict=False)
    position = next(place for place, value in placed if not _fits(value, kind))
    raise InvalidResponse(
        f"row {position}: column {name} holds a value that does not fit {kind}",
        position=position,
        column=name,
    )


def _fits(value: object, kind: pa.DataType) -> bool:
    with suppress(ValueError, TypeError, OverflowError, pa.ArrowException):
        return bool(pa.scalar(value, kind) is not None)
    return False
