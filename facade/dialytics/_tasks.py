"""Running at once with tasks: the asynchronous half of what cannot be translated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    nullcontext,
    suppress,
)
from contextvars import copy_context
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ._http import end_after, new_scope
from .errors import ConfigurationError

if TYPE_CHECKING:
    from concurrent.futures import Executor

T = TypeVar("T")

AsyncLock = asyncio.Lock
AsyncSleep = Callable[[float], Awaitable[None]]
AsyncTry = Callable[[int], Awaitable[T]]
AsyncPrepare = Callable[[T], Awaitable[T]]
AsyncStraggler = asyncio.Task[None]

async_sleep: AsyncSleep = asyncio.sleep

# Nobody who waits is so late; what never waits is.
_LATENESS = 1.0


async def async_resolve(value: str | Awaitable[str]) -> str:
    """Return a text that may have to be awaited."""
    return await value if isinstance(value, Awaitable) else value


async def async_work(call: Callable[..., T], *arguments: Any) -> T:
    """Do what takes time, or may block, without stopping other tasks.

    A task that is cancelled meanwhile waits for its end, as what it works on is closed next.

    Raises:
        ConfigurationError: There is no thread that could do it.
    """
    return await _work_in(None, partial(call, *arguments))


async def _work_in(pool: Executor | None, call: Callable[[], T]) -> T:
    run, loop = copy_context().run, asyncio.get_running_loop()
    try:
        job = loop.run_in_executor(pool, run, call)
    except RuntimeError:
        raise ConfigurationError("the system starts no more threads") from None
    try:
        return await asyncio.shield(job)
    except asyncio.CancelledError:
        await _see_through(job)
        raise


async def _see_through(job: asyncio.Future[Any]) -> None:
    """Wait for the end of what must not be broken off, however often that is asked for."""
    if not job.done():
        # Whoever cancels by a scope asks at each turn of the loop.
        with new_scope(shield=True):
            while not job.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([job])
    # Nobody asks any more how it ended.
    if not job.cancelled():
        job.exception()


class AsyncWorkers:
    """A few threads that do what others would do, too: each takes memory that it does not return.

    Args:
        count: How many there are; they start when there is something to do.
    """

    def __init__(self, count: int) -> None:
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  # rarely needed

        self._pool = ThreadPoolExecutor(count, "dialytics")

    async def work(self, call: Callable[..., T], *arguments: Any) -> T:
        """Have something done, as ``async_work`` does."""
        return await _work_in(self._pool, partial(call, *arguments))

    def close(self) -> None:
        """Let the threads end, which have nothing left to do."""
        self._pool.shutdown(wait=False)


async def async_acquire(lock: AsyncLock, seconds: float) -> bool:
    """Wait so long for a lock; tell whether it was had."""
    if seconds == inf:
        return await lock.acquire()
    try:
        async with asyncio.timeout(seconds):
            return await lock.acquire()
    except TimeoutError:
        return False


def async_within(
    seconds: float, _sleep: AsyncSleep, _end: Callable[[], None]
) -> AbstractAsyncContextManager[object]:
    """Return a context manager that ends what is inside with ``TimeoutError`` when it is time.

    A task that nobody wants any more is cancelled.
    """
    return nullcontext() if seconds == inf else _ending(seconds)


@asynccontextmanager
async def _ending(seconds: float) -> AsyncGenerator[None]:
    with end_after(seconds):
        yield


def end_late(left: float) -> None:
    """Raise ``TimeoutError`` where what is inside of ``async_within`` is late, and has not ended.

    What waits for the next piece is ended there: from here it would leave generators behind, which
    then end in tasks of their own.
    """
    if left < -_LATENESS:
        raise TimeoutError


async def async_undivided(call: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Make a call that uses the HTTP client, which must be told by its own means to end.

    A task's cancellation would also break off what gives a connection back: it would count as used
    for ever.
    """
    scope, ended = new_scope(), asyncio.get_running_loop().create_future()

    def end(_: object = None) -> None:
        if not ended.done():
            ended.set_result(None)

    async def run() -> T:
        try:
            with scope:
                return await call()
            raise asyncio.CancelledError
        finally:
            # Sooner than the task itself would tell.
            end()

    task = asyncio.create_task(run())
    # One that is cancelled before it begins never comes to its end.
    task.add_done_callback(end)
    try:
        await ended
    except asyncio.CancelledError:
        scope.cancel()
        await _see_through(task)
        raise
    return task.result()


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
        # One that was read ahead may fail with nobody left to ask for it.
        self._task.add_done_callback(lambda task: task.cancelled() or task.exception())

    async def result(self) -> T:
        """Wait for the call and return what it gives."""
        return await self._task

    def cancel(self) -> None:
        """Ask the call to end, whatever it does."""
        self._task.cancel()

    async def join(self) -> None:
        """Wait until the call has ended; who is cancelled meanwhile waits all the same."""
        await _join([self._task])


async def async_stop_jobs(jobs: Sequence[AsyncJob[T]]) -> None:
    """End calls and wait until they have ended."""
    async with AsyncExitStack() as stack:
        for job in jobs:
            job.cancel()
            stack.push_async_callback(job.join)


async def _join(tasks: Sequence[asyncio.Task[Any]]) -> None:
    try:
        for task in tasks:
            # Where the loop has ended, all tasks have, and nothing can be waited for.
            if not task.done():
                await asyncio.wait([task])
    finally:
        for task in tasks:
            await _see_through(task)


class Crew:
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
        await _join(tasks)
        return []
