"""The rows of a listing, as its caller takes them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from .._bad_rows import BadRow
from .._checkpoints import Checkpoint, Partition
from .._closings import aclosing
from .._options import check_folder
from .._pages import Page, RawPage
from .._stats import Stats
from .delivery import AsyncDelivery
from .iteration import AsyncIteration
from .reader import AsyncReader

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    from pyarrow import RecordBatch, Table

R = TypeVar("R")


class AsyncPager(AsyncIteration, Generic[R]):
    """The rows of a listing, read as they are iterated. Once only; made by a client's methods.

    Requests begin with the iteration. Use it as a context manager, or ``await aclose()`` it, when
    you stop before the end. Requests under way end at once then. A thread that connects, logs in
    or uses a connection that your own HTTP client had made ends with that, and a close waits for it
    five seconds at most.
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
    ) -> None:
        operation = reader.listing.operation
        super().__init__("this pager has", operation.vendor.name, operation.name)
        self._delivery = AsyncDelivery(
            reader,
            start,
            max_items=max_items,
            page_rows=page_rows,
            on_progress=on_progress,
            on_bad_row=on_bad_row,
            resumes=resumes,
        )

    def __aiter__(self) -> AsyncIterator[R]:
        return self._begin(self._delivery.iterate_rows())

    def pages(self) -> AsyncIterator[Page[R]]:
        """Iterate whole pages instead of rows, each with the checkpoint that follows it.

        Responses without rows give no page.
        """
        return self._begin(self._delivery.iterate_pages())

    def batches(self) -> AsyncGenerator[RecordBatch]:
        """Iterate Arrow record batches instead of rows; no Python object is made for a value.

        All have the listing's one schema: attributes as on the rows, times in microseconds UTC,
        what has no flat type as JSON text, and columns that the spec does not know as a JSON object
        in ``extra``. A checkpoint stands after the batch last handed out. Needs the extra
        ``arrow``.
        """
        return self._begin(_leave_out_ends(self._delivery.iterate_batches()))

    async def to_arrow(self) -> Table:
        """Read all of it into one Arrow table; see ``batches`` for its schema."""
        from .._batches import new_table  # noqa: PLC0415  # needs an extra

        return new_table(self._delivery.listing, [batch async for batch in self.batches()])

    async def write_parquet(self, folder: str | PathLike[str]) -> list[Path]:
        """Write a Parquet file for each window into a folder, which is made if there is none.

        Windows are written as they come. A file has its name only once its window is complete, so
        that a crash leaves no half file. A checkpoint beside the files tells which there are: make
        the same call again with the same folder, after a crash or an error, and only the windows
        that are missing are read. A file that you have removed, or cut short, is missing too.

        Windows that touched now when they were read may have got more rows: the same call reads
        them again later, up to its own now where it has ``end=None``, and replaces their files. A
        listing without a range of time is read anew each time.

        With ``resume=``, what that has finished is not written either. The parts of a split
        checkpoint may be written into one folder at the same time, by several processes. From a
        vendor that gives the rows at a window's end to the next one too (none documents that), such
        rows can come in two files then, or where a file is written again.

        ``checkpoint``, also that of an error, stands behind the windows that have their files.

        Returns:
            The call's files in the order of their windows. One without rows is written too.

        Raises:
            ConfigurationError: The extra ``arrow`` is not installed, the folder cannot be written
                to, another run is writing the same files, or one was removed meanwhile.
            ArgumentError: The folder is no path, or the pager has ``max_items`` or resumes in the
                middle of a window.
            CheckpointMismatch: The folder holds the operation's files from another call, or of
                other windows. Nothing has been changed then.
        """
        from .parquet import write_files  # noqa: PLC0415  # needs an extra

        check_folder(folder)
        delivery = self._delivery
        delivery.give_whole_windows()
        return await write_files(delivery, self._begin(delivery.iterate_batches()), folder)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Let pyarrow, DuckDB, Polars and pandas read the pager (the Arrow PyCapsule protocol)."""
        from .._batches import new_stream  # noqa: PLC0415  # needs an extra

        return new_stream(self._delivery.listing, self._batches_later(), requested_schema)

    async def _batches_later(self) -> AsyncGenerator[RecordBatch]:
        # Some ask for a stream more than once, and read only one of them.
        async with aclosing(self.batches()) as batches:
            async for batch in batches:
                yield batch

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


async def _leave_out_ends(
    parts: AsyncGenerator[tuple[Partition, RecordBatch | None]],
) -> AsyncGenerator[RecordBatch]:
    async with aclosing(parts) as read:
        async for _, batch in read:
            if batch is not None:
                yield batch
