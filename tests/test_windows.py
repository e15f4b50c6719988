"""Date windows: a plan tiles what was asked for, and what is refused says what is not."""

from __future__ import annotations

import pickle
import re
import time
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from dialytics._instants import format_instant
from dialytics._ranges import WindowRule
from dialytics._windows import Plan, Window, cut, halve, plan
from dialytics.errors import ArgumentError, WindowError

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
TICK = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 10, 0, 0, tzinfo=UTC)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")

DIGITALCX = WindowRule(
    resolution=SECOND,
    max_span=DAY,
    horizon=90 * DAY,
    earliest=datetime(2024, 12, 15, tzinfo=UTC),
)
CHATLAYER = WindowRule(resolution=timedelta(milliseconds=1), preferred_span=DAY)

# Gaps and folds at or across midnight, days that do not exist, offsets of half hours and seconds.
ODD_ZONES = [
    "Africa/Cairo",
    "Africa/Monrovia",
    "America/Asuncion",
    "America/Havana",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Toronto",
    "Antarctica/Troll",
    "Asia/Amman",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Manila",
    "Australia/Lord_Howe",
    "Europe/Amsterdam",
    "Pacific/Apia",
    "Pacific/Kwajalein",
]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def hours(planned: Plan) -> list[float]:
    return [window.span / HOUR for window in planned.windows]


def span_of(rule: WindowRule, length: timedelta) -> timedelta:
    return rule.max_span or rule.preferred_span or length


def assert_tiles(windows: tuple[Window, ...], start: datetime, end: datetime) -> None:
    assert windows[0].start == start
    assert windows[-1].end == end
    assert all(before.end == after.start for before, after in pairwise(windows))
    assert all(window.start < window.end for window in windows)


def smallest_piece(rule: WindowRule) -> timedelta:
    return max(rule.resolution, -(-rule.floor // rule.resolution) * rule.resolution)


def on_grid(moment: datetime, step: timedelta, origin: datetime = EPOCH) -> bool:
    return (moment - origin) % step == timedelta(0)


def refused(start: object, end: object, **options: object) -> str:
    untyped: Any = plan
    with pytest.raises(WindowError) as caught:
        untyped(start, end, **options)
    return caught.value.message


zones = st.sampled_from(ODD_ZONES).map(ZoneInfo) | st.timezones()
resolutions = st.sampled_from([TICK, timedelta(milliseconds=1), SECOND, 90 * SECOND, HOUR])
moments = st.timedeltas(timedelta(0), 14_000 * DAY).map(
    lambda since: at("2000-01-01T00:00Z") + since
)
ranges = st.tuples(moments, st.timedeltas(TICK, 200 * DAY))


@st.composite
def rules(draw: st.DrawFn) -> WindowRule:
    resolution = draw(resolutions)
    steps = st.integers(2 * HOUR // resolution or 2, 9 * DAY // resolution)
    spans = st.sampled_from([6 * HOUR, DAY, 7 * DAY]) | steps.map(lambda step: step * resolution)
    limited = draw(st.booleans())
    return WindowRule(
        resolution=resolution,
        max_span=draw(spans) if limited else None,
        preferred_span=None if limited else draw(st.none() | spans),
        floor=draw(st.sampled_from([timedelta(0), timedelta(seconds=7.5), 60 * SECOND, 2 * HOUR])),
    )


@st.composite
def plans(draw: st.DrawFn) -> tuple[datetime, datetime, WindowRule, Plan]:
    rule, (start, length) = draw(rules()), draw(ranges)
    planned = plan(start, start + length, rule=rule, now=NOW)
    return start, start + length, rule, planned


@given(plans())
def test_windows_tile_the_range_widened_by_less_than_the_resolution(
    case: tuple[datetime, datetime, WindowRule, Plan],
) -> None:
    """Windows leave no gap, do not overlap, and cover what was asked for and hardly any more."""
    start, end, rule, planned = case
    assert_tiles(planned.windows, planned.start, planned.end)
    assert timedelta(0) <= start - planned.start < rule.resolution
    assert timedelta(0) <= planned.end - end < rule.resolution
    assert planned.requested_start == start
    assert not planned.clipped


@given(plans())
def test_every_cut_falls_on_the_resolution(
    case: tuple[datetime, datetime, WindowRule, Plan],
) -> None:
    """Starts and ends are multiples of the rule's resolution, so no vendor rounds them."""
    _, _, rule, planned = case
    edges = [planned.start, *(window.end for window in planned.windows)]
    assert all(on_grid(edge, rule.resolution) for edge in edges)


@given(plans())
def test_no_window_is_longer_than_the_rule_allows(
    case: tuple[datetime, datetime, WindowRule, Plan],
) -> None:
    """Each window is within `max_span`, or within `preferred_span` where there is no limit."""
    _, _, rule, planned = case
    limit = span_of(rule, planned.end - planned.start)
    assert all(window.span <= limit for window in planned.windows)


@given(rules(), ranges)
def test_windows_are_as_few_as_possible_and_aligned_where_that_is_free(
    rule: WindowRule, asked: tuple[datetime, timedelta]
) -> None:
    """The count is the least there is; cuts keep to midnight's grid whenever it needs no more."""
    planned = plan(asked[0], asked[0] + asked[1], rule=rule, now=NOW)
    start, end = planned.start, planned.end
    span = span_of(rule, end - start)
    least = -((start - end) // span)
    assert len(planned.windows) == least
    midnight = datetime(start.year, start.month, start.day, tzinfo=UTC)
    first_cut = start + span - (start - midnight) % span
    aligned = 1 + max(0, -((first_cut - end) // span))
    cuts = [window.start for window in planned.windows[1:]]
    assert all(on_grid(cut, span, midnight) for cut in cuts) or aligned > least


@st.composite
def windows_of_rules(draw: st.DrawFn) -> tuple[Window, WindowRule]:
    rule = draw(rules())
    start = EPOCH + draw(st.integers(0, 500_000)) * rule.resolution
    unit = draw(st.sampled_from([rule.resolution, smallest_piece(rule)]))
    return Window(start, start + draw(st.integers(1, 200)) * unit), rule


@given(windows_of_rules())
def test_halves_tile_their_window_and_stop_at_the_floor(case: tuple[Window, WindowRule]) -> None:
    """Two halves equal to a tick of the resolution, or None when one would be below the floor."""
    window, rule = case
    least = smallest_piece(rule)
    halves = halve(window, rule)
    assert (halves is None) == (window.span < 2 * least)
    if halves is not None:
        assert_tiles(halves, window.start, window.end)
        assert abs(halves[0].span - halves[1].span) <= rule.resolution
        assert min(half.span for half in halves) >= least
        assert on_grid(halves[0].end, rule.resolution)


@given(windows_of_rules(), st.integers(-1, 50))
def test_pieces_tile_their_window(case: tuple[Window, WindowRule], parts: int) -> None:
    """Pieces are equal to a tick, on the resolution, not below the floor and as many as asked."""
    window, rule = case
    least = smallest_piece(rule)
    pieces = cut(window, parts, rule)
    spans = [piece.span for piece in pieces]
    assert_tiles(pieces, window.start, window.end)
    assert len(pieces) == max(1, min(parts, window.span // least))
    assert max(spans) - min(spans) <= rule.resolution
    assert all(on_grid(piece.start, rule.resolution) for piece in pieces)


@pytest.mark.parametrize("provisional", [True, False])
def test_pieces_are_as_provisional_as_their_window(*, provisional: bool) -> None:
    """A piece of a window that touches now may still change, any other may not."""
    window = Window(NOW, NOW + HOUR, provisional)
    assert [piece.provisional for piece in cut(window, 3, DIGITALCX)] == [provisional] * 3


def test_halving_goes_down_to_a_minute() -> None:
    """By default 120 seconds are halved and 119 are not."""
    pair = halve(Window(NOW, NOW + 120 * SECOND), DIGITALCX)
    assert pair is not None
    assert [half.span for half in pair] == [60 * SECOND] * 2
    assert halve(Window(NOW, NOW + 119 * SECOND), DIGITALCX) is None


@given(zones, zones, rules(), ranges)
def test_a_plan_does_not_depend_on_how_its_instants_are_written(
    one: tzinfo, other: tzinfo, rule: WindowRule, asked: tuple[datetime, timedelta]
) -> None:
    """The same instants in other zones, folds included, give the same plan."""
    start, end = asked[0], asked[0] + asked[1]
    written = plan(start.astimezone(one), end.astimezone(other), rule=rule, now=NOW, tz=one)
    assert written == plan(start, end, rule=rule, now=NOW.astimezone(other), tz=other)
    assert {window.start.tzinfo for window in written.windows} == {UTC}


@given(zones, st.dates(date(1900, 1, 1), date(2060, 1, 1)))
def test_a_date_is_the_first_instant_of_its_local_day(zone: tzinfo, day: date) -> None:
    """No instant before belongs to the day or a later one, in any zone, across gaps and folds."""
    start = plan(day, day + 3 * DAY, rule=CHATLAYER, now=NOW, tz=zone).requested_start
    assert start.astimezone(zone).date() >= day
    earlier = [start - TICK, *(start - step * timedelta(minutes=10) for step in range(1, 20))]
    assert all(moment.astimezone(zone).date() < day for moment in earlier)


@given(zones, st.dates(date(1900, 1, 1), date(2060, 1, 1)), st.integers(1, 40))
def test_consecutive_local_ranges_meet(zone: tzinfo, day: date, days: int) -> None:
    """The end of one range of dates is the start of the next: nothing is lost or read twice."""
    middle = day + days * DAY
    before = plan(day, middle, rule=CHATLAYER, now=NOW, tz=zone)
    after = plan(middle, middle + 3 * DAY, rule=CHATLAYER, now=NOW, tz=zone)
    assert before.end - after.start <= CHATLAYER.resolution
    assert before.end >= after.start


@pytest.mark.parametrize(
    ("zone", "day", "start", "length"),
    [
        ("Europe/Amsterdam", date(2026, 3, 29), "2026-03-28T23:00Z", 23),
        ("Europe/Amsterdam", date(2026, 10, 25), "2026-10-24T22:00Z", 25),
        ("America/Sao_Paulo", date(2018, 11, 4), "2018-11-04T03:00Z", 23),  # no midnight
        ("America/Havana", date(2025, 11, 2), "2025-11-02T04:00Z", 25),  # the hour from 00:00 twice
        ("Asia/Beirut", date(2022, 3, 27), "2022-03-26T22:00Z", 23),  # no midnight
        ("America/St_Johns", date(2010, 11, 7), "2010-11-07T02:30Z", 25),  # back at 00:01
        ("America/Toronto", date(1919, 3, 31), "1919-03-31T04:30Z", 23.5),  # 23:30 to 00:30
        ("Pacific/Apia", date(2011, 12, 29), "2011-12-29T10:00Z", 24),  # before the missing day
        ("Pacific/Apia", date(2011, 12, 31), "2011-12-30T10:00Z", 24),  # after it
        ("Asia/Kathmandu", date(2026, 1, 1), "2025-12-31T18:15Z", 24),
    ],
)
def test_a_local_day_is_covered_whole(zone: str, day: date, start: str, length: float) -> None:
    """Days of 23 and 25 hours and days without a midnight start and end where they do."""
    planned = plan(day, day + DAY, rule=CHATLAYER, now=NOW, tz=zone)
    assert planned.start == at(start)
    assert sum(hours(planned)) == length


def test_a_day_that_a_zone_skipped_is_empty() -> None:
    """Samoa had no 30 December 2011: the day before it ends where the day after it starts."""
    options = {"rule": CHATLAYER, "now": NOW, "tz": "Pacific/Apia"}
    assert "empty" in refused(date(2011, 12, 30), date(2011, 12, 31), **options)


def test_a_25_hour_day_takes_two_windows_under_a_limit_of_one_day() -> None:
    """A long local day is not cut short at 24 hours, and a short one is not filled up to them."""
    now = at("2026-11-20T10:00Z")
    planned = [
        plan(day, day + DAY, rule=DIGITALCX, now=now, tz="Europe/Amsterdam")
        for day in (date(2026, 10, 25), date(2026, 10, 26))
    ]
    assert hours(planned[0]) == [2, 23]
    assert hours(planned[1]) == [24]


class AttachedWrongly(tzinfo):
    """A zone as pytz makes them: right when it converts, local mean time when it is attached."""

    def __init__(self, offset: timedelta) -> None:
        self.offset = offset

    def utcoffset(self, _: datetime | None) -> timedelta:
        return self.offset - timedelta(minutes=18)

    def dst(self, _: datetime | None) -> timedelta:
        return timedelta(0)

    def tzname(self, _: datetime | None) -> str:
        return "LMT"

    def fromutc(self, moment: datetime) -> datetime:
        return moment + self.offset


@pytest.mark.parametrize("offset", [-12 * HOUR, HOUR, 14 * HOUR])
def test_a_zone_that_must_not_be_attached_is_read_right(offset: timedelta) -> None:
    """With pytz zones too a date is its own midnight, not one that is off by minutes."""
    zone = AttachedWrongly(offset)
    planned = plan(date(2026, 1, 1), date(2026, 1, 2), rule=CHATLAYER, now=NOW, tz=zone)
    assert planned.start == at("2026-01-01T00:00Z") - offset
    assert planned.end == at("2026-01-02T00:00Z") - offset


class Stamp(datetime):
    """A datetime of somebody else's, as pandas and pendulum have them."""


def test_a_plan_holds_plain_datetimes_only() -> None:
    """A datetime subclass that comes in is not handed on."""
    start = Stamp(2026, 11, 1, 12, tzinfo=AMSTERDAM)
    planned = plan(start, None, rule=DIGITALCX, now=NOW)
    assert {type(moment) for moment in (planned.requested_start, planned.start)} == {datetime}


def test_both_sides_of_a_fold_are_told_apart() -> None:
    """The hour that a clock shows twice is one hour, from its first 02:30 to its second."""
    first = datetime(2026, 10, 25, 2, 30, tzinfo=AMSTERDAM)
    planned = plan(first, first.replace(fold=1), rule=DIGITALCX, now=NOW)
    assert planned.start == at("2026-10-25T00:30Z")
    assert planned.end == at("2026-10-25T01:30Z")


def test_cuts_fall_on_midnight_utc_where_that_is_free() -> None:
    """A month of local days is cut at UTC midnights when an equal count allows it."""
    start, end = at("2026-11-01T22:00Z"), at("2026-11-04T01:00Z")
    assert hours(plan(start, end, rule=DIGITALCX, now=NOW)) == [24, 24, 3]
    start, end = at("2026-11-01T22:00Z"), at("2026-11-03T23:00Z")
    assert hours(plan(start, end, rule=DIGITALCX, now=NOW)) == [2, 24, 23]


def test_without_any_span_there_is_one_window() -> None:
    """A vendor without a limit and a preference gets one request, whatever the length."""
    rule = WindowRule(resolution=timedelta(milliseconds=1))
    assert len(plan(date(2000, 1, 1), date(2026, 1, 1), rule=rule, now=NOW).windows) == 1


def test_strict_span_stays_strictly_below_the_limit() -> None:
    """A vendor that refuses exactly one day is asked for half days; our own spans stay."""
    start, end = date(2026, 11, 1), date(2026, 11, 3)
    assert hours(plan(start, end, rule=DIGITALCX, now=NOW, strict_span=True)) == [12] * 4
    assert hours(plan(start, end, rule=CHATLAYER, now=NOW, strict_span=True)) == [24] * 2


@given(st.integers(2, 10_000), ranges)
def test_strict_spans_keep_to_the_resolution(
    seconds: int, asked: tuple[datetime, timedelta]
) -> None:
    """Half of an odd limit is rounded down to the resolution."""
    rule = WindowRule(resolution=SECOND, max_span=seconds * SECOND)
    end = asked[0] + min(asked[1], HOUR)
    planned = plan(asked[0], end, rule=rule, now=NOW, strict_span=True)
    assert all(2 * window.span <= seconds * SECOND for window in planned.windows)
    assert all(on_grid(window.end, SECOND) for window in planned.windows)


def test_a_range_finer_than_the_resolution_is_widened() -> None:
    """Half a second before noon to a tick after it is the two seconds around noon."""
    planned = plan(
        at("2026-11-01T11:59:59.500Z"), at("2026-11-01T12:00:00.000001Z"), rule=DIGITALCX, now=NOW
    )
    assert planned.start == at("2026-11-01T11:59:59Z")
    assert planned.end == at("2026-11-01T12:00:01Z")


def test_without_an_end_the_range_ends_a_settle_lag_ago() -> None:
    """`end=None` is now less the lag, rounded down; only the last window is provisional."""
    rule = WindowRule(resolution=SECOND, max_span=DAY, settle=10 * 60 * SECOND)
    planned = plan(date(2026, 11, 19), None, rule=rule, now=NOW + timedelta(seconds=1.7))
    assert planned.end == at("2026-11-20T09:50:01Z")
    assert [window.provisional for window in planned.windows] == [False, True]


@given(st.timedeltas(timedelta(0), 3 * DAY), st.timedeltas(timedelta(0), DAY))
def test_windows_that_end_after_the_settled_instant_are_provisional(
    ahead: timedelta, settle: timedelta
) -> None:
    """With an end given, a window is provisional if and only if it ends after now less the lag."""
    rule = WindowRule(resolution=SECOND, max_span=6 * HOUR, settle=settle)
    for window in plan(NOW - 2 * DAY, NOW + ahead, rule=rule, now=NOW).windows:
        assert window.provisional == (window.end > NOW - settle)


def test_ninety_one_days_are_sent_and_a_second_more_is_refused() -> None:
    """The grey day behind the horizon is the vendor's to judge, what is older is ours to refuse."""
    edge = NOW - 91 * DAY
    assert plan(edge, None, rule=DIGITALCX, now=NOW).start == edge
    assert plan(NOW - 90 * DAY - SECOND, None, rule=DIGITALCX, now=NOW).start < NOW - 90 * DAY
    assert "90 days" in refused(edge - SECOND, None, rule=DIGITALCX, now=NOW)
    assert "90 days" in refused(edge - TICK, None, rule=DIGITALCX, now=NOW)
    assert "90 days" in refused(edge, None, rule=DIGITALCX, now=NOW + TICK)


def test_a_start_before_the_earliest_instant_is_refused() -> None:
    """DigitalCX has nothing before 15 December 2024, and its first second is fine."""
    now = at("2025-01-20T00:00Z")
    earliest = date(2024, 12, 15)
    assert plan(earliest, None, rule=DIGITALCX, now=now).start == at("2024-12-15T00:00Z")
    message = refused(at("2024-12-14T23:59:59Z"), None, rule=DIGITALCX, now=now)
    assert (
        "first acceptable start is 2024-12-15T00:00:00Z (as a date in UTC: 2024-12-15)" in message
    )
    message = refused(earliest, None, rule=DIGITALCX, now=now, tz="Asia/Tokyo")
    assert (
        "first acceptable start is 2024-12-15T00:00:00Z (as a date in Asia/Tokyo: 2024-12-16)"
        in message
    )


limits = st.builds(
    WindowRule,
    resolution=resolutions,
    max_span=st.just(DAY),
    horizon=st.none() | st.timedeltas(HOUR, 400 * DAY),
    grey=st.timedeltas(timedelta(0), 2 * DAY),
    earliest=st.none() | st.timedeltas(5 * DAY, 400 * DAY).map(lambda back: NOW - back),
)


@given(limits, st.timedeltas(SECOND, 500 * DAY), st.timedeltas(timedelta(0), DAY), zones)
def test_a_refusal_names_a_start_that_is_accepted(
    rule: WindowRule, back: timedelta, later: timedelta, zone: tzinfo
) -> None:
    """The instant and the date that the message names are accepted, and the instant stays so."""
    now, end = NOW + later, NOW + 4 * DAY
    try:
        plan(now - back, end, rule=rule, now=now, tz=zone)
    except WindowError as error:
        named = re.search(r"start is (\S+Z) \(as a date in .+: (\S+)\)", error.message)
        assert named is not None
        first, day = at(named[1]), date.fromisoformat(named[2])
        assert plan(first, end, rule=rule, now=now).start == first
        assert plan(first, end, rule=rule, now=now + rule.horizon_margin).start == first
        assert plan(day, end, rule=rule, now=now, tz=zone).start >= first - rule.resolution
        assert plan(now - back, end, rule=rule, now=now, clip=True).start == first


@given(limits, st.timedeltas(SECOND, 500 * DAY), st.timedeltas(timedelta(0), DAY))
def test_a_clipped_range_is_accepted_without_clip(
    rule: WindowRule, back: timedelta, later: timedelta
) -> None:
    """`clip=True` leaves a range that is fine as it is, and says if it took anything off."""
    now, end = NOW + later, NOW + 4 * DAY
    clipped = plan(now - back, end, rule=rule, now=now, clip=True)
    again = plan(clipped.start, end, rule=rule, now=now)
    assert again.windows == clipped.windows
    assert not again.clipped
    assert clipped.clipped == (clipped.start > now - back)
    assert clipped.requested_start == now - back


@pytest.mark.parametrize("end", [NOW - 90 * DAY, NOW - 89 * DAY - 24 * HOUR + 300 * SECOND])
def test_clipping_a_range_to_nothing_is_refused(end: datetime) -> None:
    """A range that lies wholly behind the horizon is an error, not an empty result."""
    assert "nothing is left" in refused(NOW - 95 * DAY, end, rule=DIGITALCX, now=NOW, clip=True)


def test_clipping_starts_a_margin_inside_the_horizon() -> None:
    """The horizon moves during a run, so the clipped start keeps five minutes away from it."""
    planned = plan(date(2026, 1, 1), None, rule=DIGITALCX, now=NOW + TICK, clip=True)
    assert planned.start == at("2026-08-22T10:05:01Z")
    assert planned.clipped
    assert planned.requested_start == at("2026-01-01T00:00Z")


def test_clipping_leaves_a_later_start_alone() -> None:
    """A range within reach is the same with `clip=True` as without."""
    options: dict[str, Any] = {"rule": DIGITALCX, "now": NOW}
    assert plan(NOW - DAY, None, **options, clip=True) == plan(NOW - DAY, None, **options)


def test_a_reversed_range_says_so() -> None:
    """End before start is refused with both named, and not turned round in silence."""
    message = refused(date(2026, 11, 2), date(2026, 11, 1), rule=DIGITALCX, now=NOW)
    assert message == "end 2026-11-01T00:00:00Z is before start 2026-11-02T00:00:00Z: swap them"


@pytest.mark.parametrize("rule", [DIGITALCX, CHATLAYER])
def test_an_empty_range_is_refused(rule: WindowRule) -> None:
    """Equal ends are a mistake (end is exclusive), even where widening would make room."""
    moment = NOW - timedelta(microseconds=1500)
    assert "the range is empty" in refused(moment, moment, rule=rule, now=NOW)
    assert "the range is empty" in refused(date(2026, 11, 1), date(2026, 11, 1), rule=rule, now=NOW)


@pytest.mark.parametrize("start", [NOW, NOW + DAY])
def test_a_start_that_is_not_settled_needs_an_end(start: datetime) -> None:
    """With `end=None`, a start at or after now less the lag is refused by what it is."""
    message = refused(start, None, rule=DIGITALCX, now=NOW)
    assert message.endswith("is not before 2026-11-20T10:00:00Z, the newest settled instant")


@pytest.mark.parametrize("name", ["start", "end"])
def test_a_naive_datetime_is_refused_with_the_way_out(name: str) -> None:
    """The message names the argument and how to make it aware; the local zone is never assumed."""
    values: dict[str, Any] = {"start": date(2026, 11, 1), "end": date(2026, 11, 2)}
    values[name] = at("2026-11-01T12:00:00")
    message = refused(**values, rule=DIGITALCX, now=NOW, tz="Europe/Amsterdam")
    assert message.startswith(f"{name} 2026-11-01T12:00:00 has no time zone")
    assert f"{name}.replace(tzinfo=" in message


class NoOffset(tzinfo):
    """A zone that knows no offset, so that its datetimes are naive by definition."""

    def utcoffset(self, _: datetime | None) -> None:
        return None

    dst = utcoffset
    tzname = utcoffset


def test_a_zone_without_an_offset_is_naive_too() -> None:
    """A tzinfo alone does not make a datetime aware."""
    start = datetime(2026, 11, 1, tzinfo=NoOffset())
    assert "has no time zone" in refused(start, None, rule=DIGITALCX, now=NOW)


@pytest.mark.parametrize("value", ["2026-11-01 s3cret", 20261101, True, 1.5, b"2026", timedelta(1)])
def test_other_types_are_refused_without_showing_their_value(value: object) -> None:
    """A string or number is named by its type only: it may be anything, a secret too."""
    for name, start, end in (("start", value, NOW), ("end", NOW - DAY, value)):
        message = refused(start, end, rule=DIGITALCX, now=NOW)
        kind = type(value).__name__
        assert message == f"{name} must be a date or an aware datetime, not {kind}"


def test_a_start_is_required() -> None:
    """Only the end may be None."""
    assert "not NoneType" in refused(None, NOW, rule=DIGITALCX, now=NOW)


@pytest.mark.parametrize(
    "tz", ["Europe/Amsterdm", "Europe", "", "../etc/passwd", "/etc", "a\0b", "é"]
)
def test_an_unknown_zone_is_refused_by_name(tz: str) -> None:
    """Whatever zoneinfo makes of a bad name, the caller sees a WindowError that shows it."""
    message = refused(date(2026, 11, 1), None, rule=DIGITALCX, now=NOW, tz=tz)
    assert message.startswith(f"tz {tz!r} is no time zone known here")


@pytest.mark.parametrize("tz", [None, 2, timedelta(hours=1)])
def test_a_zone_of_another_type_is_refused(tz: object) -> None:
    """An offset as a number or a duration is no zone."""
    message = refused(NOW - DAY, None, rule=DIGITALCX, now=NOW, tz=tz)
    assert message == f"tz must be a tzinfo or an IANA name, not {type(tz).__name__}"


EAST, WEST = timezone(14 * HOUR), timezone(-12 * HOUR)


@pytest.mark.parametrize(
    ("start", "end", "tz"),
    [
        (date.min, None, EAST),
        (date.min, None, "Europe/Amsterdam"),
        (datetime.min.replace(tzinfo=EAST), None, UTC),
        (date(2026, 1, 1), datetime.max.replace(tzinfo=UTC), UTC),
        (date(2026, 1, 1), datetime.max.replace(tzinfo=WEST), UTC),
        (date(2026, 1, 1), datetime.max.replace(tzinfo=ZoneInfo("America/Lima")), UTC),
        (date.max, datetime.max.replace(tzinfo=WEST), EAST),
    ],
)
@pytest.mark.parametrize("clip", [True, False])
def test_a_range_beyond_the_calendar_is_refused(
    start: date,
    end: date | None,
    tz: tzinfo | str,
    *,
    clip: bool,
) -> None:
    """An instant that UTC cannot write is a WindowError, never an OverflowError."""
    message = refused(start, end, rule=CHATLAYER, now=NOW, tz=tz, clip=clip)
    assert "leaves the years 1 to 9999" in message


@given(
    start=st.dates() | st.datetimes(timezones=zones),
    end=st.none() | st.dates() | st.datetimes(timezones=zones),
    tz=zones,
    rule=st.sampled_from([evolve(DIGITALCX, max_span=5000 * DAY), WindowRule(resolution=SECOND)]),
    clip=st.booleans(),
)
def test_any_range_is_planned_or_refused(
    *,
    start: date,
    end: date | None,
    tz: tzinfo,
    rule: WindowRule,
    clip: bool,
) -> None:
    """From year 1 to 9999, in any zone, a range gives a plan or a WindowError and nothing else."""
    try:
        planned = plan(start, end, rule=rule, now=NOW, tz=tz, clip=clip)
    except WindowError:
        return
    assert_tiles(planned.windows, planned.start, planned.end)


def test_an_absurd_number_of_windows_is_refused() -> None:
    """A million windows or more is a mistake, and is told before they are made."""
    rule = WindowRule(resolution=SECOND, max_span=2 * SECOND)
    start = at("2026-01-01T00:00Z")
    message = refused(start, start + 2_000_002 * SECOND, rule=rule, now=NOW)
    assert message == "the range needs 1,000,001 windows, more than 1,000,000"
    began = time.process_time()
    refused(start, date.max, rule=rule, now=NOW)
    assert time.process_time() - began < 0.1


def test_ten_years_of_days_are_planned_at_once() -> None:
    """A long plan costs milliseconds, so that it may be made at the call."""
    began = time.process_time()
    planned = plan(date(2016, 1, 1), date(2026, 1, 1), rule=CHATLAYER, now=NOW)
    assert time.process_time() - began < 0.1
    assert len(planned.windows) == 3653


def test_errors_name_vendor_and_operation() -> None:
    """Whatever is refused, the error says for whom, and is a ValueError."""
    causes: list[dict[str, Any]] = [
        {"start": date(2020, 1, 1)},
        {"start": date.min, "tz": EAST},
        {"start": "yesterday"},
        {"start": NOW - DAY, "tz": "Nowhere"},
    ]
    for cause in causes:
        with pytest.raises(ArgumentError) as caught:
            plan(**cause, end=None, rule=DIGITALCX, now=NOW, vendor="digitalcx", operation="logs")
        assert isinstance(caught.value, WindowError)
        assert (caught.value.vendor, caught.value.operation) == ("digitalcx", "logs")


@given(plans())
def test_plans_pickle(case: tuple[datetime, datetime, WindowRule, Plan]) -> None:
    """Plan, windows and rule come back equal from a pickle, so that any process may run them."""
    _, _, rule, planned = case
    assert pickle.loads(pickle.dumps((rule, planned))) == (rule, planned)


@given(plans())
def test_what_is_written_is_the_same_instant(
    case: tuple[datetime, datetime, WindowRule, Plan],
) -> None:
    """No window loses a tick when its edges are written at the rule's resolution."""
    _, _, rule, planned = case
    for moment in (planned.start, planned.end):
        assert at(format_instant(moment, rule.resolution)) == moment


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("resolution", timedelta(0)),
        ("resolution", -SECOND),
        ("resolution", 7 * SECOND),
        ("resolution", 2 * DAY),
        ("max_span", SECOND),
        ("max_span", timedelta(seconds=2.5)),
        ("preferred_span", timedelta(0)),
        ("grey", -SECOND),
        ("settle", -SECOND),
        ("floor", -SECOND),
        ("horizon_margin", -SECOND),
        ("horizon", timedelta(minutes=5)),
        ("earliest", at("2024-12-15T00:00:00")),
    ],
)
def test_a_rule_that_contradicts_itself_is_an_error(field: str, value: object) -> None:
    """A wrong declaration fails where it is written and names its field."""
    fields: dict[str, Any] = {"resolution": SECOND, field: value}
    with pytest.raises(ValueError, match=field):
        WindowRule(**fields)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (NOW, NOW),
        (NOW, NOW - SECOND),
        (NOW.astimezone(AMSTERDAM), NOW + SECOND),
        (NOW, (NOW + SECOND).astimezone(AMSTERDAM)),
        (NOW.replace(tzinfo=None), NOW.replace(tzinfo=None) + SECOND),
        (NOW.replace(tzinfo=None), NOW + SECOND),
        (NOW.astimezone(ZoneInfo("Europe/London")), NOW + SECOND),
    ],
)
def test_a_window_is_not_empty_and_in_utc(start: datetime, end: datetime) -> None:
    """A window that could not be asked for cannot be made, not even from a checkpoint."""
    with pytest.raises(WindowError):
        Window(start, end)


def test_a_window_is_shown_by_its_bounds() -> None:
    """As errors name it, a window is its start and end in UTC."""
    window = Window(at("2026-01-01T00:00Z"), at("2026-01-01T00:00Z") + timedelta(seconds=1.5))
    assert str(window) == "2026-01-01T00:00:00Z/2026-01-01T00:00:01.500000Z"


@pytest.mark.parametrize(
    ("now", "start", "reason"),
    [
        (datetime(2026, 11, 20, tzinfo=UTC), date(2020, 1, 1), "only the last 90 days"),
        (datetime(2026, 11, 20, tzinfo=UTC), date(2026, 1, 1), "only the last 90 days"),
        (datetime(2025, 1, 10, tzinfo=UTC), date(2020, 1, 1), "there is nothing before 2024-12-15"),
        (datetime(2025, 1, 10, tzinfo=UTC), date(2024, 12, 1), "there is nothing before 2024-12-"),
    ],
)
def test_the_reason_is_that_of_the_first_acceptable_start(
    now: datetime, start: date, reason: str
) -> None:
    """Of two limits the error names the one that the start it offers comes from, and only it."""
    with pytest.raises(WindowError, match=reason) as caught:
        plan(start, date(2027, 1, 1), rule=DIGITALCX, now=now)
    assert ("nothing before" in str(caught.value)) != ("only the last" in str(caught.value))
