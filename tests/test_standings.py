"""Where windows stand."""

from __future__ import annotations

import pytest
from attrs import evolve

from dialytics._checkpoints import Partition, Position
from dialytics._listings import Place
from dialytics._positions import RECENT, digest_row
from dialytics._runs import RowRun
from dialytics._seams import REMEMBERED
from dialytics._standings import Standing
from dialytics._stats import Stats
from dialytics._windows import Window
from dialytics.errors import PaginationLoop, PositionLost
from tests.logs import DAY, LOGS, PLACE, START, WINDOW, Item, fetched


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


def test_a_window_with_fewer_rows_than_were_handed_out_is_lost() -> None:
    """Rows without a key are passed over by number, over several pages if these are shorter."""
    place = Place(Partition(0), None, "t", 1, resumed=Position(0, "t", 1, 5, 5))
    for count in (5, 4):
        standing = Standing(Stats(), place.resumed)
        assert standing.enter(place) == 5
        assert take(standing, Stats(), Item(None), Item(None)) == []
        assert not standing.leave(fetched(place, "u"), 2)
        assert standing.enter(place.after("u")) == 3
        assert take(standing, Stats(), *[Item(None)] * (count - 2)) == []
        if count == 5:
            assert standing.leave(fetched(place.after("u")), 3)
            continue
        with pytest.raises(PositionLost, match="or fewer rows than were"):
            standing.leave(fetched(place.after("u")), 2)


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


def recent(standing: Standing, most: int = RECENT) -> tuple[str, ...]:
    position = standing.freeze(most)
    assert position is not None
    return position.recent


def read_page(standing: Standing, place: Place, following: str | None, *keys: int | None) -> None:
    """Read and hand out a page in runs of two rows."""
    standing.enter(place)
    for low in range(0, len(keys), 2):
        run: RowRun[Item] = RowRun([Item(key) for key in keys[low : low + 2]], LOGS)
        standing.recognize(run, 0)
        standing.begin(run, low)
        standing._stats.rows += len(run)
        standing.end()
        standing.read(len(run))
    standing.leave(fetched(place, following), standing.met)


def test_a_position_holds_the_last_rows_of_the_pages_before() -> None:
    """Not those of its own page; rows without a key are not told apart."""
    half = Window(START, START + DAY / 2)
    place = Place(Partition(0, None, WINDOW), half)
    standing = Standing(Stats())
    read_page(standing, place, "t", 1, 2, 3)
    assert recent(standing) == tuple(map(digest_row, (1, 2, 3)))
    standing.enter(place.after("t"))
    run: RowRun[Item] = RowRun([Item(4)], LOGS)
    standing.recognize(run, 0)
    assert recent(standing) == tuple(map(digest_row, (1, 2, 3)))
    read_page(standing, place.after("t"), "u", 4, None)
    assert recent(standing) == tuple(map(digest_row, (1, 2, 3, 4)))
    read_page(standing, place.after("u"), "v")
    assert recent(standing) == tuple(map(digest_row, (1, 2, 3, 4)))
    read_page(standing, place.after("v"), "w", *range(5, 20))
    assert recent(standing) == tuple(map(digest_row, range(4, 20)))
    again = Standing(Stats(), standing.freeze())
    read_page(again, evolve(place.after("w"), number=1), "x", 20)
    assert recent(again) == tuple(map(digest_row, range(5, 21)))
    # Whoever reads the next window meets them at its edge.
    read_page(again, evolve(place.after("x"), number=2), None, 21)
    assert recent(again) == ()


def test_a_position_holds_no_more_rows_than_its_share() -> None:
    """They are the last ones, also of fewer than that, or none."""
    standing = Standing(Stats())
    read_page(standing, PLACE, "t", 1, 2, 3)
    assert recent(standing, 2) == tuple(map(digest_row, (2, 3)))
    assert recent(standing, 4) == tuple(map(digest_row, (1, 2, 3)))
    assert recent(standing, 0) == ()


def test_what_is_read_again_is_remembered_again() -> None:
    """Rows of pages that come no more are forgotten, up to the row that is looked for."""
    standing = Standing(Stats())
    read_page(standing, PLACE, "t", 1, 2)
    read_page(standing, PLACE.after("t"), "u", 3, 4)
    again = evolve(PLACE, again=True)
    standing.enter(again)
    run: RowRun[Item] = RowRun([Item(number) for number in range(1, 6)], LOGS)
    standing.recognize(run, 0)
    assert recent(standing) == tuple(map(digest_row, (1, 2, 3, 4)))
    assert standing.pass_over(run, 0) == 4
    assert standing.freeze() == Position(0, None, 0, 4, 4, 4)
    standing.read(5)
    standing.leave(fetched(again, "v"), 5)
    assert recent(standing) == tuple(map(digest_row, (1, 2, 3, 4, 5)))
