"""What is known of the rows near the edges of windows."""

from __future__ import annotations

from collections.abc import Container
from datetime import timedelta
from itertools import pairwise

from dialytics._checkpoints import Checkpoint, Edge, Partition
from dialytics._edges import Edges
from dialytics._listings import Place
from dialytics._positions import digest_row
from dialytics._windows import Window
from tests.logs import DAY, SECOND, START


def day(number: int) -> Window:
    return Window(START + number * DAY, START + (number + 1) * DAY)


def new_edges(
    *keys: str, days: int = 3, finished: Container[int] = (), known: tuple[Edge, ...] = ()
) -> tuple[Edges, list[Partition]]:
    """Return the edges of a plan of days, of which some are finished; and its partitions."""
    units = [(key, day(number)) for number in range(days) for key in keys or ("en",)]
    plan = [Partition(index, *unit) for index, unit in enumerate(units)]
    return Edges(
        Checkpoint("a.b", "d", tuple(plan), edges=known), lambda index: index not in finished
    ), plan


def instants(edges: Edges, partition: Partition, window: Window | None = None) -> list[timedelta]:
    """Return after how long from the start the edges are that matter to a page."""
    place = Place(partition, window or partition.window)
    return [brink.low + SECOND - START for brink in edges.around(place, SECOND)]


def test_only_edges_with_another_side_matter() -> None:
    """Nothing repeats across the plan's own ends, nor across what nobody reads any more."""
    edges, plan = new_edges()
    assert [instants(edges, one) for one in plan] == [[DAY], [DAY, 2 * DAY], [2 * DAY]]
    edges, plan = new_edges(finished=[0])
    assert [instants(edges, one) for one in plan[1:]] == [[2 * DAY], [2 * DAY]]
    edges, plan = new_edges("en", "nl", days=2, finished=[3])
    assert [instants(edges, one) for one in plan[:3]] == [[DAY], [], [DAY]]


def test_what_a_checkpoint_knows_matters() -> None:
    """Also where the other side has been read."""
    known = Edge("en", START + DAY, (digest_row(1),))
    edges, plan = new_edges(finished=[0], known=(known,))
    assert instants(edges, plan[1]) == [DAY, 2 * DAY]
    (low, high) = edges.around(Place(plan[1], plan[1].window), SECOND)
    assert (low.meet(1), low.meet(2), high.meet(1)) == (True, False, False)
    (two, one) = edges.freeze()[0].after, edges.freeze()[0].before
    assert (two, one) == ((digest_row(2),), (digest_row(1),))


def test_parts_of_a_window_meet_at_its_cuts() -> None:
    """Cuts matter in both parts, and are forgotten when what lies behind them has been read."""
    edges, plan = new_edges(days=1)
    cuts = [START + number * DAY / 4 for number in range(5)]
    parts = [Window(*pair) for pair in pairwise(cuts)]
    for number, part in enumerate(parts):
        brinks = edges.around(Place(plan[0], part), SECOND)
        asked = [brink.low + SECOND for brink in brinks]
        assert asked == [one for one in (part.start, part.end) if one not in {cuts[0], cuts[-1]}]
        for brink in brinks:
            # The row of the cut before is known, that of the next one is new.
            assert brink.meet(f"at {brink.low}") is (brink.low + SECOND == part.start)
        kept = {one.at for one in edges.freeze()}
        assert kept == set(cuts[max(number, 1) : number + 2]) - {cuts[-1]}
    edges.finish(plan[0])
    assert edges.freeze() == ()


def test_an_edge_is_forgotten_when_both_sides_are_read() -> None:
    """Whichever side comes first; those of other keys stay."""
    for first, second in ((0, 2), (2, 0)):
        done: set[int] = set()
        edges, plan = new_edges("en", "nl", days=2, finished=done)
        for one in plan:
            (brink,) = edges.around(Place(one, one.window), SECOND)
            brink.meet(one.index)
        for index, left in ((first, ["en", "nl"]), (second, ["nl"])):
            done.add(index)
            edges.finish(plan[index])
            assert [edge.key for edge in edges.freeze()] == left


def test_checkpoints_know_the_rows_next_to_an_edge() -> None:
    """Of those before it the last ones, and of those after it the first."""
    edges, plan = new_edges(days=2)
    for one in plan:
        (brink,) = edges.around(Place(one, one.window), SECOND)
        for number in range(100):
            brink.meet((one.index, number))
    (edge,) = edges.freeze()
    assert edge.before == tuple(digest_row((0, number)) for number in range(36, 100))
    assert edge.after == tuple(digest_row((1, number)) for number in range(64))


def test_windows_apart_have_no_edge_between_them() -> None:
    """A plan may have a gap, where another listing has read what lies in it."""
    plan = (Partition(0, None, day(0)), Partition(1, None, day(2)))
    edges = Edges(Checkpoint("a.b", "d", plan), lambda _: True)
    assert [instants(edges, one) for one in plan] == [[], []]


def test_without_windows_there_are_no_edges() -> None:
    """A listing of one window has no other side, nor has one without."""
    plan = (Partition(0),)
    edges = Edges(Checkpoint("a.b", "d", plan), lambda _: True)
    assert edges.around(Place(plan[0], None), SECOND) == ()
    edges.finish(plan[0])
    assert edges.freeze() == ()
