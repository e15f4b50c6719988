"""Reading a listing's windows, one after the other or several at once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from functools import partial
from typing import Generic, TypeVar

from attrs import define, evolve

from .._ahead import Shelf
from .._checkpoints import Checkpoint, Partition, Position
from .._listings import Fetched, Listing, Place, Quirks
from .._stats import Stats
from .._tasks import AsyncLookAhead, AsyncSleep, async_sleep
from .._windows import halve
from ..errors import BadRequest, UnknownProject
from .chain import AsyncChain
from .transport import AsyncTransport

R = TypeVar("R")

_LOOK_AHEAD_BYTES = 64 << 20


@define(eq=False)
class AsyncReader(Generic[R]):
    """Fetches the pages of a listing's partitions in order."""

    transport: AsyncTransport
    listing: Listing[R]
    quirks: Quirks
    stats: Stats
    concurrency: int
    depth: int
    ordered: bool

    async def read(self, start: Checkpoint) -> AsyncGenerator[Fetched[R]]:
        """Yield the pages of all partitions that are not finished, each from where it stands."""
        partitions = start.rest
        positions = {position.partition: position for position in start.positions}
        read_one = partial(self.read_partition, positions)
        if self.concurrency > 1 and len(partitions) > 1:
            shelf = Shelf[Fetched[R]](
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
    ) -> AsyncGenerator[Fetched[R]]:
        """Yield the pages of one partition, from its position if it has one."""
        place = Place(partition, partition.window)
        if (position := positions.get(partition.index)) is not None:
            window = position.window or partition.window
            place = Place(partition, window, position.cursor, position.page)
        pending, refused = [place, *place.rest()], False
        while pending:
            place = pending.pop(0)
            if self.quirks.strict_span and (halves := self._halve_longest(place)):
                pending[:0] = halves
                continue
            begun = False
            try:
                async with aclosing(self.read_window(place, sleep)) as pages:
                    async for page in pages:
                        begun = True
                        # Only now it is known that the length was what the vendor refused.
                        self.quirks.strict_span |= refused
                        yield page
            except BadRequest as error:
                halves = self._halve_longest(place)
                # Halves of a window that was begun would bring its first rows again.
                if begun or not halves or isinstance(error, UnknownProject):
                    raise
                refused = True
                pending[:0] = halves

    async def read_window(self, place: Place, sleep: AsyncSleep) -> AsyncGenerator[Fetched[R]]:
        """Yield the pages of one window, from a place in it to its end."""
        chain = AsyncChain(self.transport, self.listing, self.stats, sleep, self.depth)
        async with aclosing(chain.pages(place)) as pages:
            async for page in pages:
                yield page

    def _halve_longest(self, place: Place) -> list[Place]:
        """Cut a window that is as long as the vendor allows and has not been begun."""
        rule, window = self.listing.operation.window, place.window
        if rule is None or window is None or place.cursor or window.span != rule.max_span:
            return []
        return [evolve(place, window=half) for half in halve(window, rule) or ()]
