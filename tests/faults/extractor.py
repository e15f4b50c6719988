"""A program that extracts a log into a file, exactly once whatever happens to it; run and killed.

    python extractor.py URL FOLDER sync|async rows|pages

The recipe is that of docs/guide.md: rows first, then the checkpoint with the file's length, under a
name that is its own only when it is whole; what was written after it is cut off at the next start.
A dot is printed after each step, so that whoever kills it can choose a moment.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from dialytics import AsyncDigitalCX, DigitalCX
from dialytics.testing import no_waits

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RANGE: dict[str, Any] = {
    "start": datetime(2026, 10, 1, tzinfo=UTC),
    "end": datetime(2026, 10, 9, tzinfo=UTC),
    "concurrency": 8,
}
STEP = 7


class Output:
    """A file of rows, and beside it how far that goes."""

    def __init__(self, folder: Path, file: BinaryIO) -> None:
        self._state = folder / "state.json"
        self._file = file
        known: dict[str, Any] = {"size": 0}
        if self._state.exists():
            known = json.loads(self._state.read_text())
        file.truncate(known["size"])
        file.seek(known["size"])
        self.resume: str | None = known.get("checkpoint")

    def write(self, rows: Iterable[Any]) -> None:
        """Add rows."""
        for row in rows:
            self._file.write(json.dumps([row.log_id, row.interaction_value]).encode() + b"\n")
            tell()

    def save(self, checkpoint: Any) -> None:
        """Note that the rows are in the file, all up to the checkpoint."""
        self._file.flush()
        state = {"size": self._file.tell(), "checkpoint": checkpoint.to_json()}
        beside = self._state.with_suffix(".new")
        beside.write_text(json.dumps(state))
        tell()
        os.replace(beside, self._state)  # noqa: PTH105  # as the guide has it
        tell()


def tell() -> None:
    """Say that a step is done."""
    os.write(1, b".")


def extract(client: DigitalCX, output: Output, how: str) -> None:
    """Extract with the synchronous client."""
    pager = client.interactions(culture="en", resume=output.resume, **RANGE)
    if how == "pages":
        for page in pager.pages():
            output.write(page.rows)
            output.save(page.checkpoint)
        return
    for number, row in enumerate(pager, 1):
        output.write([row])
        if number % STEP == 0:
            output.save(pager.checkpoint)
    output.save(pager.checkpoint)


async def extract_async(client: AsyncDigitalCX, output: Output, how: str) -> None:
    """Extract with the asynchronous client."""
    async with client:
        pager = client.interactions(culture="en", resume=output.resume, **RANGE)
        if how == "pages":
            async for page in pager.pages():
                output.write(page.rows)
                output.save(page.checkpoint)
            return
        number = 0
        async for row in pager:
            output.write([row])
            number += 1
            if number % STEP == 0:
                output.save(pager.checkpoint)
        output.save(pager.checkpoint)


def main(url: str, folder: str, kind: str, how: str) -> None:
    """Extract all that is not yet in the folder."""
    settings: dict[str, Any] = {"base_url": url, "now": lambda: NOW}
    settings |= {"customer": "acme", "project": "shop", "auth": "demo", "max_retries": 6}
    rows = os.open(Path(folder) / "rows.jsonl", os.O_RDWR | os.O_CREAT)
    with no_waits(), open(rows, "r+b") as file:  # noqa: PTH123  # made if there is none, kept if there is
        output = Output(Path(folder), file)
        if kind == "async":
            asyncio.run(extract_async(AsyncDigitalCX(**settings), output, how))
        else:
            with DigitalCX(**settings) as client:
                extract(client, output, how)


if __name__ == "__main__":
    main(*sys.argv[1:])
