"""How far listings have been handed out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialytics._checkpoints import Checkpoint, Partition, Position
from dialytics._listings import Place
from dialytics._progress import Progress
from dialytics._runs import RowRun
from dialytics._stats import Stats
from dialytics.errors import PaginationLoop, WindowsFailed
from tests.logs import LOGS, WINDOW, Item, fetched

PLANS = st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=3), min_size=1, max_size=3)


@given(PLANS, st.data())
def test_progress_resumes_after_any_row(plan: list[list[int]], data: st.DataObject) -> None:
    """Stopped after any row, in any order of windows, a listing goes on with the next row."""
    rows = {
        (unit, page, number)
        for unit, pages in enumerate(plan)
        for page, count in enumerate(pages)
        for number in range(count)
    }
    partitions = tuple(Partition(index) for index in range(len(plan)))
    start = Checkpoint("acme.logs", "digest", partitions)
    handed: list[tuple[int, int, int]] = []
    for stop in [*data.draw(st.lists(st.integers(1, 5), max_size=4)), len(rows) + 1]:
        stats = Stats()
        progress = Progress(start, stats)
        handed += hand_out(plan, progress, stats, start, stop, data)
        start = Checkpoint.from_json(progress.checkpoint().to_json())
        for position in start.positions:
            ours = [row for row in handed if row[0] == position.partition]
            assert position.rows == len(ours)
            assert position.last_id in {None, ours[-1][2] if ours else None}
    assert len(handed) == len(rows)
    assert set(handed) == rows
    assert (start.done, start.finished, start.positions) == (len(plan), (), ())


def hand_out(  # noqa: PLR0917  # all that a pager has
    plan: list[list[int]],
    progress: Progress,
    stats: Stats,
    start: Checkpoint,
    stop: int,
    data: st.DataObject,
) -> list[tuple[int, int, int]]:
    """Hand out at most so many rows of a plan of pages' lengths, as pagers do."""
    positions = {position.partition: position for position in start.positions}
    handed: list[tuple[int, int, int]] = []
    under_way = {}
    for partition in start.rest:
        position = positions.get(partition.index, Position(partition.index))
        under_way[partition.index] = Place(partition, None, position.cursor, position.page)
    while under_way:
        unit = data.draw(st.sampled_from(sorted(under_way)))
        place, pages = under_way[unit], plan[unit]
        standing = progress.standing(unit)
        skip, count = standing.enter(place), pages[place.number]
        for low in range(skip, count, 2):
            run = [Item(number) for number in range(low, min(low + 2, count))]
            standing.begin(RowRun(run, LOGS), low)
            for row in run:
                stats.rows += 1
                handed.append((unit, place.number, row.log_id or 0))
                if len(handed) == stop:
                    return handed
            standing.end()
            standing.read(low + len(run) - standing.met)
        following = None if place.number == len(pages) - 1 else f"p{place.number + 1}"
        if standing.leave(fetched(place, following)):
            progress.finish(unit)
            del under_way[unit]
        else:
            under_way[unit] = place.after(following or "")
    return handed


def test_progress_begins_as_its_checkpoint() -> None:
    """Before the first page a listing stands where it was resumed."""
    partitions = tuple(Partition(index) for index in range(6))
    start = Checkpoint("a.b", "d", partitions, 1, (4,), (Position(3, "t", 1, 2, 9),))
    assert Progress(start, Stats()).checkpoint() == start


def test_failures_are_told_in_the_order_of_the_plan() -> None:
    """Each partition fails once, and the error names the first few and counts the others."""
    partitions = tuple(Partition(index, f"k{index}", WINDOW) for index in range(6))
    stats = Stats(partitions=6)
    progress = Progress(Checkpoint("acme.logs", "d", partitions), stats)
    progress.require_all()
    for index in (4, 1, 0, 1, 5):
        progress.fail(partitions[index], PaginationLoop(f"loop {index}"))
    with pytest.raises(
        WindowsFailed, match=r"^4 of 6 windows failed: loop 0.*; and 1 more"
    ) as caught:
        progress.require_all()
    assert [one.key for one in caught.value.failures] == ["k0", "k1", "k4", "k5"]
    assert stats.partitions_failed == 4
    assert progress.checkpoint().rest == list(partitions)
