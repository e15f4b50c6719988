"""Counting what an iteration does."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta

from dialytics._checkpoints import Checkpoint, Partition
from dialytics._stats import Stats
from dialytics._windows import Window

START = datetime(2026, 10, 1, tzinfo=UTC)
NOON = START + timedelta(hours=12)


def test_stats_count_what_happens() -> None:
    """Requests, retries, waits and totals add up; a page without total keeps the one before."""
    stats = Stats()
    for _ in range(3):
        stats.count_request()
    stats.count_retry(0.5)
    stats.count_retry(0.25)
    stats.count_page(9)
    stats.count_page(None)
    assert (stats.requests, stats.retries, stats.waited) == (3, 2, 0.75)
    assert (stats.pages, stats.total) == (2, 9)


def test_stats_take_over_the_plan() -> None:
    """A resumed iteration knows its partitions, those done and those that touch now."""
    partitions = (
        Partition(0, None, Window(START, NOON)),
        Partition(1, None, Window(START, NOON, provisional=True)),
    )
    stats = Stats()
    stats.count_partitions(Checkpoint("acme.logs", "d", (*partitions, Partition(2)), 1))
    assert (stats.partitions, stats.partitions_done, stats.provisional) == (3, 1, 1)


def test_stats_copy_and_pickle() -> None:
    """Copies hold the same numbers and count on their own."""
    stats = Stats(requests=3, waited=0.5, clipped=True, total=7)
    for twin in (copy.copy(stats), copy.deepcopy(stats), pickle.loads(pickle.dumps(stats))):
        assert twin == stats
        twin.count_request()
        assert (twin.requests, stats.requests) == (4, 3)
