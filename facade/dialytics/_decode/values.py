"""Single values: from what vendors send to what a row's attribute promises."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Protocol, TypeAlias, TypeVar

import msgspec

from ..errors import InvalidResponse

Cells: TypeAlias = Sequence[str]
Convert: TypeAlias = Callable[[Any], Any]
Reject: TypeAlias = Callable[[InvalidResponse, object], None]
"""What is given a row that cannot be read, and why."""


class Column(Protocol):
    """What the readers need to know of a column (see the generated ``Column``)."""

    @property
    def name(self) -> str: ...
    @property
    def attribute(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def required(self) -> bool: ...
    @property
    def repeated(self) -> bool: ...
    @property
    def gaps(self) -> bool: ...
    @property
    def record(self) -> Any: ...


class RowClass(Protocol):
    """What the readers need to know of a row class: its columns, its key, and what is dropped."""

    COLUMNS: ClassVar[Sequence[Any]]
    KEY: ClassVar[str | None]
    DROPPED: ClassVar[frozenset[str]]

    def __init__(self, *values: Any) -> None: ...


R = TypeVar("R", bound=RowClass)
N = TypeVar("N", int, float)


def to_text(value: object) -> str:
    """Text stays; other JSON values, which a later edition may send, become their JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def to_int(value: object) -> int:
    """An integer, also as text (gRPC gateways write int64 so) or as a whole float."""
    if isinstance(value, bool) or not isinstance(value, (int, str, float)):
        raise ValueError
    number = int(value)
    if isinstance(value, float) and number != value:
        raise ValueError
    return number


def to_float(value: object) -> float:
    """A number, also as text."""
    if isinstance(value, bool) or not isinstance(value, (int, str, float)):
        raise ValueError
    return float(value)


def to_bool(value: object) -> bool:
    """A truth value, also as the texts and numbers that stand for one."""
    if isinstance(value, bool):
        return value
    return _BOOLEANS[str(value).strip().lower()]


def to_timestamp(value: object) -> datetime:
    """An aware time; without an offset it is UTC (portal exports write 03/25/2026 09:30:22)."""
    if not isinstance(value, str):
        raise ValueError
    if len(value) > _LONGEST_ALIKE or value.endswith("z"):
        # As where many are read at once: digits beyond the sixth are rounded, and not cut off.
        with suppress(msgspec.ValidationError):
            return msgspec.convert((value,), _Timestamp).value
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = datetime.strptime(value, "%m/%d/%Y %H:%M:%S").replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def to_json(value: object) -> object:
    """Any JSON value, as it is."""
    return value


_MARKS = re.compile(r"[\s_-]+")
# Times without more than six digits are read alike by Python and by msgspec.
_LONGEST_ALIKE = len("2026-03-25T09:30:22.123456")
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
_SCALARS: Mapping[str, Convert] = {
    "text": to_text,
    "int64": to_int,
    "float64": to_float,
    "bool": to_bool,
    "timestamp": to_timestamp,
    "json": to_json,
}
_BOOLEAN_CELLS = {"True": True, "False": False, "true": True, "false": False, "": None}


# Of such classes, unlike other types, msgspec remembers how they are read.
class _Timestamp(msgspec.Struct, array_like=True):
    value: Annotated[datetime, msgspec.Meta(tz=True)]


class _Timestamps(msgspec.Struct, array_like=True):
    values: list[Annotated[datetime, msgspec.Meta(tz=True)] | None]


class _Integers(msgspec.Struct, array_like=True):
    values: list[int]


class _Floats(msgspec.Struct, array_like=True):
    values: list[float]


def _texts(cells: Cells) -> Sequence[str | None]:
    # CSV has no null: an empty cell is an absent value. Most columns are full, or all empty.
    if all(cells):
        return cells
    return [cell or None for cell in cells] if any(cells) else [None] * len(cells)


def _integers(cells: Cells) -> Sequence[int | None]:
    return _numbers(cells, int, _Integers, unlike=(".", "e", "E"))


def _floats(cells: Cells) -> Sequence[float | None]:
    return _numbers(cells, float, _Floats, unlike=("-0",))


def _numbers(cells: Cells, read: type[N], column: Any, unlike: Sequence[str]) -> Sequence[N | None]:
    if all(cells):
        text = "".join(cells)
        # Several times as fast; but it makes an integer of 1e3, and no negative zero.
        if not any(map(text.__contains__, unlike)):
            with suppress(msgspec.ValidationError):
                numbers: list[N] = msgspec.convert((cells,), column, strict=False).values
                return numbers
    return [read(cell) if cell else None for cell in cells]


def _booleans(cells: Cells) -> list[bool | None]:
    return list(map(_BOOLEAN_CELLS.__getitem__, cells))


def _timestamps(cells: Cells) -> list[datetime | None]:
    try:
        return msgspec.convert((_texts(cells),), _Timestamps).values
    except msgspec.ValidationError:
        # A ValueError only in later releases.
        raise ValueError from None


BULK: Mapping[str, Callable[[Cells], Iterable[Any]]] = {
    "text": _texts,
    "int64": _integers,
    "float64": _floats,
    "bool": _booleans,
    "timestamp": _timestamps,
    "json": _texts,
}
"""Readers of a CSV column's cells by its kind: what they refuse may still be read one by one."""


def converter(column: Column) -> Convert:
    """Return the function that reads a column's values, ``None`` aside."""
    item = record_reader(column.record) if column.kind == "record" else _SCALARS[column.kind]
    return _repeat(item, gaps=column.gaps) if column.repeated else item


def convert_value(column: Column, convert: Convert, value: object, position: int | None) -> Any:
    """Read one value; say where it stands, never what it is, when it cannot be read."""
    try:
        return convert(value)
    except InvalidResponse as error:
        # Of a record inside, which does not know where it stands.
        inner, told = error.column, error.message
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        inner, told = None, ""
    name, wrong = column.name, f"holds no {column.kind}"
    if inner is not None:
        name, wrong = f"{name}.{inner}", told.removeprefix(f"column {inner} ")
    raise InvalidResponse(f"{_row(position)}column {name} {wrong}", position=position, column=name)


def require(column: Column, position: int | None) -> InvalidResponse:
    """Return the error of a row that lacks what no row can lack."""
    return InvalidResponse(
        f"{_row(position)}column {column.name} is empty or missing",
        position=position,
        column=column.name,
    )


def record_reader(row_class: type[R], wanted: Collection[str] | None = None) -> Callable[..., R]:
    """Return a function that turns a JSON object (and its position in a page) into a row.

    Where attributes are wanted, only they and the required ones are read.
    """
    columns = tuple(
        (column, column.name if is_wanted(column, wanted) else None, converter(column))
        for column in row_class.COLUMNS
    )
    known = row_class.DROPPED.union(column.name for column in row_class.COLUMNS)

    def read(fields: object, position: int | None = None) -> R:
        if not isinstance(fields, Mapping):
            raise InvalidResponse(f"{_row(position)}not an object", position=position)
        values: list[Any] = []
        for column, name, convert in columns:
            value = None if name is None else fields.get(name)
            if value is None:
                if column.required:
                    raise require(column, position)
                values.append(None)
            else:
                values.append(convert_value(column, convert, value, position))
        extra = {}
        if wanted is None:
            extra = {name: value for name, value in fields.items() if name not in known}
        return row_class(*values, extra) if extra else row_class(*values)

    return read


def loose_reader(row_class: type[R], wanted: Collection[str] | None = None) -> Callable[..., R]:
    """Return a function that turns a JSON object into a row as a line of CSV would be.

    Fields are matched as columns are, without regard to case and underscores, and an empty text is
    absent. Of several fields that fit a column the exact one counts, else the first; the others go
    to ``extra``. For what is wanted, see ``record_reader``.
    """
    read = record_reader(row_class, wanted)
    columns = {fold(column.name): column.name for column in row_class.COLUMNS}

    def read_loosely(fields: object, position: int | None = None) -> R:
        if not isinstance(fields, Mapping):
            return read(fields, position)
        known: dict[str, Any] = {}
        extra: dict[str, Any] = {}
        for name, value in fields.items():
            column = columns.get(fold(name))
            if column is None or (column != name and (column in fields or column in known)):
                extra[name] = value
            else:
                known[column] = None if value == "" else value
        return read({**known, **extra}, position)

    return read_loosely


def is_wanted(column: Column, wanted: Collection[str] | None) -> bool:
    """Tell whether a column is read where only some attributes are wanted."""
    return wanted is None or column.required or column.attribute in wanted


@lru_cache(maxsize=4096)
def fold(name: str) -> str:
    """Return a column's name without what may differ between a vendor's editions."""
    return _MARKS.sub("", name).lower()


def _repeat(item: Convert, *, gaps: bool) -> Convert:
    def read(values: object) -> tuple[Any, ...]:
        if not isinstance(values, Sequence) or isinstance(values, str):
            raise ValueError
        if gaps:
            return tuple(None if value is None else item(value) for value in values)
        return tuple(item(value) for value in values if value is not None)

    return read


def _row(position: int | None) -> str:
    return "" if position is None else f"row {position}: "
