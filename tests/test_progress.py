"""Where listings stand, and what repeats at seams."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from dialytics._body import Body
from dialytics._checkpoints import Checkpoint, Partition, Position
from dialytics._declarations import Operation, Vendor
from dialytics._listings import Fetched, Held, Place
from dialytics._messages import Reply
from dialytics._progress import Progress, RowRun, Seam, Standing, runs
from dialytics._retry import Replay
from dialytics._stats import Stats
from dialytics._windows import Window, WindowRule

START: Final = datetime(2026, 10, 1, tzinfo=UTC)
DAY: Final = timedelta(days=1)
SECOND: Final = timedelta(seconds=1)
WINDOW: Final = Window(START, START + DAY)
NEXT: Final = Window(START + DAY, START + 2 * DAY)
LOGS: Final = Operation(
    vendor=Vendor(name="acme"),
    name="logs",
    method="GET",
    path="/logs",
    replay=Replay.READ,
    key="log_id",
    time="timestamp_start",
    window=WindowRule(resolution=SECOND, max_span=DAY),
)
PLACE: Final = Place(Partition(0), None)


@frozen
class Item:
    """A row of which only key and time are looked at."""

    log_id: int | None
    timestamp_start: datetime | None = None


def fetched(place: Place, following: str | None = None) -> Fetched[Any]:
    return Fetched(place, following, Reply(200, {}, Body(b"")), Held(), None)


# Where a listing stands


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
            standing.end(low + len(run))
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


def test_a_standing_tells_its_last_row_and_part() -> None:
    """A position names page, rows, the last row's key, and the window where it is a part."""
    half = Window(START, START + DAY / 2)
    stats = Stats()
    standing = Standing(stats, Position(2, "t", 4, 3, 43, 15, half))
    place = Place(Partition(2, "en", WINDOW), half, "t", 4)
    assert standing.enter(place) == 3
    assert standing.freeze() == Position(2, "t", 4, 3, 43, None, half)
    standing.begin(RowRun([Item(16), Item(17), Item(18)], LOGS), 3)
    stats.rows += 2
    assert standing.freeze() == Position(2, "t", 4, 5, 45, 17, half)
    stats.rows += 1
    standing.end(6)
    assert standing.freeze() == Position(2, "t", 4, 6, 46, 18, half)
    assert not standing.leave(fetched(place, "t5"))
    assert standing.freeze() == Position(2, "t5", 5, 0, 46, 18, half)
    standing.enter(Place(Partition(2, "en", WINDOW), WINDOW))
    assert standing.freeze() == Position(2, None, 0, 0, 46, 18, None)


def test_a_part_is_followed_by_the_rest() -> None:
    """When a part of a window ends, the rest of it comes next; then its partition is done."""
    half = Window(START, START + DAY / 2)
    place = Place(Partition(0, None, evolve(WINDOW, provisional=True)), half, "t", 4)
    rest = Window(START + DAY / 2, START + DAY, provisional=True)
    assert place.rest() == [Place(place.partition, rest)]
    standing = Standing(Stats())
    standing.enter(place)
    assert not standing.leave(fetched(place))
    assert standing.freeze() == Position(0, None, 0, 0, 0, None, rest)
    standing.enter(Place(place.partition, rest))
    assert standing.leave(fetched(Place(place.partition, rest)))


@pytest.mark.parametrize("place", [PLACE, Place(Partition(0, None, WINDOW), WINDOW)])
def test_a_whole_has_no_rest(place: Place) -> None:
    """Nothing follows a window that is the partition's, nor a listing without windows."""
    assert place.rest() == []


# Seams


def met(seam: Seam, place: Place, *items: Item, operation: Operation = LOGS) -> list[bool]:
    seam.enter(place)
    repeated = RowRun(items, operation).repeated(seam)
    return [index in repeated for index in range(len(items))]


def at(window: Window, number: int = 0) -> Place:
    return Place(Partition(0, None, window), window, None, number)


def test_rows_repeated_on_the_next_page_are_dropped() -> None:
    """A row of the page before is a repetition, also if empty pages lie between."""
    seam: Seam = Seam(LOGS)
    assert met(seam, at(WINDOW), Item(1), Item(2)) == [False, False]
    assert met(seam, at(WINDOW, 1)) == []
    assert met(seam, at(WINDOW, 2), Item(2), Item(3)) == [True, False]
    assert met(seam, at(WINDOW, 3), Item(2), Item(3), Item(4)) == [True, True, False]


def test_memory_of_large_pages_is_bounded() -> None:
    """Of a page only the last rows are remembered, and only the next page's first compared."""
    seam: Seam = Seam(LOGS)
    many = [Item(number) for number in range(5_000)]
    seam.enter(at(WINDOW))
    for start in range(0, 5_000, 500):
        assert RowRun(many[start : start + 500], LOGS).repeated(seam) == []
    assert max(len(one) for one in vars(seam).values() if isinstance(one, deque)) < 2_000
    assert met(seam, at(WINDOW, 1), Item(4_999), Item(5_000)) == [True, False]


@given(st.integers(0, 9), st.sets(st.integers(0, 9)), st.integers(0, 10))
def test_runs_are_what_is_not_dropped(count: int, dropped: set[int], begin: int) -> None:
    """Runs hold each index that is neither dropped nor before the beginning, once, in order."""
    drop = sorted(index for index in dropped if index < count)
    found = [index for low, high in runs(count, drop, begin) for index in range(low, high)]
    assert found == [index for index in range(begin, count) if index not in dropped]
    assert all(low < high for low, high in runs(count, drop, begin))


def test_rows_of_one_page_never_repeat() -> None:
    """What the vendor sends twice in one page is handed out twice."""
    assert met(Seam(LOGS), at(WINDOW), Item(1), Item(1)) == [False, False]


def test_rows_without_key_never_repeat() -> None:
    """Without a key, declared or sent, no row is taken for another."""
    keyless = evolve(LOGS, key=None)
    for operation, item in ((keyless, Item(1)), (LOGS, Item(None))):
        seam = Seam(operation)
        assert met(seam, at(WINDOW), item, operation=operation) == [False]
        assert met(seam, at(WINDOW, 1), item, operation=operation) == [False]


@pytest.mark.parametrize(
    ("offset", "repeats"),
    [
        (-2 * SECOND, False),
        (-SECOND, True),
        (SECOND * 0, True),
        (SECOND - SECOND / 4, True),
        (SECOND, False),
    ],
)
def test_rows_at_the_seam_of_windows_are_dropped(offset: timedelta, *, repeats: bool) -> None:
    """Both sides of a cut are remembered for one tick of the vendor's clock, over many pages."""
    seam: Seam = Seam(LOGS)
    edge = Item(1, WINDOW.end + offset)
    assert met(seam, at(WINDOW), edge, Item(2, START)) == [False, False]
    for number in (1, 2):
        met(seam, at(WINDOW, number), Item(10 + number, START + DAY / 2))
    assert met(seam, at(NEXT), Item(20, NEXT.end - DAY / 2)) == [False]
    assert met(seam, at(NEXT, 1), edge) == [repeats]


def test_memory_is_that_of_pages_and_edges() -> None:
    """However long a listing, only the keys of the last two pages and of edges are kept."""
    seam: Seam = Seam(LOGS)
    for number in range(1_000):
        met(
            seam,
            at(WINDOW, number),
            *(Item(10 * number + each, START + DAY / 2) for each in range(10)),
        )
    kept = [value for value in vars(seam).values() if isinstance(value, (set, deque))]
    assert kept
    assert sum(map(len, kept)) <= 20
