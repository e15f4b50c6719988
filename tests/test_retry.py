"""Which failures are tried again, and after how long."""

from __future__ import annotations

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialytics import errors
from dialytics._retry import Deadline, Replay, RetryBudget, RetryPolicy, delay
from dialytics.errors import DialyticsError, StatusError, status_class

POLICY: Final = RetryPolicy()
RETRIED: Final = {408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, *range(527, 600)}


def wait_after(
    error: DialyticsError,
    *,
    policy: RetryPolicy = POLICY,
    attempt: int = 0,
    replay: Replay = Replay.READ,
    random: float = 0.5,
) -> float | None:
    """Ask for the wait with usual values for all but the error."""
    return delay(policy, attempt=attempt, error=error, replay=replay, random=random)


def make_status(status: int, retry_after: float | None = None) -> StatusError:
    """Build the error of a status."""
    return status_class(status)("x", status=status, retry_after=retry_after)


def test_statuses_that_are_retried() -> None:
    """Of all statuses exactly the passing ones are retried: not 501, 525, 526, nor 505."""
    retried = {status for status in range(-1, 700) if wait_after(make_status(status)) is not None}
    assert retried == RETRIED


@pytest.mark.parametrize("sent", [None, True, False])
@pytest.mark.parametrize("cls", [errors.ConnectionFailed, errors.RequestTimeout])
def test_connection_failures_are_retried(
    cls: type[errors.ConnectionFailed], *, sent: bool | None
) -> None:
    """A failed connection and a timeout are retried, sent or not."""
    assert wait_after(cls("x", sent=sent)) == 0.25


def test_cut_bodies_are_retried() -> None:
    """A body that broke off is asked for again."""
    assert wait_after(errors.IncompleteBody("x")) == 0.25


@pytest.mark.parametrize(
    "error",
    [
        errors.DeadlineExceeded("x", sent=False),
        errors.InvalidResponse("x"),
        errors.PaginationLoop("x"),
        errors.CheckpointMismatch("x"),
        errors.ConfigurationError("x"),
        errors.ArgumentError("x"),
        errors.DialyticsError("x"),
    ],
)
def test_what_another_try_cannot_mend_is_raised(error: DialyticsError) -> None:
    """A passed deadline, a wrong body or a mistake of the caller is not retried."""
    assert wait_after(error) is None


@pytest.mark.parametrize("replay", [Replay.READ, Replay.SETS, Replay.KEYED])
@pytest.mark.parametrize(
    "error",
    [make_status(503), errors.RequestTimeout("x", sent=True), errors.IncompleteBody("x")],
)
def test_repeatable_operations_are_retried_once_sent(error: DialyticsError, replay: Replay) -> None:
    """What is harmless twice is sent again even if the first may have been carried out."""
    assert wait_after(error, replay=replay) is not None


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (errors.ConnectionFailed("x", sent=False), True),
        (errors.RequestTimeout("x", sent=False), True),
        (errors.ConnectionFailed("x", sent=True), False),
        (errors.ConnectionFailed("x", sent=None), False),
        (errors.RequestTimeout("x"), False),
        (errors.DeadlineExceeded("x", sent=False), False),
        (errors.IncompleteBody("x"), False),
        (make_status(429), False),
        (make_status(503, retry_after=1.0), False),
    ],
)
def test_creations_are_repeated_only_if_surely_not_sent(
    error: DialyticsError, *, again: bool
) -> None:
    """An operation that must not happen twice is retried only if no connection was made."""
    assert (wait_after(error, replay=Replay.NEVER) is not None) is again


def test_bodies_without_an_end_are_asked_for_once_more() -> None:
    """Where only the connection's close marks the end one retry is made, or none."""
    error = errors.IncompleteBody("x", closed=True)
    waits = [wait_after(error, attempt=attempt) for attempt in range(3)]
    assert [wait is None for wait in waits] == [False, True, True]
    assert wait_after(error, policy=RetryPolicy(max_retries=0)) is None


def test_tries_are_counted() -> None:
    """Three retries are made, then the error is raised; with max_retries=0 none is."""
    waits = [wait_after(make_status(500), attempt=attempt) for attempt in range(5)]
    assert [wait is None for wait in waits] == [False, False, False, True, True]
    assert wait_after(make_status(500), policy=RetryPolicy(max_retries=0)) is None


@pytest.mark.parametrize(
    ("attempt", "longest"), [(0, 0.5), (1, 1.0), (2, 2.0), (5, 16.0), (6, 30.0), (10**6, 30.0)]
)
def test_waits_double_up_to_the_cap(attempt: int, longest: float) -> None:
    """The longest wait doubles with each try and stops at the cap, however many tries."""
    policy = RetryPolicy(max_retries=10**9)
    error = make_status(500)
    assert wait_after(error, policy=policy, attempt=attempt, random=0.0) == 0.0
    assert wait_after(error, policy=policy, attempt=attempt, random=0.5) == longest / 2


@pytest.mark.parametrize(
    ("asked", "random", "wait"),
    [
        (0.0, 0.5, 0.25),
        (7.0, 0.0, 7.0),
        (7.0, 0.999, 7.0),
        (0.1, 0.999, 0.4995),
        (60.0, 0.5, 60.0),
        (60.001, 0.5, None),
        (3600.0, 0.5, None),
    ],
)
def test_retry_after_is_obeyed_or_given_up_on(
    asked: float, random: float, wait: float | None
) -> None:
    """The wait is at least what the vendor asks; above the cap the error is raised at once."""
    assert wait_after(make_status(429, asked), random=random) == wait


SECONDS: Final = st.floats(0, 1e9)


@given(
    policy=st.builds(RetryPolicy, st.integers(0, 5_000), SECONDS, SECONDS, SECONDS),
    attempt=st.integers(0, 5_000),
    asked=st.none() | SECONDS,
    random=st.floats(0, 1, exclude_max=True),
)
def test_wait_stays_in_its_bounds(
    policy: RetryPolicy, attempt: int, asked: float | None, random: float
) -> None:
    """For any policy the wait is finite, not below Retry-After and not above both caps."""
    error = make_status(429, asked)
    wait = wait_after(error, policy=policy, attempt=attempt, random=random)
    too_long = asked is not None and asked > policy.retry_after_cap
    assert (wait is None) is (attempt >= policy.max_retries or too_long)
    if wait is not None:
        assert (asked or 0.0) <= wait <= max(policy.cap, asked or 0.0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_retries": -1},
        {"max_retries": 1.0},
        {"max_retries": True},
        {"max_retries": None},
        {"base": -0.1},
        {"base": float("nan")},
        {"base": "1"},
        {"base": 10**400},
        {"cap": float("inf")},
        {"cap": None},
        {"cap": True},
        {"cap": 1e10},
        {"retry_after_cap": -1},
        {"retry_after_cap": float("inf")},
        {"budget": -1},
        {"budget": 0.5},
        {"budget": True},
    ],
)
def test_policy_refuses_wrong_values(wrong: dict[str, Any]) -> None:
    """A wrong value is an ArgumentError that names the argument."""
    with pytest.raises(errors.ArgumentError, match=f"^{next(iter(wrong))} must"):
        RetryPolicy(**wrong)


def test_policy_without_own_waits() -> None:
    """`base=0` retries at once, and still waits what the vendor asks."""
    policy = RetryPolicy(base=0)
    assert wait_after(make_status(500), policy=policy, attempt=2, random=0.9) == 0.0
    assert wait_after(make_status(429, 3.0), policy=policy) == 3.0


def test_a_budget_is_used_up_and_earned_again() -> None:
    """So many retries are in hand; two successes give one back, and never more than at first."""
    budget = RetryBudget(3)
    assert [budget.take() for _ in range(5)] == [True, True, True, False, False]
    budget.refund()
    assert not budget.take()
    budget.refund()
    assert [budget.take(), budget.take()] == [True, False]
    for _ in range(100):
        budget.refund()
    assert [budget.take() for _ in range(4)] == [True, True, True, False]


def test_budgets_without_end_and_without_retries() -> None:
    """None bounds nothing, and 0 retries nothing."""
    endless, none = RetryBudget(None), RetryBudget(0)
    for _ in range(1_000):
        assert endless.take()
        assert not none.take()
        endless.refund()
        none.refund()


@given(st.lists(st.booleans(), max_size=200))
def test_budgets_give_what_was_earned(tries: list[bool]) -> None:
    """However failures and successes come, what is taken is within what was in hand and earned."""
    budget, taken = RetryBudget(10), 0
    for succeeded in tries:
        if succeeded:
            budget.refund()
        else:
            taken += budget.take()
    assert taken <= 10 + sum(tries) / 2


def test_a_third_of_failures_is_sustained() -> None:
    """One failure to two successes goes on for ever; every second try failing does not."""
    budget = RetryBudget(10)
    for _ in range(1_000):
        assert budget.take()
        budget.refund()
        budget.refund()
    taken = 0
    for _ in range(1_000):
        taken += budget.take()
        budget.refund()
    assert taken < 520


def test_deadlines_begin_once() -> None:
    """The time is counted from the first beginning on, and is over a grain before its end."""
    deadline = Deadline(30)
    assert deadline.left(100.0) == float("inf")
    assert not deadline.is_over(1e9)
    deadline.begin(100.0)
    deadline.begin(120.0)
    assert deadline.left(110.0) == 20.0
    assert [deadline.is_over(now) for now in (129.9, 129.995, 130.0, 200.0)] == [
        False,
        True,
        True,
        True,
    ]
    assert deadline.left(131.0) == -1.0


def test_without_a_deadline_there_is_time() -> None:
    """None never ends."""
    deadline = Deadline()
    deadline.begin(0.0)
    assert deadline.left(1e300) == float("inf")
    assert not deadline.is_over(1e300)


def test_the_error_of_a_deadline_says_how_long_it_was() -> None:
    """The seconds that were given, and the reason where there is one."""
    error = Deadline(2.5).exceeded(sent=None, reason="no more")
    assert str(error) == "not done within the deadline of 2.5 s: no more"
    assert error.sent is None
    assert isinstance(error, TimeoutError)


@pytest.mark.parametrize("wrong", [0, -1.0, float("inf"), float("nan"), True, "3", b"1", 10**400])
def test_deadlines_are_finite(wrong: Any) -> None:
    """What is not a finite number of seconds above 0 is refused."""
    with pytest.raises(errors.ArgumentError, match="deadline must be a finite number"):
        Deadline(wrong)


def test_a_budget_may_be_any_whole_number() -> None:
    """Also one that no float holds."""
    assert RetryBudget(RetryPolicy(budget=10**400).budget).take()
