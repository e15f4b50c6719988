"""Reading one window: page after page, the next ones asked for before the former are there."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from functools import partial
from typing import Generic, TypeVar

from attrs import define, evolve, field

from .._listings import Fetched, Listing, Place
from .._pages import Trail
from .._stats import Stats
from .._tasks import AsyncJob, AsyncPrepare, AsyncSleep, async_stop_jobs
from .transport import AsyncTransport

R = TypeVar("R")


@define(eq=False)
class _Link(Generic[R]):
    """One page under way, and the place after it as soon as that is known."""

    place: Place
    job: AsyncJob[Fetched[R]] | None = None
    following: Place | None = None


@define(eq=False)
class AsyncChain(Generic[R]):
    """The pages of one window in order, up to ``depth`` of them under way.

    A token in a header is known before the body has come, any other when the page has been read.
    If a window's first page times out, it is tried again ``late`` times at most. ``prepare`` makes
    of each page what is yielded, while others are under way.
    """

    transport: AsyncTransport
    listing: Listing[R]
    stats: Stats
    sleep: AsyncSleep
    depth: int
    late: int | None = None
    prepare: AsyncPrepare[Fetched[R]] | None = None
    _trail: Trail = field(init=False)
    _links: deque[_Link[R]] = field(factory=deque)
    # Places become known where pages are read, which may be another thread.
    _lock: threading.RLock = field(factory=threading.RLock)

    def __attrs_post_init__(self) -> None:
        self._trail = Trail()

    async def pages(self, place: Place) -> AsyncGenerator[Fetched[R]]:
        """Yield the pages from a place to the window's end."""
        try:
            self._trail.follow(place.cursor)
            self._append(place)
            while self._links:
                link = self._links[0]
                job = link.job
                page = await (self._read(link, self.sleep) if job is None else job.result())
                await self._advance(page)
                cursor = page.following
                loops = cursor is not None and self._trail.knows(cursor)
                yield evolve(page, loops=True) if loops else page
                self._trail.follow(page.following)
        finally:
            await self._drop()

    async def _advance(self, page: Fetched[R]) -> None:
        """Go on to the next page; what was asked for ahead counts only if it is that one."""
        with self._lock:
            self._links.popleft()
            astray = bool(self._links) and self._links[0].place.cursor != page.following
        if astray:
            # The response was repeated, and now names another page than at first.
            await self._drop()
        with self._lock:
            if self._links:
                self._extend(self._links[-1])
            elif page.following is not None and not self._trail.knows(page.following):
                self._append(page.place.after(page.following))

    def _append(self, place: Place) -> None:
        link = _Link[R](place)
        self._links.append(link)
        if self.depth > 1:
            link.job = AsyncJob(partial(self._read, link), self.sleep)

    def _extend(self, last: _Link[R]) -> None:
        """Ask for the page after the last one, if it is known and not too far ahead."""
        if last.following is not None and len(self._links) < self.depth:
            self._append(last.following)

    def _announce(self, link: _Link[R], cursor: str | None) -> None:
        with self._lock:
            link.following = None
            under_way = {one.place.cursor for one in self._links}
            if cursor is not None and not (cursor in under_way or self._trail.knows(cursor)):
                link.following = link.place.after(cursor)
            if self._links and self._links[-1] is link:
                self._extend(link)

    async def _read(self, link: _Link[R], sleep: AsyncSleep) -> Fetched[R]:
        listing, place = self.listing, link.place

        def meet(status: int, headers: Mapping[str, str]) -> None:
            self._announce(link, listing.token_in(status, headers))

        page = await self.transport.send(
            listing.request(place),
            listing.operation,
            partial(listing.read, place),
            sleep,
            self.stats,
            meet=meet,
            late=self.late if place.cursor is None else None,
            sure=listing.is_header,
        )
        self._announce(link, page.following)
        return page if self.prepare is None else await self.prepare(page)

    async def _drop(self) -> None:
        with self._lock:
            jobs = [link.job for link in self._links if link.job is not None]
            self._links.clear()
        await async_stop_jobs(jobs)
