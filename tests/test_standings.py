"""Where listings stand."""

from __future__ import annotations

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
from dialytics._progress import REMEMBERED, RowRun
from dialytics._retry import Replay
from dialytics._standings import Progress, Standing
from dialytics._stats import Stats
from dialytics._windows import Window, WindowRule
from dialytics.errors import PaginationLoop, WindowsFailed

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
            standing.read(low + len(run))
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
    assert standing.freeze() == Position(2, "t", 4, 3, 43, 15, half)
    standing.begin(RowRun([Item(16), Item(17), Item(18)], LOGS), 3)
    stats.rows += 2
    assert standing.freeze() == Position(2, "t", 4, 5, 45, 17, half)
    stats.rows += 1
    standing.end()
    standing.read(6)
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


def take(standing: Standing, stats: Stats, *items: Item) -> list[int | None]:
    """Hand out a page's rows as pagers do; return their ids."""
    run: RowRun[Item] = RowRun(items, LOGS)
    fresh = standing.pass_over(run, 0)
    handed = run.part(fresh, len(run))
    if handed:
        standing.begin(handed, fresh)
        stats.rows += len(handed)
        standing.end()
    standing.read(len(run))
    return [row.log_id for row in handed]


def test_a_window_that_is_read_again_goes_on_behind_its_last_row() -> None:
    """Rows are passed over up to the last one; until then the position stays what it was."""
    stats = Stats()
    standing = Standing(stats)
    place = Place(Partition(0, None, WINDOW), WINDOW)
    standing.enter(place)
    assert take(standing, stats, Item(1), Item(2), Item(3)) == [1, 2, 3]
    assert not standing.leave(fetched(place, "t1"), 3)
    before = standing.freeze()
    assert before == Position(0, "t1", 1, 0, 3, 3)
    again = evolve(place, again=True)
    standing.enter(again)
    assert take(standing, stats, Item(1), Item(2)) == []
    assert standing.freeze() == before
    assert not standing.leave(fetched(again, "u1"), 2)
    standing.enter(again.after("u1"))
    assert standing.freeze() == before
    assert take(standing, stats, Item(3), Item(4)) == [4]
    assert standing.freeze() == Position(0, "u1", 1, 2, 4, 4)
    assert standing.leave(fetched(again.after("u1")), 2)


def test_rows_of_another_part_are_not_sought() -> None:
    """A part that is read again before any row of it came has nothing to be passed over."""
    first, rest = Window(START, START + DAY / 2), Window(START + DAY / 2, START + DAY)
    stats = Stats()
    standing = Standing(stats)
    partition = Partition(0, None, WINDOW)
    standing.enter(Place(partition, first))
    assert take(standing, stats, Item(1), Item(2)) == [1, 2]
    assert not standing.leave(fetched(Place(partition, first)), 2)
    standing.enter(Place(partition, rest))
    assert not standing.leave(fetched(Place(partition, rest), "t1"), 0)
    standing.enter(Place(partition, rest, again=True))
    assert take(standing, stats, Item(3)) == [3]
    assert standing.leave(fetched(Place(partition, rest)), 1)


def test_what_was_dropped_of_a_page_is_forgotten_with_it() -> None:
    """Where only repeated rows came of a window so far, reading it again begins at its start."""
    standing = Standing(Stats(), Position(0, "t1", 1, 0, 0, 7))
    standing.enter(Place(Partition(0, None, WINDOW), WINDOW, again=True))
    assert take(standing, Stats(), Item(1), Item(2)) == [1, 2]


def test_pages_are_compared_within_a_window() -> None:
    """A page is recognized by its first rows' keys, next to the one before in its window only."""
    standing = Standing(Stats())
    partition = Partition(0, None, WINDOW)
    first, rest = Window(START, START + DAY / 2), Window(START + DAY / 2, START + DAY)
    place = Place(partition, first)
    one, other, keyless = [Item(1), Item(2)], [Item(2), Item(1)], [Item(None)]
    pages = [(one, False), (one, True), (other, False), (one, False), (keyless, False)]
    for number, (rows, known) in enumerate([*pages, (keyless, False), (one, False)]):
        standing.enter(Place(partition, first, f"t{number}", number))
        assert is_repetition(standing, rows) is known
    standing.enter(evolve(place, again=True))
    assert not is_repetition(standing, one)
    assert not standing.leave(fetched(place), 2)
    standing.enter(Place(partition, rest))
    assert not is_repetition(standing, one)


def is_repetition(standing: Standing, rows: list[Item], repeated: int | None = None) -> bool:
    """Read a page in runs of one row; tell whether it is taken for the one before."""
    count = len(rows) if repeated is None else repeated
    for met, row in enumerate(rows, 1):
        if standing.recognize(RowRun([row], LOGS), met <= count):
            return True
        standing.read(met)
    return standing.is_repetition


def test_a_page_that_goes_on_is_no_repetition() -> None:
    """Rows of the page before are no loop if there are others too, however they are read."""
    standing = Standing(Stats())
    rows = [Item(number) for number in range(20)]
    for count, met, known in ((17, 0, False), (20, 17, False), (20, 20, True)):
        standing.enter(PLACE)
        assert is_repetition(standing, rows[:count], met) is known


def test_a_long_page_is_known_by_its_first_rows() -> None:
    """What is too long to be remembered is recognized before any row of it comes again."""
    standing = Standing(Stats())
    rows = [Item(number) for number in range(REMEMBERED + 1)]
    standing.enter(PLACE)
    assert not is_repetition(standing, rows, 0)
    standing.enter(PLACE)
    runs = [RowRun[Item](rows[:1], LOGS), RowRun[Item](rows[1:], LOGS)]
    assert [standing.recognize(run, 1) for run in runs] == [False, True]


def test_a_page_of_another_place_is_new() -> None:
    """What was skipped of a page says nothing of another one that comes in its stead."""
    standing = Standing(Stats(), Position(0, "99:1", 1, 5, 105, 7))
    assert standing.enter(Place(Partition(0), None, None, 2)) == 0


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


def test_empty_pages_have_an_end() -> None:
    """A thousand empty pages in a row are taken for a loop; the position is behind the last."""
    standing = Standing(Stats())
    place = Place(Partition(0), None)
    for number in range(2_000):
        standing.enter(place)
        assert not standing.leave(fetched(place, f"t{number}"), 1 if number == 999 else 0)
        place = place.after(f"t{number}")
    with pytest.raises(PaginationLoop, match="1,000 pages in a row"):
        standing.leave(fetched(place, "more"), 0)


def test_a_page_that_leads_back_is_not_left() -> None:
    """Its rows are handed out, and asked for again it may lead on: the position stays on it."""
    stats = Stats()
    standing = Standing(stats)
    place = Place(Partition(0), None, "t1", 1)
    standing.enter(place)
    take(standing, stats, Item(1), Item(2))
    assert not standing.leave(evolve(fetched(place, "t1"), loops=True), 2)
    assert standing.freeze() == Position(0, "t1", 1, 2, 2, 2)
