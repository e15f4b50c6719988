"""What cannot be translated between asynchronous and synchronous code, written in both forms."""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator, Sequence
from contextlib import aclosing, closing
from typing import Any, Generic, Protocol, TypeVar

from .errors import ArgumentError

T = TypeVar("T")
J = TypeVar("J")


class Sized(Protocol):
    """A page that is read ahead: what it occupies counts against the budget."""

    @property
    def size(self) -> int:
        """Bytes held in memory."""
        ...


P = TypeVar("P", bound=Sized)

_JOIN_SECONDS = 5.0

AsyncLock = asyncio.Lock
Lock = threading.Lock
AsyncSleep = Callable[[float], Awaitable[None]]
Sleep = Callable[[float], None]
AsyncTry = Callable[[int], Awaitable[T]]
Try = Callable[[int], T]

async_sleep: AsyncSleep = asyncio.sleep
sleep: Sleep = time.sleep


async def async_resolve(value: T | Awaitable[T]) -> T:
    """Return a value that may have to be awaited."""
    return await value if inspect.isawaitable(value) else value


def resolve(value: T | Awaitable[T]) -> T:
    """Return a value that must not have to be awaited."""
    if inspect.isawaitable(value):
        if isinstance(value, Coroutine):
            value.close()
        raise ArgumentError("an async auth callable needs one of the Async... clients")
    return value


class Stopped(BaseException):
    """Raised in a reader's thread when nobody wants its pages any more."""


class _Ahead(Generic[P]):
    """The pages of one job that have been read and not yet been handed out."""

    def __init__(self) -> None:
        self.pages: deque[P] = deque()
        self.error: BaseException | None = None
        self.finished = False


class AsyncLookAhead(Generic[J, P]):
    """Reads several jobs at once and hands out their pages in the order of the jobs.

    What is read ahead of the job being handed out stays within a budget of bytes (one page per
    running job over it, since a page's size is known once it is there); a slow consumer therefore
    slows the readers down.
    """

    def __init__(
        self,
        jobs: Sequence[J],
        read: Callable[[J, AsyncSleep], AsyncGenerator[P]],
        concurrency: int,
        budget: int,
    ) -> None:
        self._jobs = jobs
        self._read = read
        self._concurrency = concurrency
        self._budget = budget
        self._held = 0
        self._head = 0
        self._ahead: dict[int, _Ahead[P]] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._changed = asyncio.Condition()

    async def pages(self) -> AsyncGenerator[P]:
        """Yield all pages; closing the iterator stops the readers."""
        try:
            for self._head in range(len(self._jobs)):
                self._start_readers()
                ahead = self._ahead[self._head]
                while (page := await self._next(ahead)) is not None:
                    yield page
                del self._ahead[self._head]
        finally:
            await self._stop()

    async def _next(self, ahead: _Ahead[P]) -> P | None:
        async with self._changed:
            self._changed.notify_all()
            await self._changed.wait_for(lambda: ahead.pages or ahead.finished)
            if ahead.pages:
                page = ahead.pages.popleft()
                self._held -= page.size
                return page
        if ahead.error is not None:
            raise ahead.error
        return None

    def _start_readers(self) -> None:
        for index in _startable(
            self._head, len(self._jobs), self._ahead, self._concurrency, self._held < self._budget
        ):
            self._ahead[index] = _Ahead()
            self._tasks[index] = asyncio.create_task(self._run(index, self._ahead[index]))

    async def _run(self, index: int, ahead: _Ahead[P]) -> None:
        try:
            async with aclosing(self._read(self._jobs[index], async_sleep)) as pages:
                async for page in pages:
                    async with self._changed:
                        ahead.pages.append(page)
                        self._held += page.size
                        self._changed.notify_all()
                        await self._changed.wait_for(
                            lambda: self._head == index or self._held < self._budget
                        )
        except Exception as error:  # noqa: BLE001  # handed to the consumer at its turn
            ahead.error = error
        async with self._changed:
            ahead.finished = True
            del self._tasks[index]
            self._start_readers()
            self._changed.notify_all()

    async def _stop(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class LookAhead(Generic[J, P]):
    """The same with threads."""

    def __init__(
        self,
        jobs: Sequence[J],
        read: Callable[[J, Sleep], Generator[P]],
        concurrency: int,
        budget: int,
    ) -> None:
        self._jobs = jobs
        self._read = read
        self._concurrency = concurrency
        self._budget = budget
        self._held = 0
        self._head = 0
        self._ahead: dict[int, _Ahead[P]] = {}
        self._threads: dict[int, threading.Thread] = {}
        self._changed = threading.Condition()
        self._stopped = threading.Event()

    def pages(self) -> Generator[P]:
        """Yield all pages; closing the iterator stops the readers."""
        try:
            for head in range(len(self._jobs)):
                with self._changed:
                    self._head = head
                    self._start_readers()
                    ahead = self._ahead[head]
                while (page := self._next(ahead)) is not None:
                    yield page
                del self._ahead[head]
        finally:
            self._stop()

    def _next(self, ahead: _Ahead[P]) -> P | None:
        with self._changed:
            self._changed.notify_all()
            self._changed.wait_for(lambda: ahead.pages or ahead.finished)
            if ahead.pages:
                page = ahead.pages.popleft()
                self._held -= page.size
                return page
        if ahead.error is not None:
            raise ahead.error
        return None

    def _start_readers(self) -> None:
        for index in _startable(
            self._head, len(self._jobs), self._ahead, self._concurrency, self._held < self._budget
        ):
            self._ahead[index] = _Ahead()
            thread = threading.Thread(
                target=self._run, args=(index, self._ahead[index]), daemon=True, name="dialytics"
            )
            self._threads[index] = thread
            thread.start()

    def _run(self, index: int, ahead: _Ahead[P]) -> None:
        try:
            with closing(self._read(self._jobs[index], self._sleep)) as pages:
                for page in pages:
                    with self._changed:
                        ahead.pages.append(page)
                        self._held += page.size
                        self._changed.notify_all()
                        self._changed.wait_for(
                            lambda: (
                                self._head == index
                                or self._held < self._budget
                                or self._stopped.is_set()
                            )
                        )
                    self._sleep(0)
        except Stopped:
            pass
        except Exception as error:  # noqa: BLE001  # handed to the consumer at its turn
            ahead.error = error
        with self._changed:
            ahead.finished = True
            del self._threads[index]
            if not self._stopped.is_set():
                self._start_readers()
            self._changed.notify_all()

    def _sleep(self, seconds: float) -> None:
        if self._stopped.wait(seconds) if seconds else self._stopped.is_set():
            raise Stopped

    def _stop(self) -> None:
        with self._changed:
            self._stopped.set()
            self._changed.notify_all()
            threads = list(self._threads.values())
        # A thread in the middle of a request ends with it; nobody should have to wait for that.
        give_up = time.monotonic() + _JOIN_SECONDS
        for thread in threads:
            thread.join(max(0.0, give_up - time.monotonic()))


def _startable(
    head: int, count: int, ahead: dict[int, Any], concurrency: int, affordable: bool
) -> list[int]:
    """Return which jobs may start: the head always, others while running ones and budget allow."""
    running = sum(1 for index in ahead if not ahead[index].finished)
    following = max(ahead, default=head - 1) + 1
    free = concurrency - running if affordable else 0
    if following == head:
        free = max(free, 1)
    return list(range(following, min(count, following + max(free, 0))))
