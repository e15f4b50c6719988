"""Reading a list by limit and offset while others may change it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from attrs import define, evolve

from .._bookmarks import Bookmark
from .._listings import Fetched, Held, Listing, Place
from .._offsets import Leaf, digest_key
from .._stats import Stats
from .._tasks import AsyncSleep
from .._walks import Step, Walk
from .transport import AsyncTransport

if TYPE_CHECKING:
    from .._paging import LimitOffset

R = TypeVar("R")


@define(eq=False)
class AsyncOffsetChain(Generic[R]):
    """The pages of a list in order, without the rows that were met before.

    Of every row a digest of its key is kept. What is no row ends the listing where it may be that a
    page was spoilt, unless ``spares_rows``.
    """

    transport: AsyncTransport
    listing: Listing[R]
    stats: Stats
    sleep: AsyncSleep
    spares_rows: bool = False

    async def pages(self, place: Place) -> AsyncGenerator[Fetched[R]]:
        """Yield the pages from a place to the list's end.

        Raises:
            UnstableListing: The list has moved again and again, or nobody can see whether it has.
            PaginationLoop: The vendor ignores the offset, or the list has no end.
            PositionLost: The row that the listing resumes behind is gone, or the list had moved
                before.
            InvalidResponse: A page seems to be spoilt.
        """
        paging = cast("LimitOffset", self.listing.operation.paging)
        walk = Walk(self.stats, place.resumed, spares_rows=self.spares_rows)
        asked: Bookmark | None = walk.begin()
        number = place.number
        while asked is not None:
            here = Place(place.partition, place.window, asked.text, number)
            page = await self.transport.send(
                self.listing.request(here),
                self.listing.operation,
                partial(self.listing.read, here),
                self.sleep,
                self.stats,
            )
            limit = paging.limit(asked, self.listing.page_size)
            step = walk.step(self._leaf(asked, page), page.total, limit)
            if step.here is not None:
                yield _strip(page, step)
            asked, number = step.ahead, number + 1

    def _leaf(self, asked: Bookmark, page: Fetched[R]) -> Leaf:
        name = self._key_name()
        items, counts = page.held.items or [], page.held.counts
        places = [(each, asked.offset + at) for each, n in enumerate(counts) for at in range(n)]
        digests = [digest_key(_identify(*pair, name)) for pair in zip(items, places, strict=True)]
        spoilt = (index for index, item in enumerate(items) if not isinstance(item, dict))
        return Leaf.of(asked.offset, digests, counts, next(spoilt, None))

    def _key_name(self) -> str | None:
        row_class: Any = self.listing.row_class
        key = self.listing.operation.key
        return next((one.name for one in row_class.COLUMNS if one.attribute == key), None)


def _identify(item: object, place: tuple[int, int], name: str | None) -> object:
    """Return a row's key; without one all that it holds, and of what is no row its place."""
    if not isinstance(item, dict):
        return place
    key = item.get(name)
    return item if key is None else key


def _strip(page: Fetched[R], step: Step) -> Fetched[R]:
    items = page.held.items or []
    return evolve(
        page,
        place=evolve(page.place, cursor=None if step.here is None else step.here.text),
        following=None if step.behind is None else step.behind.text,
        held=Held([items[index] for index in step.fresh]),
    )
