"""A bulk call's work with threads: the synchronous half of what cannot be translated."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from ._threads import Crew, Sleep, Stopped
from .errors import ConfigurationError

if TYPE_CHECKING:
    from ._bulk import Line, Slot

T = TypeVar("T")
J = TypeVar("J")

Items: TypeAlias = Iterable[T]
"""What a bulk call takes its records from."""
ITERABLES = (Iterable,)


class Workers(Crew, Generic[J, T]):
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


def iterate(items: Items[T]) -> Generator[T]:
    """Yield the items; closing this leaves the iterable open."""
    for item in items:  # noqa: UP028  # `yield from` would close it
        yield item


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
