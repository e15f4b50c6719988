"""The labelled pairs, where they are at hand: how well the comparison does on them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dialytics.contracts import compare

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT.parent / "shared" / "contract-cases"

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the labelled pairs are not at hand")


def cases(kind: str) -> list[dict[str, Any]]:
    if not CASES.is_dir():
        return []
    found: list[dict[str, Any]] = json.loads((CASES / kind / "index.json").read_text("utf-8"))[
        "cases"
    ]
    return found


def f1(hits: int, missed: int, extra: int) -> float:
    return 2 * hits / (2 * hits + missed + extra)


def test_labelled_pairs() -> None:
    """Whether a pair breaks is right in 97 of 100, and each change in 90 of 100."""
    verdicts: Counter[tuple[bool, bool]] = Counter()
    hits = missed = extra = 0
    for case in cases("oasdiff"):
        folder = CASES / "oasdiff" / case["case"]
        files = next(folder.glob("base.*")), next(folder.glob("revision.*"))
        report = compare(*files, profile="oasdiff", axes=["wire"])
        if not case["time_dependent"]:
            verdicts[case["breaking"], report.is_breaking] += 1
        expected = Counter(
            (
                one["id"],
                one["level"],
                f"{one['operation']} {one['path']}" if "path" in one else None,
            )
            for one in case["expected"]
        )
        found = Counter(
            (change.id, change.level, operation or None)
            for change in report.changes
            for operation in change.operations or [""]
        )
        hits += (expected & found).total()
        missed += (expected - found).total()
        extra += (found - expected).total()
    assert f1(verdicts[True, True], verdicts[True, False], verdicts[False, True]) >= 0.97
    assert f1(hits, missed, extra) >= 0.90


@pytest.mark.parametrize("case", cases("consumer"), ids=lambda case: case["case"])
def test_single_changes(case: dict[str, Any]) -> None:
    """A single change is judged as labelled, on the wire and in Python."""
    folder = CASES / "consumer"
    axes = ["wire", "python", "generator"]
    report = compare(folder / case["base"], folder / case["revision"], axes=axes)
    assert (report.verdict("wire"), report.verdict("python")) == (case["wire"], case["python"])
