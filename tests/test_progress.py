"""Which rows repeat at seams."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from dialytics._body import Body
from dialytics._checkpoints import Partition
from dialytics._declarations import Operation, Vendor
from dialytics._listings import Fetched, Held, Place
from dialytics._messages import Reply
from dialytics._progress import RowRun, Seam, runs
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
    return Fetched(place, following, Reply(200, {}, Body(b"")), Held(), None)


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
