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
EXCEPTIONS: set[str] = set()  # pairs that are judged otherwise, each with its reason

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the labelled pairs are not at hand")


def cases(kind: str) -> list[dict[str, Any]]:
    if not CASES.is_dir():
        return []
    found: list[dict[str, Any]] = json.loads((CASES / kind / "index.json").read_text("utf-8"))[
        "cases"
    ]
    return found


def test_labelled_pairs() -> None:
    """Whether a pair breaks is right, and each change, in all pairs but those that are named."""
    wrong = set()
    for case in cases("oasdiff"):
        folder = CASES / "oasdiff" / case["case"]
        files = next(folder.glob("base.*")), next(folder.glob("revision.*"))
        report = compare(*files, profile="oasdiff", axes=["wire"])
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
        judged = case["time_dependent"] or case["breaking"] == report.is_breaking
        if expected != found or not judged:
            wrong.add(case["case"])
    assert wrong == EXCEPTIONS


@pytest.mark.parametrize("case", cases("consumer"), ids=lambda case: case["case"])
def test_single_changes(case: dict[str, Any]) -> None:
    """A single change is judged as labelled, on the wire and in Python."""
    folder = CASES / "consumer"
    axes = ["wire", "python", "generator"]
    report = compare(folder / case["base"], folder / case["revision"], axes=axes)
    assert (report.verdict("wire"), report.verdict("python")) == (case["wire"], case["python"])
