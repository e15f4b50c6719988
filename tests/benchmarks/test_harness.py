"""Contenders, and the table that comes out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.aims import at_least, at_most
from benchmarks.harness import Case, Line, NotThereYet, Outcome, measure
from benchmarks.table import count_missed, to_json, write_table


def miss() -> Outcome:
    raise NotThereYet("Pager.batches()")


def test_turns() -> None:
    """Contenders run in turns, and a round that does not count comes first."""
    order: list[str] = []

    def run(name: str, figures: Iterator[float]) -> Outcome:
        order.append(name)
        return Outcome(next(figures), 5)

    ours, bare = iter([9.0, 1.0, 3.0, 2.0]), iter([9.0, 4.0, 4.0, 4.0])
    case = Case({"ours": lambda: run("ours", ours), "bare": lambda: run("bare", bare)}, [])
    result = measure("case", case, 3)
    assert order == ["ours", "bare"] * 4
    assert result.runs == {"ours": [1.0, 3.0, 2.0], "bare": [4.0, 4.0, 4.0]}
    assert result.figures == {"ours": 2.0, "bare": 4.0}


def test_same_job() -> None:
    """Contenders that get through different amounts are not compared."""
    case = Case({"ours": lambda: Outcome(1, 5), "bare": lambda: Outcome(1, 6)}, [])
    with pytest.raises(RuntimeError, match="not all did the same job"):
        measure("case", case, 1)


def test_missing() -> None:
    """What the library cannot do yet is said in the table, and the rest is measured."""
    lines = [
        Line("one", "ours", "bare", "bare httpx", at_most(1)),
        Line("two", "bare", lambda _: 4.0, "floor", at_least(3)),
        Line("three", "bare", lambda figures: figures["ours"], "ours", at_most(1)),
    ]
    case = Case({"ours": miss, "bare": lambda: Outcome(2.0)}, lines)
    result = measure("case", case, 1)
    one, two, three = write_table([result]).splitlines()[2:]
    assert "| not there yet: Pager.batches()" in one
    assert "| 2.00 x | >= 3.00 x | NO" in two
    assert "2.00 s" in three
    _, unjudged, _ = write_table([result], judge=False).splitlines()[2:]
    assert "| 2.00 x | >= 3.00 x | - " in unjudged
    assert "not there yet" in write_table([result], judge=False)
    assert count_missed([result]) == 1
    assert to_json([result])[0]["runs"] == {"ours": [], "bare": [2.0]}


def test_failure() -> None:
    """A contender that fails is no missing one."""

    def fail() -> Outcome:
        raise ImportError("a name that went")

    with pytest.raises(ImportError):
        measure("case", Case({"ours": fail}, []), 1)
