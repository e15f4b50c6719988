"""Bodies: whatever the encoding, whole or refused, in pieces of bounded size."""

from __future__ import annotations

import gzip
import random
import tracemalloc
import zlib
from collections.abc import Callable, Mapping
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialytics._body import Body, Kept, packed_body
from dialytics.errors import IncompleteBody, InvalidResponse

LARGEST: Final = 1 << 18
END: Final = 1 << 14
PACK: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
}
ENCODINGS: Final = st.sampled_from(sorted(PACK))
# Noise and repetition, longer than a piece: unpacking then needs many steps.
CONTENTS: Final = st.binary(max_size=300) | st.builds(
    lambda seed, count: random.Random(seed).randbytes(3_000) * count,
    st.integers(0, 99),
    st.integers(1, 300),
)


@given(CONTENTS, st.sampled_from(["", "identity", " GZIP ", "gzip", "x-gzip", "deflate", None]))
def test_any_content_comes_back(content: bytes, encoding: str | None) -> None:
    """What was packed is unpacked, whole and in pieces that are never long."""
    name = (encoding or "").strip().lower().removeprefix("x-")
    raw = PACK[name](content) if name in PACK else content
    body = packed_body(raw, encoding)
    pieces = list(body.pieces())
    assert body.check() == content[-END:]
    assert b"".join(pieces) == body.read() == content
    assert body.read_leniently() == b"".join(pieces[:2])
    assert max(map(len, pieces), default=0) <= LARGEST
    assert body.size == len(raw)


@given(CONTENTS, ENCODINGS, st.integers(0, 10**9))
def test_cut_anywhere_is_noticed(content: bytes, encoding: str, cut: int) -> None:
    """A compressed stream that is cut after any of its bytes is incomplete."""
    raw = PACK[encoding](content)
    body = Body(raw[: 1 + cut % (len(raw) - 1)], encoding)
    for use in (body.read, body.check):
        with pytest.raises(IncompleteBody, match="ends before"):
            use()
    assert content.startswith(body.read_leniently())


@given(CONTENTS, ENCODINGS, st.binary(min_size=1, max_size=40) | CONTENTS.map(gzip.compress))
def test_anything_after_the_end_is_noticed(content: bytes, encoding: str, more: bytes) -> None:
    """A second member or anything else after the stream's end is not passed over."""
    body = Body(PACK[encoding](content) + more, encoding)
    for use in (body.read, body.check):
        with pytest.raises(IncompleteBody, match="goes on after"):
            use()


PACKED: Final = gzip.compress(b"quasi" * 9, mtime=0)
SPOILED: Final[Mapping[str, tuple[bytes, type[InvalidResponse]]]] = {
    "second member": (PACKED + gzip.compress(b"modo", mtime=0), IncompleteBody),
    "second member begun": (PACKED + PACKED[:3], IncompleteBody),
    "empty second member": (PACKED + gzip.compress(b"", mtime=0), IncompleteBody),
    "padding": (PACKED + bytes(8), IncompleteBody),
    "garbage": (PACKED + b"quasimodo", IncompleteBody),
    "without its length": (PACKED[:-4], IncompleteBody),
    "without checksum and length": (PACKED[:-8], IncompleteBody),
    "in the middle": (PACKED[: len(PACKED) // 2], IncompleteBody),
    "in the header": (PACKED[:5], IncompleteBody),
    "wrong length": (PACKED[:-1] + b"x", InvalidResponse),
}


@pytest.mark.parametrize("size", [1, 7, 1_000])
@pytest.mark.parametrize(("raw", "error"), SPOILED.values(), ids=SPOILED)
def test_gzip_in_pieces_as_they_came(raw: bytes, error: type[InvalidResponse], size: int) -> None:
    """However a stream was cut into pieces on its way, it is whole or it is refused."""

    def pack(whole: bytes) -> Body:
        return Body(Kept([whole[at : at + size] for at in range(0, len(whole), size)]), "gzip")

    assert pack(PACKED).read() == b"quasi" * 9
    for use in (pack(raw).read, pack(raw).check):
        with pytest.raises(InvalidResponse) as caught:
            use()
        assert type(caught.value) is error


@given(st.lists(st.binary(max_size=9)), st.slices(40))
def test_pieces_are_sliced_as_bytes_are(pieces: list[bytes], part: slice) -> None:
    """Bytes in pieces, of which any may be empty, are what they are in one."""
    whole, part = b"".join(pieces), slice(part.start, part.stop)
    assert Kept(pieces)[part] == whole[part]
    assert len(Kept(pieces)) == len(whole)
    assert list(Body(Kept(pieces)).pieces()) == pieces


@pytest.mark.parametrize("offset", [-1, 0, 1])
@pytest.mark.parametrize("encoding", sorted(PACK))
def test_second_member_at_a_step_is_noticed(encoding: str, offset: int) -> None:
    """A stream whose end falls together with a step of unpacking hides no second member."""
    noise = random.Random(1).randbytes(2 * LARGEST)
    content = noise[: LARGEST + offset - len(PACK[encoding](noise[:LARGEST])) + LARGEST]
    raw = PACK[encoding](content)
    assert len(raw) == LARGEST + offset
    assert Body(raw, encoding).read() == content
    with pytest.raises(IncompleteBody, match="goes on after"):
        Body(raw + raw, encoding).read()


@pytest.mark.parametrize("encoding", sorted(PACK))
@pytest.mark.parametrize("more", [1, END - 1, END, END + 1])
def test_the_end_is_told_across_pieces(encoding: str, more: int) -> None:
    """The last bytes are as many as wanted, also where the last piece has fewer."""
    content = random.Random(3).randbytes(LARGEST + more)
    assert Body(PACK[encoding](content), encoding).check() == content[-END:]


@pytest.mark.parametrize("encoding", sorted(PACK))
def test_lengths_around_a_piece_come_whole(encoding: str) -> None:
    """No byte is lost where a run of equal ones, which packs to a few bits, ends near a piece."""
    for size in range(LARGEST - 5, LARGEST + 600, 7):
        assert len(Body(PACK[encoding](bytes(size)), encoding).read()) == size


@pytest.mark.parametrize(
    "raw", [b"{}", b"<html>", b"\x1f\x8b\x08junk and more junk", b"\x78\x9c\xff\xff"]
)
@pytest.mark.parametrize("encoding", sorted(PACK))
def test_garbage_is_refused(raw: bytes, encoding: str) -> None:
    """Bytes that are not compressed as they say are invalid, not cut."""
    with pytest.raises(InvalidResponse, match=f"not valid {encoding}") as caught:
        Body(raw, encoding).read()
    assert not isinstance(caught.value, IncompleteBody)


@given(CONTENTS, st.integers(0, 10**9))
def test_wrong_checksum_is_refused(content: bytes, bits: int) -> None:
    """A gzip stream whose checksum does not fit its content is invalid."""
    raw = bytearray(gzip.compress(content))
    raw[-8 + bits % 4] ^= 1 << bits % 8
    with pytest.raises(InvalidResponse, match="not valid gzip"):
        Body(bytes(raw), "gzip").check()


@given(st.binary(), ENCODINGS)
def test_any_bytes_end_in_content_or_our_error(raw: bytes, encoding: str) -> None:
    """Unpacking anything gives bytes or InvalidResponse; leniently, it gives bytes."""
    body = Body(raw, encoding)
    assert isinstance(body.read_leniently(), bytes)
    try:
        assert body.read().startswith(body.read_leniently())
    except InvalidResponse:
        assert raw


def test_an_empty_body_is_whole() -> None:
    """No bytes at all are no content, whatever the header says."""
    for encoding in ("", "gzip", "deflate"):
        assert Body(b"", encoding).read() == b""
        Body(b"", encoding).check()


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "quasi" * 1_000])
def test_other_encodings_are_refused(encoding: str) -> None:
    """An encoding that was not asked for is named in the error, in a few characters."""
    with pytest.raises(InvalidResponse, match="which nobody asked for") as caught:
        packed_body(b"x", encoding)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("encoding", sorted(PACK))
def test_bombs_are_unpacked_in_bounded_memory(encoding: str) -> None:
    """A body that unpacks to a thousand times its size is read in small pieces throughout."""
    packer = zlib.compressobj(wbits=31 if encoding == "gzip" else 15)
    raw = b"".join(packer.compress(bytes(1 << 20)) for _ in range(100)) + packer.flush()
    assert len(raw) * 900 < 100 << 20
    tracemalloc.start()
    Body(raw, encoding).check()
    total = 0
    for piece in Body(raw, encoding).pieces():
        total += len(piece)
        assert len(piece) <= LARGEST
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == 100 << 20
    assert peak < 8 * LARGEST


def test_reading_takes_linear_memory_traffic() -> None:
    """No step copies the rest of a long body: the largest block asked for is about a piece."""
    raw = gzip.compress(random.Random(2).randbytes(16 << 20), 1)
    tracemalloc.start()
    Body(raw, "gzip").check()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * LARGEST


def test_repr_shows_no_content() -> None:
    """A body's repr holds nothing of what was said."""
    assert "quasimodo" not in repr(Body(b"quasimodo"))
