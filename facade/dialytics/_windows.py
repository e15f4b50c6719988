"""Date windows: an asked-for range, cut into the ranges of single requests.

Everything here is pure: `now` is an argument, and nothing is sent. A range is `[start, end)`. It
becomes UTC first and is stepped by absolute duration after, so that local days of 23 and 25 hours
need no care, and no tick is ever taken off an end.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import TYPE_CHECKING

from attrs import frozen

from ._instants import begin_day, show_instant, to_instant, to_plain, to_zone
from .errors import WindowError

if TYPE_CHECKING:
    from ._ranges import WindowRule

_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_WINDOWS = 1_000_000


@frozen
class Window:
    """The range `[start, end)` of one request, in `datetime.UTC`; `WindowError` if it is not.

    A provisional window touches now: rows may still be added to it.
    """

    start: datetime
    end: datetime
    provisional: bool = False

    def __attrs_post_init__(self) -> None:
        if {self.start.tzinfo, self.end.tzinfo} != {UTC} or self.start >= self.end:
            raise WindowError("a window needs a start before its end, both in UTC")

    def __str__(self) -> str:
        return f"{show_instant(self.start)}/{show_instant(self.end)}"

    @property
    def span(self) -> timedelta:
        """How long the window is."""
        return self.end - self.start


@frozen
class Plan:
    """The windows of one listing, ascending: they tile `[start, end)` with no gap or overlap."""

    windows: tuple[Window, ...]
    requested_start: datetime
    """What was asked for, in UTC, before it was widened or clipped."""

    @property
    def start(self) -> datetime:
        """Where the first window starts."""
        return self.windows[0].start

    @property
    def end(self) -> datetime:
        """Where the last window ends (exclusive)."""
        return self.windows[-1].end

    @property
    def clipped(self) -> bool:
        """Whether `clip=True` moved the start: what lies before `start` is not covered."""
        return self.requested_start < self.start


def plan(
    start: date | datetime,
    end: date | datetime | None,
    *,
    rule: WindowRule,
    now: datetime,
    tz: tzinfo | str = UTC,
    clip: bool = False,
    vendor: str | None = None,
    operation: str | None = None,
    strict_span: bool = False,
) -> Plan:
    """Cut `[start, end)` into windows that tile it, as few as the rule allows.

    Cuts fall on multiples of the span counted from midnight UTC of the first day, unless stepping
    from `start` needs fewer windows. Windows that end after now less the settle lag, and the last
    one under `end=None`, are provisional.

    Args:
        start: an aware datetime, or a date: the first instant of that day in `tz`.
        end: the same, exclusive. None: now less the settle lag, rounded down to the resolution.
            Where start or end is finer than the resolution, the range is widened to it.
        rule: what the vendor allows.
        now: the time of the call, an aware datetime.
        tz: the zone of dates, a tzinfo or an IANA name.
        clip: move a start that is too early up to the first acceptable one.
        vendor: named by errors.
        operation: named by errors.
        strict_span: the vendor refuses exactly `max_span`: cut to half of it.

    Raises:
        WindowError: a naive datetime, another type, an unknown zone, an empty or reversed range, a
            start that the vendor surely refuses (the message names the first acceptable one), a
            range that is empty once clipped, leaves the years 1 to 9999 or needs more than
            1,000,000 windows.
    """
    try:
        zone = to_zone(tz)
        now = to_instant(now, "now", zone)
        settled = now - rule.settle
        first = to_instant(start, "start", zone)
        last = _floor(settled, rule) if end is None else to_instant(end, "end", zone)
        _require_order(first, last, open_end=end is None)
        low, high = _reach(_floor(first, rule), rule, now, zone, clip=clip), _ceil(last, rule)
        edges = _edges(low, high, rule, strict_span=strict_span)
    except OverflowError:
        message = f"start {start} or end {end} leaves the years 1 to 9999 in UTC"
        raise WindowError(message, vendor=vendor, operation=operation) from None
    except WindowError as error:
        error.vendor, error.operation = vendor, operation
        raise
    touched = high if end is None else None
    windows = (Window(a, b, b > settled or b == touched) for a, b in pairwise(edges))
    return Plan(tuple(windows), first)


def halve(window: Window, rule: WindowRule) -> tuple[Window, Window] | None:
    """Cut a window in two equal halves on the rule's resolution, or None at the rule's floor.

    Both are provisional if the window is.
    """
    first, *rest = cut(window, 2, rule)
    return (first, rest[0]) if rest else None


def cut(window: Window, parts: int, rule: WindowRule) -> tuple[Window, ...]:
    """Cut a window into up to `parts` equal pieces, as many as resolution and floor allow.

    All are provisional if the window is.
    """
    count = _fitting(window.span, parts, rule)
    edges = _even_edges(window.start, window.end, count, rule)
    return tuple(Window(a, b, window.provisional) for a, b in pairwise(edges))


def _require_order(first: datetime, last: datetime, *, open_end: bool) -> None:
    if first < last:
        return
    start, end = show_instant(first), show_instant(last)
    if open_end:
        raise WindowError(f"start {start} is not before {end}, the newest settled instant")
    if first == last:
        raise WindowError(f"the range is empty: start and end are both {start}, end is exclusive")
    raise WindowError(f"end {end} is before start {start}: swap them")


def _reach(
    start: datetime, rule: WindowRule, now: datetime, zone: tzinfo, *, clip: bool
) -> datetime:
    """Return `start`, or the first acceptable one if it is clipped; refuse what is too early."""
    first = _first_start(rule, now)
    if first is None:
        return start
    if clip:
        return max(start, first)
    limits: list[tuple[datetime, str]] = []
    if rule.earliest is not None:
        limits.append((rule.earliest, f"there is nothing before {show_instant(rule.earliest)}"))
    if rule.horizon is not None:
        days = f"only the last {rule.horizon / _DAY:g} days can be asked for"
        limits.append((now - rule.horizon - rule.grey, days))
    passed = [(limit, why) for limit, why in limits if start < limit]
    if not passed:
        return start
    # Of two, the one that the first acceptable start is about.
    _, reason = max(passed)
    day = first.astimezone(zone).date()
    day = day if begin_day(day, zone) >= first else day + _DAY
    raise WindowError(
        f"start {show_instant(start)} is too early, {reason}: the first acceptable start is"
        f" {show_instant(first)} (as a date in {zone}: {day}); clip=True starts there"
    )


def _first_start(rule: WindowRule, now: datetime) -> datetime | None:
    limits = [] if rule.earliest is None else [to_plain(rule.earliest)]
    if rule.horizon is not None:
        limits.append(now - rule.horizon + rule.horizon_margin)
    return _ceil(max(limits), rule) if limits else None


def _edges(low: datetime, high: datetime, rule: WindowRule, *, strict_span: bool) -> list[datetime]:
    if low >= high:
        first, end = show_instant(low), show_instant(high)
        raise WindowError(f"nothing is left: the first acceptable start is {first}, the end {end}")
    span = rule.max_span or rule.preferred_span or high - low
    if strict_span and rule.max_span is not None:
        span = rule.max_span // 2 // rule.resolution * rule.resolution
    least = -((low - high) // span)
    if least > MOST_WINDOWS:
        raise WindowError(f"the range needs {least:,} windows, more than {MOST_WINDOWS:,}")
    anchor = low.replace(hour=0, minute=0, second=0, microsecond=0)
    steps = range((low - anchor) // span + 1, -((anchor - high) // span))
    if len(steps) >= least:
        anchor, steps = low, range(1, least)
    return [low, *(anchor + step * span for step in steps), high]


def _fitting(span: timedelta, parts: int, rule: WindowRule) -> int:
    ticks_at_least = max(1, -(-rule.floor // rule.resolution))
    return min(parts, span // rule.resolution // ticks_at_least)


def _even_edges(low: datetime, high: datetime, count: int, rule: WindowRule) -> list[datetime]:
    ticks = (high - low) // rule.resolution
    cuts = (low + ticks * step // count * rule.resolution for step in range(1, count))
    return [low, *cuts, high]


def _floor(moment: datetime, rule: WindowRule) -> datetime:
    return moment - (moment - _EPOCH) % rule.resolution


def _ceil(moment: datetime, rule: WindowRule) -> datetime:
    return moment + (_EPOCH - moment) % rule.resolution
