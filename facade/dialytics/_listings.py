"""Listings as plain values: what to ask for in each window, and what a response holds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from attrs import field, frozen

from ._checkpoints import Partition, Position
from ._declarations import Operation, window_query
from ._decode.csv_header import check_header, is_whole_header
from ._decode.csv_rows import read_csv
from ._decode.json_rows import (
    decode_lists,
    find_list,
    read_each,
    read_list,
    split_lists,
)
from ._decode.values import Reject, loose_reader, record_reader
from ._messages import Reply, Request
from ._options import check_limit
from ._pages import PageReply
from ._paging import HeaderToken
from ._windows import Window
from .errors import InvalidResponse

if TYPE_CHECKING:
    from pyarrow import RecordBatch

R = TypeVar("R")

_CSV_TYPES = frozenset(
    {
        "",
        "text/csv",
        "text/x-csv",
        "text/comma-separated-values",
        "text/plain",
        "application/csv",
        "application/x-csv",
        "application/vnd.ms-excel",
        "application/octet-stream",
    }
)

_NO_CONTENT = 204

# JSON's objects take about this many times the bytes that they were written in (measured).
_OBJECTS_PER_BYTE = 4


@frozen
class Place:
    """One page to be read: its partition, the window asked for, its cursor and number.

    ``again`` marks a window's first page that is read a second time, since the vendor did not
    accept the cursor of a later one; ``resumed`` tells where a page was left that a listing resumes
    with, or one of the next, where pages are smaller now.
    """

    partition: Partition
    window: Window | None
    cursor: str | None = None
    number: int = 0
    again: bool = False
    resumed: Position | None = None

    def after(self, cursor: str) -> Place:
        """Return the place of the next page of the window."""
        return Place(self.partition, self.window, cursor, self.number + 1)

    def rest(self) -> list[Place]:
        """Return what follows in the partition, where the window is a part of it."""
        whole = self.partition.window
        if whole is None or self.window is None or self.window.end == whole.end:
            return []
        return [Place(self.partition, Window(self.window.end, whole.end, whole.provisional))]


@frozen
class Held:
    """A page's items: read as JSON values, or as lists still to be read; for CSV neither.

    Items may come from several lists of the response: ``counts`` tells how many of each.
    """

    items: list[Any] | None = None
    lists: tuple[bytes, ...] | None = None
    counts: tuple[int, ...] = ()


@frozen(eq=False)
class Fetched(Generic[R]):
    """A page as it came: what paging needs is read, its rows are not yet."""

    place: Place
    following: str | None
    reply: Reply = field(repr=False)
    held: Held = field(repr=False)
    total: int | None
    # What it leads to was met before.
    loops: bool = False
    # All its rows, where they were read as soon as it had come; its body is gone then.
    batch: RecordBatch | None = field(default=None, repr=False)

    @property
    def is_csv(self) -> bool:
        """Whether its rows are still to be read from CSV."""
        return self.held.items is None and self.held.lists is None

    @property
    def size(self) -> int:
        """Bytes that it occupies, in memory or on disk."""
        size = self.reply.body.size
        if self.batch is not None:
            size += self.batch.get_total_buffer_size()
        if self.held.items is not None:
            return size + _OBJECTS_PER_BYTE * size
        return size + sum(map(len, self.held.lists or ()))


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
    columns: frozenset[str] | None = None
    divisible: bool = True
    asked: tuple[str, ...] = ()

    @property
    def asked_for(self) -> tuple[str, ...]:
        """The rows' attributes that the vendor fills only since this call asks for it."""
        parameter, attributes = self.operation.fills or ("", ())
        if self.base.query.get(parameter) != "true":
            return ()
        # Of attributes that are not all read nothing can be told.
        return attributes if self.columns is None or self.columns.issuperset(attributes) else ()

    @property
    def checks_rows(self) -> bool:
        """Whether each row is looked at, to see that the vendor has done what was asked for."""
        return self.expects is not None or bool(self.asked_for)

    def request(self, place: Place) -> Request:
        """Return the request for a page."""
        query = dict(self._paging.query(place.cursor, self.page_size))
        query |= window_query(self.operation, place.window)
        if self.key_parameter is not None and place.partition.key is not None:
            query[self.key_parameter] = place.partition.key
        return self.base.with_query(query)

    @property
    def by_offset(self) -> bool:
        """Whether pages are counted out, so that a list that moves shifts rows between them."""
        return bool(self._paging is not None and self._paging.by_offset)

    def token_in(self, status: int, headers: Mapping[str, str]) -> str | None:
        """Return the next page's cursor where a response's head tells it."""
        if not isinstance(self._paging, HeaderToken):
            return None
        return self._paging.next_cursor(None, PageReply(status, headers, {}))

    def read(self, place: Place, reply: Reply) -> Fetched[R]:
        """Read what paging needs of a response."""
        held = Held()
        envelope: Mapping[str, Any] = {}
        if self.operation.items is None:
            self._check_csv(reply)
        else:
            held, envelope = self._read_json(reply)
        facts = PageReply(reply.status, reply.headers, envelope, held.counts)
        following = self._paging.next_cursor(place.cursor, facts)
        total = envelope.get(self.operation.total or "")
        if isinstance(total, bool) or not isinstance(total, (int, float)):
            total = None
        number = None if total is None else int(total)
        return Fetched(place, following, reply, held, number)

    def rows(self, page: Fetched[R], reject: Reject | None = None) -> Iterator[list[R]]:
        """Yield the rows of a page, many at a time.

        What cannot be read is given to ``reject`` after the rows before it; without it, it raises.
        """
        row_class: Any = self.row_class
        if page.held.items is not None:
            new_reader = record_reader if self.operation.items else loose_reader
            yield from read_each(page.held.items, new_reader(row_class, self.columns), reject)
        elif page.held.lists is not None:
            for one in page.held.lists:
                yield from read_list(one, row_class, reject)
        else:
            looked_at = filter(None, (self.operation.key, self.operation.time))
            pieces = page.reply.body.pieces()
            yield from read_csv(pieces, row_class, self.columns, reject, kept=frozenset(looked_at))

    def keys(self, page: Fetched[R]) -> Iterator[Any]:
        """Yield what identifies the rows of a page; ``None`` where one cannot be read."""
        bad: list[None] = []
        for rows in self.rows(page, lambda *_: bad.append(None)):
            yield from bad
            bad.clear()
            for row in rows:
                yield getattr(row, self.operation.key or "", None)
        yield from bad

    def is_header(self, reply: Reply) -> bool:
        """Tell whether a response is the header of a CSV without rows, and surely all of it."""
        pieces = reply.body.pieces()
        return not reply.closed and is_whole_header(
            pieces, self.row_class, self.asked, spared=self._spared
        )

    def _check_csv(self, reply: Reply) -> None:
        row_class: Any = self.row_class
        if reply.media_type not in _CSV_TYPES:
            raise InvalidResponse("the response is not the CSV that was asked for")
        check_header(
            reply.body.pieces(),
            row_class,
            self.asked,
            spared=self._spared,
            labelled=reply.media_type != "text/plain",
            framed=not reply.closed,
        )

    def _read_json(self, reply: Reply) -> tuple[Held, Mapping[str, Any]]:
        """Return a page's items and the other fields of its object."""
        named, required = self.operation.items, self.operation.items_required
        content = reply.body.read()
        if not named:
            items = [] if reply.status == _NO_CONTENT else find_list(content)
            return Held(items), {}
        fields = (named,) if isinstance(named, str) else named
        known = (*self._paging.fields, *filter(None, [self.operation.total]))
        if not self.by_offset:
            parts, envelope = split_lists(content, fields, known, required=required)
            return Held(lists=tuple(parts)), envelope
        lists, whole = decode_lists(content, fields, known, required=required)
        others = {name: value for name, value in whole.items() if name not in fields}
        counts = tuple(map(len, lists))
        return Held([*chain.from_iterable(lists)], counts=counts), others

    @property
    def _spared(self) -> tuple[str, ...]:
        # What is filled only where a call asks for it may be left out.
        return () if self.asked_for or self.operation.fills is None else self.operation.fills[1]

    @property
    def _paging(self) -> Any:
        return self.operation.paging


def digest_arguments(operation: Operation, base: Request, *given: object) -> str:
    """Return a digest of a call's arguments, for checkpoints; it tells nothing of what they are."""
    how = (operation.id, repr(operation.paging), operation.accept)
    parts = (*how, base.path, sorted(base.query.items()))
    body = () if base.content is None else (base.content,)
    text = repr((*parts, [str(item) for item in given], *body))
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def check_page_size(size: int | None, operation: Operation) -> int | None:
    """Return the page size to ask for; the vendor's largest unless a smaller one is wanted."""
    return check_limit("page_size", size, operation.max_page_size) or operation.max_page_size
