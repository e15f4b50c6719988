"""What is handed out of pages, and what is noted of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from attrs import evolve

from dialytics._checkpoints import Checkpoint, Partition
from dialytics._handouts import Handout
from dialytics._listings import Listing, Place
from dialytics._messages import Request
from dialytics._paging import OnePage
from dialytics._runs import RowRun
from dialytics._stats import Stats
from dialytics.errors import PaginationLoop
from tests.logs import LOGS, NEXT, START, WINDOW, Item, fetched

FILLED = evolve(LOGS, paging=OnePage(), fills=("withTime", ("timestamp_start",)))
PARTITIONS = (Partition(0, None, WINDOW), Partition(1, None, NEXT))
PLACES = [Place(one, one.window) for one in PARTITIONS]


def new_handout() -> Handout[Any]:
    """Return what hands out the rows of two windows, whose times were asked for."""
    base = Request("GET", "/logs", {"withTime": "true"})
    listing: Listing[Any] = Listing(FILLED, Item, base, PARTITIONS)
    start = Checkpoint("acme.logs", "digest", PARTITIONS)
    return Handout(listing, Stats(), start, tolerant=False, abandoned=set())


def hand_out(handout: Handout[Any], place: Place, following: str | None, *items: Item) -> None:
    """Hand out a page whose rows are read one by one."""
    read: Iterator[RowRun[Item]] = (RowRun([item], FILLED) for item in items)
    for run in handout.hand_out(fetched(place, following), read):
        handout.stats.rows += len(run)


@pytest.mark.parametrize(
    ("items", "withheld"),
    [
        ((), None),
        ((Item(1), Item(2)), True),
        ((Item(1), Item(2, START)), False),
        ((Item(1, START), Item(2)), False),
    ],
)
def test_what_was_asked_for_is_withheld_if_no_row_has_it(
    items: tuple[Item, ...], *, withheld: bool | None
) -> None:
    """One row that has it is enough, and without rows nobody knows."""
    handout = new_handout()
    hand_out(handout, PLACES[0], None, *items)
    assert handout.stats.withheld is withheld


def test_rows_are_remembered_while_their_window_is_read() -> None:
    """Those of pages before are known until the window has ended, and are forgotten then."""
    handout = new_handout()
    hand_out(handout, PLACES[0], "t", Item(1), Item(2))
    hand_out(handout, PLACES[0].after("t"), "u", Item(2), Item(3))
    assert (handout.stats.rows, handout.stats.duplicates) == (3, 1)
    assert [*handout._seams] == [0]
    hand_out(handout, PLACES[0].after("u"), None, Item(4))
    assert not handout._seams


def test_an_error_of_another_call_keeps_what_it_says() -> None:
    """One that a caller's function lets through tells its own vendor, and where that resumes."""
    handout = new_handout()
    ours = handout.locate(PaginationLoop("again"))
    assert (ours.vendor, ours.operation, ours.checkpoint) == ("acme", "logs", handout.checkpoint)
    other = Checkpoint("other.call", "digest", (Partition(0),))
    error = PaginationLoop("again", vendor="other", operation="call")
    error.checkpoint = other
    theirs = handout.locate(error)
    assert (theirs.vendor, theirs.operation, theirs.checkpoint) == ("other", "call", other)
