"""One table of all comparisons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .harness import Line, Result

_TITLES = ("what", "reference", "its figure", "ours", "ratio", "aim", "met?")


def write_table(results: Sequence[Result], *, judge: bool = True) -> str:
    """Return all lines as a Markdown table; tiny sizes are not to be judged."""
    cells = [_cells(line, result) for result in results for line in result.case.lines]
    rows = [_TITLES, *(one if judge else _unjudged(one) for one in cells)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [_join(cells, widths) for cells in rows]
    rule = "|".join(["", *("-" * (width + 2) for width in widths), ""])
    return "\n".join([lines[0], rule, *lines[1:]])


def to_json(results: Iterable[Result]) -> list[dict[str, Any]]:
    """Return everything that was measured, and the table's cells."""
    return [
        {
            "case": result.name,
            "runs": result.runs,
            "missing": result.missing,
            "lines": [
                dict(zip(_TITLES, _cells(line, result), strict=True)) for line in result.case.lines
            ],
        }
        for result in results
    ]


def count_missed(results: Iterable[Result]) -> int:
    """Return how many aims are not met; what could not be measured is none of them."""
    verdicts = [_judge(line, result) for result in results for line in result.case.lines]
    return verdicts.count(False)


def _judge(line: Line, result: Result) -> bool | None:
    ours, reference = _find_figures(line, result)
    if ours is None or reference is None:
        return None
    return line.aim.is_met(line.aim.compare(ours, reference))


def _cells(line: Line, result: Result) -> tuple[str, ...]:
    aim, (ours, reference) = line.aim, _find_figures(line, result)
    shown = ["-" if figure is None else aim.show(figure) for figure in (reference, ours)]
    if ours is None or reference is None:
        reasons = [why for who, why in result.missing.items() if who in {line.ours, line.reference}]
        return line.what, line.against, *shown, "-", aim.text, "; ".join(reasons) or "-"
    verdict = {True: "yes", False: "NO", None: "-"}[_judge(line, result)]
    ratio = aim.write(aim.compare(ours, reference))
    return line.what, line.against, *shown, ratio, aim.text, verdict


def _unjudged(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out whether an aim is met, not why something was not measured."""
    return (*cells[:-1], "-" if cells[-1] in {"yes", "NO"} else cells[-1])


def _find_figures(line: Line, result: Result) -> tuple[float | None, float | None]:
    """Return ours and the reference's, ``None`` for what was not measured."""
    figures, reference = result.figures, line.reference
    if not callable(reference):
        return figures.get(line.ours), figures.get(reference)
    try:
        return figures.get(line.ours), reference(figures)
    except KeyError:
        return figures.get(line.ours), None


def _join(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return f"| {' | '.join(padded)} |"
