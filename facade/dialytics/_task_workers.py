"""A bulk call's work with tasks: the asynchronous half of what cannot be translated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from ._tasks import AsyncSleep, Crew, async_sleep

if TYPE_CHECKING:
    from ._bulk import Line

T = TypeVar("T")
J = TypeVar("J")

AsyncItems: TypeAlias = Iterable[T] | AsyncIterable[T]
"""What a bulk call takes its records from."""
ASYNC_ITERABLES = (Iterable, AsyncIterable)


class AsyncWorkers(Crew, Generic[J, T]):
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
        self.changed = asyncio.Event()

    def add(self, job: J, key: object, size: int = 0) -> None:
        """Append a job to the line."""
        self._line.add(job, key, size)
        self._start(self._line.ready)

    def add_settled(self, result: T, size: int = 0) -> None:
        """Append a result that there is nothing to do for."""
        self._line.add_settled(result, size)

    @property
    def has_result(self) -> bool:
        """Whether there is something to take."""
        return self._line.head_is_settled or self._failure is not None

    async def take_result(self) -> T:
        """Wait for the oldest job's result and remove it from the line."""
        while not self.has_result:
            self.changed.clear()
            await self.changed.wait()
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
                self.changed.set()
            self._leave()
        except BaseException as error:
            self._failure = error
            self.changed.set()
            raise


async def async_iterate(items: AsyncItems[T]) -> AsyncGenerator[T]:
    """Yield the items of either kind of iterable; closing this leaves the iterable open."""
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item


class AsyncSource(Generic[T]):
    """What a bulk call takes its records from; it stays open when this is closed.

    An asynchronous iterable is read in one task of its own, an item at a time and only when one is
    wanted, so that results can be handed out while the next item is awaited.
    """

    def __init__(self, items: AsyncItems[T]) -> None:
        self._items = async_iterate(items)
        self._may_wait = isinstance(items, AsyncIterable)
        self._wanted = asyncio.Event()
        self._got: list[T] = []
        self._task: asyncio.Task[None] | None = None

    async def read(self, workers: AsyncWorkers[Any, Any]) -> list[T]:
        """Wait for the next item, or until the workers have a result: then return none.

        Raises:
            StopAsyncIteration: There is no next item.
        """
        if not self._may_wait:
            return [await anext(self._items)]
        if self._task is None:
            self._task = asyncio.create_task(self._run(workers.changed))
            self._task.add_done_callback(lambda _: workers.changed.set())
        if not self._got:
            self._wanted.set()
        while not (self._got or self._task.done() or workers.has_result):
            workers.changed.clear()
            await workers.changed.wait()
        if not self._got and self._task.done():
            self._task.result()
            raise StopAsyncIteration
        got, self._got = self._got, []
        return got

    async def aclose(self) -> None:
        """Stop waiting for the next item."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._items.aclose()

    async def _run(self, changed: asyncio.Event) -> None:
        await self._wanted.wait()
        async for item in self._items:
            self._wanted.clear()
            self._got.append(item)
            changed.set()
            await self._wanted.wait()
