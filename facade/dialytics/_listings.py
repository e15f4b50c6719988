"""Listings as plain values: what to ask for in each window, and what a response holds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, Generic, TypeVar

from attrs import field, frozen

from ._checkpoints import Partition
from ._declarations import Operation
from ._decode.csv_rows import read_csv
from ._decode.json_rows import decode_lists, decode_object, find_list
from ._decode.values import loose_reader, record_reader
from ._messages import Reply, Request
from ._pages import PageReply
from ._windows import Window, format_instant
from .errors import ArgumentError, InvalidResponse

R = TypeVar("R")

_CSV_TYPES = frozenset(
    {"", "text/csv", "text/plain", "application/csv", "application/octet-stream"}
)

_NO_CONTENT = 204

# JSON's objects take about this many times the bytes that they were written in (measured).
_OBJECTS_PER_BYTE = 4


@frozen
class Place:
    """One page to be read: its partition, the window asked for, its cursor and number."""

    partition: Partition
    window: Window | None
    cursor: str | None = None
    number: int = 0

    def rest(self) -> list[Place]:
        """Return what follows in the partition, where the window is a part of it."""
        whole = self.partition.window
        if whole is None or self.window is None or self.window.end == whole.end:
            return []
        return [Place(self.partition, Window(self.window.end, whole.end, whole.provisional))]


class Quirks:
    """What a client has learned of its vendor while running.

    Attributes:
        strict_span: The vendor refuses windows of exactly its limit.
    """

    def __init__(self) -> None:
        self.strict_span = False


@frozen(eq=False)
class Fetched(Generic[R]):
    """A page as it came: what paging needs is read, its rows are not yet.

    ``size`` is what it occupies: a CSV body stays packed, JSON has been unpacked and read.
    """

    place: Place
    following: str | None
    reply: Reply = field(repr=False)
    items: list[Any] | None = field(repr=False)
    total: int | None
    size: int = 0

    @property
    def count(self) -> int:
        """Items in the page, where that is known without reading the rows."""
        return len(self.items or ())


@frozen(eq=False)
class Listing(Generic[R]):
    """A listing to be read: plain values, so that windows can be read anywhere."""

    operation: Operation
    row_class: type[R]
    base: Request
    partitions: tuple[Partition, ...]
    page_size: int | None = None
    key_parameter: str | None = None
    expects: Callable[[R], bool] | None = None

    @property
    def asked_for(self) -> tuple[str, ...]:
        """The rows' attributes that the vendor fills only since this call asks for it."""
        parameter, attributes = self.operation.fills or ("", ())
        return attributes if self.base.query.get(parameter) == "true" else ()

    def request(self, place: Place) -> Request:
        """Return the request for a page."""
        query = dict(self._paging.query(place.cursor, self.page_size))
        query |= window_query(self.operation, place.window)
        if self.key_parameter is not None and place.partition.key is not None:
            query[self.key_parameter] = place.partition.key
        return self.base.with_query(query)

    def read(self, place: Place, reply: Reply) -> Fetched[R]:
        """Read what paging needs of a response."""
        items: list[Any] | None = None
        longest = 0
        envelope: dict[str, Any] = {}
        size = reply.body.size
        if self.operation.items is not None:
            content = reply.body.read()
            lists, envelope = self._read_lists(reply.status, content)
            items = list(chain.from_iterable(lists))
            # Whether a limit counts each list or all: going on by the longest skips nothing.
            longest = max(map(len, lists))
            size = _OBJECTS_PER_BYTE * len(content)
        elif reply.media_type not in _CSV_TYPES:
            raise InvalidResponse("the response is not the CSV that was asked for")
        facts = PageReply(reply.status, reply.headers, envelope, longest)
        following = self._paging.next_cursor(place.cursor, facts)
        total = envelope.get(self.operation.total or "")
        return Fetched(
            place,
            following,
            reply,
            items,
            int(total) if isinstance(total, (int, float)) else None,
            size,
        )

    def rows(self, page: Fetched[R]) -> Iterator[R]:
        """Yield the rows of a page."""
        if page.items is None:
            yield from read_csv(page.reply.body.pieces(), self.row_class)  # type: ignore[type-var]  # rows are generated
            return
        new_reader = record_reader if self.operation.items else loose_reader
        read = new_reader(self.row_class)  # type: ignore[type-var]  # rows are generated
        for position, item in enumerate(page.items):
            yield read(item, position)

    def _read_lists(self, status: int, content: bytes) -> tuple[list[list[Any]], dict[str, Any]]:
        named, required = self.operation.items, self.operation.items_required
        if not named:
            return [[] if status == _NO_CONTENT else find_list(content)], {}
        fields = (named,) if isinstance(named, str) else named
        lists, whole = decode_lists(content, fields, required=required)
        return lists, {name: value for name, value in whole.items() if name not in fields}

    @property
    def _paging(self) -> Any:
        return self.operation.paging


def window_query(operation: Operation, window: Window | None) -> dict[str, str]:
    """Return the query parameters that ask for a window."""
    rule, names = operation.window, operation.window_query
    if window is None or rule is None or names is None:
        return {}
    bounds = (window.start, window.end)
    return {
        name: format_instant(bound, rule.resolution)
        for name, bound in zip(names, bounds, strict=True)
    }


def read_row(row_class: type[R]) -> Callable[[Reply], R]:
    """Return a reader of responses that are one object."""
    read = record_reader(row_class)  # type: ignore[type-var]  # rows are generated
    return lambda reply: read(decode_object(reply.body.read()))


def read_nothing(_: Reply) -> None:
    """Read a response whose status says it all."""


def digest_arguments(operation: Operation, base: Request, *given: object) -> str:
    """Return a digest of a call's arguments, for checkpoints; it tells nothing of what they are."""
    how = (operation.id, repr(operation.paging), operation.accept)
    parts = (*how, base.path, sorted(base.query.items()))
    body = () if base.content is None else (base.content,)
    text = repr((*parts, [str(item) for item in given], *body))
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def check_page_size(size: int | None, operation: Operation) -> int | None:
    """Return the page size to ask for; the vendor's largest unless a smaller one is wanted."""
    return _check_count("page_size", size, operation.max_page_size) or operation.max_page_size


def check_count(name: str, value: int | None, default: int) -> int:
    """Return a positive whole number, or the default for ``None``."""
    return _check_count(name, value, None) or default


def _check_count(name: str, value: int | None, most: int | None) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ArgumentError(f"{name} must be a whole number, 1 or more; got {value!r}")
    if most is not None and value > most:
        raise ArgumentError(f"{name} must be at most {most}, the vendor's limit; got {value}")
    return value
