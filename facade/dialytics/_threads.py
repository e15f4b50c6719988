"""Running at once with threads: the synchronous half of what cannot be translated."""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence
from contextlib import closing
from typing import Generic, TypeVar
from weakref import WeakSet

from ._ahead import P, Shelf
from .errors import ArgumentError, ConfigurationError

T = TypeVar("T")
J = TypeVar("J")

_JOIN_SECONDS = 5.0

Lock = threading.Lock
Try = Callable[[int], T]


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


sleep = Sleep()


def resolve(value: str | Awaitable[str]) -> str:
    """Return a text that must not have to be awaited."""
    if isinstance(value, Awaitable):
        if isinstance(value, Coroutine):
            value.close()
        raise ArgumentError("an async auth callable needs one of the Async... clients")
    return value


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

    def stop(self) -> None:
        """End the call at its next wait; one in the middle of a request ends with that."""
        self._sleep.stop()
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


class LookAhead(Generic[J, P]):
    """Reads several jobs at once and hands out their pages.

    The twin of ``AsyncLookAhead``, which says how much is read ahead.
    """

    def __init__(
        self, jobs: Sequence[J], read: Callable[[J, Sleep], Generator[P]], shelf: Shelf[P]
    ) -> None:
        self._jobs = jobs
        self._read = read
        self._shelf = shelf
        self._threads: dict[int, threading.Thread] = {}
        self._changed = threading.Condition()
        self._stopped = False
        self._sleep = sleep.make()

    def pages(self) -> Generator[P]:
        """Yield all pages; closing the iterator stops the readers."""
        try:
            while (page := self._next()) is not None:
                yield page
        finally:
            self._stop()

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
                self._threads[index] = start_thread(self._run, index)
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
                        self._changed.wait_for(lambda: self._stopped or self._shelf.has_room(index))
                    self._sleep(0)
        except Stopped:
            pass
        except BaseException as error:  # noqa: BLE001  # handed to the consumer at its turn
            failure = error
        with self._changed:
            self._shelf.end(index, failure)
            self._threads.pop(index, None)
            if not self._stopped:
                self._start_readers()
            self._changed.notify_all()

    def _stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._sleep.stop()
            self._changed.notify_all()
            threads = list(self._threads.values())
        # A thread in the middle of a request ends with it; nobody should have to wait for that.
        give_up = time.monotonic() + _JOIN_SECONDS
        for thread in threads:
            thread.join(max(0.0, give_up - time.monotonic()))
