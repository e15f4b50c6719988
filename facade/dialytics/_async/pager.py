"""Handing out a listing's rows, and where that stands."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from .._bad_rows import BadRow
from .._calls import forget_foreign
from .._checkpoints import Checkpoint, Partition
from .._courses import Broken
from .._listings import Fetched, Place
from .._options import check_folder
from .._pages import Page, RawPage
from .._progress import RowRun, Run, Seam, runs
from .._standings import Progress
from .._stats import Stats
from .._tasks import async_rest, async_work
from ..errors import ArgumentError, DialyticsError, InvalidResponse, PaginationLoop
from .iteration import AsyncIteration
from .reader import AsyncReader

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    from pyarrow import RecordBatch, Table

    from .._batches import BatchRun
    from .._decode.values import Reject

R = TypeVar("R")
N = TypeVar("N", bound=Run)


def _next_run(batches: Iterator[BatchRun]) -> BatchRun | None:
    return next(batches, None)


class _Delivery(Generic[R]):
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
        ends_now: bool,
    ) -> None:
        self.listing = reader.listing
        self.stats = reader.stats
        self._reader = reader
        self._start = start
        self._progress = Progress(start, reader.stats)
        self._seams: dict[int, Seam] = {}
        self._max_items = max_items
        self._page_rows = page_rows
        self._on_progress = on_progress
        self._on_bad_row = on_bad_row
        self.resumes = resumes
        self.ends_now = ends_now

    @property
    def checkpoint(self) -> Checkpoint:
        """Where the listing stands after the row that was last handed out."""
        return self._progress.checkpoint()

    @property
    def start(self) -> Checkpoint:
        """Where the listing stood before."""
        return self._start

    def give_whole_windows(self) -> None:
        """Do not keep windows in order; refuse what would leave parts of them."""
        if self._max_items is not None or self._start.positions:
            raise ArgumentError(
                "files hold whole windows: leave out max_items, and resume= within a window; the "
                "folder itself knows what has been written to it",
                vendor=self.listing.operation.vendor.name,
                operation=self.listing.operation.name,
            )
        self._reader.ordered = False

    def begin_at(self, start: Checkpoint) -> None:
        """Begin elsewhere; nothing has been read yet."""
        self._start, self._progress = start, Progress(start, self.stats)
        self.stats.count_partitions(start)

    async def iterate_rows(self) -> AsyncGenerator[R]:
        stats = self.stats
        async with aclosing(self._fetch()) as pages:
            async for page in pages:
                for run in self._hand_out(page, self._rows(page)):
                    for row in run:
                        stats.rows += 1
                        yield row
                    if stats.rows == self._max_items:
                        self._end()
                        return
                    await async_rest()

    async def iterate_pages(self) -> AsyncGenerator[Page[R]]:
        async with aclosing(self._fetch()) as pages:
            async for page in pages:
                for piece in self._hand_out_pages(page):
                    yield piece
                    if self.stats.rows == self._max_items:
                        self._end()
                        return

    async def iterate_batches(self) -> AsyncGenerator[tuple[Partition, RecordBatch | None]]:
        """Yield each batch with its partition, and ``None`` when that is done."""
        from .._batches import read_runs  # noqa: PLC0415  # needs an extra

        async with aclosing(self._fetch()) as pages:
            async for page in pages:
                partition, done = page.place.partition, self.stats.partitions_done
                batches = self._hand_out(page, read_runs(self.listing, page, self._reject(page)))
                while (run := await async_work(_next_run, batches)) is not None:
                    self.stats.rows += len(run)
                    yield partition, run.batch
                    if self.stats.rows == self._max_items:
                        self._end()
                        return
                if self.stats.partitions_done > done:
                    yield partition, None

    def give_undecoded(self) -> None:
        """Refuse what counts rows."""
        if self._max_items is not None:
            raise ArgumentError(
                "raw pages are not decoded, so their rows are not counted: leave out max_items",
                vendor=self.listing.operation.vendor.name,
                operation=self.listing.operation.name,
            )

    async def iterate_raw(self) -> AsyncGenerator[RawPage]:
        async with aclosing(self._fetch()) as pages:
            async for page in pages:
                place = page.place
                standing = self._progress.standing(place.partition.index)
                skip = standing.enter(place, seek=False)
                self.stats.count_page(page.total)
                if standing.leave(page):
                    self._finish(place.partition)
                yield RawPage(page.reply.body, place.window, place.number, skip, self.checkpoint)

    async def _fetch(self) -> AsyncGenerator[Fetched[R]]:
        try:
            async with aclosing(self._reader.read(self._start)) as pages:
                async for page in pages:
                    if isinstance(page, Broken):
                        self._fail(page.partition, page.error)
                    elif page.place.partition.index not in self._reader.abandoned:
                        yield page
                        self._report()
            self._progress.require_all()
        except DialyticsError as error:
            raise self._locate(error) from None

    def _hand_out_pages(self, page: Fetched[R]) -> Iterator[Page[R]]:
        rows: list[R] = []
        failure: DialyticsError | None = None
        most = self._page_rows or sys.maxsize
        try:
            for run in self._hand_out(page, self._rows(page)):
                start = 0
                while start < len(run):
                    piece = run[start : start + most - len(rows)]
                    start += len(piece)
                    rows += piece
                    self.stats.rows += len(piece)
                    if len(rows) == most or self.stats.rows == self._max_items:
                        yield self._page(page, rows)
                        rows = []
        except DialyticsError as error:
            failure = error
        # Rows before a bad one are behind its checkpoint, so they must be handed out first.
        if rows:
            yield self._page(page, rows)
        if failure is not None:
            raise failure

    def _page(self, page: Fetched[R], rows: list[R]) -> Page[R]:
        return Page(tuple(rows), page.place.window, page.place.number, self.checkpoint)

    def _rows(self, page: Fetched[R]) -> Iterator[RowRun[R]]:
        for rows in self.listing.rows(page, self._reject(page)):
            yield RowRun(rows, self.listing.operation)

    def _hand_out(self, page: Fetched[R], read: Iterator[N]) -> Iterator[N]:
        """Yield a page's new rows in runs; whoever takes a row adds it to ``stats.rows``."""
        place = page.place
        partition = place.partition
        standing, seam = self._progress.standing(partition.index), self._seam(place)
        self.stats.count_page(page.total)
        seam.enter(place)
        standing.enter(place)
        met = 0
        try:
            for chunk in read:
                repeated = chunk.repeated(seam)
                if standing.recognize(chunk, len(repeated)):
                    self._require_progress(page)
                fresh = standing.pass_over(chunk, met)
                self.stats.duplicates += sum(1 for index in repeated if index >= fresh)
                for low, high in runs(len(chunk), repeated, fresh):
                    run = self._trim(chunk.part(low, high))
                    standing.begin(run, met + low)
                    yield run
                    standing.end()
                met += len(chunk)
                standing.read(met)
            if standing.is_repetition:
                self._require_progress(page)
            if standing.leave(page, met):
                self._finish(partition)
        except DialyticsError as error:
            error.window, error.key = place.window, partition.key
            if not self._reader.tolerant:
                raise self._locate(error) from None
            self._reader.abandoned.add(partition.index)
            self._fail(partition, error)

    def _finish(self, partition: Partition) -> None:
        self._progress.finish(partition.index)
        self._seams.pop(partition.index, None)

    def _require_progress(self, page: Fetched[R]) -> None:
        if page.following is not None and not self.listing.by_offset:
            raise PaginationLoop(
                "a page begins with the same rows as the one before, under another continuation; "
                "going on would never end"
            )

    def _reject(self, page: Fetched[R]) -> Reject | None:
        """Return what becomes of a page's bad rows; ``None``: the first one ends the listing."""
        on_bad_row, place = self._on_bad_row, page.place
        if on_bad_row is None:
            return None
        standing = self._progress.standing(place.partition.index)

        def reject(error: InvalidResponse, row: object) -> None:
            if standing.has_caught_up:
                self._sign(error)
                error.window, error.key = place.window, place.partition.key
                self.stats.bad_rows += 1
                on_bad_row(BadRow(error, place.number, place.window, place.partition.key, row))

        return reject

    def _report(self) -> None:
        if self._on_progress is not None:
            self._on_progress(self.stats)

    def _end(self) -> None:
        """End before the listing does."""
        self._report()
        try:
            self._progress.require_all()
        except DialyticsError as error:
            raise self._locate(error) from None

    def _trim(self, run: N) -> N:
        """Leave out what is more than was asked for; count what a filter should have left out."""
        stats, listing = self.stats, self.listing
        if self._max_items is not None:
            run = run.part(0, min(len(run), self._max_items - stats.rows))
        if (expects := listing.expects) is not None:
            stats.not_filtered += sum(1 for row in run.rows() if not expects(row))
        if len(run) and (names := listing.asked_for) and stats.withheld is not False:
            stats.withheld = not any(getattr(row, name) for row in run.rows() for name in names)
        return run

    def _seam(self, place: Place) -> Seam:
        """Return what was met of the place's partition and around it."""
        index, edges = place.partition.index, self._progress.edges
        if index not in self._seams:
            here = [one for one in self._start.positions if one.partition == index]
            self._seams[index] = Seam(self.listing.operation, edges, here[0] if here else None)
        return self._seams[index]

    def _fail(self, partition: Partition, error: DialyticsError) -> None:
        self._sign(error)
        self._progress.fail(partition, error)

    def _sign(self, error: DialyticsError) -> None:
        forget_foreign(error)
        operation = self.listing.operation
        error.vendor = error.vendor or operation.vendor.name
        error.operation = error.operation or operation.name

    def _locate(self, error: DialyticsError) -> DialyticsError:
        """Add to an error whose it is and where to resume."""
        self._sign(error)
        error.checkpoint = error.checkpoint or self.checkpoint
        return error


class AsyncPager(AsyncIteration, Generic[R]):
    """The rows of a listing, read as they are iterated. Once only; made by a client's methods.

    Requests begin with the iteration. Use it as a context manager, or ``await aclose()`` it, when
    you stop before the end. Tasks end at once then; a thread in the middle of a request ends with
    that, and a close waits for it five seconds at most.
    """

    def __init__(
        self,
        reader: AsyncReader[R],
        start: Checkpoint,
        *,
        max_items: int | None,
        page_rows: int | None,
        on_progress: Callable[[Stats], object] | None = None,
        on_bad_row: Callable[[BadRow], object] | None = None,
        resumes: bool = False,
        ends_now: bool = False,
    ) -> None:
        operation = reader.listing.operation
        super().__init__("this pager has", operation.vendor.name, operation.name)
        self._delivery = _Delivery(
            reader,
            start,
            max_items=max_items,
            page_rows=page_rows,
            on_progress=on_progress,
            on_bad_row=on_bad_row,
            resumes=resumes,
            ends_now=ends_now,
        )

    def __aiter__(self) -> AsyncIterator[R]:
        return self._begin(self._delivery.iterate_rows())

    def pages(self) -> AsyncIterator[Page[R]]:
        """Iterate whole pages instead of rows, each with the checkpoint that follows it.

        Responses without rows give no page.
        """
        return self._begin(self._delivery.iterate_pages())

    async def batches(self) -> AsyncGenerator[RecordBatch]:
        """Iterate Arrow record batches instead of rows; no Python object is made for a value.

        All have the listing's one schema: attributes as on the rows, times in microseconds UTC,
        what has no flat type as JSON text, and columns that the spec does not know as a JSON object
        in ``extra``. A checkpoint stands after the batch last handed out. Needs the extra
        ``arrow``.
        """
        async with aclosing(self._begin(self._delivery.iterate_batches())) as parts:
            async for _, batch in parts:
                if batch is not None:
                    yield batch

    async def to_arrow(self) -> Table:
        """Read all of it into one Arrow table; see ``batches`` for its schema."""
        from .._batches import new_table  # noqa: PLC0415  # needs an extra

        return new_table(self._delivery.listing, [batch async for batch in self.batches()])

    async def write_parquet(self, folder: str | PathLike[str]) -> list[Path]:
        """Write a Parquet file for each window into a folder, which is made if there is none.

        Windows are written as they come. A file has its name only once its window is complete, so
        that a crash leaves no half file. A checkpoint beside the files tells which there are: make
        the same call again with the same folder, after a crash or an error, and only the windows
        that are missing are read. A file that you have removed is missing too. ``end=None`` stays
        what it was until all is complete; after that it is now again, and all is read again.

        With ``resume=``, what that has finished is not written either. The parts of a split
        checkpoint may be written into one folder, one after the other.

        Returns:
            The call's files in the order of their windows. One without rows is written too.

        Raises:
            ConfigurationError: The extra ``arrow`` is not installed, or the folder cannot be
                written to.
            ArgumentError: The folder is no path, or the pager has ``max_items`` or resumes in the
                middle of a window.
            CheckpointMismatch: The folder holds the operation's files from another call, or of
                other windows. Nothing has been changed then.
        """
        from .._columnar import arrow_schema  # noqa: PLC0415  # needs an extra
        from .._parquet import ParquetFolder  # noqa: PLC0415

        check_folder(folder)
        delivery = self._delivery
        listing = delivery.listing
        delivery.give_whole_windows()
        parts = self._begin(delivery.iterate_batches())
        schema = arrow_schema(listing.row_class)
        files = await async_work(ParquetFolder, folder, listing.operation.id, schema)
        with files:
            begin = partial(files.resume, is_part=delivery.resumes, ends_now=delivery.ends_now)
            delivery.begin_at(await async_work(begin, delivery.start))
            async with aclosing(parts):
                async for partition, batch in parts:
                    if batch is not None:
                        await async_work(files.write, partition, batch)
                    else:
                        await async_work(files.finish, partition)
                        await async_work(files.save, delivery.checkpoint)
        return files.paths()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Let pyarrow, DuckDB, Polars and pandas read the pager (the Arrow PyCapsule protocol)."""
        from .._batches import new_stream  # noqa: PLC0415  # needs an extra

        return new_stream(self._delivery.listing, self.batches(), requested_schema)

    def raw_pages(self) -> AsyncIterator[RawPage]:
        """Iterate responses as they came, each with the checkpoint that follows it.

        Nothing is decoded and nothing dropped: rows can repeat at the seams of windows and pages.
        Where the vendor does not accept a continuation any longer, its window comes again from
        page 0 on (``stats.restarts`` counts it): put its pages in the place of those you have.

        Raises:
            ArgumentError: The pager has ``max_items``.
        """
        self._delivery.give_undecoded()
        return self._begin(self._delivery.iterate_raw())

    @property
    def checkpoint(self) -> Checkpoint:
        """Where the listing stands after the row that was last handed out."""
        return self._delivery.checkpoint

    @property
    def stats(self) -> Stats:
        """What the iteration has done so far."""
        return self._delivery.stats

    def __repr__(self) -> str:
        operation = self._delivery.listing.operation
        return f"<{type(self).__name__} {operation.id} rows={self.stats.rows}>"
