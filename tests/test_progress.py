"""Which rows repeat at seams."""

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
from dialytics._edges import Edges
from dialytics._listings import Fetched, Held, Place
from dialytics._messages import Reply
from dialytics._progress import REMEMBERED, RowRun, Seam, runs
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
PLAN: Final = (WINDOW, NEXT)


@frozen
class Item:
    """A row of which only key and time are looked at."""

    log_id: int | None
    timestamp_start: datetime | None = None


def fetched(place: Place, following: str | None = None) -> Fetched[Any]:
    return Fetched(place, following, Reply(200, {}, Body(b"")), Held(), None)


# Seams


def met(seam: Seam, place: Place, *items: Item, operation: Operation = LOGS) -> list[bool]:
    seam.enter(place)
    repeated = RowRun(items, operation).repeated(seam)
    return [index in repeated for index in range(len(items))]


def at(window: Window, number: int = 0) -> Place:
    return Place(Partition(PLAN.index(window), None, window), window, None, number)


def new_edges(*finished: int) -> Edges:
    """Return the edges of a plan of two windows, of which some are finished."""
    partitions = tuple(Partition(index, None, window) for index, window in enumerate(PLAN))
    return Edges(Checkpoint("acme.logs", "d", partitions), lambda index: index not in finished)


def new_seam(operation: Operation = LOGS) -> Seam:
    return Seam(operation, new_edges())


def test_rows_repeated_on_the_next_page_are_dropped() -> None:
    """A row of the page before is a repetition, also if empty pages lie between."""
    seam = new_seam()
    assert met(seam, at(WINDOW), Item(1), Item(2)) == [False, False]
    assert met(seam, at(WINDOW, 1)) == []
    assert met(seam, at(WINDOW, 2), Item(2), Item(3)) == [True, False]
    assert met(seam, at(WINDOW, 3), Item(2), Item(3), Item(4)) == [True, True, False]


def test_an_overlap_may_be_longer_than_the_page_before() -> None:
    """Rows of pages further back are dropped too."""
    seam = new_seam()
    for number in range(5):
        assert met(seam, at(WINDOW, number), Item(number)) == [False]
    assert met(seam, at(WINDOW, 5), Item(2), Item(3), Item(4), Item(5)) == [True, True, True, False]


def test_rows_before_a_known_one_are_known_after_a_resume() -> None:
    """Up to the row that was handed out last, a page's rows were handed out."""
    seam = Seam(LOGS, new_edges(), Position(0, "t", 3, 0, 9, 7))
    assert met(seam, at(WINDOW, 3), Item(5), Item(6), Item(7), Item(8)) == [True, True, True, False]
    seam = Seam(LOGS, new_edges(), Position(0, "t", 3, 0, 0, 7))
    assert met(seam, at(WINDOW, 3), Item(5), Item(7), Item(8)) == [False, True, False]


def test_memory_of_large_pages_is_bounded() -> None:
    """Of a page only the last rows are remembered, and only the next page's first compared."""
    seam = new_seam()
    many = [Item(number) for number in range(5_000)]
    seam.enter(at(WINDOW))
    for start in range(0, 5_000, 500):
        assert RowRun(many[start : start + 500], LOGS).repeated(seam) == []
    assert max(len(one) for one in vars(seam).values() if isinstance(one, dict)) <= 2 * REMEMBERED
    # What a page began with is known too: it may come again whole.
    assert met(seam, at(WINDOW, 1), Item(0), Item(17), Item(4_998), Item(5_000)) == [
        True,
        False,
        True,
        False,
    ]


@given(st.integers(0, 9), st.sets(st.integers(0, 9)), st.integers(0, 10))
def test_runs_are_what_is_not_dropped(count: int, dropped: set[int], begin: int) -> None:
    """Runs hold each index that is neither dropped nor before the beginning, once, in order."""
    drop = sorted(index for index in dropped if index < count)
    found = [index for low, high in runs(count, drop, begin) for index in range(low, high)]
    assert found == [index for index in range(begin, count) if index not in dropped]
    assert all(low < high for low, high in runs(count, drop, begin))


def test_rows_of_one_page_never_repeat() -> None:
    """What the vendor sends twice in one page is handed out twice."""
    assert met(new_seam(), at(WINDOW), Item(1), Item(1)) == [False, False]


def test_rows_without_key_never_repeat() -> None:
    """Without a key, declared or sent, no row is taken for another."""
    keyless = evolve(LOGS, key=None)
    for operation, item in ((keyless, Item(1)), (LOGS, Item(None))):
        seam = new_seam(operation)
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
    """Both sides of a cut are remembered for one tick of the vendor's clock, over many pages.

    This is so in whatever order the windows come.
    """
    edge = Item(1, WINDOW.end + offset)
    for first, second in ((WINDOW, NEXT), (NEXT, WINDOW)):
        edges = new_edges()
        one, other = Seam(LOGS, edges), Seam(LOGS, edges)
        assert met(one, at(first), edge, Item(2, START)) == [False, False]
        for number in (1, 2):
            met(one, at(first, number), Item(10 + number, first.start + DAY / 2))
        assert met(other, at(second), Item(20, second.start + DAY / 2)) == [False]
        assert met(other, at(second, 1), edge) == [repeats]


def test_memory_is_that_of_pages_and_edges() -> None:
    """However long a listing, only the keys of the last rows and of edges are kept."""
    seam = new_seam()
    for number in range(1_000):
        met(
            seam,
            at(WINDOW, number),
            *(Item(10 * number + each, START + DAY / 2) for each in range(10)),
        )
    kept = [len(value) for value in vars(seam).values() if isinstance(value, (frozenset, dict))]
    assert kept
    assert sum(kept) <= 2 * REMEMBERED + 100
