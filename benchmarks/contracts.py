"""Scores the contract comparison on labelled pairs of documents.

Usage: python benchmarks/contracts.py CASES [--only FILE | --without FILE] [--worst]

CASES is a folder with ``oasdiff/index.json`` and ``consumer/index.json`` and the pairs that they
name. FILE is a JSON list of case names, to score a part.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dialytics.contracts import Report, compare

Key = tuple[str, str, str | None, str | None]


def main() -> None:
    """Print the scores of both sets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--only", type=Path)
    parser.add_argument("--without", type=Path)
    parser.add_argument("--worst", action="store_true")
    parser.add_argument("--python", action="store_true", help="score the Python axis too")
    arguments = parser.parse_args()
    score_pairs(arguments)
    score_consumer(arguments.cases / "consumer", python=arguments.python)


def score_pairs(arguments: argparse.Namespace) -> None:
    """Print breaking and per-change scores of the labelled pairs."""
    folder = arguments.cases / "oasdiff"
    cases = json.loads((folder / "index.json").read_text(encoding="utf-8"))["cases"]
    if arguments.only:
        names = set(json.loads(arguments.only.read_text(encoding="utf-8")))
        cases = [case for case in cases if case["case"] in names]
    if arguments.without:
        names = set(json.loads(arguments.without.read_text(encoding="utf-8")))
        cases = [case for case in cases if case["case"] not in names]
    verdicts: Counter[str] = Counter()
    changes: Counter[str] = Counter()
    sets: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    extra: Counter[str] = Counter()
    started = time.perf_counter()
    for case in cases:
        expected = Counter(key_of(one) for one in case["expected"])
        report = compare(*pair(folder / case["case"]), profile="oasdiff", axes=("wire",))
        found = Counter(keys_of(report))
        if not case["time_dependent"]:
            count(verdicts, [case["breaking"]], [report.is_breaking], truth=True)
        changes["hit"] += (expected & found).total()
        changes["missed"] += (expected - found).total()
        changes["extra"] += (found - expected).total()
        sets["hit"] += len(expected.keys() & found.keys())
        sets["missed"] += len(expected.keys() - found.keys())
        sets["extra"] += len(found.keys() - expected.keys())
        missing.update(key[0] for key in (expected - found).elements())
        extra.update(key[0] for key in (found - expected).elements())
        if arguments.worst and expected != found:
            tell(case, expected, found)
    seconds = time.perf_counter() - started
    print(f"{len(cases)} pairs in {seconds:.1f} s")
    print(f"breaking yes/no        {scores(verdicts)}")
    print(f"per change, each one   {scores(changes)}")
    print(f"per change, as sets    {scores(sets)}")
    print("missed most:", ", ".join(f"{one} {n}" for one, n in missing.most_common(8)) or "-")
    print("extra most:", ", ".join(f"{one} {n}" for one, n in extra.most_common(8)) or "-")


def score_consumer(folder: Path, *, python: bool) -> None:
    """Print which of the single changes are judged as labelled."""
    cases = json.loads((folder / "index.json").read_text(encoding="utf-8"))["cases"]
    axes = ("wire", "python", "generator") if python else ("wire",)
    right: Counter[str] = Counter()
    for case in cases:
        report = compare(folder / case["base"], folder / case["revision"], axes=axes)
        for axis in ("wire", "python"):
            if axis not in axes:
                continue
            if report.verdict(axis) == case[axis]:
                right[axis] += 1
            else:
                said = [(one.id, one.level) for one in report.changes if one.axis == axis]
                print(
                    f"  {case['case']}: {axis} is {case[axis]}, not {report.verdict(axis)} {said}"
                )
    told = ", ".join(f"{axis} {right[axis]}" for axis in ("wire", "python") if axis in axes)
    print(f"consumer, of {len(cases)}: {told}")


def pair(folder: Path) -> tuple[Path, Path]:
    """Return the two documents of a case."""
    return next(folder.glob("base.*")), next(folder.glob("revision.*"))


def key_of(one: dict[str, Any]) -> Key:
    """Return what a labelled change is compared by."""
    return one["id"], one["level"], one.get("operation"), one.get("path")


def keys_of(report: Report) -> Iterable[Key]:
    """Yield what each change of a report is compared by, once for each operation."""
    for change in report.changes:
        for operation in change.operations or (None,):
            method, _, path = (operation or "").partition(" ")
            yield change.id, change.level, method or None, path or None


def count(into: Counter[str], expected: list[Any], found: list[Any], *, truth: Any) -> None:
    """Count hits, misses and extras of a yes-or-no question."""
    for one, other in zip(expected, found, strict=True):
        if one == other == truth:
            into["hit"] += 1
        elif one == truth:
            into["missed"] += 1
        elif other == truth:
            into["extra"] += 1


def scores(counted: Counter[str]) -> str:
    """Write precision, recall and F1."""
    hit, missed, extra = counted["hit"], counted["missed"], counted["extra"]
    precision = hit / (hit + extra) if hit + extra else 1.0
    recall = hit / (hit + missed) if hit + missed else 1.0
    f1 = 2 * hit / (2 * hit + missed + extra) if hit else 0.0
    return f"precision {precision:.3f}  recall {recall:.3f}  F1 {f1:.3f}  ({hit} of {hit + missed})"


def tell(case: dict[str, Any], expected: Counter[Key], found: Counter[Key]) -> None:
    """Print what is wrong with a case."""
    print("####", case["case"])
    for key in (expected - found).elements():
        print("   missed", *key)
    for key in (found - expected).elements():
        print("   extra ", *key)


if __name__ == "__main__":
    main()
