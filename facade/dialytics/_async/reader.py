"""Reading a listing's windows, one after the other or several at once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from functools import partial
from typing import Generic, TypeVar

from attrs import define, field

from .._ahead import Shelf
from .._checkpoints import Checkpoint, Partition, Position
from .._closings import aclosing
from .._courses import Broken, Course, Lessons, is_final
from .._declarations import Quirks
from .._listings import Fetched, Listing, Place
from .._stats import Stats
from .._task_readers import AsyncLookAhead
from .._tasks import AsyncPrepare, AsyncSleep, async_sleep, async_work
from ..errors import DialyticsError
from .chain import AsyncChain
from .offsets import AsyncOffsetChain
from .transport import AsyncTransport

R = TypeVar("R")

_LOOK_AHEAD_BYTES = 96 << 20


@define(eq=False)
class AsyncReader(Generic[R]):
    """Fetches the pages of a listing's partitions in order.

    Attributes:
        tolerant: Whether other partitions go on where one fails for good.
        abandoned: Those that need not be read on, by index.
        prepare: What is done with each page as soon as it has come, while others are under way.
        spares_rows: Whether rows that cannot be read do not end the listing.
    """

    transport: AsyncTransport
    listing: Listing[R]
    quirks: Quirks
    stats: Stats
    concurrency: int
    depth: int
    ordered: bool
    tolerant: bool = False
    abandoned: set[int] = field(factory=set)
    prepare: AsyncPrepare[Fetched[R]] | None = None
    spares_rows: bool = False
    _lessons: Lessons = field(factory=Lessons)

    async def read(self, start: Checkpoint) -> AsyncGenerator[Fetched[R] | Broken]:
        """Yield the pages of all partitions that are not finished, each from where it stands."""
        partitions = start.rest
        positions = {position.partition: position for position in start.positions}
        read_one = partial(self.read_partition, positions)
        if self.concurrency > 1 and len(partitions) > 1:
            shelf = Shelf[Fetched[R] | Broken](
                len(partitions), self.concurrency, _LOOK_AHEAD_BYTES, self.ordered
            )
            async with aclosing(AsyncLookAhead(partitions, read_one, shelf).pages()) as pages:
                async for page in pages:
                    yield page
            return
        for partition in partitions:
            async with aclosing(read_one(partition, async_sleep)) as pages:
                async for page in pages:
                    yield page

    async def read_partition(
        self, positions: Mapping[int, Position], partition: Partition, sleep: AsyncSleep
    ) -> AsyncGenerator[Fetched[R] | Broken]:
        """Yield the pages of one partition, from its position if it has one.

        Where others go on without it, its failure is what comes last.
        """
        course = Course(
            self.listing,
            self.quirks,
            self._lessons,
            self.stats,
            partition,
            positions.get(partition.index),
        )
        failure: DialyticsError | None = None
        try:
            async with aclosing(self._follow(course, sleep)) as pages:
                async for page in pages:
                    if partition.index in self.abandoned:
                        return
                    yield page
        except DialyticsError as error:
            error.window, error.key = course.place.window, partition.key
            if not self.tolerant or is_final(error):
                raise
            failure = error
        if failure is not None:
            yield Broken(partition, failure)

    async def read_window(
        self, place: Place, sleep: AsyncSleep, late: int | None = None, *, prepares: bool = True
    ) -> AsyncGenerator[Fetched[R]]:
        """Yield the pages of one window, from a place in it to its end.

        If its first page times out, that is tried again ``late`` times at most. Pages whose rows
        are still to be searched are not prepared.
        """
        chain: AsyncChain[R] | AsyncOffsetChain[R]
        if self.listing.by_offset:
            chain = AsyncOffsetChain(
                self.transport, self.listing, self.stats, sleep, self.spares_rows
            )
        else:
            chain = AsyncChain(
                self.transport,
                self.listing,
                self.stats,
                sleep,
                self.depth,
                late,
                self.prepare if prepares else None,
            )
        async with aclosing(chain.pages(place)) as pages:
            async for page in pages:
                yield page

    async def _follow(self, course: Course, sleep: AsyncSleep) -> AsyncGenerator[Fetched[R]]:
        """Yield the pages of one partition, another way where one does not work."""
        while course.begin():
            window = self.read_window(
                course.place, sleep, course.late, prepares=not course.is_resuming
            )
            try:
                async with aclosing(window) as pages:
                    async for came in pages:
                        resumes = course.is_resuming
                        page = await async_work(course.locate, came) if resumes else came
                        if page is None:
                            break
                        course.advance(page)
                        yield page
            except DialyticsError as error:
                if not course.recover(error):
                    raise
