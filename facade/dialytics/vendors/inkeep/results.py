"""What queries, reports and exports give."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeAlias, TypeVar

from attrs import field, frozen

from ..._options import check_flag
from ...errors import InvalidResponse

# Here and below: what decodes is loaded with the first call, not with the client.
if TYPE_CHECKING:
    from dialytics_clients.rows import Column, Json

    from ..._messages import Reply
else:
    Json = Any  # as it is there

R = TypeVar("R")

QueryRow: TypeAlias = Mapping[str, Json]
"""A row of a query: what was selected, by the column's name."""

# The vendor gives so many values unless it is asked for another number.
_VALUES = 100


@frozen
class QueryResult(Generic[R]):
    """The rows that answer a query, iterable and countable.

    Attributes:
        rows: The rows, in the vendor's order.
        total: How many rows there are, as the vendor says; ``None`` where it does not.
        page_size: The most rows that a response holds; ``None`` where the vendor does not say.
        truncated: Whether rows are missing, or may be because the vendor does not say. Only ever
            true with ``allow_truncated``.
    """

    rows: tuple[R, ...] = field(repr=False)
    total: int | None
    page_size: int | None
    truncated: bool

    def __iter__(self) -> Iterator[R]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


class ExportRow(dict[str, str]):
    """A row of an export: text by the column's name, as it was sent; an empty cell is ``""``.

    Of columns with the same name, the second one's has ``_2`` behind it.
    """

    __slots__ = ()

    COLUMNS: ClassVar[tuple[Column, ...]] = ()
    KEY: ClassVar[str | None] = None
    DROPPED: ClassVar[frozenset[str]] = frozenset()

    @property
    def extra(self) -> Mapping[str, str]:
        """The columns that the spec does not know: all of them."""
        return self

    def __repr__(self) -> str:
        # The cells may be what people said.
        return f"{type(self).__name__}({len(self)} columns)"


def read_result(
    read_item: Callable[[Any, int], R], remedy: str, *, allow_truncated: bool
) -> Callable[[Reply], QueryResult[R]]:
    """Return a reader of results that refuses those that hold fewer rows than there are.

    Raises:
        ArgumentError: ``allow_truncated`` is no switch.
    """
    from ..._decode.json_rows import decode_object  # noqa: PLC0415

    check_flag("allow_truncated", allow_truncated)

    def read(reply: Reply) -> QueryResult[R]:
        data = decode_object(reply.body.read(), ["data"]).get("data")
        if not isinstance(data, Mapping) or not isinstance(data.get("result"), list):
            raise InvalidResponse("the response holds no result")
        rows = tuple(read_item(item, at) for at, item in enumerate(data["result"]))
        total, page_size = _whole(data.get("total")), _whole(data.get("pageSize"))
        most = max(total or 0, _whole(data.get("count")) or 0)
        truncated = _is_truncated(len(rows), most, total, page_size)
        if truncated and not allow_truncated:
            known = most if most > len(rows) else "an unknown number"
            raise InvalidResponse(
                f"the result is cut: {len(rows)} rows of {known} came; {remedy}, or pass "
                "allow_truncated=True to take what came"
            )
        return QueryResult(rows, total, page_size, truncated)

    return read


def read_query(export: str, *, allow_truncated: bool) -> Callable[[Reply], QueryResult[QueryRow]]:
    """Return a reader of a query's result; the export is what gives all rows."""
    remedy = f"use {export}() for all of them, or narrow where"
    return read_result(_read_mapping, remedy, allow_truncated=allow_truncated)


def read_report(row_class: type[R], *, allow_truncated: bool) -> Callable[[Reply], QueryResult[R]]:
    """Return a reader of a report on searches."""
    from ..._decode.values import record_reader  # noqa: PLC0415

    read_row = record_reader(row_class)  # type: ignore[type-var]  # rows are generated
    return read_result(read_row, "ask for less with after=", allow_truncated=allow_truncated)


def read_counts(row_class: type[R]) -> Callable[[Reply], tuple[R, ...]]:
    """Return a reader of how often something occurs."""
    from ..._decode.json_rows import decode_lists  # noqa: PLC0415
    from ..._decode.values import record_reader  # noqa: PLC0415

    read_row = record_reader(row_class)  # type: ignore[type-var]  # rows are generated

    def read(reply: Reply) -> tuple[R, ...]:
        (results,), _ = decode_lists(reply.body.read(), ["results"], required=True)
        return tuple(read_row(item, at) for at, item in enumerate(results))

    return read


def read_values(row_class: type[R], limit: int | None) -> Callable[[Reply], tuple[R, ...]]:
    """Return a reader of counts that refuses as many as the vendor gives unasked."""
    read_all = read_counts(row_class)

    def read(reply: Reply) -> tuple[R, ...]:
        counts = read_all(reply)
        if limit is None and len(counts) >= _VALUES:
            raise InvalidResponse(
                f"{len(counts)} values came, as many as the vendor gives unless it is asked for "
                "another number: there may be more; pass limit= as many as you want at most"
            )
        return counts

    return read


def read_deletion(reply: Reply) -> None:
    """Read what became of a deletion."""
    from ..._decode.json_rows import decode_object  # noqa: PLC0415

    if decode_object(reply.body.read()).get("success") is False:
        raise InvalidResponse("the vendor answered that it has not deleted it")


def _is_truncated(rows: int, most: int, total: int | None, page_size: int | None) -> bool:
    if most > rows or total == rows:
        return most > rows
    # A total below what came counts something else.
    return page_size is None or rows >= page_size


def _whole(value: object) -> int | None:
    from ..._decode.values import to_int  # noqa: PLC0415

    try:
        return to_int(value)
    except (ValueError, OverflowError):
        return None


def _read_mapping(item: object, position: int) -> QueryRow:
    if not isinstance(item, Mapping):
        raise InvalidResponse(f"row {position}: not an object", position=position)
    return item
