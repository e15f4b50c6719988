"""Running at once with threads: the synchronous half of what cannot be translated."""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence
from contextlib import closing
from typing import Generic, TypeVar

from ._ahead import Ahead, P, startable
from .errors import ArgumentError, ConfigurationError

T = TypeVar("T")
J = TypeVar("J")

_JOIN_SECONDS = 5.0

Lock = threading.Lock
Sleep = Callable[[float], None]
Try = Callable[[int], T]

sleep: Sleep = time.sleep


def resolve(value: str | Awaitable[str]) -> str:
    """Return a text that must not have to be awaited."""
    if isinstance(value, Awaitable):
        if isinstance(value, Coroutine):
            value.close()
        raise ArgumentError("an async auth callable needs one of the Async... clients")
    return value


class Stopped(BaseException):
    """Raised in a reader's thread when nobody wants its pages any more."""


class LookAhead(Generic[J, P]):
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
        self._jobs = jobs
        self._read = read
        self._concurrency = concurrency
        self._budget = budget
        self._held = 0
        self._head = 0
        self._ahead: dict[int, Ahead[P]] = {}
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
                with self._changed:
                    del self._ahead[head]
        finally:
            self._stop()

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
            thread = threading.Thread(
                target=self._run, args=(index, ahead), daemon=True, name="dialytics"
            )
            try:
                thread.start()
            except RuntimeError:
                ahead.error = ConfigurationError(
                    "the system starts no more threads; ask for less concurrency"
                )
                ahead.finished = True
            else:
                self._threads[index] = thread

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
            self._threads.pop(index, None)
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
