"""The text of a CSV document: its lines, and a quick way to its cells."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import chain
from typing import TypeAlias

from ..errors import IncompleteBody, InvalidResponse

DELIMITERS = (",", ";", "\t", "|")
# Small: blocks as large as the system's allocator keeps apart tear holes into its heap (10 MB).
_PIECE = 1 << 14

Scan: TypeAlias = Callable[[str], tuple[list[tuple[str, ...]], str]]


class Lines:
    """The lines of a document and an empty one after them.

    A parser takes a line only when it needs one: a row that took the last has an open quote.

    Attributes:
        ended: Whether the empty line has been taken.
        open: Whether the last line has no end.
        size: The bytes that were read.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.ended = self.open = False
        self.size = 0
        self._blocks = self._cut(pieces)
        self._open = io.BytesIO()

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self._open_each())

    def take(self) -> bytes:
        """Return whole lines that follow, as one piece; none where there are none left.

        What goes wrong is raised when the lines are iterated.
        """
        try:
            return self._open.read() or next(self._blocks, b"")
        except InvalidResponse as error:
            self._blocks = _fail(error)
            return b""

    def give_back(self, block: bytes) -> None:
        """Take back the end of what was taken."""
        self._open = io.BytesIO(block + self._open.read())

    def _open_each(self) -> Iterator[Iterable[str]]:
        # Lines of bytes end at line feeds only; str.splitlines would cut texts at U+2028 and form
        # feeds. And most are ASCII, which is decoded faster alone than beside a letter that is not.
        yield map(bytes.decode, self._open)
        for block in self._blocks:
            self._open = io.BytesIO(block)
            yield map(bytes.decode, self._open)
        self.ended = True
        yield [""]

    def _cut(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        mark, rest = codecs.BOM_UTF8, [b""]
        for piece in pieces:
            self.size += len(piece)
            view, start = memoryview(piece), 0
            for stop in range(_PIECE, len(piece) + _PIECE, _PIECE):
                if end := piece.rfind(b"\n", start, stop) + 1:
                    yield b"".join([*rest, view[start:end]]).removeprefix(mark)
                    mark, rest, start = b"", [], end
            rest.append(piece[start:])
        if last := b"".join(rest).removeprefix(mark):
            if _is_cut(last):
                raise IncompleteBody("the CSV ends in the middle of a character")
            self.open = True
            yield last + b"\n"


def _fail(error: InvalidResponse) -> Iterator[bytes]:
    raise error
    yield


def _is_cut(text: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    # What is not valid is found when it is read.
    with suppress(UnicodeDecodeError):
        decoder.decode(text)
    return bool(decoder.getstate()[0])


@lru_cache(maxsize=64)
def new_scan(delimiter: str, width: int, places: Sequence[int]) -> Scan:
    """Return a function that reads some of the cells of whole rows, several times as fast as csv.

    It gives the rows' cells, as they are written, and the rest from the first row on that csv may
    read otherwise: a row with fewer or more cells, and quotes anywhere but around a cell.
    """
    mark = re.escape(delimiter)
    # Nothing is tried twice, and what is no row swallows the rest: time grows with the length only.
    cell = f'(?:"[^"]*+(?:""[^"]*+)*+"|[^"\\r\\n{mark}]*+)'
    row = mark.join(f"({cell})" if place in places else cell for place in range(width))
    find = re.compile(f"{row}\\r?\\n|([\\s\\S]+)").findall

    def scan(text: str) -> tuple[list[tuple[str, ...]], str]:
        found: list[tuple[str, ...]] = find(text)
        rest = found[-1][-1] if found else ""
        return (found[:-1] if rest else found), rest

    return scan


def unquote(cells: Sequence[str]) -> Sequence[str]:
    """Return cells without the quotes that they were written in."""
    if '"' not in "".join(cells):
        return cells
    # Where one has quotes at all, it stands in them.
    return [cell[1:-1].replace('""', '"') if '"' in cell else cell for cell in cells]
