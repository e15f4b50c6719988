"""A listing of logs, for tests of what decides about pages and rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from attrs import frozen

from dialytics._body import Body
from dialytics._checkpoints import Partition
from dialytics._declarations import Operation, Vendor
from dialytics._listings import Fetched, Held, Place
from dialytics._messages import Reply
from dialytics._ranges import WindowRule
from dialytics._retry import Replay
from dialytics._windows import Window

START: Final = datetime(2026, 10, 1, tzinfo=UTC)
DAY: Final = timedelta(days=1)
SECOND: Final = timedelta(seconds=1)
WINDOW: Final = Window(START, START + DAY)
NEXT: Final = Window(START + DAY, START + 2 * DAY)
LOGS: Final = Operation(
    vendor=Vendor(name="acme"),
    name="logs",
    method="GET",
    path="/logs",
    replay=Replay.READ,
    key="log_id",
    time="timestamp_start",
    window=WindowRule(resolution=SECOND, max_span=DAY),
)
PLACE: Final = Place(Partition(0), None)


@frozen
class Item:
    """A row of which only key and time are looked at."""

    log_id: int | None
    timestamp_start: datetime | None = None


def fetched(place: Place, following: str | None = None) -> Fetched[Any]:
    return Fetched(place, following, Reply(200, {}, Body(b"")), Held(), None)
