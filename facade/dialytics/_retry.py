"""Whether to try again, and after how long. Pure: chance and time come in as arguments."""

from __future__ import annotations

import enum
import math
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from .errors import (
    ArgumentError,
    ConnectionFailed,
    DeadlineExceeded,
    DialyticsError,
    IncompleteBody,
    StatusError,
)

if TYPE_CHECKING:
    from attrs import Attribute

__all__ = ["Replay", "RetryPolicy", "delay"]

# Not 501 (will not change), nor 525 and 526 (Cloudflare: the origin's TLS set-up is wrong).
RETRIED_STATUSES: Final = frozenset(
    {408, 429, 500, 502, 503, 504, *range(520, 525), *range(527, 600)}
)


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
        raise ArgumentError(f"{attribute.name} must be a whole number, 0 or more; got {value!r}")


def _validate_seconds(_policy: RetryPolicy, attribute: Attribute[float], value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ArgumentError(
            f"{attribute.name} must be a finite number of seconds, 0 or more; got {value!r}"
        )


@frozen
class RetryPolicy:
    """How often and how patiently to try again.

    `RetryPolicy(max_retries=0)` switches retries off, `RetryPolicy(base=0)` only the own waits
    between them (for tests); what a vendor asks for by Retry-After is still waited.

    Attributes:
        max_retries: tries after the first; default 3.
        base: the longest wait before the first retry, in seconds, doubled for each next one;
            default 0.5.
        cap: the longest wait of our own choice, in seconds; default 30.
        retry_after_cap: the longest Retry-After that is waited for, in seconds; if the vendor asks
            for more, the error is raised at once; default 60.

    Raises:
        ArgumentError: a value is negative, not finite or of the wrong type.
    """

    max_retries: int = field(default=3, validator=_validate_count)
    base: float = field(default=0.5, validator=_validate_seconds)
    cap: float = field(default=30.0, validator=_validate_seconds)
    retry_after_cap: float = field(default=60.0, validator=_validate_seconds)


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
    if attempt >= policy.max_retries or not _may_succeed(error) or not _may_send(error, replay):
        return None
    # Beyond 2.0 ** 1023 Python raises instead of giving infinity.
    wait = random * min(policy.cap, policy.base * 2.0 ** min(attempt, 1_023))
    asked = error.retry_after if isinstance(error, StatusError) else None
    if asked is None:
        return wait
    return max(asked, wait) if asked <= policy.retry_after_cap else None


def _may_succeed(error: DialyticsError) -> bool:
    if isinstance(error, StatusError):
        return error.status in RETRIED_STATUSES
    if isinstance(error, DeadlineExceeded):
        return False
    return isinstance(error, ConnectionFailed | IncompleteBody)


def _may_send(error: DialyticsError, replay: Replay) -> bool:
    if replay is not Replay.NEVER:
        return True
    return isinstance(error, ConnectionFailed) and error.sent is False
