"""The references do what the library does: only then is a ratio worth something."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.bare import events
from benchmarks.bare.pieces import read_in_memory
from benchmarks.bare.rows import count_cells, read_rows
from benchmarks.ours import ALL_COLUMNS, EVENT_FIELDS, Job
from benchmarks.scenario import Scenario
from benchmarks.setup import Setup


def collect(items: list[Any], *attributes: str) -> Job:
    """Collect attributes of rows."""
    return Job(lambda pager: pager, each=lambda row: items.append(pick(row, attributes)))


def pick(row: Any, attributes: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in attributes)


def test_rows(setup: Setup) -> None:
    """The hand-written loop gives the values that our rows have."""
    scenario = setup.month()
    ours: list[Any] = []
    theirs: list[Any] = []
    setup.ours_in_memory.read_interactions(collect(ours, *ALL_COLUMNS), scenario, days=2)
    outcome = read_in_memory(
        setup.site,
        scenario,
        2,
        lambda pieces: read_rows(pieces, lambda row: theirs.append(pick(row, ALL_COLUMNS))),
    )
    assert len(ours) == outcome.amount == 2 * scenario.rows
    assert ours == theirs
    assert read_in_memory(setup.site, scenario, 2, count_cells).amount == len(ours)


def test_batches(setup: Setup) -> None:
    """The streaming reader of pyarrow gives the same rows, under the one schema."""
    arrow = pytest.importorskip("benchmarks.bare.arrow", exc_type=ImportError)
    ids: list[int] = []
    ours: list[Any] = []

    def use(pieces: Any) -> int:
        for batch in arrow.iterate_batches(pieces):
            ids.extend(batch["LogId"].to_pylist())
        return 0

    read_in_memory(setup.site, setup.month(), 1, use)
    setup.ours_in_memory.read_interactions(collect(ours, "log_id"), setup.month(), days=1)
    assert [(number,) for number in ids] == ours


@pytest.mark.parametrize("read", [events.read_stock, events.read_structs])
def test_events(setup: Setup, read: events.Read) -> None:
    """The generated models and the structs hold the values that our events have."""
    scenario = Scenario(rows=30, days=10, page=20)
    ours: list[Any] = []
    theirs: list[Any] = []
    setup.ours_in_memory.read_events(collect(ours, *EVENT_FIELDS), scenario, concurrency=1)
    events.read_events(
        setup.site, scenario, read, lambda event: theirs.append(pick(event, EVENT_FIELDS))
    )
    assert len(ours) == 300
    assert ours == theirs
