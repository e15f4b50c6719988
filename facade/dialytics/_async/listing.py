"""What begins a listing. Not imported before there is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from .._checkpoints import Partition
from .._declarations import Quirks
from .._options import (
    ListOptions,
    RangeOptions,
    check_choice,
    check_concurrency,
    check_count,
    check_flag,
    check_function,
)
from .._ranges import Range
from .._stats import Stats
from .._wanted import Wanted
from .._windows import Plan
from .pager import AsyncPager
from .reader import AsyncReader
from .transport import AsyncTransport

R = TypeVar("R")

_CONCURRENCY = 4
_DEPTH = 4
_ON_ERROR = ("raise", "continue")


def open_pager(
    transport: AsyncTransport,
    quirks: Quirks,
    wanted: Wanted[R],
    plan: Callable[[Range], Plan],
    options: ListOptions,
) -> AsyncPager[R]:
    """Return a listing's pager; nothing is requested yet."""
    stats, ranged = Stats(), cast("RangeOptions", options)
    on_error = check_choice("on_window_error", ranged.get("on_window_error", "raise"), _ON_ERROR)
    tolerant = on_error == "continue"
    check_function("on_progress", options.get("on_progress"))
    check_function("on_bad_row", options.get("on_bad_row"))
    items, page_size = options.get("max_items"), options.get("page_size")
    most = None if items is None else check_count("max_items", items, 0)
    # A caller who wants a few items should not pay for windows read ahead of them.
    asked = ranged.get("concurrency")
    several = check_concurrency(asked, 1 if most else _CONCURRENCY)

    def partition() -> tuple[Partition, ...]:
        planned = None if wanted.within is None else plan(wanted.within)
        stats.clipped = planned is not None and planned.clipped
        return wanted.partition(planned, several if asked and wanted.divisible else 1)

    start = wanted.start(options.get("resume"), partition)
    stats.count_partitions(start)
    listing = wanted.listing(start, page_size)
    # With several windows at once, each needs less of its own to keep the line busy.
    alone = several == 1 or len(start.rest) == 1
    depth = 1 if most else _DEPTH if alone else 2
    ordered = check_flag("ordered", ranged.get("ordered", True))
    reader = AsyncReader(transport, listing, quirks, stats, several, depth, ordered, tolerant)
    return AsyncPager(
        reader,
        start,
        max_items=most,
        page_rows=page_size,
        on_progress=options.get("on_progress"),
        on_bad_row=options.get("on_bad_row"),
        resumes=options.get("resume") is not None,
    )
