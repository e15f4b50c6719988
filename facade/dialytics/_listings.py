"""Listings as plain values: what to ask for in each window, and what a response holds."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from attrs import define, evolve, field, frozen

from ._checkpoints import Checkpoint, Partition, Position
from ._declarations import Operation
from ._decode.csv_rows import read_csv
from ._decode.json_rows import decode_list, decode_object
from ._decode.values import record_reader
from ._messages import Reply, Request
from ._pages import PageReply
from ._windows import Window, format_instant
from .errors import ArgumentError, InvalidResponse

R = TypeVar("R")

_CSV_TYPES = frozenset(
    {"", "text/csv", "text/plain", "application/csv", "application/octet-stream"}
)


@define
class Stats:
    """What an iteration has done so far.

    Attributes:
        partitions: Windows (times cultures) that were planned.
        partitions_done: How many of them are finished.
        provisional: How many of them touch now, so that rows may still be added.
        requests: Requests sent, retries included.
        retries: How many of them repeated a failed one.
        waited: Seconds waited before retries.
        pages: Responses read.
        rows: Rows handed out.
        duplicates: Rows dropped because they repeat across a seam of pages or windows.
        not_filtered: Rows that a filter should have excluded, so the vendor ignored it.
        clipped: Whether ``clip=True`` moved the start.
        total: How many items the vendor says there are; ``None`` where it does not say.
    """

    partitions: int = 0
    partitions_done: int = 0
    provisional: int = 0
    requests: int = 0
    retries: int = 0
    waited: float = 0.0
    pages: int = 0
    rows: int = 0
    duplicates: int = 0
    not_filtered: int = 0
    clipped: bool = False
    total: int | None = None
    _lock: threading.Lock = field(factory=threading.Lock, repr=False, eq=False, init=False)

    def count_request(self) -> None:
        """Count a request; readers of several windows do so at once."""
        with self._lock:
            self.requests += 1

    def count_retry(self, waited: float) -> None:
        """Count a retry and the wait before it."""
        with self._lock:
            self.retries += 1
            self.waited += waited

    def count_page(self, total: int | None) -> None:
        """Count a response and take over what it says about the listing."""
        self.pages += 1
        self.total = self.total if total is None else total

    def count_partitions(self, start: Checkpoint) -> None:
        """Take over the plan that an iteration starts with."""
        self.partitions = len(start.partitions)
        self.partitions_done = start.done
        self.provisional = sum(
            1 for partition in start.partitions if partition.window and partition.window.provisional
        )

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _STATS}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)
        self._lock = threading.Lock()


_STATS = tuple(name for name in Stats.__annotations__ if not name.startswith("_"))


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
    """A page as it came: what paging needs is read, its rows are not yet."""

    place: Place
    following: str | None
    reply: Reply = field(repr=False)
    items: list[Any] | None = field(repr=False)
    total: int | None

    @property
    def size(self) -> int:
        """Bytes held in memory."""
        return self.reply.body.size

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
        envelope: dict[str, Any] = {}
        if self.operation.items is not None:
            items, whole = decode_list(reply.body.read(), self.operation.items)
            envelope = {name: value for name, value in whole.items() if value is not items}
        elif reply.media_type not in _CSV_TYPES:
            raise InvalidResponse("the response is not the CSV that was asked for")
        facts = PageReply(reply.status, reply.headers, envelope, len(items or ()))
        following = self._paging.next_cursor(place.cursor, facts)
        total = envelope.get(self.operation.total or "")
        return Fetched(
            place,
            following,
            reply,
            items,
            int(total) if isinstance(total, (int, float)) else None,
        )

    def rows(self, page: Fetched[R]) -> Iterator[R]:
        """Yield the rows of a page."""
        if page.items is None:
            yield from read_csv(page.reply.body.pieces(), self.row_class)  # type: ignore[type-var]  # rows are generated
            return
        read = record_reader(self.row_class)  # type: ignore[type-var]  # rows are generated
        for position, item in enumerate(page.items):
            yield read(item, position)

    @property
    def _paging(self) -> Any:
        return self.operation.paging


class Standing:
    """How far a listing has been handed out: what checkpoints are taken of."""

    def __init__(self, done: int, resumed: Position | None) -> None:
        self.done = done
        self.place: Place | None = None
        self.skip = 0
        self.rows = 0
        self.last: Any = None
        self._resumed = resumed

    def enter(self, place: Place) -> int:
        """Begin a page; return how many of its rows were handed out before."""
        resumed, self._resumed = self._resumed, None
        if resumed is not None:
            self.rows, self.skip = resumed.rows, resumed.skip
        else:
            self.skip = 0
        self.place = place
        return self.skip

    def leave(self, page: Fetched[Any]) -> bool:
        """End a page; tell whether its partition ended with it."""
        place, self.skip = page.place, 0
        if page.following is not None:
            self.place = evolve(place, cursor=page.following, number=place.number + 1)
        elif rest := place.rest():
            self.place = rest[0]
        else:
            self.done, self.rows, self.place = place.partition.index + 1, 0, None
        return self.place is None

    def freeze(self, key: str | None) -> tuple[int, Position | None]:
        """Return how many partitions are done and the position in the next one."""
        place = self.place
        if place is None:
            return self.done, self._resumed
        last_id = None if key is None or self.last is None else getattr(self.last, key)
        window = None if place.window == place.partition.window else place.window
        return self.done, Position(
            place.partition.index,
            place.cursor,
            place.number,
            self.skip,
            self.rows,
            last_id,
            window,
        )


class Seam(Generic[R]):
    """Drops rows that repeat from one page or window to the next.

    Rows are known by their key. Remembered are those of the page before and those at the edges of
    this window and the one before, so memory stays that of a page, whatever the listing's length.
    """

    def __init__(self, operation: Operation, resumed: Position | None = None) -> None:
        self.operation = operation
        self._page: set[Any] = set()
        # Of what was handed out before a resume, the last row's key is all that is known.
        last_id = None if resumed is None else resumed.last_id
        self._page_before: set[Any] = set() if last_id is None else {last_id}
        self._edges: set[Any] = set()
        self._edges_before: set[Any] = set()
        self._window: Window | None = None

    def enter(self, place: Place) -> None:
        """Begin a page; an empty one keeps the memory of the one before."""
        if self._page:
            self._page_before, self._page = self._page, set()
        if place.window != self._window:
            self._window = place.window
            self._edges_before, self._edges = self._edges, set()

    def repeats(self, row: R) -> bool:
        """Tell whether the row was met at a seam; remember it if it stands at one."""
        if self.operation.key is None or (key := getattr(row, self.operation.key)) is None:
            return False
        self._page.add(key)
        if self._at_edge(row):
            self._edges.add(key)
            if key in self._edges_before:
                return True
        return key in self._page_before

    def _at_edge(self, row: R) -> bool:
        rule, window, name = self.operation.window, self._window, self.operation.time
        if rule is None or window is None or name is None:
            return False
        moment = getattr(row, name)
        if moment is None:
            return False
        near = rule.resolution
        return bool(moment < window.start + near or moment >= window.end - near)


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
    parts = (operation.id, repr(operation.paging), base.path, sorted(base.query.items()))
    text = repr((*parts, [str(item) for item in given]))
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
