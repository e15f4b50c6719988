"""Running at once with threads: the synchronous half of what cannot be translated."""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable, Sequence
from contextlib import closing
from typing import Generic, TypeAlias, TypeVar

from ._ahead import Ahead, P, startable
from ._bulk import Line, Slot
from .errors import ArgumentError, ConfigurationError

T = TypeVar("T")
J = TypeVar("J")

_JOIN_SECONDS = 5.0

Lock = threading.Lock
Sleep = Callable[[float], None]
Try = Callable[[int], T]

Items: TypeAlias = Iterable[T]
"""What a bulk call takes its records from."""
ITERABLES = (Iterable,)

sleep: Sleep = time.sleep


def resolve(value: str | Awaitable[str]) -> str:
    """Return a text that must not have to be awaited."""
    if isinstance(value, Awaitable):
        if isinstance(value, Coroutine):
            value.close()
        raise ArgumentError("an async auth callable needs one of the Async... clients")
    return value


def iterate(items: Items[T]) -> Generator[T]:
    """Yield the items; closing this leaves the iterable open."""
    for item in items:  # noqa: UP028  # `yield from` would close it
        yield item


class Stopped(BaseException):
    """Raised in a thread when nobody wants its work any more."""


class _Crew:
    """Threads that end together."""

    def __init__(self) -> None:
        self._threads: set[threading.Thread] = set()
        self._changed = threading.Condition()
        self._stopped = threading.Event()

    def _spawn(self, run: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=run, args=arguments, daemon=True, name="dialytics")
        try:
            thread.start()
        except RuntimeError:
            raise ConfigurationError(
                "the system starts no more threads; ask for less concurrency"
            ) from None
        self._threads.add(thread)

    def _leave(self) -> None:
        self._threads.discard(threading.current_thread())

    def _sleep(self, seconds: float) -> None:
        if self._stopped.wait(seconds) if seconds else self._stopped.is_set():
            raise Stopped

    def stop(self) -> None:
        """End what still runs."""
        with self._changed:
            self._stopped.set()
            self._changed.notify_all()
            threads = list(self._threads)
        # A thread in the middle of a request ends with it; nobody should have to wait for that.
        give_up = time.monotonic() + _JOIN_SECONDS
        for thread in threads:
            thread.join(max(0.0, give_up - time.monotonic()))


class LookAhead(_Crew, Generic[J, P]):
    """Reads several jobs at once and hands out their pages in the order of the jobs.

    The twin of ``AsyncLookAhead``, which says how much is read ahead.
    """

    def __init__(
        self,
        jobs: Sequence[J],
        read: Callable[[J, Sleep], Generator[P]],
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
                with self._changed:
                    del self._ahead[head]
        finally:
            self.stop()

    def _next(self, ahead: Ahead[P]) -> P | None:
        with self._changed:
            self._changed.notify_all()
            self._changed.wait_for(lambda: ahead.pages or ahead.finished)
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
            self._ahead[index] = ahead = Ahead[P]()
            try:
                self._spawn(self._run, index, ahead)
            except ConfigurationError as error:
                ahead.error = error
                ahead.finished = True

    def _run(self, index: int, ahead: Ahead[P]) -> None:
        try:
            with closing(self._read(self._jobs[index], self._sleep)) as pages:
                for page in pages:
                    with self._changed:
                        ahead.pages.append(page)
                        self._held += page.size
                        self._changed.notify_all()
                        self._changed.wait_for(
                            lambda: (
                                self._held < self._budget
                                or (self._head == index and not ahead.pages)
                                or self._stopped.is_set()
                            )
                        )
                    self._sleep(0)
        except Stopped:
            pass
        except BaseException as error:  # noqa: BLE001  # handed to the consumer at its turn
            ahead.error = error
        with self._changed:
            ahead.finished = True
            self._leave()
            if not self._stopped.is_set():
                self._start_readers()
            self._changed.notify_all()


class Workers(_Crew, Generic[J, T]):
    """Work off a line, several jobs at once, also while nobody asks for results."""

    def __init__(self, line: Line[J, T], work: Callable[[J, Sleep], T], concurrency: int) -> None:
        super().__init__()
        self._line = line
        self._work = work
        self._concurrency = concurrency
        self._failure: BaseException | None = None

    def add(self, job: J, key: object) -> None:
        """Append a job to the line."""
        with self._changed:
            self._line.add(job, key)
            self._start(self._line.ready)

    def add_settled(self, result: T) -> None:
        """Append a result that there is nothing to do for."""
        with self._changed:
            self._line.add_settled(result)

    def take_result(self) -> T:
        """Wait for the oldest job's result and remove it from the line."""
        with self._changed:
            self._changed.wait_for(lambda: self._line.head_is_settled or self._failure)
            if self._failure is not None:
                raise self._failure
            return self._line.pop()

    def _start(self, count: int) -> None:
        most = 0 if self._stopped.is_set() else self._concurrency
        for _ in range(min(count, most - len(self._threads))):
            try:
                self._spawn(self._run)
            except ConfigurationError:
                # Fewer threads than asked for do the work too, but none does not.
                if not self._threads:
                    raise
                return

    def _run(self) -> None:
        try:
            while (slot := self._take()) is not None:
                result = self._work(slot.job, self._sleep)
                with self._changed:
                    self._line.settle(slot, result)
                    # One of those that may start now is for this worker itself.
                    self._start(self._line.ready - 1)
                    self._changed.notify_all()
        except Stopped:
            pass
        except BaseException as error:  # noqa: BLE001  # handed to the consumer
            with self._changed:
                self._failure = error
                self._changed.notify_all()

    def _take(self) -> Slot[J, T] | None:
        with self._changed:
            slot = None if self._stopped.is_set() else self._line.take()
            if slot is None:
                self._leave()
            return slot
