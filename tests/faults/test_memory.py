"""A long extraction takes no more memory at its end than near its beginning."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dialytics.sandbox import Sandbox
from tests.faults.reader import NOW

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="only Linux tells it in this way"
)
# Ten days; what is read ahead is full after the first.
DAYS = 10
MEGABYTE = 1_000_000
MOST_GROWTH = 16 * MEGABYTE
# What is measured should be what the library holds, not what allocators keep for each thread, nor
# the gaps between large blocks: these go back to the system at once.
FRUGAL = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(128 << 10),
}


@pytest.mark.parametrize(("kind", "how"), [("sync", "rows"), ("async", "batches")])
def test_memory_is_flat(*, kind: str, how: str, soak: bool, figures: Callable[..., None]) -> None:
    """The last fifth of the rows has no more memory than the first, but for allocators' slack."""
    day = 100_000 if soak else 5_000
    points: list[tuple[int, int]] = []
    with Sandbox(now=NOW, rows_per_day=day, page_rows=day // 20, validate=False) as box:
        program = str(Path(__file__).with_name("reader.py"))
        command = [
            sys.executable,
            program,
            box.url("digitalcx"),
            kind,
            how,
            str(DAYS),
            str(day // 2),
        ]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=os.environ | FRUGAL
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                rows, resident = map(int, line.split())
                points.append((rows, resident))
        assert process.returncode == 0
    assert points[-1][0] == DAYS * day
    curve = " ".join(f"{rows // 1000}k:{size / MEGABYTE:.0f}" for rows, size in points)
    figures(f"memory in MB, {kind} {how}: {curve}")
    fifth = len(points) // 5
    early, late = (max(size for _, size in part) for part in (points[:fifth], points[-fifth:]))
    assert late - early < MOST_GROWTH
