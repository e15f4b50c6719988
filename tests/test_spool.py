"""Bodies as they arrive: what was put in comes out, from memory or from a file."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialytics import _spool
from dialytics._body import Body
from dialytics._spool import Spool, Stored
from dialytics.errors import ConfigurationError

PIECES = st.lists(st.binary(max_size=40), max_size=12)


def fill(pieces: list[bytes]) -> bytes | Stored:
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
