"""A folder with a file for each partition of a listing, and the checkpoint beside them."""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from os import PathLike
from pathlib import Path
from urllib.parse import quote

from attrs import evolve

from ._checkpoints import Checkpoint, Partition
from ._claims import Claims
from ._parquet_plans import FolderPlan, merge
from .errors import CheckpointMismatch, ConfigurationError

_LONGEST_KEY = 60
# What is written in capitals of a culture such as nl-BE.
_REGION = re.compile(r"(?<=-)[a-z]{2}\Z")
_ALL = "all"
_MAGIC = b"PAR1"
_FULL = {errno.ENOSPC, errno.EDQUOT}


class FileFolder:
    """The names of an operation's files in a folder, and what is known of them.

    Args:
        path: The folder; it is made if it is not there.
        operation: What the files' names begin with.

    Raises:
        ConfigurationError: The folder cannot be written to (also raised by the methods).
    """

    def __init__(self, path: str | PathLike[str], operation: str) -> None:
        self.path = Path(path)
        self.operation = _safe(operation)
        self.checkpoint = self.path / f"_{self.operation}.checkpoint.json"
        self.claims = Claims(self.path, self.operation)
        with self.errors_named():
            self.path.mkdir(parents=True, exist_ok=True)

    def file(self, partition: Partition) -> Path:
        """Return where a partition's file is when it is complete."""
        return self.path / self.name(partition)

    def unfinished(self, partition: Partition) -> Path:
        """Return where a partition's file is until then."""
        return self.claims.hide(self.name(partition))

    def name(self, partition: Partition) -> str:
        """Return the name of a partition's file, whoever writes it.

        Windows that begin at one time take each other's place: in a folder none overlap.
        """
        parts = [self.operation]
        if partition.window is not None:
            start = partition.window.start
            fraction = f".{start:%f}" if start.microsecond else ""
            parts.append(f"{start.year:04}{start:%m%dT%H%M%S}{fraction}")
        if partition.key is not None:
            parts.append(_safe(partition.key))
        if len(parts) == 1:
            parts.append(_ALL)
        return f"{'-'.join(parts)}.parquet"

    def read(self) -> bytes | None:
        """Return the text of the checkpoint that is here, if there is one."""
        with self.errors_named(), suppress(FileNotFoundError):
            return self.checkpoint.read_bytes()
        return None

    def load(self, text: bytes | None) -> Checkpoint | None:
        """Return the checkpoint that has this text.

        Raises:
            CheckpointMismatch: It cannot be used.
        """
        try:
            return None if text is None else Checkpoint.from_json(text)
        except CheckpointMismatch as error:
            problem = error.message
        raise CheckpointMismatch(
            f"{self.checkpoint} cannot be used ({problem}); remove it, and all is written again",
            operation=self.operation,
        )

    def save(self, checkpoint: Checkpoint) -> bytes:
        """Put a checkpoint beside the files; return its text."""
        unfinished = self.claims.hide(f"{self.operation}-checkpoint.json")
        text = checkpoint.to_json().encode()
        with self.errors_named():
            unfinished.write_bytes(text)
            sync(unfinished)
            unfinished.replace(self.checkpoint)
        return text

    def finished(self, known: Checkpoint) -> frozenset[int]:
        """Return the partitions that a checkpoint has as finished and whose files are whole."""
        rest = {one.index for one in known.rest}
        done = (one for one in known.partitions if one.index not in rest)
        return frozenset(one.index for one in done if _is_whole(self.file(one)))

    def publish(self, partition: Partition) -> Path:
        """Give a file that is complete its name, and return that."""
        path, unfinished = self.file(partition), self.unfinished(partition)
        with self.errors_named():
            sync(unfinished)
            unfinished.replace(path)
        # Where folders cannot be opened, they need not be.
        with suppress(OSError):
            sync(self.path)
        return path

    def refuse_strays(self, names: Collection[str]) -> None:
        """Refuse a folder with files of the operation that would be read with the call's.

        Args:
            names: Those of the call's files.

        Raises:
            CheckpointMismatch: There are some.
        """
        begin = f"{re.escape(self.operation)}-"
        pattern = re.compile(rf"{begin}(\d{{8}}T\d{{6}}(\.\d{{6}})?(-.+)?|{_ALL})\.parquet")
        if not all(map(pattern.fullmatch, names)):
            # Where there are no windows, a key may be any name.
            pattern = re.compile(rf"{begin}[\w.~%-]+\.parquet", re.ASCII)
        with self.errors_named():
            there = sorted(one.name for one in self.path.iterdir())
        strays = [name for name in there if pattern.fullmatch(name) and name not in names]
        if strays:
            more = f" and {len(strays) - 1} more" if len(strays) > 1 else ""
            raise CheckpointMismatch(
                f"{self.path} holds files of {self.operation} that are not of this call's "
                f"windows: {strays[0]}{more}; choose another folder, or remove them",
                operation=self.operation,
            )

    def remove(self, names: Iterable[str]) -> None:
        """Remove files by their names, if they are there."""
        with self.errors_named():
            for name in names:
                (self.path / name).unlink(missing_ok=True)

    def refusal(self, how: str) -> CheckpointMismatch:
        """Return the error of a call that does not fit to what is here."""
        return CheckpointMismatch(
            f"the files in {self.path} were written {how}; choose another folder, or remove "
            f"{self.checkpoint.name} and them",
            operation=self.operation,
        )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep the operation's other runs waiting."""
        with self.errors_named(), self.claims.locked():
            yield

    @contextmanager
    def errors_named(self) -> Iterator[None]:
        """Say in our own words that files cannot be written."""
        try:
            yield
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else type(error).__name__
            remedy = "make room, or choose" if error.errno in _FULL else "choose"
            raise ConfigurationError(
                f"the folder {self.path} could not be written to ({reason}); {remedy} another"
            ) from None


class Ledger:
    """What is written down of a folder, by several runs at once. To be used while it is locked.

    Args:
        folder: The folder.
        plan: What this run does in it.
    """

    def __init__(self, folder: FileFolder, plan: FolderPlan) -> None:
        self._folder = folder
        self._whole = plan.whole
        self._wanted = plan.wanted
        # Nothing is there beside this call's windows.
        self._owns_all = plan.start == plan.whole
        self._text: bytes | None = None

    def update(self, checkpoint: Checkpoint) -> None:
        """Write down where this run stands, beside what the others have written down meanwhile.

        Raises:
            CheckpointMismatch: That is of another call.
        """
        text = self._folder.read()
        if self._owns_all and text == self._text:
            self._whole = evolve(checkpoint, positions=())
            self.write()
            return
        self._owns_all = False
        theirs = None if text == self._text else self._folder.load(text)
        if theirs is not None and theirs.arguments != checkpoint.arguments:
            raise self._folder.refusal("by a call with other arguments")
        self._whole = merge(checkpoint, theirs or self._whole, self._wanted)
        self.write()

    def write(self) -> None:
        """Put what is known beside the files."""
        self._text = self._folder.save(self._whole)


def _safe(name: str) -> str:
    """Return a name that is a part of a file's name anywhere; no two become the same.

    Nor are there two that differ in case only: one in small letters with a region in capitals,
    ``nl`` or ``nl-BE``, stays as it is, and every other spelling gets a digest.
    """
    safe = quote(name, safe="")
    usual = _REGION.sub(lambda found: found[0].upper(), name.lower())
    if name == usual and "~" not in name and len(safe) <= _LONGEST_KEY:
        return safe
    return f"{safe[:_LONGEST_KEY]}~{hashlib.blake2b(name.encode(), digest_size=4).hexdigest()}"


def _is_whole(path: Path) -> bool:
    """Tell whether a file is there, and has the beginning and the end of a Parquet file."""
    with suppress(OSError), path.open("rb") as file:
        begin = file.read(len(_MAGIC))
        file.seek(-len(_MAGIC), os.SEEK_END)
        return begin == file.read() == _MAGIC and file.tell() > 2 * len(_MAGIC)
    return False


def sync(path: Path) -> None:
    """Wait until a file, or a folder's list of names, is on disk."""
    number = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(number)
    finally:
        os.close(number)
