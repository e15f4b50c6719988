"""The whole run in tiny sizes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.cases import CASES
from benchmarks.scenario import ROOT

OPTIONAL = ("not there yet", "No module named 'dlt'", "No module named 'pyarrow'")


def test_quick(tmp_path: Path) -> None:
    """Every case runs, or says what is missing; missed aims are no failure."""
    file = tmp_path / "figures.json"
    command = [sys.executable, "-m", "benchmarks", "--quick", "--data", str(tmp_path / "pages")]
    done = subprocess.run(
        [*command, "--json", str(file)], cwd=ROOT, check=True, capture_output=True, text=True
    )
    cases = json.loads(file.read_text(encoding="utf-8"))["cases"]
    assert [case["case"] for case in cases] == list(CASES)
    for case in cases:
        assert all(reason.startswith(OPTIONAL) for reason in case["missing"].values())
        assert all(case["runs"][who] or who in case["missing"] for who in case["runs"])
    assert done.stdout.count("\n| ") == 1 + sum(len(case["lines"]) for case in cases)
    assert "peak memory" in done.stdout


def test_unknown() -> None:
    """A case that there is none of is refused, naming those there are."""
    command = [sys.executable, "-m", "benchmarks", "--only", "nothing"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "csv-rows" in done.stderr
