"""Whether a body that came whole is what was asked for, judged by its beginning and its end."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..errors import InvalidResponse
from .csv_text import DELIMITERS
from .json_rows import decode_json

if TYPE_CHECKING:
    from .._messages import Reply

_OTHERS = (b"<", b"{", b"[")


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
    return next(iter(pieces), b"").lstrip().startswith(_OTHERS)


def may_be_cut(pieces: Iterable[bytes], end: bytes) -> bool:
    """Tell whether a CSV document seems to end in the middle of a row.

    A last line without a line feed does not, as long as it has all its cells.

    Args:
        pieces: The document.
        end: The last bytes of it.
    """
    if not end or end.endswith((b"\n", b"\r")):
        return False
    header, quotes = b"", 0
    for piece in pieces:
        header = header or piece.lstrip().partition(b"\n")[0]
        quotes += piece.count(b'"')
    if quotes % 2:
        return True
    lines = end.split(b"\n")
    row = lines.pop()
    if not lines:
        # Of a header, or a very long row, nothing is known.
        return True
    while row.count(b'"') % 2 and lines:
        row = lines.pop() + b"\n" + row
    delimiter = max(DELIMITERS, key=header.decode("utf-8", "replace").count)
    return _width(row, delimiter) < _width(header, delimiter)


def _width(row: bytes, delimiter: str) -> int:
    try:
        return len(next(csv.reader([row.decode("utf-8", "replace")], delimiter=delimiter), ()))
    except csv.Error:
        return 0
