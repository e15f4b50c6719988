"""Running at once with tasks: the asynchronous half of what cannot be translated."""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    Sequence,
)
from contextlib import aclosing
from typing import Any, Generic, TypeAlias, TypeVar

from ._ahead import Ahead, P, startable
from ._bulk import Line

T = TypeVar("T")
J = TypeVar("J")

AsyncLock = asyncio.Lock
AsyncSleep = Callable[[float], Awaitable[None]]
AsyncTry = Callable[[int], Awaitable[T]]

AsyncItems: TypeAlias = Iterable[T] | AsyncIterable[T]
"""What a bulk call takes its records from."""
ASYNC_ITERABLES = (Iterable, AsyncIterable)

async_sleep: AsyncSleep = asyncio.sleep


async def async_resolve(value: str | Awaitable[str]) -> str:
    """Return a text that may have to be awaited."""
    return await value if isinstance(value, Awaitable) else value


async def async_iterate(items: AsyncItems[T]) -> AsyncGenerator[T]:
    """Yield the items of either kind of iterable; closing this leaves the iterable open."""
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item


class _Crew:
    """Tasks that end together."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.add(asyncio.create_task(work))

    def _leave(self) -> None:
        # Not in a callback of the task's: who asks next must not count a task that is ending.
        self._tasks -= {asyncio.current_task()}

    async def stop(self) -> None:
        """End what still runs."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class AsyncLookAhead(_Crew, Generic[J, P]):
    """Reads several jobs at once and hands out their pages in the order of the jobs.

    What has been read and not yet handed out stays within a budget of bytes (one page per running
    job over it, since a page's size is known once it is there); a slow consumer therefore slows
    the readers down.
    """

    def __init__(
        self,
        jobs: Sequence[J],
        read: Callable[[J, AsyncSleep], AsyncGenerator[P]],
        concurrency: int,
        budget: int,
    ) -> None:
        super().__init__()
        self._jobs = jobs
        self._read = read
        self._concurrency = concurrency
        self._budget = budget
        self._held = 0
        self._head = 0
        self._ahead: dict[int, Ahead[P]] = {}
        self._changed = asyncio.Condition()

    async def pages(self) -> AsyncGenerator[P]:
        """Yield all pages; closing the iterator stops the readers."""
        try:
            for head in range(len(self._jobs)):
                self._head = head
                self._start_readers()
                ahead = self._ahead[head]
                while (page := await self._next(ahead)) is not None:
                    yield page
                del self._ahead[head]
        finally:
            await self.stop()

    async def _next(self, ahead: Ahead[P]) -> P | None:
        async with self._changed:
            self._changed.notify_all()
            await self._changed.wait_for(lambda: ahead.pages or ahead.finished)
            if ahead.pages:
                page = ahead.pages.popleft()
                self._held -= page.size
                self._changed.notify_all()
                return page
        if ahead.error is not None:
            raise ahead.error
        return None

    def _start_readers(self) -> None:
        for index in startable(
            self._head,
            len(self._jobs),
            self._ahead,
            self._concurrency,
            affordable=self._held < self._budget,
        ):
            self._ahead[index] = Ahead()
            self._spawn(self._run(index, self._ahead[index]))

    async def _run(self, index: int, ahead: Ahead[P]) -> None:
        try:
            async with aclosing(self._read(self._jobs[index], async_sleep)) as pages:
                async for page in pages:
                    async with self._changed:
                        ahead.pages.append(page)
                        self._held += page.size
                        self._changed.notify_all()
                        await self._changed.wait_for(
                            lambda: (
                                self._held < self._budget
                                or (self._head == index and not ahead.pages)
                            )
                        )
        except Exception as error:  # noqa: BLE001  # handed to the consumer at its turn
            ahead.error = error
        async with self._changed:
            ahead.finished = True
            self._leave()
            self._start_readers()
            self._changed.notify_all()


class AsyncWorkers(_Crew, Generic[J, T]):
    """Work off a line, several jobs at once, also while nobody asks for results."""

    def __init__(
        self,
        line: Line[J, T],
        work: Callable[[J, AsyncSleep], Awaitable[T]],
        concurrency: int,
    ) -> None:
        super().__init__()
        self._line = line
        self._work = work
        self._concurrency = concurrency
        self._failure: BaseException | None = None
        self._changed = asyncio.Event()

    def add(self, job: J, key: object) -> None:
        """Append a job to the line."""
        self._line.add(job, key)
        self._start(self._line.ready)

    def add_settled(self, result: T) -> None:
        """Append a result that there is nothing to do for."""
        self._line.add_settled(result)

    async def take_result(self) -> T:
        """Wait for the oldest job's result and remove it from the line."""
        while not self._line.head_is_settled and self._failure is None:
            self._changed.clear()
            await self._changed.wait()
        if self._failure is not None:
            raise self._failure
        return self._line.pop()

    def _start(self, count: int) -> None:
        for _ in range(min(count, self._concurrency - len(self._tasks))):
            self._spawn(self._run())

    async def _run(self) -> None:
        try:
            while (slot := self._line.take()) is not None:
                self._line.settle(slot, await self._work(slot.job, async_sleep))
                # One of those that may start now is for this worker itself.
                self._start(self._line.ready - 1)
                self._changed.set()
            self._leave()
        except BaseException as error:
            self._failure = error
            self._changed.set()
            raise
