"""Columns without Python rows: record batches and Parquet."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from ..aims import at_least, rate
from ..bare import http
from ..bare.pieces import read_in_memory
from ..harness import Case, Line, Outcome
from ..ours import batches, write_parquet
from ..setup import Setup

_PYARROW = "pyarrow's streaming reader"
_BARE = "bare httpx and pyarrow, 8 threads"


def csv_batches(setup: Setup) -> Case:
    """Record batches out of memory."""
    scenario, days = setup.month(), setup.sizes.decoded_days

    def read_bare() -> Outcome:
        from ..bare.arrow import count_batches

        return read_in_memory(setup.site, scenario, days, count_batches)

    show = rate(setup.sizes.rows * days)
    return Case(
        {
            "ours": lambda: setup.ours_in_memory.read_interactions(
                batches(), scenario, days=days, concurrency=1
            ),
            _PYARROW: read_bare,
        },
        [Line("record batches from CSV", "ours", _PYARROW, _PYARROW, at_least(0.95, show))],
    )


def parquet(setup: Setup) -> Case:
    """A month on disk, a file a window."""
    scenario, days = setup.month(setup.sizes.latency), setup.sizes.days
    show = rate(setup.sizes.rows * days)
    what = f"Parquet from a month at {scenario.latency * 1e3:.0f} ms"
    return Case(
        {
            "ours": lambda: in_folder(
                lambda folder: setup.ours.read_interactions(
                    write_parquet(folder), scenario, days=days
                )
            ),
            _BARE: lambda: in_folder(lambda folder: write_bare(setup, folder, days)),
        },
        [Line(what, "ours", _BARE, _BARE, at_least(0.95, show))],
    )


def write_bare(setup: Setup, folder: Path, days: int) -> Outcome:
    """Write a month's files with what everybody has."""
    from ..bare.arrow import write_window

    url = http.find_url(setup.url, setup.month(setup.sizes.latency))
    return http.read_in_threads(
        url, http.plan(days), lambda query, pages: write_window(folder, query, pages)
    )


def in_folder(run: Callable[[Path], Outcome]) -> Outcome:
    """Run something with an empty folder, which is gone after."""
    folder = Path(tempfile.mkdtemp(prefix="dialytics-bench-"))
    try:
        return run(folder)
    finally:
        shutil.rmtree(folder)
