"""Where listings stand, and what repeats at seams."""

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
from dialytics._listings import Fetched, Place
from dialytics._messages import Reply
from dialytics._progress import Seam, Standing
from dialytics._retry import Replay
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
    return Fetched(place, following, Reply(200, {}, Body(b"")), None, None)


# Where a listing stands


@given(
    st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=3), min_size=1, max_size=3), st.data()
)
def test_a_standing_resumes_after_any_row(plan: list[list[int]], data: st.DataObject) -> None:
    """Stopped after any row, a listing goes on with the next: none is lost, none comes twice."""
    rows = [
        (unit, page, number)
        for unit, pages in enumerate(plan)
        for page, count in enumerate(pages)
        for number in range(count)
    ]
    partitions = tuple(Partition(index) for index in range(len(plan)))
    start = Checkpoint("acme.logs", "digest", partitions)
    handed: list[tuple[int, int, int]] = []
    stops = data.draw(st.lists(st.integers(1, 5), max_size=4))
    for stop in [*stops, len(rows) + 1]:
        standing = Standing(start.done, start.position)
        handed += hand_out(plan, standing, start, stop)
        start = start.advance(*standing.freeze("log_id"))
        start = Checkpoint.from_json(start.to_json())
        assert start.position is None or start.position.rows == sum(
            1 for row in handed if row[0] == start.done
        )
    assert handed == rows
    assert (start.done, start.position) == (len(plan), None)


def hand_out(
    plan: list[list[int]], standing: Standing, start: Checkpoint, stop: int
) -> list[tuple[int, int, int]]:
    """Hand out at most so many rows of a plan of pages' lengths, as pagers do."""
    handed = []
    for partition in start.partitions[start.done :]:
        place = Place(partition, None)
        position = start.position
        if position is not None and position.partition == partition.index:
            place = Place(partition, None, position.cursor, position.page)
        while True:
            pages = plan[partition.index]
            skip = standing.enter(place)
            for number in range(skip, pages[place.number]):
                standing.skip, standing.rows = number + 1, standing.rows + 1
                standing.last = Item(number)
                handed.append((partition.index, place.number, number))
                if len(handed) == stop:
                    return handed
            following = None if place.number == len(pages) - 1 else f"p{place.number + 1}"
            ended = standing.leave(fetched(place, following))
            assert ended == (following is None)
            if ended:
                break
            place = evolve(place, cursor=following, number=place.number + 1)
    return handed


def test_a_new_standing_is_its_checkpoint() -> None:
    """Before the first page a listing stands where it was resumed."""
    position = Position(3, "t", 1, 2, 9)
    assert Standing(3, position).freeze("log_id") == (3, position)
    assert Standing(0, None).freeze("log_id") == (0, None)


def test_a_standing_tells_its_last_row_and_part() -> None:
    """A position names page, rows, the last row's key, and the window where it is a part."""
    half = Window(START, START + DAY / 2)
    standing = Standing(2, None)
    assert standing.enter(Place(Partition(2, "en", WINDOW), half, "t", 4)) == 0
    standing.skip, standing.rows, standing.last = 5, 45, Item(17)
    assert standing.freeze("log_id") == (2, Position(2, "t", 4, 5, 45, 17, half))
    assert standing.freeze(None) == (2, Position(2, "t", 4, 5, 45, None, half))
    assert not standing.leave(fetched(Place(Partition(2, "en", WINDOW), half, "t", 4), "t5"))
    assert standing.freeze(None) == (2, Position(2, "t5", 5, 0, 45, None, half))
    standing.enter(Place(Partition(2, "en", WINDOW), WINDOW))
    assert standing.freeze(None) == (2, Position(2, None, 0, 0, 45, None, None))


def test_a_part_is_followed_by_the_rest() -> None:
    """When a part of a window ends, the rest of it comes next; then its partition is done."""
    half = Window(START, START + DAY / 2)
    place = Place(Partition(0, None, evolve(WINDOW, provisional=True)), half, "t", 4)
    rest = Window(START + DAY / 2, START + DAY, provisional=True)
    assert place.rest() == [Place(place.partition, rest)]
    standing = Standing(0, None)
    standing.enter(place)
    assert not standing.leave(fetched(place))
    assert standing.freeze(None) == (0, Position(0, None, 0, 0, 0, None, rest))
    standing.enter(Place(place.partition, rest))
    assert standing.leave(fetched(Place(place.partition, rest)))
    assert standing.freeze(None) == (1, None)


@pytest.mark.parametrize("place", [PLACE, Place(Partition(0, None, WINDOW), WINDOW)])
def test_a_whole_has_no_rest(place: Place) -> None:
    """Nothing follows a window that is the partition's, nor a listing without windows."""
    assert place.rest() == []


# Seams


def met(seam: Seam[Item], place: Place, *items: Item) -> list[bool]:
    seam.enter(place)
    return [seam.repeats(item) for item in items]


def at(window: Window, number: int = 0) -> Place:
    return Place(Partition(0, None, window), window, None, number)


def test_rows_repeated_on_the_next_page_are_dropped() -> None:
    """A row of the page before is a repetition, also if empty pages lie between."""
    seam: Seam[Item] = Seam(LOGS)
    assert met(seam, at(WINDOW), Item(1), Item(2)) == [False, False]
    assert met(seam, at(WINDOW, 1)) == []
    assert met(seam, at(WINDOW, 2), Item(2), Item(3)) == [True, False]
    assert met(seam, at(WINDOW, 3), Item(2), Item(3), Item(4)) == [True, True, False]


def test_rows_of_one_page_never_repeat() -> None:
    """What the vendor sends twice in one page is handed out twice."""
    assert met(Seam(LOGS), at(WINDOW), Item(1), Item(1)) == [False, False]


def test_rows_without_key_never_repeat() -> None:
    """Without a key, declared or sent, no row is taken for another."""
    keyless: Seam[Item] = Seam(evolve(LOGS, key=None))
    for seam, item in ((keyless, Item(1)), (Seam(LOGS), Item(None))):
        assert met(seam, at(WINDOW), item) == [False]
        assert met(seam, at(WINDOW, 1), item) == [False]


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
    seam: Seam[Item] = Seam(LOGS)
    edge = Item(1, WINDOW.end + offset)
    assert met(seam, at(WINDOW), edge, Item(2, START)) == [False, False]
    for number in (1, 2):
        met(seam, at(WINDOW, number), Item(10 + number, START + DAY / 2))
    assert met(seam, at(NEXT), Item(20, NEXT.end - DAY / 2)) == [False]
    assert met(seam, at(NEXT, 1), edge) == [repeats]


def test_memory_is_that_of_pages_and_edges() -> None:
    """However long a listing, only the last two pages' keys and those at edges are kept."""
    seam: Seam[Item] = Seam(LOGS)
    for number in range(1_000):
        met(
            seam,
            at(WINDOW, number),
            *(Item(10 * number + each, START + DAY / 2) for each in range(10)),
        )
    kept = [value for value in vars(seam).values() if isinstance(value, set)]
    assert kept
    assert sum(map(len, kept)) <= 20
