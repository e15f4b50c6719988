"""What reading ahead with tasks and with threads have in common: what may start, what is next."""

from __future__ import annotations

from collections import deque
from typing import Generic, Protocol, TypeVar

from attrs import define, field


class Sized(Protocol):
    """A page that is read ahead: what it occupies counts against the budget."""

    @property
    def size(self) -> int:
        """Bytes held."""
        ...


P = TypeVar("P", bound=Sized)


@define(eq=False)
class Ahead(Generic[P]):
    """The pages of one job that have been read and not yet been handed out."""

    pages: deque[P] = field(factory=deque)
    error: BaseException | None = None
    finished: bool = False


@define(eq=False)
class Shelf(Generic[P]):
    """Pages of several jobs on their way to one consumer. Its callers see to locking.

    Attributes:
        count: How many jobs there are; they are numbered from 0.
        concurrency: How many may run at once.
        budget: Bytes that may wait to be handed out, one page for each running job over it.
        ordered: Whether pages are handed out in the order of the jobs, or as they come.
    """

    count: int
    concurrency: int
    budget: int
    ordered: bool = True
    _held: int = 0
    _begun: int = 0
    _open: dict[int, Ahead[P]] = field(factory=dict)

    @property
    def done(self) -> bool:
        """Whether all pages of all jobs have been handed out."""
        return self._begun == self.count and not self._open

    def begin(self) -> list[int]:
        """Return the jobs that are to be started now."""
        running = sum(1 for one in self._open.values() if not one.finished)
        free = self.concurrency - running if self._held < self.budget else 0
        if not self._open:
            free = max(free, 1)
        started = range(self._begun, min(self.count, self._begun + max(free, 0)))
        self._open.update((index, Ahead[P]()) for index in started)
        self._begun = max(self._begun, started.stop)
        return list(started)

    def put(self, index: int, page: P) -> None:
        """Take a page that a job has read."""
        self._open[index].pages.append(page)
        self._held += page.size

    def end(self, index: int, error: BaseException | None = None) -> None:
        """Note that a job is over."""
        self._open[index].error, self._open[index].finished = error, True

    def has_room(self, index: int) -> bool:
        """Tell whether a job may read its next page."""
        if self._held < self.budget:
            return True
        # The consumer must not have to wait for what nobody may read.
        return index == next(iter(self._open)) and not self._open[index].pages

    def ready(self) -> bool:
        """Tell whether there is something for the consumer: a page, an error or the end."""
        return self.done or any(one.pages or one.finished for one in self._offered())

    def take(self) -> P | None:
        """Hand out the next page; ``None`` if there is none at the moment.

        Raises:
            BaseException: What a job ended with, after its pages.
        """
        for index, one in [*self._open.items()]:
            if one.pages:
                page = one.pages.popleft()
                self._held -= page.size
                return page
            if one.finished:
                del self._open[index]
                if one.error is not None:
                    raise one.error
            elif self.ordered:
                return None
        return None

    def _offered(self) -> list[Ahead[P]]:
        every = list(self._open.values())
        return every[:1] if self.ordered else every
