"""Rate limits over any sliding window, pauses, and bodies too large to send."""

from __future__ import annotations

import random
import time
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialytics._limits import RateLimit, Throttle, check_size
from dialytics.errors import ArgumentError, PayloadTooLarge

LIMITS: Final = st.builds(RateLimit, st.integers(1, 6), st.floats(0.1, 1_000) | st.integers(1, 300))
# Uptimes of years are no excuse: the coarser the clock's floats, the harder for the window.
CLOCKS: Final = st.floats(0, 1e8)
GAPS: Final = st.lists(st.just(0.0) | st.floats(0, 50), max_size=60)


def count_most(starts: list[float], seconds: float) -> int:
    """Return the most starts within any closed window of that length."""
    ordered = sorted(starts)
    return max(sum(first <= each <= first + seconds for each in ordered) for first in ordered)


@given(LIMITS, CLOCKS, GAPS)
def test_no_window_holds_too_many(limit: RateLimit, clock: float, gaps: list[float]) -> None:
    """Callers who come at any times and wait as told never exceed the limit in any window."""
    throttle = Throttle(limit)
    starts = []
    for gap in [0.0, *gaps]:
        clock += gap
        starts.append(clock + throttle.reserve(clock))
    assert count_most(starts, limit.seconds) <= limit.requests


@given(LIMITS, st.lists(st.floats(0, 500), min_size=1, max_size=40))
def test_unordered_clock_readings_keep_the_limit(limit: RateLimit, clocks: list[float]) -> None:
    """Threads that read the clock before they get their turn do not break the window."""
    throttle = Throttle(limit)
    starts = [clock + throttle.reserve(clock) for clock in clocks]
    assert count_most(starts, limit.seconds) <= limit.requests


@given(LIMITS, CLOCKS, st.lists(st.sampled_from("rrrp"), min_size=1, max_size=40), st.randoms())
def test_callers_of_the_recipe_keep_the_limit(
    limit: RateLimit, clock: float, moves: list[str], chance: random.Random
) -> None:
    """With pauses that come while callers wait, the recipe keeps both the pause and the limit."""
    throttle = Throttle(limit)
    waiting: list[float] = []
    starts: list[float] = []
    pauses: list[tuple[float, float]] = []

    def run_until(end: float) -> None:
        while waiting and min(waiting) <= end:
            due = min(waiting)
            waiting.remove(due)
            again = throttle.reserve(due) if throttle.is_paused(due) else 0.0
            (waiting if again else starts).append(due + again)

    for move in moves:
        clock += chance.choice([0.0, 0.01, limit.seconds / 3])
        run_until(clock)
        if move == "p":
            pauses.append((clock, clock + chance.uniform(0, 2 * limit.seconds)))
            throttle.pause(pauses[-1][1])
        else:
            waiting.append(clock + throttle.reserve(clock))
    run_until(float("inf"))
    assert not starts or count_most(starts, limit.seconds) <= limit.requests
    assert not [start for start in starts for begin, end in pauses if begin < start < end]


@given(LIMITS, CLOCKS)
def test_free_capacity_is_used_at_once(limit: RateLimit, clock: float) -> None:
    """A full burst waits for nothing; the next caller waits one window, hardly longer."""
    throttle = Throttle(limit)
    assert [throttle.reserve(clock) for _ in range(limit.requests)] == [0.0] * limit.requests
    assert limit.seconds < throttle.reserve(clock) < limit.seconds + 0.01
    assert throttle.reserve(clock + 3 * limit.seconds + 1) == 0.0


def test_callers_are_served_in_order() -> None:
    """Two requests a second: the waits of a crowd rise by one window per two callers."""
    throttle = Throttle(RateLimit(2, 1))
    waits = [throttle.reserve(100.0) for _ in range(6)]
    assert waits == pytest.approx([0, 0, 1, 1, 2, 2], abs=0.01)


def test_pause_holds_everyone() -> None:
    """After a pause nobody starts before its end, and the limit holds on from there."""
    throttle = Throttle(RateLimit(2, 10))
    throttle.pause(105.0)
    waits = [throttle.reserve(100.0) for _ in range(3)]
    assert waits == pytest.approx([5, 5, 15], abs=0.01)
    assert min(waits) >= 5.0


def test_pause_is_never_shortened() -> None:
    """A later, shorter Retry-After does not end a longer pause."""
    throttle = Throttle(None)
    throttle.pause(105.0)
    throttle.pause(101.0)
    assert throttle.is_paused(104.9)
    assert throttle.reserve(100.0) >= 5.0


def test_pause_ends_on_time() -> None:
    """From its end on a pause holds nobody back."""
    throttle = Throttle(RateLimit(1, 1))
    assert not throttle.is_paused(0.0)
    throttle.pause(105.0)
    assert not throttle.is_paused(105.0)
    assert throttle.reserve(105.0) == 0.0


def test_one_wait_is_enough_for_a_pause() -> None:
    """A timer that fires a little early does not cost a caller a second start time."""
    throttle = Throttle(RateLimit(1, 300))
    throttle.pause(105.0)
    assert not throttle.is_paused(100.0 + throttle.reserve(100.0) - 1e-4)


def test_without_a_limit_nobody_waits() -> None:
    """No limit lets any number start at once."""
    throttle = Throttle(None)
    assert {throttle.reserve(100.0) for _ in range(1_000)} == {0.0}


def test_reserving_costs_the_same_under_a_large_limit() -> None:
    """A hundred thousand calls under a limit as large take well under the time of a linear scan."""
    throttle = Throttle(RateLimit(100_000, 300))
    began = time.perf_counter()
    for _ in range(200_000):
        throttle.reserve(1.0)
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    "wrong",
    [
        {"requests": 0, "seconds": 1},
        {"requests": 1.5, "seconds": 1},
        {"requests": True, "seconds": 1},
        {"seconds": 0, "requests": 1},
        {"seconds": -1.0, "requests": 1},
        {"seconds": float("inf"), "requests": 1},
        {"seconds": float("nan"), "requests": 1},
        {"seconds": True, "requests": 1},
        {"seconds": "5", "requests": 1},
    ],
)
def test_limit_refuses_wrong_values(wrong: dict[str, Any]) -> None:
    """A wrong value is an ArgumentError that names the argument."""
    with pytest.raises(ArgumentError, match=f"^{next(iter(wrong))} must"):
        RateLimit(**wrong)


@pytest.mark.parametrize(("size", "limit"), [(0, 0), (60_000, 60_000), (10**9, None)])
def test_bodies_within_the_limit_pass(size: int, limit: int | None) -> None:
    """A body of exactly the limit may be sent, and without a limit any may."""
    check_size(size, limit)


def test_a_limit_of_zero_is_a_limit() -> None:
    """Nothing may be sent under a limit of no bytes."""
    with pytest.raises(PayloadTooLarge):
        check_size(1, 0)


def test_a_body_over_the_limit_is_refused() -> None:
    """One byte too many raises PayloadTooLarge that says size, limit and what to do."""
    with pytest.raises(PayloadTooLarge) as caught:
        check_size(60_001, 60_000, vendor="cognigy", operation="update_analytics")
    assert caught.value.status == 413
    text = str(caught.value)
    assert text.startswith("cognigy update_analytics: 413 not sent: the body has 60,001 bytes")
    assert "60,000" in text
    assert "smaller parts" in text
