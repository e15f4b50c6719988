"""Record batches on disk: one Parquet file per partition, whole or not there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from attrs import define, evolve, field

from ._arrow import pa, parquet
from ._checkpoints import Checkpoint, Partition
from .errors import CheckpointMismatch, ConfigurationError

# Row groups of this many bytes in memory: smaller ones pack badly, several partitions are open.
_ROW_GROUP = 16 << 20
_LONGEST_KEY = 60
_UNFINISHED = ".partial"


@define(eq=False)
class _Open:
    """A file that is being written."""

    writer: Any
    unfinished: Path
    batches: list[Any] = field(factory=list)
    size: int = 0

    def flush(self) -> None:
        if self.batches:
            self.writer.write_table(pa.Table.from_batches(self.batches))
            self.batches, self.size = [], 0


class ParquetFolder:
    """A folder of Parquet files, one for each partition of a listing.

    A file is written under a hidden name and gets its own when it is complete and on disk, so that
    a crash leaves no half file. Names sort by operation, the window's start in UTC and key, such as
    ``digitalcx.interactions-20261001T000000-en-00000.parquet``; a partition that is written again
    replaces its file. One run at a time may write an operation's files: at the start, what a former
    run left unfinished is removed.

    A checkpoint beside the files, ``_digitalcx.interactions.checkpoint.json``, tells which of them
    are complete. Readers of folders pass over names that begin so. Windows of several calls that
    share their arguments add up, as those of ``Checkpoint.split()`` do.

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
        self._folder = Path(folder)
        self._operation = _safe(operation)
        self._schema = schema
        self._compression = compression
        self._files: dict[Partition, _Open] = {}
        self._asked: tuple[Partition, ...] = ()
        # Windows of other calls that are not finished: this one does not read them.
        self._others: frozenset[int] = frozenset()
        self._checkpoint = self._folder / f"_{self._operation}.checkpoint.json"
        with self._errors_named():
            self._folder.mkdir(parents=True, exist_ok=True)
            for path in self._folder.iterdir():
                if path.name.startswith(f".{self._operation}-") and path.suffix == _UNFINISHED:
                    path.unlink()

    def resume(
        self, start: Checkpoint, *, is_part: bool = False, ends_now: bool = False
    ) -> Checkpoint:
        """Return where a call begins: with what a former run of it has not finished here.

        A file that is there without the checkpoint knowing it is written again.

        Args:
            start: Where it would begin in an empty folder.
            is_part: Whether that is a checkpoint of the caller's own, of which the rest is wanted.
            ends_now: Whether the call's end is another one each time.

        Raises:
            CheckpointMismatch: The files that are here are those of another call, or of windows
                that are not this call's; nothing has been touched.
        """
        known = self._load()
        here = frozenset[int]() if known is None else self._finished(known)
        former: list[Partition] = []
        if known is None or not here:
            plan = start.partitions
        elif (start.operation, start.arguments) != (known.operation, known.arguments):
            raise self._other_call("by a call with other arguments")
        elif ends_now and not is_part and not known.rest and _end(start) != _end(known):
            # A call without an end that was complete: now it ends later.
            plan, former, here = start.partitions, [*known.partitions], frozenset()
        else:
            plan = self._join(known, start, is_part=is_part, ends_now=ends_now)
        self._refuse_strays([*plan, *former])
        self._remove({self._name(one) for one in former} - {self._name(one) for one in plan})
        edges = known.edges if known is not None and here else ()
        begin = self._begin(evolve(start, edges=(*edges, *start.edges)), plan, here)
        self.save(begin)
        return begin

    def save(self, checkpoint: Checkpoint) -> None:
        """Write down which partitions are finished."""
        unfinished = self._folder / f".{self._operation}-checkpoint.json{_UNFINISHED}"
        finished = {*range(checkpoint.done), *checkpoint.finished} - self._others
        with self._errors_named():
            text = _finished(checkpoint, finished).to_json()
            unfinished.write_text(text, encoding="utf-8")
            _sync(unfinished)
            unfinished.replace(self._checkpoint)

    def paths(self) -> list[Path]:
        """Return the call's files, in the order of its windows."""
        return [path for one in self._asked if (path := self._path(one)).exists()]

    def open(self, partition: Partition) -> None:
        """Begin a partition's file; what was written of it before is dropped."""
        self._drop(partition)
        unfinished = self._folder / f".{self._name(partition)}{_UNFINISHED}"
        with self._errors_named():
            writer = parquet.ParquetWriter(unfinished, self._schema, compression=self._compression)
        self._files[partition] = _Open(writer, unfinished)

    def write(self, partition: Partition, batch: pa.RecordBatch) -> None:
        """Add rows to a partition, which is opened if it is not."""
        if partition not in self._files:
            self.open(partition)
        file = self._files[partition]
        file.batches.append(batch)
        file.size += batch.nbytes
        if file.size >= _ROW_GROUP:
            with self._errors_named():
                file.flush()

    def finish(self, partition: Partition) -> Path:
        """Complete a partition's file, give it its name and return that.

        A partition to which nothing was written gives a file without rows.
        """
        if partition not in self._files:
            self.open(partition)
        file = self._files[partition]
        path = self._path(partition)
        with self._errors_named():
            file.flush()
            file.writer.close()
            _sync(file.unfinished)
            file.unfinished.replace(path)
        # Where folders cannot be opened, they need not be.
        with suppress(OSError):
            _sync(self._folder)
        del self._files[partition]
        return path

    def close(self) -> None:
        """Drop the partitions that are not finished."""
        for partition in [*self._files]:
            self._drop(partition)

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
                file.writer.close()
            with suppress(OSError):
                file.unfinished.unlink(missing_ok=True)

    def _load(self) -> Checkpoint | None:
        with self._errors_named():
            if not self._checkpoint.exists():
                return None
            text = self._checkpoint.read_bytes()
        try:
            return Checkpoint.from_json(text)
        except CheckpointMismatch as error:
            problem = error.message
        raise CheckpointMismatch(
            f"{self._checkpoint} cannot be used ({problem}); remove it, and all is written again",
            operation=self._operation,
        )

    def _finished(self, known: Checkpoint) -> frozenset[int]:
        rest = {one.index for one in known.rest}
        done = (one for one in known.partitions if one.index not in rest)
        return frozenset(one.index for one in done if self._path(one).exists())

    def _join(
        self, known: Checkpoint, start: Checkpoint, *, is_part: bool, ends_now: bool
    ) -> tuple[Partition, ...]:
        """Return the folder's plan with the windows of a call that are not in it."""
        if not is_part and _covers(known, start, ends_now=ends_now):
            return known.partitions
        ours = {_unit(one) for one in known.partitions}
        more = [one for one in start.partitions if _unit(one) not in ours]
        if any(_overlap(one, other) for one in more for other in known.partitions):
            raise self._other_call("in other windows than this call's")
        count = len(known.partitions)
        added = (evolve(one, index=count + number) for number, one in enumerate(more))
        return (*known.partitions, *added)

    def _begin(
        self,
        start: Checkpoint,
        plan: tuple[Partition, ...],
        here: frozenset[int],
    ) -> Checkpoint:
        """Return where a call begins in a plan that may have windows of others too."""
        units = {_unit(one): one for one in plan}
        if all(_unit(one) in units for one in start.partitions):
            self._asked = tuple(units[_unit(one)] for one in start.partitions)
            wanted = {units[_unit(one)].index for one in start.rest}
        else:
            self._asked, wanted = plan, {one.index for one in plan}
        others = {one.index for one in plan} - wanted
        self._others = frozenset(others - here)
        return _finished(evolve(start, partitions=plan, dumped=[]), others | here)

    def _refuse_strays(self, plan: Iterable[Partition]) -> None:
        """Refuse a folder with files of the operation that would be read with the call's."""
        names = {self._name(one) for one in plan}
        pattern = re.compile(rf"{re.escape(self._operation)}-(.+-)?\d{{5,}}\.parquet")
        with self._errors_named():
            there = sorted(one.name for one in self._folder.iterdir())
        strays = [name for name in there if pattern.fullmatch(name) and name not in names]
        if strays:
            more = f" and {len(strays) - 1} more" if len(strays) > 1 else ""
            raise CheckpointMismatch(
                f"{self._folder} holds files of {self._operation} that are not of this call's "
                f"windows: {strays[0]}{more}; choose another folder, or remove them",
                operation=self._operation,
            )

    def _remove(self, names: Iterable[str]) -> None:
        with self._errors_named():
            for name in names:
                (self._folder / name).unlink(missing_ok=True)

    def _other_call(self, how: str) -> CheckpointMismatch:
        return CheckpointMismatch(
            f"the files in {self._folder} were written {how}; choose another folder, or remove "
            f"{self._checkpoint.name} and them",
            operation=self._operation,
        )

    def _path(self, partition: Partition) -> Path:
        return self._folder / self._name(partition)

    def _name(self, partition: Partition) -> str:
        parts = [self._operation]
        if partition.window is not None:
            start = partition.window.start
            fraction = f".{start:%f}" if start.microsecond else ""
            parts.append(f"{start:%Y%m%dT%H%M%S}{fraction}")
        if partition.key is not None:
            parts.append(_safe(partition.key))
        return "-".join([*parts, f"{partition.index:05d}.parquet"])

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else type(error).__name__
            raise ConfigurationError(
                f"the folder {self._folder} could not be written to ({reason}); make room, or "
                "choose another"
            ) from None


def _finished(checkpoint: Checkpoint, indexes: Iterable[int]) -> Checkpoint:
    return evolve(checkpoint, done=0, finished=tuple(sorted(indexes)), positions=())


def _unit(partition: Partition) -> tuple[object, ...]:
    window = partition.window
    return (partition.key, *((window.start, window.end) if window else ()))


def _overlap(one: Partition, other: Partition) -> bool:
    if one.key != other.key or one.window is None or other.window is None:
        return one.key == other.key
    return one.window.start < other.window.end and other.window.start < one.window.end


def _covers(known: Checkpoint, start: Checkpoint, *, ends_now: bool) -> bool:
    """Tell whether a plan holds all that another one of the same call asks for."""
    if None in {one.window for one in known.partitions}:
        return True
    spans = [(one.key, one.window) for one in known.partitions if one.window]
    keys = {one.key for one in start.partitions}
    first, last = min(one.start for _, one in spans), max(one.end for _, one in spans)
    wanted = [one.window for one in start.partitions if one.window]
    reaches = ends_now or max(one.end for one in wanted) <= last
    is_whole = sum((one.span for _, one in spans), timedelta(0)) == (last - first) * len(keys)
    return reaches and is_whole and first <= min(one.start for one in wanted)


def _end(checkpoint: Checkpoint) -> object:
    window = checkpoint.partitions[-1].window
    return None if window is None else window.end


def _safe(name: str) -> str:
    return quote(name, safe="")[:_LONGEST_KEY]


def _sync(path: Path) -> None:
    """Wait until a file, or a folder's list of names, is on disk."""
    number = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(number)
    finally:
        os.close(number)
