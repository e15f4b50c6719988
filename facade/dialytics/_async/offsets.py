"""Reading a list by limit and offset while others may change it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import partial
from itertools import chain, repeat
from typing import Any, Generic, TypeVar

from attrs import define, evolve, field

from .._listings import Fetched, Held, Listing, Place
from .._offsets import Census, Leaf, digest_key
from .._pages import LimitOffset, Trail
from .._stats import Stats
from .._tasks import AsyncSleep
from ..errors import DialyticsError, PaginationLoop, PositionLost, UnstableListing
from .transport import AsyncTransport

R = TypeVar("R")

_MOST_RESTARTS = 3
_AGAIN = f"0{LimitOffset.moved}"


@define(eq=False)
class AsyncOffsetChain(Generic[R]):
    """The pages of a list in order, without the rows that were met before.

    Each page is asked for with the last row of the one before. Where another row is in its place,
    the list has moved: it is read from its start again, without the rows that are known by then.
    Of every row a digest of its key is kept.
    """

    transport: AsyncTransport
    listing: Listing[R]
    stats: Stats
    sleep: AsyncSleep
    _census: Census = field(factory=Census)
    _trail: Trail = field(init=False)
    _restarts: int = 0
    # Whether each round has ended in a page that it had before: in a short list it may by chance.
    _repeated: bool = True
    # The key of the row that a listing resumes behind; the rows before it are not known.
    _behind: bytes | None = None
    _handed: int = 0
    _searching: bool = False
    _passed: int = 0

    def __attrs_post_init__(self) -> None:
        self._trail = Trail(self.listing.operation.id)

    async def pages(self, place: Place) -> AsyncGenerator[Fetched[R]]:
        """Yield the pages from a place to the list's end.

        Raises:
            UnstableListing: The list has moved again and again.
            PaginationLoop: The vendor ignores the offset, or the list has no end.
            PositionLost: The row that the listing resumes behind is gone, or the list had moved
                before.
        """
        if place.resumed is not None and place.cursor and place.cursor.endswith(LimitOffset.moved):
            raise PositionLost(
                "the list had moved while it was read, and so the rows handed out are not those at "
                "its beginning; read it anew, and drop those that you have by their ids"
            )
        following: Place | None = place
        while following is not None:
            page = await self.transport.send(
                self.listing.request(following),
                self.listing.operation,
                partial(self.listing.read, following),
                self.sleep,
                self.stats,
            )
            leaf = self._leaf(page)
            if following is place and place.resumed is not None:
                stands = self._resume(leaf, place)
            else:
                stands = not self._census.has_moved(leaf)
            if not stands:
                following = self._start_again(page.place, leaf)
                continue
            cursor = self._next_cursor(page, leaf)
            fresh = self._new_rows(leaf, ended=cursor is None)
            if fresh is not None:
                yield self._strip(page, fresh, cursor)
            self._trail.follow(cursor)
            following = None if cursor is None else page.place.after(cursor)

    def _leaf(self, page: Fetched[R]) -> Leaf:
        name = self._key_name()
        items = page.held.items or []
        keys = [item.get(name) if isinstance(item, dict) else None for item in items]
        # What has no key is known by all that it holds.
        pairs = zip(keys, items, strict=True)
        digests = [digest_key(item if key is None else key) for key, item in pairs]
        offset, _ = LimitOffset.parse(page.place.cursor)
        return Leaf.of(offset, digests, page.held.counts)

    def _key_name(self) -> str | None:
        row_class: Any = self.listing.row_class
        key = self.listing.operation.key
        return next((one.name for one in row_class.COLUMNS if one.attribute == key), None)

    def _resume(self, leaf: Leaf, place: Place) -> bool:
        """Tell whether a list stands where it stood, as far as the row says that was last."""
        position = place.resumed
        if position is None or position.last_id is None:
            return True
        _, shared = LimitOffset.parse(place.cursor)
        self._behind, self._handed = digest_key(position.last_id), position.rows
        marks = chain(shared, repeat(None))
        heads = [one[:1] if met else () for one, met in zip(leaf.lists, marks, strict=False)]
        if position.skip:
            pairs = zip(heads, leaf.lists, strict=True)
            rest = [one for head, whole in pairs for one in whole[len(head) :]]
            stands = rest[position.skip - 1 : position.skip] == [self._behind]
        else:
            stands = not shared or (self._behind,) in heads
        if stands:
            self._census.follow(Leaf(leaf.offset, tuple(heads)))
        return stands

    def _next_cursor(self, page: Fetched[R], leaf: Leaf) -> str | None:
        """Return what to go on with; a list that ends early is asked once for what is behind."""
        if self._census.goes_on(leaf):
            return page.following
        _, shared = LimitOffset.parse(page.place.cursor)
        missing = max(0, (page.total or 0) - leaf.end)
        # A page of one row may be a cap, and has no room for more than what it shares.
        narrow = leaf.longest == 1 and (len(leaf) > 1 or self._census.widest == 1)
        if (missing or narrow) and (shared or page.place.cursor in {None, _AGAIN}):
            return LimitOffset.mark(str(leaf.end), page.place.cursor)
        self.stats.missing = missing
        return None

    def _new_rows(self, leaf: Leaf, *, ended: bool) -> list[int] | None:
        """Return the indexes of a page's new rows; ``None`` where all were handed out before."""
        if not self._restarts:
            self.stats.duplicates += self._census.count_astray(leaf)
        if not self._searching:
            return self._census.take(leaf)
        met = self._census.find(leaf)
        self._passed += self._census.count_new(leaf, len(leaf) if met is None else met + 1)
        if met is not None:
            self._searching = False
            if len(leaf.lists) > 1 and self._passed != self._handed:
                raise PositionLost(
                    "the list has changed, and where a response holds several lists, one row does "
                    "not tell which of the others were handed out; read it anew"
                )
            return [index for index in self._census.take(leaf) if index > met]
        if ended:
            raise PositionLost(
                "the list has changed, and the row that was last handed out is not in it any more; "
                "read it anew"
            )
        self._census.turn(leaf)
        return None

    def _start_again(self, place: Place, leaf: Leaf) -> Place:
        self._repeated = self._repeated and self._census.is_repeated(leaf)
        if self._restarts == _MOST_RESTARTS:
            raise _give_up(looping=self._repeated)
        self._restarts += 1
        self.stats.count_drift()
        self._census.begin()
        self._trail = Trail(self.listing.operation.id)
        if self._behind is not None:
            # What follows the row is what is still to come, in whatever order the list is now.
            self._census.note(self._behind)
            self._searching, self._passed = True, 0
        cursor = None if self._searching else _AGAIN
        return Place(place.partition, place.window, cursor, place.number + 1)

    def _strip(self, page: Fetched[R], fresh: list[int], cursor: str | None) -> Fetched[R]:
        items = page.held.items or []
        held = Held([items[index] for index in fresh])
        return evolve(page, following=cursor, held=held)


def _give_up(*, looping: bool) -> DialyticsError:
    if looping:
        return PaginationLoop(
            "a page with rows is identical to an earlier one, however often the list is read; the "
            "vendor seems to ignore the offset"
        )
    return UnstableListing(
        f"the list was changed while it was read, and again in {_MOST_RESTARTS} further rounds "
        "from its start"
    )
