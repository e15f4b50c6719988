"""Chatlayer's series operations: conversations, messages, users, intents, voice, usage."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from starlette.responses import Response

from ..clock import Clock
from ..exchange import Call, Refused, answer_json
from .arguments import (
    Scope,
    read_choice,
    read_scope,
    require,
)
from .series import (
    HOUR,
    Cell,
    Counter,
    list_buckets,
    list_cells,
    make_series,
    next_bucket,
)

BOT_BUCKETS = ("1h", "1d", "1w")
TEAM_BUCKETS = ("1d", "1w", "1m")
BOT_GROUPS = ("channel_type", "language")
TEAM_GROUPS = (
    "bot_id",
    "bot_version",
    "team_id",
    "channel_type",
    "language",
    "campaign_id",
    "campaign_source",
)
STATS = ("num_conversations", "duration_seconds", "num_messages")
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_LENGTH = {"1h": HOUR, "1d": timedelta(days=1), "1w": timedelta(days=7), "1m": timedelta(days=28)}


class Reports:
    """Answers every operation that gives a SeriesData."""

    def __init__(self, seed: int, clock: Clock) -> None:
        self._seed = seed
        self._clock = clock

    def get_conversations(self, call: Call) -> Response:
        """Conversations by bucket, optionally by channel or language."""
        group = read_choice(call, "group_by", BOT_GROUPS)
        return self._answer(call, "conversations", BOT_BUCKETS, (group,) if group else ())

    def get_conversations_insights(self, call: Call) -> Response:
        """One statistic of the conversations, by day."""
        require(call, "stat")
        stat = read_choice(call, "stat", STATS) or ""
        return self._answer(call, f"insights {stat}", BOT_BUCKETS, (), stat)

    def get_messages(self, call: Call) -> Response:
        """Messages by bucket."""
        return self._answer(call, "messages", BOT_BUCKETS, ())

    def get_users(self, call: Call) -> Response:
        """Users by bucket."""
        return self._answer(call, "users", BOT_BUCKETS, ())

    def get_intent_insights(self, call: Call) -> Response:
        """Recognised intents by bucket."""
        return self._answer(call, "intents", BOT_BUCKETS, ())

    def get_voice(self, call: Call) -> Response:
        """A team's voice minutes by bucket."""
        return self._answer(call, "voice_minutes", BOT_BUCKETS, ())

    def get_team_conversations(self, call: Call) -> Response:
        """A team's conversations by bucket, by any of the seven categories."""
        text = call.first("group_by") or ""
        groups = tuple(part.strip() for part in text.split(",")) if text else ()
        if not set(groups) <= set(TEAM_GROUPS):
            raise Refused(400, f"group_by must be any of {', '.join(TEAM_GROUPS)}")
        return self._answer(call, "conversations", TEAM_BUCKETS, groups)

    def get_knowledge_base(self, call: Call) -> Response:
        """A team's knowledge base use by bucket, which is required here."""
        require(call, "bucket")
        return self._answer(call, "knowledge_base", TEAM_BUCKETS, ())

    def get_user_activity(self, call: Call) -> Response:
        """Users by day of week (the series) and hour of day (the x values), UTC."""
        scope = read_scope(call)
        counter = Counter(self._seed, "users", scope, self._clock.now())
        cells = list_cells(self._seed, scope)
        table = [[0] * 24 for _ in WEEKDAYS]
        for hour in list_buckets(scope, "1h"):
            table[hour.weekday()][hour.hour] += counter.count(cells, hour, hour + HOUR)
        hours = [str(hour) for hour in range(24)]
        body = make_series(WEEKDAYS, hours, lambda day, hour: table[WEEKDAYS.index(day)][hour])
        return answer_json(body)

    def _answer(
        self,
        call: Call,
        metric: str,
        allowed: tuple[str, ...],
        groups: tuple[str, ...],
        label: str = "",
    ) -> Response:
        scope = read_scope(call)
        bucket = read_bucket(call, scope, allowed)
        starts = list_buckets(scope, bucket)
        members = group_cells(list_cells(self._seed, scope), groups, label or metric)
        count = self._count_by_bucket(metric, scope, members, starts, bucket)
        return answer_json(make_series(list(members), [write_start(at) for at in starts], count))

    def _count_by_bucket(
        self,
        metric: str,
        scope: Scope,
        members: dict[str, list[Cell]],
        starts: list[datetime],
        bucket: str,
    ) -> Callable[[str, int], int]:
        counter = Counter(self._seed, metric, scope, self._clock.now())

        def count(label: str, at: int) -> int:
            return counter.count(members[label], starts[at], next_bucket(starts[at], bucket))

        return count


def read_bucket(call: Call, scope: Scope, allowed: tuple[str, ...]) -> str:
    """Return the bucket: days when it is not given (hours where a range has no whole day)."""
    bucket = read_choice(call, "bucket", allowed)
    if bucket is None:
        return "1h" if scope.end - scope.start < _LENGTH["1d"] and "1h" in allowed else "1d"
    if _LENGTH[bucket] > scope.end - scope.start:
        raise Refused(400, "bucket must be smaller than the range")
    return bucket


def group_cells(cells: list[Cell], groups: tuple[str, ...], label: str) -> dict[str, list[Cell]]:
    """Return the cells of each group by its label; several categories are joined by a comma."""
    members: dict[str, list[Cell]] = {} if groups else {label: []}
    for cell in cells:
        name = ",".join(cell[group] for group in groups) if groups else label
        members.setdefault(name, []).append(cell)
    return dict(sorted(members.items()))


def write_start(start: datetime) -> str:
    """Write a bucket's start as an x value."""
    return start.isoformat(timespec="seconds").replace("+00:00", "Z")
