"""Pages: those that are handed out, what a response says of them, and what a loop looks like."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from attrs import field, frozen

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
        key: The listing's key that was asked for, such as the culture; ``None`` where it has none.
        number: The page's number within its window, from 0.
        checkpoint: Where to resume once this page's rows are safe.
    """

    rows: tuple[T_co, ...] = field(repr=False)
    window: Window | None
    key: str | None
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
        key: The listing's key that was asked for, such as the culture; ``None`` where it has none.
        number: The page's number within its window, from 0.
        skip: How many of its rows were handed out before the listing was resumed; usually 0.
        checkpoint: Where to resume once this page is safe.
    """

    _body: Body = field(repr=False)
    window: Window | None
    key: str | None
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
