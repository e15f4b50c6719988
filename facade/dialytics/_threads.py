"""Running at once with threads: the synchronous half of what cannot be translated."""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable, Sequence
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar
from weakref import WeakSet

from ._ahead import P, Shelf
from .errors import ArgumentError, ConfigurationError

if TYPE_CHECKING:
    from ._bulk import Line, Slot

T = TypeVar("T")
J = TypeVar("J")

_JOIN_SECONDS = 5.0

Lock = threading.Lock
Try = Callable[[int], T]
Straggler = threading.Thread

Items: TypeAlias = Iterable[T]
"""What a bulk call takes its records from."""
ITERABLES = (Iterable,)


class Stopped(BaseException):
    """Raised in a thread when nobody wants its results any more."""


class Sleep:
    """Sleeps until the time is over, or until it is stopped: then, and from then on, it raises."""

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._made: WeakSet[Sleep] = WeakSet()
        self._lock = threading.Lock()

    def __call__(self, seconds: float) -> None:
        if self._stopped.wait(seconds) if seconds else self._stopped.is_set():
            raise Stopped

    @property
    def stopped(self) -> bool:
        """Whether it refuses to go on."""
        return self._stopped.is_set()

    def make(self) -> Sleep:
        """Return another one, which can be stopped by itself and is stopped with this one."""
        other = Sleep()
        with self._lock:
            self._made.add(other)
        if self._stopped.is_set():
            other.stop()
        return other

    def stop(self) -> None:
        """Wake up and refuse to go on."""
        self._stopped.set()
        with self._lock:
            made = list(self._made)
        for other in made:
            other.stop()


thread_sleep = Sleep()


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


def work(call: Callable[..., T], *arguments: Any) -> T:
    """Do what takes time; other threads go on anyway."""
    return call(*arguments)


def rest() -> None:
    """Do nothing: other threads go on anyway."""


def outwait(stragglers: list[Straggler]) -> None:
    """Wait for threads that were stopped in the middle of a request."""
    for thread in list(stragglers):
        thread.join()
        # Another call may have waited for it too.
        with suppress(ValueError):
            stragglers.remove(thread)


class Job(Generic[T]):
    """A call that runs beside its caller."""

    def __init__(self, call: Callable[[Sleep], T], sleep: Sleep) -> None:
        self._sleep = sleep.make()
        self._results: list[T] = []
        self._error: BaseException | None = None
        self._thread = start_thread(self._run, call)

    def result(self) -> T:
        """Wait for the call and return what it gives."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._results[0]

    def cancel(self) -> None:
        """Ask the call to end at its next wait; one in the middle of a request ends with that."""
        self._sleep.stop()

    def stop(self) -> None:
        """End the call and wait until it has ended, but not for ever."""
        self.cancel()
        self._thread.join(_JOIN_SECONDS)

    def _run(self, call: Callable[[Sleep], T]) -> None:
        try:
            self._results.append(call(self._sleep))
        except BaseException as error:  # noqa: BLE001  # handed to whoever wants the result
            self._error = error


def start_thread(run: Callable[..., None], *arguments: object) -> threading.Thread:
    """Start a thread that does not keep the process alive.

    Raises:
        ConfigurationError: The system starts no more.
    """
    thread = threading.Thread(target=run, args=arguments, daemon=True, name="dialytics")
    try:
        thread.start()
    except RuntimeError:
        raise ConfigurationError(
            "the system starts no more threads; ask for less concurrency"
        ) from None
    return thread


class _Crew:
    """Threads that end together."""

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []
        self._running = 0
        self._changed = threading.Condition()
        self._sleep = thread_sleep.make()

    def _spawn(self, run: Callable[..., None], *arguments: object) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        self._threads.append(start_thread(run, *arguments))
        self._running += 1

    def _leave(self) -> None:
        self._running -= 1

    def stop(self) -> list[Straggler]:
        """End what still runs; return what does not end soon."""
        with self._changed:
            self._sleep.stop()
            self._changed.notify_all()
            threads = self._threads
        # A thread in the middle of a request ends with it; nobody should have to wait for that.
        give_up = time.monotonic() + _JOIN_SECONDS
        for thread in threads:
            thread.join(max(0.0, give_up - time.monotonic()))
        return [thread for thread in threads if thread.is_alive()]


class LookAhead(_Crew, Generic[J, P]):
    """Reads several jobs at once and hands out their pages.

    The twin of ``AsyncLookAhead``, which says how much is read ahead.
    """

    def __init__(
        self, jobs: Sequence[J], read: Callable[[J, Sleep], Generator[P]], shelf: Shelf[P]
    ) -> None:
        super().__init__()
        self._jobs = jobs
        self._read = read
        self._shelf = shelf

    def pages(self) -> Generator[P]:
        """Yield all pages; closing the iterator stops the readers."""
        try:
            while (page := self._next()) is not None:
                yield page
        finally:
            self.stop()

    def _next(self) -> P | None:
        with self._changed:
            while True:
                page = self._shelf.take()
                self._start_readers()
                self._changed.notify_all()
                if page is not None or self._shelf.done:
                    return page
                self._changed.wait_for(self._shelf.ready)

    def _start_readers(self) -> None:
        for index in self._shelf.begin():
            try:
                self._spawn(self._run, index)
            except ConfigurationError as error:
                self._shelf.end(index, error)

    def _run(self, index: int) -> None:
        failure: BaseException | None = None
        try:
            with closing(self._read(self._jobs[index], self._sleep)) as pages:
                for page in pages:
                    with self._changed:
                        self._shelf.put(index, page)
                        self._changed.notify_all()
                        self._changed.wait_for(
                            lambda: self._sleep.stopped or self._shelf.has_room(index)
                        )
                    self._sleep(0)
        except Stopped:
            pass
        except BaseException as error:  # noqa: BLE001  # handed to the consumer at its turn
            failure = error
        with self._changed:
            self._shelf.end(index, failure)
            self._leave()
            if not self._sleep.stopped:
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

    def add(self, job: J, key: object, size: int = 0) -> None:
        """Append a job to the line."""
        with self._changed:
            self._line.add(job, key, size)
            self._start(self._line.ready)

    def add_settled(self, result: T, size: int = 0) -> None:
        """Append a result that there is nothing to do for."""
        with self._changed:
            self._line.add_settled(result, size)

    @property
    def has_result(self) -> bool:
        """Whether there is something to take."""
        return self._line.head_is_settled or self._failure is not None

    def take_result(self) -> T:
        """Wait for the oldest job's result and remove it from the line."""
        with self._changed:
            self._changed.wait_for(lambda: self.has_result)
            if self._failure is not None:
                raise self._failure
            return self._line.pop()

    def _start(self, count: int) -> None:
        most = 0 if self._sleep.stopped else self._concurrency
        for _ in range(min(count, most - self._running)):
            try:
                self._spawn(self._run)
            except ConfigurationError:
                # Fewer threads than asked for do the work too, but none does not.
                if not self._running:
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
            slot = None if self._sleep.stopped else self._line.take()
            if slot is None:
                self._leave()
            return slot


class Source(Generic[T]):
    """What a bulk call takes its records from; it stays open when this is closed."""

    def __init__(self, items: Items[T]) -> None:
        self._items = iterate(items)

    def read(self, _workers: Workers[Any, Any]) -> list[T]:
        """Wait for the next item, also while there are results.

        It is not read in a thread of its own: databases' cursors, say, may be bound to one.

        Raises:
            StopIteration: There is no next item.
        """
        return [next(self._items)]

    def close(self) -> None:
        """Let go of the iterable."""
        self._items.close()
