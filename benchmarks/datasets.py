"""Prepared pages on disk, made once and mapped into memory by whoever serves them."""

from __future__ import annotations

import hashlib
import mmap
import zlib
from array import array
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from attrs import frozen

from . import rows
from .scenario import Scenario


@frozen(eq=False)
class Pieces:
    """A file of many pieces, any run of which is one slice."""

    content: memoryview
    ends: memoryview

    @classmethod
    def open(cls, path: Path) -> Pieces:
        """Map a file and its index into memory."""
        return cls(_map(path), _map(path.with_suffix(".ends")).cast("Q"))

    def slice(self, first: int, last: int) -> memoryview:
        """Return the bytes of the pieces ``[first, last)``."""
        return self.content[self.ends[first] : self.ends[last]]


def open_rows(folder: Path, scenario: Scenario) -> Pieces:
    """Return a scenario's CSV rows, one piece each."""
    name = f"rows-{scenario.rows}-{scenario.days}.csv"
    return _prepare(folder, name, partial(_write_days, scenario))


def open_packed(folder: Path, scenario: Scenario) -> Pieces:
    """Return a scenario's whole pages as gzip, one piece each."""
    name = f"pages-{scenario.rows}-{scenario.days}-{scenario.page}.gz"
    return _prepare(folder, name, partial(_pack_pages, folder, scenario))


def open_objects(folder: Path, scenario: Scenario) -> Pieces:
    """Return a scenario's whole pages as JSON, one piece each."""
    name = f"pages-{scenario.rows}-{scenario.days}-{scenario.page}.json"
    return _prepare(folder, name, partial(_write_objects, folder, scenario))


def _write_days(scenario: Scenario) -> Iterator[bytes]:
    for day in range(scenario.days):
        yield from rows.write_day(day, scenario.rows)


def _pack_pages(folder: Path, scenario: Scenario) -> Iterator[bytes]:
    for page in _iterate_pages(folder, scenario):
        packer = zlib.compressobj(1, wbits=31)
        yield packer.compress(rows.HEADER) + packer.compress(page) + packer.flush()


def _write_objects(folder: Path, scenario: Scenario) -> Iterator[bytes]:
    return map(rows.write_objects, _iterate_pages(folder, scenario))


def _iterate_pages(folder: Path, scenario: Scenario) -> Iterator[memoryview]:
    content = open_rows(folder, scenario)
    for first in range(0, scenario.rows * scenario.days, scenario.page):
        yield content.slice(first, first + scenario.page)


def _prepare(folder: Path, name: str, write: Callable[[], Iterator[bytes]]) -> Pieces:
    """Write a file and its index unless they are there, and map them."""
    path = folder / f"{_version()}-{name}"
    ends = path.with_suffix(".ends")
    if not ends.exists():
        folder.mkdir(parents=True, exist_ok=True)
        index, end = array("Q", [0]), 0
        with path.open("wb") as file:
            for piece in write():
                end += file.write(piece)
                index.append(end)
        # Renamed last: an index that is there is whole, and so is its file.
        part = ends.with_suffix(".part")
        part.write_bytes(index.tobytes())
        part.rename(ends)
    return Pieces.open(path)


def _version() -> str:
    """Return a digest of what writes the rows, so that a change of it is not overlooked."""
    source = Path(rows.__file__).read_bytes() + ",".join(rows.COLUMNS).encode()
    return hashlib.blake2b(source, digest_size=4).hexdigest()


def _map(path: Path) -> memoryview:
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
