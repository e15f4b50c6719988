"""Instants as they are written."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from dialytics._instants import format_instant
from dialytics.errors import WindowError

SECOND: Final = timedelta(seconds=1)
TICK: Final = timedelta(microseconds=1)
AMSTERDAM: Final = ZoneInfo("Europe/Amsterdam")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("resolution", "text"),
    [
        (SECOND, "2026-03-25T09:30:22Z"),
        (1.5 * SECOND, "2026-03-25T09:30:22.605Z"),
        (90 * SECOND, "2026-03-25T09:30:22Z"),
        (timedelta(milliseconds=1), "2026-03-25T09:30:22.605Z"),
        (timedelta(milliseconds=500), "2026-03-25T09:30:22.605Z"),
        (TICK, "2026-03-25T09:30:22.605999Z"),
    ],
)
def test_an_instant_is_written_at_its_resolution(resolution: timedelta, text: str) -> None:
    """UTC with a Z and exactly the digits of the resolution, whatever zone came in."""
    moment = datetime(2026, 3, 25, 10, 30, 22, 605999, tzinfo=AMSTERDAM)
    assert format_instant(moment, resolution) == text


def test_a_whole_second_keeps_its_milliseconds() -> None:
    """Zeros are written out, and so are early years."""
    millisecond = timedelta(milliseconds=1)
    assert format_instant(at("0987-01-02T03:04:05Z"), millisecond) == "0987-01-02T03:04:05.000Z"


def test_a_naive_instant_is_not_written() -> None:
    """The machine's own zone never decides what is sent."""
    with pytest.raises(WindowError, match="time zone"):
        format_instant(at("2026-03-25T09:30:22"), SECOND)
