"""The text of a CSV document: its lines, and a quick way to its cells."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import TypeAlias

from ..errors import IncompleteBody, InvalidResponse

DELIMITERS = (",", ";", "\t", "|")
_PIECE = 1 << 16

Scan: TypeAlias = Callable[[str], tuple[list[tuple[str, ...]], str]]


class Lines:
    """The lines of a document and an empty one after them.

    A parser takes a line only when it needs one: a row that took the last has an open quote.

    Attributes:
        ended: Whether the empty line has been taken.
        size: The bytes that were read.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.ended = False
        self.size = 0
        self._texts = self._decode(pieces)
        self._open = io.StringIO()

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self._open_each())

    def take(self) -> str:
        """Return whole lines that follow, as one text; none where there are none left."""
        return self._open.read() or next(self._texts, "")

    def give_back(self, text: str) -> None:
        """Take back the end of what was taken."""
        # Only at line feeds: str.splitlines would cut texts at U+2028, U+0085 and form feeds.
        self._open = io.StringIO(text + self._open.read(), newline="\n")

    def _open_each(self) -> Iterator[Iterable[str]]:
        yield self._open
        for text in self._texts:
            self._open = io.StringIO(text, newline="\n")
            yield self._open
        self.ended = True
        yield [""]

    def _decode(self, pieces: Iterable[bytes]) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        rest: list[str] = []
        try:
            for piece in _cut(pieces):
                self.size += len(piece)
                text = decoder.decode(piece)
                if end := text.rfind("\n") + 1:
                    yield "".join([*rest, text[:end]])
                    rest.clear()
                rest.append(text[end:])
        except UnicodeDecodeError:
            raise InvalidResponse("the CSV is not valid UTF-8") from None
        if decoder.getstate()[0]:
            raise IncompleteBody("the CSV ends in the middle of a character")
        if last := "".join(rest):
            yield last + "\n"


def _cut(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        if len(piece) <= _PIECE:
            yield piece
        else:
            view = memoryview(piece)
            yield from (bytes(view[at : at + _PIECE]) for at in range(0, len(piece), _PIECE))


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
    return [cell[1:-1].replace('""', '"') if cell[:1] == '"' else cell for cell in cells]
