"""Whether to try again, after how long, and until when. Pure: chance and time are arguments."""

from __future__ import annotations

import enum
import math
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from ._numbers import is_duration, shorten
from .errors import (
    ArgumentError,
    ConnectionFailed,
    DeadlineExceeded,
    DialyticsError,
    IncompleteBody,
    InvalidResponse,
    StatusError,
)

if TYPE_CHECKING:
    from attrs import Attribute

__all__ = ["Deadline", "Replay", "RetryBudget", "RetryPolicy", "delay", "may_retry"]

# Not 501 (will not change), nor 525 and 526 (Cloudflare: the origin's TLS set-up is wrong).
RETRIED_STATUSES: Final = frozenset(
    {408, 429, 500, 502, 503, 504, *range(520, 525), *range(527, 600)}
)
# What a success gives back: a client goes on retrying as long as at most a third of its tries fail.
_REFUND: Final = 0.5
# No float holds any whole number; nobody retries more often.
_MOST: Final = 10**9
# A timer may fire a little early; nothing can be done in what is left then.
_GRAIN: Final = 0.01


class Replay(enum.Enum):
    """How an operation may be sent a second time; each operation declares one."""

    READ = "read"
    """Changes nothing, so always safe; also a POST that only queries or exports."""
    SETS = "sets"
    """Sets absolute values, so twice is as good as once."""
    KEYED = "keyed"
    """Creates or updates under an id that the client chose, so twice makes one."""
    NEVER = "never"
    """Creates under an id that the vendor chooses: not again once it may have been sent."""


def _validate_count(_policy: RetryPolicy, attribute: Attribute[int], value: object) -> None:
    if type(value) is not int or value < 0:
        raise ArgumentError(
            f"{attribute.name} must be a whole number, 0 or more; got {shorten(value)}"
        )


def _validate_budget(policy: RetryPolicy, attribute: Attribute[int], value: object) -> None:
    if value is not None:
        _validate_count(policy, attribute, value)


def _validate_seconds(_policy: RetryPolicy, attribute: Attribute[float], value: object) -> None:
    if not is_duration(value):
        raise ArgumentError(
            f"{attribute.name} must be a finite number of seconds, from 0 to 1e9; "
            f"got {shorten(value)}"
        )


@frozen
class RetryPolicy:
    """How often and how patiently to try again.

    `RetryPolicy(max_retries=0)` switches retries off. In tests, `dialytics.testing.no_waits` does
    away with all waits.

    Attributes:
        max_retries: tries after the first; default 3.
        base: the longest wait before the first retry, in seconds, doubled for each next one;
            default 0.5.
        cap: the longest wait of our own choice, in seconds; default 30.
        retry_after_cap: the longest Retry-After that is waited for, in seconds; if the vendor asks
            for more, the error is raised at once; default 60.
        budget: how many retries a client has in hand for all its calls together, so that a vendor
            that is down is not hammered: each retry takes one, and each success gives back half of
            one. Where none is left, errors are raised at once, and say so. Default 100, which sees
            eight windows through an outage; None: no such bound. Asking once more for a CSV that
            looks cut takes none.

    Raises:
        ArgumentError: a value is negative, not finite or of the wrong type.
    """

    max_retries: int = field(default=3, validator=_validate_count)
    base: float = field(default=0.5, validator=_validate_seconds)
    cap: float = field(default=30.0, validator=_validate_seconds)
    retry_after_cap: float = field(default=60.0, validator=_validate_seconds)
    budget: int | None = field(default=100, validator=_validate_budget)


class DoubtedBodyError(IncompleteBody):
    """A success's body that may be whole; raised only where it can be asked for once more."""


class RetryBudget:
    """The retries that a client's calls have in hand together; see `RetryPolicy.budget`.

    It has no lock: a count that is lost between threads does no harm.

    Args:
        size: how many there are at most; None: without end.
    """

    def __init__(self, size: int | None) -> None:
        self._size = math.inf if size is None else min(size, _MOST)
        self._left = float(self._size)

    def take(self) -> bool:
        """Take one retry, or tell that there is none."""
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def refund(self) -> None:
        """Note a success."""
        self._left = min(self._size, self._left + _REFUND)


class Deadline:
    """When a call or an iteration must be over; counted from its first request.

    All times are seconds of one monotonic clock.

    Args:
        seconds: how long it may take; None: without end.

    Raises:
        ArgumentError: not a finite number above 0.
    """

    def __init__(self, seconds: float | None = None) -> None:
        if seconds is not None and not (is_duration(seconds) and seconds > 0):
            raise ArgumentError(
                "deadline must be a finite number of seconds above 0, at most 1e9; "
                f"got {shorten(seconds)}"
            )
        self.seconds = seconds
        self._end = math.inf
        self._begun = seconds is None

    def begin(self, now: float) -> None:
        """Start counting, unless it has been started."""
        if not self._begun and self.seconds is not None:
            self._end, self._begun = now + self.seconds, True

    def left(self, now: float) -> float:
        """Return the seconds that are left; none or fewer: it is over."""
        return self._end - now

    def is_over(self, now: float) -> bool:
        """Tell whether nothing can be done any more."""
        return self.left(now) <= _GRAIN

    def exceeded(self, *, sent: bool | None, reason: str = "") -> DeadlineExceeded:
        """Return (not raise) the error that says so."""
        told = f"not done within the deadline of {self.seconds:g} s"
        return DeadlineExceeded(f"{told}: {reason}" if reason else told, sent=sent)


def may_retry(policy: RetryPolicy, *, attempt: int, error: DialyticsError, replay: Replay) -> bool:
    """Tell whether another try makes sense, but for the wait; arguments are those of `delay`."""
    return attempt < _most_retries(policy, error) and _may_send(error, replay)


def delay(
    policy: RetryPolicy, *, attempt: int, error: DialyticsError, replay: Replay, random: float
) -> float | None:
    """Return the seconds to wait before the next try, or None to give up and raise `error`.

    The wait is exponential with full jitter, and never less than a Retry-After.

    Args:
        policy: the limits.
        attempt: how many retries there have been; 0 when the first try has just failed.
        error: what the last try ended with.
        replay: what the operation declares.
        random: uniform in [0, 1).
    """
    if not may_retry(policy, attempt=attempt, error=error, replay=replay):
        return None
    # Beyond 2.0 ** 1023 Python raises instead of giving infinity.
    wait = random * min(policy.cap, policy.base * 2.0 ** min(attempt, 1_023))
    asked = error.retry_after if isinstance(error, StatusError) else None
    if asked is None:
        return wait
    return max(asked, wait) if asked <= policy.retry_after_cap else None


def _most_retries(policy: RetryPolicy, error: DialyticsError) -> int:
    if isinstance(error, StatusError):
        return policy.max_retries if error.status in RETRIED_STATUSES else 0
    if isinstance(error, IncompleteBody) and error.closed:
        # A server that marks no end will hardly do so at the third time.
        return min(policy.max_retries, 1)
    if isinstance(error, DeadlineExceeded):
        return 0
    # A proxy's page in the place of the answer passes, as a 502 does.
    passes = isinstance(error, InvalidResponse) and error.garbled
    passes = passes or isinstance(error, ConnectionFailed | IncompleteBody)
    return policy.max_retries if passes else 0


def _may_send(error: DialyticsError, replay: Replay) -> bool:
    if replay is not Replay.NEVER:
        return True
    return isinstance(error, ConnectionFailed) and error.sent is False
