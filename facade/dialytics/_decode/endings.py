"""Whether a body that came whole is what was asked for, judged by its beginning and its end."""

from __future__ import annotations

import csv
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..errors import InvalidResponse
from .csv_text import DELIMITERS
from .json_rows import decode_json

if TYPE_CHECKING:
    from .._messages import Reply

_OTHERS = (b"<", b"{", b"[")
_LONGEST_HEADER = 1 << 16
_FEW_LINES = 16
_NEXT = "next"


def is_garbled(reply: Reply, media: str) -> bool:
    """Tell whether a body is another than was asked for, or JSON that does not parse."""
    if media == "text/csv":
        return True
    try:
        decode_json(reply.body.read())
    except InvalidResponse:
        return True
    return False


def is_no_csv(pieces: Iterable[bytes]) -> bool:
    """Tell whether a body is HTML or JSON, whatever it is labelled."""
    return _begin(iter(pieces)).startswith(_OTHERS)


def may_be_cut(pieces: Iterable[bytes], end: bytes) -> bool:
    """Tell whether a CSV document seems to end in the middle of a row, or before its header.

    A last line without a line feed does not, as long as it has all its cells.

    Args:
        pieces: The document.
        end: The last bytes of it.
    """
    others = iter(pieces)
    start = _begin(others)
    if not start:
        return True
    header = start.partition(b"\n")[0]
    delimiter = max(DELIMITERS, key=header.decode("utf-8", "replace").count)
    width = _width(header, delimiter)
    ends = end.endswith((b"\n", b"\r"))
    # To count all quotes takes time; last lines that look like rows nearly always are.
    if ends and _ends_in_rows(end, width, delimiter):
        return False
    if (start.count(b'"') + sum(piece.count(b'"') for piece in others)) % 2:
        return True
    if ends:
        return False
    lines = end.split(b"\n")
    row = lines.pop()
    if not lines:
        # Of a header, or a very long row, nothing is known.
        return True
    while row.count(b'"') % 2 and lines:
        row = lines.pop() + b"\n" + row
    return _width(row, delimiter) < width


def _begin(pieces: Iterator[bytes]) -> bytes:
    """Take pieces until there is a first line, as far as it is not very long."""
    start = b""
    for piece in pieces:
        start = (start + piece).removeprefix(BOM_UTF8).lstrip()
        if b"\n" in start or len(start) > _LONGEST_HEADER:
            break
    return start


def _ends_in_rows(end: bytes, width: int, delimiter: str) -> bool:
    """Tell whether the last line is a row, or a few of the last ones are several rows."""
    lines = end.rstrip(b"\r\n").split(b"\n")[-_FEW_LINES:]
    for first in range(len(lines) - 1, -1, -1) if width > 1 else ():
        widths = _widths(lines[first:], delimiter)
        if {*widths} == {width} and (len(widths) > 1 or first == len(lines) - 1):
            return True
    return False


def _widths(lines: list[bytes], delimiter: str) -> list[int]:
    """Return how many cells the rows of some lines have; none if they cannot be all of a row."""
    if sum(line.count(b'"') for line in lines) % 2:
        return []
    texts = [line.decode("utf-8", "replace") + "\n" for line in lines]
    try:
        rows = [*csv.reader([*texts, _NEXT], delimiter=delimiter)]
    except csv.Error:
        return []
    return [*map(len, rows[:-1])] if rows[-1] == [_NEXT] else []


def _width(row: bytes, delimiter: str) -> int:
    try:
        return len(next(csv.reader([row.decode("utf-8", "replace")], delimiter=delimiter), ()))
    except csv.Error:
        return 0
