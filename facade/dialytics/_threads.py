"""Running at once with threads: the synchronous half of what cannot be translated."""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from contextvars import copy_context
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from .errors import ArgumentError, ConfigurationError

T = TypeVar("T")

_JOIN_SECONDS = 5.0

Lock = threading.Lock
Try = Callable[[int], T]
Prepare = Callable[[T], T]
Straggler = threading.Thread


class Stopped(BaseException):
    """Raised in a thread when nobody wants its results any more."""


class Sleep:
    """Sleeps until the time is over, or until it is stopped: then, and from then on, it raises."""

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._made: WeakSet[Sleep] = WeakSet()
        self._ends: set[Callable[[], None]] = set()
        self._lock = threading.Lock()

    def __call__(self, seconds: float) -> None:
        seconds = min(seconds, threading.TIMEOUT_MAX)
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

    @contextmanager
    def ending(self, end: Callable[[], None]) -> Iterator[None]:
        """Call ``end``, in the thread that stops this, if that happens in the ``with`` block."""
        with self._lock:
            self._ends.add(end)
        try:
            if self._stopped.is_set():
                end()
            yield
        finally:
            with self._lock:
                self._ends.discard(end)

    def stop(self) -> None:
        """Wake up and refuse to go on."""
        self._stopped.set()
        with self._lock:
            made, ends = list(self._made), list(self._ends)
        for end in ends:
            end()
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


def work(call: Callable[..., T], *arguments: Any) -> T:
    """Do what takes time; other threads go on anyway."""
    return call(*arguments)


class Workers:
    """A few threads that do what others would do, too: each takes memory that it does not return.

    Args:
        count: How many there are; they start when there is something to do.
    """

    def __init__(self, count: int) -> None:
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  # rarely needed

        self._pool = ThreadPoolExecutor(count, "dialytics")

    def work(self, call: Callable[..., T], *arguments: Any) -> T:
        """Have something done; wait until it is."""
        try:
            job = self._pool.submit(copy_context().run, call, *arguments)
        except RuntimeError:
            # The system starts no more threads, or nobody wants the result any more.
            return call(*arguments)
        return job.result()

    def close(self) -> None:
        """Let the threads end, which have nothing left to do."""
        self._pool.shutdown(wait=False)


def acquire(lock: threading.Lock, seconds: float) -> bool:
    """Wait so long for a lock; tell whether it was had."""
    return lock.acquire(timeout=min(max(0.0, seconds), threading.TIMEOUT_MAX))


def within(_seconds: float, sleep: Sleep, end: Callable[[], None]) -> AbstractContextManager[None]:
    """Return a context manager that calls ``end`` when the sleep is stopped.

    A thread cannot be ended from outside; only what it waits for can.
    """
    return sleep.ending(end)


def end_late(left: float) -> None:
    """Raise ``TimeoutError`` when no time is left."""
    if left <= 0:
        raise TimeoutError


def undivided(call: Callable[[], T]) -> T:
    """Make a call; nothing cancels a thread."""
    return call()


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
        """Ask the call to end at its next wait, or with what it reads at the moment."""
        self._sleep.stop()

    def join(self, give_up: float) -> None:
        """Wait until the call has ended, but not beyond a time of the monotonic clock."""
        self._thread.join(max(0.0, give_up - time.monotonic()))

    def _run(self, call: Callable[[Sleep], T]) -> None:
        try:
            self._results.append(call(self._sleep))
        except BaseException as error:  # noqa: BLE001  # handed to whoever wants the result
            self._error = error


def stop_jobs(jobs: Sequence[Job[T]]) -> None:
    """End calls and wait until they have ended, but together no longer than one may take."""
    for job in jobs:
        job.cancel()
    give_up = time.monotonic() + _JOIN_SECONDS
    for job in jobs:
        job.join(give_up)


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


class Crew:
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
        # One that connects, logs in or changes something ends with that.
        give_up = time.monotonic() + _JOIN_SECONDS
        for thread in threads:
            thread.join(max(0.0, give_up - time.monotonic()))
        return [thread for thread in threads if thread.is_alive()]
