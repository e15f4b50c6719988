"""Reading several jobs at once with tasks: the asynchronous half of what cannot be translated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from functools import partial
from typing import Generic, TypeVar

from ._ahead import P, Shelf
from ._closings import aclosing
from ._tasks import AsyncSleep, Crew, async_sleep

J = TypeVar("J")


class AsyncLookAhead(Crew, Generic[J, P]):
    """Reads several jobs at once and hands out their pages.

    What has been read and not yet handed out stays within a budget of bytes (one page per running
    job over it, since a page's size is known once it is there); a slow consumer therefore slows
    the readers down.
    """

    def __init__(
        self,
        jobs: Sequence[J],
        read: Callable[[J, AsyncSleep], AsyncGenerator[P]],
        shelf: Shelf[P],
    ) -> None:
        super().__init__()
        self._jobs = jobs
        self._read = read
        self._shelf = shelf
        self._changed = asyncio.Condition()

    async def pages(self) -> AsyncGenerator[P]:
        """Yield all pages; closing the iterator stops the readers."""
        try:
            while (page := await self._next()) is not None:
                yield page
        finally:
            await self.stop()

    async def _next(self) -> P | None:
        async with self._changed:
            while True:
                page = self._shelf.take()
                self._start_readers()
                self._changed.notify_all()
                if page is not None or self._shelf.done:
                    return page
                await self._changed.wait_for(self._shelf.ready)

    def _start_readers(self) -> None:
        for index in self._shelf.begin():
            self._spawn(self._run(index))

    async def _run(self, index: int) -> None:
        failure: BaseException | None = None
        try:
            async with aclosing(self._read(self._jobs[index], async_sleep)) as pages:
                async for page in pages:
                    async with self._changed:
                        self._shelf.put(index, page)
                        self._changed.notify_all()
                        await self._changed.wait_for(partial(self._shelf.has_room, index))
        except Exception as error:  # noqa: BLE001  # handed to the consumer at its turn
            failure = error
        async with self._changed:
            self._shelf.end(index, failure)
            self._leave()
            self._start_readers()
            self._changed.notify_all()
