"""Files of a tree, exchanged all at once or not at all."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


class TreeError(Exception):
    """Why a tree stays as it is."""


def read_files(root: Path, tops: Iterable[str]) -> dict[str, bytes]:
    """Read the files below some names of a tree."""
    files = {}
    for top in (root / one for one in tops):
        for path in [top] if top.is_file() else top.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                files[path.relative_to(root).as_posix()] = path.read_bytes()
    return files


def exchange_files(
    root: Path, old: Mapping[str, bytes], new: Mapping[str, bytes], last: str
) -> list[str]:
    """Make a tree's files those of ``new``: all of them, or after any failure none.

    Args:
        root: The tree.
        old: The files as they were when the work began.
        new: The files as they are to be.
        last: The file to write last, which says that the others are there.

    Returns:
        The names that changed.

    Raises:
        TreeError: Somebody changed one of the files in the meantime.
        OSError: A file cannot be written.
    """
    names = sorted(
        (name for name in old.keys() | new.keys() if old.get(name) != new.get(name)),
        key=lambda name: (name == last, name),
    )
    changed = [name for name in names if _read(root / name) != old.get(name)]
    if changed:
        raise TreeError(f"changed in the meantime, so run it again: {', '.join(changed)}")
    with _uninterrupted():
        scratch = Path(tempfile.mkdtemp(prefix=".exchange-", dir=root))
        try:
            _write(scratch / "new", root, names, new)
            _write(scratch / "old", root, names, old)
            _move(scratch, root, names)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return sorted(names)


def _write(folder: Path, root: Path, names: Iterable[str], files: Mapping[str, bytes]) -> None:
    """Write files beside the tree, so that moving them costs no room and no time."""
    for name in names:
        if name in files:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files[name])
            if (root / name).exists():
                shutil.copymode(root / name, path)


def _move(scratch: Path, root: Path, names: list[str]) -> None:
    made = [
        parent
        for name in names
        for parent in (root / name).parents
        if parent.is_relative_to(root) and not parent.exists()
    ]
    try:
        _place(scratch / "new", root, names)
    except BaseException:
        before = scratch / "old"
        _place(before, root, [name for name in names if _read(root / name) != _read(before / name)])
        for folder in sorted(set(made), reverse=True):
            if folder.exists():
                folder.rmdir()
        raise


def _place(folder: Path, root: Path, names: Iterable[str]) -> None:
    """Move files into the tree; what the folder does not have goes."""
    for name in names:
        source, target = folder / name, root / name
        if source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)
        else:
            target.unlink(missing_ok=True)


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let Ctrl-C wait until the files are where they belong."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
