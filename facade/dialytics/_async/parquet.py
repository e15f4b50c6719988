"""Writing a listing into a folder of Parquet files, beside reading it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from functools import partial
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from .._checkpoints import Partition
from .._closings import aclosing
from .._columnar import arrow_schema
from .._parquet import ParquetFolder
from .._tasks import AsyncJob, async_sleep, async_stop_jobs, async_work
from ..errors import DialyticsError
from .delivery import AsyncDelivery

if TYPE_CHECKING:
    from pyarrow import RecordBatch


async def write_files(
    delivery: AsyncDelivery[Any],
    parts: AsyncGenerator[tuple[Partition, RecordBatch | None]],
    folder: str | PathLike[str],
) -> list[Path]:
    """Write a file for each window of a delivery, whose batches ``parts`` yields."""
    listing = delivery.listing
    schema = arrow_schema(listing.row_class)
    files = await async_work(ParquetFolder, folder, listing.operation.id, schema)
    with files:
        # From now on, also where this is cancelled, a checkpoint tells what is in files.
        delivery.sink = files
        begin = partial(files.resume, is_part=delivery.resumes)
        delivery.begin_at(await async_work(begin, delivery.start))
        try:
            async with AsyncTurns() as turns, aclosing(parts) as read:
                async for partition, batch in read:
                    step = (
                        partial(files.complete, partition, delivery.handed_out)
                        if batch is None
                        else files.add(partition, batch)
                    )
                    if step is not None:
                        await turns.take(step)
        except DialyticsError as error:
            # What was handed out beyond that is in no file.
            error.checkpoint = files.checkpoint
            raise
        return files.paths()


class AsyncTurns:
    """Calls that are made one after the other beside their caller, who is one call ahead."""

    def __init__(self) -> None:
        self._last: list[AsyncJob[None]] = []

    async def take(self, call: Callable[[], None]) -> None:
        """Make a call as soon as the one before has ended.

        Raises:
            DialyticsError: The one before has failed.
        """
        await self._rest()
        self._last = [AsyncJob(lambda _: async_work(call), async_sleep)]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait for the last call; its error is raised if there is no other."""
        try:
            if kind is None:
                await self._rest()
            elif issubclass(kind, Exception):
                with suppress(DialyticsError):
                    await self._rest()
        finally:
            await async_stop_jobs(self._last)

    async def _rest(self) -> None:
        last, self._last = self._last, []
        for job in last:
            await job.result()
