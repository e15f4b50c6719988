"""Reading several jobs at once with threads: the synchronous half of what cannot be translated."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import Generic, TypeVar

from ._ahead import P, Shelf
from ._threads import Crew, Sleep, Stopped
from .errors import ConfigurationError

J = TypeVar("J")


class LookAhead(Crew, Generic[J, P]):
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
