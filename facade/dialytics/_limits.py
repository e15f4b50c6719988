"""Rate and size limits. Pure: time comes in as an argument, the caller does the waiting."""

from __future__ import annotations

import math
import re
from bisect import insort
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from attrs import field, frozen

from ._numbers import is_duration, shorten
from .errors import ArgumentError, PayloadTooLarge

if TYPE_CHECKING:
    from attrs import Attribute

__all__ = [
    "Allowance",
    "RateLimit",
    "Throttle",
    "check_size",
    "parse_allowance",
    "says_allowance",
    "server_time",
]

# Neither float rounding nor a timer that fires a little early may start one request too many.
_MARGIN: Final = 0.001
# By so much more the first requests of a window may come later to the server than those of the next
# one: they may have to connect. A window that is no longer is doubled.
_LATENESS: Final = 0.25
_LATENESS_SHARE: Final = 0.01
_PREFIXES: Final = ("x-ratelimit-", "ratelimit-")
_NUMBER: Final = re.compile(r"\s*(-?[0-9]{1,18}(?:\.[0-9]{1,9})?)(?![0-9.:-])")
# Times since 1970 are told from durations by their size, and what is in milliseconds too.
_LEAST_EPOCH: Final = 1e8
_LEAST_EPOCH_MS: Final = 1e11
# What a header says is worth no longer stop: it may be wrong.
_LONGEST_HOLD: Final = 60.0


def _validate_requests(_limit: RateLimit, _attribute: Attribute[int], value: object) -> None:
    if type(value) is not int or value < 1:
        raise ArgumentError(f"requests must be a whole number, 1 or more; got {shorten(value)}")


def _validate_seconds(_limit: RateLimit, _attribute: Attribute[float], value: object) -> None:
    if not (is_duration(value) and value):
        raise ArgumentError(
            f"seconds must be a finite number above 0, at most 1e9; got {shorten(value)}"
        )


@frozen
class RateLimit:
    """At most `requests` requests start in any `seconds` seconds (a sliding window).

    The window kept is a little longer, by 0.25 seconds or 1 % (but at most twice as long): so many
    more requests could come to the vendor in one, since some have to connect first.

    Raises:
        ArgumentError: a value is not above 0, not finite or of the wrong type.
    """

    requests: int = field(validator=_validate_requests)
    seconds: float = field(validator=_validate_seconds)


class Allowance(NamedTuple):
    """How many more requests a vendor takes during the next `seconds`."""

    requests: int
    seconds: float


def parse_allowance(headers: Mapping[str, str], now: float) -> Allowance | None:
    """Return what `x-ratelimit-remaining` and `-reset` allow; None if they say nothing usable.

    The reset is understood in seconds, and as seconds or milliseconds since 1970. From more than
    60 seconds 60 are made, since nobody documents these headers for analytics.

    Args:
        headers: a response's, their names in lower case.
        now: seconds since 1970.
    """
    for prefix in _PREFIXES:
        remaining = _number(headers.get(f"{prefix}remaining"))
        reset = _number(headers.get(f"{prefix}reset"))
        if remaining is None or reset is None:
            continue
        if abs(reset) >= _LEAST_EPOCH_MS:
            reset /= 1_000
        seconds = reset - now if abs(reset) >= _LEAST_EPOCH else reset
        if seconds > 0:
            return Allowance(max(0, int(remaining)), min(seconds, _LONGEST_HOLD))
    return None


def says_allowance(headers: Mapping[str, str]) -> bool:
    """Tell whether a response says something of the vendor's limit."""
    return any(f"{prefix}reset" in headers for prefix in _PREFIXES)


def server_time(headers: Mapping[str, str], now: datetime) -> datetime:
    """Return when a response was sent by its server's clock, else now: clocks differ."""
    from email.utils import parsedate_to_datetime  # noqa: PLC0415  # rarely needed

    try:
        date = parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError, OverflowError):
        return now
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date


def _number(value: str | None) -> float | None:
    match = _NUMBER.match(value or "")
    return float(match[1]) if match else None


class Throttle:
    """Hands out start times that keep a `RateLimit`, first come, first served.

    All times are seconds of one monotonic clock. It has no lock of its own; each call costs O(1)
    time, but for giving back, and the memory is one number per request of the limit. The limit
    holds for callers who start when they were told to, and on which no other process draws.

    The recipe, which also honours a pause that comes while waiting::

        start = throttle.next_start(clock())
        throttle.take(start)
        while clock() < start:
            sleep(start - clock())
            if throttle.is_paused(clock()):
                throttle.give_back(start)
                ...  # from the beginning

    Args:
        limit: the limit to keep; None keeps none, yet still pauses.
    """

    def __init__(self, limit: RateLimit | None) -> None:
        self._limit = limit
        self._starts: deque[float] = deque()
        self._window = 0.0
        if limit:
            late = max(_LATENESS, _LATENESS_SHARE * limit.seconds)
            self._window = limit.seconds + min(late, limit.seconds) + _MARGIN
        self._latest = -math.inf
        self._paused_until = -math.inf
        self._allowed = 0
        self._allowed_until = -math.inf

    def next_start(self, now: float) -> float:
        """Return the next free start time, which is not taken yet."""
        # Threads may come out of turn, with an older reading of the clock.
        self._latest = now = max(self._latest, now)
        start = self._paused_until + _MARGIN if self.is_paused(now) else now
        if start < self._allowed_until and self._allowed < 1:
            start = self._allowed_until + _MARGIN
        if self._limit and len(self._starts) >= self._limit.requests:
            # Each start is a window later than the one `requests` before it.
            start = max(start, self._starts[-self._limit.requests] + self._window)
        return start

    def take(self, start: float) -> None:
        """Take a start time."""
        if start < self._allowed_until:
            self._allowed -= 1
        if self._limit:
            # After something was given back, there may be later ones already.
            insort(self._starts, start)
            # What is given back must not make room in a window that is not over.
            while self._starts[0] + self._window < self._latest:
                self._starts.popleft()

    def give_back(self, start: float) -> None:
        """Give back a start time at which nothing was started."""
        if start in self._starts:
            self._starts.remove(start)

    def allow(self, allowance: Allowance, now: float) -> None:
        """Let only so many start for so long; an earlier allowance is only ever made stricter."""
        until = now + allowance.seconds
        if now >= self._allowed_until:
            self._allowed, self._allowed_until = allowance.requests, until
        elif allowance.requests <= self._allowed:
            self._allowed = allowance.requests
            self._allowed_until = max(self._allowed_until, until)

    def pause(self, until: float) -> None:
        """Let nobody start before `until`; an earlier pause is only ever made longer."""
        self._paused_until = max(self._paused_until, until)

    def is_paused(self, now: float) -> bool:
        """Tell whether a pause is on, so that a start time reserved before it no longer holds."""
        return now < self._paused_until

    def is_over(self, now: float) -> bool:
        """Tell whether a new throttle would give the same start times."""
        busy = self._starts and self._starts[-1] + self._window >= now
        return not busy and now >= max(self._paused_until, self._allowed_until)


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
