"""The numbers behind Chatlayer's reports: counts by hour, channel and language.

A day of one cell (a channel and a language of a bot; more categories for a team) is one digest:
its first 24 bytes are the 24 hourly counts. So any bucket is a sum of hours, buckets of adjacent
ranges add up, and groups add up to the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import product

from ..draws import Draws, digest
from .arguments import CHANNELS, LANGUAGES, Scope

Cell = dict[str, str]
Serie = dict[str, object]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_TEAM_CELLS = 12
_HIGHEST = 20


def list_cells(seed: int, scope: Scope) -> list[Cell]:
    """Return the cells that the scope's filters leave."""
    if scope.subject.startswith("bot "):
        pairs = product(CHANNELS, LANGUAGES)
        cells = [{"channel_type": channel, "language": language} for channel, language in pairs]
    else:
        team = scope.subject.removeprefix("team ")
        cells = [draw_team_cell(seed, team, number) for number in range(_TEAM_CELLS)]
    return [cell for cell in cells if fits(cell, scope)]


def draw_team_cell(seed: int, team: str, number: int) -> Cell:
    """Return the categories of one of a team's cells."""
    draws = Draws(seed, "team cell", team, number)
    return {
        "cell": str(number),
        "team_id": team,
        "bot_id": draws.pick(("bot-1", "bot-2")),
        "bot_version": draws.pick(("DRAFT", "LIVE")),
        "channel_type": draws.pick(CHANNELS),
        "language": draws.pick(LANGUAGES),
        "campaign_id": draws.pick(("", "spring", "autumn")),
        "campaign_source": draws.pick(("", "mail")),
    }


def fits(cell: Cell, scope: Scope) -> bool:
    """Tell whether the filters leave a cell."""
    return (scope.channels is None or cell["channel_type"] in scope.channels) and (
        scope.languages is None or cell["language"] in scope.languages
    )


@lru_cache(maxsize=20_000)
def count_day(seed: int, metric: str, subject: str, cell: str, day: int) -> bytes:
    """Return the 24 hourly counts of a cell on one day (days since 1970), one byte each."""
    drawn = digest(seed, "series", metric, subject, cell, day)[:24]
    return bytes(value % _HIGHEST for value in drawn)


class Counter:
    """Counts one metric of one scope; hours that have not begun by `now` count nothing."""

    def __init__(self, seed: int, metric: str, scope: Scope, now: datetime) -> None:
        self._seed, self._metric, self._scope = seed, metric, scope
        self._end = min(scope.end, now)

    def count(self, cells: Sequence[Cell], start: datetime, end: datetime) -> int:
        """Return the sum over the hours that begin in `[start, end)` and in the scope."""
        start, end = max(start, self._scope.start), min(end, self._end)
        first, last = ceil_hour(start), ceil_hour(end)
        return sum(self._count_hours(format_cell(cell), first, last) for cell in cells)

    def _count_hours(self, cell: str, first: int, last: int) -> int:
        total = 0
        while first < last:
            day, hour = divmod(first, 24)
            stop = min(last - day * 24, 24)
            values = count_day(self._seed, self._metric, self._scope.subject, cell, day)
            total += sum(values[hour:stop])
            first = day * 24 + stop
        return total


def ceil_hour(moment: datetime) -> int:
    """Return the first whole hour at or after a moment, in hours since 1970."""
    return -((datetime(1970, 1, 1, tzinfo=UTC) - moment) // HOUR)


def format_cell(cell: Cell) -> str:
    """Return a cell's key."""
    return cell.get("cell") or f"{cell['channel_type']} {cell['language']}"


def floor_bucket(moment: datetime, bucket: str) -> datetime:
    """Return the start of the bucket a moment lies in: UTC hour, day, Monday or first of month."""
    if bucket == "1h":
        return moment.replace(minute=0, second=0, microsecond=0)
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if bucket == "1w":
        return day - day.weekday() * DAY
    return day.replace(day=1) if bucket == "1m" else day


def list_buckets(scope: Scope, bucket: str) -> list[datetime]:
    """Return the starts of the buckets that the scope's range touches."""
    starts = []
    start = floor_bucket(scope.start, bucket)
    while start < scope.end:
        starts.append(start)
        start = next_bucket(start, bucket)
    return starts


def next_bucket(start: datetime, bucket: str) -> datetime:
    """Return the start of the bucket after."""
    if bucket == "1m":
        return floor_bucket(start + 32 * DAY, bucket)
    return start + {"1h": HOUR, "1d": DAY, "1w": 7 * DAY}[bucket]


def make_serie(values: list[int]) -> Serie:
    """Return values with their mean (rounded down: the field is an integer), max, min and sum."""
    total = sum(values)
    mean = total // len(values) if values else 0
    top, bottom = max(values, default=0), min(values, default=0)
    return {"values": values, "mean": mean, "max": top, "min": bottom, "sum": total}


def make_series(
    labels: list[str], x_values: list[str], count: Callable[[str, int], int]
) -> dict[str, object]:
    """Return a `{data: SeriesData}` body; `count(label, position)` is one value."""
    series = [make_serie([count(label, at) for at in range(len(x_values))]) for label in labels]
    return {"data": {"series": series, "series_labels": labels, "x_values": x_values}}
