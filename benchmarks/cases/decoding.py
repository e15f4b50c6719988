"""Decoders, out of memory: no network, so that nothing hides what they take."""

from __future__ import annotations

from typing import Any

from ..aims import at_least, rate
from ..bare.pieces import read_in_memory
from ..bare.rows import count_cells, read_rows
from ..harness import Case, Line
from ..ours import ALL_COLUMNS, EVENT_FIELDS, FIVE_COLUMNS, touch
from ..scenario import Scenario
from ..setup import Setup

_LEANEST = "leanest loop by hand"
_READER = "csv.reader alone"
_STOCK = "json and from_dict"
_STRUCTS = "a struct decoder"


def csv_rows(setup: Setup) -> Case:
    """Typed rows, all of whose columns are read."""
    scenario, days, job = setup.month(), setup.sizes.decoded_days, touch(*ALL_COLUMNS)
    each: Any = job.each
    show = rate(setup.sizes.rows * days)
    return Case(
        {
            "ours": lambda: setup.ours_in_memory.read_interactions(
                job, scenario, days=days, concurrency=1
            ),
            _LEANEST: lambda: read_in_memory(
                setup.site, scenario, days, lambda pieces: read_rows(pieces, each)
            ),
        },
        [Line("typed rows from CSV", "ours", _LEANEST, _LEANEST, at_least(0.95, show))],
    )


def csv_five_columns(setup: Setup) -> Case:
    """Typed rows, few of whose columns are read."""
    scenario, days, job = setup.month(), setup.sizes.decoded_days, touch(*FIVE_COLUMNS)
    show = rate(setup.sizes.rows * days)
    return Case(
        {
            "ours": lambda: setup.ours_in_memory.read_interactions(
                job, scenario, days=days, concurrency=1, columns=FIVE_COLUMNS
            ),
            _READER: lambda: read_in_memory(setup.site, scenario, days, count_cells),
        },
        [Line("- only 5 of 28 columns", "ours", _READER, _READER, at_least(0.9, show))],
    )


def json_events(setup: Setup) -> Case:
    """Typed events, in pages so large that the HTTP client hardly counts."""
    return _events(setup, 5_000, "typed events from JSON pages (large pages)", 3.5)


def json_events_of_100(setup: Setup) -> Case:
    """Typed events in pages of 100, each of which costs the HTTP client something on all sides."""
    return _events(setup, 100, "- pages of 100, the HTTP client's part included", None)


def _events(setup: Setup, page: int, what: str, aim: float | None) -> Case:
    from ..bare import events

    scenario, job = Scenario(setup.sizes.events, 10, page), touch(*EVENT_FIELDS)
    each: Any = job.each
    show = rate(scenario.rows * scenario.days)
    return Case(
        {
            "ours": lambda: setup.ours_in_memory.read_events(job, scenario, concurrency=1),
            _STOCK: lambda: events.read_events(setup.site, scenario, events.read_stock, each),
            _STRUCTS: lambda: events.read_events(setup.site, scenario, events.read_structs, each),
        },
        [
            Line(what, "ours", _STOCK, _STOCK, at_least(aim, show)),
            Line(f"- {_STRUCTS} alone", _STRUCTS, _STOCK, _STOCK, at_least(None, show)),
        ],
    )
