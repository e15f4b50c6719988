"""dlt's rest_api source over the same windows; it reads JSON, so it is served JSON."""
# pyright: reportMissingImports=false

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..harness import Outcome
from .http import Query

_QUIET = {
    "EXTRACT__WORKERS": "8",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "ERROR",
}


def read_to_memory(url: str, windows: Sequence[Query]) -> Outcome:
    """Iterate the source's rows."""
    source = _make_source(url, windows)
    started = time.perf_counter()
    amount = sum(1 for _ in source)
    return Outcome(time.perf_counter() - started, amount)


def write_parquet(url: str, windows: Sequence[Query], folder: Path) -> Outcome:
    """Run a pipeline into Parquet files."""
    import dlt

    source = _make_source(url, windows)
    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=str(folder / "work"),
        destination=dlt.destinations.filesystem(bucket_url=str(folder / "files")),
        dataset_name="bench",
    )
    started = time.perf_counter()
    pipeline.run(source, loader_file_format="parquet")
    taken = time.perf_counter() - started
    return Outcome(taken, pipeline.last_trace.last_normalize_info.row_counts["interactions"])


def _make_source(url: str, windows: Sequence[Query]) -> Any:
    os.environ.update(_QUIET)  # dlt reads its settings when it is loaded
    from dlt.sources.rest_api import rest_api_source

    base, _, path = url.rpartition("/")
    resources = [
        {
            "name": f"day_{query['startDate'][:10].replace('-', '_')}",
            "table_name": "interactions",
            "endpoint": {"path": path, "params": query, "data_selector": "$"},
        }
        for query in windows
    ]
    client = {
        "base_url": f"{base}/",
        "headers": {"Accept": "application/json"},
        "paginator": {
            "type": "header_cursor",
            "cursor_key": "continuationToken",
            "cursor_param": "continuationToken",
        },
    }
    return rest_api_source({"client": client, "resources": resources}).parallelize()
