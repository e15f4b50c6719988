"""Reading a listing's pages and handing them out, in every form."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from .._bad_rows import BadRow
from .._checkpoints import Checkpoint, Partition
from .._closings import aclosing
from .._courses import Broken
from .._handouts import Handout
from .._listings import Fetched
from .._pages import Page, RawPage
from .._stats import Stats
from .._tasks import AsyncWorkers, async_rest, async_work
from ..errors import ArgumentError, DialyticsError
from .reader import AsyncReader

if TYPE_CHECKING:
    from pyarrow import RecordBatch

    from .._batches import BatchRun
    from .._parquet import ParquetFolder

R = TypeVar("R")

# Threads that decode beside the one that hands out: more of them take memory, and no less time.
_DECODERS = 2


def _next(batches: Iterator[BatchRun]) -> BatchRun | None:
    return next(batches, None)


class AsyncDelivery(Generic[R]):
    """What an iteration of a pager holds.

    It does not know its pager: an iterator that is dropped is then freed and closed at once, and
    not, parts in any order, by the garbage collector.
    """

    def __init__(
        self,
        reader: AsyncReader[R],
        start: Checkpoint,
        *,
        max_items: int | None,
        page_rows: int | None,
        on_progress: Callable[[Stats], object] | None,
        on_bad_row: Callable[[BadRow], object] | None,
        resumes: bool,
    ) -> None:
        self.listing = reader.listing
        self.stats = reader.stats
        self._reader = reader
        self._handout = Handout(
            reader.listing,
            reader.stats,
            start,
            reader.tolerant,
            reader.abandoned,
            max_items,
            on_bad_row,
        )
        reader.spares_rows = on_bad_row is not None
        self._page_rows = page_rows
        self._on_progress = on_progress
        self.resumes = resumes
        # Where rows count only once they are in its files.
        self.sink: ParquetFolder | None = None

    @property
    def checkpoint(self) -> Checkpoint:
        """Where the listing stands for its caller."""
        kept = None if self.sink is None else self.sink.checkpoint
        return kept or self.handed_out

    @property
    def handed_out(self) -> Checkpoint:
        """Where the listing stands after the row that was last handed out."""
        return self._handout.checkpoint

    @property
    def start(self) -> Checkpoint:
        """Where the listing stood before."""
        return self._handout.start

    def begin_at(self, start: Checkpoint) -> None:
        """Begin elsewhere; nothing has been read yet."""
        self._handout.begin_at(start)

    def give_whole_windows(self) -> None:
        """Do not keep windows in order; refuse what would leave parts of them."""
        if self._handout.max_items is not None or self.start.positions:
            raise self._refusal(
                "files hold whole windows: leave out max_items, and resume= within a window; the "
                "folder itself knows what has been written to it"
            )
        self._reader.ordered = False

    def give_undecoded(self) -> None:
        """Refuse what counts rows."""
        if self._handout.max_items is not None:
            raise self._refusal(
                "raw pages are not decoded, so their rows are not counted: leave out max_items"
            )
        self._reader.spares_rows = True

    async def iterate_rows(self) -> AsyncGenerator[R]:
        handout, stats = self._handout, self.stats
        async with aclosing(self._fetch()) as pages:
            async for page in pages:
                for run in handout.hand_out(page, handout.read(page)):
                    for row in run:
                        stats.rows += 1
                        yield row
                    if handout.is_full:
                        self._end()
                        return
                    await async_rest()

    async def iterate_pages(self) -> AsyncGenerator[Page[R]]:
        handout = self._handout
        async with aclosing(self._fetch()) as pages:
            async for page in pages:
                for piece in handout.hand_out_pages(page, self._page_rows):
                    yield piece
                    if handout.is_full:
                        self._end()
                        return

    async def iterate_batches(self) -> AsyncGenerator[tuple[Partition, RecordBatch | None]]:
        """Yield each batch with its partition, and ``None`` when that is done."""
        from .._batches import read_batch, read_runs  # noqa: PLC0415  # needs an extra

        handout, stats = self._handout, self.stats
        with closing(AsyncWorkers(_DECODERS)) as workers:
            self._reader.prepare = partial(workers.work, partial(read_batch, self.listing))
            if self._reader.depth > 1:
                # One of the pages under way is being decoded, most of the time.
                self._reader.depth += 1
            async with aclosing(self._fetch()) as pages:
                async for page in pages:
                    partition, done = page.place.partition, stats.partitions_done
                    read = read_runs(self.listing, page, handout.reject(page))
                    batches = handout.hand_out(page, read)
                    quick = page.batch is not None and not self.listing.checks_rows
                    while (run := await self._next_run(batches, quick=quick)) is not None:
                        stats.rows += len(run)
                        yield partition, run.batch
                        if handout.is_full:
                            self._end()
                            return
                    if stats.partitions_done > done:
                        yield partition, None

    async def _next_run(self, batches: Iterator[BatchRun], *, quick: bool) -> BatchRun | None:
        if not quick:
            try:
                return await async_work(_next, batches)
            except DialyticsError as error:
                raise self._handout.locate(error) from None
        # It takes less time than to have it done elsewhere.
        await async_rest()
        return _next(batches)

    async def iterate_raw(self) -> AsyncGenerator[RawPage]:
        async with aclosing(self._fetch()) as pages:
            async for page in pages:
                yield self._handout.hand_out_raw(page)

    async def _fetch(self) -> AsyncGenerator[Fetched[R]]:
        handout = self._handout
        try:
            async with aclosing(self._reader.read(self.start)) as pages:
                async for page in pages:
                    if isinstance(page, Broken):
                        handout.fail(page.partition, page.error)
                    elif page.place.partition.index not in handout.abandoned:
                        yield page
                        self._report()
            handout.end()
        except DialyticsError as error:
            raise handout.locate(error) from None

    def _report(self) -> None:
        if self._on_progress is not None:
            self._on_progress(self.stats)

    def _end(self) -> None:
        """End before the listing does."""
        self._report()
        self._handout.end()

    def _refusal(self, message: str) -> ArgumentError:
        operation = self.listing.operation
        return ArgumentError(message, vendor=operation.vendor.name, operation=operation.name)
