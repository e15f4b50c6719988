"""Response bodies: kept as they came, unpacked on demand, and checked to be whole."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from attrs import field, frozen

from .errors import IncompleteBody, InvalidResponse

if TYPE_CHECKING:
    from ._spool import Stored

_ENCODINGS = frozenset({"br", "zstd", "compress", "dcb", "dcz"})
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
_PIECE = 1 << 18
_END = 1 << 14


class Kept:
    """Bytes in the pieces that they came in; sliced as ``bytes`` are.

    To put a page's pieces together takes longer than all else that is done before it is decoded.
    """

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self.pieces = pieces
        self._size = sum(map(len, pieces))

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(self._size)
        found, at = [], 0
        for piece in self.pieces:
            found.append(piece[max(0, start - at) : max(0, stop - at)])
            at += len(piece)
        return b"".join(found)


@frozen(eq=False)
class Body:
    """The bytes of a response and how they are encoded."""

    raw: bytes | Kept | Stored = field(repr=False)
    encoding: str = ""

    @property
    def size(self) -> int:
        """Bytes held, in memory or on disk."""
        return len(self.raw)

    def read(self) -> bytes:
        """Return the whole content."""
        return self.raw[:] if not self.encoding else b"".join(self.pieces())

    def pieces(self) -> Iterator[bytes]:
        """Yield the content in pieces of bounded size.

        Raises:
            IncompleteBody: The compressed stream is cut, or more follows its end.
            InvalidResponse: It is not compressed in the way that it says.
        """
        if self.encoding:
            yield from self._unpack()
        elif isinstance(self.raw, Kept):
            yield from self.raw.pieces
        else:
            for start in range(0, len(self.raw), _PIECE):
                yield self.raw[start : start + _PIECE]

    def read_leniently(self) -> bytes:
        """Return the beginning of an error's body, or as much of it as can be had."""
        pieces: list[bytes] = []
        with suppress(InvalidResponse):
            # An error's text is short; what unpacks to more is not one.
            pieces.extend(islice(self.pieces(), 2))
        return b"".join(pieces)

    def check(self) -> bytes:
        """See that a body is whole, reading through a packed one once; return its last bytes."""
        if not self.encoding:
            return self.raw[-_END:]
        last = b""
        for piece in self.pieces():
            last = piece[-_END:] if len(piece) >= _END else (last + piece)[-_END:]
        return last

    def _unpack(self) -> Iterator[bytes]:
        unpacker, end = zlib.decompressobj(_GZIP_OR_ZLIB), 0
        # A look at the beginning should cost little.
        most = _END
        try:
            # A slice at a time: what is left of the input is copied at every step.
            while end < len(self.raw) and not unpacker.eof:
                packed, end = self.raw[end : end + _PIECE], end + _PIECE
                while packed and not unpacker.eof:
                    yield unpacker.decompress(packed, most)
                    packed, most = unpacker.unconsumed_tail, _PIECE
        except zlib.error:
            error = InvalidResponse(f"the body is not valid {self.encoding}")
            # Damaged on its way, most likely.
            error.garbled = True
            raise error from None
        if self.raw and not unpacker.eof:
            raise IncompleteBody("the compressed body ends before its stream does")
        if unpacker.unused_data or end < len(self.raw):
            raise IncompleteBody("the compressed body goes on after the end of its stream")


def packed_body(raw: bytes | Kept | Stored, content_encoding: str | None) -> Body:
    """Wrap what came over the wire under its Content-Encoding."""
    encoding = (content_encoding or "").strip().lower().removeprefix("x-")
    if encoding in {"", "identity"}:
        return Body(raw)
    if encoding in {"gzip", "deflate"}:
        return Body(raw, encoding)
    # Any other name may be somebody's word.
    name = encoding if encoding in _ENCODINGS else "another encoding"
    raise InvalidResponse(f"the body is compressed with {name}, which nobody asked for")
