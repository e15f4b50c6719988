"""Rendered pages, kept for as long as they fit."""

from __future__ import annotations

import csv
import gzip
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from io import StringIO

from attrs import frozen

KEPT_BYTES = 32_000_000


@frozen
class RenderedPage:
    """A response body, and the token of the page after it."""

    body: bytes
    token: str | None
    rows: int


class PageCache:
    """The most recently used pages, together at most `limit` bytes."""

    def __init__(self, limit: int = KEPT_BYTES) -> None:
        self._limit = limit
        self._size = 0
        self._pages: OrderedDict[Hashable, RenderedPage] = OrderedDict()

    def fetch(self, key: Hashable, render: Callable[[], RenderedPage]) -> RenderedPage:
        """Return the page under `key`, rendering it if it is not kept."""
        if key in self._pages:
            self._pages.move_to_end(key)
            return self._pages[key]
        page = self._pages[key] = render()
        self._size += len(page.body)
        while self._size > self._limit:
            self._size -= len(self._pages.popitem(last=False)[1].body)
        return page


def render_csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> bytes:
    """Write rows as RFC 4180 CSV in UTF-8 with a header line; None is an empty field."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([row.get(column) for column in columns] for row in rows)
    return text.getvalue().encode()


def accepts_gzip(accept_encoding: str) -> bool:
    """Tell whether a client takes gzip, as its Accept-Encoding header says."""
    for item in accept_encoding.lower().split(","):
        coding, _, quality = item.partition(";")
        if coding.strip() in ("gzip", "*"):
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def compress(body: bytes) -> bytes:
    """Compress a body; the same body gives the same bytes."""
    return gzip.compress(body, compresslevel=1, mtime=0)
