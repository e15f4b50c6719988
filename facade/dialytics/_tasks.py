"""Running at once with tasks: the asynchronous half of what cannot be translated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, Generic, TypeVar

from ._ahead import P, Shelf

T = TypeVar("T")
J = TypeVar("J")

AsyncLock = asyncio.Lock
AsyncSleep = Callable[[float], Awaitable[None]]
AsyncTry = Callable[[int], Awaitable[T]]

async_sleep: AsyncSleep = asyncio.sleep


async def async_resolve(value: str | Awaitable[str]) -> str:
    """Return a text that may have to be awaited."""
    return await value if isinstance(value, Awaitable) else value


class AsyncJob(Generic[T]):
    """A call that runs beside its caller."""

    def __init__(
        self, call: Callable[[AsyncSleep], Coroutine[Any, Any, T]], sleep: AsyncSleep
    ) -> None:
        self._task = asyncio.create_task(call(sleep))

    async def result(self) -> T:
        """Wait for the call and return what it gives."""
        return await self._task

    async def stop(self) -> None:
        """End the call, whatever it does."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


class AsyncLookAhead(Generic[J, P]):
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
        self._jobs = jobs
        self._read = read
        self._shelf = shelf
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._changed = asyncio.Condition()

    async def pages(self) -> AsyncGenerator[P]:
        """Yield all pages; closing the iterator stops the readers."""
        try:
            while (page := await self._next()) is not None:
                yield page
        finally:
            await self._stop()

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
            self._tasks[index] = asyncio.create_task(self._run(index))

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
            del self._tasks[index]
            self._start_readers()
            self._changed.notify_all()

    async def _stop(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
