"""Rate limits over any sliding window, pauses, and bodies too large to send."""

from __future__ import annotations

import gc
import random
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Final
from weakref import ref

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dialytics._gates import Gate, find_gate, forget
from dialytics._limits import Allowance, RateLimit, Throttle, check_size, parse_allowance
from dialytics._settings import utc_now
from dialytics.errors import ArgumentError, PayloadTooLarge

LIMITS: Final = st.builds(RateLimit, st.integers(1, 6), st.floats(0.1, 1_000) | st.integers(1, 300))
# Uptimes of years are no excuse: the coarser the clock's floats, the harder for the window.
CLOCKS: Final = st.floats(0, 1e8)
GAPS: Final = st.lists(st.just(0.0) | st.floats(0, 50), max_size=60)


def reserve(throttle: Throttle, now: float) -> float:
    """Take the next start time and return the seconds to wait for it."""
    start = throttle.next_start(now)
    throttle.take(start)
    return start - now


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
        starts.append(clock + reserve(throttle, clock))
    assert count_most(starts, limit.seconds) <= limit.requests


@given(LIMITS, st.lists(st.floats(0, 500), min_size=1, max_size=40))
def test_unordered_clock_readings_keep_the_limit(limit: RateLimit, clocks: list[float]) -> None:
    """Threads that read the clock before they get their turn do not break the window."""
    throttle = Throttle(limit)
    starts = [clock + reserve(throttle, clock) for clock in clocks]
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
            if not throttle.is_paused(due):
                starts.append(due)
                continue
            throttle.give_back(due)
            waiting.append(due + reserve(throttle, due))

    for move in moves:
        clock += chance.choice([0.0, 0.01, limit.seconds / 3])
        run_until(clock)
        if move == "p":
            pauses.append((clock, clock + chance.uniform(0, 2 * limit.seconds)))
            throttle.pause(pauses[-1][1])
        else:
            waiting.append(clock + reserve(throttle, clock))
    run_until(float("inf"))
    assert not starts or count_most(starts, limit.seconds) <= limit.requests
    assert not [start for start in starts for begin, end in pauses if begin < start < end]


@given(LIMITS, CLOCKS)
def test_free_capacity_is_used_at_once(limit: RateLimit, clock: float) -> None:
    """A full burst waits for nothing; the next caller waits one window, hardly longer."""
    throttle = Throttle(limit)
    assert [reserve(throttle, clock) for _ in range(limit.requests)] == [0.0] * limit.requests
    late = min(limit.seconds, max(0.25, limit.seconds / 100))
    assert reserve(throttle, clock) == pytest.approx(limit.seconds + late, abs=0.01)
    assert reserve(throttle, clock + 3 * limit.seconds + 1) == 0.0


def test_callers_are_served_in_order() -> None:
    """Two requests a second: the waits of a crowd rise by one window per two callers."""
    throttle = Throttle(RateLimit(2, 1))
    waits = [reserve(throttle, 100.0) for _ in range(6)]
    assert waits == pytest.approx([0, 0, 1.25, 1.25, 2.5, 2.5], abs=0.01)


def test_pause_holds_everyone() -> None:
    """After a pause nobody starts before its end, and the limit holds on from there."""
    throttle = Throttle(RateLimit(2, 10))
    throttle.pause(105.0)
    waits = [reserve(throttle, 100.0) for _ in range(3)]
    assert waits == pytest.approx([5, 5, 15.25], abs=0.01)
    assert min(waits) >= 5.0


def test_pause_is_never_shortened() -> None:
    """A later, shorter Retry-After does not end a longer pause."""
    throttle = Throttle(None)
    throttle.pause(105.0)
    throttle.pause(101.0)
    assert throttle.is_paused(104.9)
    assert reserve(throttle, 100.0) >= 5.0


def test_what_is_given_back_is_free_again() -> None:
    """Start times at which nothing was started cost the next caller nothing."""
    throttle = Throttle(RateLimit(1, 1))
    assert reserve(throttle, 100.0) == 0.0
    for _ in range(5):
        start = throttle.next_start(100.1)
        throttle.take(start)
        throttle.give_back(start)
        throttle.give_back(start)
    assert reserve(throttle, 100.1) == pytest.approx(1.15, abs=0.01)


@given(LIMITS, st.lists(st.tuples(st.floats(0, 20), st.sampled_from("rrrg")), max_size=60))
def test_giving_back_keeps_the_limit(limit: RateLimit, moves: list[tuple[float, str]]) -> None:
    """Whichever start times are given back before they come, the others keep the limit."""
    throttle, clock, starts = Throttle(limit), 0.0, list[float]()
    for gap, move in moves:
        clock += gap
        later = [start for start in starts if start > clock]
        if move == "g" and later:
            throttle.give_back(later[len(later) // 2])
            starts.remove(later[len(later) // 2])
        else:
            starts.append(clock + reserve(throttle, clock))
    assert not starts or count_most(starts, limit.seconds) <= limit.requests


@given(
    st.builds(RateLimit, st.integers(1, 3), st.just(10.0)),
    st.lists(st.tuples(st.sampled_from((0, 0, 0, 1, 11)), st.integers(-6, 12)), max_size=40),
)
@example(RateLimit(2, 10.0), [*[(0, 0)] * 5, (0, -3), (0, -2), *[(0, 0)] * 3, (0, -2), (0, 0)])
@settings(max_examples=500)
def test_any_sequence_keeps_the_limit(limit: RateLimit, moves: list[tuple[int, int]]) -> None:
    """After any takes and give-backs, of whichever start times, no window holds too many."""
    throttle, clock, starts = Throttle(limit), 0.0, list[float]()
    for gap, move in moves:
        clock += gap
        later = [start for start in starts if start > clock]
        if move < 0 and later:
            starts.remove(later[move % len(later)])
            throttle.give_back(later[move % len(later)])
        else:
            starts.append(clock + reserve(throttle, clock))
    assert not starts or count_most(starts, limit.seconds) <= limit.requests


def test_pause_ends_on_time() -> None:
    """From its end on a pause holds nobody back."""
    throttle = Throttle(RateLimit(1, 1))
    assert not throttle.is_paused(0.0)
    throttle.pause(105.0)
    assert not throttle.is_paused(105.0)
    assert reserve(throttle, 105.0) == 0.0


def test_one_wait_is_enough_for_a_pause() -> None:
    """A timer that fires a little early does not cost a caller a second start time."""
    throttle = Throttle(RateLimit(1, 300))
    throttle.pause(105.0)
    assert not throttle.is_paused(100.0 + reserve(throttle, 100.0) - 1e-4)


EPOCH: Final = 1_795_176_000.0


@pytest.mark.parametrize(
    ("remaining", "reset", "wanted"),
    [
        ("5", "30", Allowance(5, 30.0)),
        ("0", " 7 ", Allowance(0, 7.0)),
        ("0", "1.5", Allowance(0, 1.5)),
        ("-3", "9", Allowance(0, 9.0)),
        ("12.0", "9", Allowance(12, 9.0)),
        ("4, 100;w=60", "9, 60", Allowance(4, 9.0)),
        ("5", str(int(EPOCH) + 20), Allowance(5, 20.0)),
        ("5", str((int(EPOCH) + 20) * 1_000), Allowance(5, 20.0)),
        ("5", "300", Allowance(5, 60.0)),
        ("5", "86400", Allowance(5, 60.0)),
        ("5", "90000", Allowance(5, 60.0)),
        ("5", "-90000", None),
        ("5", str(int(EPOCH) + 86_400), Allowance(5, 60.0)),
        ("5", "0", None),
        ("5", "-9", None),
        ("5", str(int(EPOCH) - 1), None),
        ("5", "1609459200000", None),
        ("5", None, None),
        (None, "30", None),
        ("many", "30", None),
        ("5", "soon", None),
        ("5", "Fri, 20 Nov 2026 12:00:09 GMT", None),
        ("5", "2026-11-20T12:00:09Z", None),
        ("5", "9" * 4_000, None),
        ("", "", None),
    ],
)
def test_what_headers_allow(
    remaining: str | None, reset: str | None, wanted: Allowance | None
) -> None:
    """Seconds, and times since 1970 in seconds or milliseconds; what is long over says nothing."""
    for prefix in ("x-ratelimit-", "ratelimit-"):
        named = {f"{prefix}remaining": remaining, f"{prefix}reset": reset}
        headers = {name: value for name, value in named.items() if value is not None}
        assert parse_allowance(headers, EPOCH) == wanted


@given(st.text(), st.text(), st.floats(0, 4e9))
def test_headers_never_stop_for_long(remaining: str, reset: str, now: float) -> None:
    """Whatever they hold, nothing raises, and no allowance lasts longer than a minute."""
    headers = {"x-ratelimit-remaining": remaining, "x-ratelimit-reset": reset}
    allowance = parse_allowance(headers, now)
    assert allowance is None or (0 < allowance.seconds <= 60 and allowance.requests >= 0)


def test_allowances_are_kept() -> None:
    """So many start at once, the rest when it is over; from then on nothing holds them."""
    throttle = Throttle(None)
    throttle.allow(Allowance(2, 30.0), 100.0)
    waits = [reserve(throttle, 100.0) for _ in range(4)]
    assert waits == pytest.approx([0, 0, 30, 30], abs=0.01)
    assert reserve(throttle, 130.1) == 0.0


def test_allowances_only_slow() -> None:
    """While one holds, a larger one changes nothing, and a smaller one does; later one counts."""
    throttle = Throttle(None)
    throttle.allow(Allowance(2, 30.0), 100.0)
    throttle.allow(Allowance(50, 5.0), 101.0)
    waits = [reserve(throttle, 102.0) for _ in range(3)]
    assert waits == pytest.approx([0, 0, 28], abs=0.01)
    throttle = Throttle(None)
    throttle.allow(Allowance(50, 30.0), 100.0)
    throttle.allow(Allowance(0, 20.0), 101.0)
    assert reserve(throttle, 102.0) == pytest.approx(28, abs=0.01)
    throttle.allow(Allowance(1, 30.0), 130.5)
    assert reserve(throttle, 131.0) == 0.0


def test_stricter_allowances_last_longer() -> None:
    """Fewer requests for longer are heeded while an allowance holds; more for longer are not."""
    throttle = Throttle(None)
    throttle.allow(Allowance(5, 1.0), 100.0)
    throttle.allow(Allowance(0, 3.0), 100.5)
    assert reserve(throttle, 100.6) == pytest.approx(2.9, abs=0.01)
    throttle = Throttle(None)
    throttle.allow(Allowance(2, 1.0), 100.0)
    throttle.allow(Allowance(9, 30.0), 100.5)
    assert [reserve(throttle, 100.6) for _ in range(3)] == pytest.approx([0, 0, 0.4], abs=0.01)


@given(LIMITS, st.lists(st.tuples(st.floats(0, 20), st.integers(0, 3)), max_size=40))
def test_allowances_leave_the_limit(limit: RateLimit, moves: list[tuple[float, int]]) -> None:
    """Whatever responses allow, the declared limit is kept."""
    throttle, clock, starts = Throttle(limit), 0.0, []
    for gap, allowed in moves:
        clock += gap
        throttle.allow(Allowance(allowed, 5.0), clock)
        starts.append(clock + reserve(throttle, clock))
    assert not starts or count_most(starts, limit.seconds) <= limit.requests


def test_clients_of_a_host_share_its_gate() -> None:
    """The same host and limit give the same gate as long as somebody holds it."""
    limit = RateLimit(1_000, 300)
    gate = find_gate("api.example", limit)
    assert find_gate("api.example", RateLimit(1_000, 300)) is gate
    assert find_gate("other.example", limit) is not gate
    assert find_gate("api.example", RateLimit(999, 300)) is not gate


@pytest.mark.parametrize("cause", ["start", "pause", "header"])
def test_gates_outlive_their_clients(cause: str) -> None:
    """What nobody holds any more still counts, until its window is over; then it is gone."""
    limit, now = RateLimit(1, 300), time.monotonic()
    if cause == "start":
        find_gate("brief.example", limit).reserve(now)
    elif cause == "pause":
        find_gate("brief.example", limit).pause(now + 300)
    else:
        headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "300"}
        find_gate("brief.example", limit).heed(headers, now, utc_now)
    gc.collect()
    start = find_gate("brief.example", limit).reserve(now)
    assert start is not None
    assert start > now
    forget(now + 10_000)
    gc.collect()
    assert find_gate("brief.example", limit).reserve(now) == now
    forget(now + 10_000)


def test_gates_that_are_over_are_gone() -> None:
    """A gate that nobody holds costs no memory once it has nothing more to say."""
    gate = ref(find_gate("over.example", RateLimit(1, 1)))
    gc.collect()
    assert gate() is None
    used = find_gate("over.example", RateLimit(1, 1))
    used.reserve(time.monotonic() - 10)
    gate = ref(used)
    del used
    gc.collect()
    assert gate() is not None
    find_gate("other.example", RateLimit(1, 1))
    gc.collect()
    assert gate() is None


def test_gates_may_pass_over_headers() -> None:
    """A gate that does not heed responses is slowed by pauses only."""
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "30"}
    for heeds, wait in ((True, 30.0), (False, 0.0)):
        gate = Gate(None, heeds=heeds)
        gate.heed(headers, 100.0, utc_now)
        assert gate.reserve(100.0) == pytest.approx(100 + wait, abs=0.01)
    gate.pause(105.0)
    assert gate.renew(100.0, 100.0) == pytest.approx(105.0, abs=0.01)
    assert gate.renew(106.0, 106.0) == 106.0


def test_resets_are_told_by_the_servers_clock() -> None:
    """A reset since 1970 is judged by the response's own date, where it has one."""
    ahead = datetime.fromtimestamp(EPOCH, UTC) + timedelta(hours=1)
    reset = str(int(ahead.timestamp()) + 7)
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}
    dated = {**headers, "date": format_datetime(ahead, usegmt=True)}
    for told, wait in ((headers, 60.0), (dated, 7.0), ({**headers, "date": "soon"}, 60.0)):
        gate = Gate(None)
        gate.heed(told, 100.0, lambda: datetime.fromtimestamp(EPOCH, UTC))
        assert gate.reserve(100.0) == pytest.approx(100 + wait, abs=0.01)


def test_what_comes_too_late_is_not_taken() -> None:
    """Who cannot wait takes no start time; a pause moves a start time and takes no second one."""
    gate = Gate(RateLimit(1, 1))
    assert gate.reserve(100.0) == 100.0
    assert [gate.reserve(100.1, latest=100.4) for _ in range(5)] == [None] * 5
    start = gate.reserve(100.1) or 0.0
    assert start == pytest.approx(101.25, abs=0.01)
    gate.pause(110.0)
    assert gate.renew(start, start, latest=109.0) is None
    start = gate.reserve(102.0) or 0.0
    assert start == pytest.approx(110.0, abs=0.01)
    gate.pause(120.0)
    assert gate.renew(start, start) == pytest.approx(120.0, abs=0.01)
    assert gate.reserve(119.0) == pytest.approx(121.25, abs=0.01)


def test_without_a_limit_nobody_waits() -> None:
    """No limit lets any number start at once."""
    throttle = Throttle(None)
    assert {reserve(throttle, 100.0) for _ in range(1_000)} == {0.0}


def test_reserving_costs_the_same_under_a_large_limit() -> None:
    """A hundred thousand calls under a limit as large take well under the time of a linear scan."""
    throttle = Throttle(RateLimit(100_000, 300))
    began = time.process_time()
    for _ in range(200_000):
        reserve(throttle, 1.0)
    assert time.process_time() - began < 5


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
        {"seconds": 10**400, "requests": 1},
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
