"""What reading ahead with tasks and with threads have in common."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    """A page that is read ahead: what it occupies counts against the budget."""

    @property
    def size(self) -> int:
        """Bytes held in memory."""
        ...


P = TypeVar("P", bound=Sized)


class Ahead(Generic[P]):
    """The pages of one job that have been read and not yet been handed out."""

    def __init__(self) -> None:
        self.pages: deque[P] = deque()
        self.error: BaseException | None = None
        self.finished = False


def startable(
    head: int, count: int, ahead: Mapping[int, Ahead[P]], concurrency: int, *, affordable: bool
) -> range:
    """Return which jobs may start: the head always, others while running ones and budget allow."""
    running = sum(1 for one in ahead.values() if not one.finished)
    following = max(ahead, default=head - 1) + 1
    free = concurrency - running if affordable else 0
    if following == head:
        free = max(free, 1)
    return range(following, min(count, following + max(free, 0)))
