"""Beside what people use today: dlt's rest_api source, and a thread pool over requests."""

from __future__ import annotations

from pathlib import Path

from ..aims import at_least, rate
from ..bare import http
from ..harness import Case, Line, Outcome
from ..ours import ALL_COLUMNS, to_arrow, touch, write_parquet
from ..setup import Setup
from .columnar import in_folder

_DLT = "dlt rest_api"
_POOL = "requests, 8 threads"


def to_memory(setup: Setup) -> Case:
    """Rows a second to memory: as a table, and as typed rows."""
    scenario, days = setup.rivals(), setup.sizes.rival_days
    url, windows = http.find_url(setup.url, scenario), http.plan(days)
    show = rate(scenario.rows * days)

    def read_dlt() -> Outcome:
        from ..bare import dlt_source

        return dlt_source.read_to_memory(url, windows)

    def read_pool() -> Outcome:
        from ..bare import pool

        return pool.read_to_memory(url, windows)

    ours, job = setup.ours, touch(*ALL_COLUMNS)
    what = f"to memory at {scenario.latency * 1e3:.0f} ms, an Arrow table"
    return Case(
        {
            "table": lambda: ours.read_interactions(to_arrow(), scenario, days=days),
            "rows": lambda: ours.read_interactions(job, scenario, days=days),
            _DLT: read_dlt,
            _POOL: read_pool,
        },
        [
            Line(what, "table", _DLT, _DLT, at_least(4, show)),
            Line("- typed rows", "rows", _DLT, _DLT, at_least(None, show)),
            Line("- typed rows", "rows", _POOL, _POOL, at_least(None, show)),
        ],
    )


def to_parquet(setup: Setup) -> Case:
    """Rows a second to Parquet on disk."""
    scenario, days = setup.rivals(), setup.sizes.rival_days
    url, windows = http.find_url(setup.url, scenario), http.plan(days)
    show = rate(scenario.rows * days)

    def write_ours(folder: Path) -> Outcome:
        return setup.ours.read_interactions(write_parquet(folder), scenario, days=days)

    def write_dlt(folder: Path) -> Outcome:
        from ..bare import dlt_source

        return dlt_source.write_parquet(url, windows, folder)

    def write_pool(folder: Path) -> Outcome:
        from ..bare import arrow, pool

        return pool.read_in_pool(
            url, windows, lambda query, pages: arrow.write_window(folder, query, pages)
        )

    what = f"to Parquet at {scenario.latency * 1e3:.0f} ms"
    return Case(
        {
            "ours": lambda: in_folder(write_ours),
            _DLT: lambda: in_folder(write_dlt),
            _POOL: lambda: in_folder(write_pool),
        },
        [
            Line(what, "ours", _DLT, _DLT, at_least(4, show)),
            Line(f"- {_POOL} and pyarrow", "ours", _POOL, _POOL, at_least(None, show)),
        ],
    )
