"""Response bodies: kept as they came, unpacked on demand, and checked to be whole."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from attrs import field, frozen

from .errors import IncompleteBody, InvalidResponse

if TYPE_CHECKING:
    from ._spool import Stored

_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
_PIECE = 1 << 18


@frozen(eq=False)
class Body:
    """The bytes of a response and how they are encoded."""

    raw: bytes | Stored = field(repr=False)
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
        if not self.encoding:
            for start in range(0, len(self.raw), _PIECE):
                yield self.raw[start : start + _PIECE]
            return
        yield from self._unpack()

    def read_leniently(self) -> bytes:
        """Return the beginning of an error's body, or as much of it as can be had."""
        pieces: list[bytes] = []
        with suppress(InvalidResponse):
            # An error's text is short; what unpacks to more is not one.
            pieces.extend(islice(self.pieces(), 1))
        return b"".join(pieces)

    def check(self) -> None:
        """Read through a compressed body once, keeping nothing, to see that it is whole."""
        if self.encoding:
            for _ in self.pieces():
                pass

    def _unpack(self) -> Iterator[bytes]:
        unpacker, end = zlib.decompressobj(_GZIP_OR_ZLIB), 0
        try:
            # A slice at a time: what is left of the input is copied at every step.
            while end < len(self.raw) and not unpacker.eof:
                packed, end = self.raw[end : end + _PIECE], end + _PIECE
                while packed and not unpacker.eof:
                    yield unpacker.decompress(packed, _PIECE)
                    packed = unpacker.unconsumed_tail
        except zlib.error:
            raise InvalidResponse(f"the body is not valid {self.encoding}") from None
        if self.raw and not unpacker.eof:
            raise IncompleteBody("the compressed body ends before its stream does")
        if unpacker.unused_data or end < len(self.raw):
            raise IncompleteBody("the compressed body goes on after the end of its stream")


def packed_body(raw: bytes | Stored, content_encoding: str | None) -> Body:
    """Wrap what came over the wire under its Content-Encoding."""
    encoding = (content_encoding or "").strip().lower().removeprefix("x-")
    if encoding in {"", "identity"}:
        return Body(raw)
    if encoding in {"gzip", "deflate"}:
        return Body(raw, encoding)
    raise InvalidResponse(f"the body is compressed with {encoding[:40]!r}, which nobody asked for")
