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
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from ._ahead import P, Shelf

if TYPE_CHECKING:
    from ._bulk import Line

T = TypeVar("T")
J = TypeVar("J")

AsyncLock = asyncio.Lock
AsyncSleep = Callable[[float], Awaitable[None]]
AsyncTry = Callable[[int], Awaitable[T]]
AsyncStraggler = asyncio.Task[None]

AsyncItems: TypeAlias = Iterable[T] | AsyncIterable[T]
"""What a bulk call takes its records from."""
ASYNC_ITERABLES = (Iterable, AsyncIterable)

async_sleep: AsyncSleep = asyncio.sleep


async def async_resolve(value: str | Awaitable[str]) -> str:
    """Return a text that may have to be awaited."""
    return await value if isinstance(value, Awaitable) else value


async def async_work(call: Callable[..., T], *arguments: Any) -> T:
    """Do what takes time, or may block, without stopping other tasks."""
    return await asyncio.to_thread(call, *arguments)


async def async_rest() -> None:
    """Let other tasks go on."""
    await asyncio.sleep(0)


async def async_outwait(stragglers: list[AsyncStraggler]) -> None:
    """Wait for nothing: tasks that were stopped have ended."""


class AsyncJob(Generic[T]):
    """A call that runs beside its caller."""

    def __init__(
        self, call: Callable[[AsyncSleep], Coroutine[Any, Any, T]], sleep: AsyncSleep
    ) -> None:
        self._task = asyncio.create_task(call(sleep))

    async def result(self) -> T:
        """Wait for the call and return what it gives."""
        return await self._task

    def cancel(self) -> None:
        """Ask the call to end, whatever it does."""
        self._task.cancel()

    async def stop(self) -> None:
        """End the call and wait until it has ended."""
        self.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


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

    async def stop(self) -> list[AsyncStraggler]:
        """End what still runs; return what does not end soon, which is nothing."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return []


class AsyncLookAhead(_Crew, Generic[J, P]):
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
