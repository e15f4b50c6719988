"""What is handed out of a listing's pages, and where that stands. Pure."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

from attrs import define, field

from ._bad_rows import BadRow
from ._calls import forget_foreign
from ._checkpoints import Checkpoint, Partition
from ._listings import Fetched, Listing, Place
from ._pages import Page, RawPage
from ._progress import Progress
from ._runs import RowRun, Run, runs
from ._seams import Seam
from ._stats import Stats
from .errors import DialyticsError, InvalidResponse, PaginationLoop

if TYPE_CHECKING:
    from ._decode.values import Reject

R = TypeVar("R")
N = TypeVar("N", bound=Run)


@define(eq=False)
class Handout(Generic[R]):
    """The new rows of a listing's pages, as they are handed out.

    Whoever takes a row adds it to ``stats.rows``.

    Attributes:
        tolerant: Whether other partitions go on where one fails for good.
        abandoned: Those that need not be read on, by index.
        max_items: So many rows are handed out at most.
        on_bad_row: Is told of rows that cannot be read; ``None``: the first one ends the listing.
    """

    listing: Listing[R]
    stats: Stats
    start: Checkpoint
    tolerant: bool
    abandoned: set[int]
    max_items: int | None = None
    on_bad_row: Callable[[BadRow], object] | None = None
    _progress: Progress = field(init=False)
    _seams: dict[int, Seam] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self._progress = Progress(self.start, self.stats)

    def begin_at(self, start: Checkpoint) -> None:
        """Begin elsewhere; nothing has been read yet."""
        self.start, self._progress = start, Progress(start, self.stats)
        self.stats.count_partitions(start)

    @property
    def checkpoint(self) -> Checkpoint:
        """Where the listing stands after the row that was last handed out."""
        return self._progress.checkpoint()

    @property
    def is_full(self) -> bool:
        """Whether as many rows were handed out as were asked for."""
        return self.stats.rows == self.max_items

    def read(self, page: Fetched[R]) -> Iterator[RowRun[R]]:
        """Read a page's rows; bad ones are told of."""
        for rows in self.listing.rows(page, self.reject(page)):
            yield RowRun(rows, self.listing.operation)

    def hand_out(self, page: Fetched[R], read: Iterator[N]) -> Iterator[N]:
        """Yield a page's new rows in runs."""
        place = page.place
        partition = place.partition
        standing, seam = self._progress.standing(partition.index), self._seam(place)
        self.stats.count_page(page.total)
        seam.enter(place)
        standing.enter(place)
        try:
            for chunk in read:
                met, repeated = standing.met, chunk.repeated(seam)
                if standing.recognize(chunk, len(repeated)):
                    self._require_progress(page)
                fresh = standing.pass_over(chunk, met)
                self.stats.duplicates += sum(1 for index in repeated if index >= fresh)
                for low, high in runs(len(chunk), repeated, fresh):
                    run = self._trim(chunk.part(low, high))
                    standing.begin(run, met + low)
                    yield run
                    standing.end()
                standing.read(len(chunk))
            if standing.is_repetition:
                self._require_progress(page)
            if standing.leave(page, standing.met):
                self._finish(partition)
        except DialyticsError as error:
            error.window, error.key = place.window, partition.key
            if not self.tolerant:
                raise self.locate(error) from None
            self.abandoned.add(partition.index)
            self.fail(partition, error)

    def hand_out_pages(self, page: Fetched[R], most: int | None) -> Iterator[Page[R]]:
        """Yield a page's new rows as pages of at most so many, and count them."""
        rows: list[R] = []
        failure: DialyticsError | None = None
        most = most or sys.maxsize
        try:
            for run in self.hand_out(page, self.read(page)):
                start = 0
                while start < len(run):
                    piece = run[start : start + most - len(rows)]
                    start += len(piece)
                    rows += piece
                    self.stats.rows += len(piece)
                    if len(rows) == most or self.is_full:
                        yield self._page(page, rows)
                        rows = []
        except DialyticsError as error:
            failure = error
        # Rows before a bad one are behind its checkpoint, so they must be handed out first.
        if rows:
            yield self._page(page, rows)
        if failure is not None:
            raise failure

    def hand_out_raw(self, page: Fetched[R]) -> RawPage:
        """Return a page as it came; its rows are not counted."""
        place = page.place
        standing = self._progress.standing(place.partition.index)
        skip = standing.enter(place, seek=False)
        self.stats.count_page(page.total)
        if standing.leave(page):
            self._finish(place.partition)
        key = place.partition.key
        return RawPage(page.reply.body, place.window, key, place.number, skip, self.checkpoint)

    def reject(self, page: Fetched[R]) -> Reject | None:
        """Return what becomes of a page's bad rows; ``None``: the first one ends the listing."""
        on_bad_row, place = self.on_bad_row, page.place
        if on_bad_row is None:
            return None
        standing = self._progress.standing(place.partition.index)

        def reject(error: InvalidResponse, row: object) -> None:
            if standing.has_caught_up:
                self._sign(error)
                error.window, error.key = place.window, place.partition.key
                self.stats.bad_rows += 1
                on_bad_row(BadRow(error, place.number, place.window, place.partition.key, row))
            standing.read(1)

        return reject

    def fail(self, partition: Partition, error: DialyticsError) -> None:
        """Note that a partition has failed for good."""
        self._sign(error)
        self._progress.fail(partition, error)

    def end(self) -> None:
        """End the listing.

        Raises:
            WindowsFailed: Partitions have failed.
        """
        try:
            self._progress.require_all()
        except DialyticsError as error:
            raise self.locate(error) from None

    def locate(self, error: DialyticsError) -> DialyticsError:
        """Add to an error whose it is and where to resume."""
        self._sign(error)
        error.checkpoint = error.checkpoint or self.checkpoint
        return error

    def _page(self, page: Fetched[R], rows: list[R]) -> Page[R]:
        place = page.place
        key = place.partition.key
        return Page(tuple(rows), place.window, key, place.number, self.checkpoint)

    def _seam(self, place: Place) -> Seam:
        """Return what was met of the place's partition and around it."""
        index, edges = place.partition.index, self._progress.edges
        if index not in self._seams:
            here = [one for one in self.start.positions if one.partition == index]
            self._seams[index] = Seam(self.listing.operation, edges, here[0] if here else None)
        return self._seams[index]

    def _finish(self, partition: Partition) -> None:
        self._progress.finish(partition.index)
        self._seams.pop(partition.index, None)

    def _require_progress(self, page: Fetched[R]) -> None:
        if page.following is not None:
            raise PaginationLoop(
                "a page begins with the same rows as the one before, under another continuation; "
                "going on would never end"
            )

    def _trim(self, run: N) -> N:
        """Leave out what is more than was asked for; count what a filter should have left out."""
        stats, listing = self.stats, self.listing
        if self.max_items is not None:
            run = run.part(0, min(len(run), self.max_items - stats.rows))
        if (expects := listing.expects) is not None:
            stats.not_filtered += sum(1 for row in run.rows() if not expects(row))
        if (names := listing.asked_for) and stats.withheld is not False:
            stats.withheld = not any(getattr(row, name) for row in run.rows() for name in names)
        return run

    def _sign(self, error: DialyticsError) -> None:
        forget_foreign(error)
        operation = self.listing.operation
        error.vendor = error.vendor or operation.vendor.name
        error.operation = error.operation or operation.name
