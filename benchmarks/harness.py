"""Cases: contenders that do the same job in turns, and the lines that compare them."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import NamedTuple

from attrs import frozen

from .aims import Aim


class Outcome(NamedTuple):
    """What one run took, and how much it got through (rows or bytes; 0: not counted)."""

    figure: float
    amount: int = 0


class NotThereYet(Exception):
    """The library has no such method yet."""

    def __str__(self) -> str:
        return f"not there yet: {super().__str__()}"


Contender = Callable[[], Outcome]
Figures = Mapping[str, float]


@frozen
class Line:
    """One line of the table.

    Attributes:
        what: The job.
        ours: The contender that is judged.
        reference: The contender that it is compared with, or a formula of what was measured.
        against: What the reference is, in a few words.
        aim: What the comparison should come to; ``None`` only shows it.
    """

    what: str
    ours: str
    reference: str | Callable[[Figures], float]
    against: str
    aim: Aim


@frozen
class Case:
    """Contenders that are run in turns, so that the machine's moods fall on all of them."""

    contenders: Mapping[str, Contender]
    lines: Sequence[Line]
    notes: Callable[[], str] = str


@frozen
class Result:
    """What a case came to; contenders that could not run are in ``missing`` with the reason."""

    name: str
    case: Case
    runs: Mapping[str, Sequence[float]]
    missing: Mapping[str, str]

    @property
    def figures(self) -> Figures:
        """The median of each contender."""
        return {name: median(figures) for name, figures in self.runs.items() if figures}


def measure(name: str, case: Case, runs: int, *, warm_up: bool = True) -> Result:
    """Run a case's contenders in turns, after one round that does not count."""
    figures: dict[str, list[float]] = {who: [] for who in case.contenders}
    missing: dict[str, str] = {}
    for turn in range(-1 if warm_up else 0, runs):
        amounts: dict[str, int] = {}
        for who, run in case.contenders.items():
            if who in missing:
                continue
            try:
                outcome = _run(run)
            except (NotThereYet, ModuleNotFoundError) as error:
                missing[who] = str(error)
                continue
            amounts |= {who: outcome.amount} if outcome.amount else {}
            if turn >= 0:
                figures[who].append(outcome.figure)
                _say(f"{name}: {who} {outcome.figure:.4g}")
        if len(set(amounts.values())) > 1:
            raise RuntimeError(f"{name}: not all did the same job: {amounts}")
    return Result(name, case, figures, missing)


def _run(run: Contender) -> Outcome:
    gc.collect()
    return run()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
