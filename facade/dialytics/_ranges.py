"""Ranges of time: which ones a vendor takes, and which one a call is about."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo

from attrs import frozen

_DAY = timedelta(days=1)


@frozen(kw_only=True)
class WindowRule:
    """What a vendor allows in the time range of one request, as a declaration.

    All spans are durations. `ValueError` for a rule that contradicts itself.
    """

    resolution: timedelta
    """Every cut falls on a multiple of it, counted from midnight UTC; it divides a day."""
    max_span: timedelta | None = None
    """The longest range that one request may have; None: the vendor has no limit."""
    preferred_span: timedelta | None = None
    """How long windows are where the vendor has no limit; None: one window for all."""
    horizon: timedelta | None = None
    """How far back the vendor promises to answer; None: for ever."""
    grey: timedelta = _DAY
    """How far beyond the horizon a start is still sent, as the vendor's clock decides there."""
    horizon_margin: timedelta = timedelta(minutes=5)
    """How far inside the horizon a clipped range starts: the horizon moves during a run."""
    earliest: datetime | None = None
    """The instant before which the vendor has nothing; None: no such instant."""
    settle: timedelta = timedelta(0)
    """How long the vendor may take to show a row: `end=None` means now less this."""
    floor: timedelta = timedelta(minutes=1)
    """No window is cut into pieces shorter than this."""

    def __attrs_post_init__(self) -> None:
        zero = timedelta(0)
        if self.resolution <= zero or _DAY % self.resolution:
            raise ValueError("resolution must divide a day")
        for name, span in (("max_span", self.max_span), ("preferred_span", self.preferred_span)):
            if span is not None and (span < 2 * self.resolution or span % self.resolution):
                raise ValueError(f"{name} must be a multiple of the resolution, at least twice it")
        if min(self.grey, self.horizon_margin, self.settle, self.floor) < zero:
            raise ValueError("grey, horizon_margin, settle and floor must not be negative")
        if self.horizon is not None and self.horizon <= self.horizon_margin:
            raise ValueError("horizon must be longer than horizon_margin")
        if self.earliest is not None and self.earliest.utcoffset() is None:
            raise ValueError("earliest must be an aware datetime")


@frozen
class Range:
    """The arguments that say which time an operation is about."""

    start: date | datetime
    end: date | datetime | None
    tz: tzinfo | str = UTC
    clip: bool = False
