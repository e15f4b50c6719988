"""Bytes as they arrive: few stay in memory, many go to a temporary file."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ._body import Kept
from .errors import ConfigurationError

_MOST_IN_MEMORY = 3 << 20


class Stored:
    """Bytes in an unnamed file, which goes with this object; sliced as ``bytes`` are."""

    def __init__(self) -> None:
        self._size = 0
        self._lock = threading.Lock()
        import tempfile  # noqa: PLC0415  # takes long to import, and is rarely needed

        with _room_named():
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  # closed by __del__

    def append(self, piece: bytes) -> None:
        """Write bytes at the end."""
        with _room_named():
            self._file.seek(self._size)
            while piece:
                written = self._file.write(piece)
                self._size += written
                piece = piece[written:]

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(self._size)
        with self._lock, _room_named():
            self._file.seek(start)
            return self._file.read(max(0, stop - start))

    def __del__(self) -> None:
        if (file := getattr(self, "_file", None)) is not None:
            file.close()


class Spool:
    """Takes the pieces of a body.

    Args:
        expected: How many bytes are announced: what will not stay in memory never goes there.

    Raises:
        ConfigurationError: There is no room for temporary files.
    """

    def __init__(self, expected: int = 0) -> None:
        self.size = 0
        self._pieces: list[bytes] = []
        self._stored = Stored() if expected > _MOST_IN_MEMORY else None

    def append(self, piece: bytes) -> None:
        """Take the next piece.

        Raises:
            ConfigurationError: There is no room for temporary files.
        """
        self.size += len(piece)
        if self._stored is not None:
            self._stored.append(piece)
            return
        self._pieces.append(piece)
        if self.size > _MOST_IN_MEMORY:
            self._stored = Stored()
            for kept in self._pieces:
                self._stored.append(kept)
            self._pieces.clear()

    def close(self) -> Kept | Stored:
        """Return all that was taken."""
        return Kept(self._pieces) if self._stored is None else self._stored


@contextmanager
def _room_named() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigurationError(
            f"a large response could not be kept in a temporary file ({reason}); make room, or "
            "point TMPDIR elsewhere"
        ) from None
