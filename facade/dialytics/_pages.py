"""Pure paging: how each style asks for the next page, when it ends, and what a loop looks like."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Generic, NamedTuple, Protocol, TypeVar

from attrs import Factory, field, frozen

from ._bookmarks import Bookmark
from .errors import PaginationLoop

if TYPE_CHECKING:
    from ._body import Body
    from ._checkpoints import Checkpoint
    from ._windows import Window

T_co = TypeVar("T_co", covariant=True)

MOST_PAGES = 100_000


@frozen(eq=False)
class Page(Generic[T_co]):
    """The rows of one response.

    Attributes:
        rows: The rows in the vendor's order, without those that repeat across a seam.
        window: The date window that the page belongs to; ``None`` where a listing has none.
        number: The page's number within its window, from 0.
        checkpoint: Where to resume once this page's rows are safe.
    """

    rows: tuple[T_co, ...] = field(repr=False)
    window: Window | None
    number: int
    checkpoint: Checkpoint = field(repr=False)

    def __iter__(self) -> Iterator[T_co]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


@frozen(eq=False)
class RawPage:
    """One response as it came, for those who read it themselves: nothing has been dropped.

    By limit and offset each begins with the last row of the one before, and so does the first one
    after a resume, where ``skip`` is 0. After the list has moved (``stats.drifts``) responses from
    its start on come again, as far as they have new rows.

    Attributes:
        window: The date window that the page belongs to; ``None`` where a listing has none.
        number: The page's number within its window, from 0.
        skip: How many of its rows were handed out before the listing was resumed; usually 0.
        checkpoint: Where to resume once this page is safe.
    """

    _body: Body = field(repr=False)
    window: Window | None
    number: int
    skip: int
    checkpoint: Checkpoint = field(repr=False)

    @property
    def content(self) -> bytes:
        """The whole of it, unpacked."""
        return self._body.read()

    def pieces(self) -> Iterator[bytes]:
        """Yield it piece by piece, unpacked; a large one is never in memory as a whole."""
        return self._body.pieces()

    def __len__(self) -> int:
        """Bytes as they came, packed if they were."""
        return self._body.size


class PageReply(NamedTuple):
    """What a response says about paging; of its lists of items it is counted what they hold."""

    status: int
    headers: Mapping[str, str]
    envelope: Mapping[str, object]
    counts: Sequence[int] = ()


class Paging(Protocol):
    """One style of paging. Parameters and fields are named as on the wire."""

    def query(self, cursor: str | None, size: int | None) -> Mapping[str, str]:
        """Return the query parameters of the page at a cursor (``None``: the first)."""
        ...

    def next_cursor(self, cursor: str | None, reply: PageReply) -> str | None:
        """Return the next page's cursor, or ``None`` at the end."""
        ...

    @property
    def fields(self) -> Sequence[str]:
        """The fields of a response's body that it reads."""
        ...

    by_offset: ClassVar[bool]
    """Whether pages are counted out, so that a list that moves shifts its rows between them."""


@frozen(eq=False)
class HeaderToken:
    """A token in a response header; ends without one, or at a status that says so."""

    parameter: str
    header: str
    fixed: Mapping[str, str] = Factory(dict)
    end_status: int | None = None
    by_offset: ClassVar[bool] = False

    @property
    def fields(self) -> Sequence[str]:
        return ()

    def query(self, cursor: str | None, size: int | None) -> Mapping[str, str]:
        return self.fixed if cursor is None else {**self.fixed, self.parameter: cursor}

    def next_cursor(self, cursor: str | None, reply: PageReply) -> str | None:
        if reply.status == self.end_status:
            return None
        return reply.headers.get(self.header.lower()) or None


@frozen(eq=False)
class PageToken:
    """A token in the body; an empty page with a token goes on."""

    parameter: str
    field: str
    size_parameter: str
    by_offset: ClassVar[bool] = False

    @property
    def fields(self) -> Sequence[str]:
        return (self.field,)

    def query(self, cursor: str | None, size: int | None) -> Mapping[str, str]:
        sized = {} if size is None else {self.size_parameter: str(size)}
        return sized if cursor is None else {**sized, self.parameter: cursor}

    def next_cursor(self, cursor: str | None, reply: PageReply) -> str | None:
        return _text(reply.envelope.get(self.field))


@frozen(eq=False)
class Cursors:
    """Cursors before or after which items are asked for; ends when the flag is off or absent."""

    parameter: str
    size_parameter: str
    info: str
    cursor_field: str
    more_field: str
    default_size: int | None = None
    by_offset: ClassVar[bool] = False

    @property
    def fields(self) -> Sequence[str]:
        return (self.info,)

    def query(self, cursor: str | None, size: int | None) -> Mapping[str, str]:
        size = self.default_size if size is None else size
        sized = {} if size is None else {self.size_parameter: str(size)}
        return sized if cursor is None else {**sized, self.parameter: cursor}

    def next_cursor(self, cursor: str | None, reply: PageReply) -> str | None:
        info = reply.envelope.get(self.info)
        if not isinstance(info, Mapping) or info.get(self.more_field) not in (True, "true"):
            return None
        following = _text(info.get(self.cursor_field))
        if following is None:
            raise PaginationLoop(
                f"the response says {self.more_field} but its {self.info} has no "
                f"{self.cursor_field} to go on with"
            )
        return following


@frozen(eq=False)
class OnePage:
    """A listing that comes whole, in one response."""

    by_offset: ClassVar[bool] = False

    @property
    def fields(self) -> Sequence[str]:
        return ()

    def query(self, cursor: str | None, size: int | None) -> Mapping[str, str]:
        return {}

    def next_cursor(self, cursor: str | None, reply: PageReply) -> str | None:
        return None


@frozen(eq=False)
class LimitOffset:
    """Limit and offset; a page begins with the last row of the one before.

    Cursors are texts of bookmarks.
    """

    limit_parameter: str
    offset_parameter: str
    most: int
    by_offset: ClassVar[bool] = True

    @property
    def fields(self) -> Sequence[str]:
        return ()

    def limit(self, page: Bookmark, size: int | None) -> int:
        """Return how many rows are asked for."""
        return min(self.most, page.limit(size or self.most))

    def query(self, cursor: str | None, size: int | None) -> Mapping[str, str]:
        page = Bookmark.parse(cursor)
        limit = self.limit(page, size)
        return {self.limit_parameter: str(limit), self.offset_parameter: str(page.offset)}

    def next_cursor(self, cursor: str | None, reply: PageReply) -> str | None:
        """Return the next page's cursor; a short page may be a cap, so only an empty one ends."""
        longest = max(reply.counts, default=0)
        if not longest:
            return None
        return Bookmark(Bookmark.parse(cursor).offset + longest - 1, len(reply.counts)).text


class Trail:
    """The cursors met in one window: what tells a loop from progress."""

    def __init__(self, most: int = MOST_PAGES) -> None:
        self._most = most
        self._cursors: set[bytes] = set()

    def follow(self, cursor: str | None) -> None:
        """Refuse a cursor that was followed before, and more of them than any window has."""
        if cursor is None:
            return
        # Tokens may be long, and a window may have thousands: their digests do.
        digest = _digest(cursor.encode())
        if digest in self._cursors:
            raise PaginationLoop(
                "the vendor gave the same continuation twice in one window; following it would "
                "never end"
            )
        if len(self._cursors) >= self._most:
            raise PaginationLoop(
                f"a window has more than {self._most:,} pages; if it really has, ask for a shorter "
                "range"
            )
        self._cursors.add(digest)

    def knows(self, cursor: str) -> bool:
        """Tell whether a cursor was followed before."""
        return _digest(cursor.encode()) in self._cursors


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()


def _text(value: object) -> str | None:
    """Return a token as text; absent, null and empty all mean there is none."""
    if isinstance(value, bool) or value is None:
        return None
    return str(value) or None
