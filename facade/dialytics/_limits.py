"""Rate and size limits. Pure: time comes in as an argument, the caller does the waiting."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from .errors import ArgumentError, PayloadTooLarge

if TYPE_CHECKING:
    from attrs import Attribute

__all__ = ["RateLimit", "Throttle", "check_size"]

# Added to each window, in seconds: neither float rounding nor a timer that fires a little early
# may bring one request too many into it.
_MARGIN: Final = 0.001


def _validate_requests(_limit: RateLimit, _attribute: Attribute[int], value: object) -> None:
    if type(value) is not int or value < 1:
        raise ArgumentError(f"requests must be a whole number, 1 or more; got {value!r}")


def _validate_seconds(_limit: RateLimit, _attribute: Attribute[float], value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise ArgumentError(f"seconds must be a finite number above 0; got {value!r}")


@frozen
class RateLimit:
    """At most `requests` requests start in any `seconds` seconds (a sliding window).

    Raises:
        ArgumentError: a value is not above 0, not finite or of the wrong type.
    """

    requests: int = field(validator=_validate_requests)
    seconds: float = field(validator=_validate_seconds)


class Throttle:
    """Hands out start times that keep a `RateLimit`, first come, first served.

    All times are seconds of one monotonic clock. It has no lock of its own; each call costs O(1)
    time, and the memory is one number per request of the limit. The limit holds for callers who
    start when they were told to, and on which no other process draws.

    The recipe, which also honours a pause that comes while waiting::

        wait = throttle.reserve(clock())
        while wait > 0:
            sleep(wait)
            wait = throttle.reserve(clock()) if throttle.is_paused(clock()) else 0

    Args:
        limit: the limit to keep; None keeps none, yet still pauses.
    """

    def __init__(self, limit: RateLimit | None) -> None:
        self._limit = limit
        self._starts: deque[float] = deque(maxlen=limit.requests if limit else 1)
        self._paused_until = -math.inf

    def reserve(self, now: float) -> float:
        """Take the next free start time and return the seconds to wait for it, 0.0 or more."""
        start = self._paused_until + _MARGIN if self.is_paused(now) else now
        if self._limit:
            # Each start is a window later than the one `requests` before it. That alone keeps the
            # limit, even if threads come out of turn with an older reading of the clock.
            if len(self._starts) == self._limit.requests:
                start = max(start, self._starts[0] + self._limit.seconds + _MARGIN)
            self._starts.append(start)
        return start - now

    def pause(self, until: float) -> None:
        """Let nobody start before `until`; an earlier pause is only ever made longer."""
        self._paused_until = max(self._paused_until, until)

    def is_paused(self, now: float) -> bool:
        """Tell whether a pause is on, so that a start time reserved before it no longer holds."""
        return now < self._paused_until


def check_size(
    size: int, limit: int | None, *, vendor: str | None = None, operation: str | None = None
) -> None:
    """Refuse a request body of `size` bytes that is over `limit` bytes; None means no limit.

    Raises:
        PayloadTooLarge: (status 413) before anything is sent.
    """
    if limit is None or size <= limit:
        return
    raise PayloadTooLarge(
        f"not sent: the body has {size:,} bytes and the limit is {limit:,};"
        " send it in smaller parts",
        status=413,
        vendor=vendor,
        operation=operation,
    )
