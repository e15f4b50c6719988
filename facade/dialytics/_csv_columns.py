"""Columns that Arrow has read from CSV as texts, and what they become."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from ._arrow import functions, pa
from ._columnar import TEXT, TYPES, UTC_TIME, is_flat, to_json, to_number
from ._decode.values import Column
from .errors import DialyticsError

Convert = Callable[[pa.Array], pa.Array]

LOCAL_TIME: Final = pa.timestamp("us")
_YEAR_1: Final = to_number(datetime.min.replace(tzinfo=UTC))
_PORTAL: Final = r"^(\d\d)/(\d\d)/(\d{4}) (\d\d:\d\d:\d\d)$"


class DoubtError(DialyticsError):
    """Arrow and the row reader may differ; never leaves the reading of batches."""


def read_as(column: Column, time_type: pa.DataType) -> pa.DataType:
    """Return the type that Arrow is to read a column in."""
    if not is_flat(column) or column.kind == "int64":
        # Arrow would take 0x1F for a number.
        return TEXT
    return time_type if column.kind == "timestamp" else TYPES[column.kind]


def find_converter(column: Column) -> Convert | None:
    """Return what checks a column that was read, and makes of it what the schema has."""
    return _CONVERTERS.get(column.kind) if is_flat(column) else None


def join_columns(columns: Mapping[str, pa.Array]) -> pa.Array:
    """Return columns of texts as JSON objects."""
    parts: list[Any] = []
    for name, array in columns.items():
        parts += [f'{"," if parts else "{"}{to_json(name)}:"', _escape(array), '"']
    return functions.binary_join_element_wise(
        *parts, "}", "", null_handling="replace", null_replacement=""
    )


def _read_integers(array: pa.Array) -> pa.Array:
    data = array.buffers()[2]
    cells = b"" if data is None else data.to_pybytes()
    if b"x" in cells or b"X" in cells:
        raise DoubtError("a number is hexadecimal")
    return array.cast(TYPES["int64"])


def _check_floats(array: pa.Array) -> pa.Array:
    if functions.is_nan(array).true_count:
        raise DoubtError("Arrow takes nan(...) for not a number, too")
    return array


def _read_times(array: pa.Array) -> pa.Array:
    if array.type == TEXT:
        # Arrow's own reader of such forms makes 2 March of 02/30.
        array = functions.replace_substring_regex(array, _PORTAL, r"\3-\1-\2T\4").cast(LOCAL_TIME)
    array = array.view(UTC_TIME)
    first = functions.min(array).value
    if first is not None and first < _YEAR_1:
        raise DoubtError("no object is a time in the year 0")
    return array


_CONVERTERS: Final[Mapping[str, Convert]] = {
    "int64": _read_integers,
    "float64": _check_floats,
    "timestamp": _read_times,
}


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
