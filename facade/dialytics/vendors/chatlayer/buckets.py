"""Buckets: the intervals that the vendor counts in. Pure.

Where buckets begin is documented nowhere: as far as is known it is on UTC's hours, days, Mondays
and firsts of the month. Cutting therefore asks for a range that starts on such a boundary, where
buckets counted from the range's own start would be the same ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from ..._declarations import Operation
from ..._instants import format_instant
from ..._windows import Window
from ...errors import ArgumentError, WindowError
from .declarations import ANY_RANGE, VENDOR

_DAY = timedelta(days=1)
# The shortest that each can be: a month has 28 days at least.
_SHORTEST = {
    "1h": timedelta(hours=1),
    "1d": _DAY,
    "1w": timedelta(weeks=1),
    "1m": timedelta(days=28),
}


def check_bucket(operation: Operation, bucket: str | None, window: Window) -> None:
    """Refuse a range that is not longer than its bucket, as the vendor does.

    A month is as long as it is where the range starts with one, else 28 days.

    Raises:
        WindowError: The range is too short; a bucket that is not known passes.
    """
    if bucket not in _SHORTEST:
        return
    start = window.start
    aligned = start == floor_start(start, bucket)
    if window.span <= _SHORTEST[bucket] or (aligned and window.end <= next_start(start, bucket)):
        raise WindowError(
            f"the range must be longer than its bucket of {bucket}; take a longer range or a "
            "smaller bucket",
            vendor=VENDOR.name,
            operation=operation.name,
        )


def cut_buckets(
    operation: Operation, window: Window, bucket: str | None, size: int | None
) -> tuple[Window, ...]:
    """Cut a range into parts of ``size`` buckets, which tile it.

    The last part may have fewer buckets, or, since a range must be longer than its bucket, one or
    two more, of which the last may be incomplete. Without a size there is one part.

    Raises:
        ArgumentError: The size is no whole number from 2 on, or there is no (known) bucket.
        WindowError: The range does not start where a bucket does.
    """
    if size is None:
        return (window,)
    if not isinstance(size, int) or size < 2:
        raise ArgumentError(
            f"split must be a whole number of buckets, 2 or more; got {size!r}",
            vendor=VENDOR.name,
            operation=operation.name,
        )
    if bucket not in _SHORTEST:
        known = ", ".join(_SHORTEST)
        why = "figures of a whole range cannot be put together from those of its parts"
        if bucket is not None:
            why = f"where the buckets of {bucket!r} begin is not known"
        raise ArgumentError(
            f"split needs {'a known' if bucket else 'a'} bucket, one of {known}: {why}",
            vendor=VENDOR.name,
            operation=operation.name,
        )
    _check_start(operation, window.start, bucket)
    firsts = list(bucket_starts(window, bucket))[::size]
    if len(firsts) > 1 and window.end <= next_start(firsts[-1], bucket):
        firsts.pop()
    return tuple(
        Window(a, b, window.provisional and b == window.end)
        for a, b in pairwise([*firsts, window.end])
    )


def count_buckets(window: Window, bucket: str) -> tuple[int, int]:
    """Return how many buckets lie wholly in a range that starts with one, and how many it touches.

    What ends now is not over: of its last bucket nothing is promised.
    """
    starts = [*bucket_starts(window, bucket)]
    ended = next_start(starts[-1], bucket) <= window.end and not window.provisional
    return len(starts) - (not ended), len(starts)


def bucket_starts(window: Window, bucket: str) -> Iterator[datetime]:
    """Yield the starts of the buckets that a range touches."""
    start = floor_start(window.start, bucket)
    while start < window.end:
        yield start
        start = next_start(start, bucket)


def floor_start(moment: datetime, bucket: str) -> datetime:
    """Return the start of the bucket that a moment in UTC lies in."""
    hour = moment.replace(minute=0, second=0, microsecond=0)
    if bucket == "1h":
        return hour
    day = hour.replace(hour=0)
    if bucket == "1w":
        return day - day.weekday() * _DAY
    return day.replace(day=1) if bucket == "1m" else day


def next_start(start: datetime, bucket: str) -> datetime:
    """Return the start of the bucket after the one that starts here."""
    # 31 days and a bit lie in the month after, whatever the month.
    return floor_start(start + 32 * _DAY, bucket) if bucket == "1m" else start + _SHORTEST[bucket]


def _check_start(operation: Operation, start: datetime, bucket: str) -> None:
    floor = floor_start(start, bucket)
    if floor != start:
        before, after = (
            format_instant(moment, ANY_RANGE.resolution)
            for moment in (floor, next_start(floor, bucket))
        )
        raise WindowError(
            f"split needs a range that starts where a bucket of {bucket} does, such as {before} or "
            f"{after} (UTC)",
            vendor=VENDOR.name,
            operation=operation.name,
        )
