"""Bodies as they arrive: what was put in comes out, from memory or from a file."""

from __future__ import annotations

import gc
import tracemalloc
from io import FileIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialytics import _spool
from dialytics._body import Body, Kept
from dialytics._spool import Spool, Stored
from dialytics.errors import ConfigurationError

PIECES = st.lists(st.binary(max_size=40), max_size=12)


def fill(pieces: list[bytes]) -> Kept | Stored:
    spool = Spool()
    for piece in pieces:
        spool.append(piece)
    assert spool.size == sum(map(len, pieces))
    return spool.close()


@given(PIECES, st.integers(0, 60), st.integers(0, 500), st.integers(0, 500))
def test_bytes_come_back(pieces: list[bytes], most: int, start: int, stop: int) -> None:
    """Whatever the pieces and the limit, every slice is that of the pieces put together."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_spool, "_MOST_IN_MEMORY", most)
        kept = fill(pieces)
    whole = b"".join(pieces)
    assert isinstance(kept, Stored) == (len(whole) > most)
    assert (len(kept), kept[:], kept[start:stop]) == (len(whole), whole, whole[start:stop])
    assert b"".join(Body(kept).pieces()) == whole


def test_files_have_no_name_and_go_with_the_body(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large body leaves nothing in the system's folder, and no warning when it is dropped."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    kept = fill([b"x" * (5 << 20)])
    assert isinstance(kept, Stored)
    assert [*tmp_path.iterdir()] == []
    file = kept._file
    del kept
    gc.collect()
    assert file.closed


def test_no_room_is_our_own_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that cannot be written to is named as what it is, not as a failed connection."""
    monkeypatch.setattr("tempfile.tempdir", "/nowhere/at/all")
    with pytest.raises(ConfigurationError, match=r"temporary file .*TMPDIR"):
        fill([b"x" * (5 << 20)])


def test_reading_between_appends_disturbs_neither() -> None:
    """What is read in the middle of taking more does not move where that goes."""
    kept = Stored()
    for piece in (b"abc", b"def", b"ghi"):
        kept.append(piece)
        assert kept[1:2] == b"b"
    assert kept[:] == b"abcdefghi"


def test_writes_in_parts_are_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that takes only a part of what is written is given the rest."""

    class Slow(FileIO):
        def write(self, content: Any, /) -> int:
            return super().write(content[:7])

    monkeypatch.setattr("tempfile.TemporaryFile", lambda buffering: Slow(tmp_path / "slow", "x+"))
    kept = Stored()
    kept.append(b"0123456789" * 5)
    kept.append(b"x")
    assert kept[:] == b"0123456789" * 5 + b"x"


def test_what_went_to_a_file_is_not_in_memory() -> None:
    """However large a body, the pieces that came before the file was opened are let go."""
    tracemalloc.start()
    spool = Spool()
    for _ in range(24):
        spool.append(bytes(1 << 18))
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert spool.size == 6 << 20
    assert held < 1 << 19
    assert peak < 5 << 20


def test_what_is_announced_as_large_goes_to_a_file_at_once() -> None:
    """Where the size is known before, nothing is gathered in memory; a wrong one does no harm."""
    for expected, stored in ((3 << 20, False), ((3 << 20) + 1, True)):
        spool = Spool(expected)
        spool.append(b"abc")
        spool.append(b"d")
        kept = spool.close()
        assert (isinstance(kept, Stored), kept[:], spool.size) == (stored, b"abcd", 4)
