"""A program that reads a long log and says what memory it has at every so many rows.

python reader.py URL sync|async rows|batches DAYS EVERY
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dialytics import AsyncDigitalCX, DigitalCX

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
START = datetime(2026, 10, 1, tzinfo=UTC)


class Meter:
    """Counts rows and tells the memory that this process has."""

    def __init__(self, every: int) -> None:
        self._every = every
        self._rows = 0

    def count(self, rows: int) -> None:
        """Count rows that have come."""
        before, self._rows = self._rows, self._rows + rows
        if self._rows // self._every > before // self._every:
            resident = int(Path("/proc/self/statm").read_text().split()[1])
            print(self._rows, resident * 4096, flush=True)  # noqa: T201  # whoever runs it reads it


def read(pager: Any, how: str, meter: Meter) -> None:
    """Read with the synchronous client."""
    for item in pager if how == "rows" else pager.batches():
        meter.count(1 if how == "rows" else item.num_rows)


async def read_async(client: Any, options: dict[str, Any], how: str, meter: Meter) -> None:
    """Read with the asynchronous client."""
    async with client:
        pager = client.interactions(**options)
        async for item in pager if how == "rows" else pager.batches():
            meter.count(1 if how == "rows" else item.num_rows)


def main(url: str, kind: str, how: str, days: str, every: str) -> None:
    """Read so many days."""
    settings: dict[str, Any] = {"base_url": url, "now": lambda: NOW}
    settings |= {"customer": "acme", "project": "shop", "auth": "demo"}
    end = START + timedelta(days=int(days))
    options: dict[str, Any] = {"culture": "en", "start": START, "end": end, "concurrency": 8}
    meter = Meter(int(every))
    if kind == "async":
        asyncio.run(read_async(AsyncDigitalCX(**settings), options, how, meter))
    else:
        with DigitalCX(**settings) as client:
            read(client.interactions(**options), how, meter)


if __name__ == "__main__":
    main(*sys.argv[1:])
