"""Instants: what dates and datetimes mean, and how they are written."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from .errors import WindowError

_DAY = timedelta(days=1)


def to_instant(value: date, name: str, zone: tzinfo) -> datetime:
    """Return an aware datetime, or the first instant of a date in `zone`, in UTC.

    `WindowError` for a naive datetime or another type; `name` is the argument's.
    """
    if isinstance(value, datetime):
        if value.tzinfo is None or value.utcoffset() is None:
            raise WindowError(
                f"{name} {value.isoformat()} has no time zone: make it aware with"
                f" {name}.replace(tzinfo=datetime.timezone.utc) or"
                f" {name}.replace(tzinfo=zoneinfo.ZoneInfo('Europe/Amsterdam')), or give a date"
            )
        return to_plain(value)
    if isinstance(value, date):
        return begin_day(value, zone)
    raise WindowError(f"{name} must be a date or an aware datetime, not {type(value).__name__}")


def format_instant(moment: datetime, resolution: timedelta) -> str:
    """Return an aware datetime as ISO 8601 in UTC: `2026-03-25T09:30:22.605Z` at 1 ms.

    A finer part than whole seconds, milliseconds or microseconds (the coarsest that `resolution`
    is a multiple of) is rounded down. `WindowError` for a naive datetime.
    """
    if moment.utcoffset() is None:
        raise WindowError("a datetime without a time zone cannot be sent")
    units = {"seconds": timedelta(seconds=1), "milliseconds": timedelta(milliseconds=1)}
    fitting = (name for name, unit in units.items() if not resolution % unit)
    timespec = next(fitting, "microseconds")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=timespec) + "Z"


def to_zone(tz: tzinfo | str) -> tzinfo:
    """Return a time zone; `WindowError` for what is none that is known here."""
    if isinstance(tz, tzinfo):
        return tz
    if not isinstance(tz, str):
        raise WindowError(f"tz must be a tzinfo or an IANA name, not {type(tz).__name__}")
    from zoneinfo import ZoneInfo  # noqa: PLC0415  # slow to import, and rarely needed

    try:
        return ZoneInfo(tz)
    except (LookupError, ValueError, OSError):
        raise WindowError(
            f"tz {tz!r} is no time zone known here: use an IANA name such as 'Europe/Amsterdam'"
            " (where the system has no zone files, install the tzdata package)"
        ) from None


def begin_day(day: date, zone: tzinfo) -> datetime:
    """Return the first instant of a local day, or of the next one if the zone skipped the day."""
    wall = datetime.combine(day, time.min)
    midnight = to_plain(wall.replace(tzinfo=zone))
    if midnight.astimezone(zone).replace(tzinfo=None) == wall:
        return midnight
    # No such local time (a gap), or a zone object that must not be attached (pytz): search for it.
    before, after = wall.replace(tzinfo=UTC) - _DAY, wall.replace(tzinfo=UTC) + _DAY
    while after - before > timedelta.resolution:
        middle = before + (after - before) // 2
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            before = middle
        else:
            after = middle
    return after


def to_plain(value: datetime) -> datetime:
    """Return the instant in UTC, of the stdlib's class: subclasses pickle and add as they like."""
    utc = value.astimezone(UTC)
    clock = (utc.hour, utc.minute, utc.second, utc.microsecond)
    return datetime(utc.year, utc.month, utc.day, *clock, tzinfo=UTC)


def show_instant(moment: datetime) -> str:
    """Return an instant as people read it in messages."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
