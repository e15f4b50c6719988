"""Which rows repeat at seams."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pytest
from attrs import evolve

from dialytics._checkpoints import Checkpoint, Partition, Position
from dialytics._declarations import Operation
from dialytics._edges import Edges
from dialytics._listings import Place
from dialytics._positions import digest_row
from dialytics._runs import RowRun
from dialytics._seams import REMEMBERED, Seam
from dialytics._windows import Window
from tests.logs import DAY, LOGS, NEXT, SECOND, START, WINDOW, Item

PLAN: Final = (WINDOW, NEXT)


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


@pytest.mark.parametrize("rows", [0, 9])
def test_rows_before_a_known_one_are_new_after_a_resume(rows: int) -> None:
    """The row that was handed out last says nothing of those before it in a page."""
    seam = Seam(LOGS, new_edges(), Position(0, "t", 3, 0, rows, 7))
    items = Item(5), Item(6), Item(7), Item(8)
    assert met(seam, at(WINDOW, 3), *items) == [False, False, True, False]
    # Of the pages that follow, what came before them is known.
    assert met(seam, at(WINDOW, 4), Item(9), Item(7), Item(8)) == [False, True, True]
    # Where the page itself was begun, the row is one of its own.
    seam = Seam(LOGS, new_edges(), Position(0, "t", 3, 3, 9, 7))
    assert met(seam, at(WINDOW, 3), Item(5), Item(7), Item(8)) == [False, False, False]


@pytest.mark.parametrize("rows", [1, 1_100])
def test_recent_rows_are_known_after_a_resume(rows: int) -> None:
    """What a position holds is known for as many rows as may be remembered, and no longer."""
    recent = tuple(map(digest_row, (5, 6, 7)))
    seam = Seam(LOGS, new_edges(), Position(0, "t", 3, 2, 9, 8, None, recent))
    assert met(seam, at(WINDOW, 3), Item(8), Item(8), Item(6)) == [False, False, True]
    met(seam, at(WINDOW, 4), *(Item(100 + number) for number in range(rows)))
    assert met(seam, at(WINDOW, 5), Item(5), Item(9)) == [rows == 1, False]


def test_new_rows_before_the_last_one_come_after_a_resume() -> None:
    """Where it is known what was handed out, rows between repeated ones are none of that."""
    recent = tuple(map(digest_row, (5, 6, 7)))
    seam = Seam(LOGS, new_edges(), Position(0, "t", 3, 0, 9, 7, None, recent))
    items = Item(6), Item(8), Item(7), Item(9)
    assert met(seam, at(WINDOW, 3), *items) == [True, False, True, False]


def test_rows_among_repeated_ones_are_new() -> None:
    """Where a page repeats rows in another order, the new ones between them are no repetitions."""
    seam = new_seam()
    met(seam, at(WINDOW), Item(1), Item(2), Item(3))
    assert met(seam, at(WINDOW, 1), Item(4), Item(3), Item(5)) == [False, True, False]


def test_memory_of_large_pages_is_bounded() -> None:
    """Of a page only the last rows are remembered, and only the next page's first compared."""
    seam = new_seam()
    many = [Item(number) for number in range(5_000)]
    seam.enter(at(WINDOW))
    for start in range(0, 5_000, 500):
        assert RowRun(many[start : start + 500], LOGS).repeated(seam) == []
    kept = [one for one in vars(seam).values() if isinstance(one, dict | list)]
    assert max(map(len, kept)) <= 2 * REMEMBERED
    # What a page began with is known too: it may come again whole.
    assert met(seam, at(WINDOW, 1), Item(0), Item(17), Item(4_998), Item(5_000)) == [
        True,
        False,
        True,
        False,
    ]
    # Far into a page nothing is compared any more.
    far = [Item(number) for number in range(6_000, 6_000 + REMEMBERED)]
    assert met(seam, at(WINDOW, 2), *far, Item(5_000)).count(True) == 0


def test_a_long_page_that_comes_again_is_known_by_its_beginning() -> None:
    """Also where of what is remembered of its end nothing comes at first."""
    seam = new_seam()
    met(seam, at(WINDOW), *(Item(number) for number in range(5_000)))
    assert met(seam, at(WINDOW, 1), Item(0), Item(5_000)) == [True, False]


def test_rows_of_one_page_never_repeat() -> None:
    """What the vendor sends twice in one page is handed out twice."""
    assert met(new_seam(), at(WINDOW), Item(1), Item(1)) == [False, False]


def test_rows_without_key_never_repeat() -> None:
    """Without a key, declared or sent, no row is taken for another."""
    edges = new_edges()
    assert met(Seam(LOGS, edges), at(WINDOW), Item(None, WINDOW.end)) == [False]
    assert edges.freeze() == ()
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
