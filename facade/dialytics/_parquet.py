"""Record batches on disk: one Parquet file per partition, whole or not there."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from attrs import define, evolve, field

from ._arrow import pa, parquet
from ._checkpoints import Checkpoint, Partition
from ._folders import FileFolder, Ledger
from ._parquet_plans import plan_call, span_key
from .errors import ConfigurationError

# Row groups of this many bytes in memory: smaller ones pack badly, several partitions are open.
_ROW_GROUP = 16 << 20


@define(eq=False)
class _Open:
    """A file that is being written."""

    unfinished: Path
    writer: Any = None
    batches: list[Any] = field(factory=list)
    size: int = 0

    def take(self) -> list[Any]:
        """Return the rows that wait to be written, and keep them no longer."""
        batches, self.batches, self.size = self.batches, [], 0
        return batches


class ParquetFolder:
    """A folder of Parquet files, one for each partition of a listing.

    A file is written under a hidden name and gets its own when it is complete and on disk, so that
    a crash leaves no half file. Names are of operation, the window's start in UTC and key, such as
    ``digitalcx.interactions-20261001T000000-en.parquet``; a partition that is written again
    replaces its file.

    A checkpoint beside the files, ``_digitalcx.interactions.checkpoint.json``, tells which of them
    are complete. Readers of folders pass over names that begin so. Windows of several calls that
    share their arguments add up, as those of ``Checkpoint.split()`` do, also of several at once.

    Args:
        folder: Where the files go; it is made if it is not there.
        operation: What the files' names begin with.
        schema: The files' schema, that of the batches.
        compression: A codec that Parquet knows.

    Raises:
        ConfigurationError: The folder cannot be written to (also raised by the methods).
    """

    def __init__(
        self,
        folder: str | PathLike[str],
        operation: str,
        schema: pa.Schema,
        *,
        compression: str = "zstd",
    ) -> None:
        self._folder = FileFolder(folder, operation)
        self._schema = schema
        self._compression = compression
        self._files: dict[Partition, _Open] = {}
        self._checkpoint: Checkpoint | None = None
        self._ledger: Ledger | None = None
        # The files that are complete.
        self._there: set[Path] = set()
        self._closed = False
        # Closing must not take a file away from who writes it in another thread.
        self._lock = threading.RLock()

    @property
    def checkpoint(self) -> Checkpoint | None:
        """Where the call stands: what is not in files is still to be read."""
        return self._checkpoint

    def resume(self, start: Checkpoint, *, is_part: bool = False) -> Checkpoint:
        """Return where a call begins: with what former runs of it have not finished here.

        A file that is there without the checkpoint knowing it is written again, and so is one that
        has no end or whose window had not settled.

        Args:
            start: Where it would begin in an empty folder.
            is_part: Whether that is a checkpoint of the caller's own, of which the rest is wanted.

        Raises:
            ConfigurationError: Another run is writing some of these files.
            CheckpointMismatch: The files that are here are those of another call, or of windows
                that are not this call's; nothing has been touched.
        """
        folder = self._folder
        with folder.locked():
            known = folder.load(folder.read())
            here = frozenset[int]() if known is None else folder.finished(known)
            plan = plan_call(start, known, here, folder.refusal, is_part=is_part)
            names = {folder.name(one) for one in plan.whole.partitions}
            folder.refuse_strays({*names, *map(folder.name, plan.former)})
            wanted = (one for one in plan.whole.partitions if span_key(one) in plan.wanted)
            folder.claims.claim(start.arguments, [folder.name(one) for one in wanted])
            folder.remove({*map(folder.name, plan.former)} - names)
            missing = {one.index for one in plan.whole.rest}
            there = (one for one in plan.whole.partitions if one.index not in missing)
            self._there.update(map(folder.file, there))
            self._ledger = Ledger(folder, plan)
            self._ledger.write()
        self._checkpoint = plan.start
        return plan.start

    def save(self, checkpoint: Checkpoint) -> None:
        """Write down which partitions are finished.

        Args:
            checkpoint: Where the call stands.
        """
        if self._ledger is not None:
            with self._folder.locked():
                self._ledger.update(checkpoint)
        self._checkpoint = evolve(checkpoint, positions=())

    def paths(self) -> list[Path]:
        """Return the call's files, in the order of its windows.

        Raises:
            ConfigurationError: One is not there any more.
        """
        asked = () if self._checkpoint is None else self._checkpoint.partitions
        paths = [self._folder.file(one) for one in asked]
        for path in paths:
            if path in self._there and not path.exists():
                raise ConfigurationError(
                    f"the file {path} was removed while others were written; make the call again"
                )
        return [path for path in paths if path.exists()]

    def open(self, partition: Partition) -> None:
        """Begin a partition's file; what was written of it before is dropped."""
        self._drop(partition)
        self._files[partition] = _Open(self._folder.unfinished(partition))

    def add(self, partition: Partition, batch: pa.RecordBatch) -> Callable[[], None] | None:
        """Take rows of a partition, which is opened if it is not.

        Returns:
            What is to be done to write rows, which may be in another thread; ``None``: nothing yet.
            One such call must follow another.
        """
        if partition not in self._files:
            self.open(partition)
        file = self._files[partition]
        file.batches.append(batch)
        file.size += batch.nbytes
        return partial(self._write, file, file.take()) if file.size >= _ROW_GROUP else None

    def finish(self, partition: Partition) -> Path:
        """Complete a partition's file, give it its name and return that.

        A partition to which nothing was written gives a file without rows.
        """
        with self._lock:
            if partition not in self._files:
                self.open(partition)
            file = self._files[partition]
            self._write(file, file.take(), ends=True)
            path = self._folder.publish(partition)
            self._there.add(path)
            del self._files[partition]
            return path

    def complete(self, partition: Partition, checkpoint: Checkpoint) -> None:
        """Complete a partition's file and write down that it is there, unless this is closed."""
        with self._lock:
            if not self._closed:
                self.finish(partition)
                self.save(checkpoint)

    def close(self) -> None:
        """Drop the partitions that are not finished."""
        with self._lock:
            self._closed = True
            for partition in [*self._files]:
                self._drop(partition)
            self._folder.claims.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _drop(self, partition: Partition) -> None:
        file = self._files.pop(partition, None)
        if file is not None:
            # What is dropped need not be complete, nor the disk have room for its end.
            with suppress(OSError, pa.ArrowException):
                if file.writer is not None:
                    file.writer.close()
            with suppress(OSError):
                file.unfinished.unlink(missing_ok=True)

    def _write(self, file: _Open, batches: list[Any], *, ends: bool = False) -> None:
        with self._lock, self._folder.errors_named():
            if self._closed:
                return
            if file.writer is None:
                # It would take other names for addresses, or for the home of somebody.
                file.writer = parquet.ParquetWriter(
                    file.unfinished.absolute(), self._schema, compression=self._compression
                )
            if batches:
                file.writer.write_table(pa.Table.from_batches(batches))
            if ends:
                file.writer.close()
