"""Killing an extraction with SIGKILL and starting it again: each row is in its file once."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from dialytics.sandbox import Fault, FaultPlan, Sandbox, faults
from tests.faults.extractor import NOW, RANGE

SEED = 20261120
# Steps that a killed process has done at most: it is killed some twenty times on the way.
MOST_STEPS = 60
WEATHER = FaultPlan(
    Fault(faults.Reset(0.5), times=None, probability=0.05),
    Fault(faults.ErrorStatus(503), times=None, probability=0.05),
    Fault(faults.Truncation(0.5, "chunked"), times=None, probability=0.05),
    seed=SEED,
)


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A sandbox with 480 rows in 8 windows of several pages, whose network is bad."""
    with Sandbox(now=NOW, rows_per_day=60, page_rows=13, validate=False, faults=WEATHER) as running:
        yield running


def run_once(command: list[str], steps: int | None) -> bool:
    """Start the program and kill it after so many of its steps; tell whether it was killed."""
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        done = 0
        while steps is None or done < steps:
            if not (told := os.read(process.stdout.fileno(), 64)):
                break
            done += len(told)
        else:
            process.kill()
        code = process.wait()
    assert code in {0, -9}
    return code != 0


@pytest.mark.parametrize("how", ["rows", "pages"])
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_killed_and_resumed(
    box: Sandbox,
    tmp_path: Path,
    *,
    kind: str,
    how: str,
    soak: bool,
    figures: Callable[..., None],
) -> None:
    """However often it is killed, the file has every row once and in order."""
    chance, wanted, killed = random.Random(f"{SEED} {kind} {how}"), 13 if soak else 1, 0
    start, end = (value for value in RANGE.values() if isinstance(value, datetime))
    truth = [[row["LogId"], row["InteractionValue"]] for row in box.interactions("en", start, end)]
    assert len(truth) == 480
    files = 0
    while not files or killed < wanted:
        folder = tmp_path / str(files)
        folder.mkdir()
        program = str(Path(__file__).with_name("extractor.py"))
        command = [sys.executable, program, box.url("digitalcx"), str(folder), kind, how]
        while True:
            steps = chance.randint(1, MOST_STEPS) if killed < wanted else None
            if not run_once(command, steps):
                break
            killed += 1
        lines = (folder / "rows.jsonl").read_text(encoding="utf-8").splitlines()
        assert [json.loads(line) for line in lines] == truth
        files += 1
    figures("kill -9 and resume", ways=[f"{kind} {how}"], kills=killed, exact_files=files)
