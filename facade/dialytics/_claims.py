"""Who writes to a folder: locks between runs, which end with their process at the latest."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from .errors import ConfigurationError

_UNFINISHED = ".partial"
_RUN = ".run"
_PAUSE = 0.01
# Seconds: a folder is locked for moments only, even by many runs on a slow disk.
_PATIENCE = 300.0

if sys.platform == "win32":
    import msvcrt

    # Beyond the file's end, as nobody else can read what is locked.
    _LOCKED = 1 << 30

    def _seize(number: int) -> None:
        os.lseek(number, _LOCKED, os.SEEK_SET)
        msvcrt.locking(number, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _seize(number: int) -> None:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Claims:
    """What one run writes in a folder, so that no other writes the same at the same time.

    A run holds a lock on a hidden file of its own, which says what it writes. The system lets go of
    the locks of a process that dies, however it dies: so what it left is known and removed. On file
    systems without locks nothing is, and runs do not know of each other.

    Args:
        folder: Where the files are.
        operation: What their names begin with.
    """

    def __init__(self, folder: Path, operation: str) -> None:
        self._folder = folder
        self._operation = operation
        self._run = uuid4().hex[:12]
        self._held: int | None = None

    def hide(self, name: str) -> Path:
        """Return where this run has a file until it is complete."""
        return self._folder / f".{name}.{self._run}{_UNFINISHED}"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep the operation's other runs waiting.

        Raises:
            ConfigurationError: Another one does so for ever, or the system says so.
        """
        path = self._folder / f".{self._operation}.lock"
        number = _open_locked(path)
        try:
            yield
        finally:
            # Open files cannot be removed everywhere.
            with suppress(OSError):
                path.unlink()
            os.close(number)

    def claim(self, arguments: str, names: Collection[str]) -> None:
        """Say what this run writes, and remove what runs left that have died, while locked.

        Args:
            arguments: The digest of the call's arguments.
            names: The files' names.

        Raises:
            ConfigurationError: Another run is writing one of them, or is of another call.
        """
        mine = self._path(self._run)
        number = os.open(mine, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        try:
            is_known = _lock(number)
            if is_known:
                self._clear(arguments, {*names})
                os.lseek(number, 0, os.SEEK_SET)
                os.write(number, json.dumps([arguments, *names]).encode())
                self._held = number
        finally:
            if self._held is None:
                _give_back(number, mine)

    def release(self) -> None:
        """Let others write."""
        number, self._held = self._held, None
        if number is not None:
            _give_back(number, self._path(self._run))

    def _clear(self, arguments: str, names: set[str]) -> None:
        """Refuse what another run writes; remove what is left of those that do not run."""
        hidden = [one for one in self._folder.iterdir() if one.name.startswith(self._prefix)]
        live = {self._run}
        for path in hidden:
            run = path.stem.removeprefix(self._prefix)
            if path.suffix != _RUN or run == self._run:
                continue
            if (told := _ask(path)) is None:
                path.unlink(missing_ok=True)
                continue
            live.add(run)
            others, *claimed = told
            if others != arguments or not names.isdisjoint(claimed):
                which = "the same files" if others == arguments else "with other arguments"
                raise ConfigurationError(
                    f"another run is writing {self._operation} into {self._folder} ({which}); "
                    "wait until it has ended, or choose another folder"
                )
        for path in hidden:
            if path.suffix == _UNFINISHED and path.stem.rpartition(".")[2] not in live:
                path.unlink(missing_ok=True)

    @property
    def _prefix(self) -> str:
        return f".{self._operation}-"

    def _path(self, run: str) -> Path:
        return self._folder / f"{self._prefix}{run}{_RUN}"


def _ask(path: Path) -> list[str] | None:
    """Return what a run has said that it writes; ``None`` if it does not run any more."""
    try:
        number = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        if _lock(number):
            return None
        told = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:
        told = None
    finally:
        os.close(number)
    return told if isinstance(told, list) and told else [""]


def _open_locked(path: Path) -> int:
    """Open a file and wait for its lock; it is removed by who held that before."""
    last = time.monotonic() + _PATIENCE
    while True:
        number = os.open(path, os.O_RDWR | os.O_CREAT)
        try:
            while _lock(number) is False:
                _pause(path, last)
            if _is_at(path, number):
                return number
        except BaseException:
            os.close(number)
            raise
        os.close(number)


def _pause(path: Path, last: float) -> None:
    if time.monotonic() >= last:
        raise ConfigurationError(
            f"{path} is held by another run, for longer than {_PATIENCE:.0f} s; end that run, or "
            "choose another folder"
        )
    time.sleep(_PAUSE)


def _lock(number: int) -> bool | None:
    """Tell whether an open file's lock was had; ``None`` where there are no locks."""
    try:
        _seize(number)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return None
    return True


def _is_at(path: Path, number: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(number))
    except FileNotFoundError:
        return False


def _give_back(number: int, path: Path) -> None:
    os.close(number)
    with suppress(OSError):
        path.unlink(missing_ok=True)
