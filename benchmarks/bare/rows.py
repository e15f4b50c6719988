"""The leanest hand-written way from CSV to typed rows."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import Any

import attrs

from dialytics_clients.digitalcx.rows import Interaction

# One class with slots, whose constructor assigns each slot and does no more.
Row: type[Any] = attrs.make_class(
    "Row", [column.attribute for column in Interaction.COLUMNS], slots=True
)


def count_cells(pieces: Iterable[bytes]) -> int:
    """Read a page with ``csv.reader`` alone; return how many rows it has."""
    return sum(1 for _ in csv.reader(split_lines(pieces))) - 1


def read_rows(pieces: Iterable[bytes], each: Callable[[Any], object]) -> int:
    """Read a page into typed rows, an empty cell as ``None``; return how many there are."""
    reader, row, iso = csv.reader(split_lines(pieces)), Row, datetime.fromisoformat
    next(reader)
    count = 0
    # fmt: off
    for a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, aa, ab in reader:  # noqa: E501, E741  # columns
        count += 1
        each(row(
            int(a), b or None, c or None, d or None,
            e == "True" if e else None, iso(f) if f else None, iso(g) if g else None,
            h or None, i or None, j or None, k or None, l or None, m or None, n or None,
            o or None, p or None, q or None, float(r) if r else None, s or None, t or None,
            u or None, v or None, w or None, x or None, y or None, z or None, aa or None,
            ab or None,
        ))
    # fmt: on
    return count


def split_lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """Decode pieces as they come and yield lines, in C as far as that goes."""
    return chain.from_iterable(_split_texts(pieces))


def _split_texts(pieces: Iterable[bytes]) -> Iterator[Iterable[str]]:
    decode, rest = codecs.getincrementaldecoder("utf-8-sig")().decode, ""
    for piece in pieces:
        text = rest + decode(piece)
        end = text.rfind("\n") + 1
        rest = text[end:]
        yield io.StringIO(text[:end], newline="\n")
    if rest:
        yield [rest]
