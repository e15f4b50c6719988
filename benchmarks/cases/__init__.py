"""What is claimed: each case is one job, its contenders and its lines of the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..harness import Case
from ..setup import Setup
from . import calls, columnar, decoding, footprint, latency, rivals

CASES: Mapping[str, Callable[[Setup], Case]] = {
    "month-raw": latency.month_raw,
    "month-slow": latency.month_slow,
    "month-small": latency.month_small,
    "month-rows": latency.month_rows,
    "month-batches": latency.month_batches,
    "long-day": latency.long_day,
    "wide-window": latency.wide_window,
    "csv-rows": decoding.csv_rows,
    "csv-five-columns": decoding.csv_five_columns,
    "csv-batches": columnar.csv_batches,
    "parquet": columnar.parquet,
    "json-events": decoding.json_events,
    "json-events-of-100": decoding.json_events_of_100,
    "echo": calls.echo,
    "memory-page": footprint.page,
    "memory-month": footprint.months,
    "memory-month-gzip": footprint.months_packed,
    "memory-month-batches": footprint.months_batches,
    "imports": footprint.imports,
    "dlt-memory": rivals.to_memory,
    "dlt-parquet": rivals.to_parquet,
}
"""All cases by name, in the order of the table. Making one prepares its data."""
